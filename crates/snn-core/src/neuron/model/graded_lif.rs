//! The article's neuron: graded spikes and a refractory penalty.

use crate::number::ParameterRange;

/// How the article's neuron is reset after a spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum GradedLifReset {
    /// `v = u - (ρ/θ) u`, as in the article's code.
    #[default]
    Scaled,
    /// `v = u - (ρ + o)`, as in the article's text.
    Subtracted,
}

crate::neuron! {
    /// The article's neuron: it leaks, integrates, and sends a graded spike, as large as its excess over the
    /// threshold.
    ///
    /// ```text
    /// u[t] = i[t] + λ v[t-1]            leak, integrate   (inner excitation)
    /// o[t] = max(0, u[t] - θ)           fire              (outer excitation); at θ exactly: no spike
    /// v[t] = u[t] - g[t] (ρ/θ) u[t]     reset, scaled     g[t] = 1 if o[t] > 0 else 0
    /// v[t] = u[t] - g[t] (ρ + o[t])     reset, subtracted
    /// ```
    ///
    /// # Units
    /// `i`, `u`, `v`, `o`, `θ`, `ρ` share one arbitrary unit. `λ` is per time step.
    ///
    /// # Gradient
    /// That of the equations; none flows through `g`. With the subtracted reset a spike makes `v = θ - ρ`, so
    /// nothing passes on to later steps.
    ///
    /// # Source
    /// Guillaume Chevalier (2018), "Spiking Neural Network (SNN) with PyTorch", class
    /// `SpikingNeuronLayerRNN`. There the outputs leave one step late; here that is the layer's
    /// [axonal delay](crate::scan::ScanOptions::delay).
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{GradedLif, GradedLifParameters, GradedLifState, Neuron};
    /// let parameters = GradedLifParameters { decay: 0.5, threshold: 1.0, penalty: 1.5 };
    /// let (spike, state) = GradedLif::default().step(&parameters, GradedLifState { membrane: 2.0 }, 1.0);
    /// assert_eq!(spike, 1.0); //              u = 1 + 0.5 * 2 = 2, one above the threshold
    /// assert_eq!(state.membrane, -1.0); //    2 - 1.5 / 1 * 2
    /// ```
    #[derive(Default)]
    pub struct GradedLif {
        /// Which of the article's two resets.
        reset: GradedLifReset,
    }
    parameters GradedLifParameters {
        /// λ, what is left of the inner excitation after one time step.
        decay: ParameterRange::Unit,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Positive,
        /// ρ, the refractory penalty.
        penalty,
    }
    state GradedLifState {
        /// v, the inner excitation after reset.
        membrane,
    }
    fn step(&self, p, state, input) {
        let (zero, one) = (S::constant(0.0), S::constant(1.0));
        let inner = input + p.decay * state.membrane;
        let over = inner - p.threshold;
        let spike = over.surrogate(over.max(zero), |spike| (-spike).if_not_negative(zero, one));
        let after_spike = match self.reset {
            GradedLifReset::Scaled => inner - p.penalty / p.threshold * inner,
            GradedLifReset::Subtracted => inner - (p.penalty + spike),
        };
        (spike, GradedLifState { membrane: spike.if_positive(after_spike, inner) })
    }
}

impl Default for GradedLifParameters<f64> {
    /// Those of the article: λ = 0.9, θ = 1, ρ = 1.5.
    fn default() -> Self {
        Self { decay: 0.9, threshold: 1.0, penalty: 1.5 }
    }
}
