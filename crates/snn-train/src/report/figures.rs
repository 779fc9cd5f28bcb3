//! The figures of a run: what was observed, as `snn_plot` draws it. A further one is a method here and a line in
//! [`Observed::gallery`].

use anyhow::{Result, bail};
use snn_data::title;
use snn_plot::{
    Confusion, Digit, Epoch, Grid, Heatmap, LayerRates, Learning, LearningCurve, Membrane, Raster, RasterLayer, Rates,
    Trace, Traces, Weights, is_spike,
};

use super::observed::{FirstWeights, LayerRecord, Observed, Picture, Sample};
use crate::run::report::Report;

/// One of the figures.
pub enum Drawing {
    Digit(Digit),
    Heatmap(Heatmap),
    Traces(Traces),
    Membrane(Membrane),
    Raster(Raster),
    Rates(Rates),
    Weights(Weights),
    Confusion(Confusion),
    Learning(Learning),
}

/// Does the same to the figure inside a drawing.
macro_rules! each_figure {
    ($drawing:expr, |$figure:ident| $same:expr) => {
        match $drawing {
            $crate::report::figures::Drawing::Digit($figure) => $same,
            $crate::report::figures::Drawing::Heatmap($figure) => $same,
            $crate::report::figures::Drawing::Traces($figure) => $same,
            $crate::report::figures::Drawing::Membrane($figure) => $same,
            $crate::report::figures::Drawing::Raster($figure) => $same,
            $crate::report::figures::Drawing::Rates($figure) => $same,
            $crate::report::figures::Drawing::Weights($figure) => $same,
            $crate::report::figures::Drawing::Confusion($figure) => $same,
            $crate::report::figures::Drawing::Learning($figure) => $same,
        }
    };
}
pub(crate) use each_figure;

impl Observed {
    /// All figures of a run in the order in which they are shown; `hidden`: which hidden neuron is drawn.
    pub fn gallery(&self, hidden: Option<usize>) -> Result<Vec<Drawing>> {
        let mut all = Vec::new();
        all.extend(self.digit().map(Drawing::Digit));
        all.extend(self.heatmaps().into_iter().map(Drawing::Heatmap));
        all.extend(self.feature_maps().into_iter().map(Drawing::Weights));
        for (traces, membrane) in self.neurons(hidden)? {
            all.extend([Drawing::Traces(traces), Drawing::Membrane(membrane)]);
        }
        all.extend(self.raster().map(Drawing::Raster));
        all.extend(self.firing_rates().map(Drawing::Rates));
        all.extend(self.weights().map(Drawing::Weights));
        all.push(Drawing::Confusion(self.confusion()));
        Ok(all)
    }

    fn subtitle(&self) -> String {
        let Sample { index, label, .. } = self.sample;
        format!("test sample {index}, label {label} · {}", self.dataset)
    }

