//! Mean square loss of spike counts.

use burn::tensor::{Int, Tensor};

use crate::sequence::domain;
use crate::sequence::sum::{mean_of_all, sum_over_time, wide};

/// Mean square distance of the spike counts from their targets.
///
/// ```text
/// n[b, c] = Σ_t s[t, b, c]
/// L       = 1/(B C) Σ_{b,c} (n[b, c] - T·(correct if c = target[b] else incorrect))²
/// ```
///
/// Unlike with a cross-entropy, the wrong classes may be asked to spike a little, which keeps them alive.
/// snnTorch's `mse_count_loss` rounds the counts it asks for down to whole spikes, and divides by T.
///
/// # Shapes
/// `spikes [time, batch, classes]`, `targets [batch]`, result `[1]`
///
/// # Units
/// `correct` and `incorrect` in spikes per time step: from 0 to 1 where a spike is 1.
///
/// # Gradient
/// Exact.
///
/// # Panics
/// If there is not one target for each sample, a target is not one of the classes, `correct` or `incorrect` is negative or
/// not finite, or there is no time step, no sample or no class.
///
/// # Source
/// Shrestha and Orchard (2018), "SLAYER: spike layer error reassignment in time", arXiv 1810.08646, section 3.1.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use snn_core::loss::mean_square_count;
/// let device = Device::flex();
/// // Two steps; counts 2 and 1, targets 2·1 and 2·0.
/// let spikes = Tensor::<3>::from_data([[[1.0, 1.0]], [[1.0, 0.0]]], &device);
/// let loss = mean_square_count(spikes, Tensor::<1, Int>::from_data([0], &device), 1.0, 0.0);
/// assert_eq!(loss.into_scalar::<f32>(), 0.5); // (0 + 1) / 2
/// ```
#[doc(alias = "mse_count_loss")]
#[track_caller]
pub fn mean_square_count(spikes: Tensor<3>, targets: Tensor<1, Int>, correct: f64, incorrect: f64) -> Tensor<1> {
    let name = "mean square count";
    domain::not_negative(name, "the rate asked of the correct class", correct);
    domain::not_negative(name, "the rate asked of incorrect classes", incorrect);
    let spikes = domain::sequence(name, spikes);
    let (steps, dtype) = (spikes.dims()[0] as f64, spikes.dtype());
    let counts = sum_over_time(wide(spikes));
    let right = domain::one_hot(name, targets, &counts);
    let wanted = right.mul_scalar(steps * (correct - incorrect)).add_scalar(steps * incorrect);
    mean_of_all((counts - wanted).powi_scalar(2)).cast(dtype)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::testing::{gradient_is_the_finite_difference, some_numbers};
    use super::*;

    #[test]
    fn wrong_classes_may_be_asked_to_spike() {
        let device = Device::flex();
        // Four steps, three classes, counts 3, 1, 0; asked for 4·0.75 = 3 and 4·0.25 = 1: (0 + 0 + 1) / 3.
        let spikes = Tensor::<3>::from_data(
            [[[1.0, 0.0, 0.0]], [[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]],
            &device,
        );
        let loss = mean_square_count(spikes, Tensor::from_data([0], &device), 0.75, 0.25).into_scalar::<f32>();
        assert!((loss - 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_is_the_finite_difference() {
        let targets = || Tensor::<1, Int>::from_data([1, 2], &Device::flex().autodiff());
        gradient_is_the_finite_difference("count", &some_numbers(5 * 6), |x| mean_square_count(x, targets(), 0.8, 0.1));
    }
}
