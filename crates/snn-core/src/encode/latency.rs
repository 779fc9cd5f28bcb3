//! Latency encoders: one spike for each value, the earlier the larger it is.

use super::host::{check_steps, nearest_step, numbers, spikes_at};
use crate::sequence::domain;
use crate::sequence::{Frame, Sequence};

/// How far above the threshold of the logarithmic law the smallest value lies that still spikes.
const SMALLEST_ABOVE: f64 = 1e-7;

/// How a value becomes a time. `x` is the value after clamping to [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LatencyLaw {
    /// `t = (T - 1)(1 - x)`: 1 spikes at the first step, 0 at the last.
    Linear,
    /// `t = τ ln(x / (x - θ))`: when a membrane with time constant τ, charged by the constant current `x`,
    /// reaches θ. Times are stretched so that 1 spikes at the first step, and a value just above θ at the
    /// last: `t' = (T - 1)(t(x) - t(1)) / (t(x₀) - t(1))`, `x₀ = θ + 10⁻⁷` (τ then cancels).
    Logarithmic {
        /// θ, above 0 and below 1 - 10⁻⁷: values up to it never reach the threshold.
        threshold: f64,
    },
}

/// One spike for each value, the earlier the larger the value.
///
/// # Shapes
/// `input [batch, features..]`, values in [0, 1] (others are clamped); result `[steps, batch, features..]`,
/// every value exactly 0 or 1
///
/// # Units
/// Times are in steps, rounded to the nearest.
///
/// # Gradient
/// None: the input is data.
///
/// # Source
/// The logarithmic law: Rueckauer and Liu (2018), "Conversion of analog to spiking neural networks using sparse
/// temporal coding", doi 10.1109/ISCAS.2018.8351295; Eshraghian and others (2023), "Training spiking neural
/// networks using lessons from deep learning", doi 10.1109/JPROC.2023.3308088, section III.A.2.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::encode::{Latency, LatencyLaw};
/// let input = Tensor::<2>::from_data([[1.0, 0.5, 0.0]], &Device::flex());
/// let spikes = Latency { steps: 5, law: LatencyLaw::Linear, silent_up_to: Some(0.1) }.encode(input);
/// let times: Vec<(usize, usize)> = spikes // (time, neuron)
///     .into_data().iter::<f32>().enumerate().filter(|(_, s)| *s == 1.0).map(|(i, _)| (i / 3, i % 3)).collect();
/// assert_eq!(times, [(0, 0), (2, 1)]); // 0.0 is not above 0.1: no spike
/// ```
#[doc(alias = "LatencyEncoder")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// T, the number of time steps.
    pub steps: usize,
    /// How a value becomes a time.
    pub law: LatencyLaw,
    /// Numbers up to this one do not spike at all; `None`: all spike, the smallest ones at the last step.
    pub silent_up_to: Option<f64>,
}

impl Latency {
    /// Linear, every value spikes.
    pub fn linear(steps: usize) -> Self {
        Self { steps, law: LatencyLaw::Linear, silent_up_to: None }
    }

    /// Logarithmic, values up to the threshold do not spike.
    pub fn logarithmic(steps: usize, threshold: f64) -> Self {
        Self { steps, law: LatencyLaw::Logarithmic { threshold }, silent_up_to: Some(threshold) }
    }

    /// The spikes.
    ///
    /// # Panics
    /// If there are no steps, no sample or no feature, a number is NaN, a logarithmic threshold is not between 0 and
    /// 1 - 10⁻⁷, or `silent_up_to` is not finite.
    #[track_caller]
    pub fn encode<F: Frame>(&self, input: F) -> F::Sequence {
        let name = "latency encoder";
        check_steps(name, self.steps);
        if let LatencyLaw::Logarithmic { threshold } = self.law {
            assert!(
                threshold > 0.0 && threshold < 1.0 - SMALLEST_ABOVE,
                "{name}: a logarithmic threshold of {threshold}, it must lie between 0 and 1 - {SMALLEST_ABOVE:e}"
            );
        }
        if let Some(bound) = self.silent_up_to {
            domain::finite(name, "the bound up to which numbers are silent", bound);
        }
        let (flat, shape) = domain::frame(name, input);
        let (size, device, dtype) = (flat.dims(), flat.device(), flat.dtype());
        let numbers = numbers(flat);
        domain::every(name, "the number", numbers.iter().copied(), &size, |x| !x.is_nan(), "a number");
        let times = numbers.into_iter().map(|x| self.time(x)).collect();
        Sequence::from_flat(spikes_at(times, size, self.steps, &device, dtype), &shape)
    }

    /// The step at which the value `x` spikes.
    fn time(&self, x: f64) -> Option<usize> {
        if x.is_nan() || self.silent_up_to.is_some_and(|bound| x <= bound) {
            return None;
        }
        let x = x.clamp(0.0, 1.0);
        let fraction = match self.law {
            LatencyLaw::Linear => 1.0 - x,
            LatencyLaw::Logarithmic { threshold } => {
                let smallest = threshold + SMALLEST_ABOVE;
                let time = |x: f64| (x / (x - threshold)).ln();
                let (first, last) = (time(1.0), time(smallest));
                (time(x.max(smallest)) - first) / (last - first)
            }
        };
        Some(nearest_step(fraction * (self.steps - 1) as f64, self.steps))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;

    use super::*;

    #[test]
    fn linear_times_by_hand() {
        let latency = Latency::linear(11);
        let times: Vec<_> = [1.0, 0.9, 0.5, 0.26, 0.0, -3.0, 7.0].map(|x| latency.time(x)).into();
        assert_eq!(times, [0, 1, 5, 7, 10, 10, 0].map(Some));
    }

    #[test]
    fn logarithmic_times_by_hand() {
        // θ = 0.5: t(x) = ln(x / (x - 0.5)); t(1) = ln 2 = 0.693, t(0.75) = ln 3 = 1.099,
        // t(0.5 + 1e-7) = ln(5 000 001) = 15.425. With 101 steps: (1.099 - 0.693) / 14.732 * 100 = 2.75 -> 3.
        let latency = Latency::logarithmic(101, 0.5);
        assert_eq!(latency.time(1.0), Some(0));
        assert_eq!(latency.time(0.75), Some(3));
        assert_eq!(latency.time(0.5 + 1e-7), Some(100));
        assert_eq!(latency.time(0.5), None);
        assert_eq!(latency.time(f64::NAN), None);
        let all = Latency { silent_up_to: None, ..latency };
        assert_eq!(all.time(0.2), Some(100));
    }

    #[test]
    #[should_panic(expected = "latency encoder: the number at [0, 1] of [1, 2] is NaN, it must be a number")]
    fn what_is_no_number_has_no_time() {
        Latency::linear(5).encode(Tensor::<2>::from_data([[0.5, f32::NAN]], &burn::tensor::Device::flex()));
    }

    #[test]
    #[should_panic(expected = "a logarithmic threshold of 0.99999999, it must lie between 0 and 1 - 1e-7")]
    fn a_threshold_which_leaves_no_number_above_it_is_refused() {
        let input = Tensor::<2>::from_data([[1.0]], &burn::tensor::Device::flex());
        Latency::logarithmic(5, 0.999_999_99).encode(input);
    }
}
