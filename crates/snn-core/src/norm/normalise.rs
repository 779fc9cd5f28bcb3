//! Batch normalisation itself: channels with statistics of their own, right for any number of samples.
//!
//! Burn's `batch_norm_train` leaves its sums to the backend, forward and backward, and returns the biased variance only.

use burn::tensor::Tensor;

use crate::sequence::domain;
use crate::sequence::sum::{chunk, spread, sum_middle, wide};

/// Mean and variance of each channel of each group, `[groups, channels]`.
pub(super) struct Statistics {
    pub(super) mean: Tensor<2>,
    pub(super) variance: Tensor<2>,
}

/// The axes of what is normalised: `[groups, samples, channels, rest]`. A group has its own statistics.
#[derive(Clone, Copy)]
struct Axes {
    groups: usize,
    samples: usize,
    channels: usize,
    rest: usize,
}

impl Axes {
    fn of(x: &Tensor<4>) -> Self {
        let [groups, samples, channels, rest] = x.dims();
        Self { groups, samples, channels, rest }
    }

    /// Numbers from which each statistic is computed.
    fn count(self) -> usize {
        self.samples * self.rest
    }

    /// Σ over samples and rest, `[groups, channels]`.
    fn sum(self, x: Tensor<4>) -> Tensor<2> {
        let Self { groups, samples, channels, rest } = self;
        let over_samples = sum_middle(x.reshape([groups, samples, channels * rest]));
        sum_middle(over_samples.reshape([groups * channels, rest, 1])).reshape([groups, channels])
    }

    /// A view of `x` in which the values of a channel are broadcast along a single short axis, the middle one.
    fn view(self) -> [usize; 3] {
        let Self { groups, samples, channels, rest } = self;
        let chunk = chunk(samples);
        [groups * (samples / chunk), chunk, channels * rest]
    }

    /// `values [groups, channels]` as what is broadcast: its gradient is summed in short pieces, too.
    fn broadcast(self, values: Tensor<2>) -> Tensor<3> {
        let Self { groups, samples, channels, rest } = self;
        let [outer, chunk, inner] = self.view();
        let for_rest = spread(values.reshape([groups * channels, 1]), rest).reshape([groups, inner]);
        spread(for_rest, samples / chunk).reshape([outer, 1, inner])
    }
}

/// `γ (x - μ) / sqrt(σ² + ε) + β` with the statistics of `x [groups, samples, channels, rest]` itself, and these
/// statistics, without a gradient: for running ones, so that the variance is the unbiased one.
///
/// Computed in `f32` at least; the result has the type of `x`.
///
/// # Panics
/// If there is one value for each channel, or none.
#[track_caller]
pub(super) fn by_itself(
    name: &str,
    x: Tensor<4>,
    gamma: Tensor<2>,
    beta: Option<Tensor<2>>,
    epsilon: f64,
) -> (Tensor<4>, Statistics) {
    let (axes, dtype) = (Axes::of(&x), x.dtype());
    let count = axes.count();
    assert!(
        count > 1,
        "{name}: {} sample x {} other features are {count} number for each channel, and at least 2 are needed for a \
         variance in training; use larger batches",
        axes.samples,
        axes.rest
    );
    let x = wide(x);
    let shape = x.dims();
    let mean = axes.sum(x.clone()).div_scalar(count as f64);
    let centred = x.reshape(axes.view()) - axes.broadcast(mean.clone());
    let squares = (centred.clone() * centred.clone()).reshape(shape);
    let variance = axes.sum(squares).div_scalar(count as f64);
    let unbiased = variance.clone().detach().mul_scalar(count as f64 / (count - 1) as f64);
    let normed = scaled(axes, centred, variance, gamma, beta, epsilon).reshape(shape).cast(dtype);
    (normed, Statistics { mean: mean.detach(), variance: unbiased })
}

/// Mean and biased variance of each channel of each group of `x`.
pub(super) fn statistics(x: Tensor<4>) -> Statistics {
    let axes = Axes::of(&x);
    let count = axes.count() as f64;
    let x = wide(x);
    let shape = x.dims();
    let mean = axes.sum(x.clone()).div_scalar(count);
    let centred = x.reshape(axes.view()) - axes.broadcast(mean.clone());
    let variance = axes.sum((centred.clone() * centred).reshape(shape)).div_scalar(count);
    Statistics { mean, variance }
}

/// [`by_itself`] with given statistics.
pub(super) fn by(
    x: Tensor<4>,
    gamma: Tensor<2>,
    beta: Option<Tensor<2>>,
    statistics: Statistics,
    epsilon: f64,
) -> Tensor<4> {
    let (axes, dtype) = (Axes::of(&x), x.dtype());
    let x = wide(x);
    let (shape, of_x) = (x.dims(), x.dtype());
    let centred = x.reshape(axes.view()) - axes.broadcast(statistics.mean.cast(of_x));
    scaled(axes, centred, statistics.variance.cast(of_x), gamma, beta, epsilon).reshape(shape).cast(dtype)
}

