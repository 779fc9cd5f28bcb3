//! Registers of 512 bits, in f32 and in bf16.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::registers::Registers;
use crate::synapse::line::WIDTH;
use crate::synapse::tiles::{self, transpose};

// SAFETY: a format of the tiles exists only on a processor that has the instructions which its `vectorize` enables.
unsafe impl<T: tiles::Registers> Registers for T {
    const DEPTH: usize = <T as tiles::Format>::DEPTH;
    const LANES: usize = WIDTH;
    const VECTORS: usize = 4;
    type Register = __m512;

    #[inline(always)]
    fn columns(vectors: usize) -> usize {
        match vectors {
            4 => 6,
            3 => 7,
            2 => 8,
            _ => 12,
        }
    }

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        <T as tiles::Format>::vectorize(self, work)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, register: __m512) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_ps(to, register) }
    }

    #[inline(always)]
    unsafe fn splat(word: f32) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_set1_ps(word) }
    }

    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fused(sum: __m512, left: __m512, right: __m512) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { <T as tiles::Registers>::fused(sum, _mm512_castps_si512(left), _mm512_castps_si512(right)) }
    }

    #[inline(always)]
    fn word(first: f32, second: f32) -> f32 {
        match Self::DEPTH {
            1 => first,
            _ => f32::from_bits(rounded(first) | rounded(second) << 16),
        }
    }

    #[inline(always)]
    unsafe fn row(to: *mut f32, [first, second]: [&[f32]; 2]) {
        for index in (0..first.len()).step_by(WIDTH) {
            // SAFETY: the caller's promise: inside `vectorize`, and at most `SLACK` words are written beyond the row.
            // Half a register, where that is enough, is cheaper to store across two lines of the cache.
            unsafe {
                let words = zip::<T>(part(first, index), part(second, index));
                match first.len() - index {
                    1..=8 => _mm256_storeu_ps(to.add(index), _mm512_castps512_ps256(words)),
                    _ => _mm512_storeu_ps(to.add(index), words),
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn nonzero(numbers: &[f32]) -> u32 {
        // SAFETY: the caller's promise.
        unsafe { u32::from(_mm512_cmpneq_ps_mask(part(numbers, 0), _mm512_setzero_ps())) }
    }

    #[inline(always)]
    unsafe fn lanes_in(
        to: *mut f32,
        line: usize,
        [first, second]: [&[f32]; 2],
        lanes: usize,
        distance: usize,
        count: usize,
    ) {
        for (vector, index) in blocks(line, count) {
            let count = WIDTH.min(count - index);
            // SAFETY: inside `vectorize`; `to` has `count` lines by the caller's promise.
            unsafe {
                let mut words = [_mm512_setzero_ps(); WIDTH];
                for (lane, words) in words.iter_mut().enumerate().take(lanes.saturating_sub(vector)) {
                    let start = (vector + lane) * distance + index;
                    let row = |rows: &[f32]| match rows.is_empty() {
                        true => _mm512_setzero_ps(),
                        false => part(&rows[start..][..count], 0),
                    };
                    *words = zip::<T>(row(first), row(second));
                }
                for (place, words) in transpose(words).into_iter().enumerate().take(count) {
                    _mm512_storeu_ps(to.add((index + place) * line + vector), words);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn lanes_out<'a>(
        to: impl Fn(usize, usize, usize) -> &'a mut [MaybeUninit<f32>],
        lanes: usize,
        count: usize,
        from: *const f32,
        line: usize,
    ) {
        for (vector, index) in blocks(lanes, count) {
            let count = WIDTH.min(count - index);
            let mask = mask(count);
            // SAFETY: inside `vectorize`; `from` has `count` lines by the caller's promise, and the mask keeps each
            // store inside its slice.
            unsafe {
                let mut words = [_mm512_setzero_ps(); WIDTH];
                for (place, words) in words.iter_mut().enumerate().take(count) {
                    *words = _mm512_loadu_ps(from.add((index + place) * line + vector));
                }
                for (lane, words) in transpose(words).into_iter().enumerate().take(lanes - vector) {
                    let to = to(vector + lane, index, count);
                    assert!(to.len() == count, "room for {count} numbers");
                    _mm512_mask_storeu_ps(to.as_mut_ptr().cast(), mask, words);
                }
            }
        }
    }
}

/// Where blocks of 16 x 16 numbers of a matrix begin.
#[inline(always)]
fn blocks(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).step_by(WIDTH).flat_map(move |row| (0..columns).step_by(WIDTH).map(move |column| (row, column)))
}

/// The first `count` lanes, as far as a register has them.
#[inline(always)]
fn mask(count: usize) -> u16 {
    ((1u32 << count.min(WIDTH)) - 1) as u16
}

/// 16 numbers of a row from `start` on; those after the row are zero.
///
/// # Safety
/// Inside `vectorize`.
#[inline(always)]
unsafe fn part(row: &[f32], start: usize) -> __m512 {
    // SAFETY: the mask keeps the load inside the row.
    unsafe { _mm512_maskz_loadu_ps(mask(row.len().saturating_sub(start)), row.as_ptr().wrapping_add(start)) }
}

/// # Safety
/// Inside `vectorize`.
#[inline(always)]
unsafe fn zip<T: tiles::Format>(first: __m512, second: __m512) -> __m512 {
    // SAFETY: the caller's promise.
    unsafe { _mm512_castsi512_ps(T::zip(first, second)) }
}

/// The bf16 nearest to `value`, of two the even one, as the processor's own instruction rounds.
#[inline(always)]
fn rounded(value: f32) -> u32 {
    let bits = value.to_bits();
    match value.is_nan() {
        true => bits >> 16 | 0x40,
        // Numbers below the normal range count as zero.
        false if bits & 0x7f80_0000 == 0 => bits >> 16 & 0x8000,
        false => (bits + 0x7fff + ((bits >> 16) & 1)) >> 16,
    }
}
