//! `report.html`: what a run did, on one page which needs nothing else: no network, no script, no other file.

pub mod figures;
pub mod observed;
mod remarks;
pub mod synops;
mod tables;
pub mod text;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use snn_core::analysis::Activity;
use snn_data::{Known, SYNTHETIC};
use snn_network::{InputShape, PopulationSummary, Summary};
use snn_plot::{Figure, svg};

use crate::backend::{Backend, choose};
use crate::observer::console::Console;
use crate::run::file::RunFile;
use crate::run::network::time_steps;
use crate::run::report::Report;
use crate::run::{Run, files};
use crate::training::data::Data;
use figures::{each_figure, learning};
use observed::{Observed, observe};
use remarks::warnings;
use tables::{activity, configuration, results};
use text::{escape, percent, put, short_dataset, thousands};

/// The page's file in a run folder.
pub const PAGE: &str = "report.html";

const STYLE: &str = include_str!("style.css");

/// One run as the page shows it.
#[derive(Clone, Debug)]
pub struct RunView {
    /// What determines it.
    pub file: RunFile,
    /// What it achieved.
    pub report: Report,
    /// What its network does with the test set.
    pub observed: Observed,
    /// What its network is made of.
    pub summary: Summary,
    /// Its neurons.
    pub populations: Vec<PopulationSummary>,
    /// What comes in.
    pub input: InputShape,
    /// Time steps of a sample.
    pub time_steps: usize,
    /// The least number of time steps with which a spike reaches the logits.
    pub least_time_steps: usize,
}

impl RunView {
    /// How often the neurons of each population that sends spikes fired on the test set.
    fn activities(&self) -> Vec<(&str, Activity)> {
        let of = |rates: &Vec<f32>| Activity {
            steps: self.time_steps,
            samples: self.observed.samples,
            rates: rates.clone(),
        };
        self.observed.rates.iter().map(|(name, rates)| (name.as_str(), of(rates))).collect()
    }
}

/// Writes the page of the runs in `runs` (one, or several beside each other) into `folder`, and returns its path. `load` loads the
/// test samples of a run; its network runs once over them.
pub fn write(folder: &Path, runs: &[PathBuf], load: &Load, console: &Console) -> Result<PathBuf> {
    let views = runs.iter().map(|run| view(run, load, console)).collect::<Result<Vec<_>>>()?;
    let path = folder.join(PAGE);
    files::write(&path, page(&views)?.as_bytes())?;
    console.line(&format!("the report is {}", path.display()));
    Ok(path)
}

/// Loads the test samples of a run.
pub type Load<'a> = dyn Fn(&RunFile) -> Result<Data> + 'a;

fn view(folder: &Path, load: &Load, console: &Console) -> Result<RunView> {
    let run = Run::open(folder)?;
    let report =
        run.report.clone().with_context(|| format!("{} has no report: no epoch has ended", folder.display()))?;
    let backend = choose(Backend::named(&run.file.machine()?.backend)?)?;
    let data = load(&run.file)?;
    let network = run.load_network(&data.input(), data.classes, &backend.device)?;
    let observed = observe(&network, &run.file, &data, 0, &backend.device, console)?;
    Ok(RunView {
        report,
        observed,
        summary: network.summary(),
        populations: network.population_summaries(),
        input: data.input(),
        time_steps: time_steps(&network, data.steps()),
        least_time_steps: network.least_time_steps(),
        file: run.file,
    })
}

