//! Leaky integrate-and-fire with an adaptive threshold (ALIF, the neuron of LSNNs).

use crate::neuron::FireReset;
use crate::neuron::fire_reset::{at_spike, leak, with_surrogate};
use crate::number::ParameterRange;
use crate::surrogate::{ATan, Surrogate};

/// When a rise of the threshold first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ThresholdOrder {
    /// In full in the step after the spike; then it decays. Bellec et al.
    #[default]
    CompareDecay,
    /// In the step after the spike it has decayed once already. Norse's `LSNN`.
    DecayCompare,
}

crate::neuron! {
    /// Leaky integrate-and-fire with a threshold that rises with each spike and falls back slowly.
    ///
    /// ```text
    /// u[t] = r + β (v[t-1] - r) + g i[t]          leak, integrate
    /// s[t] = 1 if u[t] > θ[t-1] else 0            fire
    /// θ[t] = θ[t-1] + ρ (b - θ[t-1]) + a s[t]     the threshold falls to its base b, and rises by a
    /// v[t] = u[t] - θ[t-1] s[t]                   reset (default; others by FireReset)
    /// ```
    /// With [`ThresholdOrder::DecayCompare`] the neuron compares with `θ[t-1] + ρ (b - θ[t-1])`.
    ///
    /// # Shapes
    /// Two states, `membrane` and `threshold`, each of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v`, `θ`, `b`, `a`, `r` share one unit; `β`, `ρ` are per time step. `ρ` is what is lost, `β` what is left: adaptation is
    /// slow, and in `f32` a `1 - ρ` close to one would be far off.
    ///
    /// # Gradient
    /// The surrogate's at the spike; it flows through the rise of the threshold, and through the reset as
    /// [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Bellec et al. (2018), "Long short-term memory and learning-to-learn in networks of spiking neurons", NeurIPS.
    /// Norse's `LSNN` is this behind a [synaptic current](crate::neuron::SynapticCurrent); its documentation prints a threshold which
    /// *falls* (`v - v_th + b`), its code has it rise.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{AdaptiveThreshold, AdaptiveThresholdParameters, AdaptiveThresholdState, Neuron};
    /// let parameters = AdaptiveThresholdParameters {
    ///     decay: 0.5, gain: 1.0, base: 1.0, recovery: 0.5, rise: 0.25, rest: 0.0, reset: 0.0,
    /// };
    /// let before = AdaptiveThresholdState { membrane: 1.0, threshold: 1.5 };
    /// let (spike, state) = AdaptiveThreshold::default().step(&parameters, before, 1.25);
    /// assert_eq!((spike, state.membrane), (1.0, 0.25)); // 0.5 + 1.25 = 1.75, minus 1.5
    /// assert_eq!(state.threshold, 1.5); //                 1 + 0.5 * 0.5 + 0.25
    /// ```
    #[doc(alias = "ALIF")]
    #[doc(alias = "LSNN")]
    #[doc(alias = "LSNNCell")]
    pub struct AdaptiveThreshold<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
        /// When a rise of the threshold first counts.
        order: ThresholdOrder,
    }
    parameters AdaptiveThresholdParameters {
        /// β, what is left of the membrane after one time step.
        decay: ParameterRange::Unit,
        /// g, what the input is multiplied by.
        gain,
        /// b, to which the threshold decays, and where it starts.
        base: ParameterRange::Signed,
        /// ρ, the share of its rise that the threshold loses in one time step: dt/τ, or 1 - exp(-dt/τ).
        recovery: ParameterRange::Unit,
        /// a, by how much a spike raises the threshold.
        rise,
        /// r, where the membrane leaks to, and where it starts.
        rest,
        /// Where a spike sets the membrane to, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state AdaptiveThresholdState {
        /// v, the membrane.
        membrane,
        /// θ, the threshold.
        threshold,
    }
    fn step(&self, p, state, input) {
        let decayed = state.threshold + p.recovery * (p.base - state.threshold);
        let compared = match self.order {
            ThresholdOrder::CompareDecay => state.threshold,
            ThresholdOrder::DecayCompare => decayed,
        };
        let membrane = self.fire_reset.reset_pending(state.membrane, compared, p.reset);
        let charged = leak(membrane, p.decay, p.rest, p.gain * input);
        let fired = self.fire_reset.fire(state.membrane, charged, compared, p.reset);
        let threshold = decayed + at_spike(fired.spike, p.rise);
        (fired.spike, AdaptiveThresholdState { membrane: fired.membrane, threshold })
    }
    fn resting_state(&self, p) {
        AdaptiveThresholdState { membrane: p.rest, threshold: p.base }
    }
}

with_surrogate!(AdaptiveThreshold, |surrogate| Self {
    fire_reset: FireReset::new(surrogate),
    order: ThresholdOrder::default(),
});

impl Default for AdaptiveThresholdParameters<f64> {
    /// A threshold of 1 that each spike raises by a tenth, for about 20 steps.
    fn default() -> Self {
        Self { decay: 0.9, gain: 1.0, base: 1.0, recovery: 0.05, rise: 0.1, rest: 0.0, reset: 0.0 }
    }
}
