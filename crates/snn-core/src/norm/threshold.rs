//! Threshold-dependent batch normalisation.

use burn::module::{Module, Param};
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::{Device, Tensor};

use crate::layer::over_time;
use crate::sequence::{Frame, Sequence};

/// Constants of a [`ThresholdBatchNorm`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThresholdBatchNormConfig {
    /// Channels: the first feature axis.
    pub channels: usize,
    /// θ, the threshold of the neurons that follow.
    pub threshold: f64,
    /// α; 1 in the source, and `1/sqrt(2)` for each of two branches which are added up.
    pub alpha: f64,
    /// Added to the variance.
    pub epsilon: f64,
    /// The share of a batch in the running statistics.
    pub momentum: f64,
}

impl ThresholdBatchNormConfig {
    /// For `channels` channels in front of neurons with the threshold `threshold`; α = 1, the rest as in Burn's
    /// `BatchNorm`.
    pub fn new(channels: usize, threshold: f64) -> Self {
        Self { channels, threshold, alpha: 1.0, epsilon: 1e-5, momentum: 0.1 }
    }

    /// The norm.
    ///
    /// # Panics
    /// If there is no channel, or θ or α is not positive.
    pub fn init(&self, device: &Device) -> ThresholdBatchNorm {
        let Self { channels, threshold, alpha, epsilon, momentum } = *self;
        assert!(
            threshold > 0.0 && alpha > 0.0,
            "threshold-dependent batch norm: θ = {threshold} and α = {alpha}, both must be positive"
        );
        let config = BatchNormConfig::new(channels).with_epsilon(epsilon).with_momentum(momentum);
        let mut norm = config.init(device);
        norm.gamma = Param::from_tensor(Tensor::full([channels], alpha * threshold, device));
        ThresholdBatchNorm { norm }
    }
}

/// Threshold-dependent batch normalisation (tdBN): currents of all time steps together get the mean 0 and the
/// deviation α·θ, so that neurons neither fall silent nor fire at each step.
///
/// ```text
/// y = γ (x - μ) / sqrt(σ² + ε) + β        γ = α θ, β = 0 at the start
/// ```
///
/// `μ` and `σ²` are those of each channel over time, batch and the other feature axes; for inference, their running
/// means. In the source `γ = α θ λ` and `λ` is learned; that is the same function, with another learning rate for
/// it.
///
/// # Shapes
/// `[time, batch, channels, ..]` in and out
///
/// # Gradient
/// Exact, that of Burn's `BatchNorm`, which is inside: it normalises with its batch while it trains, that is, on a
/// device with autodiff and as long as it is not frozen.
///
/// # Panics
/// If the first feature axis is not `channels`.
///
/// # Source
/// Zheng, Wu, Deng, Hu, Li (2021), "Going deeper with directly-trained larger spiking neural networks",
/// arXiv 2011.05280.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::norm::ThresholdBatchNormConfig;
/// let device = Device::flex().autodiff();
/// let norm = ThresholdBatchNormConfig::new(1, 2.0).init(&device);
/// // Mean 3 and deviation 1 over both steps become 0 and 2.
/// let current = Tensor::<3>::from_data([[[2.0]], [[4.0]]], &device);
/// let normed: Vec<f32> = norm.forward(current).into_data().iter::<f32>().collect();
/// assert!((normed[0] + 2.0).abs() < 1e-4 && (normed[1] - 2.0).abs() < 1e-4);
/// ```
#[derive(Module, Debug)]
pub struct ThresholdBatchNorm {
    /// Burn's batch norm, its γ starting from α θ.
    pub norm: BatchNorm,
}

impl ThresholdBatchNorm {
    /// Normalises `current [time, batch, channels, ..]`.
    pub fn forward<const D: usize, S>(&self, current: S) -> S
    where
        S: Sequence<Frame = Tensor<D>>,
        Tensor<D>: Frame<Sequence = S>,
    {
        over_time(current, |frames| self.norm.forward(frames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current(device: &Device) -> Tensor<5> {
        let key = crate::noise::NoiseSeed::new(1).key(0);
        let values: Vec<f32> = (0..5 * 4 * 3 * 2 * 2).map(|i| 7.0 * crate::noise::uniform(key, i) - 2.0).collect();
        Tensor::<1>::from_data(values.as_slice(), device).reshape([5, 4, 3, 2, 2])
    }

    #[test]
    fn each_channel_gets_the_deviation_of_the_threshold() {
        let device = Device::flex().autodiff();
        let config = ThresholdBatchNormConfig { alpha: 0.5, ..ThresholdBatchNormConfig::new(3, 3.0) };
        let normed = config.init(&device).forward(current(&device));
        let channels: Tensor<2> = normed.permute([2, 0, 1, 3, 4]).reshape([3, 80]);
        for channel in channels.into_data().iter::<f32>().collect::<Vec<_>>().chunks(80) {
            let mean = channel.iter().sum::<f32>() / 80.0;
            let deviation = (channel.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 80.0).sqrt();
            assert!(mean.abs() < 1e-5 && (deviation - 1.5).abs() < 1e-4, "{mean}, {deviation}");
        }
    }

    #[test]
    fn inference_uses_the_running_statistics() {
        let device = Device::flex().autodiff();
        let config = ThresholdBatchNormConfig { momentum: 1.0, ..ThresholdBatchNormConfig::new(3, 1.0) };
        let norm = config.init(&device);
        let trained = norm.forward(current(&device));
        // With momentum 1 the running statistics are those of the last batch.
        let inferred = norm.valid().forward(current(&Device::flex()));
        trained.into_data().assert_approx_eq::<f32>(&inferred.into_data(), burn::tensor::Tolerance::absolute(1e-5));
    }
}
