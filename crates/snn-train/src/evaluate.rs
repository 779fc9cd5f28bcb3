//! What a model does with the test set.

use anyhow::{Context, Result, bail};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};
use snn_core::noise::NoiseSeed;
use snn_data::{CLASSES, Images};

use crate::console::Console;
use crate::finite::{NotFinite, first_not_finite};
use crate::model::Model;
use crate::seeds;

/// What a model does with some images.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean loss.
    pub loss: f64,
    /// Images told right.
    pub correct: usize,
    /// Images.
    pub total: usize,
    /// For each digit, how many images of it were told to be which: `[digit][told]`.
    pub confusion: Vec<Vec<usize>>,
    /// For each spiking layer, the spikes per image which left it, all neurons and time steps together.
    pub spikes_per_sample: Vec<f64>,
    /// For each spiking layer, neurons none of whose spikes left it.
    pub silent_neurons: Vec<usize>,
}

impl Evaluation {
    /// From 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.total as f64
    }
}

/// The article's loss: the negative logarithm of the right label's probability, for each image.
pub fn losses(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    log_softmax(logits, 1).gather(1, labels.unsqueeze_dim(1)).neg().squeeze_dim(1)
}

/// Runs `model` (without a record for backward passes, see [`Model::valid`]) over `images` in batches. The noise is
/// the same in each evaluation.
pub fn evaluate(
    model: &Model,
    images: &Images,
    batch_size: usize,
    device: &Device,
    console: &Console,
) -> Result<Evaluation> {
    let indices: Vec<usize> = (0..images.len()).collect();
    let mut loss = 0.0;
    let mut confusion = vec![vec![0; CLASSES]; CLASSES];
    let mut spikes: Vec<Vec<u64>> = Vec::new();
    let bar = console.bar(images.len(), "test");
    for (batch, indices) in indices.chunks(batch_size).enumerate() {
        let (pixels, labels) = images.batch(indices, device);
        let noise = NoiseSeed::new(seeds::evaluation_noise(batch as u64));
        let (logits, outputs) = model.logits_and_spikes(pixels, noise);
        require_finite(&logits, batch)?;
        // Added up in f64: a batch may be large.
        let losses = losses(logits.clone(), labels).try_into_data().context(FAILED)?;
        let of_batch: f64 = losses.iter::<f32>().map(f64::from).sum();
        if !of_batch.is_finite() {
            bail!(NotFinite(format!("the loss of batch {} is {of_batch}", batch + 1)));
        }
        loss += of_batch;
        let told = logits.argmax(1).try_into_data().context(FAILED)?;
        for (index, told) in indices.iter().zip(told.iter::<i64>()) {
            confusion[usize::from(images.labels[*index])][told as usize] += 1;
        }
        spikes.resize_with(outputs.len(), Vec::new);
        for (counts, output) in spikes.iter_mut().zip(outputs) {
            add_spikes(counts, output)?;
        }
        bar.advance(indices.len());
    }
    bar.finish();
    let total = images.len();
    Ok(Evaluation {
        loss: loss / total as f64,
        correct: (0..CLASSES).map(|digit| confusion[digit][digit]).sum(),
        total,
        confusion,
        spikes_per_sample: spikes.iter().map(|counts| counts.iter().sum::<u64>() as f64 / total as f64).collect(),
        silent_neurons: spikes.iter().map(|counts| counts.iter().filter(|count| **count == 0).count()).collect(),
    })
}

/// What is said if the device fails.
pub const FAILED: &str = "the device could not compute";

/// Refuses the `logits` of batch number `batch`, counted from 0, if one of them is not finite: argmax would take it for an answer.
pub fn require_finite(logits: &Tensor<2>, batch: usize) -> Result<()> {
    let shape = logits.dims();
    let values = logits.clone().try_into_data().context(FAILED)?;
    let values: Vec<f32> = values.iter::<f32>().collect();
    match first_not_finite(&values, &shape) {
        Some(found) => {
            bail!(NotFinite(format!("the logits of batch {} are no numbers, {found} ([image, class])", batch + 1)))
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
