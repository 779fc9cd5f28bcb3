//! What a network does with the test set, as plain numbers: it runs once over all of it, recorded.

use anyhow::{Context, Result, bail};
use burn::module::Module;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};
use snn_core::noise::NoiseSeed;
use snn_core::record::{NeuronsRecording, record};
use snn_network::Network;
use snn_plot::{Confusion, Grid};

use crate::observer::console::Console;
use crate::run::file::RunFile;
use crate::run::network::time_steps;
use crate::run::weights::{Array, arrays};
use crate::training::data::{Data, Samples};
use crate::training::evaluate::{FAILED, count_spikes, require_finite, run};
use crate::training::seeds;

/// What one population did while it saw one sample: `[neuron][time]`.
#[derive(Clone, Debug)]
pub struct LayerRecord {
    /// The name of its node.
    pub name: String,
    /// Whether it sends spikes, or its membrane.
    pub spiking: bool,
    /// The shape of its neurons: `[neurons]`, or `[channels, rows, columns]`.
    pub shape: Vec<usize>,
    /// The inner state before the reset of each step, as far as it can be told from decay and current.
    pub before_reset: Grid,
    /// The inner state after each step.
    pub state: Grid,
    /// The name of that state.
    pub state_name: &'static str,
    /// The spikes at the step at which they were fired.
    pub spikes: Grid,
    /// What left the layer, at the step at which the neuron made it: spikes, and after-spikes if there are any.
    pub output: Grid,
    /// The threshold, if the neuron has one.
    pub threshold: Option<f64>,
}

/// An image.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Grey values.
    pub pixels: Vec<u8>,
    /// Pixels in a row.
    pub columns: usize,
}

/// One test sample and what the network did with it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Which test sample.
    pub index: usize,
    /// What it looks like, if it is an image.
    pub picture: Option<Picture>,
    /// Its class.
    pub label: usize,
    /// The probability of each class.
    pub probabilities: Vec<f32>,
    /// The populations in the order in which they run; none for a network without neurons.
    pub layers: Vec<LayerRecord>,
}

/// What a network did with the test set.
#[derive(Clone, Debug)]
pub struct Observed {
    /// One sample in detail.
    pub sample: Sample,
    /// `[label][predicted]`.
    pub confusion: Vec<Vec<u32>>,
    /// Name, and spikes per step of each neuron, over all test samples, of each population that sends spikes.
    pub rates: Vec<(String, Vec<f32>)>,
    /// Test samples.
    pub samples: usize,
    /// What people call them.
    pub samples_are: &'static str,
    /// Weights of the first layer as images, if it has any.
    pub first_weights: Option<FirstWeights>,
    /// The data set, for people.
    pub dataset: String,
}

/// The weights of the first layer.
#[derive(Clone, Debug)]
pub struct FirstWeights {
    /// `[inputs][neurons]`
    pub values: Vec<f32>,
    /// Neurons, or channels.
    pub neurons: usize,
    /// Inputs in a row of the image of one neuron's weights.
    pub columns: usize,
}

