//! Surrogates whose primitive is the arctangent.

use std::f64::consts::{FRAC_PI_2, PI};

use super::{number, one, surrogate};

surrogate! {
    /// Arctangent: the primitive rises from 0 to 1, so the area under the derivative is one.
    ///
    /// ```text
    /// g(x)  = 1/2 + atan(π α x / 2) / π
    /// g'(x) = (α/2) / (1 + (π α x / 2)²)
    /// ```
    /// snnTorch's `atan` (its code; its documentation prints [`PrintedATan`]) and SpikingJelly's `ATan`.
    ///
    /// # Source
    /// Fang et al. (2021), "Incorporating Learnable Membrane Time Constant to Enhance Learning of Spiking Neural
    /// Networks", ICCV.
    ///
    /// # Example
    /// ```
    /// use snn_core::surrogate::{ATan, Surrogate};
    /// assert_eq!(ATan::new(2.0).derivative(0.0), 1.0); // α/2
    /// ```
    ATan {
        /// α: the height at the threshold is α/2.
        alpha = 2.0
    }
    primitive(self, x) { 0.5 + (FRAC_PI_2 * self.alpha.0 * x).atan() / PI }
    derivative(self, x) {
        let z = x * number(FRAC_PI_2 * self.alpha.0);
        number::<S>(self.alpha.0 / 2.0) / (one::<S>() + z * z)
    }
}

surrogate! {
    /// The arctangent derivative as snnTorch's documentation prints it: of height 1/π whatever α is.
    ///
    /// ```text
    /// g(x)  = 2/(α π²) atan(π α x / 2)
    /// g'(x) = (1/π) / (1 + (π α x / 2)²)
    /// ```
    /// It is not the derivative of the function printed above it there, which is [`ATan`]; snnTorch's code is
    /// `ATan` as well.
    PrintedATan {
        /// α: the larger, the narrower.
        alpha = 2.0
    }
    primitive(self, x) { 2.0 / (self.alpha.0 * PI * PI) * (FRAC_PI_2 * self.alpha.0 * x).atan() }
    derivative(self, x) {
        let z = x * number(FRAC_PI_2 * self.alpha.0);
        number::<S>(1.0 / PI) / (one::<S>() + z * z)
    }
}
