//! Surrogates made of the logistic function.

use super::{number, one, surrogate};
use crate::number::Scalar;

/// e / (1 + e)² with e = exp(-|x|): the derivative of the logistic function, finite everywhere.
#[inline(always)]
fn bell<S: Scalar>(x: S) -> S {
    let e = (-x.abs()).exp();
    let base = one::<S>() + e;
    e / (base * base)
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

surrogate! {
    /// The logistic function.
    ///
    /// ```text
    /// g(x)  = σ(k x) = 1 / (1 + exp(-k x))
    /// g'(x) = k σ(k x) (1 - σ(k x))
    /// ```
    /// snnTorch's `sigmoid` (k = 25) and SpikingJelly's `Sigmoid` (k = 4).
    ///
    /// # Example
    /// ```
    /// use snn_core::surrogate::{Sigmoid, Surrogate};
    /// assert_eq!(Sigmoid::new(4.0).derivative(0.0), 1.0); // k/4
    /// ```
    Sigmoid {
        /// k: the height at the threshold is k/4.
        slope = 4.0
    }
    primitive(self, x) { logistic(self.slope.0 * x) }
    derivative(self, x) { number::<S>(self.slope.0) * bell(x * number(self.slope.0)) }
}

surrogate! {
    /// Hyperbolic tangent, from 0 to 1.
    ///
    /// ```text
    /// g(x)  = 1/2 + tanh(k x)/2
    /// g'(x) = (k/2) (1 - tanh²(k x))
    /// ```
    /// The function in the documentation of Norse's `tanh` (and `logistic`, whose spikes are drawn at random). Its
    /// code lacks the factor k/2: [`NorseTanh`]. Equal to [`Sigmoid`] with twice the slope.
    Tanh {
        /// k: the height at the threshold is k/2.
        slope = 1.0
    }
    primitive(self, x) { 0.5 + 0.5 * (self.slope.0 * x).tanh() }
    derivative(self, x) { number::<S>(2.0 * self.slope.0) * bell(x * number(2.0 * self.slope.0)) }
}

surrogate! {
    /// [`Tanh`] without its factor k/2, as Norse's code has it: of height one whatever the slope.
    ///
    /// ```text
    /// g(x)  = tanh(k x) / k
    /// g'(x) = 1 - tanh²(k x)
    /// ```
    NorseTanh {
        /// k: the larger, the narrower.
        slope = 1.0
    }
    primitive(self, x) { (self.slope.0 * x).tanh() / self.slope.0 }
    derivative(self, x) { number::<S>(4.0) * bell(x * number(2.0 * self.slope.0)) }
}

surrogate! {
    /// Logistic below the threshold, logarithmic above.
    ///
    /// ```text
    /// g(x)  = σ(α x)           for x < 0        β ln(1 + x) + 1/2   for x ≥ 0
    /// g'(x) = α σ(αx)(1-σ(αx))  for x < 0        β / (1 + x)        for x ≥ 0
    /// ```
    /// SpikingJelly's `S2NN`; in its primitive, not in its derivative, 1 + x is 1e-5 larger.
    ///
    /// # Source
    /// Suetake et al. (2022), "S2NN: Time Step Reduction of Spiking Surrogate Gradients for Training Energy Efficient
    /// Single-Step Spiking Neural Networks", arXiv:2201.10879.
    S2nn {
        /// α, the slope below the threshold.
        alpha = 4.0,
        /// β, the height above it.
        beta = 1.0,
    }
    primitive(self, x) {
        if x < 0.0 { logistic(self.alpha.0 * x) } else { self.beta.0 * x.ln_1p() + 0.5 }
    }
    derivative(self, x) {
        let below = number::<S>(self.alpha.0) * bell(x * number(self.alpha.0));
        let above = number::<S>(self.beta.0) / (one::<S>() + x.abs());
        x.if_not_negative(above, below)
    }
}
