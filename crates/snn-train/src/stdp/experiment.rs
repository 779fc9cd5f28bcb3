//! The measurement: what one network does to its spikes and its weights.

use anyhow::Result;
use burn::tensor::{Device, Tensor};
use snn_core::analysis::timing::{
    Sampling, TimingCurve, correlation, fitted_time_constant, gradient_of_spikes, influence, influence_factor,
    predicted_influence, weight_change,
};
use snn_core::learning::PairStdp;
use snn_core::noise::NoiseSeed;
use snn_core::record::{NeuronsRecording, record_gradients};
use snn_network::{Network, Summary};

use super::document::{Correlations, Layer, Point};
use super::neuron::Equation;
use crate::observer::console::Console;
use crate::run::file::RunFile;
use crate::training::data::Data;
use crate::training::evaluate::{require_finite, run, spiking};
use crate::training::seeds;

/// What each measurement shares.
pub struct Experiment<'a> {
    pub file: &'a RunFile,
    pub data: &'a Data,
    pub sampling: Sampling,
    pub rule: PairStdp,
    pub device: &'a Device,
    pub console: &'a Console,
}

/// What arrives at the synapses of a population.
enum Arriving {
    /// What this node sends; `None`: the network's own input.
    Sequence(Option<String>),
    /// The spikes of the population of this node.
    Spikes(String),
    /// There is no pair of spikes, and why.
    Nothing(&'static str),
}

/// Looks for the `linear` node before the population of a node, and for what arrives there.
fn arriving(summary: &Summary, population: &str) -> Arriving {
    let kind = |name: &str| summary.nodes.iter().find(|node| node.name == name).map_or("", |node| node.kind.as_str());
    let sources = |name: &str| -> Vec<&str> {
        summary.edges.iter().filter(|(_, to, _)| to == name).map(|(from, ..)| from.as_str()).collect()
    };
    let [synapses] = sources(population)[..] else { return Arriving::Nothing("several nodes drive it") };
    if kind(synapses) != "linear" {
        return Arriving::Nothing("it is not driven by a linear layer alone");
    }
    match sources(synapses)[..] {
        [] => Arriving::Sequence(None),
        [source] => match kind(source) {
            "encode constant" => Arriving::Nothing("what arrives is constant in time"),
            kind if kind.starts_with("neuron") => Arriving::Spikes(source.to_owned()),
            kind if kind.starts_with("encode") => Arriving::Sequence(Some(source.to_owned())),
            _ => Arriving::Nothing("it is not driven by spikes, or by an encoder, through a linear layer alone"),
        },
        _ => Arriving::Nothing("several nodes drive its synapses"),
    }
}

impl Experiment<'_> {
    /// Each population of `network` that sends spikes; the network is `state`.
    pub fn layers(&self, network: &Network, state: &'static str) -> Result<Vec<Layer>> {
        let indices: Vec<usize> = (0..self.data.test.len()).collect();
        let (input, labels) = self.data.test.batch(&indices, self.device);
        let noise = NoiseSeed::new(seeds::evaluation_noise(0));
        let summary = network.summary();
        let spiking = spiking(network);
        let arriving: Vec<Arriving> = spiking.iter().map(|name| arriving(&summary, name)).collect();
        let wanted: Vec<&str> = arriving
            .iter()
            .filter_map(|arriving| match arriving {
                Arriving::Sequence(Some(node)) => Some(node.as_str()),
                _ => None,
            })
            .collect();
        let (found, recording) = record_gradients(|| run(network, input.clone(), noise, &wanted));
        let loss = &self.file.training.loss;
        require_finite(&loss.logits(found.output.clone()), 0)?;
        let gradients = loss.of(found.output, labels).mean().backward();
        let recorded: Vec<NeuronsRecording> = recording.populations.iter().map(NeuronsRecording::flattened).collect();
        let population = |name: &str| recorded.iter().find(|one| one.name.as_deref() == Some(name));

        let mut layers = Vec::new();
        for (index, (name, arriving)) in spiking.iter().zip(&arriving).enumerate() {
            let Some(recorded) = population(name) else { continue };
            self.console.line(&format!("{name}, {state}: {} neurons", recorded.neurons()));
            let (spikes, after_spike): (Option<Tensor<3>>, _) = match arriving {
                Arriving::Sequence(None) => (Some(sequence(&input)), None),
                Arriving::Sequence(Some(node)) => (found.sent.get(node).cloned().map(Tensor::inner), None),
                Arriving::Spikes(node) => {
                    let before = population(node);
                    (before.map(NeuronsRecording::arriving_spikes), before.and_then(|before| before.after_spike))
                }
                Arriving::Nothing(why) => {
                    self.console.line(&format!("{name}: {why}, so there are no pairs of spikes and no weight change"));
                    (None, None)
                }
            };
            let change = spikes.map(|spikes| {
                let gradient = gradient_of_spikes(recorded.current_gradient(&gradients), after_spike);
                weight_change(
                    spikes.clamp_min(0.0),
                    gradient,
                    recorded.spikes(),
                    self.file.training.learning_rate(0, 0, self.file.batches()),
                    self.sampling.window,
                )
            });
            let measured = influence(recorded, self.sampling);
            let mut layer = self.layer(index + 1, name, state, recorded, &measured, change.as_ref());
            layer.influence_with_after_spike = after_spike.map(|decay| with_after_spike(&measured.mean, decay));
            layers.push(layer);
        }
        Ok(layers)
    }

