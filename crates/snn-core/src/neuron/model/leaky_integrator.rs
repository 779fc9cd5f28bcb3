//! The leaky integrator: a neuron that never fires.

use crate::neuron::fire_reset::leak;
use crate::neuron::{Decay, InputScale};
use crate::number::ParameterRange;

crate::neuron! {
    /// Leaky integrator: its output is its membrane. The usual readout of a network of spiking neurons.
    ///
    /// ```text
    /// v[t] = r + β (v[t-1] - r) + g i[t]
    /// o[t] = v[t]
    /// ```
    ///
    /// # Shapes
    /// One state, `membrane`, of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v` and `r` share one unit; `β` is per time step.
    ///
    /// # Gradient
    /// Exact: nothing is thresholded.
    ///
    /// # Source
    /// Norse's `LIBox`; with a [synaptic current](crate::neuron::SynapticCurrent) its `LI`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{Decay, InputScale, LeakyIntegrator, LeakyIntegratorParameters, LeakyIntegratorState, Neuron};
    /// let parameters = LeakyIntegratorParameters::new(Decay::Multiplier(0.5), InputScale::One);
    /// let (output, state) = LeakyIntegrator::default().step(&parameters, LeakyIntegratorState { membrane: 2.0 }, 3.0);
    /// assert_eq!((output, state.membrane), (4.0, 4.0)); // 0.5 * 2 + 3
    /// ```
    #[doc(alias = "LI")]
    #[doc(alias = "LICell")]
    #[doc(alias = "LIBoxCell")]
    #[doc(alias = "NonSpikingLIFNode")]
    #[derive(Default)]
    pub struct LeakyIntegrator {}
    parameters LeakyIntegratorParameters {
        /// β, what is left of the membrane after one time step.
        decay: ParameterRange::Unit,
        /// g, what the input is multiplied by.
        gain,
        /// r, where the membrane leaks to, and where it starts.
        rest,
    }
    state LeakyIntegratorState {
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        let membrane = leak(state.membrane, p.decay, p.rest, p.gain * input);
        (membrane, LeakyIntegratorState { membrane })
    }
    fn resting_state(&self, p) {
        LeakyIntegratorState { membrane: p.rest }
    }
}

impl LeakyIntegratorParameters<f64> {
    /// From the decay (a number is a [multiplier](Decay::Multiplier)) and the input scaling; rest at zero.
    pub fn new(decay: impl Into<Decay>, input: InputScale) -> Self {
        let decay = decay.into().factor();
        Self { decay, gain: input.gain(decay), rest: 0.0 }
    }
}

impl Default for LeakyIntegratorParameters<f64> {
    /// Decay 0.9, the input as it comes.
    fn default() -> Self {
        Self { decay: 0.9, gain: 1.0, rest: 0.0 }
    }
}
