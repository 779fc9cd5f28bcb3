//! Activity in words.

use super::{Activity, SATURATED};

/// From this share of its neurons on, a layer is worth a warning.
const WORTH_A_WARNING: f64 = 0.5;

/// What is wrong with the activity of spiking layers, and what to change; one sentence for each layer, none if all
/// is well.
///
/// Give it the layers whose spikes matter, first to last, and not the last one if its membranes are read out. A
/// warning means that at least half of a layer's neurons were silent, or saturated, over all samples given (give
/// it a whole batch), or that an output was no number.
///
/// # Example
/// ```
/// use snn_core::analysis::{Activity, warnings};
/// let fine = Activity { steps: 20, samples: 100, rates: vec![0.1, 0.2, 0.0] };
/// let silent = Activity { steps: 20, samples: 100, rates: vec![0.0, 0.0, 0.0, 0.01] };
/// let warnings = warnings(&[fine, silent]);
/// assert_eq!(warnings.len(), 1);
/// assert!(warnings[0].starts_with("layer 2: 3 of 4 neurons never fired in 100 samples of 20 steps"));
/// ```
pub fn warnings(layers: &[Activity]) -> Vec<String> {
    layers.iter().enumerate().flat_map(|(index, layer)| of_layer(index + 1, layer)).collect()
}

fn of_layer(number: usize, layer: &Activity) -> Option<String> {
    let neurons = layer.rates.len();
    let (silent, saturated) = (layer.silent().len(), layer.saturated().len());
    let much = |count: usize| count > 0 && count as f64 >= WORTH_A_WARNING * neurons as f64;
    let over = format!("in {} samples of {} steps", layer.samples, layer.steps);
    let not_numbers = layer.not_numbers();
    if let Some(first) = not_numbers.first() {
        return Some(format!(
            "layer {number}: the outputs of {} of {neurons} neurons are NaN {over}, first neuron {first}: nothing after \
             it is a number either. Look at the inputs, weights and learned parameters of this layer; lower the learning \
             rate if they became NaN in training.",
            not_numbers.len()
        ));
    }
    if much(silent) {
        let consequence = if silent == neurons {
            "the layers after it see nothing, and learn nothing"
        } else {
            "they pass nothing on, and learn only where their surrogate reaches"
        };
        return Some(format!(
            "layer {number}: {silent} of {neurons} neurons never fired {over}: {consequence}. Lower the threshold, \
             start from larger weights (threshold-aware initialisation), or add a lower bound on firing rates to \
             the loss."
        ));
    }
    much(saturated).then(|| {
        format!(
            "layer {number}: {saturated} of {neurons} neurons fired at {:.0} % of the steps or more {over}: they tell \
             one input from another no longer. Raise the threshold, start from smaller weights (threshold-aware \
             initialisation), or add an upper bound on firing rates to the loss.",
            100.0 * SATURATED
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(rates: &[f32]) -> Activity {
        Activity { steps: 10, samples: 2, rates: rates.to_vec() }
    }

    #[test]
    fn a_layer_is_named_with_its_numbers_and_a_way_out() {
        let found = warnings(&[layer(&[0.0, 0.0]), layer(&[0.0, 0.5, 0.96]), layer(&[1.0, 0.99, 0.2])]);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("layer 1: 2 of 2 neurons never fired in 2 samples of 10 steps"), "{}", found[0]);
        assert!(found[0].contains("Lower the threshold"), "{}", found[0]);
        assert!(found[1].contains("layer 3: 2 of 3 neurons fired at 95 % of the steps or more"), "{}", found[1]);
        assert!(found[1].contains("Raise the threshold"), "{}", found[1]);
    }

    #[test]
    fn ordinary_activity_is_no_warning() {
        assert_eq!(warnings(&[layer(&[0.0, 0.1, 0.2]), layer(&[0.5, 0.97, 0.3])]), Vec::<String>::new());
        assert_eq!(warnings(&[layer(&[])]), Vec::<String>::new());
    }

    #[test]
    fn one_neuron_whose_output_is_no_number_is_worth_a_warning() {
        let found = warnings(&[layer(&[0.1, f32::NAN, 0.2])]);
        assert!(
            found[0].starts_with("layer 1: the outputs of 1 of 3 neurons are NaN in 2 samples of 10 steps"),
            "{found:?}"
        );
    }
}
