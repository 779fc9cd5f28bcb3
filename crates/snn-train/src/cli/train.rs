//! `snn-train train`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use snn_data::{Dataset, DatasetChoice, SYNTHETIC};

use super::options;
use super::shared::{
    ComputeArgs, DataArgs, load_data, open_backend, positive, print_json, require_same_data, set_threads, size,
};
use crate::backend::Backend;
use crate::config::{ModelKind, Reset, RunConfig};
use crate::console::Console;
use crate::factors::Factors;
use crate::files;
use crate::html;
use crate::memory::{Work, require_memory};
use crate::recipe::Recipe;
use crate::report::Report;
use crate::run::{self, CONFIG, Run};
use crate::train::{Setup, train};

/// Options of `train`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// The network with its schedule [default: article]
    #[arg(long, value_enum)]
    pub recipe: Option<Recipe>,
    /// Which network of the article [default: spiking]
    #[arg(long, value_enum)]
    pub model: Option<ModelKind>,
    /// Options which a comparison of networks shares.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of `train` which a comparison of networks shares.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CommonArgs {
    /// How often all training images are seen [default: those of the recipe, 3 in the article]
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "COUNT")]
    pub epochs: Option<usize>,
    /// Decides initial weights, order of the images, and noise [default: 0]
    #[arg(long, allow_negative_numbers = true, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// The run's folder [default: runs/MODEL-seedSEED]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Go on with the run in the folder, with its own options, from its last checkpoint
    #[arg(long)]
    pub resume: bool,
    /// What a spike does to the membrane of the article's neurons [default: scaled, as in the article's code]
    #[arg(long, value_enum)]
    pub reset: Option<Reset>,
    /// Time steps per image, of a spiking network [default: those of the recipe, 128 in the article]
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "COUNT")]
    pub time_steps: Option<usize>,
    /// Adds this share of each weight and bias to its gradient [default: 0]
    #[arg(long, value_parser = not_negative, value_name = "SHARE")]
    pub weight_decay: Option<f64>,
    /// Each spike of the article's neurons is followed by a smaller, longer negative signal which cancels it and fades by this factor per
    /// step [default: none]
    #[arg(long, value_parser = decay, value_name = "DECAY")]
    pub after_spike: Option<f64>,
    /// The numbers in which the matrix products of the article's spiking network are multiplied [default: f32]
    #[arg(long, value_enum)]
    pub precision: Option<Factors>,
    /// Images per step of the optimizer [default: those of the recipe, 1000 in the article]
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "COUNT")]
    pub batch_size: Option<usize>,
    /// Only the first training images [default: all]
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "COUNT")]
    pub train_samples: Option<usize>,
    /// Only the first test images [default: all]
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "COUNT")]
    pub test_samples: Option<usize>,
    /// Write a checkpoint every so many batches, besides that after each epoch
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "BATCHES", default_value_t = 20)]
    pub checkpoint_every: usize,
    /// Where data comes from.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where and how to compute.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.common.compute.console();
    let recipe = args.recipe.unwrap_or_default();
    refuse_options_of_the_article(recipe, &args)?;
    let model = args.recipe.map(|recipe| recipe.model(args.model.unwrap_or_default())).or(args.model);
    let seed = args.common.seed.unwrap_or_default();
    let folder = args
        .common
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("runs/{}-seed{seed}", model.unwrap_or_default().name())));
    let report = train_in(&folder, model, &args.common, &console)?;
    console.line(&format!("the run is in {}", folder.display()));
    html::write(&folder, std::slice::from_ref(&folder), &args.common.data, &console)?;
    if args.common.compute.json {
        print_json(&report)?;
    }
    Ok(())
}

