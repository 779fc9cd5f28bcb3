//! Leaky integrate-and-fire.

use crate::neuron::fire_reset::{leak, with_surrogate};
use crate::neuron::{Decay, FireOutput, FireReset, InputScale};
use crate::number::ParameterRange;
use crate::surrogate::{ATan, Surrogate};

crate::neuron! {
    /// Leaky integrate-and-fire (LIF): the membrane leaks, integrates its input, and sends a spike when it passes
    /// the threshold.
    ///
    /// ```text
    /// u[t] = r + β (v[t-1] - r) + g i[t]     leak, integrate
    /// s[t] = 1 if u[t] > θ else 0            fire
    /// v[t] = u[t] - θ s[t]                   reset (default; others by FireReset)
    /// ```
    /// Fire and reset are [`FireReset::fire`]: one formula for all conventions.
    ///
    /// # Shapes
    /// One state, `membrane`, of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v`, `θ`, `r` share one unit. `β` is per time step; [`LifParameters::new`] computes it from a time constant.
    /// `g` is the unit of `v` for one unit of input.
    ///
    /// # Gradient
    /// The surrogate's at the spike; through the reset as [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Stein (1965), "A theoretical analysis of neuronal variability", Biophysical Journal 5; conventions:
    /// [`presets`](crate::neuron::presets).
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{Decay, InputScale, Lif, LifParameters, LifState, Neuron};
    /// let parameters = LifParameters::new(Decay::Multiplier(0.5), InputScale::One, 1.0);
    /// let neuron = Lif::default();
    /// let (spike, state) = neuron.step(&parameters, LifState { membrane: 0.8 }, 1.0);
    /// assert_eq!(spike, 1.0); //             u = 0.5 * 0.8 + 1 = 1.4
    /// assert!((state.membrane - 0.4f64).abs() < 1e-15); // 1.4 - 1
    /// ```
    #[doc(alias = "Leaky")]
    #[doc(alias = "LIFNode")]
    #[doc(alias = "LIFBoxCell")]
    pub struct Lif<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
    }
    parameters LifParameters {
        /// β, what is left of the membrane after one time step.
        decay: ParameterRange::Unit,
        /// g, what the input is multiplied by.
        gain,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
        /// r, where the membrane leaks to, and where it starts.
        rest,
        /// Where a spike sets the membrane to, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state LifState {
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        // A reset that is still pending, with `ResetTiming::BeforeNextStep` only.
        let v = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        // Leak, integrate.
        let u = leak(v, p.decay, p.rest, p.gain * input);
        // Fire, reset.
        let FireOutput { spike, membrane, .. } = self.fire_reset.fire(state.membrane, u, p.threshold, p.reset);
        (spike, LifState { membrane })
    }
    fn resting_state(&self, p) {
        LifState { membrane: p.rest }
    }
}

with_surrogate!(Lif, |surrogate| Self { fire_reset: FireReset::new(surrogate) });

impl LifParameters<f64> {
    /// From the decay (a number is a [multiplier](Decay::Multiplier)), the input scaling and the threshold; rest and reset at zero.
    pub fn new(decay: impl Into<Decay>, input: InputScale, threshold: f64) -> Self {
        let decay = decay.into().factor();
        Self { decay, gain: input.gain(decay), threshold, rest: 0.0, reset: 0.0 }
    }
}

impl Default for LifParameters<f64> {
    /// Decay 0.9, threshold 1, the input as it comes, rest and reset at 0.
    fn default() -> Self {
        Self { decay: 0.9, gain: 1.0, threshold: 1.0, rest: 0.0, reset: 0.0 }
    }
}
