//! Losses of the time of the first spike.

use burn::tensor::{Int, Tensor};

use super::cross_entropy::cross_entropy;
use crate::readout::first_spike_time;

/// Cross-entropy of first spike times: the neuron of the right class is to spike first.
///
/// ```text
/// L = -1/B Σ_b ln softmax(-t*[b] / τ)[target[b]]        t*: time of the first spike, T if none
/// ```
///
/// # Shapes
/// `spikes [time, batch, classes]`, every value 0 or 1; `targets [batch]`, result `[1]`
///
/// # Units
/// `τ` in time steps: a class which spikes `τ` steps earlier is `e` times as likely.
///
/// # Gradient
/// Through [`first_spike_time`]: the effect of one spike more or less, also at steps where none was.
///
/// # Panics
/// If there is not one target for each sample, or `τ` is not positive.
///
/// # Source
/// The loss: Comşa and others (2020), "Temporal coding in spiking neural networks with alpha synaptic function",
/// doi 10.1109/ICASSP40776.2020.9053856, there with τ = 1.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use snn_core::loss::first_spike_cross_entropy;
/// let device = Device::flex();
/// // Class 0 spikes at step 0, class 1 at step 2: two time constants later.
/// let spikes = Tensor::<3>::from_data([[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 1.0]]], &device);
/// let loss = first_spike_cross_entropy(spikes, Tensor::<1, Int>::from_data([0], &device), 1.0);
/// assert!((loss.into_scalar::<f32>() - (1.0 + (-2.0f32).exp()).ln()).abs() < 1e-6);
/// ```
pub fn first_spike_cross_entropy(spikes: Tensor<3>, targets: Tensor<1, Int>, time_constant: f64) -> Tensor<1> {
    assert!(
        time_constant > 0.0,
        "first spike cross-entropy: a time constant of {time_constant} steps, it must be positive"
    );
    cross_entropy("first spike cross-entropy", first_spike_time(spikes).mul_scalar(-1.0 / time_constant), targets)
}

/// Mean square distance of first spike times from the times asked for.
///
/// ```text
/// L = 1/(B N) Σ_{b,n} (t*[b, n] - target[b, n])²
/// ```
///
/// # Shapes
/// `spikes [time, batch, features]`, every value 0 or 1; `targets [batch, features]`, result `[1]`
///
/// # Units
/// Times in steps; a target of `T` asks for no spike.
///
/// # Gradient
/// Through [`first_spike_time`].
///
/// # Panics
/// If the shapes differ.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::loss::first_spike_mean_square;
/// let device = Device::flex();
/// let spikes = Tensor::<3>::from_data([[[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 0.0]]], &device); // times 1 and 3
/// let targets = Tensor::<2>::from_data([[1.0, 1.0]], &device);
/// assert_eq!(first_spike_mean_square(spikes, targets).into_scalar::<f32>(), 2.0); // (0 + 4) / 2
/// ```
pub fn first_spike_mean_square(spikes: Tensor<3>, targets: Tensor<2>) -> Tensor<1> {
    let ([_, batch, features], wanted) = (spikes.dims(), targets.dims());
    assert_eq!(
        [batch, features],
        wanted,
        "first spike mean square: spikes of {batch} samples and {features} neurons, targets of shape {wanted:?}"
    );
    (first_spike_time(spikes) - targets).powi_scalar(2).mean()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::testing::{gradient_is_the_finite_difference, some_numbers};
    use super::*;

    #[test]
    fn between_spike_and_no_spike_the_gradient_is_the_finite_difference() {
        let device = Device::flex().autodiff();
        let classes = || Tensor::<1, Int>::from_data([2, 0], &device);
        let times = || Tensor::<2>::from_data([[0.0, 1.0, 2.0], [1.5, 0.5, 2.5]], &device);
        let values = some_numbers(3 * 6);
        gradient_is_the_finite_difference("class", &values, |x| first_spike_cross_entropy(x, classes(), 0.5));
        gradient_is_the_finite_difference("time", &values, |x| first_spike_mean_square(x, times()));
    }

    #[test]
    fn a_silent_right_class_is_drawn_to_spike_and_early() {
        let device = Device::flex().autodiff();
        let spikes = Tensor::<3>::from_data([[[0.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]], &device).require_grad();
        let loss = first_spike_cross_entropy(spikes.clone(), Tensor::from_data([0], &device), 1.0);
        let gradient: Vec<f32> = spikes.grad(&loss.backward()).expect("a gradient").into_data().iter::<f32>().collect();
        let right: Vec<f32> = gradient.iter().step_by(2).copied().collect();
        assert!(right[0] < right[1] && right[1] < right[2] && right[2] < 0.0, "{right:?}");
    }
}
