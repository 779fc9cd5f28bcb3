//! Surrogates whose derivative falls off exponentially.

use super::{number, surrogate};
use crate::number::Scalar;

/// exp(-rate |x|)
#[inline(always)]
fn decay<S: Scalar>(x: S, rate: f64) -> S {
    (x.abs() * number(-rate)).exp()
}

/// The primitive of [`decay`] which is zero at zero.
fn decay_primitive(x: f64, rate: f64) -> f64 {
    x.signum() * (1.0 - (-rate * x.abs()).exp()) / rate
}

surrogate! {
    /// Two exponentials, with area one.
    ///
    /// ```text
    /// g(x)  = 1/2 + sign(x) (1 - exp(-α|x|))/2
    /// g'(x) = (α/2) exp(-α|x|)
    /// ```
    /// SpikingJelly's `PiecewiseExp`.
    PiecewiseExp {
        /// α: the height at the threshold is α/2.
        alpha = 1.0
    }
    primitive(self, x) { 0.5 + 0.5 * self.alpha.0 * decay_primitive(x, self.alpha.0) }
    derivative(self, x) { number::<S>(self.alpha.0 / 2.0) * decay(x, self.alpha.0) }
}

surrogate! {
    /// Two exponentials, height and width apart.
    ///
    /// ```text
    /// g(x)  = h w sign(x) (1 - exp(-|x|/w))
    /// g'(x) = h exp(-|x|/w)
    /// ```
    /// Sinabs' `SingleExponential` with threshold θ is w = θ·`grad_width`, h = `grad_scale`/θ; Lava-DL's default is
    /// w = `tau_rho`·θ, h = `scale_rho`/(2w).
    ///
    /// # Source
    /// Shrestha and Orchard (2018), "SLAYER: Spike Layer Error Reassignment in Time", NeurIPS.
    SingleExponential {
        /// w: the distance over which the derivative falls to 1/e.
        width = 0.5,
        /// h, the height.
        height = 1.0,
    }
    primitive(self, x) { self.height.0 * decay_primitive(x, 1.0 / self.width.0) }
    derivative(self, x) { number::<S>(self.height.0) * decay(x, 1.0 / self.width.0) }
}

surrogate! {
    /// Spike rate escape: the rate of escape noise, a Boltzmann factor of the distance from `center`.
    ///
    /// ```text
    /// g(x)  = (k/β) sign(x-c) (1 - exp(-β|x-c|))
    /// g'(x) = k exp(-β|x-c|)
    /// ```
    /// snnTorch's `spike_rate_escape` has c = 1: it subtracts 1 from a membrane of which the threshold was
    /// subtracted already, so its derivative peaks one *above* the threshold. At the threshold: c = 0
    /// ([`at_threshold`](Self::at_threshold)).
    ///
    /// # Source
    /// Gerstner and Kistler (2002), "Spiking Neuron Models", Cambridge University Press.
    SpikeRateEscape {
        /// β: the larger, the narrower.
        beta = 1.0,
        /// k, the height.
        slope = 25.0,
        /// c: how far above the threshold the peak is.
        center = 1.0,
    }
    primitive(self, x) { self.slope.0 * decay_primitive(x - self.center.0, self.beta.0) }
    derivative(self, x) { number::<S>(self.slope.0) * decay(x - number(self.center.0), self.beta.0) }
}

impl SpikeRateEscape {
    /// With its peak at the threshold.
    pub const fn at_threshold(beta: f64, slope: f64) -> Self {
        Self::new(beta, slope, 0.0)
    }
}