    /// The class that is most probable; of several, the first.
    pub fn prediction(&self) -> usize {
        let probabilities = &self.sample.probabilities;
        (0..probabilities.len()).rev().max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b])).unwrap_or(0)
    }

    /// The input image with label and prediction.
    pub fn digit(&self) -> Option<Digit> {
        let Sample { index, label, .. } = self.sample;
        let Picture { pixels, columns } = self.sample.picture.clone()?;
        Some(Digit {
            name: "image".into(),
            title: format!("Test image {index}: label {label}, predicted {}", self.prediction()),
            subtitle: self.dataset.clone(),
            pixels,
            columns,
            label,
            probabilities: self.sample.probabilities.clone(),
        })
    }

    /// For each layer the inner states and the output, `[neuron x time]`.
    pub fn heatmaps(&self) -> Vec<Heatmap> {
        let layers = self.sample.layers.iter().enumerate();
        let heatmaps = layers.flat_map(|(layer, record)| {
            let one = |what: &str, title: &str, quantity: String, grid: &Grid| Heatmap {
                name: format!("layer{}_{what}", layer + 1),
                title: format!("{}: {title}", record.name),
                subtitle: self.subtitle(),
                quantity,
                rows: "neuron".into(),
                grid: grid.clone(),
            };
            let state = format!("{}, arbitrary unit", record.state_name);
            let size = if record.spiking { "spike size" } else { "output" };
            [
                one("state", "inner state after each step", state, &record.state),
                one("output", "output", size.into(), &record.output),
            ]
        });
        heatmaps.collect()
    }

    /// Of each layer of feature maps, the spikes of each map, all time steps added up, as an image.
    pub fn feature_maps(&self) -> Vec<Weights> {
        let maps = self.sample.layers.iter().enumerate().filter_map(|(layer, record)| {
            let [channels, rows, columns] = record.shape[..] else { return None };
            let pixels = rows * columns;
            let count = |neuron: usize| record.output.row(neuron).iter().sum::<f32>();
            let values = (0..pixels).flat_map(|pixel| (0..channels).map(move |channel| channel * pixels + pixel));
            Some(Weights {
                name: format!("layer{}_maps", layer + 1),
                title: format!("{}: what each of {channels} feature maps sent", record.name),
                subtitle: format!("all time steps added up · {}", self.subtitle()),
                quantity: "sum of spikes".into(),
                weights: values.map(count).collect(),
                neurons: channels,
                columns,
            })
        });
        maps.collect()
    }

    /// An active neuron of `layer`: of those which fire at most every eighth step, so that single spikes can be seen,
    /// the one which fired most often for this sample; if there is none, the most active of all.
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
            let why = if hidden.is_none() { "an active one for this sample" } else { "as asked for" };
            shown.push((0, neuron, "hidden", format!("Hidden neuron {neuron}"), why));
        } else if let Some(neuron) = hidden {
            bail!("hidden neuron {neuron} was asked for, but this network has no hidden layer of neurons");
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
        let record: &LayerRecord = &self.sample.layers[layer];
        if neuron >= record.state.rows {
            bail!(
                "neuron {neuron} of {} was asked for, it has {} (0 to {})",
                record.name,
                record.state.rows,
                record.state.rows - 1
            );
        }
        let subtitle = format!("{why} · {} · {}", record.name, self.subtitle());
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
            spikes: if record.spiking { record.spikes.row(neuron).to_vec() } else { vec![0.0; record.spikes.columns] },
            threshold: record.threshold,
        };
        Ok((traces, membrane))
    }

    /// Who fired when.
    pub fn raster(&self) -> Option<Raster> {
        let spiking = self.sample.layers.iter().filter(|record| record.spiking);
        let layers: Vec<RasterLayer> =
            spiking.map(|record| RasterLayer { label: record.name.clone(), spikes: record.spikes.clone() }).collect();
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
        let layers: Vec<LayerRates> =
            self.rates.iter().map(|(name, rates)| LayerRates { label: name.clone(), rates: rates.clone() }).collect();
        (!layers.is_empty()).then(|| Rates {
            name: "firing_rates".into(),
            title: "Firing rates".into(),
            subtitle: format!(
                "each neuron's mean over {} test {}; grey: silent · {}",
                self.samples, self.samples_are, self.dataset
            ),
            layers,
        })
    }

    /// The first layer's weights as images.
    pub fn weights(&self) -> Option<Weights> {
        let FirstWeights { values, neurons, columns } = self.first_weights.clone()?;
        Some(Weights {
            name: "weights".into(),
            title: "What the neurons of the first layer look for".into(),
            subtitle: format!("weights of each neuron as an image, in order from the top left · {}", self.dataset),
            quantity: "weight".into(),
            weights: values,
            neurons,
            columns,
        })
    }

    /// Labels and predictions over the test set.
    pub fn confusion(&self) -> Confusion {
        Confusion {
            name: "confusion".into(),
            title: format!("Confusion matrix: {:.2} % correct", 100.0 * self.accuracy()),
            subtitle: format!("{} test {} · {}", self.samples, self.samples_are, self.dataset),
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

/// A run's recipe, and its seed if another one has the same recipe.
fn label(reports: &[&Report], place: usize) -> String {
    let report = reports[place];
    let alike = reports.iter().filter(|other| other.recipe == report.recipe).count();
    if alike > 1 { format!("{}, seed {}", report.recipe, report.seed) } else { report.recipe.clone() }
}
