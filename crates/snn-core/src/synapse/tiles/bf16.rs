//! Products of a noisy input in bf16, summed in f32, on processors with AVX-512-BF16.

use std::arch::x86_64::*;

use super::Format;
use super::registers::Registers;

/// The proof that the processor has AVX-512-BF16.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bf16(());

impl Bf16 {
    /// The format, if the processor has the instructions.
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16")).then_some(Self(()))
    }
}

// SAFETY: `detect` makes a value only if the processor has the instructions which `vectorize` enables.
unsafe impl Format for Bf16 {
    const DEPTH: usize = 2;

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx512f,avx512bf16")]
        fn enabled<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: `self` is the proof that the processor has them.
        unsafe { enabled(work) }
    }

    #[inline(always)]
    unsafe fn words([low, high]: [__m512; 2]) -> __m512i {
        // SAFETY: inside `vectorize`; all 512 bits are 32 numbers in both types.
        unsafe { std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low)) }
    }

    #[inline(always)]
    unsafe fn zip(first: __m512, second: __m512) -> __m512i {
        // SAFETY: inside `vectorize`.
        unsafe {
            let halves = Self::words([first, second]);
            let first = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(halves));
            let second = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64::<1>(halves));
            _mm512_or_si512(first, _mm512_slli_epi32::<16>(second))
        }
    }
}

impl Registers for Bf16 {
    #[inline(always)]
    unsafe fn fused(sum: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: inside `vectorize`; all 512 bits are 32 numbers in both types.
        unsafe {
            _mm512_dpbf16_ps(
                sum,
                std::mem::transmute::<__m512i, __m512bh>(left),
                std::mem::transmute::<__m512i, __m512bh>(right),
            )
        }
    }
}
