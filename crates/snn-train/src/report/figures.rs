//! From a run to its figures: runs the model over the test set, records it, and hands plain numbers to `snn_plot`.

use anyhow::{Context, Result, bail};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};
use snn_core::noise::NoiseSeed;
use snn_core::record::{NeuronsRecording, record};
use snn_data::{CLASSES, Dataset, Images, title};
use snn_plot::{
    Confusion, Digit, Epoch, Grid, Heatmap, LayerRates, Learning, LearningCurve, Membrane, Raster, RasterLayer, Rates,
    Trace, Traces, Weights, is_spike,
};

use crate::config::RunConfig;
use crate::console::Console;
use crate::evaluate::{FAILED, count_spikes, require_finite};
use crate::model::Model;
use crate::report::Report;
use crate::seeds;

/// What one layer did while it saw one image: `[neuron][time]`.
#[derive(Clone, Debug)]
pub struct LayerRecord {
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

/// One test image and what the model did with it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Which test image.
    pub index: usize,
    /// Its grey values.
    pub pixels: Vec<u8>,
    /// Pixels in a row.
    pub columns: usize,
    /// What it shows.
    pub label: usize,
    /// The probability of each class.
    pub probabilities: Vec<f32>,
    /// The spiking layers, input first; none for a network without spikes.
    pub layers: Vec<LayerRecord>,
}

/// What a model did with the test set.
#[derive(Clone, Debug)]
pub struct Observed {
    /// One image in detail.
    pub sample: Sample,
    /// `[label][prediction]`.
    pub confusion: Vec<Vec<u32>>,
    /// Spikes per step of each neuron of each spiking layer, over all test images.
    pub rates: Vec<Vec<f32>>,
    /// Test images.
    pub images: usize,
    /// Weights of the first layer, `[inputs][neurons]`, and how many neurons.
    pub first_weights: (Vec<f32>, usize),
    /// The data set, for people.
    pub dataset: String,
}

