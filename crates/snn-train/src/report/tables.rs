//! The tables of the page.

use std::fmt::Write as _;

use super::RunView;
use super::text::{escape, percent, put, thousands};
use crate::config::{ModelKind, RunConfig};
use crate::network::ConvLif;

/// Accuracy and loss after each epoch.
pub fn results(page: &mut String, runs: &[RunView]) {
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

/// What each layer does, and what that costs.
pub fn activity(page: &mut String, runs: &[RunView]) {
    page.push_str(
        "<h2>Activity and synaptic operations per image</h2>\n<div class=\"scroll\"><table>\n<tr><th>layer</th>\
         <th>neurons</th><th>spikes per image</th><th>mean rate, spikes per step</th><th>silent</th><th>saturated</th>\
         <th>synaptic operations into it</th></tr>\n",
    );
    for run in runs {
        let activities = run.activities();
        let operations = operations(&run.config, &run.report.spikes_per_sample);
        for (layer, operations) in operations.iter().enumerate() {
            let neurons = run.config.sizes[layer + 1];
            put!(page, "<tr><td>{}, layer {}</td><td>{neurons}</td>", escape(&run.report.model), layer + 1);
            match (activities.get(layer), run.report.spikes_per_sample.get(layer)) {
                (Some(activity), Some(spikes)) => {
                    put!(
                        page,
                        "<td>{spikes:.1}</td><td>{:.4}</td><td>{}</td><td>{}</td>",
                        activity.mean_rate(),
                        activity.silent().len(),
                        activity.saturated().len()
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

/// Everything that determines the runs.
pub fn configuration(page: &mut String, runs: &[RunView]) {
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
