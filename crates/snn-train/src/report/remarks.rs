//! What is wrong with the activity of a network.

use std::fmt::Write as _;

use snn_core::analysis::SATURATED;

use super::RunView;
use super::text::{escape, put, thousands};
use crate::config::ModelKind;

/// What is wrong with the activity of a network, and what to change.
fn remarks(run: &RunView) -> Vec<String> {
    let mut remarks = Vec::new();
    let last = run.observed.rates.len().saturating_sub(1);
    let too_few = run.config.time_steps < run.least_time_steps;
    if too_few {
        remarks.push(format!(
            "{} time steps are too few: layers send their spikes one step late, and at least {} are needed for one to reach the logits.",
            run.config.time_steps, run.least_time_steps
        ));
    }
    for (layer, activity) in run.activities().iter().enumerate() {
        let (silent, saturated) = (activity.silent().len(), activity.saturated().len());
        let (number, all, images) = (layer + 1, activity.rates.len(), run.observed.images);
        // In so short a time many a neuron cannot fire at all.
        if silent > 0 && !too_few {
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
                "Layer {number}: {saturated} of {all} neurons fired at {:.0} % of all steps or more. Such neurons tell \
                 little about time. What helps: a higher threshold or penalty, smaller initial weights, or a penalty on \
                 activity in the loss.",
                100.0 * SATURATED
            ));
        }
    }
    remarks
}

/// The remarks on each run, or that there are none.
pub fn warnings(page: &mut String, runs: &[RunView]) {
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
