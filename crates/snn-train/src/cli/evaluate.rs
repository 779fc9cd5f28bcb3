//! `snn-train evaluate`

use std::path::PathBuf;

use anyhow::Result;
use burn::module::Module;
use serde::Serialize;
use snn_core::device::execution_counts;

use super::args::{ComputeArgs, DataArgs, Opened, positive, print_json, size};
use super::overrides::{DoesNotApply, OverrideArgs};
use crate::run::Run;
use crate::run::file::RunFile;
use crate::run::network::time_steps;
use crate::run::report::{path_since, rounded};
use crate::training::capacity::{Work, require_memory};
use crate::training::evaluate::evaluate;

/// Options of `evaluate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The run's folder
    #[arg(long, value_name = "FOLDER")]
    pub run: PathBuf,
    /// Time steps per sample, of a network with an encoder [default: the run's]
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "COUNT")]
    pub time_steps: Option<usize>,
    /// Batch size [default: the run's; another one draws other noise]
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "COUNT")]
    pub batch_size: Option<usize>,
    /// Only the first test samples [default: the run's]
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
    recipe: String,
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
    /// `[label][predicted]`
    confusion: Vec<Vec<usize>>,
    spikes_per_sample: Vec<f64>,
    silent_neurons: Vec<usize>,
}

/// The run with other time steps.
fn with_time_steps(run: &mut Run, steps: usize) -> Result<()> {
    let overrides = OverrideArgs { time_steps: Some(steps), ..OverrideArgs::default() };
    for one in overrides.all()? {
        let applied = one.apply(&mut run.document, &run.file.recipe);
        applied.map_err(|error| match error.is::<DoesNotApply>() {
            true => error.context(format!("--time-steps {steps} for {}", run.folder.display())),
            false => error,
        })?;
    }
    run.file = RunFile::new(&run.file.recipe, &run.document)?;
    Ok(())
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.compute.console();
    let opened = Opened::open(&args.run, &args.data, &args.compute, args.test_samples, |run| match args.time_steps {
        Some(steps) => with_time_steps(run, steps),
        None => Ok(()),
    })?;
    let (file, data, device) = (&opened.run.file, &opened.data, &opened.backend.device);
    let network = opened.network(device)?;
    let batch_size = args.batch_size.unwrap_or(file.training.batch_size);
    let steps = time_steps(&network, data.steps());
    require_memory(&network, steps, batch_size.min(data.test.len()), Work::Inference, device)?;
    let least = network.least_time_steps();
    if steps < least {
        console.line(&format!(
            "warning: spikes leave one step late or more, and none reaches the logits with --time-steps {steps}; at least {least} are \
             needed"
        ));
    }
    let counted = execution_counts();
    let (loss, classes) = (&file.training.loss, data.classes);
    let result = evaluate(&network.valid(), loss, &data.test, classes, batch_size, device, &console)?;
    console.line(&format!(
        "test loss {:.4}, accuracy {}/{} = {:.2} %",
        result.loss,
        result.correct,
        result.total,
        100.0 * result.accuracy()
    ));
    console.line(&format!("label  {}  correct", data.samples_are()));
    for label in 0..classes {
        let samples: usize = result.confusion[label].iter().sum();
        let share = match samples {
            0 => "–".to_owned(),
            _ => format!("{:.2}", 100.0 * result.confusion[label][label] as f64 / samples as f64),
        };
        console.line(&format!("{label:>5}  {samples:>width$}  {share:>6} %", width = data.samples_are().len()));
    }
    let names = network.population_summaries();
    let spiking =
        names.iter().filter(|one| one.spikes).zip(result.spikes_per_sample.iter().zip(&result.silent_neurons));
    for (population, (spikes, silent)) in spiking {
        console.line(&format!(
            "{}: {spikes:.1} spikes sent per sample, {silent} of {} neurons send none",
            population.name, population.neurons
        ));
    }
    if args.compute.json {
        print_json(&Document {
            run: args.run,
            recipe: file.recipe.clone(),
            model: file.recipe.clone(),
            dataset: data.name.clone(),
            backend: opened.backend.name.to_owned(),
            path: path_since(counted, ""),
            time_steps: steps,
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
