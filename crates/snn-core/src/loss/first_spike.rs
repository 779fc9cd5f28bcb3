//! Losses of the time of the first spike.

use burn::tensor::{Int, Tensor};

use super::cross_entropy::cross_entropy;
use crate::readout::first_spike_time;
use crate::sequence::domain;
use crate::sequence::sum::{mean_of_all, wide};

/// Cross-entropy of first spike times: the neuron of the right class is to spike first.
///
/// ```text
/// L = -1/B Σ_b ln softmax(-t*[b] / τ)[target[b]]        t*: time of the first spike, T if none
/// ```
///
/// # Shapes
/// `spikes [time, batch, classes]`, where what is not zero is a spike; `targets [batch]`, result `[1]`
///
/// # Units
/// `τ` in time steps: a class that spikes `τ` steps earlier is `e` times as likely.
///
/// # Gradient
/// Through [`first_spike_time`]: the effect of one spike more or less, also at steps where none was.
///
/// # Panics
/// If there is not one target for each sample, a target is not one of the classes, `τ` is not positive and finite, or
/// there is no time step, no sample or no class.
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
#[doc(alias = "ce_temporal_loss")]
#[track_caller]
pub fn first_spike_cross_entropy(spikes: Tensor<3>, targets: Tensor<1, Int>, time_constant: f64) -> Tensor<1> {
    let name = "first spike cross-entropy";
    domain::positive(name, "the time constant", time_constant);
    let spikes = domain::sequence(name, spikes);
    let dtype = spikes.dtype();
    cross_entropy(name, first_spike_time(wide(spikes)).div_scalar(-time_constant), targets).cast(dtype)
}

/// Mean square distance of first spike times from their targets.
///
/// ```text
/// L = 1/(B N) Σ_{b,n} (t*[b, n] - target[b, n])²
/// ```
///
/// # Shapes
/// `spikes [time, batch, features]`, where what is not zero is a spike; `targets [batch, features]`, result `[1]`
///
/// # Units
/// Times in steps, from 0 to `T`; a target of `T` asks for no spike.
///
/// # Gradient
/// Through [`first_spike_time`].
///
/// # Panics
/// If the shapes differ, a target is no time between 0 and `T`, or there is no time step, no sample or no neuron.
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
#[doc(alias = "mse_temporal_loss")]
#[track_caller]
pub fn first_spike_mean_square(spikes: Tensor<3>, targets: Tensor<2>) -> Tensor<1> {
    let name = "first spike mean square";
    let spikes = domain::sequence(name, spikes);
    let ([steps, batch, features], wanted, dtype) = (spikes.dims(), targets.dims(), spikes.dtype());
    assert_eq!(
        [batch, features],
        wanted,
        "{name}: spikes of {batch} samples and {features} neurons, targets of shape {wanted:?}"
    );
    let times = targets.clone().detach().into_data();
    let is_a_time = |time: f64| (0.0..=steps as f64).contains(&time);
    let must = format!("a time from 0 to {steps}, which is how many steps there are");
    domain::every(name, "the target", times.iter::<f64>(), &wanted, is_a_time, &must);
    let spikes = wide(spikes);
    let targets = targets.cast(spikes.dtype());
    mean_of_all((first_spike_time(spikes) - targets).powi_scalar(2)).cast(dtype)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn the_gradient_is_the_derivative_of_the_loss_by_the_time_times_that_of_the_time() {
        let device = Device::flex().autodiff();
        // Two samples, three neurons: times 1, 3 (none), 0 and 2, 1, 3 (none).
        let spikes = || {
            let steps = [
                [[0.0f32, 0.0, 1.0], [0.0, 0.0, 0.0]],
                [[0.5, 0.0, 0.0], [0.0, 2.0, 0.0]],
                [[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
            ];
            Tensor::<3>::from_data(steps, &device).require_grad()
        };
        let gradient = |spikes: &Tensor<3>, loss: Tensor<1>| -> Vec<f32> {
            spikes.grad(&loss.backward()).expect("a gradient").into_data().iter::<f32>().collect()
        };
        let classes = || Tensor::<1, Int>::from_data([2, 0], &device);
        let times = || Tensor::<2>::from_data([[0.0, 1.0, 2.0], [1.5, 0.5, 2.5]], &device);
        let check = |name: &str, loss: &dyn Fn(Tensor<3>) -> Tensor<1>, of_times: &dyn Fn(Tensor<2>) -> Tensor<1>| {
            let input = spikes();
            let found = gradient(&input, loss(input.clone()));
            let input = spikes();
            let t = first_spike_time(input.clone());
            let leaf = t.clone().detach().require_grad();
            let by_time = leaf.grad(&of_times(leaf.clone()).backward()).expect("a gradient");
            let expected = gradient(&input, (t * Tensor::from_inner(by_time)).sum());
            assert!(expected.iter().any(|g| g.abs() > 1e-3), "{name}: {expected:?}");
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-6, "{name}: {found}, expected {expected}");
            }
        };
        check("class", &|x| first_spike_cross_entropy(x, classes(), 0.5), &|t| {
            cross_entropy("class", t.mul_scalar(-2.0), classes())
        });
        check("time", &|x| first_spike_mean_square(x, times()), &|t| (t - times()).powi_scalar(2).mean());
    }

    #[test]
    #[should_panic(
        expected = "first spike mean square: the target at [0, 1] of [1, 2] is 4, it must be a time from 0 to 3"
    )]
    fn a_time_which_no_spike_can_have_is_refused() {
        let device = Device::flex();
        first_spike_mean_square(Tensor::zeros([3, 1, 2], &device), Tensor::from_data([[3.0, 4.0]], &device));
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
