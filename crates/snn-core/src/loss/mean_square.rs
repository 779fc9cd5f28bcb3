//! Mean square loss of spike counts.

use burn::tensor::{Int, Tensor};

/// Mean square distance of the spike counts from those asked for.
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
/// `correct` and `incorrect` in spikes per time step, from 0 to 1.
///
/// # Gradient
/// Exact.
///
/// # Panics
/// If there is not one target for each sample.
///
/// # Source
/// Shrestha and Orchard (2018), "SLAYER: spike layer error reassignment in time", arXiv 1810.08646, section 3.1.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use snn_core::loss::mean_square_count;
/// let device = Device::flex();
/// // Two steps; counts 2 and 1, asked for 2·1 and 2·0.
/// let spikes = Tensor::<3>::from_data([[[1.0, 1.0]], [[1.0, 0.0]]], &device);
/// let loss = mean_square_count(spikes, Tensor::<1, Int>::from_data([0], &device), 1.0, 0.0);
/// assert_eq!(loss.into_scalar::<f32>(), 0.5); // (0 + 1) / 2
/// ```
pub fn mean_square_count(spikes: Tensor<3>, targets: Tensor<1, Int>, correct: f64, incorrect: f64) -> Tensor<1> {
    let ([steps, batch, classes], [count]) = (spikes.dims(), targets.dims());
    assert_eq!(batch, count, "mean square count: {batch} samples of {classes} classes, but {count} targets");
    let (steps, dtype) = (steps as f64, spikes.dtype());
    let right: Tensor<2> = targets.one_hot::<2>(classes).float().cast(dtype);
    let wanted = right.mul_scalar(steps * (correct - incorrect)).add_scalar(steps * incorrect);
    (spikes.sum_dim(0).squeeze_dim(0) - wanted).powi_scalar(2).mean()
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
