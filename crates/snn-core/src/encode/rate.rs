//! Rate encoders: the larger the value, the more spikes, at random times.

use burn::tensor::{DType, Device, Tensor};

use super::host::{check_steps, matrix, numbers};
use crate::noise::NoiseSeed;
use crate::sequence::domain;
use crate::sequence::sum::{repeat_over_time, wide_type};
use crate::sequence::{Frame, Sequence};
use crate::synapse::flicker;

/// What gradient the input of a rate encoder gets. Its spikes are drawn, and have none of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpikeGradient {
    /// None: the input is data.
    #[default]
    None,
    /// As if each spike were the value that was encoded: the gradient of the expected spike (for a Poisson
    /// process, of its expected number of events). Bengio, Léonard, Courville (2013), arXiv 1308.3432.
    StraightThrough,
}

/// Noise, uniform in [0, 1): `[steps, batch, features]`, the same on every backend.
///
/// It is the [`flicker`] of ones. The number of one sample does not depend on how many samples follow it. It has 24 random
/// bits, of which `f16` keeps the first 11 and `bf16` the first 8: rounded down, so that it stays below 1.
///
/// # Panics
/// If `steps`, `batch` or `features` is 0, or `dtype` is not one of floating point.
///
/// # Example
/// ```
/// use burn::tensor::{DType, Device};
/// use snn_core::encode::uniform_noise;
/// use snn_core::noise::NoiseSeed;
/// let noise = |steps, seed| uniform_noise([steps, 2, 3], seed, &Device::flex(), DType::F32).into_data();
/// let whole = noise(5, NoiseSeed::new(7));
/// let end = noise(2, NoiseSeed::new(7).later(3));
/// assert!(whole.iter::<f32>().skip(18).eq(end.iter::<f32>()));
/// ```
#[track_caller]
pub fn uniform_noise(
    [steps, batch, features]: [usize; 3],
    noise: NoiseSeed,
    device: &Device,
    dtype: DType,
) -> Tensor<3> {
    let name = "uniform noise";
    check_steps(name, steps);
    domain::not_empty(name, &[steps, batch, features], &["time steps", "samples", "features"]);
    assert!(dtype.is_float(), "{name}: numbers of {dtype:?} asked for, they must be of floating point; ask for F32");
    let uniform = flicker(Tensor::ones([batch, features], (device, DType::F32)), steps, noise);
    let kept = |values: f64| uniform.clone().mul_scalar(values).floor().div_scalar(values);
    match dtype {
        DType::F16 => kept(2048.0).cast(dtype),
        DType::BF16 => kept(256.0).cast(dtype),
        _ => uniform.cast(dtype),
    }
}

/// At each of `steps` time steps a spike with the probability `probability`.
///
/// ```text
/// s[t] = 1 if r[t] < p else 0        r[t] uniform in [0, 1), fresh for each value and step
/// ```
///
/// A probability of 0 or less never spikes, one of 1 or more always does; what is not finite is refused.
///
/// # Shapes
/// `probability [batch, features..]`, result `[steps, batch, features..]`, every value exactly 0 or 1
///
/// # Gradient
/// As `gradient` says.
///
/// # Panics
/// If `steps` is 0, there is no sample or no feature, or a probability is not finite: each is looked at once on the
/// device, which has to answer.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::encode::{SpikeGradient, bernoulli};
/// use snn_core::noise::NoiseSeed;
/// let pixels = Tensor::<2>::from_data([[0.0, 0.25, 1.0]], &Device::flex());
/// let spikes = bernoulli(pixels, 4000, NoiseSeed::new(0), SpikeGradient::None);
/// let rate: Vec<f32> = spikes.mean_dim(0).into_data().iter::<f32>().collect();
/// assert_eq!((rate[0], rate[2]), (0.0, 1.0));
/// assert!((rate[1] - 0.25).abs() < 0.03);
/// ```
#[doc(alias = "PoissonEncoder")]
#[doc(alias = "spikegen")]
#[track_caller]
pub fn bernoulli<F: Frame>(probability: F, steps: usize, noise: NoiseSeed, gradient: SpikeGradient) -> F::Sequence {
    let name = "bernoulli encoder";
    check_steps(name, steps);
    let (probability, shape) = domain::frame(name, probability);
    domain::every_finite(name, "the probability", &probability);
    let spikes = below(probability.clone().detach(), steps, noise);
    Sequence::from_flat(with_gradient(spikes, probability, 1.0, gradient), &shape)
}

