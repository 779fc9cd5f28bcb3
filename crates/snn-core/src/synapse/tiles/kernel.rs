//! The kernel: sums in registers, the right matrix in the order it is read, results turned over into rows.

use std::arch::x86_64::*;

use super::Lanes;
use super::layout::{Cut, GROUP, Line, PANEL, WIDTH};

/// Rows `depth` of a row-major matrix with `columns` columns, in the order in which products read them:
/// `[group of columns, word of depth, column of the group]`. Missing rows are zero.
///
/// # Safety
/// Inside `L::vectorize`; `result` has room for all words and [`WIDTH`] more.
#[inline(always)]
pub(super) unsafe fn arrange_right<L: Lanes>(result: &mut [u32], matrix: &[f32], columns: usize, groups: Cut) {
    let words = (matrix.len() / columns).div_ceil(L::DEPTH);
    assert!(result.len() >= words * columns + WIDTH, "no room for {words} x {columns} words");
    let mut to = result.as_mut_ptr();
    for group in 0..groups.parts {
        let group = groups.part(group);
        let mask = (1u16 << group.len()) - 1;
        for word in 0..words {
            let at = |row: usize| {
                let row = word * L::DEPTH + row;
                if (row + 1) * columns <= matrix.len() {
                    // SAFETY: the mask keeps the load inside row `row` of the matrix.
                    unsafe { _mm512_maskz_loadu_ps(mask, matrix.as_ptr().add(row * columns + group.start)) }
                } else {
                    // SAFETY: inside `vectorize`.
                    unsafe { _mm512_setzero_ps() }
                }
            };
            // SAFETY: inside `vectorize`; in bounds by the assertion: at most `WIDTH` words too many are written,
            // which the next word overwrites.
            unsafe {
                let second = if L::DEPTH == 2 { at(1) } else { _mm512_setzero_ps() };
                _mm512_storeu_si512(to.cast(), L::zip(at(0), second));
                to = to.add(group.len());
            }
        }
    }
}

/// `sums[C][V] += left[words][V] x right[words][C]`, all in registers.
#[inline(always)]
unsafe fn kernel<L: Lanes, const V: usize, const C: usize>(
    words: usize,
    left: *const Line,
    right: *const u32,
    sums: *mut Line,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sum = [[_mm512_setzero_ps(); V]; C];
        for (column, sum) in sum.iter_mut().enumerate() {
            for (vector, sum) in sum.iter_mut().enumerate() {
                *sum = _mm512_load_ps(sums.add(column * V + vector).cast());
            }
        }
        for word in 0..words {
            let left: [__m512i; V] =
                std::array::from_fn(|vector| _mm512_load_si512(left.add(word * V + vector).cast()));
            for (column, sum) in sum.iter_mut().enumerate() {
                let right = _mm512_set1_epi32(*right.add(word * C + column) as i32);
                for (sum, left) in sum.iter_mut().zip(left) {
                    *sum = L::multiply_add(*sum, left, right);
                }
            }
        }
        for (column, sum) in sum.iter().enumerate() {
            for (vector, sum) in sum.iter().enumerate() {
                _mm512_store_ps(sums.add(column * V + vector).cast(), *sum);
            }
        }
    }
}

#[inline(always)]
unsafe fn kernel_of<L: Lanes, const V: usize>(
    columns: usize,
    words: usize,
    left: *const Line,
    right: *const u32,
    sums: *mut Line,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match columns {
            1 => kernel::<L, V, 1>(words, left, right, sums),
            2 => kernel::<L, V, 2>(words, left, right, sums),
            3 => kernel::<L, V, 3>(words, left, right, sums),
            4 => kernel::<L, V, 4>(words, left, right, sums),
            _ => kernel::<L, V, GROUP>(words, left, right, sums),
        }
    }
}

