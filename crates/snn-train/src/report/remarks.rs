//! What is wrong with the activity of a network.

use std::fmt::Write as _;

use snn_core::analysis::SATURATED;

use super::RunView;
use super::text::{escape, put, thousands};

/// What is wrong with the activity of a network, and what to change.
fn remarks(run: &RunView) -> Vec<String> {
    let mut remarks = Vec::new();
    let too_few = run.time_steps < run.least_time_steps;
    if too_few {
        remarks.push(format!(
            "{} time steps are too few: spikes leave one step late or more, and at least {} are needed for one to reach the logits.",
            run.time_steps, run.least_time_steps
        ));
    }
    for (name, activity) in run.activities() {
        let (silent, saturated) = (activity.silent().len(), activity.saturated().len());
        let (all, samples) = (activity.rates.len(), run.observed.samples);
        let is_map = run.summary.nodes.iter().any(|node| node.name == name && node.output_shape.len() > 1);
        let must_spike = run.populations.iter().any(|population| population.name == name && population.must_spike);
        // In so short a time many a neuron cannot fire at all.
        if silent > 0 && !too_few {
            let consequence = match (is_map, must_spike) {
                (true, _) => "They share their kernels with others, which learn all the same.",
                (false, false) => {
                    "The readout takes their inner states, so they still learn; a readout of spikes would not see them."
                }
                (false, true) => "No gradient passes through them: they do not learn and are of no use.",
            };
            remarks.push(format!(
                "{name}: {silent} of {all} neurons never fired on {} test {}. {consequence} What helps: a \
                 lower threshold, larger initial weights, a slower decay, or fewer neurons.",
                thousands(samples as f64),
                run.observed.samples_are
            ));
        }
        if saturated > 0 {
            remarks.push(format!(
                "{name}: {saturated} of {all} neurons fired at {:.0} % of all steps or more. Such neurons tell \
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
