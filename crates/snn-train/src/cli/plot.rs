//! `snn-train plot`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use snn_plot::{Figure, Format, save};

use super::shared::{ComputeArgs, DataArgs, load_test_data, open_backend, print_json, say_data, set_threads};
use super::values;
use crate::backend::Backend;
use crate::figures::{learning, observe};
use crate::report::Report;
use crate::run::Run;

/// Options of `plot`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The run's folder
    #[arg(long, value_name = "FOLDER")]
    pub run: PathBuf,
    /// Which test image, counted from 0
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub index: usize,
    /// Where the figures go [default: the folder `figures` of the run]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// The file format
    #[arg(long, value_parser = values::format(), default_value_t)]
    pub format: Format,
    /// Which hidden neuron is drawn over time [default: an active one]
    #[arg(long, value_name = "NUMBER")]
    pub neuron: Option<usize>,
    /// Another run whose learning curves are drawn beside this one's [default: the other network of a comparison]
    #[arg(long, value_name = "FOLDER")]
    pub with: Option<PathBuf>,
    /// Where data comes from; the run's data set unless asked otherwise.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where and how to compute; the run's backend unless asked otherwise.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// The JSON document of `plot --json`.
#[derive(Serialize)]
struct Document {
    run: PathBuf,
    index: usize,
    label: usize,
    prediction: usize,
    files: Vec<PathBuf>,
}

struct Gallery<'a> {
    folder: &'a Path,
    format: Format,
    files: Vec<PathBuf>,
}

impl Gallery<'_> {
    fn add(&mut self, figure: &impl Figure) -> Result<()> {
        self.files.push(save(figure, self.folder, self.format)?);
        Ok(())
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.compute.console();
    let run = Run::open(&args.run)?;
    let beside = beside(&run, args.with.as_deref())?;
    set_threads(args.compute.threads)?;
    let backend = match args.compute.backend {
        Some(backend) => backend,
        None => Backend::named(&run.config.backend)?,
    };
    let backend = open_backend(backend, &console)?;
    let model = run.load_model(&backend.device)?;
    let dataset = load_test_data(&run.config, &args.data, run.config.test_samples)?;
    say_data(&dataset, &console);
    if args.neuron.is_some() && !run.config.model.spikes() {
        bail!(
            "--neuron does not apply to {}: it has no neurons which change over time; leave it out",
            run.config.model.title()
        );
    }
    let observed = observe(&model, &run.config, &dataset, args.index, &backend.device, &console)?;

    let folder = args.out.clone().unwrap_or_else(|| run.folder.join("figures"));
    std::fs::create_dir_all(&folder).with_context(|| format!("folder {} cannot be made", folder.display()))?;
    let mut gallery = Gallery { folder: &folder, format: args.format, files: Vec::new() };
    let digit = observed.digit();
    gallery.add(&digit)?;
    for heatmap in observed.heatmaps() {
        gallery.add(&heatmap)?;
    }
    for (traces, membrane) in observed.neurons(args.neuron)? {
        gallery.add(&traces)?;
        gallery.add(&membrane)?;
    }
    if let Some(raster) = observed.raster() {
        gallery.add(&raster)?;
    }
    if let Some(rates) = observed.firing_rates() {
        gallery.add(&rates)?;
    }
    gallery.add(&observed.weights())?;
    gallery.add(&observed.confusion())?;
    let reports: Vec<&Report> = run.report.iter().chain(&beside).collect();
    if let Some(curves) = learning(&reports) {
        gallery.add(&curves)?;
    }
    for file in &gallery.files {
        console.line(&file.display().to_string());
    }
    if args.compute.json {
        print_json(&Document {
            run: args.run,
            index: args.index,
            label: digit.label,
            prediction: digit.prediction(),
            files: gallery.files,
        })?;
    }
    Ok(())
}

/// The report of the run asked for, or of the other network if `run` is one of a comparison.
fn beside(run: &Run, with: Option<&Path>) -> Result<Option<Report>> {
    if let Some(folder) = with {
        let other = Run::open(folder)?;
        let report =
            other.report.with_context(|| format!("{} has no report yet: no epoch has ended", folder.display()))?;
        return Ok(Some(report));
    }
    let folder = run.folder.canonicalize().unwrap_or_else(|_| run.folder.clone());
    let other = match folder.file_name().and_then(|name| name.to_str()) {
        Some("spiking") => folder.with_file_name("dense"),
        Some("dense") => folder.with_file_name("spiking"),
        _ => return Ok(None),
    };
    if !other.join(crate::run::CONFIG).exists() {
        return Ok(None);
    }
    Ok(Run::open(&other)?.report)
}
