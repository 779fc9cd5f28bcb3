//! `report.html`: what a run did, on one page which needs nothing else: no network, no script, no other file.

mod remarks;
mod tables;
mod text;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use snn_core::analysis::Activity;
use snn_data::{Known, SYNTHETIC};
use snn_plot::{Figure, svg};

use crate::backend::{Backend, choose};
use crate::commands::shared::{DataArgs, load_test_data};
use crate::config::RunConfig;
use crate::console::Console;
use crate::figures::{Observed, learning, observe};
use crate::files;
use crate::report::Report;
use crate::run::Run;
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
    pub config: RunConfig,
    /// What it achieved.
    pub report: Report,
    /// What its network does with the test set.
    pub observed: Observed,
    /// The least number of time steps with which a spike reaches the logits.
    pub least_time_steps: usize,
}

impl RunView {
    /// How often the neurons of each spiking layer fired on the test set.
    fn activities(&self) -> Vec<Activity> {
        let of = |rates: &Vec<f32>| Activity {
            steps: self.config.time_steps,
            samples: self.observed.images,
            rates: rates.clone(),
        };
        self.observed.rates.iter().map(of).collect()
    }
}

/// Writes the page of the runs in `runs` (one, or two beside each other) into `folder`, and returns its path. It runs
/// each network once over the test set, with data as `data` says.
pub fn write(folder: &Path, runs: &[PathBuf], data: &DataArgs, console: &Console) -> Result<PathBuf> {
    let views = runs.iter().map(|run| view(run, data, console)).collect::<Result<Vec<_>>>()?;
    let path = folder.join(PAGE);
    files::write(&path, page(&views)?.as_bytes())?;
    console.line(&format!("the report is {}", path.display()));
    Ok(path)
}

fn view(folder: &Path, data: &DataArgs, console: &Console) -> Result<RunView> {
    let run = Run::open(folder)?;
    let report =
        run.report.clone().with_context(|| format!("{} has no report: no epoch has ended", folder.display()))?;
    let backend = choose(Backend::named(&run.config.backend)?)?;
    let model = run.load_model(&backend.device)?;
    let data = DataArgs { dataset: None, ..data.clone() };
    let dataset = load_test_data(&run.config, &data, run.config.test_samples)?;
    let observed = observe(&model, &run.config, &dataset, 0, &backend.device, console)?;
    Ok(RunView { config: run.config, report, observed, least_time_steps: model.least_time_steps() })
}

/// The page.
///
/// # Errors
/// If a figure cannot be drawn.
pub fn page(runs: &[RunView]) -> Result<String> {
    let first = runs.first().context("a report needs at least one run")?;
    let names: Vec<&str> = runs.iter().map(|run| run.report.model.as_str()).collect();
    let title = match names.as_slice() {
        ["dense"] => format!("The network without spikes on {}", short_dataset(&first.report.dataset)),
        [one] => format!("The {one} network on {}", short_dataset(&first.report.dataset)),
        _ => format!("Networks: {} on {}", names.join(" beside "), short_dataset(&first.report.dataset)),
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
    for run in runs {
        pictures(&mut body, run, runs.len() > 1)?;
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
        "<p class=\"quiet\">Data: {}, {} training and {} test images. Backend: {}, {} path.</p>\n",
        escape(&run.observed.dataset),
        thousands(run.config.train_samples as f64),
        thousands(run.config.test_samples as f64),
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
        let of = if runs.len() > 1 { format!(", {}", run.report.model) } else { String::new() };
        tile(page, &run.report.test_accuracy.map_or("–".into(), percent), &format!("test accuracy{of}"));
        if !run.report.spikes_per_sample.is_empty() {
            let spikes: f64 = run.report.spikes_per_sample.iter().sum();
            tile(page, &thousands(spikes), &format!("spikes per image{of}"));
        }
        let seconds: f64 = run.report.epochs.iter().map(|epoch| epoch.seconds).sum();
        tile(page, &format!("{seconds:.1} s"), &format!("{} epochs with tests{of}", run.report.epochs.len()));
        tile(page, &thousands(run.report.parameters as f64), &format!("trained numbers{of}"));
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

fn pictures(page: &mut String, run: &RunView, several: bool) -> Result<()> {
    let of = if several { format!(": {}", run.config.model.title()) } else { String::new() };
    put!(page, "<h2>Pictures{}</h2>\n", escape(&of));
    let observed = &run.observed;
    figure(page, &observed.digit())?;
    for heatmap in observed.heatmaps() {
        figure(page, &heatmap)?;
    }
    for (traces, membrane) in observed.neurons(None)? {
        figure(page, &traces)?;
        figure(page, &membrane)?;
    }
    if let Some(raster) = observed.raster() {
        figure(page, &raster)?;
    }
    if let Some(rates) = observed.firing_rates() {
        figure(page, &rates)?;
    }
    figure(page, &observed.weights())?;
    figure(page, &observed.confusion())
}

#[cfg(test)]
mod tests;
