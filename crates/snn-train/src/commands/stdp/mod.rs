//! `snn-train stdp`

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use serde::Serialize;
use snn_core::layer::ArticleNet;
use snn_core::noise::NoiseSeed;
use snn_core::record::record_gradients;
use snn_core::stdp::{
    PairStdp, Sampling, TimingCurve, correlation, fitted_time_constant, gradient_of_spikes, influence,
    influence_factor, predicted_influence, weight_change,
};
use snn_core::synapse::flicker;

use super::shared::{ComputeArgs, DataArgs, load_data, open_backend, positive, print_json, set_threads};
use crate::backend::Backend;
use crate::config::RunConfig;
use crate::console::Console;
use crate::data::Dataset;
use crate::draw::{Curve, Format, Line, Windows, WindowsPanel, save};
use crate::evaluate::losses;
use crate::figures::dataset_name;
use crate::files;
use crate::model::Model;
use crate::run::Run;
use crate::seeds;

/// Options of `stdp`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The run's folder
    #[arg(long, value_name = "FOLDER")]
    pub run: PathBuf,
    /// Where stdp.json, stdp.csv and the figure go
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// How many test images, the first ones
    #[arg(long, default_value_t = 100, value_parser = positive, value_name = "COUNT")]
    pub samples: usize,
    /// How many steps before and after a spike are looked at
    #[arg(long, default_value_t = 40, value_parser = positive, value_name = "STEPS")]
    pub window: usize,
    /// The influence is measured at the spikes of every how manieth step; each costs one backward pass
    #[arg(long, default_value_t = 1, value_parser = positive, value_name = "STEPS")]
    pub stride: usize,
    /// The figure's file format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Where data comes from; the run's data set unless asked otherwise.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where and how to compute; the run's backend unless asked otherwise.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// `stdp.json`. `delta` is the time of the postsynaptic spike minus that at which the presynaptic one arrives.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// λ.
    pub decay: f64,
    /// θ.
    pub threshold: f64,
    /// ρ.
    pub penalty: f64,
    /// `"scaled"` or `"subtracted"`.
    pub reset: String,
    /// κ of the after-spike, if the run has one.
    pub after_spike: Option<f64>,
    /// The data set.
    pub dataset: String,
    /// Test images.
    pub samples: usize,
    /// Of the training step whose weight change is measured.
    pub learning_rate: f64,
    /// -1 / ln λ, which the fitted time constants are to be compared with.
    pub time_constant: f64,
    /// The classical window drawn beside: `a_plus e^(-delta/tau_plus)` from 0 on, `-a_minus e^(delta/tau_minus)` before.
    pub rule: Rule,
    /// Each layer, trained and untrained.
    pub layers: Vec<Layer>,
}

/// The pair rule beside the measured curves.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rule {
    /// A₊.
    pub a_plus: f64,
    /// A₋.
    pub a_minus: f64,
    /// τ₊ in steps.
    pub tau_plus: f64,
    /// τ₋ in steps.
    pub tau_minus: f64,
}

/// One layer in one state.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// Counted from 1, input first.
    pub layer: usize,
    /// `"trained"` or `"untrained"`.
    pub state: &'static str,
    /// Spikes of the layer over all samples, at the steps which were looked at.
    pub spikes: u64,
    /// From `-window` to `window`.
    pub curve: Vec<Point>,
    /// In steps; `None` if the influence does not fall like an exponential.
    pub fitted_time_constant: Option<f64>,
    /// λ^delta from 0 on, 0 before: no spike between.
    pub theory: Vec<f64>,
    /// The same with the factor of the reset at each spike between, averaged over the spikes which there were.
    pub theory_across_spikes: Vec<f64>,
    /// The influence of a presynaptic spike of size 1 together with its after-spike, if the layer before has one.
    pub influence_with_after_spike: Option<Vec<f64>>,
    /// Pearson's correlation of the influence and of the weight change with the rule's window.
    pub correlation: Correlations,
}

/// One place of a curve.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Point {
    /// Time of the postsynaptic spike minus that of the presynaptic one, in steps.
    pub delta: i64,
    /// K(delta).
    pub influence: f64,
    /// Mean weight change of one training step for each pair of spikes.
    pub weight_change: f64,
    /// The mean of its absolute value.
    pub weight_change_magnitude: f64,
    /// Pairs of a presynaptic and a postsynaptic spike.
    pub pairs: u64,
}

