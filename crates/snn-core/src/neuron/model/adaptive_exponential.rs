//! Adaptive exponential integrate-and-fire (AdEx).

use super::exponential::upstroke;
use crate::neuron::fire_reset::{at_spike, with_surrogate};
use crate::neuron::{FireReset, Reset};
use crate::number::{FixedF64, ParameterRange};
use crate::surrogate::{ATan, Surrogate};

crate::neuron! {
    /// Adaptive exponential integrate-and-fire (AdEx), in the units of the laboratory.
    ///
    /// ```text
    /// u[t] = v + (dt/C) (g (E - v) + g Δ exp((v - V)/Δ) - w + i[t])     with v = v[t-1], w = w[t-1]
    /// s[t] = 1 if u[t] > θ else 0                                      fire
    /// v[t] = R where s[t] = 1, else u[t]                               reset (default; others by FireReset)
    /// w[t] = w + (dt/τ) (a (v - E) - w) + b s[t]                       adaptation
    /// ```
    /// The exponent is held below 50, so that no number overflows.
    ///
    /// # Shapes
    /// Two states, `membrane` and `adaptation`, each of the shape of the input without its time axis.
    ///
    /// # Units
    /// mV, ms, pF, nS and pA fit each other (pF mV/ms = nS mV = pA).
    ///
    /// # Gradient
    /// The surrogate's at the spike, of the distance in mV; it flows through the adaptation, and through the reset as
    /// [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Brette and Gerstner (2005), "Adaptive Exponential Integrate-and-Fire Model as an Effective Description of
    /// Neuronal Activity", Journal of Neurophysiology 94. Euler's method.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{AdaptiveExponential, AdaptiveExponentialParameters, AdaptiveExponentialState, Neuron};
    /// let neuron = AdaptiveExponential::default(); // dt = 1 ms
    /// let parameters = AdaptiveExponentialParameters {
    ///     capacitance: 10.0, conductance: 1.0, rest: 0.0, slope: 1.0, rheobase: 20.0, coupling: 2.0,
    ///     adaptation_time: 4.0, jump: 5.0, threshold: 30.0, reset: -5.0,
    /// };
    /// let before = AdaptiveExponentialState { membrane: 20.0, adaptation: 4.0 };
    /// let (spike, state) = neuron.step(&parameters, before, 43.0);
    /// assert_eq!((spike, state.membrane), (0.0, 22.0)); // 20 + (-20 + 1 - 4 + 43)/10
    /// assert_eq!(state.adaptation, 13.0); //               4 + (2 * 20 - 4)/4
    /// ```
    #[doc(alias = "AdEx")]
    #[doc(alias = "LIFAdExCell")]
    pub struct AdaptiveExponential<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
        /// Duration of a time step.
        dt: FixedF64,
    }
    parameters AdaptiveExponentialParameters {
        /// C.
        capacitance: ParameterRange::Positive,
        /// g, of the leak.
        conductance: ParameterRange::NotNegative,
        /// E, the membrane at rest.
        rest,
        /// Δ, how sharp the upstroke is.
        slope: ParameterRange::Positive,
        /// V, where the upstroke begins.
        rheobase,
        /// a, how strongly the adaptation follows the membrane.
        coupling,
        /// τ, the time constant of the adaptation.
        adaptation_time: ParameterRange::Positive,
        /// b, by how much a spike raises the adaptation.
        jump,
        /// θ, at which the upstroke is cut off and counts as a spike.
        threshold: ParameterRange::Signed,
        /// R, where a spike sets the membrane to.
        reset,
    }
    state AdaptiveExponentialState {
        /// v, the membrane.
        membrane,
        /// w, the adaptation, a current.
        adaptation,
    }
    fn step(&self, p, state, input) {
        let dt = S::constant(self.dt.0);
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let leak = p.conductance * (p.rest - membrane + upstroke(membrane, p.slope, p.rheobase));
        let charged = membrane + dt / p.capacitance * (leak - state.adaptation + input);
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, p.reset);
        let pull = p.coupling * (state.membrane - p.rest) - state.adaptation;
        let adaptation = state.adaptation + dt / p.adaptation_time * pull + at_spike(fired.spike, p.jump);
        (fired.spike, AdaptiveExponentialState { membrane: fired.membrane, adaptation })
    }
    fn resting_state(&self, p) {
        AdaptiveExponentialState { membrane: p.rest, adaptation: S::constant(0.0) }
    }
}

// Hard reset, steps of 1 ms.
with_surrogate!(AdaptiveExponential, |surrogate| Self {
    fire_reset: FireReset { reset: Reset::Value, ..FireReset::new(surrogate) },
    dt: FixedF64(1.0),
});

impl AdaptiveExponentialParameters<f64> {
    /// The parameters of Brette and Gerstner (2005), a regular spiking pyramidal neuron: mV, ms, pF, nS, pA.
    pub fn brette_gerstner() -> Self {
        Self {
            capacitance: 281.0,
            conductance: 30.0,
            rest: -70.6,
            slope: 2.0,
            rheobase: -50.4,
            coupling: 4.0,
            adaptation_time: 144.0,
            jump: 80.5,
            threshold: 20.0,
            reset: -70.6,
        }
    }
}

impl Default for AdaptiveExponentialParameters<f64> {
    /// [`brette_gerstner`](Self::brette_gerstner): millivolts, milliseconds.
    fn default() -> Self {
        Self::brette_gerstner()
    }
}
