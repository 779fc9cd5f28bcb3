//! A surrogate that is a Fourier series.

use std::f64::consts::PI;

use super::{number, surrogate};

surrogate! {
    /// The first terms of a square wave's Fourier series.
    ///
    /// ```text
    /// g(x)  = 1/2 + (2/π) Σ sin((2i-1) ω x)/(2i-1)     i = 1 .. terms,  ω = 2π/T
    /// g'(x) = (4/T) Σ cos((2i-1) ω x)
    /// ```
    /// SpikingJelly's `SquarewaveFourierSeries` with its n = `terms` + 1: what it calls the number of terms is one more
    /// than the terms it sums.
    SquarewaveFourierSeries {
        /// How many terms are summed, a whole number.
        terms = 1.0,
        /// T, the period.
        period = 8.0,
    }
    primitive(self, x) {
        let omega = 2.0 * PI / self.period.0;
        let term = |i: u32| { let odd = f64::from(2 * i - 1); (odd * omega * x).sin() / odd };
        0.5 + 2.0 / PI * (1..=self.terms.0 as u32).map(term).sum::<f64>()
    }
    derivative(self, x) {
        let omega = 2.0 * PI / self.period.0;
        // So far out `f32` has no digits left for the phase, and the products below could overflow.
        let farthest = number::<S>(1e6 * self.period.0);
        let x = x.min(farthest).max(-farthest);
        let mut sum = number::<S>(0.0);
        for i in 1..=self.terms.0 as u32 {
            sum = sum + (x * number(f64::from(2 * i - 1) * omega)).cos();
        }
        number::<S>(4.0 / self.period.0) * sum
    }
}
