//! `snn-train compare`

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::{Map, Value};
use snn_data::title;

use super::args::{print_json, write_page};
use super::overrides::{DoesNotApply, Override};
use super::train::{CommonArgs, train_in};
use crate::run::recipe::Recipe;
use crate::run::report::Report;
use crate::run::{self, REPORT, RUN_FILE, files};

/// What is compared unless asked otherwise: the article's two networks.
const DEFAULT: [&str; 2] = ["chevalier2018", "chevalier2018-dense"];

/// Options of `compare`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Recipes, by name or file [default: chevalier2018 chevalier2018-dense]
    #[arg(value_name = "RECIPE")]
    pub recipes: Vec<String>,
    /// Those of `train`, which apply to each network that has a use for them; the folder holds a run for each recipe, and a report
    /// [default: runs/compare-seedSEED]
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let common = args.common;
    let console = common.compute.console();
    let wanted = match args.recipes.is_empty() {
        true => DEFAULT.map(str::to_owned).to_vec(),
        false => args.recipes,
    };
    let recipes = wanted.iter().map(|name| Recipe::load(name)).collect::<Result<Vec<_>>>()?;
    if recipes.len() < 2 {
        bail!("compare: {} recipe was named, at least 2 are needed", recipes.len());
    }
    for (place, recipe) in recipes.iter().enumerate() {
        if recipes[..place].iter().any(|other| other.name == recipe.name) {
            bail!("compare: two recipes are called {}; their folders would be the same, rename one file", recipe.name);
        }
    }
    let folder = common
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("runs/compare-seed{}", common.overrides.seed.unwrap_or_default())));
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
    let given = common.overrides.all()?;
    let (mut reports, mut folders, mut used) = (Vec::new(), Vec::new(), vec![false; given.len()]);
    for (place, (recipe, wanted)) in recipes.iter().zip(&wanted).enumerate() {
        let run_folder = folder.join(&recipe.name);
        // A later run has not begun if an earlier one was interrupted.
        let resume = common.resume && (place == 0 || run_folder.join(RUN_FILE).exists());
        console.line(&format!("{}:", recipe.name));
        let applicable = applicable(recipe, &given)?;
        let others: Vec<&str> = given
            .iter()
            .zip(&applicable)
            .filter(|(_, applies)| !**applies)
            .map(|(one, _)| one.option.as_str())
            .collect();
        if !others.is_empty() {
            let (apply, are) = if others.len() == 1 { ("does not apply", "is") } else { ("do not apply", "are") };
            console.line(&format!("{} {apply} to it, and {are} left out", others.join(", ")));
        }
        used.iter_mut().zip(&applicable).for_each(|(used, applies)| *used |= applies);
        let kept: Vec<Override> =
            given.iter().zip(&applicable).filter(|(_, applies)| **applies).map(|(one, _)| one.clone()).collect();
        let common = CommonArgs { resume, ..common.clone() };
        reports.push(train_in(&run_folder, Some(wanted), &kept, &common, &console)?);
        folders.push(run_folder);
    }
    for line in table(&reports) {
        console.line(&line);
    }
    let document = reports.iter().map(|report| Ok((report.recipe.clone(), serde_json::to_value(report)?)));
    let document = Value::Object(document.collect::<Result<Map<_, _>>>()?);
    files::write_json(&report_path, &document)?;
    console.line(&format!("the runs and the report are in {}", folder.display()));
    write_page(&folder, &folders, &common.data, &console)?;
    if common.compute.json { print_json(&document) } else { Ok(()) }
}

/// Which of the options that were `given` apply to a recipe.
fn applicable(recipe: &Recipe, given: &[Override]) -> Result<Vec<bool>> {
    let mut document = recipe.document.clone();
    given
        .iter()
        .map(|one| match one.apply(&mut document, &recipe.name) {
            Ok(()) => Ok(true),
            Err(error) if error.is::<DoesNotApply>() => Ok(false),
            Err(error) => Err(error),
        })
        .collect()
}

/// The test accuracy of each network after each epoch.
fn table(reports: &[Report]) -> Vec<String> {
    let Some(first) = reports.first() else { return Vec::new() };
    let width = |report: &Report| report.recipe.len().max(8);
    let mut head = "epoch".to_owned();
    reports.iter().for_each(|report| head += &format!("   {:>1$}", report.recipe, width(report)));
    let mut lines = vec![format!("test accuracy on {} ({})", title(&first.dataset), first.backend), head];
    let epochs = reports.iter().map(|report| report.epochs.len()).max().unwrap_or(0);
    for epoch in 0..epochs {
        let mut line = format!("{:>5}", epoch + 1);
        for report in reports {
            let share = report.epochs.get(epoch).and_then(|epoch| epoch.test_accuracy);
            let share = share.map_or("–".to_owned(), |share| format!("{:.2} %", 100.0 * share));
            line += &format!("   {share:>0$}", width(report));
        }
        lines.push(line);
    }
    for report in reports.iter().filter(|report| !report.spikes_per_sample.is_empty()) {
        let spikes: f64 = report.spikes_per_sample.iter().sum();
        lines.push(format!("{}: {spikes:.0} spikes per sample in {} time steps", report.recipe, report.time_steps));
    }
    lines
}
