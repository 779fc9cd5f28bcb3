//! Products of a noisy input in f32, with registers of 512 bits.

use std::arch::x86_64::*;

use super::Format;
use super::registers::Registers;

/// The proof that the processor has AVX-512.
#[derive(Clone, Copy, Debug)]
pub(crate) struct F32(());

impl F32 {
    /// The format, if the processor has the instructions.
    pub(crate) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }
}

// SAFETY: `detect` makes a value only if the processor has the instructions which `vectorize` enables.
unsafe impl Format for F32 {
    const DEPTH: usize = 1;

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx512f")]
        fn enabled<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: `self` is the proof that the processor has them.
        unsafe { enabled(work) }
    }

    #[inline(always)]
    unsafe fn words([numbers, _]: [__m512; 2]) -> __m512i {
        // SAFETY: inside `vectorize`.
        unsafe { _mm512_castps_si512(numbers) }
    }

    #[inline(always)]
    unsafe fn zip(first: __m512, _: __m512) -> __m512i {
        // SAFETY: inside `vectorize`.
        unsafe { _mm512_castps_si512(first) }
    }
}

impl Registers for F32 {
    #[inline(always)]
    unsafe fn fused(sum: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: inside `vectorize`.
        unsafe { _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sum) }
    }
}
