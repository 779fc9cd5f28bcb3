//! `snn-train evaluate`

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::Serialize;
use snn_core::device::execution_counts;
use snn_data::CLASSES;

use super::shared::{
    ComputeArgs, DataArgs, load_test_data, open_backend, positive, print_json, say_data, set_threads, size,
};
use crate::backend::Backend;
use crate::evaluate::evaluate;
use crate::memory::{Work, require_memory};
use crate::report::{path_since, rounded};
use crate::run::Run;

/// Options of `evaluate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The run's folder
    #[arg(long, value_name = "FOLDER")]
    pub run: PathBuf,
    /// Time steps per image, of a spiking network [default: the run's]
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "COUNT")]
    pub time_steps: Option<usize>,
    /// Images per batch [default: the run's; another one draws other noise]
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "COUNT")]
    pub batch_size: Option<usize>,
    /// Only the first test images [default: the run's]
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "COUNT")]
    pub test_samples: Option<usize>,
    /// Where data comes from; the run's data set unless asked otherwise.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where and how to compute; the run's backend unless asked otherwise.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// The JSON document of `evaluate --json`.
#[derive(Clone, Debug, Serialize)]
struct Document {
    run: PathBuf,
    model: String,
    dataset: String,
    backend: String,
    path: String,
    time_steps: usize,
    batch_size: usize,
    test_loss: f64,
    test_accuracy: f64,
    correct: usize,
    total: usize,
    /// `[digit][told]`
    confusion: Vec<Vec<usize>>,
    spikes_per_sample: Vec<f64>,
    silent_neurons: Vec<usize>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.compute.console();
    let mut run = Run::open(&args.run)?;
    if let Some(time_steps) = args.time_steps {
        if !run.config.model.spikes() {
            bail!(
                "--time-steps does not apply to {}: it has no time steps; leave it out for {}",
                run.config.model.title(),
                args.run.display()
            );
        }
        run.config.time_steps = time_steps;
    }
    run.config.batch_size = args.batch_size.unwrap_or(run.config.batch_size);
    run.config.test_samples = args.test_samples.unwrap_or(run.config.test_samples);
    set_threads(args.compute.threads)?;
    let backend = match args.compute.backend {
        Some(backend) => backend,
        None => Backend::named(&run.config.backend)?,
    };
    let backend = open_backend(backend, &console)?;
    require_memory(&run.config, Work::Inference, &backend.device)?;
    let model = run.load_model(&backend.device)?;
    let dataset = load_test_data(&run.config, &args.data, run.config.test_samples)?;
    say_data(&dataset, &console);
    let batch_size = run.config.batch_size;
    let least = model.least_time_steps();
    if run.config.time_steps < least {
        console.line(&format!(
            "warning: each layer sends its spikes one step late, and none reaches the logits with --time-steps {}; at least {least} are \
             needed",
            run.config.time_steps
        ));
    }
    let counted = execution_counts();
    let result = evaluate(&model.valid(), &dataset.test, batch_size, &backend.device, &console)?;
    console.line(&format!(
        "test loss {:.4}, accuracy {}/{} = {:.2} %",
        result.loss,
        result.correct,
        result.total,
        100.0 * result.accuracy()
    ));
    console.line("digit  images  right");
    for digit in 0..CLASSES {
        let images: usize = result.confusion[digit].iter().sum();
        let right = result.confusion[digit][digit];
        let share = match images {
            0 => "–".to_owned(),
            _ => format!("{:.2}", 100.0 * right as f64 / images as f64),
        };
        console.line(&format!("{digit:>5}  {images:>6}  {share:>6} %"));
    }
    for (layer, spikes) in result.spikes_per_sample.iter().enumerate() {
        let silent = result.silent_neurons[layer];
        console.line(&format!("layer {}: {spikes:.1} spikes sent per image, {silent} neurons send none", layer + 1));
    }
    if args.compute.json {
        print_json(&Document {
            run: args.run,
            model: run.config.model.name().to_owned(),
            dataset: dataset.name,
            backend: backend.name.to_owned(),
            path: path_since(counted, ""),
            time_steps: run.config.time_steps,
            batch_size,
            test_loss: rounded(result.loss),
            test_accuracy: rounded(result.accuracy()),
            correct: result.correct,
            total: result.total,
            confusion: result.confusion,
            spikes_per_sample: result.spikes_per_sample.iter().map(|spikes| rounded(*spikes)).collect(),
            silent_neurons: result.silent_neurons,
        })?;
    }
    Ok(())
}
