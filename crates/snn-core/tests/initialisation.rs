//! Threshold-aware weights start a deep network alive; weights made for networks without spikes do not.

use burn::tensor::{Device, Tensor};
use snn_core::analysis::{Activity, activity};
use snn_core::encode::{SpikeGradient, bernoulli};
use snn_core::init::{InputStatistics, WeightInit, weights_for_rate};
use snn_core::layer::{Neurons, SpikingLinearConfig};
use snn_core::neuron::{Decay, GradedLif, GradedLifParameters, InputScale, Lif, LifParameters, Neuron};
use snn_core::noise::{NoiseSeed, derive_seed};

const LAYERS: usize = 10;
const WIDTH: usize = 100;
const INPUT_RATE: f64 = 0.2;

/// What the layers do, first to last, in a network which nobody has trained.
fn layers<N: Neuron>(neurons: Neurons<N>, mut init: impl FnMut() -> WeightInit, seed: u64) -> Vec<Activity> {
    let device = Device::flex();
    let probabilities = Tensor::<2>::full([20, WIDTH], INPUT_RATE, &device);
    let mut spikes = bernoulli(probabilities, 60, NoiseSeed::new(derive_seed(seed, 99)), SpikeGradient::None);
    let layer = |index: u64| {
        let config = SpikingLinearConfig::new(WIDTH, WIDTH).with_initializer(init());
        let layer = config.with_seed(Some(derive_seed(seed, index))).init(neurons.clone(), &device);
        spikes = layer.forward(spikes.clone(), None).output;
        activity(spikes.clone())
    };
    (0..LAYERS as u64).map(layer).collect()
}

fn aware<N: Neuron>(neuron: N, parameters: N::Parameters<f64>, seed: u64) -> Vec<Activity> {
    let mut input = InputStatistics::spikes(INPUT_RATE);
    let init = || {
        let firing = weights_for_rate(&neuron, &parameters, input, 0.15);
        input = firing.output;
        firing.init
    };
    layers(Neurons::new(neuron, parameters), init, seed)
}

/// Each layer fires at 2 to 60 % of the steps, and few of its neurons at nearly all.
fn alive(layers: &[Activity]) -> bool {
    layers.iter().all(|layer| (0.02..=0.60).contains(&layer.mean_rate()) && layer.saturated().len() < WIDTH / 5)
}

fn in_words(layers: &[Activity]) -> String {
    let layer = |layer: &Activity| format!("{:.2} ({} saturated)", layer.mean_rate(), layer.saturated().len());
    layers.iter().map(layer).collect::<Vec<_>>().join(", ")
}

/// Three networks start alive, and their Xavier twins do not.
fn compare<N: Neuron>(label: &str, neuron: N, parameters: N::Parameters<f64>) {
    for seed in 0..3 {
        let aware = aware(neuron, parameters, seed);
        let xavier = layers(Neurons::new(neuron, parameters), || WeightInit::XavierUniform, seed);
        let [aware_rates, xavier_rates] = [&aware, &xavier].map(|layers| in_words(layers));
        println!("{label}, seed {seed}\n  aware  {aware_rates}\n  Xavier {xavier_rates}");
        assert!(alive(&aware), "{label}, seed {seed}: {aware_rates}");
        assert!(!alive(&xavier), "{label}, seed {seed}: Xavier would do, {xavier_rates}");
    }
}

#[test]
fn ten_layers_of_leaky_neurons_start_alive() {
    for (threshold, decay) in [(1.0, 0.9), (1.0, 0.5), (20.0, 0.95), (0.05, 0.8)] {
        let parameters = LifParameters::new(Decay::Multiplier(decay), InputScale::One, threshold);
        compare(&format!("LIF, θ {threshold}, λ {decay}"), Lif::default(), parameters);
    }
}

#[test]
fn ten_layers_of_the_articles_neurons_start_alive() {
    compare("article", GradedLif::default(), GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 });
}