impl Observed {
    /// Correctly classified test samples, from 0 to 1.
    pub fn accuracy(&self) -> f64 {
        let right: u32 = (0..self.confusion.len()).map(|class| self.confusion[class][class]).sum();
        f64::from(right) / self.samples as f64
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    Ok(tensor.try_into_data().context(FAILED)?.iter::<f32>().collect())
}

/// Runs `network` over all test samples in the batches of `file`, with the noise of an evaluation, and keeps what it
/// did with sample `index`.
pub fn observe(
    network: &Network,
    file: &RunFile,
    data: &Data,
    index: usize,
    device: &Device,
    console: &Console,
) -> Result<Observed> {
    let samples = &data.test;
    if index >= samples.len() {
        bail!("test sample {index} was asked for, there are {} (0 to {})", samples.len(), samples.len() - 1);
    }
    let network = network.valid();
    let shapes = shapes(&network);
    let spiking: Vec<String> = crate::training::evaluate::spiking(&network);
    let indices: Vec<usize> = (0..samples.len()).collect();
    let mut pairs = Vec::with_capacity(samples.len());
    let mut spikes: Vec<Vec<u64>> = vec![Vec::new(); spiking.len()];
    let mut sample = None;
    let bar = console.bar(samples.len(), "figures");
    for (batch, indices) in indices.chunks(file.training.batch_size).enumerate() {
        let (input, _) = samples.batch(indices, device);
        let noise = NoiseSeed::new(seeds::evaluation_noise(batch as u64));
        let (run, recording) = record(|| run(&network, input, noise, &[]));
        let logits = file.training.loss.logits(run.output);
        require_finite(&logits, batch)?;
        let predicted = values(logits.clone().argmax(1).float())?;
        pairs.extend(
            indices.iter().zip(predicted).map(|(index, predicted)| (samples.label(*index), predicted as usize)),
        );
        let populations: Vec<NeuronsRecording> =
            recording.populations.iter().map(NeuronsRecording::flattened).collect();
        for (name, spikes) in spiking.iter().zip(&mut spikes) {
            let Some(population) = populations.iter().find(|one| one.name.as_ref() == Some(name)) else { continue };
            let fired = count_spikes(population.spikes())?;
            spikes.resize(fired.len(), 0);
            spikes.iter_mut().zip(fired).for_each(|(all, fired)| *all += fired);
        }
        if let Some(row) = indices.iter().position(|other| *other == index) {
            let layers =
                populations.iter().map(|population| layer_record(population, row, &shapes)).collect::<Result<_>>()?;
            sample = Some(one_sample(samples, index, row, logits, layers)?);
        }
        bar.advance(indices.len());
    }
    bar.finish();
    let sample = sample.context("the sample asked for was in no batch")?;
    let steps = time_steps(&network, data.steps());
    let rate = |spikes: u64| (spikes as f64 / (steps as f64 * samples.len() as f64)) as f32;
    let columns = sample.picture.as_ref().map(|picture| (picture.pixels.len(), picture.columns));
    Ok(Observed {
        sample,
        confusion: Confusion::count(data.classes, pairs),
        rates: spiking
            .into_iter()
            .zip(spikes)
            .map(|(name, spikes)| (name, spikes.into_iter().map(rate).collect()))
            .collect(),
        samples: samples.len(),
        samples_are: data.samples_are(),
        first_weights: first_weights(&network, columns),
        dataset: data.title.clone(),
    })
}

/// Name, shape, and whether they send spikes, of all populations.
fn shapes(network: &Network) -> Vec<(String, Vec<usize>, bool)> {
    let summary = network.summary();
    let shape = |name: &str| {
        let node = summary.nodes.iter().find(|node| node.name == name);
        node.map_or(Vec::new(), |node| node.output_shape.clone())
    };
    network.population_summaries().into_iter().map(|one| (one.name.clone(), shape(&one.name), one.spikes)).collect()
}

fn one_sample(
    samples: &Samples,
    index: usize,
    row: usize,
    logits: Tensor<2>,
    layers: Vec<LayerRecord>,
) -> Result<Sample> {
    let classes = logits.dims()[1];
    let probabilities = softmax(logits.slice([row..row + 1, 0..classes]), 1);
    let picture = match samples {
        Samples::Images(images) => Some(Picture {
            pixels: images.pixels[index * images.size()..][..images.size()].to_vec(),
            columns: images.columns,
        }),
        Samples::Spikes(_) => None,
    };
    Ok(Sample { index, picture, label: samples.label(index), probabilities: values(probabilities)?, layers })
}

fn layer_record(
    population: &NeuronsRecording,
    row: usize,
    shapes: &[(String, Vec<usize>, bool)],
) -> Result<LayerRecord> {
    let neurons = population.neurons();
    let grid = |tensor: Tensor<3>| -> Result<Grid> {
        let steps = tensor.dims()[0];
        Ok(Grid::from_time_first(&values(tensor.slice([0..steps, row..row + 1, 0..neurons]))?, neurons))
    };
    let name = population.name.clone().unwrap_or_default();
    let known = shapes.iter().find(|(other, ..)| *other == name);
    let (shape, spiking) = known.map_or((vec![neurons], true), |(_, shape, spiking)| (shape.clone(), *spiking));
    let state_name = population.state_names().first().copied().context("a neuron without a state cannot be drawn")?;
    let state = grid(population.state(state_name))?;
    let spikes = grid(population.spikes())?;
    let mut before_reset = state.clone();
    if let Some(decay) = population.parameter("decay").filter(|_| state_name == "membrane") {
        let gain = population.parameter("gain").unwrap_or(1.0);
        let before = grid(population.state_before(state_name))?;
        let current = grid(population.current())?;
        for (place, value) in before_reset.values.iter_mut().enumerate() {
            *value = gain * current.values[place] + decay * before.values[place];
        }
    }
    // As it left, but at the step of the neuron: the delay only shifts it.
    let mut output = grid(population.output())?;
    for (row, values) in output.values.chunks_mut(spikes.columns).enumerate() {
        let late = population.delay.min(spikes.columns);
        values.rotate_left(late);
        let end = spikes.columns - late;
        values[end..].copy_from_slice(&spikes.row(row)[end..]);
    }
    let threshold = population.parameter("threshold").map(f64::from);
    Ok(LayerRecord { name, spiking, shape, before_reset, state, state_name, spikes, output, threshold })
}

/// The weights of the first layer which has any; `picture`: pixels of a sample, and pixels in a row.
fn first_weights(network: &Network, picture: Option<(usize, usize)>) -> Option<FirstWeights> {
    let arrays = arrays(network);
    let summary = network.summary();
    let node = summary.nodes.iter().find(|node| arrays.contains_key(&format!("{}.weight", node.name)))?;
    let Array { shape, values } = arrays.get(&format!("{}.weight", node.name))?;
    match shape.as_slice() {
        [inputs, neurons] => {
            let columns = match picture {
                Some((pixels, columns)) if pixels == *inputs => columns,
                _ => inputs.isqrt(),
            };
            Some(FirstWeights { values: values.clone(), neurons: *neurons, columns })
        }
        [channels, rest @ ..] => {
            let inputs: usize = rest.iter().product();
            let turned =
                (0..inputs).flat_map(|input| (0..*channels).map(move |channel| values[channel * inputs + input]));
            Some(FirstWeights { values: turned.collect(), neurons: *channels, columns: *rest.last()? })
        }
        [] => None,
    }
}
