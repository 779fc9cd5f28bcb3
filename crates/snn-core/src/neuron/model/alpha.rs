//! The alpha neuron: its membrane is the difference of two currents.

use crate::neuron::fire_reset::{heaviside, with_surrogate};
use crate::neuron::{Comparison, FireReset};
use crate::number::ParameterRange;
use crate::surrogate::{ATan, Surrogate};

/// What a spike of an [`Alpha`] neuron does in the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AlphaReset {
    /// Both currents and the membrane are zero, and the input of that step is lost. snnTorch's default.
    #[default]
    Zero,
    /// snnTorch's `subtract`: the excitatory current falls by the threshold, the inhibitory one is zero, and the
    /// membrane rises by the inhibitory current of the step before.
    SnnTorchSubtract,
    /// Nothing.
    None,
}

crate::neuron! {
    /// Alpha neuron: an input makes the membrane rise and fall again, by two currents that decay at different
    /// speeds.
    ///
    /// ```text
    /// e[t] = α e[t-1] + i[t]          excitatory current
    /// h[t] = β h[t-1] - i[t]          inhibitory current
    /// v[t] = g (e[t] + h[t])          membrane, and its reset one step after a spike
    /// s[t] = 1 if v[t] > θ else 0     fire
    /// ```
    /// with `α > β`. Where `v[t-1] > θ`, [`AlphaReset`] is applied to `e[t]`, `h[t]` and `v[t]` before the neuron fires.
    /// [`AlphaParameters::new`] computes the `g` of snnTorch.
    ///
    /// # Shapes
    /// Three states, each of the shape of the input without its time axis.
    ///
    /// # Units
    /// `e`, `h`, `v`, `θ` share one unit; `α`, `β` are per time step.
    ///
    /// # Gradient
    /// The surrogate's at the spike; none through the reset. `g` is a parameter of its own: where snnTorch learns α or
    /// β, it learns through `g` as well.
    ///
    /// # Source
    /// snnTorch's `Alpha`; Rall (1967), "Distinguishing theoretical synaptic potentials computed for different
    /// soma-dendritic distributions of synaptic input", Journal of Neurophysiology 30.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{Alpha, AlphaParameters, AlphaState, Neuron};
    /// let parameters = AlphaParameters { excitatory_decay: 0.5, inhibitory_decay: 0.25, gain: 2.0, threshold: 1.0 };
    /// let before = AlphaState { excitatory: 2.0, inhibitory: -2.0, membrane: 0.0 };
    /// let (spike, state) = Alpha::default().step(&parameters, before, 0.0);
    /// assert_eq!((state.excitatory, state.inhibitory), (1.0, -0.5));
    /// assert_eq!((state.membrane, spike), (1.0, 0.0)); // 2 (1 - 0.5): at the threshold, not above
    /// ```
    pub struct Alpha<G: Surrogate = ATan> {
        /// What takes the place of the spike's derivative.
        surrogate: G,
        /// `>` or `>=`.
        comparison: Comparison,
        /// What a spike does in the next step.
        reset: AlphaReset,
    }
    parameters AlphaParameters {
        /// α, what is left of the excitatory current after one time step.
        excitatory_decay: ParameterRange::Unit,
        /// β < α, what is left of the inhibitory current after one time step.
        inhibitory_decay: ParameterRange::Unit,
        /// g, the membrane for one unit of current.
        gain,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
    }
    state AlphaState {
        /// e, the excitatory current.
        excitatory,
        /// h, the inhibitory current; negative for positive inputs.
        inhibitory,
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        let pending = heaviside(state.membrane - p.threshold, self.comparison);
        let excitatory = p.excitatory_decay * state.excitatory + input;
        let inhibitory = p.inhibitory_decay * state.inhibitory - input;
        let membrane = p.gain * (excitatory + inhibitory);
        let zero = S::constant(0.0);
        let after = match self.reset {
            AlphaReset::Zero => AlphaState {
                excitatory: pending.if_positive(zero, excitatory),
                inhibitory: pending.if_positive(zero, inhibitory),
                membrane: pending.if_positive(zero, membrane),
            },
            AlphaReset::SnnTorchSubtract => AlphaState {
                excitatory: pending.if_positive(excitatory - p.threshold, excitatory),
                inhibitory: pending.if_positive(zero, inhibitory),
                membrane: pending.if_positive(membrane + state.inhibitory, membrane),
            },
            AlphaReset::None => AlphaState { excitatory, inhibitory, membrane },
        };
        let fire_reset = FireReset { comparison: self.comparison, ..FireReset::new(self.surrogate) };
        (fire_reset.spike(after.membrane - p.threshold), after)
    }
}

with_surrogate!(Alpha, |surrogate| Self { surrogate, comparison: Comparison::default(), reset: AlphaReset::default() });

impl AlphaParameters<f64> {
    /// With snnTorch's gain, `ln α / (ln β - ln α) + 1`.
    ///
    /// # Panics
    /// Unless `0 < inhibitory_decay < excitatory_decay < 1`.
    pub fn new(excitatory_decay: f64, inhibitory_decay: f64, threshold: f64) -> Self {
        assert!(
            0.0 < inhibitory_decay && inhibitory_decay < excitatory_decay && excitatory_decay < 1.0,
            "alpha neuron: 0 < inhibitory decay < excitatory decay < 1 is needed, got {inhibitory_decay} and \
             {excitatory_decay}"
        );
        let (alpha, beta) = (excitatory_decay.ln(), inhibitory_decay.ln());
        Self { excitatory_decay, inhibitory_decay, gain: alpha / (beta - alpha) + 1.0, threshold }
    }
}

impl Default for AlphaParameters<f64> {
    /// Decays 0.9 and 0.8, threshold 1.
    fn default() -> Self {
        Self::new(0.9, 0.8, 1.0)
    }
}
