//! Parametric leaky integrate-and-fire: the decay is learned.

use crate::neuron::FireReset;
use crate::neuron::fire_reset::{leak, with_surrogate};
use crate::number::ParameterRange;
use crate::surrogate::{ATan, Surrogate};

/// Whether the leak's share also scales the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ParametricInput {
    /// The input is multiplied by σ(w), so that a constant input of one lifts the membrane to one. SpikingJelly's
    /// default (`decay_input=True`).
    #[default]
    Scaled,
    /// It is not.
    Unscaled,
}

crate::neuron! {
    /// Parametric leaky integrate-and-fire (PLIF): a learned parameter `w` sets the time constant, and every `w` is a
    /// valid one.
    ///
    /// ```text
    /// 1/τ = σ(w)
    /// u[t] = v[t-1] + σ(w) (i[t] - (v[t-1] - r))    leak, integrate; unscaled: v - σ(w)(v - r) + i
    /// s[t] = 1 if u[t] > θ else 0                   fire
    /// v[t] = u[t] - θ s[t]                          reset (default; others by FireReset)
    /// ```
    ///
    /// # Shapes
    /// One state, `membrane`, of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v`, `θ`, `r` share one unit; τ counts time steps.
    ///
    /// # Gradient
    /// The surrogate's at the spike, through the reset as [`ResetGradient`](crate::neuron::ResetGradient) says; exact for `w`.
    /// Make `w` learnable by [`Neurons::learn`](crate::layer::Neurons::learn).
    ///
    /// # Source
    /// Fang et al. (2021), "Incorporating Learnable Membrane Time Constant to Enhance Learning of Spiking Neural
    /// Networks", ICCV; SpikingJelly's `ParametricLIFNode`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{Neuron, ParametricLif, ParametricLifParameters, ParametricLifState};
    /// let parameters = ParametricLifParameters::new(2.0, 1.0); // τ = 2, so σ(w) = 1/2
    /// let (spike, state) = ParametricLif::default().step(&parameters, ParametricLifState { membrane: 0.5 }, 1.0);
    /// assert_eq!((spike, state.membrane), (0.0, 0.75)); // 0.5 + (1 - 0.5)/2
    /// ```
    #[doc(alias = "ParametricLIFNode")]
    #[doc(alias = "PLIF")]
    pub struct ParametricLif<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
        /// Whether the leak's share also scales the input.
        input: ParametricInput,
    }
    parameters ParametricLifParameters {
        /// w: 1/τ is its logistic function.
        w,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
        /// r, where the membrane leaks to, and where it starts.
        rest,
        /// Where a spike sets the membrane to, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state ParametricLifState {
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        let share = p.w.sigmoid();
        let drive = match self.input {
            ParametricInput::Scaled => share * input,
            ParametricInput::Unscaled => input,
        };
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let charged = leak(membrane, S::constant(1.0) - share, p.rest, drive);
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, p.reset);
        (fired.spike, ParametricLifState { membrane: fired.membrane })
    }
    fn resting_state(&self, p) {
        ParametricLifState { membrane: p.rest }
    }
}

with_surrogate!(ParametricLif, |surrogate| Self {
    fire_reset: FireReset::new(surrogate),
    input: ParametricInput::default()
});

impl ParametricLifParameters<f64> {
    /// From the time constant to begin with, in time steps, and the threshold; rest and reset at zero.
    ///
    /// # Panics
    /// If the time constant is not above one step, where no `w` gives it.
    pub fn new(tau: f64, threshold: f64) -> Self {
        assert!(tau > 1.0, "parametric LIF: time constant {tau} must be above 1 time step");
        Self { w: -(tau - 1.0).ln(), threshold, rest: 0.0, reset: 0.0 }
    }
}

impl Default for ParametricLifParameters<f64> {
    /// A time constant of 2 steps, threshold 1: SpikingJelly's.
    fn default() -> Self {
        Self::new(2.0, 1.0)
    }
}
