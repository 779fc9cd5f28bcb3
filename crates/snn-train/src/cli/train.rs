//! `snn-train train`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use snn_data::{DatasetChoice, SYNTHETIC};

use super::args::{
    ComputeArgs, DataArgs, open_backend, positive, print_json, require_same_data, say_data, set_threads, write_page,
};
use super::overrides::{Override, OverrideArgs};
use super::seeds::{self, Seeds};
use crate::backend::Backend;
use crate::observer::console::{Console, download_bars};
use crate::run::data_settings::{RANDOM_SPIKES, Validation};
use crate::run::file::{Machine, RunFile};
use crate::run::recipe::{self, Recipe};
use crate::run::report::Report;
use crate::run::{self, RUN_FILE, Run, files, network};
use crate::training::capacity::{Work, require_input, require_memory};
use crate::training::data::Data;
use crate::training::epochs::{Setup, train};
use crate::training::interrupt;

/// Options of `train`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// What is trained: chevalier2018, chevalier2018-dense, lif-mlp, lif-flicker, spiking-conv, or a file [default: chevalier2018]
    #[arg(long, value_name = "NAME|FILE.toml", help_heading = "Network")]
    pub recipe: Option<String>,
    /// Train once with each of several seeds, and report mean and deviation: 0..4 (both ends), or 0,3,7
    #[arg(long, value_parser = seeds::parse, value_name = "SEEDS", conflicts_with = "seed", help_heading = "Training")]
    pub seeds: Option<Seeds>,
    /// Options which a comparison shares.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of `train` which a comparison of networks shares.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CommonArgs {
    /// Overrides of the recipe.
    #[command(flatten)]
    pub overrides: OverrideArgs,
    /// The run's folder [default: runs/RECIPE-seedSEED]
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Go on with the run in the folder, with its own options, from its last checkpoint; a larger --epochs trains on
    #[arg(long, help_heading = "Training")]
    pub resume: bool,
    /// Write a checkpoint every so many batches, besides that after each epoch
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "BATCHES", default_value_t = 20, help_heading = "Output")]
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
    if args.seeds.is_some() {
        return seeds::run(args);
    }
    let console = args.common.compute.console();
    let given = args.common.overrides.all()?;
    let folder = match &args.common.out {
        Some(folder) => folder.clone(),
        None => default_folder(args.recipe.as_deref(), args.common.overrides.seed.unwrap_or_default())?,
    };
    let report = train_in(&folder, args.recipe.as_deref(), &given, &args.common, &console)?;
    console.line(&format!("the run is in {}", folder.display()));
    write_page(&folder, std::slice::from_ref(&folder), &args.common.data, &console)?;
    if args.common.compute.json { print_json(&report) } else { Ok(()) }
}

/// The folder of a run of a recipe.
fn default_folder(recipe: Option<&str>, seed: u64) -> Result<PathBuf> {
    let name = Recipe::load(recipe.unwrap_or(recipe::DEFAULT))?.name;
    Ok(PathBuf::from(format!("runs/{name}-seed{seed}")))
}

/// Trains a network in `folder`, a new one with what is `given`, or, with `--resume`, the one which is there.
pub fn train_in(
    folder: &Path,
    recipe: Option<&str>,
    given: &[Override],
    args: &CommonArgs,
    console: &Console,
) -> Result<Report> {
    let existing = existing_run(folder, args.resume)?;
    let wanted = match &existing {
        Some(run) => resumed(run, recipe, given, args)
            .with_context(|| format!("{} cannot be resumed with other options", folder.display()))?,
        None => new(recipe, given, args)?,
    };
    // Before any work: a folder which cannot be written is found out now.
    let _only_one = run::lock(folder)?;
    interrupt::listen();
    let threads = set_threads(wanted.machine.as_ref().map(|machine| machine.threads).or(args.compute.threads))?;
    let backend = match &wanted.machine {
        Some(machine) => Backend::named(&machine.backend)?,
        None => args.compute.backend.unwrap_or_default(),
    };
    let backend = open_backend(backend, console)?;
    let data = Data::load(&wanted.data, args.data.options(), &mut download_bars())?;
    say_data(&data, console);
    if existing.is_some() {
        require_same_data(&wanted, &data, "")
            .with_context(|| format!("{} cannot be resumed with other images", folder.display()))?;
    } else if wanted.data.md5.is_some() {
        require_same_data(&wanted, &data, ", or take other images on purpose with --dataset files")?;
    }
    let held_back = wanted.data.held_back(data.train.len())?;
    let wanted = complete(wanted, &data, held_back, Machine { backend: backend.name.to_owned(), threads });
    let data = data.hold_back(held_back);
    let batch = wanted.training.batch_size.min(wanted.trained_samples().max(data.test.len()));
    let features = data.input_features();
    require_input(data.steps().unwrap_or(1), batch, features)?;
    let network = network::build(&wanted, &data.input(), data.classes, &backend.device)?;
    let steps = network::time_steps(&network, data.steps());
    let at_once = wanted.training.segments.map_or(steps, |every| every.min(steps));
    require_memory(&network, at_once, batch, Work::Training, &backend.device)?;
    if existing.as_ref().is_none_or(|run| run.file != wanted) {
        files::write(&folder.join(RUN_FILE), wanted.to_string().as_bytes())?;
    }
    train(&Setup {
        run: &wanted,
        folder,
        data: &data,
        device: &backend.device,
        checkpoint_every: args.checkpoint_every,
        console,
    })
}

