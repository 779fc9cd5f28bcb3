//! What a network does with samples it does not learn from.

use anyhow::{Context, Result, bail};
use burn::tensor::{Device, Tensor};
use snn_core::noise::NoiseSeed;
use snn_core::record::record;
use snn_network::{Network, NetworkRun, Output};

use super::data::{Input, Samples};
use super::finite::{NotFinite, first_not_finite};
use super::loss::Loss;
use super::seeds;
use crate::observer::console::Console;

/// What a network does with some samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean loss.
    pub loss: f64,
    /// Correctly classified samples.
    pub correct: usize,
    /// Samples.
    pub total: usize,
    /// For each class, how many samples of it were predicted to be which: `[label][predicted]`.
    pub confusion: Vec<Vec<usize>>,
    /// For each population, the spikes per sample which left it, all neurons and time steps together.
    pub spikes_per_sample: Vec<f64>,
    /// For each population, neurons none of whose spikes left it.
    pub silent_neurons: Vec<usize>,
}

impl Evaluation {
    /// From 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.total as f64
    }
}

/// Runs a network on what comes in, from rest; `wanted` are the nodes whose output is returned by name.
pub fn run(network: &Network, input: Input, noise: NoiseSeed, wanted: &[&str]) -> NetworkRun {
    match input {
        Input::Still(frame) => network.run(frame, noise, wanted),
        Input::Sequence(sequence) => network.run_sequence(sequence, noise, None, wanted),
    }
}

/// Runs `network` (without a graph, see `Module::valid`) over `samples` in batches, judged by `loss`. The noise is the same in each
/// evaluation.
pub fn evaluate(
    network: &Network,
    loss: &Loss,
    samples: &Samples,
    classes: usize,
    batch_size: usize,
    device: &Device,
    console: &Console,
) -> Result<Evaluation> {
    let indices: Vec<usize> = (0..samples.len()).collect();
    let mut sum = 0.0;
    let mut confusion = vec![vec![0; classes]; classes];
    let spiking = spiking(network);
    let mut spikes: Vec<Vec<u64>> = vec![Vec::new(); spiking.len()];
    let bar = console.bar(samples.len(), "test");
    for (batch, indices) in indices.chunks(batch_size).enumerate() {
        let (input, labels) = samples.batch(indices, device);
        let noise = NoiseSeed::new(seeds::evaluation_noise(batch as u64));
        let (output, sent) = with_spikes(network, &spiking, input, noise);
        let logits = loss.logits(output.clone());
        require_finite(&logits, batch)?;
        // Added up in f64: a batch may be large.
        let losses = loss.of(output, labels).try_into_data().context(FAILED)?;
        let each = indices.len() as f64 / losses.num_elements() as f64;
        let of_batch = each * losses.iter::<f32>().map(f64::from).sum::<f64>();
        if !of_batch.is_finite() {
            bail!(NotFinite(format!("the loss of batch {} is {of_batch}", batch + 1)));
        }
        sum += of_batch;
        let predicted = logits.argmax(1).try_into_data().context(FAILED)?;
        for (index, predicted) in indices.iter().zip(predicted.iter::<i64>()) {
            confusion[samples.label(*index)][predicted as usize] += 1;
        }
        for (counts, sent) in spikes.iter_mut().zip(sent) {
            add_spikes(counts, sent)?;
        }
        bar.advance(indices.len());
    }
    bar.finish();
    let total = samples.len();
    Ok(Evaluation {
        loss: sum / total as f64,
        correct: (0..classes).map(|class| confusion[class][class]).sum(),
        total,
        confusion,
        spikes_per_sample: spikes.iter().map(|counts| counts.iter().sum::<u64>() as f64 / total as f64).collect(),
        silent_neurons: spikes.iter().map(|counts| counts.iter().filter(|count| **count == 0).count()).collect(),
    })
}

/// The names of the populations which send spikes, in the order of the file.
pub fn spiking(network: &Network) -> Vec<String> {
    network.population_summaries().into_iter().filter(|one| one.spikes).map(|one| one.name).collect()
}

/// The output, and the spikes which each of the populations `spiking` sent out: `[time, batch, neurons]`.
fn with_spikes(network: &Network, spiking: &[String], input: Input, noise: NoiseSeed) -> (Output, Vec<Tensor<3>>) {
    // An after-spike is part of what is sent, but no spike.
    if network.populations().any(|(_, population)| population.after_spike().is_some()) {
        let (run, recording) = record(|| run(network, input, noise, &[]));
        let of = |name: &String| recording.populations.iter().find(|one| one.name.as_ref() == Some(name));
        let spikes = spiking.iter().filter_map(|name| Some(of(name)?.flattened().arriving_spikes()));
        return (run.output, spikes.collect());
    }
    let names: Vec<&str> = spiking.iter().map(String::as_str).collect();
    let mut run = run(network, input, noise, &names);
    (run.output, names.into_iter().filter_map(|name| run.sent.remove(name)).collect())
}

/// What is said if the device fails.
pub const FAILED: &str = "the device failed to compute";

/// Refuses the `logits` of batch number `batch`, counted from 0, if one of them is not finite: argmax would take it for an answer.
pub fn require_finite(logits: &Tensor<2>, batch: usize) -> Result<()> {
    let shape = logits.dims();
    let values = logits.clone().try_into_data().context(FAILED)?;
    let values: Vec<f32> = values.iter::<f32>().collect();
    match first_not_finite(&values, &shape) {
        Some(found) => {
            bail!(NotFinite(format!("the logits of batch {} are no numbers, {found} ([sample, class])", batch + 1)))
        }
        None => Ok(()),
    }
}

/// How many spikes each neuron sent out in `output [time, batch, neurons]`.
pub fn count_spikes(output: Tensor<3>) -> Result<Vec<u64>> {
    let [_, _, neurons] = output.dims();
    // Whole numbers below 2^24 are exact in f32, and there are fewer steps than that; a batch of them may have more.
    let of_samples = output.not_equal_elem(0.0).float().sum_dim(0).int();
    let spikes = of_samples.sum_dim(1).reshape([neurons]).try_into_data().context(FAILED)?;
    Ok(spikes.iter::<i64>().map(|spikes| spikes as u64).collect())
}

/// Adds the spikes in `output [time, batch, neurons]` to the count of each neuron.
fn add_spikes(counts: &mut Vec<u64>, output: Tensor<3>) -> Result<()> {
    let spikes = count_spikes(output)?;
    counts.resize(spikes.len(), 0);
    counts.iter_mut().zip(spikes).for_each(|(count, spikes)| *count += spikes);
    Ok(())
}
