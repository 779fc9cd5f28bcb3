//! The tables of the page.

use std::fmt::Write as _;

use super::RunView;
use super::synops::{Activity, operations};
use super::text::{escape, percent, put, thousands};

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
            put!(page, "<tr><td>{}</td><td>{}</td>", escape(&run.name(runs)), epoch.epoch);
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

/// What each population does, and what the synapses cost.
pub fn activity(page: &mut String, runs: &[RunView]) {
    if runs.iter().any(|run| !run.observed.rates.is_empty()) {
        page.push_str(
            "<h2>Activity</h2>\n<div class=\"scroll\"><table>\n<tr><th>neurons</th><th>how many</th><th>spikes per sample</th>\
             <th>mean rate, spikes per step</th><th>silent</th><th>saturated</th></tr>\n",
        );
        for run in runs {
            for ((name, activity), spikes) in run.activities().iter().zip(&run.report.spikes_per_sample) {
                put!(
                    page,
                    "<tr><td>{}, {}</td><td>{}</td><td>{spikes:.1}</td><td>{:.4}</td><td>{}</td><td>{}</td></tr>\n",
                    escape(&run.name(runs)),
                    escape(name),
                    activity.rates.len(),
                    activity.mean_rate(),
                    activity.silent().len(),
                    activity.saturated().len()
                );
            }
        }
        page.push_str("</table></div>\n");
    }
    page.push_str(
        "<h2>Synaptic operations per sample</h2>\n<div class=\"scroll\"><table>\n<tr><th>node</th><th>kind</th><th>output shape</th>\
         <th>parameters</th><th>synaptic operations</th></tr>\n",
    );
    for run in runs {
        let spikes = |name: &str| {
            let place = run.observed.rates.iter().position(|(other, _)| other == name)?;
            run.report.spikes_per_sample.get(place).copied()
        };
        let operations = operations(&run.summary, &run.input, run.time_steps, &Activity::Spikes(&spikes));
        for (node, operations) in run.summary.nodes.iter().zip(operations) {
            put!(
                page,
                "<tr><td>{}, {}</td><td>{}</td><td>{:?}</td><td>{}</td><td>{}</td></tr>\n",
                escape(&run.name(runs)),
                escape(&node.name),
                escape(&node.kind),
                node.output_shape,
                thousands(node.parameters as f64),
                thousands(operations)
            );
        }
    }
    page.push_str(
        "</table></div>\n<p class=\"quiet\">A synaptic operation is one weight read and added, multiplied by the size of \
         what arrives. Where the sample itself arrives, it is every one of its features: at every step where they flicker, since such \
         a feature is hardly ever exactly 0, and once where they are a constant current. Elsewhere only spikes count. A \
         network without spikes does each of its products once.</p>\n",
    );
}

/// Everything that determines the runs.
pub fn configuration(page: &mut String, runs: &[RunView]) {
    page.push_str("<h2>Configuration</h2>\n");
    for run in runs {
        put!(
            page,
            "<h3>{}</h3>\n<pre class=\"scroll\">{}</pre>\n",
            escape(&run.name(runs)),
            escape(&run.file.to_string())
        );
    }
    put!(
        page,
        "<p class=\"quiet\">Written by snn-train {}. The same figures as files: <code>snn-train plot --run \
         FOLDER</code>.</p>\n",
        env!("CARGO_PKG_VERSION")
    );
}
