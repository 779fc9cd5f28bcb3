//! Runs a loop with the best instruction set the processor has.

/// Runs `body`, compiled for each instruction set, in the best one this processor has. What is not inlined into `body` is
/// compiled for the oldest processor: give closures and functions on the way `#[inline(always)]`.
#[inline(always)]
pub(crate) fn vectorised<R>(body: impl FnMut() -> R) -> R {
    pulp::Arch::new().dispatch(Body(body))
}

/// A closure handed to pulp as it is would be called through the adapter that makes an `FnOnce` of it, and a long one is
/// not inlined there.
struct Body<F>(F);

impl<R, F: FnMut() -> R> pulp::WithSimd for Body<F> {
    type Output = R;
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _simd: S) -> R {
        (self.0)()
    }
}
