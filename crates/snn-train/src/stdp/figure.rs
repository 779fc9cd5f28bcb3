//! The figure: what was measured beside the classical window.

use snn_core::learning::PairStdp;
use snn_plot::{Curve, Line, Windows, WindowsPanel};

use super::document::{Document, Layer, Point};

/// For each layer the influence on a spike, and the weight change. `dataset` is what people call the data set.
pub fn figure(document: &Document, rule: &PairStdp, dataset: &str) -> Windows {
    let mut numbers: Vec<usize> = document.layers.iter().map(|layer| layer.layer).collect();
    numbers.dedup();
    let rows = numbers.into_iter().map(|number| {
        let layers: Vec<&Layer> = document.layers.iter().filter(|layer| layer.layer == number).collect();
        let name = &layers[0].name;
        let curves = |value: fn(&Point) -> Option<f64>| -> Vec<Curve> {
            let one = |(colour, layer): (usize, &&Layer)| Curve {
                label: layer.state.into(),
                line: Line::Measured,
                colour,
                points: layer.curve.iter().filter_map(|point| Some((point.delta as f64, value(point)?))).collect(),
            };
            layers.iter().enumerate().map(one).collect()
        };
        let deltas: Vec<i64> = layers[0].curve.iter().map(|point| point.delta).collect();
        let window = |scale: f64| -> Vec<(f64, f64)> {
            deltas.iter().map(|delta| (*delta as f64, scale * rule.window(*delta))).collect()
        };
        let beside = |scale: f64| Curve {
            label: "classical STDP window, scaled".into(),
            line: Line::Beside,
            colour: 0,
            points: window(scale),
        };
        let spikes: Vec<String> = layers.iter().map(|layer| format!("{} {}", layer.spikes, layer.state)).collect();
        let mut left = vec![beside(1.0)];
        left.extend(curves(|point| Some(point.influence)));
        left.extend(layers.iter().enumerate().filter_map(|(place, layer)| {
            let values = layer.influence_with_after_spike.as_ref()?;
            Some(Curve {
                label: format!("{}, a spike with its after-spike", layer.state),
                line: Line::Measured,
                colour: 3 + place,
                points: deltas.iter().zip(values).map(|(delta, value)| (*delta as f64, *value)).collect(),
            })
        }));
        let theory = |label: String, colour, values: &Vec<f64>| Curve {
            label,
            line: Line::Theory,
            colour,
            points: deltas.iter().zip(values).map(|(delta, value)| (*delta as f64, *value)).collect(),
        };
        let decay = document.decay.map_or(String::new(), |decay| format!(", λ = {decay}"));
        left.extend(layers[0].theory.as_ref().map(|values| theory(format!("λ^Δ{decay}"), 2, values)));
        left.extend(layers.iter().enumerate().filter_map(|(place, layer)| {
            let values = layer.theory_across_spikes.as_ref()?;
            Some(theory(format!("λ^Δ across spikes, {}", layer.state), 3 + place, values))
        }));
        let change = curves(|point| point.weight_change);
        let largest =
            change.iter().flat_map(|curve| &curve.points).fold(0.0f64, |largest, (_, value)| largest.max(value.abs()));
        let mut right = vec![beside(if largest > 0.0 { largest } else { 1.0 })];
        right.extend(change);
        vec![
            WindowsPanel {
                title: format!("{name}: influence on a spike ({})", spikes.join(", ")),
                y_label: "K(Δ) = ∂o[t] / ∂i[t−Δ]".into(),
                curves: left,
            },
            WindowsPanel {
                title: format!("{name}: weight change of one step, per pair"),
                y_label: "mean weight change".into(),
                curves: right,
            },
        ]
    });
    Windows {
        name: "stdp".into(),
        title: "Backpropagation beside spike-timing-dependent plasticity".into(),
        subtitle: format!("{} test samples · {}", document.samples, dataset),
        rows: rows.collect(),
    }
}
