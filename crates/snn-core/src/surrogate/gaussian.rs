//! Surrogates made of Gaussians.

use std::f64::consts::PI;

use super::{number, surrogate};
use crate::number::Scalar;

/// exp(-(k x)²)
#[inline(always)]
fn bell<S: Scalar>(x: S, k: f64) -> S {
    let z = x * number(k);
    (-(z * z)).exp()
}

/// The density of a normal distribution with mean zero.
#[inline(always)]
fn normal<S: Scalar>(x: S, deviation: f64) -> S {
    number::<S>(1.0 / (deviation * (2.0 * PI).sqrt())) * bell(x, 1.0 / (deviation * 2f64.sqrt()))
}

/// Its integral from minus infinity.
fn normal_primitive(x: f64, deviation: f64) -> f64 {
    0.5 * libm::erfc(-x / (deviation * 2f64.sqrt()))
}

surrogate! {
    /// Error function, from 0 to 1.
    ///
    /// ```text
    /// g(x)  = erfc(-k x)/2 = 1/2 + erf(k x)/2
    /// g'(x) = (k/√π) exp(-(k x)²)
    /// ```
    /// SpikingJelly's `Erf`. Norse's `heavi_erfc` is [`NorseErfc`].
    ///
    /// # Source
    /// Esser et al. (2015), "Backpropagation for Energy-Efficient Neuromorphic Computing", NeurIPS.
    Erf {
        /// k: the height at the threshold is k/√π.
        slope = 2.0
    }
    primitive(self, x) { 0.5 * libm::erfc(-self.slope.0 * x) }
    derivative(self, x) { number::<S>(self.slope.0 / PI.sqrt()) * bell(x, self.slope.0) }
}

surrogate! {
    /// [`Erf`] without its factor k/2, as Norse's code has it: of height 2/√π whatever the slope.
    ///
    /// ```text
    /// g(x)  = erf(k x) / k
    /// g'(x) = (2/√π) exp(-(k x)²)
    /// ```
    /// Norse's `heavi_erfc`. Its documentation prints 1/2 + erfc(k x)/2, which *falls* as x rises and whose
    /// derivative has the factor k/2.
    NorseErfc {
        /// k: the larger, the narrower.
        slope = 1.0
    }
    primitive(self, x) { libm::erf(self.slope.0 * x) / self.slope.0 }
    derivative(self, x) { number::<S>(2.0 / PI.sqrt()) * bell(x, self.slope.0) }
}

surrogate! {
    /// A normal density around `mean`.
    ///
    /// ```text
    /// g(x)  = s Φ((x - μ)/σ)
    /// g'(x) = s N(x | μ, σ²)
    /// ```
    /// Sinabs' `Gaussian`.
    Gaussian {
        /// μ: how far above the threshold the peak is.
        mean = 0.0,
        /// σ, the standard deviation.
        deviation = 0.5,
        /// s, the area.
        scale = 1.0,
    }
    primitive(self, x) { self.scale.0 * normal_primitive(x - self.mean.0, self.deviation.0) }
    derivative(self, x) { number::<S>(self.scale.0) * normal(x - number(self.mean.0), self.deviation.0) }
}

surrogate! {
    /// Multi-Gaussian: a normal density with a negative, broader one on either side.
    ///
    /// ```text
    /// g'(x) = (1 + h) N(x | 0, σ²) - h N(x | σ, (sσ)²) - h N(x | -σ, (sσ)²)
    /// ```
    /// Sinabs' `MultiGaussian` has this shape.
    ///
    /// # Source
    /// Yin, Corradi and Bohté (2021), "Accurate and efficient time-domain classification with adaptive spiking
    /// recurrent neural networks", Nature Machine Intelligence 3.
    MultiGaussian {
        /// σ, the standard deviation of the middle.
        deviation = 0.5,
        /// h, the weight of the sides.
        height = 0.15,
        /// s: how much broader the sides are.
        broadening = 6.0,
    }
    primitive(self, x) {
        let (sigma, h) = (self.deviation.0, self.height.0);
        let side = |x: f64| normal_primitive(x, self.broadening.0 * sigma);
        (1.0 + h) * normal_primitive(x, sigma) - h * side(x - sigma) - h * side(x + sigma)
    }
    derivative(self, x) {
        let (sigma, h) = (self.deviation.0, self.height.0);
        let broad = self.broadening.0 * sigma;
        number::<S>(1.0 + h) * normal(x, sigma)
            - number::<S>(h) * (normal(x - number(sigma), broad) + normal(x + number(sigma), broad))
    }
}
