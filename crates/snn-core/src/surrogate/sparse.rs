//! Surrogates that are zero far from the threshold, so that most neurons need no backward pass.

use super::rational::inverse_square;
use super::{number, surrogate};

surrogate! {
    /// Sparse fast sigmoid: a [`FastSigmoid`](super::FastSigmoid) that is zero farther than `width` from the
    /// threshold.
    ///
    /// ```text
    /// g'(x) = 1 / (1 + k |x|)²  if |x| < B, else 0
    /// g(x)  = x' / (1 + k |x'|)  with x' = x, held within [-B, B]
    /// ```
    /// # Source
    /// Perez-Nieves and Goodman (2021), "Sparse Spiking Gradient Descent", NeurIPS. snnTorch's `SFS`, which cites it,
    /// computes [`SnnTorchSparseFastSigmoid`].
    SparseFastSigmoid {
        /// k: the larger, the narrower.
        slope = 25.0,
        /// B: how far from the threshold the derivative reaches.
        width = 1.0,
    }
    primitive(self, x) {
        let held = x.clamp(-self.width.0, self.width.0);
        held / (1.0 + self.slope.0 * held.abs())
    }
    derivative(self, x) {
        let inside = number::<S>(self.width.0) - x.abs();
        inside.if_positive(inverse_square(x, self.slope.0), number(0.0))
    }
}

surrogate! {
    /// What snnTorch calls sparse fast sigmoid: a derivative only *above* the threshold, beyond `beyond`.
    ///
    /// ```text
    /// g'(x) = 1 / (1 + k |x|)²  if x > B, else 0
    /// g(x)  = x' / (1 + k |x'|)  with x' = max(x, B)
    /// ```
    /// snnTorch's `SFS`, by default with B = 1, so that a neuron just below or at its threshold learns nothing. The
    /// paper it cites keeps the derivative near the threshold: [`SparseFastSigmoid`].
    SnnTorchSparseFastSigmoid {
        /// k: the larger, the faster the fall.
        slope = 25.0,
        /// B: where the derivative begins.
        beyond = 1.0,
    }
    primitive(self, x) {
        let held = x.max(self.beyond.0);
        held / (1.0 + self.slope.0 * held.abs())
    }
    derivative(self, x) {
        let beyond = x - number(self.beyond.0);
        beyond.if_positive(inverse_square(x, self.slope.0), number(0.0))
    }
}