/// `sums[column][lane] += left x right` for all columns and the lanes of one panel.
///
/// # Safety
/// Inside `L::vectorize`.
#[inline(always)]
pub(super) unsafe fn multiply_add<L: Lanes>(
    sums: &mut [Line],
    vectors: usize,
    left: &[Line],
    right: &[u32],
    groups: Cut,
) {
    let words = left.len() / vectors;
    assert!(groups.largest() <= GROUP && vectors <= PANEL, "a kernel of {vectors} x {} registers", groups.largest());
    assert!(
        sums.len() >= groups.total * vectors && right.len() >= words * groups.total,
        "sums or right matrix too small"
    );
    for group in 0..groups.parts {
        let group = groups.part(group);
        // SAFETY: inside `vectorize`; by the assertions all of `words x vectors` lines, `words x columns` words and
        // `columns x vectors` sums are in bounds.
        unsafe {
            let (left, right, sums) =
                (left.as_ptr(), right.as_ptr().add(words * group.start), sums.as_mut_ptr().add(group.start * vectors));
            match vectors {
                1 => kernel_of::<L, 1>(group.len(), words, left, right, sums),
                2 => kernel_of::<L, 2>(group.len(), words, left, right, sums),
                3 => kernel_of::<L, 3>(group.len(), words, left, right, sums),
                _ => kernel_of::<L, PANEL>(group.len(), words, left, right, sums),
            }
        }
    }
}

/// Turns 16 x 16 numbers in 16 registers over.
#[inline(always)]
pub(super) unsafe fn transpose(rows: [__m512; WIDTH]) -> [__m512; WIDTH] {
    // SAFETY: the caller is inside `vectorize`.
    unsafe {
        let mut pairs = rows;
        for index in 0..8 {
            let (a, b) = (rows[2 * index], rows[2 * index + 1]);
            pairs[2 * index] = _mm512_unpacklo_ps(a, b);
            pairs[2 * index + 1] = _mm512_unpackhi_ps(a, b);
        }
        let mut quads = pairs;
        for index in 0..4 {
            for half in 0..2 {
                let a = _mm512_castps_pd(pairs[4 * index + half]);
                let b = _mm512_castps_pd(pairs[4 * index + 2 + half]);
                quads[4 * index + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
                quads[4 * index + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
            }
        }
        // Register 4 i + j holds column 4 q + j of rows 4 i .. 4 i + 4 in its quarter q.
        let mut result = rows;
        for j in 0..4 {
            let low = _mm512_shuffle_f32x4::<0x44>(quads[j], quads[4 + j]);
            let high = _mm512_shuffle_f32x4::<0xee>(quads[j], quads[4 + j]);
            let low2 = _mm512_shuffle_f32x4::<0x44>(quads[8 + j], quads[12 + j]);
            let high2 = _mm512_shuffle_f32x4::<0xee>(quads[8 + j], quads[12 + j]);
            result[j] = _mm512_shuffle_f32x4::<0x88>(low, low2);
            result[4 + j] = _mm512_shuffle_f32x4::<0xdd>(low, low2);
            result[8 + j] = _mm512_shuffle_f32x4::<0x88>(high, high2);
            result[12 + j] = _mm512_shuffle_f32x4::<0xdd>(high, high2);
        }
        result
    }
}

/// Writes `sums[columns][vectors x 16]` into the rows of `out`, turned over; lanes beyond `out` are dropped.
///
/// # Safety
/// Inside `Lanes::vectorize`.
#[inline(always)]
pub(super) unsafe fn write_rows(out: &mut [f32], columns: usize, sums: &[Line], vectors: usize) {
    let rows = out.len() / columns;
    assert!(sums.len() >= columns * vectors && rows <= vectors * WIDTH, "{rows} rows from {vectors} registers");
    for vector in 0..rows.div_ceil(WIDTH) {
        for first in (0..columns).step_by(WIDTH) {
            let count = WIDTH.min(columns - first);
            let mask = ((1u32 << count) - 1) as u16;
            // SAFETY: inside `vectorize`; sums are read inside their bounds, and the mask keeps each store inside
            // its row of `out`.
            unsafe {
                let mut block = [_mm512_setzero_ps(); WIDTH];
                for (index, block) in block.iter_mut().enumerate().take(count) {
                    *block = _mm512_load_ps((&raw const sums[(first + index) * vectors + vector]).cast());
                }
                let block = transpose(block);
                for (index, block) in block.iter().enumerate().take(WIDTH.min(rows - vector * WIDTH)) {
                    let to = out.as_mut_ptr().add((vector * WIDTH + index) * columns + first);
                    _mm512_mask_storeu_ps(to, mask, *block);
                }
            }
        }
    }
}
