//! `snn-train stdp`

mod document;
mod experiment;
mod figure;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use snn_core::stdp::{PairStdp, Sampling};

use super::shared::{ComputeArgs, DataArgs, load_data, open_backend, positive, print_json, set_threads};
use crate::backend::Backend;
use crate::draw::{Format, save};
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