impl Observed {
    /// Test images told right, from 0 to 1.
    pub fn accuracy(&self) -> f64 {
        let right: u32 = (0..self.confusion.len()).map(|class| self.confusion[class][class]).sum();
        f64::from(right) / self.images as f64
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    Ok(tensor.try_into_data().context(FAILED)?.iter::<f32>().collect())
}

/// Runs `model` over all test images in the batches of `config`, with the noise of an evaluation, and keeps what it
/// did with image `index`.
pub fn observe(
    model: &Model,
    config: &RunConfig,
    dataset: &Dataset,
    index: usize,
    device: &Device,
    console: &Console,
) -> Result<Observed> {
    let images = &dataset.test;
    if index >= images.len() {
        bail!("test image {index} was asked for, there are {} (0 to {})", images.len(), images.len() - 1);
    }
    let model = model.valid();
    let indices: Vec<usize> = (0..images.len()).collect();
    let mut pairs = Vec::with_capacity(images.len());
    let mut spikes: Vec<Vec<u64>> = Vec::new();
    let mut sample = None;
    let bar = console.bar(images.len(), "figures");
    for (batch, indices) in indices.chunks(config.batch_size).enumerate() {
        let (pixels, _) = images.batch(indices, device);
        let noise = NoiseSeed::new(seeds::evaluation_noise(batch as u64));
        let (logits, recording) = record(|| model.logits(pixels, noise));
        require_finite(&logits, batch)?;
        let told = numbers(logits.clone().argmax(1).float())?;
        pairs.extend(indices.iter().zip(told).map(|(index, told)| (usize::from(images.labels[*index]), told as usize)));
        let populations: Vec<NeuronsRecording> =
            recording.populations.iter().map(NeuronsRecording::flattened).collect();
        spikes.resize_with(populations.len(), Vec::new);
        for (spikes, population) in spikes.iter_mut().zip(&populations) {
            let fired = count_spikes(population.spikes())?;
            spikes.resize(fired.len(), 0);
            spikes.iter_mut().zip(fired).for_each(|(all, fired)| *all += fired);
        }
        if let Some(row) = indices.iter().position(|other| *other == index) {
            sample = Some(one_sample(images, index, row, logits, &populations)?);
        }
        bar.advance(indices.len());
    }
    bar.finish();
    let sample = sample.context("the image asked for was in no batch")?;
    let rate = |spikes: u64| (spikes as f64 / (config.time_steps as f64 * images.len() as f64)) as f32;
    let weight = model.first_weights();
    let [_, neurons] = weight.dims();
    Ok(Observed {
        sample,
        confusion: Confusion::count(CLASSES, pairs),
        rates: spikes.into_iter().map(|spikes| spikes.into_iter().map(rate).collect()).collect(),
        images: images.len(),
        first_weights: (numbers(weight)?, neurons),
        dataset: dataset.title.clone(),
    })
}

fn one_sample(
    images: &Images,
    index: usize,
    row: usize,
    logits: Tensor<2>,
    populations: &[NeuronsRecording],
) -> Result<Sample> {
    let classes = logits.dims()[1];
    let probabilities = softmax(logits.slice([row..row + 1, 0..classes]), 1);
    let layers = populations.iter().map(|population| layer_record(population, row)).collect::<Result<_>>()?;
    Ok(Sample {
        index,
        pixels: images.pixels[index * images.size()..][..images.size()].to_vec(),
        columns: images.columns,
        label: usize::from(images.labels[index]),
        probabilities: numbers(probabilities)?,
        layers,
    })
}

fn layer_record(population: &NeuronsRecording, row: usize) -> Result<LayerRecord> {
    let neurons = population.neurons();
    let grid = |tensor: Tensor<3>| -> Result<Grid> {
        let steps = tensor.dims()[0];
        Ok(Grid::from_time_first(&numbers(tensor.slice([0..steps, row..row + 1, 0..neurons]))?, neurons))
    };
    let state_name = population.state_names().first().copied().context("a neuron without a state cannot be drawn")?;
    let state = grid(population.state(state_name))?;
    let spikes = grid(population.spikes())?;
    let mut before_reset = state.clone();
    if let Some(decay) = population.parameter("decay").filter(|_| state_name == "membrane") {
        let before = grid(population.state_before(state_name))?;
        let current = grid(population.current())?;
        for (place, value) in before_reset.values.iter_mut().enumerate() {
            *value = current.values[place] + decay * before.values[place];
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
    Ok(LayerRecord { before_reset, state, state_name, spikes, output, threshold })
}

impl Observed {
    fn subtitle(&self) -> String {
        let Sample { index, label, .. } = self.sample;
        format!("test image {index}, label {label} · {}", self.dataset)
    }

    /// The input image with label and prediction.
    pub fn digit(&self) -> Digit {
        let Sample { index, label, .. } = self.sample;
        let mut digit = Digit {
            name: "image".into(),
            title: String::new(),
            subtitle: self.dataset.clone(),
            pixels: self.sample.pixels.clone(),
            columns: self.sample.columns,
            label,
            probabilities: self.sample.probabilities.clone(),
        };
        digit.title = format!("Test image {index}: label {label}, predicted {}", digit.prediction());
        digit
    }

    /// For each layer the inner states and the output, `[neuron x time]`.
    pub fn heatmaps(&self) -> Vec<Heatmap> {
        let layers = self.sample.layers.iter().enumerate();
        let heatmaps = layers.flat_map(|(layer, record)| {
            let one = |what: &str, title: &str, quantity: String, grid: &Grid| Heatmap {
                name: format!("layer{}_{what}", layer + 1),
                title: format!("Layer {}: {title}", layer + 1),
                subtitle: self.subtitle(),
                quantity,
                rows: "neuron".into(),
                grid: grid.clone(),
            };
            let state = format!("{}, arbitrary unit", record.state_name);
            [
                one("state", "inner state after each step", state, &record.state),
                one("output", "output", "spike size".into(), &record.output),
            ]
        });
        heatmaps.collect()
    }

    /// An active neuron of `layer`: of those which fire at most every eighth step, so that single spikes can be seen,
    /// the one which fired most often for this image; if there is none, the most active of all.
    pub fn active(&self, layer: usize) -> usize {
        let spikes = &self.sample.layers[layer].spikes;
        let count = |row: usize| spikes.row(row).iter().filter(|spike| is_spike(**spike)).count();
        let readable = |row: &usize| (1..=(spikes.columns / 8).max(1)).contains(&count(*row));
        let most = |rows: &mut dyn Iterator<Item = usize>| rows.max_by_key(|row| count(*row));
        most(&mut (0..spikes.rows).rev().filter(readable)).or_else(|| most(&mut (0..spikes.rows).rev())).unwrap_or(0)
    }

    /// Lines over time and the membrane with threshold and spikes, of a hidden neuron (`None`: an active one)
    /// and of the label's output neuron, if the last layer has one neuron for each class.
    ///
    /// # Errors
    /// If there is no such neuron.
    pub fn neurons(&self, hidden: Option<usize>) -> Result<Vec<(Traces, Membrane)>> {
        let last = self.sample.layers.len().saturating_sub(1);
        let is_output =
            self.sample.layers.last().is_some_and(|layer| layer.state.rows == self.sample.probabilities.len());
        let mut shown = Vec::new();
        if last > 0 || (!is_output && !self.sample.layers.is_empty()) {
            let neuron = hidden.unwrap_or_else(|| self.active(0));
            let why = if hidden.is_none() { "an active one for this image" } else { "as asked for" };
            shown.push((0, neuron, "hidden", format!("Hidden neuron {neuron}"), why));
        } else if let Some(neuron) = hidden {
            bail!("hidden neuron {neuron} was asked for, but this network has no hidden layer of spiking neurons");
        }
        if is_output {
            let label = self.sample.label;
            shown.push((last, label, "label", format!("Output neuron {label}"), "that of the label"));
        }
        shown
            .into_iter()
            .map(|(layer, neuron, name, title, why)| self.neuron(layer, neuron, name, &title, why))
            .collect()
    }

    fn neuron(&self, layer: usize, neuron: usize, name: &str, title: &str, why: &str) -> Result<(Traces, Membrane)> {
        let record = &self.sample.layers[layer];
        if neuron >= record.state.rows {
            bail!(
                "neuron {neuron} of layer {} was asked for, it has {} (0 to {})",
                layer + 1,
                record.state.rows,
                record.state.rows - 1
            );
        }
        let subtitle = format!("{why} · layer {} · {}", layer + 1, self.subtitle());
        let traces = Traces {
            name: format!("neuron_{name}"),
            title: format!("{title}: inner state and output"),
            subtitle: subtitle.clone(),
            traces: vec![
                Trace { label: record.state_name.into(), values: record.state.row(neuron).to_vec() },
                Trace { label: "output".into(), values: record.output.row(neuron).to_vec() },
            ],
        };
        let membrane = Membrane {
            name: format!("membrane_{name}"),
            title: format!("{title}: membrane, threshold and spikes"),
            subtitle,
            label: "inner excitation".into(),
            before_reset: record.before_reset.row(neuron).to_vec(),
            after_reset: record.state.row(neuron).to_vec(),
            spikes: record.spikes.row(neuron).to_vec(),
            threshold: record.threshold,
        };
        Ok((traces, membrane))
    }

    /// Who fired when.
    pub fn raster(&self) -> Option<Raster> {
        let layers: Vec<RasterLayer> = self
            .sample
            .layers
            .iter()
            .enumerate()
            .map(|(layer, record)| RasterLayer {
                label: format!("layer {}, neuron", layer + 1),
                spikes: record.spikes.clone(),
            })
            .collect();
        let count = |layer: &RasterLayer| layer.spikes.values.iter().filter(|spike| is_spike(**spike)).count();
        let spikes: usize = layers.iter().map(count).sum();
        (!layers.is_empty()).then(|| Raster {
            name: "raster".into(),
            title: format!("{spikes} spikes"),
            subtitle: self.subtitle(),
            layers,
        })
    }

    /// Histograms of firing rates over the test set.
    pub fn firing_rates(&self) -> Option<Rates> {
        let layers: Vec<LayerRates> = self
            .rates
            .iter()
            .enumerate()
            .map(|(layer, rates)| LayerRates { label: format!("layer {}", layer + 1), rates: rates.clone() })
            .collect();
        (!layers.is_empty()).then(|| Rates {
            name: "firing_rates".into(),
            title: "FireReset rates".into(),
            subtitle: format!("each neuron's mean over {} test images; grey: silent · {}", self.images, self.dataset),
            layers,
        })
    }

    /// The first layer's weights as images.
    pub fn weights(&self) -> Weights {
        let (weights, neurons) = self.first_weights.clone();
        let inputs = weights.len() / neurons;
        // A kernel sees a square of the image.
        let columns = if inputs == self.sample.pixels.len() { self.sample.columns } else { inputs.isqrt() };
        Weights {
            name: "weights".into(),
            title: "What the neurons of the first layer look for".into(),
            subtitle: format!("weights of each neuron as an image, in order from the top left · {}", self.dataset),
            weights,
            neurons,
            columns,
        }
    }

    /// Labels and predictions over the test set.
    pub fn confusion(&self) -> Confusion {
        Confusion {
            name: "confusion".into(),
            title: format!("Confusion matrix: {:.2} % right", 100.0 * self.accuracy()),
            subtitle: format!("{} test images · {}", self.images, self.dataset),
            counts: self.confusion.clone(),
        }
    }
}

/// Loss and accuracy over the epochs of one or several runs; `None` if no epoch has ended.
pub fn learning(reports: &[&Report]) -> Option<Learning> {
    let percent = |share: f64| 100.0 * share;
    let reports: Vec<&Report> = reports.iter().copied().filter(|report| !report.epochs.is_empty()).collect();
    let curves: Vec<LearningCurve> = reports
        .iter()
        .enumerate()
        .map(|(place, report)| LearningCurve {
            label: label(&reports, place),
            held_out: match report.epochs[0].validation_loss {
                Some(_) => "validation",
                None => "test",
            },
            epochs: report
                .epochs
                .iter()
                .filter_map(|epoch| {
                    let (held_out_loss, held_out_accuracy) = epoch.judged_by()?;
                    Some(Epoch {
                        epoch: epoch.epoch,
                        train_loss: epoch.train_loss,
                        held_out_loss,
                        train_accuracy: percent(epoch.train_accuracy),
                        held_out_accuracy: percent(held_out_accuracy),
                    })
                })
                .collect(),
        })
        .collect();
    // Runs of several data sets may be drawn beside each other.
    let mut datasets: Vec<String> = reports.iter().map(|report| title(&report.dataset)).collect();
    datasets.dedup();
    let dataset = datasets.join(" beside ");
    (!curves.is_empty()).then(|| Learning {
        name: "learning".into(),
        title: "Learning curves".into(),
        subtitle: format!("after each epoch; training: each sample at the moment it was learned from · {dataset}"),
        curves,
    })
}

/// A run's model, and its seed if another one has the same model.
fn label(reports: &[&Report], place: usize) -> String {
    let report = reports[place];
    let alike = reports.iter().filter(|other| other.model == report.model).count();
    if alike > 1 { format!("{} {}", report.model, place + 1) } else { report.model.clone() }
}