/// Correlations with the rule's window.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Correlations {
    /// Of the influence, over all deltas.
    pub influence: Option<f64>,
    /// Of the influence, over the deltas from 0 on.
    pub influence_causal: Option<f64>,
    /// Of the weight change, over all deltas.
    pub weight_change: Option<f64>,
    /// Of its magnitude, over all deltas.
    pub weight_change_magnitude: Option<f64>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.compute.console();
    let run = Run::open(&args.run)?;
    set_threads(args.compute.threads)?;
    let backend = match args.compute.backend {
        Some(backend) => backend,
        None => Backend::named(&run.config.backend)?,
    };
    let backend = open_backend(backend, &console)?;
    let device = backend.device.autodiff();
    let Model::Spiking(trained) = run.load_model(&device)? else {
        bail!("{} is a run of the dense network, which has no spikes; `stdp` needs a spiking one", args.run.display());
    };
    let Model::Spiking(untrained) = Model::init(&run.config, &device) else {
        bail!("{}: its configuration makes no spiking network", args.run.display());
    };
    let mut options = args.data.options(Some(&run.config.dataset))?;
    options.train_samples = Some(1);
    options.test_samples = Some(args.samples);
    let dataset = load_data(&options, &console)?;

    let constants = trained.layers[0].neurons.constants();
    let time_constant = -1.0 / constants.decay.ln();
    let rule = PairStdp {
        a_plus: 1.0,
        a_minus: 1.0,
        tau_plus: time_constant,
        tau_minus: time_constant,
        ..PairStdp::default()
    };
    let experiment = Experiment {
        config: &run.config,
        dataset: &dataset,
        sampling: Sampling { window: args.window, stride: args.stride },
        rule,
        device: &device,
        console: &console,
    };
    let mut layers = experiment.layers(&trained, "trained")?;
    layers.extend(experiment.layers(&untrained, "untrained")?);
    layers.sort_by_key(|layer| (layer.layer, layer.state));
    let document = Document {
        decay: constants.decay,
        threshold: constants.threshold,
        penalty: constants.penalty,
        reset: format!("{:?}", trained.layers[0].neurons.neuron().reset).to_lowercase(),
        after_spike: trained.layers[0].neurons.after_spike(),
        dataset: dataset.name.clone(),
        samples: args.samples,
        learning_rate: run.config.learning_rate(0, 0),
        time_constant,
        rule: Rule { a_plus: 1.0, a_minus: 1.0, tau_plus: time_constant, tau_minus: time_constant },
        layers,
    };

    std::fs::create_dir_all(&args.out).with_context(|| format!("folder {} cannot be made", args.out.display()))?;
    let (json, csv) = (args.out.join("stdp.json"), args.out.join("stdp.csv"));
    files::write_json(&json, &document)?;
    std::fs::write(&csv, table(&document, &rule)).with_context(|| format!("{} cannot be written", csv.display()))?;
    let figure = save(&figure(&document, &rule), &args.out, args.format)?;
    for line in summary(&document) {
        console.line(&line);
    }
    for file in [json, csv, figure] {
        console.line(&file.display().to_string());
    }
    if args.compute.json {
        print_json(&document)?;
    }
    Ok(())
}

struct Experiment<'a> {
    config: &'a RunConfig,
    dataset: &'a Dataset,
    sampling: Sampling,
    rule: PairStdp,
    device: &'a Device,
    console: &'a Console,
}

