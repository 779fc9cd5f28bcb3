//! What was measured, as `stdp.json`, as `stdp.csv`, and in a few lines.

use std::fmt::Write as _;

use serde::Serialize;
use snn_core::learning::PairStdp;

/// `stdp.json`. `delta` is the time of the postsynaptic spike minus that at which the presynaptic one arrives.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// The recipe.
    pub recipe: String,
    /// λ of the first population, if its membrane decays by a factor.
    pub decay: Option<f64>,
    /// θ, of graded neurons.
    pub threshold: Option<f64>,
    /// ρ, of graded neurons.
    pub penalty: Option<f64>,
    /// `"scaled"` or `"subtracted"`, of graded neurons.
    pub reset: Option<String>,
    /// κ of the after-spike, if the run has one.
    pub after_spike: Option<f64>,
    /// The data set.
    pub dataset: String,
    /// Test samples.
    pub samples: usize,
    /// Of the training step whose weight change is measured.
    pub learning_rate: f64,
    /// -1 / ln λ (10 if there is no λ), which the fitted time constants are to be compared with.
    pub time_constant: f64,
    /// The classical window drawn beside: `a_plus e^(-delta/tau_plus)` from 0 on, `-a_minus e^(delta/tau_minus)` before.
    pub rule: Rule,
    /// Each population that sends spikes, trained and untrained.
    pub layers: Vec<Layer>,
}

/// The pair rule beside the measured curves.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rule {
    /// A₊.
    pub a_plus: f64,
    /// A₋.
    pub a_minus: f64,
    /// τ₊ in steps.
    pub tau_plus: f64,
    /// τ₋ in steps.
    pub tau_minus: f64,
}

/// One layer in one state.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// Counted from 1, input first.
    pub layer: usize,
    /// The name of its node.
    pub name: String,
    /// `"trained"` or `"untrained"`.
    pub state: &'static str,
    /// Spikes of the layer over all samples, at the steps which were looked at.
    pub spikes: u64,
    /// From `-window` to `window`.
    pub curve: Vec<Point>,
    /// In steps; `None` if the influence does not fall like an exponential.
    pub fitted_time_constant: Option<f64>,
    /// λ^delta from 0 on, 0 before: no spike between; `None` if the membrane does not decay by a factor. Of neurons which are not graded,
    /// times the influence at 0: their spikes' surrogate derivative.
    pub theory: Option<Vec<f64>>,
    /// The same with the factor of the reset at each spike between, averaged over the spikes which there were; `None` of neurons which
    /// are not graded.
    pub theory_across_spikes: Option<Vec<f64>>,
    /// The influence of a presynaptic spike of size 1 together with its after-spike, if the layer before has one.
    pub influence_with_after_spike: Option<Vec<f64>>,
    /// Pearson's correlation of the influence and of the weight change with the rule's window.
    pub correlation: Correlations,
}

/// One place of a curve.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Point {
    /// Time of the postsynaptic spike minus that of the presynaptic one, in steps.
    pub delta: i64,
    /// K(delta).
    pub influence: f64,
    /// Mean weight change of one training step for each pair of spikes; `None` if no spikes arrive.
    pub weight_change: Option<f64>,
    /// The mean of its absolute value.
    pub weight_change_magnitude: Option<f64>,
    /// Pairs of a presynaptic and a postsynaptic spike.
    pub pairs: u64,
}

/// Correlations with the rule's window.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Correlations {
    /// Of the influence, over all deltas.
    pub influence: Option<f64>,
    /// Of the influence, over the deltas from 0 on.
    pub influence_causal: Option<f64>,
    /// Of the weight change, over all deltas.
    pub weight_change: Option<f64>,
    /// Of its magnitude, over all deltas.
    pub weight_change_magnitude: Option<f64>,
}

/// A row for each layer, state and place of a curve.
pub fn table(document: &Document, rule: &PairStdp) -> String {
    let mut csv =
        "layer,state,delta,influence,weight_change,weight_change_magnitude,pairs,theory,theory_across_spikes,rule\n"
            .to_owned();
    for layer in &document.layers {
        let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let at = |curve: &Option<Vec<f64>>, place: usize| number(curve.as_ref().map(|curve| curve[place]));
        for (place, point) in layer.curve.iter().enumerate() {
            // Writing into a string cannot fail.
            let _written = writeln!(
                csv,
                "{},{},{},{},{},{},{},{},{},{}",
                layer.layer,
                layer.state,
                point.delta,
                point.influence,
                number(point.weight_change),
                number(point.weight_change_magnitude),
                point.pairs,
                at(&layer.theory, place),
                at(&layer.theory_across_spikes, place),
                rule.window(point.delta)
            );
        }
    }
    csv
}

/// For people.
pub fn summary(document: &Document) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or("none".to_owned(), |value| format!("{value:.2}"));
    let decay = document.decay.map_or(String::new(), |decay| format!("λ = {decay}: "));
    let mut lines = vec![format!(
        "{decay}time constant {:.2} steps; correlations are with the classical window",
        document.time_constant
    )];
    for layer in &document.layers {
        lines.push(format!(
            "{}, {}: {} spikes, time constant {}, influence at deltas below 0: {}, correlation of influence {} \
             (from 0 on {}), of weight change {}",
            layer.name,
            layer.state,
            layer.spikes,
            number(layer.fitted_time_constant),
            layer.curve.iter().filter(|point| point.delta < 0).map(|point| point.influence.abs()).fold(0.0, f64::max),
            number(layer.correlation.influence),
            number(layer.correlation.influence_causal),
            number(layer.correlation.weight_change),
        ));
    }
    lines
}
