//! `snn-train plot`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use snn_plot::{Format, save};

use super::args::{ComputeArgs, DataArgs, Opened, print_json};
use super::values;
use crate::report::figures::{Drawing, each_figure, learning};
use crate::report::observed::observe;
use crate::run::report::Report;
use crate::run::{REPORT, RUN_FILE, Run, files};

/// Options of `plot`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The run's folder
    #[arg(long, value_name = "FOLDER")]
    pub run: PathBuf,
    /// Which test sample, counted from 0
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
    /// Another run whose learning curves are drawn beside this one's [default: the other networks of a comparison]
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

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.compute.console();
    let mut beside = Vec::new();
    let opened = Opened::open(&args.run, &args.data, &args.compute, None, |run| {
        beside = reports_beside(run, args.with.as_deref())?;
        Ok(())
    })?;
    let run = &opened.run;
    let network = opened.network(&opened.backend.device)?;
    if args.neuron.is_some() && network.populations().next().is_none() {
        bail!("--neuron does not apply to {}: it has no neurons which change over time; leave it out", run.file.recipe);
    }
    let observed = observe(&network, &run.file, &opened.data, args.index, &opened.backend.device, &console)?;

    let folder = args.out.clone().unwrap_or_else(|| run.folder.join("figures"));
    files::create_folder(&folder)?;
    let mut drawings = observed.gallery(args.neuron)?;
    let reports: Vec<&Report> = run.report.iter().chain(&beside).collect();
    drawings.extend(learning(&reports).map(Drawing::Learning));
    let mut written = Vec::new();
    for drawing in &drawings {
        written.push(each_figure!(drawing, |figure| save(figure, &folder, args.format)?));
    }
    for file in &written {
        console.line(&file.display().to_string());
    }
    if args.compute.json {
        print_json(&Document {
            run: args.run,
            index: args.index,
            label: observed.sample.label,
            prediction: observed.prediction(),
            files: written,
        })?;
    }
    Ok(())
}

/// The report of the run asked for, or of the other networks if `run` is one of a comparison.
fn reports_beside(run: &Run, with: Option<&Path>) -> Result<Vec<Report>> {
    if let Some(folder) = with {
        let other = Run::open(folder)?;
        let report =
            other.report.with_context(|| format!("{} has no report yet: no epoch has ended", folder.display()))?;
        return Ok(vec![report]);
    }
    let folder = run.folder.canonicalize().unwrap_or_else(|_| run.folder.clone());
    let Some(above) = folder.parent().filter(|above| above.join(REPORT).exists() && !above.join(RUN_FILE).exists())
    else {
        return Ok(Vec::new());
    };
    let mut reports = Vec::new();
    let entries = std::fs::read_dir(above).with_context(|| format!("cannot read {}", above.display()))?;
    let mut others: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    others.sort();
    for other in others.iter().filter(|other| **other != folder && other.join(RUN_FILE).exists()) {
        reports.extend(Run::open(other)?.report);
    }
    Ok(reports)
}
