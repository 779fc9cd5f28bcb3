//! Registers of 256 bits, in f32.

use std::arch::x86_64::*;

use super::registers::Registers;

/// The proof that the processor has AVX2 and fused products.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

// SAFETY: `detect` makes a value only if the processor has the instructions which `vectorize` enables.
unsafe impl Registers for Avx2 {
    const DEPTH: usize = 1;
    const LANES: usize = 8;
    const VECTORS: usize = 2;
    type Register = __m256;

    #[inline(always)]
    fn columns(vectors: usize) -> usize {
        match vectors {
            2 => 6,
            _ => 8,
        }
    }

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx2,fma")]
        fn enabled<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: `self` is the proof that the processor has them.
        unsafe { enabled(work) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, register: __m256) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_ps(to, register) }
    }

    #[inline(always)]
    unsafe fn splat(word: f32) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_set1_ps(word) }
    }

    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fused(sum: __m256, left: __m256, right: __m256) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_fmadd_ps(left, right, sum) }
    }

    #[inline(always)]
    fn word(first: f32, _: f32) -> f32 {
        first
    }
}
