//! `report.html`: what a run did, on one page which needs nothing else: no network, no script, no other file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::backend::{Backend, choose};
use crate::commands::shared::DataArgs;
use crate::config::{ModelKind, RunConfig};
use crate::console::Console;
use crate::data;
use crate::draw::{Figure, svg};
use crate::figures::{Observed, dataset_name, learning, observe};
use crate::files;
use crate::network::ConvLif;
use crate::report::Report;
use crate::run::Run;

/// The page's file in a run folder.
pub const PAGE: &str = "report.html";

/// A neuron which fires at more than this share of all steps is called saturated.
const SATURATED: f32 = 0.5;

/// One run as the page shows it.
#[derive(Clone, Debug)]
pub struct RunView {
    /// What determines it.
    pub config: RunConfig,
    /// What it achieved.
    pub report: Report,
    /// What its network does with the test set.
    pub observed: Observed,
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
    let mut options = DataArgs { dataset: None, ..data.clone() }.options(Some(&run.config.dataset))?;
    options.train_samples = Some(1);
    options.test_samples = Some(run.config.test_samples);
    let dataset = data::load(&options)?;
    let observed = observe(&model, &run.config, &dataset, 0, &backend.device, console)?;
    Ok(RunView { config: run.config, report, observed })
}

/// The page.
///
/// # Errors
/// If a figure cannot be drawn.
pub fn page(runs: &[RunView]) -> Result<String> {
    let first = runs.first().context("a report needs at least one run")?;
    let names: Vec<&str> = runs.iter().map(|run| run.report.model.as_str()).collect();
    let title = match names.as_slice() {
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
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(&title)
    ))
}

