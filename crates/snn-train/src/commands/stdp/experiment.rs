//! The measurement: what one network does to its spikes and its weights.

use anyhow::Result;
use burn::tensor::Device;
use snn_core::analysis::timing::{
    Sampling, TimingCurve, correlation, fitted_time_constant, gradient_of_spikes, influence, influence_factor,
    predicted_influence, weight_change,
};
use snn_core::layer::{Neurons, SpikingStack};
use snn_core::learning::PairStdp;
use snn_core::neuron::GradedLif;
use snn_core::noise::NoiseSeed;
use snn_core::record::record_gradients;
use snn_core::synapse::flicker;
use snn_data::Dataset;

use super::document::{Correlations, Layer, Point};
use crate::config::RunConfig;
use crate::console::Console;
use crate::evaluate::{losses, require_finite};
use crate::seeds;

/// What each measurement shares.
pub struct Experiment<'a> {
    pub config: &'a RunConfig,
    pub dataset: &'a Dataset,
    pub sampling: Sampling,
    pub rule: PairStdp,
    pub device: &'a Device,
    pub console: &'a Console,
}

impl Experiment<'_> {
    /// Each layer of `net`, which is `state`.
    pub fn layers(&self, net: &SpikingStack<Neurons<GradedLif>>, state: &'static str) -> Result<Vec<Layer>> {
        let indices: Vec<usize> = (0..self.dataset.test.len()).collect();
        let (images, labels) = self.dataset.test.batch(&indices, self.device);
        let noise = NoiseSeed::new(seeds::evaluation_noise(0));
        let (logits, recording) = record_gradients(|| net.forward(images.clone(), noise));
        require_finite(&logits, 0)?;
        let gradients = losses(logits, labels).mean().backward();

        // What arrives at a synapse: the bright pixels, flickering, then the spikes of the layer before.
        let mut arriving = flicker(images.inner(), net.time_steps(), noise).clamp_min(0.0);
        let mut after_spike = None;
        let mut layers = Vec::new();
        for (index, population) in recording.populations.iter().enumerate() {
            self.console.line(&format!("layer {}, {state}: {} neurons", index + 1, population.neurons()));
            let neurons = &net.layers[index].neurons;
            let constants = neurons.constants();
            let measured = influence(population, self.sampling);
            let factor = influence_factor(neurons.neuron().reset, constants.threshold, constants.penalty);
            let predicted = predicted_influence(population, self.sampling, constants.decay, factor);
            let gradient = gradient_of_spikes(population.current_gradient(&gradients), after_spike);
            let change = weight_change(
                arriving,
                gradient,
                population.spikes(),
                self.config.learning_rate(0, 0),
                self.sampling.window,
            );
            let mut layer = self.layer(index + 1, state, constants.decay, &measured, &predicted, &change);
            layer.influence_with_after_spike = after_spike.map(|decay| with_after_spike(&measured.mean, decay));
            layers.push(layer);
            arriving = population.arriving_spikes();
            after_spike = population.after_spike;
        }
        Ok(layers)
    }

    fn layer(
        &self,
        layer: usize,
        state: &'static str,
        decay: f64,
        measured: &TimingCurve,
        predicted: &TimingCurve,
        change: &TimingCurve,
    ) -> Layer {
        let window = self.sampling.window;
        let theory = |delta: &i64| if *delta < 0 { 0.0 } else { decay.powi(*delta as i32) };
        let rule: Vec<f64> = measured.deltas.iter().map(|delta| self.rule.window(*delta)).collect();
        let point = |place: usize| Point {
            delta: measured.deltas[place],
            influence: measured.mean[place],
            weight_change: change.mean[place],
            weight_change_magnitude: change.magnitude[place],
            pairs: change.pairs[place],
        };
        Layer {
            layer,
            state,
            spikes: measured.pairs[window],
            curve: (0..measured.deltas.len()).map(point).collect(),
            fitted_time_constant: fitted_time_constant(&measured.mean[window..]),
            theory: measured.deltas.iter().map(theory).collect(),
            theory_across_spikes: predicted.mean.clone(),
            influence_with_after_spike: None,
            correlation: Correlations {
                influence: correlation(&measured.mean, &rule),
                influence_causal: correlation(&measured.mean[window..], &rule[window..]),
                weight_change: correlation(&change.mean, &rule),
                weight_change_magnitude: correlation(&change.magnitude, &rule),
            },
        }
    }
}

/// The influence of a spike and of what it takes back later: `K(Δ) - (1-κ) Σ κ^(k-1) K(Δ-k)`.
fn with_after_spike(influence: &[f64], decay: f64) -> Vec<f64> {
    let mut owed = 0.0;
    let one = |value: &f64| {
        let result = value - (1.0 - decay) * owed;
        owed = decay * owed + value;
        result
    };
    influence.iter().map(one).collect()
}
