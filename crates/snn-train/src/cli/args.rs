//! Options which several commands have.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use serde::Serialize;
use snn_data::{DataOptions, DatasetChoice, title};
use snn_network::Network;

use super::values;
use crate::backend::{self, Backend, Chosen};
use crate::observer::console::{Console, download_bars};
use crate::report;
use crate::run::Run;
use crate::run::data_settings::DataSettings;
use crate::run::file::RunFile;
use crate::training::data::Data;

/// Where data comes from.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DataArgs {
    /// The data set [default: auto, the files in the folder named, else MNIST if it can be had, else digits drawn by the program]
    #[arg(long, value_parser = values::dataset(), help_heading = "Data")]
    pub dataset: Option<DatasetChoice>,
    /// The folder with the four files of MNIST, or of a data set like it; also one with a folder `mnist` or `MNIST/raw` which has
    /// them [default: that in SNN_DATA_DIR, else a download]
    #[arg(long, value_name = "FOLDER", help_heading = "Data")]
    pub data_dir: Option<PathBuf>,
}

impl DataArgs {
    /// Where images are looked for.
    pub fn options(&self) -> DataOptions {
        DataOptions { data_dir: self.data_dir.clone(), ..DataOptions::default() }
    }
}

/// Where and how to compute.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ComputeArgs {
    /// Where to compute [default: auto, a GPU if there is one, else flex, the CPU]
    #[arg(long, value_parser = values::backend(), help_heading = "Machine")]
    pub backend: Option<Backend>,
    /// Threads of the CPU; with a GPU they only prepare the images [default: as many as it has]
    #[arg(long, value_parser = threads, allow_negative_numbers = true, value_name = "COUNT", help_heading = "Machine")]
    pub threads: Option<usize>,
    /// Print exactly one JSON document on standard output, everything else on standard error
    #[arg(long, help_heading = "Output")]
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

/// A number which is finite in f32, for clap.
pub fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (number as f32).is_finite() => Ok(number),
        _ => Err(format!("a number from {:e} to {:e} is needed", f32::MIN, f32::MAX)),
    }
}

/// A number which is not negative and finite in f32, for clap.
pub fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        // Adding 0 makes -0 to 0.
        Ok(number) if number >= 0.0 && (number as f32).is_finite() => Ok(number + 0.0),
        _ => Err(format!("a number from 0 to {:e} is needed", f32::MAX)),
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
            bail!("{wanted} threads were asked for, but {} are running already", rayon::current_num_threads());
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

/// A run that was opened: everything that evaluating, drawing and measuring need.
pub struct Opened {
    /// The run.
    pub run: Run,
    /// Where to compute.
    pub backend: Chosen,
    /// The test samples; hardly any for training.
    pub data: Data,
}

impl Opened {
    /// Opens the run in `folder` with its backend and its first `samples` test samples, unless `data` and `compute` ask for others.
    /// `change` is called before anything is loaded.
    pub fn open(
        folder: &Path,
        data: &DataArgs,
        compute: &ComputeArgs,
        samples: Option<usize>,
        change: impl FnOnce(&mut Run) -> Result<()>,
    ) -> Result<Self> {
        let console = compute.console();
        let mut run = Run::open(folder)?;
        change(&mut run)?;
        set_threads(compute.threads)?;
        let backend = match compute.backend {
            Some(backend) => backend,
            None => Backend::named(&run.file.machine()?.backend)?,
        };
        let backend = open_backend(backend, &console)?;
        let data = load_test_data(&run.file, data, samples.or(run.file.data.test_samples))?;
        say_data(&data, &console);
        Ok(Self { run, backend, data })
    }

    /// Its network with the trained weights.
    pub fn network(&self, device: &Device) -> Result<Network> {
        self.run.load_network(&self.data.input(), self.data.classes, device)
    }
}

/// Loads the test samples of a run, the first `samples`: those which it was made for, unless `args` ask for another data set.
pub fn load_test_data(run: &RunFile, args: &DataArgs, samples: Option<usize>) -> Result<Data> {
    let mut settings = run.data.clone();
    if let Some(dataset) = args.dataset {
        settings = DataSettings { name: dataset.name().to_owned(), md5: None, ..settings };
    }
    settings.train_samples = Some(1);
    settings.test_samples = samples;
    let data = Data::load(&settings, args.options(), &mut download_bars())?;
    if args.dataset.is_none() {
        require_same_data(run, &data, ", or take other images on purpose with --dataset")?;
    }
    Ok(data)
}

/// Says which data set was loaded.
pub fn say_data(data: &Data, console: &Console) {
    console.line(&format!("data: {} ({} + {} {})", data.source, data.train.len(), data.test.len(), data.samples_are()));
}

/// Refuses samples of another data set than that of the run; `or` is another way out.
pub fn require_same_data(run: &RunFile, data: &Data, or: &str) -> Result<()> {
    if data.name != run.data.name {
        bail!(
            "the run is of {}, but what was found is {}; name the folder with the run's images with --data-dir{or}",
            title(&run.data.name),
            data.source
        );
    }
    match (&run.data.md5, &data.md5) {
        (Some(run), Some(found)) if run != found => bail!(
            "the run is of unknown images with checksum {run}, but found are {} with checksum {found}; name the folder with the run's \
             images with --data-dir{or}",
            data.source
        ),
        _ => Ok(()),
    }
}

/// Writes the page of several runs into `folder`, with the images that each was made for.
pub fn write_page(folder: &Path, runs: &[PathBuf], args: &DataArgs, console: &Console) -> Result<()> {
    let args = DataArgs { dataset: None, ..args.clone() };
    report::write(folder, runs, &|run| load_test_data(run, &args, run.data.test_samples), console)?;
    Ok(())
}

/// Prints the one JSON document of `--json`.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    use std::io::Write;
    let text = serde_json::to_string_pretty(value).context("cannot write JSON")?;
    writeln!(std::io::stdout().lock(), "{text}").context("cannot write to standard output")
}