fn scaled(
    axes: Axes,
    centred: Tensor<3>,
    variance: Tensor<2>,
    gamma: Tensor<2>,
    beta: Option<Tensor<2>>,
    epsilon: f64,
) -> Tensor<3> {
    let dtype = centred.dtype();
    let scale = gamma.cast(dtype) / variance.add_scalar(epsilon).sqrt();
    let scaled = centred * axes.broadcast(scale);
    match beta {
        None => scaled,
        Some(beta) => scaled + axes.broadcast(beta.cast(dtype)),
    }
}

/// What the running statistic `old` becomes: `(1 - momentum) old + momentum batch`, in its own type.
pub(super) fn running(old: Tensor<2>, batch: Tensor<2>, momentum: f64) -> Tensor<2> {
    let batch = batch.cast(old.dtype());
    (old.mul_scalar(1.0 - momentum) + batch.mul_scalar(momentum)).detach()
}

/// # Panics
/// If ε is not positive and finite, or the momentum not in [0, 1].
#[track_caller]
pub(super) fn check_constants(name: &str, epsilon: f64, momentum: f64) {
    domain::positive(name, "ε", epsilon);
    domain::between(name, "the momentum", momentum, 0.0, 1.0);
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::batch_norm_train;
    use burn::tensor::{Device, Tolerance};

    use super::*;

    fn numbers<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
        let key = crate::noise::NoiseSeed::new(seed).key(0);
        let values: Vec<f32> =
            (0..shape.iter().product::<usize>()).map(|i| crate::noise::uniform(key, i as u32)).collect();
        Tensor::<1>::from_data(values.as_slice(), device).reshape(shape)
    }

    #[test]
    fn value_and_gradients_are_those_of_burns_batch_norm_however_many_samples() {
        let device = Device::flex().autodiff();
        for [samples, channels, rest] in [[7, 3, 1], [4, 2, 5], [6, 3, 16], [3, 2, 150], [131, 2, 1], [300, 2, 3]] {
            let shape = [1, samples, channels, rest];
            let leaf = |seed| numbers(shape, seed, &device).require_grad();
            let of_channels = |seed| numbers([channels], seed, &device).require_grad();
            let (x, gamma, beta, weights) = (leaf(1), of_channels(2), of_channels(3), numbers(shape, 4, &device));
            let row = |values: &Tensor<1>| values.clone().reshape([1, channels]);
            let (ours, statistics) = by_itself("test", x.clone(), row(&gamma), Some(row(&beta)), 1e-5);
            let burns =
                batch_norm_train(x.clone().reshape([samples, channels, rest]), gamma.clone(), beta.clone(), 1e-5);
            let close = |what: &str, a: Vec<f32>, b: Vec<f32>| {
                for (a, b) in a.iter().zip(&b) {
                    // Hundreds of numbers of the size of 1, which nearly cancel.
                    assert!((a - b).abs() < 1e-4 * (1.0 + b.abs()), "{what} of {shape:?}: {a}, expected {b}");
                }
            };
            let list = |tensor: Tensor<1>| -> Vec<f32> { tensor.into_data().iter::<f32>().collect() };
            let flat = |tensor: Tensor<4>| list(tensor.reshape([samples * channels * rest]));
            close("value", flat(ours.clone()), flat(burns.output.clone().reshape(shape)));
            close("mean", list(statistics.mean.reshape([channels])), list(burns.mean));
            let count = (samples * rest) as f64;
            let unbiased = burns.variance.mul_scalar(count / (count - 1.0));
            close("variance", list(statistics.variance.reshape([channels])), list(unbiased));
            let found = (ours * weights.clone()).sum().backward();
            let expected = (burns.output.reshape(shape) * weights).sum().backward();
            for (what, leaf) in [("γ", &gamma), ("β", &beta)] {
                let [found, expected] = [&found, &expected].map(|g| list(leaf.grad(g).expect("a gradient")));
                close(what, found, expected);
            }
            let [found, expected] = [&found, &expected].map(|g| flat(x.grad(g).expect("a gradient")));
            close("x", found, expected);
        }
    }

    #[test]
    fn groups_are_apart() {
        let device = Device::flex();
        let x = numbers([3, 5, 2, 4], 6, &device);
        let gamma = Tensor::<2>::ones([3, 2], &device);
        let (whole, _) = by_itself("test", x.clone(), gamma.clone(), None, 1e-5);
        for group in 0..3 {
            let one = |tensor: Tensor<4>| tensor.slice([group..group + 1]);
            let (alone, _) = by_itself("test", one(x.clone()), gamma.clone().slice([0..1]), None, 1e-5);
            alone.into_data().assert_approx_eq::<f32>(&one(whole.clone()).into_data(), Tolerance::absolute(1e-6));
        }
    }
}