impl Experiment<'_> {
    fn layers(&self, net: &ArticleNet, state: &'static str) -> Result<Vec<Layer>> {
        let indices: Vec<usize> = (0..self.dataset.test.len()).collect();
        let (images, labels) = self.dataset.test.batch(&indices, self.device);
        let noise = NoiseSeed::new(seeds::evaluation_noise(0));
        let (logits, recording) = record_gradients(|| net.forward(images.clone(), noise));
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

fn table(document: &Document, rule: &PairStdp) -> String {
    let mut csv =
        "layer,state,delta,influence,weight_change,weight_change_magnitude,pairs,theory,theory_across_spikes,rule\n"
            .to_owned();
    for layer in &document.layers {
        for (place, point) in layer.curve.iter().enumerate() {
            // Writing into a string cannot fail.
            let _written = writeln!(
                csv,
                "{},{},{},{},{},{},{},{},{},{}",
                layer.layer,
                layer.state,
                point.delta,
                point.influence,
                point.weight_change,
                point.weight_change_magnitude,
                point.pairs,
                layer.theory[place],
                layer.theory_across_spikes[place],
                rule.window(point.delta)
            );
        }
    }
    csv
}

fn summary(document: &Document) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or("none".to_owned(), |value| format!("{value:.2}"));
    let mut lines = vec![format!(
        "λ = {}: time constant {:.2} steps; correlations are with the classical window",
        document.decay, document.time_constant
    )];
    for layer in &document.layers {
        lines.push(format!(
            "layer {}, {}: {} spikes, time constant {}, influence at deltas below 0: {}, correlation of influence {} \
             (from 0 on {}), of weight change {}",
            layer.layer,
            layer.state,
            layer.spikes,
            number(layer.fitted_time_constant),
            layer.curve.iter().filter(|point| point.delta < 0).map(|point| point.influence.abs()).fold(0.0, f64::max),
            number(layer.correlation.influence),
            number(layer.correlation.influence_causal),
            number(layer.correlation.weight_change),
        ));
    }
    lines
}

fn figure(document: &Document, rule: &PairStdp) -> Windows {
    let mut numbers: Vec<usize> = document.layers.iter().map(|layer| layer.layer).collect();
    numbers.dedup();
    let rows = numbers.into_iter().map(|number| {
        let layers: Vec<&Layer> = document.layers.iter().filter(|layer| layer.layer == number).collect();
        let curves = |value: fn(&Point) -> f64| -> Vec<Curve> {
            let one = |(colour, layer): (usize, &&Layer)| Curve {
                label: layer.state.into(),
                line: Line::Measured,
                colour,
                points: layer.curve.iter().map(|point| (point.delta as f64, value(point))).collect(),
            };
            layers.iter().enumerate().map(one).collect()
        };
        let deltas: Vec<i64> = layers[0].curve.iter().map(|point| point.delta).collect();
        let window = |scale: f64| -> Vec<(f64, f64)> {
            deltas.iter().map(|delta| (*delta as f64, scale * rule.window(*delta))).collect()
        };
        let beside = |scale: f64| Curve {
            label: "classical STDP window, scaled".into(),
            line: Line::Beside,
            colour: 0,
            points: window(scale),
        };
        let spikes: Vec<String> = layers.iter().map(|layer| format!("{} {}", layer.spikes, layer.state)).collect();
        let mut left = vec![beside(1.0)];
        left.extend(curves(|point| point.influence));
        left.extend(layers.iter().enumerate().filter_map(|(place, layer)| {
            let values = layer.influence_with_after_spike.as_ref()?;
            Some(Curve {
                label: format!("{}, a spike with its after-spike", layer.state),
                line: Line::Measured,
                colour: 3 + place,
                points: deltas.iter().zip(values).map(|(delta, value)| (*delta as f64, *value)).collect(),
            })
        }));
        left.push(Curve {
            label: format!("λ^Δ, λ = {}", document.decay),
            line: Line::Theory,
            colour: 2,
            points: deltas.iter().zip(&layers[0].theory).map(|(delta, value)| (*delta as f64, *value)).collect(),
        });
        left.extend(layers.iter().enumerate().map(|(place, layer)| Curve {
            label: format!("λ^Δ across spikes, {}", layer.state),
            line: Line::Theory,
            colour: 3 + place,
            points:
                deltas.iter().zip(&layer.theory_across_spikes).map(|(delta, value)| (*delta as f64, *value)).collect(),
        }));
        let change = curves(|point| point.weight_change);
        let largest =
            change.iter().flat_map(|curve| &curve.points).fold(0.0f64, |largest, (_, value)| largest.max(value.abs()));
        let mut right = vec![beside(if largest > 0.0 { largest } else { 1.0 })];
        right.extend(change);
        vec![
            WindowsPanel {
                title: format!("Layer {number}: influence on a spike ({})", spikes.join(", ")),
                y_label: "K(Δ) = ∂o[t] / ∂i[t−Δ]".into(),
                curves: left,
            },
            WindowsPanel {
                title: format!("Layer {number}: weight change of one step, per pair"),
                y_label: "mean weight change".into(),
                curves: right,
            },
        ]
    });
    Windows {
        name: "stdp".into(),
        title: "Backpropagation beside spike-timing-dependent plasticity".into(),
        subtitle: format!("{} test images · {}", document.samples, dataset_name(&document.dataset)),
        rows: rows.collect(),
    }
}