/// The page.
///
/// # Errors
/// If a figure cannot be drawn.
pub fn page(runs: &[RunView]) -> Result<String> {
    let first = runs.first().context("a report needs at least one run")?;
    let mut names: Vec<&str> = runs.iter().map(|run| run.report.recipe.as_str()).collect();
    names.dedup();
    let title = match (names.as_slice(), runs.len()) {
        ([one], 1) => format!("{one} on {}", short_dataset(&first.report.dataset)),
        ([one], seeds) => format!("{one} on {}, {seeds} seeds", short_dataset(&first.report.dataset)),
        _ => format!("{} on {}", names.join(" beside "), short_dataset(&first.report.dataset)),
    };
    let mut body = String::new();
    header(&mut body, &title, first);
    tiles(&mut body, runs);
    warnings(&mut body, runs);
    results(&mut body, runs);
    let reports: Vec<&Report> = runs.iter().map(|run| &run.report).collect();
    if let Some(curves) = learning(&reports) {
        figure(&mut body, &curves)?;
    }
    activity(&mut body, runs);
    // Of several seeds, one is enough to look at.
    for run in if names.len() == 1 { &runs[..1] } else { runs } {
        pictures(&mut body, run, runs)?;
    }
    configuration(&mut body, runs);
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(&title)
    ))
}

fn header(page: &mut String, title: &str, run: &RunView) {
    put!(page, "<h1>{}</h1>\n", escape(title));
    put!(
        page,
        "<p class=\"quiet\">Data: {}, {} training and {} test {}. Backend: {}, {} path.</p>\n",
        escape(&run.observed.dataset),
        thousands(run.file.trained_samples() as f64),
        thousands(run.observed.samples as f64),
        run.observed.samples_are,
        escape(&run.report.backend),
        escape(&run.report.path)
    );
    let what = match run.report.dataset.as_str() {
        SYNTHETIC => "synthetic digits, drawn by the program",
        name if name == Known::Mnist.name() => return,
        name => short_dataset(name),
    };
    put!(
        page,
        "<p class=\"note\"><strong>These are {}.</strong> No number on this page can be compared with one measured on MNIST.</p>\n",
        escape(what)
    );
}

fn tile(page: &mut String, value: &str, label: &str) {
    put!(page, "<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", escape(value), escape(label));
}

fn tiles(page: &mut String, runs: &[RunView]) {
    page.push_str("<div class=\"tiles\">\n");
    for run in runs {
        let of = if runs.len() > 1 { format!(", {}", run.name(runs)) } else { String::new() };
        tile(page, &run.report.test_accuracy.map_or("–".into(), percent), &format!("test accuracy{of}"));
        if !run.report.spikes_per_sample.is_empty() {
            let spikes: f64 = run.report.spikes_per_sample.iter().sum();
            tile(page, &thousands(spikes), &format!("spikes per sample{of}"));
        }
        let seconds: f64 = run.report.epochs.iter().map(|epoch| epoch.seconds).sum();
        tile(page, &format!("{seconds:.1} s"), &format!("{} epochs with tests{of}", run.report.epochs.len()));
        tile(page, &thousands(run.report.parameters as f64), &format!("trained parameters{of}"));
    }
    page.push_str("</div>\n");
}

fn figure(page: &mut String, figure: &impl Figure) -> Result<()> {
    let drawing = svg(figure)?;
    // Inside a page neither the name space nor a fixed size is needed; the page decides how large it is.
    let (width, height) = figure.size();
    let start = drawing.find('>').map_or(0, |end| end + 1);
    put!(
        page,
        "<figure><svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {height}\">{}</figure>\n",
        escape(&figure.caption()),
        &drawing[start..]
    );
    Ok(())
}

fn pictures(page: &mut String, run: &RunView, runs: &[RunView]) -> Result<()> {
    let of = if runs.len() > 1 { format!(": {}", run.name(runs)) } else { String::new() };
    put!(page, "<h2>Pictures{}</h2>\n", escape(&of));
    for drawing in run.observed.gallery(None)? {
        each_figure!(&drawing, |one| figure(page, one)?);
    }
    Ok(())
}

impl RunView {
    /// Its recipe, and its seed if another one of `runs` has the same recipe.
    fn name(&self, runs: &[RunView]) -> String {
        let alike = runs.iter().filter(|other| other.report.recipe == self.report.recipe).count();
        match alike {
            0 | 1 => self.report.recipe.clone(),
            _ => format!("{}, seed {}", self.report.recipe, self.report.seed),
        }
    }
}

#[cfg(test)]
mod tests;
