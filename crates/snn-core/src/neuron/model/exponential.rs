//! Exponential integrate-and-fire.

use crate::neuron::FireReset;
use crate::neuron::fire_reset::with_surrogate;
use crate::number::{ParameterRange, Scalar};
use crate::surrogate::{ATan, Surrogate};

/// The largest exponent of an upstroke: 5e21 is far beyond any threshold, and its multiples stay finite in `f32`.
const LARGEST_EXPONENT: f64 = 50.0;

/// The upstroke of a spike: `slope · exp((membrane - rheobase) / slope)`.
#[inline(always)]
pub(super) fn upstroke<S: Scalar>(membrane: S, slope: S, rheobase: S) -> S {
    slope * ((membrane - rheobase) / slope).min(S::constant(LARGEST_EXPONENT)).exp()
}

crate::neuron! {
    /// Exponential integrate-and-fire (EIF): close to its threshold the membrane rises exponentially.
    ///
    /// ```text
    /// u[t] = v + k (r - v + Δ exp((v - ϑ)/Δ) + i[t])     with v = v[t-1], k = dt/τ
    /// s[t] = 1 if u[t] > θ else 0                        fire
    /// v[t] = u[t] - θ s[t]                               reset (default; others by FireReset)
    /// ```
    /// The exponent is held below 50, so that no number overflows.
    ///
    /// # Shapes
    /// One state, `membrane`, of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v`, `r`, `Δ`, `ϑ`, `θ` share the unit of the input; `k` is per time step.
    ///
    /// # Gradient
    /// The surrogate's at the spike; through the reset as [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Fourcaud-Trocmé et al. (2003), "How spike generation mechanisms determine the neuronal response to fluctuating
    /// inputs", Journal of Neuroscience 23; SpikingJelly's `EIFNode`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{ExponentialIf, ExponentialIfParameters, ExponentialIfState, Neuron};
    /// let parameters = ExponentialIfParameters { rate: 0.5, slope: 1.0, rheobase: 2.0, rest: 0.0, threshold: 4.0, reset: 0.0 };
    /// let (spike, state) = ExponentialIf::default().step(&parameters, ExponentialIfState { membrane: 2.0 }, 3.0);
    /// assert_eq!((spike, state.membrane), (0.0, 3.0)); // 2 + 0.5 (0 - 2 + 1 + 3)
    /// ```
    #[doc(alias = "EIFNode")]
    #[doc(alias = "LIFExCell")]
    pub struct ExponentialIf<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
    }
    parameters ExponentialIfParameters {
        /// k, a time step in units of the time constant.
        rate: ParameterRange::Positive,
        /// Δ, how sharp the upstroke is.
        slope: ParameterRange::Positive,
        /// ϑ, where the upstroke begins.
        rheobase,
        /// r, the membrane at rest.
        rest,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
        /// Where a spike sets the membrane to, and where it starts, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state ExponentialIfState {
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let force = p.rest - membrane + upstroke(membrane, p.slope, p.rheobase);
        let charged = membrane + p.rate * (input + force);
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, p.reset);
        (fired.spike, ExponentialIfState { membrane: fired.membrane })
    }
    fn resting_state(&self, p) {
        ExponentialIfState { membrane: self.fire_reset.start(p.rest, p.reset) }
    }
}

with_surrogate!(ExponentialIf, |surrogate| Self { fire_reset: FireReset::new(surrogate) });

impl Default for ExponentialIfParameters<f64> {
    /// About those of SpikingJelly's `EIFNode`: a time constant of 2 steps.
    fn default() -> Self {
        Self { rate: 0.5, slope: 1.0, rheobase: 0.8, rest: 0.0, threshold: 1.0, reset: 0.0 }
    }
}