fn refuse_options_of_the_article(recipe: Recipe, args: &Args) -> Result<()> {
    let given = [
        ("--model", args.model.is_some()),
        ("--reset", args.common.reset.is_some()),
        ("--after-spike", args.common.after_spike.is_some()),
        ("--precision", args.common.precision.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given && recipe != Recipe::Article) {
        Some((option, _)) => bail!("{option} is for the article's networks; leave it out, or take --recipe article"),
        None => Ok(()),
    }
}

/// Trains a network in `folder`, a new one or, with `--resume`, the one which is there.
pub fn train_in(folder: &Path, model: Option<ModelKind>, args: &CommonArgs, console: &Console) -> Result<Report> {
    let existing = existing_run(folder, args.resume)?;
    options::refuse(existing.as_ref().map_or(model.unwrap_or_default(), |run| run.config.model), args)?;
    // Before any work: a folder which cannot be written is found out now.
    let _only_one = run::lock(folder)?;
    if let Some(run) = &existing {
        refuse_other_options(&run.config, model, args)
            .with_context(|| format!("{} cannot be resumed with other options", folder.display()))?;
    }
    let threads = set_threads(existing.as_ref().map(|run| run.config.threads).or(args.compute.threads))?;
    let backend = match &existing {
        Some(run) => Backend::named(&run.config.backend)?,
        None => args.compute.backend.unwrap_or_default(),
    };
    let backend = open_backend(backend, console)?;
    let precision = existing.as_ref().map(|run| run.config.precision).or(args.precision);
    precision.unwrap_or_default().require(&backend.device)?;
    let mut data = args.data.options(existing.as_ref().map(|run| run.config.dataset.as_str()))?;
    if let Some(run) = &existing {
        data.dataset = DatasetChoice::named(&run.config.dataset)?;
    }
    data.train_samples = existing.as_ref().map(|run| run.config.training_images()).or(args.train_samples);
    data.test_samples = existing.as_ref().map(|run| run.config.test_samples).or(args.test_samples);
    let dataset = load_data(&data, console)?;
    if let Some(run) = &existing {
        require_same_data(&run.config, &dataset, "")
            .with_context(|| format!("{} cannot be resumed with other images", folder.display()))?;
    }
    let recipe = existing.as_ref().map_or(Recipe::of(model.unwrap_or_default()), |run| Recipe::of(run.config.model));
    recipe.check_images(&dataset)?;
    let held_back = match &existing {
        Some(run) => run.config.validation_samples,
        None => recipe.validation_samples(dataset.train.len()),
    };
    let dataset = dataset.hold_back(held_back);
    let config = match existing {
        Some(run) => {
            require_memory(&run.config, Work::Training, &backend.device)?;
            run.config
        }
        None => {
            let config = new_config(recipe, model.unwrap_or_default(), args, &dataset, backend.name, threads);
            config.validate()?;
            require_memory(&config, Work::Training, &backend.device)?;
            files::write_json(&folder.join(CONFIG), &config)?;
            config
        }
    };
    train(&Setup {
        config: &config,
        folder,
        dataset: &dataset,
        device: &backend.device,
        checkpoint_every: args.checkpoint_every,
        console,
    })
}

/// The run to go on with. A folder with anything that a run would overwrite is refused unless it is one to resume.
fn existing_run(folder: &Path, resume: bool) -> Result<Option<Run>> {
    if resume {
        return Run::open(folder).map(Some).context("nothing to resume");
    }
    if folder.exists() && !folder.is_dir() {
        bail!("{} is no folder; choose another --out", folder.display());
    }
    match run::occupied_by(folder) {
        Some(name) => bail!(
            "{} holds a run already (it has {name}), which is never overwritten; --resume goes on with it, another --out \
             begins a new one",
            folder.display()
        ),
        None => Ok(None),
    }
}

fn new_config(
    recipe: Recipe,
    model: ModelKind,
    args: &CommonArgs,
    dataset: &Dataset,
    backend: &str,
    threads: usize,
) -> RunConfig {
    let recipe = recipe.config(model, args.seed.unwrap_or_default(), dataset);
    RunConfig {
        reset: args.reset.unwrap_or_default(),
        backend: backend.to_owned(),
        threads,
        epochs: args.epochs.unwrap_or(recipe.epochs),
        batch_size: args.batch_size.unwrap_or(recipe.batch_size),
        time_steps: args.time_steps.unwrap_or(recipe.time_steps),
        weight_decay: args.weight_decay.unwrap_or_default(),
        after_spike: args.after_spike,
        precision: args.precision.unwrap_or_default(),
        ..recipe
    }
}

fn decay(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        // Computed in f32, where what is nearly 1 is 1. Adding 0 makes -0 to 0.
        Ok(number) if number >= 0.0 && (number as f32) < 1.0 => Ok(number + 0.0),
        _ => Err("a number from 0 to below 1 is needed".to_owned()),
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number >= 0.0 && (number as f32).is_finite() => Ok(number + 0.0),
        _ => Err(format!("a number from 0 to {:e} is needed", f32::MAX)),
    }
}

/// Options may be left out when resuming, or be those of the run; others would not give the run's weights.
fn refuse_other_options(config: &RunConfig, model: Option<ModelKind>, args: &CommonArgs) -> Result<()> {
    fn same<T: PartialEq + std::fmt::Debug>(option: &str, run: T, asked: Option<T>) -> Result<()> {
        match asked {
            Some(asked) if asked != run => bail!("the run has {option} {run:?}, {asked:?} was asked for"),
            _ => Ok(()),
        }
    }
    if let Some(model) = model.filter(|model| *model != config.model) {
        bail!("the run is of {}, {} was asked for", config.model.title(), model.title());
    }
    same("--epochs", config.epochs, args.epochs)?;
    same("--seed", config.seed, args.seed)?;
    same("--weight-decay", config.weight_decay, args.weight_decay)?;
    same("--batch-size", config.batch_size, args.batch_size)?;
    same("--train-samples", config.training_images(), args.train_samples)?;
    same("--test-samples", config.test_samples, args.test_samples)?;
    same("--threads", config.threads, args.compute.threads)?;
    // Which of these apply to the run's network at all is `options`' business.
    same("--time-steps", config.time_steps, args.time_steps)?;
    same("--reset", config.reset, args.reset)?;
    same("--after-spike", config.after_spike, args.after_spike.map(Some))?;
    same("--precision", config.precision, args.precision)?;
    let backend = args.compute.backend.filter(|backend| *backend != Backend::Auto);
    same("--backend", Backend::named(&config.backend)?, backend)?;
    let is_of_files = config.dataset != SYNTHETIC;
    let dataset = args.data.dataset.filter(|dataset| match dataset {
        DatasetChoice::Auto => false,
        DatasetChoice::Files => !is_of_files,
        DatasetChoice::Mnist | DatasetChoice::Synthetic => true,
    });
    same("--dataset", DatasetChoice::named(&config.dataset)?, dataset)
}