/// What a new run does, as far as it is known before its data are.
fn new(recipe: Option<&str>, given: &[Override], args: &CommonArgs) -> Result<RunFile> {
    let mut recipe = Recipe::load(recipe.unwrap_or(recipe::DEFAULT))?;
    for one in given {
        match one.option.as_str() {
            option if option.starts_with("--set machine.") => {
                bail!("{option}: where a run computes is no part of its recipe; take --backend and --threads")
            }
            "--set training.legs" => bail!("--set training.legs: only --resume with more --epochs makes a further leg"),
            _ => one.apply(&mut recipe.document, &recipe.name)?,
        }
    }
    let mut run = RunFile::new(&recipe.name, &recipe.document)?;
    if let Some(dataset) = args.data.dataset {
        run.data.name = dataset.name().to_owned();
        run.data.md5 = None;
        run.data.check()?;
    }
    // Another machine's choice is no part of a recipe.
    run.machine = None;
    run.training.legs.clear();
    Ok(run)
}

/// What was asked for, and what was found: everything that determines the run.
fn complete(run: RunFile, data: &Data, held_back: usize, machine: Machine) -> RunFile {
    let mut settings = run.data;
    settings.name.clone_from(&data.name);
    settings.md5.clone_from(&data.md5);
    settings.train_samples = Some(data.train.len());
    settings.test_samples = Some(data.test.len());
    settings.validation = Validation::Samples(held_back);
    RunFile { data: settings, machine: Some(machine), ..run }
}

/// The run to go on with. A folder with anything that a run would overwrite is refused unless it is one to resume.
fn existing_run(folder: &Path, resume: bool) -> Result<Option<Run>> {
    if resume {
        return Run::open(folder).map(Some).context("nothing to resume");
    }
    if folder.exists() && !folder.is_dir() {
        bail!("{} is not a folder; choose another --out", folder.display());
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

/// The run that goes on. Options may be left out, or be those of the run; others would not give the run's weights. Only more epochs may
/// be asked for, as a further leg.
fn resumed(run: &Run, recipe: Option<&str>, given: &[Override], args: &CommonArgs) -> Result<RunFile> {
    let file = &run.file;
    if let Some(recipe) = recipe {
        let name = Recipe::load(recipe)?.name;
        if name != file.recipe {
            bail!("--recipe: the run is of {}, {name} was asked for", file.recipe);
        }
    }
    let mut wanted = file.clone();
    for one in given {
        match one.epochs() {
            Some(epochs) if epochs > file.training.epochs => {
                wanted.training.legs.push(file.training.epochs);
                wanted.training.epochs = epochs;
            }
            Some(epochs) if epochs < file.training.epochs => bail!(
                "{}: the run has {} epochs, {epochs} were asked for; fewer cannot be trained, more can",
                one.option,
                file.training.epochs
            ),
            _ => one.require_same(&run.document, file)?,
        }
    }
    let machine = file.machine()?;
    if let Some(threads) = args.compute.threads.filter(|threads| *threads != machine.threads) {
        bail!("--threads: the run has {} threads, {threads} were asked for", machine.threads);
    }
    if let Some(backend) = args.compute.backend.filter(|backend| *backend != Backend::Auto)
        && backend.name() != machine.backend
    {
        bail!("--backend: the run has {}, {} was asked for", machine.backend, backend.name());
    }
    let is_of_files = ![SYNTHETIC, RANDOM_SPIKES].contains(&file.data.name.as_str());
    let other = args.data.dataset.filter(|dataset| match dataset {
        DatasetChoice::Auto => false,
        DatasetChoice::Files => !is_of_files,
        DatasetChoice::Mnist | DatasetChoice::Synthetic => dataset.name() != file.data.name,
    });
    if let Some(dataset) = other {
        bail!("--dataset: the run has {}, {} was asked for", file.data.name, dataset.name());
    }
    Ok(wanted)
}
