//! Options which several commands have.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use snn_data::{DataOptions, Dataset, DatasetChoice, load_with_progress, title};

use super::values;
use crate::backend::{self, Backend, Chosen};
use crate::config::RunConfig;
use crate::console::{Console, download_bars};

/// Where data comes from.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DataArgs {
    /// The data set [default: auto, the files in the folder named, else MNIST if it can be had, else digits drawn by the program]
    #[arg(long, value_parser = values::dataset())]
    pub dataset: Option<DatasetChoice>,
    /// The folder with the four files of MNIST, or of a data set like it; also one with a folder `mnist` or `MNIST/raw` which has
    /// them [default: that in SNN_DATA_DIR, else a download]
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
}

impl DataArgs {
    /// The same for the data set called `name` unless another one is asked for.
    pub fn options(&self, name: Option<&str>) -> Result<DataOptions> {
        let dataset = match (self.dataset, name) {
            (Some(dataset), _) => dataset,
            (None, Some(name)) => DatasetChoice::named(name)?,
            (None, None) => DatasetChoice::Auto,
        };
        Ok(DataOptions { dataset, data_dir: self.data_dir.clone(), ..DataOptions::default() })
    }
}

/// Where and how to compute.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ComputeArgs {
    /// Where to compute [default: auto, a GPU if there is one, else flex, the CPU]
    #[arg(long, value_enum)]
    pub backend: Option<Backend>,
    /// Threads of the CPU; with a GPU they only prepare the images [default: as many as it has]
    #[arg(long, value_parser = threads, allow_negative_numbers = true, value_name = "COUNT")]
    pub threads: Option<usize>,
    /// Print exactly one JSON document on standard output, everything else on standard error
    #[arg(long)]
    pub json: bool,
}

impl ComputeArgs {
    /// Where lines go.
    pub fn console(&self) -> Console {
        Console::new(self.json)
    }
}

/// A whole number from 1 on, for clap.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("a whole number from 1 on is needed".to_owned()),
    }
}

/// A whole number from 1 to 100,000, for sizes which memory has to hold.
pub fn size(text: &str) -> Result<usize, String> {
    const LARGEST: usize = 100_000;
    match positive(text)? {
        number if number > LARGEST => Err(format!("at most {LARGEST} is possible")),
        number => Ok(number),
    }
}

/// A number of threads, for clap.
fn threads(text: &str) -> Result<usize, String> {
    const MOST: usize = 1024;
    match positive(text)? {
        number if number > MOST => Err(format!("at most {MOST} are possible")),
        number => Ok(number),
    }
}

/// Sets the number of threads for all that follows; returns how many there are.
pub fn set_threads(wanted: Option<usize>) -> Result<usize> {
    if let Some(wanted) = wanted {
        let set = rayon::ThreadPoolBuilder::new().num_threads(wanted).build_global();
        if set.is_err() && rayon::current_num_threads() != wanted {
            bail!("{wanted} threads were asked for, but {} are at work already", rayon::current_num_threads());
        }
    }
    Ok(rayon::current_num_threads())
}

/// Opens a backend and says which.
pub fn open_backend(wanted: Backend, console: &Console) -> Result<Chosen> {
    let chosen = backend::choose(wanted)?;
    console.line(&format!("backend {}", chosen.why));
    Ok(chosen)
}

/// Loads a data set and says which.
pub fn load_data(options: &DataOptions, console: &Console) -> Result<Dataset> {
    let dataset = load_with_progress(options, &mut download_bars())?;
    say_data(&dataset, console);
    Ok(dataset)
}

/// Loads the test images of a run, the first `samples`: those which it was made for, unless `args` ask for another data set.
pub fn load_test_data(config: &RunConfig, args: &DataArgs, samples: usize) -> Result<Dataset> {
    let mut options = args.options(Some(&config.dataset))?;
    options.train_samples = Some(1);
    options.test_samples = Some(samples);
    let dataset = load_with_progress(&options, &mut download_bars())?;
    if args.dataset.is_none() {
        require_same_data(config, &dataset, ", or take other images on purpose with --dataset")?;
    }
    Ok(dataset)
}

/// Says which data set was loaded.
pub fn say_data(dataset: &Dataset, console: &Console) {
    console.line(&format!("data: {} ({} + {} images)", dataset.source, dataset.train.len(), dataset.test.len()));
}

/// Refuses images of another data set than that of the run; `or` is another way out.
pub fn require_same_data(config: &RunConfig, dataset: &Dataset, or: &str) -> Result<()> {
    if dataset.name != config.dataset {
        bail!(
            "the run is of {}, but what was found is {}; name the folder with the run's images with --data-dir{or}",
            title(&config.dataset),
            dataset.source
        );
    }
    match (&config.dataset_md5, &dataset.md5) {
        (Some(run), Some(found)) if run != found => bail!(
            "the run is of unknown images with checksum {run}, but found are {} with checksum {found}; name the folder with the run's \
             images with --data-dir{or}",
            dataset.source
        ),
        _ => Ok(()),
    }
}

/// Prints the one JSON document of `--json`.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    use std::io::Write;
    let text = serde_json::to_string_pretty(value).context("cannot write JSON")?;
    writeln!(std::io::stdout().lock(), "{text}").context("cannot write to standard output")
}
