//! Cross-entropy of what is left when time is reduced away.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

use crate::readout::Readout;
use crate::sequence::domain;
use crate::sequence::sum::{mean_of_all, wide};

/// `-1/B Σ_b ln softmax(logits[b])[target[b]]`.
#[track_caller]
pub(super) fn cross_entropy(name: &str, logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let targets = domain::classes(name, targets, logits.dims(), &logits.device());
    cross_entropy_of_classes(logits, targets)
}

/// The same with targets `[batch, 1]` known to be classes.
pub(super) fn cross_entropy_of_classes(logits: Tensor<2>, targets: Tensor<2, Int>) -> Tensor<1> {
    mean_of_all(log_softmax(logits, 1).gather(1, targets)).neg()
}

/// Of a sequence reduced over time; computed in `f32` at least, the result in the type of the sequence.
#[track_caller]
fn of_sequence(name: &str, sequence: Tensor<3>, targets: Tensor<1, Int>, readout: Readout) -> Tensor<1> {
    let sequence = domain::sequence(name, sequence);
    let dtype = sequence.dtype();
    cross_entropy(name, readout.reduce(wide(sequence), 0), targets).cast(dtype)
}

/// Cross-entropy of firing rates.
///
/// ```text
/// r[b, c] = 1/T Σ_t s[t, b, c]
/// L       = -1/B Σ_b ln softmax(r[b])[target[b]]
/// ```
///
/// As rates lie between 0 and 1, a softmax over C classes cannot exceed `e / (e + C - 1)`: with ten classes the
/// loss stays above 1.46. [`count_cross_entropy`] has no such floor. What snnTorch calls `ce_rate_loss` takes
/// the cross-entropy at each step and is [`tet`](super::tet()) with λ = 0.
///
/// # Shapes
/// `spikes [time, batch, classes]`, `targets [batch]`, result `[1]`
///
/// # Gradient
/// Exact.
///
/// # Panics
/// If there is not one target for each sample, a target is not one of the classes, or there is no time step, no sample or
/// no class.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use snn_core::loss::rate_cross_entropy;
/// let device = Device::flex();
/// // Two steps, two classes: rates 1 and 0.
/// let spikes = Tensor::<3>::from_data([[[1.0, 0.0]], [[1.0, 0.0]]], &device);
/// let loss = rate_cross_entropy(spikes, Tensor::<1, Int>::from_data([0], &device)).into_scalar::<f32>();
/// assert!((loss - (1.0 + (-1.0f32).exp()).ln()).abs() < 1e-6); // ln(1 + e⁻¹)
/// ```
#[track_caller]
pub fn rate_cross_entropy(spikes: Tensor<3>, targets: Tensor<1, Int>) -> Tensor<1> {
    of_sequence("rate cross-entropy", spikes, targets, Readout::Mean)
}

/// Cross-entropy of spike counts: [`rate_cross_entropy`] with `r[b, c] = Σ_t s[t, b, c]`.
///
/// # Shapes
/// `spikes [time, batch, classes]`, `targets [batch]`, result `[1]`
///
/// # Gradient
/// Exact.
///
/// # Panics
/// If there is not one target for each sample, a target is not one of the classes, or there is no time step, no sample or
/// no class.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use snn_core::loss::count_cross_entropy;
/// let device = Device::flex();
/// let spikes = Tensor::<3>::from_data([[[1.0, 0.0]], [[1.0, 0.0]]], &device); // counts 2 and 0
/// let loss = count_cross_entropy(spikes, Tensor::<1, Int>::from_data([1], &device)).into_scalar::<f32>();
/// assert!((loss - (1.0 + 2.0f32.exp()).ln()).abs() < 1e-6); // ln(1 + e²)
/// ```
#[doc(alias = "ce_count_loss")]
#[track_caller]
pub fn count_cross_entropy(spikes: Tensor<3>, targets: Tensor<1, Int>) -> Tensor<1> {
    of_sequence("count cross-entropy", spikes, targets, Readout::Sum)
}

/// Cross-entropy of membranes reduced over time by `readout`: their mean, sum, last or largest value.
///
/// # Shapes
/// `membranes [time, batch, classes]`, `targets [batch]`, result `[1]`
///
/// # Gradient
/// Exact; that of the maximum goes to the step that has it.
///
/// # Panics
/// If there is not one target for each sample, a target is not one of the classes, or there is no time step, no sample or
/// no class.
///
/// # Source
/// Mean: Chevalier (2018). Maximum: Cramer, Stradmann, Schemmel, Zenke (2022), "The Heidelberg spiking data sets",
/// doi 10.1109/TNNLS.2020.3044364.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use snn_core::loss::membrane_cross_entropy;
/// use snn_core::readout::Readout;
/// let device = Device::flex();
/// let membranes = Tensor::<3>::from_data([[[3.0, 0.0]], [[-1.0, 0.0]]], &device); // last: -1 and 0
/// let loss = membrane_cross_entropy(membranes, Tensor::<1, Int>::from_data([1], &device), Readout::Last);
/// assert!((loss.into_scalar::<f32>() - (1.0 + (-1.0f32).exp()).ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn membrane_cross_entropy(membranes: Tensor<3>, targets: Tensor<1, Int>, readout: Readout) -> Tensor<1> {
    of_sequence("membrane cross-entropy", membranes, targets, readout)
}

/// Cross-entropy of the largest membrane over time: [`membrane_cross_entropy`] with
/// [`Readout::Max`](crate::readout::Readout::Max).
///
/// # Panics
/// As [`membrane_cross_entropy`].
#[doc(alias = "ce_max_membrane_loss")]
#[track_caller]
pub fn max_membrane_cross_entropy(membranes: Tensor<3>, targets: Tensor<1, Int>) -> Tensor<1> {
    membrane_cross_entropy(membranes, targets, Readout::Max)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::testing::{gradient_is_the_finite_difference, some_numbers};
    use super::*;

    #[test]
    fn gradients_are_finite_differences() {
        let targets = || Tensor::<1, Int>::from_data([2, 0], &Device::flex().autodiff());
        let values = some_numbers(4 * 6);
        gradient_is_the_finite_difference("rate", &values, |x| rate_cross_entropy(x, targets()));
        gradient_is_the_finite_difference("count", &values, |x| count_cross_entropy(x, targets()));
        gradient_is_the_finite_difference("max", &values, |x| max_membrane_cross_entropy(x, targets()));
        gradient_is_the_finite_difference("last", &values, |x| membrane_cross_entropy(x, targets(), Readout::Last));
    }

    #[test]
    #[should_panic(expected = "count cross-entropy: the target of sample 1 is 4, but there are 4 classes, 0 to 3")]
    fn a_class_which_is_none_is_refused() {
        let device = Device::flex();
        count_cross_entropy(Tensor::zeros([2, 3, 4], &device), Tensor::from_data([0, 4, 1], &device));
    }

    #[test]
    #[should_panic(expected = "rate cross-entropy: 3 samples of 4 classes, but 2 targets")]
    fn a_missing_target_is_refused() {
        let device = Device::flex();
        rate_cross_entropy(Tensor::zeros([2, 3, 4], &device), Tensor::from_data([0, 1], &device));
    }
}