const STYLE: &str = "
:root{--page:#f5f6f8;--card:#fff;--ink:#1f2933;--quiet:#5b6671;--line:#dfe3e8;--accent:#0072b2;--warn:#8a4b00;
--warn-back:#fff4e0;--good:#00664a;--good-back:#e3f6ef}
@media (prefers-color-scheme:dark){:root{--page:#14181d;--card:#1d232a;--ink:#e6eaee;--quiet:#a3adb8;--line:#343d47;
--accent:#6cb8ea;--warn:#ffcf8a;--warn-back:#3a2a10;--good:#8fe0c2;--good-back:#12352a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.7rem;line-height:1.25;margin:.2em 0}h2{font-size:1.25rem;margin:2.2em 0 .6em}
h3{font-size:1.05rem;margin:1.6em 0 .4em}p{margin:.4em 0}.quiet{color:var(--quiet)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.tile b{display:block;font-size:1.5rem;line-height:1.3}.tile span{color:var(--quiet);font-size:.875rem}
.note{border-radius:10px;padding:10px 14px;margin:10px 0;background:var(--warn-back);color:var(--warn)}
.note.good{background:var(--good-back);color:var(--good)}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:8px 12px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}tr:last-child td{border-bottom:0}
th{color:var(--quiet);font-weight:600;font-size:.875rem}
figure{margin:16px 0;background:#fff;border:1px solid var(--line);border-radius:10px;overflow-x:auto}
figure svg{display:block;width:100%;min-width:600px;height:auto}
.wrap td{white-space:normal;overflow-wrap:anywhere}
@media (max-width:480px){main{padding:16px 12px 48px}th,td{padding:7px 9px}h1{font-size:1.4rem}}
";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Appends formatted text; writing into a string cannot fail.
macro_rules! put {
    ($page:expr, $($text:tt)*) => {
        let _written = write!($page, $($text)*);
    };
}

fn short_dataset(name: &str) -> &str {
    match name {
        "mnist" => "MNIST",
        "synthetic" => "synthetic digits",
        other => other,
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digit.is_ascii_digit() {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn header(page: &mut String, title: &str, run: &RunView) {
    put!(page, "<h1>{}</h1>\n", escape(title));
    put!(
        page,
        "<p class=\"quiet\">Data: {}, {} training and {} test images. Backend: {}, {} path.</p>\n",
        escape(&dataset_name(&run.report.dataset)),
        thousands(run.config.train_samples as f64),
        thousands(run.config.test_samples as f64),
        escape(&run.report.backend),
        escape(&run.report.path)
    );
    if run.report.dataset == "synthetic" {
        page.push_str(
            "<p class=\"note\"><strong>These are synthetic digits, drawn by the program.</strong> No number on this \
             page can be compared with one measured on MNIST.</p>\n",
        );
    }
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

/// What is wrong with the activity of a network, and what to change.
fn remarks(run: &RunView) -> Vec<String> {
    let mut remarks = Vec::new();
    let last = run.observed.rates.len().saturating_sub(1);
    for (layer, rates) in run.observed.rates.iter().enumerate() {
        let silent = rates.iter().filter(|rate| **rate == 0.0).count();
        let saturated = rates.iter().filter(|rate| **rate > SATURATED).count();
        let (number, all, images) = (layer + 1, rates.len(), run.observed.images);
        if silent > 0 {
            let consequence = match run.config.model {
                ModelKind::Conv => "They share their kernels with others, which learn all the same.",
                ModelKind::Spiking if layer == last => {
                    "The readout takes their inner states, so they still learn; a readout of spikes would not see them."
                }
                _ => "No gradient passes through them: they do not learn and are of no use.",
            };
            remarks.push(format!(
                "Layer {number}: {silent} of {all} neurons never fired on {} test images. {consequence} What helps: a \
                 lower threshold, larger initial weights, a slower decay, or fewer neurons.",
                thousands(images as f64)
            ));
        }
        if saturated > 0 {
            remarks.push(format!(
                "Layer {number}: {saturated} of {all} neurons fired at more than {:.0} % of all steps. Such neurons tell \
                 little about time. What helps: a higher threshold or penalty, smaller initial weights, or a penalty on \
                 activity in the loss.",
                100.0 * SATURATED
            ));
        }
    }
    remarks
}

fn warnings(page: &mut String, runs: &[RunView]) {
    for run in runs.iter().filter(|run| !run.observed.rates.is_empty()) {
        let remarks = remarks(run);
        if remarks.is_empty() {
            page.push_str("<p class=\"note good\">No silent and no saturated neurons.</p>\n");
        }
        for remark in remarks {
            put!(page, "<p class=\"note\">{}</p>\n", escape(&remark));
        }
    }
}

fn results(page: &mut String, runs: &[RunView]) {
    let validated = runs.iter().flat_map(|run| &run.report.epochs).any(|epoch| epoch.validation_loss.is_some());
    page.push_str("<h2>Results</h2>\n<div class=\"scroll\"><table>\n<tr><th>network</th><th>epoch</th>");
    if validated {
        page.push_str("<th>validation accuracy</th><th>validation loss</th>");
    }
    page.push_str(
        "<th>test accuracy</th><th>test loss</th><th>training accuracy</th><th>training loss</th><th>learning rate</th>\
         <th>seconds</th></tr>\n",
    );
    let held_out = |page: &mut String, accuracy: Option<f64>, loss: Option<f64>| {
        let (accuracy, loss) = (accuracy.map(percent), loss.map(|loss| format!("{loss:.4}")));
        let text = |number: Option<String>| number.unwrap_or("–".into());
        put!(page, "<td>{}</td><td>{}</td>", text(accuracy), text(loss));
    };
    for run in runs {
        for epoch in &run.report.epochs {
            put!(page, "<tr><td>{}</td><td>{}</td>", escape(&run.report.model), epoch.epoch);
            if validated {
                held_out(page, epoch.validation_accuracy, epoch.validation_loss);
            }
            held_out(page, epoch.test_accuracy, epoch.test_loss);
            put!(
                page,
                "<td>{}</td><td>{:.4}</td><td>{}</td><td>{:.1}</td></tr>\n",
                percent(epoch.train_accuracy),
                epoch.train_loss,
                epoch.learning_rate,
                epoch.seconds
            );
        }
    }
    page.push_str("</table></div>\n");
}

/// Operations of one image's synapses into each layer, input first.
fn operations(config: &RunConfig, spikes: &[f64]) -> Vec<f64> {
    let fan_outs = match config.model {
        ModelKind::Conv => ConvLif::fan_outs(),
        _ => config.sizes[1..].iter().map(|size| *size as f64).collect(),
    };
    let steps = if config.model == ModelKind::Spiking { config.time_steps } else { 1 };
    let arriving = |layer: usize| match (layer, config.model) {
        (0, _) => (steps * config.sizes[0]) as f64,
        (_, ModelKind::Dense) => config.sizes[layer] as f64,
        _ => spikes.get(layer - 1).copied().unwrap_or(0.0),
    };
    fan_outs.iter().enumerate().map(|(layer, fan_out)| arriving(layer) * fan_out).collect()
}

fn activity(page: &mut String, runs: &[RunView]) {
    page.push_str(
        "<h2>Activity and synaptic operations per image</h2>\n<div class=\"scroll\"><table>\n<tr><th>layer</th>\
         <th>neurons</th><th>spikes per image</th><th>mean rate, spikes per step</th><th>silent</th><th>saturated</th>\
         <th>synaptic operations into it</th></tr>\n",
    );
    for run in runs {
        let operations = operations(&run.config, &run.report.spikes_per_sample);
        for (layer, operations) in operations.iter().enumerate() {
            let neurons = run.config.sizes[layer + 1];
            put!(page, "<tr><td>{}, layer {}</td><td>{neurons}</td>", escape(&run.report.model), layer + 1);
            match (run.observed.rates.get(layer), run.report.spikes_per_sample.get(layer)) {
                (Some(rates), Some(spikes)) => {
                    let mean = rates.iter().sum::<f32>() / rates.len().max(1) as f32;
                    put!(
                        page,
                        "<td>{spikes:.1}</td><td>{mean:.4}</td><td>{}</td><td>{}</td>",
                        rates.iter().filter(|rate| **rate == 0.0).count(),
                        rates.iter().filter(|rate| **rate > SATURATED).count()
                    );
                }
                _ => page.push_str("<td>–</td><td>–</td><td>–</td><td>–</td>"),
            }
            put!(page, "<td>{}</td></tr>\n", thousands(*operations));
        }
    }
    page.push_str(
        "</table></div>\n<p class=\"quiet\">A synaptic operation is one weight read and added, multiplied by the size of \
         what arrives. Into the first layer it is every pixel: at every step where pixels flicker, since such a pixel is \
         hardly ever exactly 0, and once where they are a constant current. Into later layers only spikes count. The \
         network without spikes does each of its products once.</p>\n",
    );
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
    let of = if several { format!(": the {} network", run.report.model) } else { String::new() };
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

fn configuration(page: &mut String, runs: &[RunView]) {
    page.push_str("<h2>Configuration</h2>\n");
    for run in runs {
        put!(page, "<h3>{}</h3>\n<div class=\"scroll\"><table class=\"wrap\">\n", escape(&run.report.model));
        if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(&run.config) {
            for (name, value) in fields {
                let text = match value {
                    serde_json::Value::String(text) => text,
                    serde_json::Value::Null => "none".into(),
                    other => other.to_string(),
                };
                put!(page, "<tr><td>{}</td><td>{}</td></tr>\n", escape(&name.replace('_', " ")), escape(&text));
            }
        }
        page.push_str("</table></div>\n");
    }
    put!(
        page,
        "<p class=\"quiet\">Written by snn-train {}. The same figures as files: <code>snn-train plot --run \
         FOLDER</code>.</p>\n",
        env!("CARGO_PKG_VERSION")
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Grid;
    use crate::figures::{LayerRecord, Sample};
    use crate::report::EpochReport;

    fn grid(rows: usize, spiking: bool) -> Grid {
        let value = |place: usize| if spiking { [0.0, 0.0, 0.5][place % 3] } else { (place as f32 * 0.7).sin() };
        Grid { rows, columns: 9, values: (0..rows * 9).map(value).collect() }
    }

    fn layer(rows: usize) -> LayerRecord {
        LayerRecord {
            before_reset: grid(rows, false),
            state: grid(rows, false),
            state_name: "membrane",
            spikes: grid(rows, true),
            output: grid(rows, true),
            threshold: Some(1.0),
        }
    }

    fn run(dataset: &str, rates: Vec<Vec<f32>>) -> RunView {
        let config: RunConfig = serde_json::from_value(serde_json::json!({
            "format": crate::config::FORMAT, "model": "spiking", "sizes": [16, 4, 10], "reset": "scaled",
            "dataset": dataset, "train_samples": 1000, "test_samples": 20, "backend": "flex", "threads": 1, "seed": 0,
            "epochs": 1, "batch_size": 10, "time_steps": 9, "learning_rates": [0.1], "momentum": 0.5
        }))
        .expect("a configuration");
        let epoch = EpochReport {
            epoch: 1,
            learning_rate: 0.1,
            train_loss: 1.0,
            train_accuracy: 0.5,
            validation_loss: None,
            validation_accuracy: None,
            test_loss: Some(0.9),
            test_accuracy: Some(0.6),
            seconds: 1.0,
        };
        let report = Report {
            model: "spiking".into(),
            dataset: dataset.into(),
            backend: "flex".into(),
            path: "fused".into(),
            seed: 0,
            parameters: 118,
            time_steps: 9,
            batch_size: 10,
            epochs: vec![epoch],
            test_accuracy: Some(0.6),
            spikes_per_sample: vec![12.0, 3.0],
            silent_neurons: vec![1, 0],
        };
        let sample = Sample {
            index: 0,
            pixels: (0..16).map(|pixel| pixel * 16).collect(),
            columns: 4,
            label: 7,
            probabilities: vec![0.1; 10],
            layers: vec![layer(4), layer(10)],
        };
        let observed = Observed {
            sample,
            confusion: vec![vec![1; 10]; 10],
            rates,
            images: 20,
            first_weights: ((0..64).map(|weight| weight as f32 - 32.0).collect(), 4),
            dataset: dataset_name(dataset),
        };
        RunView { config, report, observed }
    }

    /// Nothing on the page is fetched from elsewhere.
    fn assert_self_contained(page: &str) {
        for forbidden in ["http:", "https:", "//www", "<script", "<link", "@import", "url("] {
            assert!(!page.contains(forbidden), "the page contains `{forbidden}`");
        }
        for attribute in ["src=\"", "href=\""] {
            for (place, _) in page.match_indices(attribute) {
                let value = &page[place + attribute.len()..];
                assert!(value.starts_with("data:"), "the page refers to {}", &value[..value.len().min(40)]);
            }
        }
    }

    #[test]
    fn the_page_is_self_contained_and_says_what_matters() {
        let one = run("mnist", vec![vec![0.0, 0.1, 0.2, 0.7], vec![0.1; 10]]);
        let text = page(std::slice::from_ref(&one)).expect("a page");
        assert_self_contained(&text);
        assert!(text.contains("1 of 4 neurons never fired") && text.contains("lower threshold"));
        assert!(text.contains("1 of 4 neurons fired at more than 50 %") && text.contains("higher threshold"));
        assert!(text.contains("60.00 %") && text.contains("prefers-color-scheme:dark"));
        assert!(!text.contains("synthetic"));
        // 9 steps, 16 pixels, 4 neurons; then 12 spikes to 10 neurons.
        assert!(text.contains("<td>576</td>") && text.contains("<td>120</td>"));
        assert_eq!(text.matches("<figure>").count(), 14, "curves, image, 4 heatmaps, 4 of neurons, raster, ...");
        assert_eq!(text.matches("<svg").count(), text.matches("</svg>").count());

        let healthy = run("synthetic", vec![vec![0.1; 4], vec![0.1; 10]]);
        let text = page(&[healthy, one]).expect("a page");
        assert_self_contained(&text);
        assert!(text.contains("synthetic digits, drawn by the program"));
        assert!(text.contains("No silent and no saturated neurons"));
    }

    #[test]
    fn text_from_outside_is_escaped() {
        assert_eq!(escape("<b>\"&"), "&lt;b&gt;&quot;&amp;");
        assert_eq!(thousands(1_234_567.0), "1\u{202f}234\u{202f}567");
    }
}
