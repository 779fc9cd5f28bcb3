//! Turning blocks of 16 x 16 over, and sums into rows.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::layout::{Line, WIDTH};

/// Turns 16 x 16 numbers in 16 registers over.
#[inline(always)]
pub(in crate::synapse) unsafe fn transpose(rows: [__m512; WIDTH]) -> [__m512; WIDTH] {
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

/// Writes `sums[columns][vectors x 16]` into all of the rows of `out`, turned over; lanes beyond `out` are dropped.
///
/// # Safety
/// Inside `Lanes::vectorize`.
#[inline(always)]
pub(super) unsafe fn write_rows(out: &mut [MaybeUninit<f32>], columns: usize, sums: &[Line], vectors: usize) {
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
                    let to = out.as_mut_ptr().cast::<f32>().add((vector * WIDTH + index) * columns + first);
                    _mm512_mask_storeu_ps(to, mask, *block);
                }
            }
        }
    }
}
