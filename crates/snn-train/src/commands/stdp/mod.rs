//! `snn-train stdp`

mod document;
mod experiment;
mod figure;

use std::path::PathBuf;

use anyhow::{Result, bail};
use snn_core::analysis::timing::Sampling;
use snn_core::learning::PairStdp;
use snn_plot::{Format, save};

use super::shared::{ComputeArgs, DataArgs, load_test_data, open_backend, positive, print_json, say_data, set_threads};
use super::values;
use crate::backend::Backend;
use crate::config::ModelKind;
use crate::files;
use crate::model::Model;
use crate::run::Run;
use document::{Document, Rule, summary, table};
use experiment::Experiment;
use figure::figure;

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

/// Says why a run cannot be measured, or not as asked.
fn require_measurable(run: &Run, args: &Args) -> Result<()> {
    let (folder, model, steps) = (args.run.display(), run.config.model, run.config.time_steps);
    let way_out = "measure a run of `snn-train train --model spiking`";
    match model {
        ModelKind::Spiking => (),
        ModelKind::Dense => {
            bail!("{folder} is a run of {}: it has no spikes, so there is nothing to measure; {way_out}", model.title())
        }
        // They spike, but what is expected of a spike is worked out from the article's decay and reset, and what arrives at the first
        // layer from pixels which flicker.
        ModelKind::Lif | ModelKind::Conv => bail!(
            "{folder} is a run of {}: it spikes, but the measurement is written for the article's graded neurons and flickering pixels; \
             {way_out}",
            model.title()
        ),
    }
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
    Ok(())
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.compute.console();
    let run = Run::open(&args.run)?;
    require_measurable(&run, &args)?;
    set_threads(args.compute.threads)?;
    let backend = match args.compute.backend {
        Some(backend) => backend,
        None => Backend::named(&run.config.backend)?,
    };
    let backend = open_backend(backend, &console)?;
    let device = backend.device.autodiff();
    let Model::Spiking(trained) = run.load_model(&device)? else {
        bail!("{}: its configuration makes {}", args.run.display(), run.config.model.title());
    };
    let Model::Spiking(untrained) = Model::init(&run.config, &device) else {
        bail!("{}: its configuration makes {}", args.run.display(), run.config.model.title());
    };
    let dataset = load_test_data(&run.config, &args.data, args.samples)?;
    say_data(&dataset, &console);

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
        sampling: Sampling { window: args.window.unwrap_or(WINDOW), stride: args.stride },
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

    files::create_folder(&args.out)?;
    let (json, csv) = (args.out.join("stdp.json"), args.out.join("stdp.csv"));
    files::write_json(&json, &document)?;
    files::write(&csv, table(&document, &rule).as_bytes())?;
    let figure = save(&figure(&document, &rule, &dataset.title), &args.out, args.format)?;
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
