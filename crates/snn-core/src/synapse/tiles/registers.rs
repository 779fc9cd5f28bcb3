//! The kernel of the formats that multiply registers: sums in registers, the right matrix broadcast word by word.

use std::arch::x86_64::*;

use super::layout::{Cut, Line, PANEL, WIDTH};
use super::{Format, Lanes};

/// Columns of the right matrix multiplied at a time, or fewer: `PANEL * GROUP` sums stay in registers.
const GROUP: usize = 5;

/// A format in which registers multiply.
pub(crate) trait Registers: Format {
    /// `sum + left * right`, in each lane over all numbers of the word.
    ///
    /// # Safety
    /// Inside `vectorize`.
    unsafe fn fused(sum: __m512, left: __m512i, right: __m512i) -> __m512;
}

impl<R: Registers> Lanes for R {
    const UNIT: usize = 1;
    const COLUMNS: usize = 1;

    #[inline(always)]
    unsafe fn arrange_right(result: &mut [u32], matrix: &[f32], columns: usize) {
        // SAFETY: the caller's promise.
        unsafe { arrange_right::<R>(result, matrix, columns) }
    }

    #[inline(always)]
    unsafe fn multiply_add(sums: &mut [Line], vectors: usize, left: &[Line], right: &[u32], columns: usize) {
        // SAFETY: the caller's promise.
        unsafe { multiply_add::<R>(sums, vectors, left, right, columns) }
    }
}

/// Rows `depth` of a row-major matrix with `columns` columns, in the order in which products read them:
/// `[group of columns, word of depth, column of the group]`. Missing rows are zero.
///
/// # Safety
/// Inside `L::vectorize`; `result` has room for all words and [`WIDTH`] more.
#[inline(always)]
unsafe fn arrange_right<L: Registers>(result: &mut [u32], matrix: &[f32], columns: usize) {
    let groups = Cut::of(columns, GROUP);
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
unsafe fn kernel<L: Registers, const V: usize, const C: usize>(
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
                    *sum = L::fused(*sum, left, right);
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
unsafe fn kernel_of<L: Registers, const V: usize>(
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
unsafe fn multiply_add<L: Registers>(sums: &mut [Line], vectors: usize, left: &[Line], right: &[u32], columns: usize) {
    let (words, groups) = (left.len() / vectors, Cut::of(columns, GROUP));
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
