//! `snn-train compare`

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::Serialize;
use snn_data::title;

use super::options;
use super::shared::print_json;
use super::train::{CommonArgs, train_in};
use crate::config::ModelKind;
use crate::files;
use crate::html;
use crate::report::{EpochReport, Report};
use crate::run::{self, REPORT};

/// Options of `compare`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Those of `train`, which apply to each network that has a use for them; the folder holds both runs, `spiking` and `dense` (ReLU),
    /// and a report [default: runs/compare-seedSEED]
    #[command(flatten)]
    pub common: CommonArgs,
}

/// `report.json` of a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// What the spiking network achieved.
    pub spiking: Report,
    /// What the network without spikes achieved.
    pub dense: Report,
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let common = args.common;
    let console = common.compute.console();
    let folder = common
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("runs/compare-seed{}", common.seed.unwrap_or_default())));
    let report_path = folder.join(REPORT);
    match run::occupied_by(&folder) {
        Some(REPORT) if common.resume => (),
        Some(name) => bail!(
            "{} holds a run or a comparison already (it has {name}), which is never overwritten; --resume goes on with a \
             comparison, another --out begins a new one",
            folder.display()
        ),
        None => (),
    }
    let mut reports = Vec::new();
    for model in [ModelKind::Spiking, ModelKind::Dense] {
        let run_folder = folder.join(model.name());
        // The second run has not begun if the first one was interrupted.
        let resume = common.resume && (model == ModelKind::Spiking || run_folder.exists());
        let (args, others) = options::applicable(model, &common);
        console.line(&format!("{}:", model.title()));
        if !others.is_empty() {
            let (apply, are) = if others.len() == 1 { ("does not apply", "is") } else { ("do not apply", "are") };
            console.line(&format!("{} {apply} to it, and {are} left out", others.join(", ")));
        }
        reports.push(train_in(&run_folder, Some(model), &CommonArgs { resume, ..args }, &console)?);
    }
    let (Some(dense), Some(spiking)) = (reports.pop(), reports.pop()) else {
        bail!("two runs expected, {} ended", reports.len());
    };
    for line in table(&spiking, &dense) {
        console.line(&line);
    }
    let comparison = Comparison { spiking, dense };
    files::write_json(&report_path, &comparison)?;
    console.line(&format!("both runs and the report are in {}", folder.display()));
    let runs = [ModelKind::Spiking, ModelKind::Dense].map(|model| folder.join(model.name()));
    html::write(&folder, &runs, &common.data, &console)?;
    if common.compute.json {
        print_json(&comparison)?;
    }
    Ok(())
}

/// The test accuracy of both networks after each epoch.
fn table(spiking: &Report, dense: &Report) -> Vec<String> {
    let mut lines = vec![
        format!(
            "test accuracy on {} ({}); dense: the network without spikes (ReLU)",
            title(&spiking.dataset),
            spiking.backend
        ),
        "epoch   rate   spiking     dense   seconds".to_owned(),
    ];
    let row = |(a, b): (&EpochReport, &EpochReport)| {
        let accuracy =
            |of: &EpochReport| of.test_accuracy.map_or("–".to_owned(), |share| format!("{:.2}", 100.0 * share));
        format!(
            "{:>5}   {:<4}  {:>6} %  {:>6} %   {:.1} + {:.1}",
            a.epoch,
            a.learning_rate,
            accuracy(a),
            accuracy(b),
            a.seconds,
            b.seconds
        )
    };
    lines.extend(spiking.epochs.iter().zip(&dense.epochs).map(row));
    let spikes: f64 = spiking.spikes_per_sample.iter().sum();
    lines.push(format!("{spikes:.0} spikes per image in {} time steps", spiking.time_steps));
    lines
}