/// At each of `steps` time steps a spike if a Poisson process has had at least one event.
///
/// ```text
/// p    = 1 - exp(-f·Δt)              f: events per unit of time
/// s[t] = 1 if r[t] < p else 0        r[t] uniform in [0, 1), fresh for each value and step
/// ```
///
/// For small `f·Δt` this is [`bernoulli`] with `f·Δt`; unlike that, it never needs a probability above 1, and
/// the spikes of two processes in one are those of a process with the sum of both rates.
///
/// # Shapes
/// `frequency [batch, features..]`, result `[steps, batch, features..]`, every value exactly 0 or 1
///
/// # Units
/// `frequency` and `time_step` in matching units: Hz and seconds, or 1/ms and ms. Negative frequencies count
/// as 0; what is not finite is refused.
///
/// # Gradient
/// As `gradient` says; straight through is that of `f·Δt`.
///
/// # Panics
/// If `steps` is 0, `time_step` is not positive and finite, there is no sample or no feature, or a frequency is not finite.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::encode::{SpikeGradient, poisson};
/// use snn_core::noise::NoiseSeed;
/// // 100 Hz in steps of 1 ms: a spike in 1 - exp(-0.1) = 9.5 % of the steps.
/// let frequency = Tensor::<2>::from_data([[100.0]], &Device::flex());
/// let spikes = poisson(frequency, 0.001, 10_000, NoiseSeed::new(0), SpikeGradient::None);
/// assert!((spikes.mean().into_scalar::<f32>() - 0.0952).abs() < 0.01);
/// ```
#[track_caller]
pub fn poisson<F: Frame>(
    frequency: F,
    time_step: f64,
    steps: usize,
    noise: NoiseSeed,
    gradient: SpikeGradient,
) -> F::Sequence {
    let name = "poisson encoder";
    check_steps(name, steps);
    domain::positive(name, "the time step", time_step);
    let (frequency, shape) = domain::frame(name, frequency);
    let (device, dtype) = (frequency.device(), frequency.dtype());
    let frequencies = numbers(frequency.clone());
    let every_one = frequencies.iter().copied();
    domain::every(name, "the frequency", every_one, &frequency.dims(), f64::is_finite, "a finite number");
    // An exponential function is rounded differently by each backend: the host computes it for all of them.
    let probability = frequencies.into_iter().map(|f| -(-f.max(0.0) * time_step).exp_m1()).collect();
    let probability = matrix(probability, frequency.dims(), &device, wide_type(dtype));
    let spikes = below(probability, steps, noise).cast(dtype);
    Sequence::from_flat(with_gradient(spikes, frequency, time_step, gradient), &shape)
}

/// 1 where the noise is below the probability. They are compared in `f32` at least: noise rounded to fewer bits could be 1.
fn below(probability: Tensor<2>, steps: usize, noise: NoiseSeed) -> Tensor<3> {
    let ([batch, features], dtype) = (probability.dims(), probability.dtype());
    let noise = uniform_noise([steps, batch, features], noise, &probability.device(), wide_type(dtype));
    let probability = probability.cast(wide_type(dtype));
    noise.lower(probability.unsqueeze::<3>().expand([steps, batch, features])).float().cast(dtype)
}

