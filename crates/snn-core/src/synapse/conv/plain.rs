//! Registers of any processor, as the compiler finds them.

use super::registers::Registers;

/// What every processor has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain;

/// Wider arrays the compiler cuts into pieces that go through memory.
const LANES: usize = 4;

// SAFETY: there is nothing to enable.
unsafe impl Registers for Plain {
    const DEPTH: usize = 1;
    const LANES: usize = LANES;
    const VECTORS: usize = 2;
    type Register = [f32; LANES];

    #[inline(always)]
    fn columns(_: usize) -> usize {
        4
    }

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        work()
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> [f32; LANES] {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<[f32; LANES]>().read() }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, register: [f32; LANES]) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f32; LANES]>().write(register) }
    }

    #[inline(always)]
    unsafe fn splat(word: f32) -> [f32; LANES] {
        [word; LANES]
    }

    #[inline(always)]
    unsafe fn add(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        std::array::from_fn(|lane| a[lane] + b[lane])
    }

    #[inline(always)]
    unsafe fn fused(sum: [f32; LANES], left: [f32; LANES], right: [f32; LANES]) -> [f32; LANES] {
        std::array::from_fn(|lane| sum[lane] + left[lane] * right[lane])
    }

    #[inline(always)]
    fn word(first: f32, _: f32) -> f32 {
        first
    }
}