    fn layer(
        &self,
        layer: usize,
        name: &str,
        state: &'static str,
        recorded: &NeuronsRecording,
        measured: &TimingCurve,
        change: Option<&TimingCurve>,
    ) -> Layer {
        let window = self.sampling.window;
        let equation = Equation::of(recorded);
        let rule: Vec<f64> = measured.deltas.iter().map(|delta| self.rule.window(*delta)).collect();
        let point = |place: usize| Point {
            delta: measured.deltas[place],
            influence: measured.mean[place],
            weight_change: change.map(|change| change.mean[place]),
            weight_change_magnitude: change.map(|change| change.magnitude[place]),
            pairs: change.map_or(0, |change| change.pairs[place]),
        };
        let across = equation.graded.map(|(reset, threshold, penalty)| {
            let factor = influence_factor(reset, threshold, penalty);
            predicted_influence(recorded, self.sampling, equation.decay.unwrap_or(0.0), factor).mean
        });
        // Of neurons whose spikes have a surrogate derivative, the curve begins at that and not at 1.
        let scale = if equation.graded.is_some() { 1.0 } else { measured.mean[window] };
        let theory = equation.decay.map(|decay| {
            let at = |delta: &i64| if *delta < 0 { 0.0 } else { scale * decay.powi(*delta as i32) };
            measured.deltas.iter().map(at).collect()
        });
        Layer {
            layer,
            name: name.to_owned(),
            state,
            spikes: measured.pairs[window],
            curve: (0..measured.deltas.len()).map(point).collect(),
            fitted_time_constant: fitted_time_constant(&measured.mean[window..]),
            theory,
            theory_across_spikes: across,
            influence_with_after_spike: None,
            correlation: Correlations {
                influence: correlation(&measured.mean, &rule),
                influence_causal: correlation(&measured.mean[window..], &rule[window..]),
                weight_change: change.and_then(|change| correlation(&change.mean, &rule)),
                weight_change_magnitude: change.and_then(|change| correlation(&change.magnitude, &rule)),
            },
        }
    }
}

fn sequence(input: &crate::training::data::Input) -> Tensor<3> {
    match input.clone().inner() {
        crate::training::data::Input::Sequence(sequence) => sequence,
        crate::training::data::Input::Still(frame) => frame.unsqueeze_dim(0),
    }
}

/// The influence of a spike and of what it takes back later: `K(Δ) - (1-κ) Σ κ^(k-1) K(Δ-k)`.
fn with_after_spike(influence: &[f64], decay: f64) -> Vec<f64> {
    let mut trace = 0.0;
    let one = |value: &f64| {
        let result = value - (1.0 - decay) * trace;
        trace = decay * trace + value;
        result
    };
    influence.iter().map(one).collect()
}
