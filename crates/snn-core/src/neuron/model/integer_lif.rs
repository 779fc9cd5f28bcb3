//! Multi-level spikes: several spikes in one time step.

use crate::neuron::ResetGradient;
use crate::neuron::fire_reset::leak;
use crate::number::{FixedF64, ParameterRange, Scalar};

/// How many spikes a membrane of some thresholds sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Rounding {
    /// As many as the whole thresholds it holds. Sinabs, Rockpool.
    #[default]
    Down,
    /// The nearest whole number, so that half a threshold suffices. Integer LIF, SpikingJelly's `ILIFNode`.
    Nearest,
}

impl Rounding {
    #[inline(always)]
    fn round<S: Scalar>(self, x: S) -> S {
        match self {
            Self::Down => x.floor(),
            Self::Nearest => (x + S::constant(0.5)).floor(),
        }
    }
}

crate::neuron! {
    /// Leaky integrate-and-fire with multi-level (integer) spikes: it sends 0, 1, 2, .. spikes in one step.
    ///
    /// ```text
    /// u[t] = β v[t-1] + g i[t]                             leak, integrate
    /// s[t] = round(u[t]/θ), held between 0 and `levels`    fire: an integer
    /// v[t] = u[t] - θ s[t]                                 reset
    /// ```
    ///
    /// # Shapes
    /// One state, `membrane`, of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v` and `θ` share one unit; the output counts spikes.
    ///
    /// # Gradient
    /// `ds/du = 1/θ` while `u/θ` is between 0 and `levels`, else 0 (straight through); through the reset as
    /// [`ResetGradient`] says.
    ///
    /// # Source
    /// Luo et al. (2024), "Integer-Valued Training and Spike-Driven Inference Spiking Neural Network for
    /// High-performance and Energy-efficient Object Detection", ECCV.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{IntegerLif, IntegerLifParameters, IntegerLifState, Neuron};
    /// let parameters = IntegerLifParameters { decay: 0.5, gain: 1.0, threshold: 0.5 };
    /// let (spikes, state) = IntegerLif::default().step(&parameters, IntegerLifState { membrane: 0.5 }, 1.0);
    /// assert_eq!((spikes, state.membrane), (2.0, 0.25)); // u = 1.25: two thresholds of 0.5, a quarter is left
    /// ```
    #[doc(alias = "ILIFNode")]
    #[doc(alias = "ILIF")]
    pub struct IntegerLif {
        /// The most spikes in one step, a whole number.
        levels: FixedF64,
        /// How the number of spikes is rounded.
        rounding: Rounding,
        /// Whether a gradient flows through the reset.
        gradient: ResetGradient,
    }
    parameters IntegerLifParameters {
        /// β, what is left of the membrane after one time step.
        decay: ParameterRange::Unit,
        /// g, what the input is multiplied by.
        gain,
        /// θ, the membrane for one spike.
        threshold: ParameterRange::Positive,
    }
    state IntegerLifState {
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        let (zero, levels) = (S::constant(0.0), S::constant(self.levels.0));
        let membrane = leak(state.membrane, p.decay, zero, p.gain * input);
        let level = membrane / p.threshold;
        let count = self.rounding.round(level).max(zero).min(levels);
        let spikes = level.surrogate(count, |_| {
            let level = level.detach();
            let one = S::constant(1.0);
            level.if_not_negative((levels - level).if_not_negative(one, zero), zero)
        });
        let sent = self.gradient.through(spikes);
        let lowered = membrane - sent.detach() * p.threshold;
        let membrane = sent.along(sent.if_positive(lowered, membrane), (-p.threshold).finite_or_zero());
        (spikes, IntegerLifState { membrane })
    }
}

impl Default for IntegerLif {
    /// Up to four spikes, rounded down, gradient through the reset cut.
    fn default() -> Self {
        Self { levels: FixedF64(4.0), rounding: Rounding::default(), gradient: ResetGradient::default() }
    }
}

impl Default for IntegerLifParameters<f64> {
    /// Decay 0.5, threshold 1, the input as it comes.
    fn default() -> Self {
        Self { decay: 0.5, gain: 1.0, threshold: 1.0 }
    }
}
