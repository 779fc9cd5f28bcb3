//! `snn-train stdp`

use std::path::PathBuf;

use anyhow::{Result, bail};
use burn::module::Module;
use burn::tensor::Device;
use snn_core::analysis::timing::Sampling;
use snn_core::learning::PairStdp;
use snn_core::noise::NoiseSeed;
use snn_core::record::record;
use snn_network::Network;
use snn_plot::{Format, save};

use super::args::{ComputeArgs, DataArgs, Opened, positive, print_json};
use super::values;
use crate::run::files;
use crate::run::network::{self, time_steps};
use crate::stdp::Equation;
use crate::stdp::document::{Document, Rule, summary, table};
use crate::stdp::experiment::Experiment;
use crate::stdp::figure::figure;
use crate::training::data::Data;
use crate::training::evaluate::{self, spiking};

/// Options of `stdp`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The run's folder
    #[arg(long, value_name = "FOLDER")]
    pub run: PathBuf,
    /// Where stdp.json, stdp.csv and the figure go
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// How many test samples, the first ones
    #[arg(long, default_value_t = 100, value_parser = positive, value_name = "COUNT")]
    pub samples: usize,
    /// How many steps before and after a spike are looked at [default: 40]
    #[arg(long, value_parser = positive, value_name = "STEPS")]
    pub window: Option<usize>,
    /// The influence is measured at the spikes of every n-th step; each costs one backward pass
    #[arg(long, default_value_t = 1, value_parser = positive, value_name = "STEPS")]
    pub stride: usize,
    /// The figure's file format
    #[arg(long, value_parser = values::format(), default_value_t)]
    pub format: Format,
    /// Where data comes from; the run's data set unless asked otherwise.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where and how to compute; the run's backend unless asked otherwise.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// How many steps before and after a spike are looked at unless asked otherwise.
const WINDOW: usize = 40;

/// Of neurons without a decay: the time constant of the classical window drawn beside.
const TIME_CONSTANT: f64 = 10.0;

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.compute.console();
    let opened = Opened::open(&args.run, &args.data, &args.compute, Some(args.samples), |_| Ok(()))?;
    let (file, data) = (&opened.run.file, &opened.data);
    let device = opened.backend.device.clone().autodiff();
    let trained = opened.network(&device)?;
    let untrained = network::build(file, &data.input(), data.classes, &device)?;
    let folder = args.run.display();
    if spiking(&trained).is_empty() {
        bail!(
            "{folder} is a run of {}: it has no spikes, so there is nothing to measure; measure a run of a network with spikes, for \
             instance --recipe chevalier2018",
            file.recipe
        );
    }
    let steps = time_steps(&trained, data.steps());
    if let Some(window) = args.window.filter(|window| *window >= steps) {
        bail!(
            "--window {window} looks further than the {steps} time steps of {folder}; at most {} is possible",
            steps - 1
        );
    }
    if args.stride > steps {
        bail!(
            "--stride {} is longer than the {steps} time steps of {folder}; at most {steps} is possible",
            args.stride
        );
    }
    let window = args.window.unwrap_or(WINDOW.min(steps - 1));

    let equation = first_equation(&trained, data, &device);
    let time_constant = equation.decay.map_or(TIME_CONSTANT, |decay| -1.0 / decay.ln());
    let rule = PairStdp {
        a_plus: 1.0,
        a_minus: 1.0,
        tau_plus: time_constant,
        tau_minus: time_constant,
        ..PairStdp::default()
    };
    let experiment = Experiment {
        file,
        data,
        sampling: Sampling { window, stride: args.stride },
        rule,
        device: &device,
        console: &console,
    };
    let mut layers = experiment.layers(&trained, "trained")?;
    layers.extend(experiment.layers(&untrained, "untrained")?);
    layers.sort_by_key(|layer| (layer.layer, layer.state));
    let first = trained.populations().next();
    let document = Document {
        recipe: file.recipe.clone(),
        decay: equation.decay,
        threshold: equation.graded.map(|(_, threshold, _)| threshold),
        penalty: equation.graded.map(|(.., penalty)| penalty),
        reset: equation.graded.map(|(reset, ..)| format!("{reset:?}").to_lowercase()),
        after_spike: first.and_then(|(_, population)| population.after_spike()),
        dataset: data.name.clone(),
        samples: args.samples,
        learning_rate: file.training.learning_rate(0, 0, file.batches()),
        time_constant,
        rule: Rule { a_plus: 1.0, a_minus: 1.0, tau_plus: time_constant, tau_minus: time_constant },
        layers,
    };

    files::create_folder(&args.out)?;
    let (json, csv) = (args.out.join("stdp.json"), args.out.join("stdp.csv"));
    files::write_json(&json, &document)?;
    files::write(&csv, table(&document, &rule).as_bytes())?;
    let figure = save(&figure(&document, &rule, &data.title), &args.out, args.format)?;
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

/// What is known of the equation of the first population.
fn first_equation(network: &Network, data: &Data, device: &Device) -> Equation {
    let (input, _) = data.test.batch(&[0], device);
    let (_, recording) = record(|| evaluate::run(&network.valid(), input.inner(), NoiseSeed::new(0), &[]));
    recording.populations.first().map_or(Equation { decay: None, graded: None }, Equation::of)
}
