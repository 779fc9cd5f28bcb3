//! Adaptive leaky integrate-and-fire with subthreshold coupling (adLIF).

use crate::neuron::FireReset;
use crate::neuron::fire_reset::{at_spike, with_surrogate};
use crate::number::ParameterRange;
use crate::surrogate::{ATan, Surrogate};

crate::neuron! {
    /// Adaptive leaky integrate-and-fire (adLIF): a second variable follows the membrane and the spikes, and works
    /// against both; the neuron can adapt and oscillate.
    ///
    /// ```text
    /// u[t] = α v[t-1] + (1 - α) (i[t] - w[t-1])     leak, integrate
    /// s[t] = 1 if u[t] > θ else 0                   fire
    /// v[t] = u[t] - θ s[t]                          reset (default; others by FireReset)
    /// w[t] = β w[t-1] + a u[t] + b s[t]             adaptation
    /// ```
    ///
    /// # Shapes
    /// Two states, `membrane` and `adaptation`, each of the shape of the input without its time axis.
    ///
    /// # Units
    /// `u`, `v`, `w`, `θ`, `b` share the unit of the input; `α`, `β`, `a` are per time step. The authors keep α in
    /// \[exp(-1/5), exp(-1/25)\], β in \[exp(-1/30), exp(-1/120)\], a in \[-1, 1\], b in \[0, 2\], θ at 1.
    ///
    /// # Gradient
    /// The surrogate's at the spike; it flows through the adaptation, and through the reset as
    /// [`ResetGradient`](crate::neuron::ResetGradient) says (the authors keep it).
    ///
    /// # Source
    /// Bittar and Garner (2022), "A surrogate gradient spiking baseline for speech command recognition", Frontiers in
    /// Neuroscience 16.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{AdaptiveLif, AdaptiveLifParameters, AdaptiveLifState, Neuron};
    /// let parameters = AdaptiveLifParameters { decay: 0.5, adaptation_decay: 0.5, coupling: 0.25, jump: 1.0, threshold: 1.0 };
    /// let before = AdaptiveLifState { membrane: 1.0, adaptation: 0.5 };
    /// let (spike, state) = AdaptiveLif::default().step(&parameters, before, 3.5);
    /// assert_eq!((spike, state.membrane), (1.0, 1.0)); // u = 0.5 + 0.5 * 3 = 2
    /// assert_eq!(state.adaptation, 1.75); //              0.25 + 0.25 * 2 + 1
    /// ```
    #[doc(alias = "adLIF")]
    pub struct AdaptiveLif<G: Surrogate = ATan> {
        /// How it fires and is reset; [`Reset::Value`](crate::neuron::Reset::Value) is zero.
        fire_reset: FireReset<G>,
    }
    parameters AdaptiveLifParameters {
        /// α, what is left of the membrane after one time step.
        decay: ParameterRange::Unit,
        /// β, what is left of the adaptation after one time step.
        adaptation_decay: ParameterRange::Unit,
        /// a, how strongly the adaptation follows the membrane.
        coupling,
        /// b, by how much a spike raises the adaptation.
        jump,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
    }
    state AdaptiveLifState {
        /// v, the membrane.
        membrane,
        /// w, the adaptation, as it acts in the next step.
        adaptation,
    }
    fn step(&self, p, state, input) {
        let zero = S::constant(0.0);
        let drive = (S::constant(1.0) - p.decay) * (input - state.adaptation);
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, zero);
        let charged = p.decay * membrane + drive;
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, zero);
        let adaptation =
            p.adaptation_decay * state.adaptation + p.coupling * fired.charged + at_spike(fired.spike, p.jump);
        (fired.spike, AdaptiveLifState { membrane: fired.membrane, adaptation })
    }
}

with_surrogate!(AdaptiveLif, |surrogate| Self { fire_reset: FireReset::new(surrogate) });

impl Default for AdaptiveLifParameters<f64> {
    /// A weak adaptation, twice as slow as the membrane.
    fn default() -> Self {
        Self { decay: 0.9, adaptation_decay: 0.95, coupling: 0.1, jump: 0.1, threshold: 1.0 }
    }
}
