//! Surrogates with rational tails.

use super::{number, one, surrogate};
use crate::number::Scalar;

/// 1 / (1 + steepness |x|)²
#[inline(always)]
pub(super) fn inverse_square<S: Scalar>(x: S, steepness: f64) -> S {
    let base = one::<S>() + x.abs() * number(steepness);
    one::<S>() / (base * base)
}

surrogate! {
    /// Fast sigmoid: what the SuperSpike paper proposes.
    ///
    /// ```text
    /// g(x)  = x / (1 + k |x|)
    /// g'(x) = 1 / (1 + k |x|)²
    /// ```
    /// snnTorch's `fast_sigmoid`. Compare [`SuperSpike`], which is called after the same paper, and [`SoftSign`],
    /// the same shape with area one.
    ///
    /// # Source
    /// Zenke and Ganguli (2018), "SuperSpike: Supervised Learning in Multilayer Spiking Neural Networks", Neural
    /// Computation 30, section 3.3.2 (k is called β).
    ///
    /// # Example
    /// ```
    /// use snn_core::surrogate::{FastSigmoid, Surrogate};
    /// assert_eq!(FastSigmoid::new(1.0).derivative(1.0), 0.25); // 1 / (1 + 1)²
    /// ```
    FastSigmoid {
        /// k: the larger, the narrower; the height is one.
        slope = 25.0
    }
    primitive(self, x) { x / (1.0 + self.slope.0 * x.abs()) }
    derivative(self, x) { inverse_square(x, self.slope.0) }
}

surrogate! {
    /// Soft sign: the fast sigmoid's shape, scaled so that the primitive rises from 0 to 1.
    ///
    /// ```text
    /// g(x)  = 1/2 + (α x / (1 + α |x|)) / 2
    /// g'(x) = (α/2) / (1 + α |x|)²
    /// ```
    /// SpikingJelly's `SoftSign`.
    SoftSign {
        /// α: the height at the threshold is α/2.
        alpha = 2.0
    }
    primitive(self, x) { 0.5 + 0.5 * self.alpha.0 * x / (1.0 + self.alpha.0 * x.abs()) }
    derivative(self, x) { number::<S>(self.alpha.0 / 2.0) * inverse_square(x, self.alpha.0) }
}

surrogate! {
    /// SuperSpike as SpikingJelly and Norse compute it: a factor where the paper has a steepness.
    ///
    /// ```text
    /// g(x)  = α x / (1 + |x|)
    /// g'(x) = α / (1 + |x|)²
    /// ```
    /// SpikingJelly's `SuperSpike` (which has no primitive there). Norse's `super` is this with α = 1: it takes a
    /// parameter α (100 by default) and ignores it. The paper's function is [`FastSigmoid`].
    SuperSpike {
        /// α, the height.
        alpha = 1.0
    }
    primitive(self, x) { self.alpha.0 * x / (1.0 + x.abs()) }
    derivative(self, x) { number::<S>(self.alpha.0) * inverse_square(x, 1.0) }
}

surrogate! {
    /// Sign times logarithm: tails so heavy that the primitive grows without bound.
    ///
    /// ```text
    /// g(x)  = sign(x) ln(1 + α |x|)
    /// g'(x) = 1 / (1/α + |x|)
    /// ```
    /// SpikingJelly's `NonzeroSignLogAbs`.
    NonzeroSignLogAbs {
        /// α, the height.
        alpha = 1.0
    }
    primitive(self, x) { x.signum() * (1.0 + self.alpha.0 * x.abs()).ln() }
    derivative(self, x) { one::<S>() / (number::<S>(1.0 / self.alpha.0) + x.abs()) }
}

surrogate! {
    /// q-PseudoSpike: the thickness of the tail is a parameter.
    ///
    /// ```text
    /// g(x)  = 1/2 + sign(x)/2 (1 - (1 + 2|x| / (q-1))^(1-q))
    /// g'(x) = (1 + 2|x| / (q-1))^(-q)
    /// ```
    /// SpikingJelly's `QPseudoSpike` (there α).
    ///
    /// # Source
    /// Herranz-Celotti and Rouat (2022), "Surrogate Gradients Design", arXiv:2202.00282.
    QPseudoSpike {
        /// q > 1: the larger, the thinner the tail.
        q = 2.0
    }
    primitive(self, x) {
        let base = 1.0 + 2.0 / (self.q.0 - 1.0) * x.abs();
        0.5 + 0.5 * x.signum() * (1.0 - base.powf(1.0 - self.q.0))
    }
    derivative(self, x) {
        let base = one::<S>() + x.abs() * number(2.0 / (self.q.0 - 1.0));
        (base.ln() * number(-self.q.0)).exp()
    }
}

/// 1 / (x² + α²)^(3/2)
#[inline(always)]
fn circ<S: Scalar>(x: S, alpha: f64) -> S {
    let inverse = one::<S>() / (x * x + number(alpha * alpha));
    inverse * inverse.sqrt()
}

surrogate! {
    /// A sigmoid made of a square root.
    ///
    /// ```text
    /// g(x)  = 1/2 + x / (2 √(x² + α²))
    /// g'(x) = α² / (2 (x² + α²)^(3/2))
    /// ```
    /// The function in the documentation of Norse's `circ`. Its code is [`NorseCirc`].
    Circ {
        /// α > 0, the width.
        alpha = 1.0
    }
    primitive(self, x) { 0.5 + 0.5 * x / (x * x + self.alpha.0 * self.alpha.0).sqrt() }
    derivative(self, x) { number::<S>(self.alpha.0 * self.alpha.0 / 2.0) * circ(x, self.alpha.0) }
}

surrogate! {
    /// [`Circ`] times 2α, as Norse's code has it: of height one whatever the width.
    ///
    /// ```text
    /// g(x)  = α x / √(x² + α²)
    /// g'(x) = α³ / (x² + α²)^(3/2)
    /// ```
    NorseCirc {
        /// α > 0, the width.
        alpha = 1.0
    }
    primitive(self, x) { self.alpha.0 * x / (x * x + self.alpha.0 * self.alpha.0).sqrt() }
    derivative(self, x) { number::<S>(self.alpha.0.powi(3)) * circ(x, self.alpha.0) }
}