/// The gradient of a spike is `slope` times that of the value encoded.
fn with_gradient(spikes: Tensor<3>, encoded: Tensor<2>, slope: f64, gradient: SpikeGradient) -> Tensor<3> {
    match gradient {
        SpikeGradient::None => spikes,
        SpikeGradient::StraightThrough => {
            let steps = spikes.dims()[0];
            // Exactly zero, as what is encoded is finite.
            let nothing = (encoded.clone() - encoded.detach()).mul_scalar(slope);
            spikes + repeat_over_time(nothing, steps)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates<F: Frame<Sequence = Tensor<3>>>(spikes: Tensor<3>, _of: F) -> Vec<f32> {
        spikes.mean_dim(0).into_data().iter::<f32>().collect()
    }

    #[test]
    fn spikes_come_at_the_rate_of_the_number_within_four_standard_deviations() {
        let device = Device::flex();
        let values = [0.02, 0.1, 0.5, 0.77, 0.99];
        let input = Tensor::<2>::from_data([values], &device);
        let steps = 20_000;
        let check = |rates: Vec<f32>, expected: &dyn Fn(f64) -> f64| {
            for (rate, value) in rates.iter().zip(values) {
                let p = expected(value);
                let bound = 4.0 * (p * (1.0 - p) / steps as f64).sqrt();
                assert!((f64::from(*rate) - p).abs() < bound, "rate {rate}, expected {p} ± {bound}");
            }
        };
        let spikes = bernoulli(input.clone(), steps, NoiseSeed::new(3), SpikeGradient::None);
        check(rates(spikes, input.clone()), &|value| value);
        let spikes = poisson(input.clone(), 0.5, steps, NoiseSeed::new(4), SpikeGradient::None);
        check(rates(spikes, input), &|value| 1.0 - (-0.5 * value).exp());
    }

    #[test]
    fn straight_through_is_the_gradient_of_the_expected_spike() {
        let device = Device::flex().autodiff();
        let input = Tensor::<2>::from_data([[0.3, 0.9]], &device).require_grad();
        let spikes = bernoulli(input.clone(), 6, NoiseSeed::new(0), SpikeGradient::StraightThrough);
        let data: Vec<f32> = spikes.clone().into_data().iter::<f32>().collect();
        assert!(data.iter().all(|spike| *spike == 0.0 || *spike == 1.0));
        let gradient = input.grad(&spikes.sum().backward()).expect("a gradient");
        assert_eq!(gradient.into_data().iter::<f32>().collect::<Vec<_>>(), [6.0, 6.0]);
        let spikes = poisson(input.clone(), 0.5, 6, NoiseSeed::new(0), SpikeGradient::StraightThrough);
        let gradient = input.grad(&spikes.sum().backward()).expect("a gradient");
        assert_eq!(gradient.into_data().iter::<f32>().collect::<Vec<_>>(), [3.0, 3.0]);
    }

    #[test]
    fn numbers_outside_a_probability_saturate() {
        let input = Tensor::<2>::from_data([[-0.5, 1.5]], &Device::flex());
        let spikes = bernoulli(input.clone(), 50, NoiseSeed::new(0), SpikeGradient::None);
        assert_eq!(rates(spikes, input), [0.0, 1.0]);
    }

    #[test]
    #[should_panic(
        expected = "bernoulli encoder: the probability at [1, 0] of [2, 2] is NaN, it must be a finite number"
    )]
    fn a_probability_which_is_no_number_is_refused() {
        let input = Tensor::<2>::from_data([[0.5, 0.5], [f32::NAN, 0.5]], &Device::flex());
        bernoulli(input, 5, NoiseSeed::new(0), SpikeGradient::None);
    }

    #[test]
    #[should_panic(expected = "poisson encoder: the frequency at [0, 1] of [1, 2] is NaN, it must be a finite number")]
    fn a_frequency_which_is_no_number_is_refused() {
        let input = Tensor::<2>::from_data([[-3.0, f32::NAN]], &Device::flex());
        poisson(input, 0.1, 5, NoiseSeed::new(0), SpikeGradient::None);
    }
}
