//! `train --seeds`: the same recipe several times, with mean and deviation.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::Serialize;

use super::args::{print_json, write_page};
use super::train::{Args, CommonArgs, train_in};
use crate::run::recipe::{self, Recipe};
use crate::run::report::{Report, rounded};
use crate::run::{self, REPORT, RUN_FILE, files};

/// The seeds of several runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds {
    text: String,
    seeds: Vec<u64>,
}

/// `0..4`, both ends included, or `0,3,7`.
pub fn parse(text: &str) -> Result<Seeds, String> {
    const MOST: usize = 1000;
    let number = |text: &str| {
        let needed = || format!("`{text}` is not a seed; 0..4 (both ends) or 0,3,7 are needed");
        text.trim().parse::<u64>().ok().filter(|seed| *seed <= i64::MAX as u64).ok_or_else(needed)
    };
    let seeds: Vec<u64> = match text.split_once("..") {
        Some((first, last)) => {
            let (first, last) = (number(first)?, number(last.trim_start_matches('='))?);
            if last < first || last - first >= MOST as u64 {
                return Err(format!("from {first} to {last}, 1 to {MOST} seeds in rising order are needed"));
            }
            (first..=last).collect()
        }
        None => text.split(',').map(number).collect::<Result<_, _>>()?,
    };
    match (1..seeds.len()).find(|place| seeds[..*place].contains(&seeds[*place])) {
        Some(place) => Err(format!("seed {} is there twice", seeds[place])),
        None => Ok(Seeds { text: text.replace(['=', ' '], ""), seeds }),
    }
}

/// `report.json` of several runs.
#[derive(Debug, Serialize)]
struct Document {
    recipe: String,
    seeds: Vec<u64>,
    test_accuracy: Statistics,
    test_loss: Statistics,
    spikes_per_sample: Statistics,
    runs: Vec<Report>,
}

/// Of the last epoch of each run.
#[derive(Debug, Serialize)]
struct Statistics {
    mean: f64,
    /// The standard deviation of the sample (n - 1); `null` for a single run.
    deviation: Option<f64>,
    values: Vec<f64>,
}

impl Statistics {
    fn of(values: Vec<f64>) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (values.len() > 1).then(|| rounded((squares / (count - 1.0)).sqrt()));
        Self { mean: rounded(mean), deviation, values }
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let Some(Seeds { text, seeds }) = args.seeds else { bail!("--seeds: no seeds were named") };
    let console = args.common.compute.console();
    let recipe = args.recipe.as_deref().unwrap_or(recipe::DEFAULT);
    let name = Recipe::load(recipe)?.name;
    let folder = args.common.out.clone().unwrap_or_else(|| PathBuf::from(format!("runs/{name}-seeds{text}")));
    match run::occupied_by(&folder) {
        Some(REPORT) if args.common.resume => (),
        Some(found) => bail!(
            "{} holds a run already (it has {found}), which is never overwritten; --resume goes on with several seeds, another --out \
             begins anew",
            folder.display()
        ),
        None => (),
    }
    let mut reports = Vec::new();
    let mut folders = Vec::new();
    for seed in &seeds {
        let run_folder = folder.join(format!("seed{seed}"));
        console.line(&format!("seed {seed}:"));
        let mut common = args.common.clone();
        common.overrides.seed = Some(*seed);
        // A run that an interruption left out is begun.
        let resume = common.resume && run_folder.join(RUN_FILE).exists();
        let common = CommonArgs { resume, ..common };
        reports.push(train_in(&run_folder, Some(recipe), &common.overrides.all()?, &common, &console)?);
        folders.push(run_folder);
    }
    let last = |value: fn(&Report) -> Option<f64>| Statistics::of(reports.iter().filter_map(value).collect());
    let document = Document {
        recipe: name,
        seeds,
        test_accuracy: last(|report| report.test_accuracy),
        test_loss: last(|report| report.epochs.last()?.test_loss),
        spikes_per_sample: last(|report| Some(report.spikes_per_sample.iter().sum())),
        runs: reports,
    };
    let Statistics { mean, deviation, values } = &document.test_accuracy;
    console.line(&format!(
        "test accuracy after the last epoch: {:.2} ± {} % ({} seeds)",
        100.0 * mean,
        deviation.map_or("–".to_owned(), |deviation| format!("{:.2}", 100.0 * deviation)),
        values.len()
    ));
    files::write_json(&folder.join(REPORT), &document)?;
    write_page(&folder, &folders, &args.common.data, &console)?;
    if args.common.compute.json { print_json(&document) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_with_both_ends_or_a_list() {
        let seeds = |text| parse(text).map(|seeds| seeds.seeds);
        assert_eq!(seeds("0..4"), Ok(vec![0, 1, 2, 3, 4]));
        assert_eq!(seeds("0..=2"), Ok(vec![0, 1, 2]));
        assert_eq!(seeds("7"), Ok(vec![7]));
        assert_eq!(seeds("3, 1"), Ok(vec![3, 1]));
        for text in ["", "a", "4..0", "0..100000", "1,1", "-1", "0..", "1,"] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let Statistics { mean, deviation, .. } = Statistics::of(vec![0.9, 0.92, 0.94]);
        assert_eq!((mean, deviation), (0.92, Some(0.02)));
        assert_eq!(Statistics::of(vec![0.9]).deviation, None);
    }
}
