//! Threshold-dependent batch normalisation.

use burn::config::Config;
use burn::module::{Module, Param, RunningState};
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::{Device, Shape, Tensor};

use super::normalise::{self, Statistics, by, by_itself, check_constants, running};
use crate::sequence::domain;
use crate::sequence::sum::sum_middle;
use crate::sequence::{Frame, Sequence};

const NAME: &str = "threshold-dependent batch norm";

/// Constants of a [`ThresholdBatchNorm`].
#[derive(Config, Copy, Debug, PartialEq)]
pub struct ThresholdBatchNormConfig {
    /// Channels: the first feature axis.
    pub channels: usize,
    /// θ, the threshold of the neurons that follow.
    pub threshold: f64,
    /// α; 1 in the source, and `1/sqrt(2)` for each of two branches that are added up.
    #[config(default = 1.0)]
    pub alpha: f64,
    /// Added to the variance.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// The share of a batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
}

impl ThresholdBatchNormConfig {
    /// The norm.
    ///
    /// # Panics
    /// If there is no channel, θ, α or ε is not positive and finite, or the momentum is not in [0, 1].
    #[track_caller]
    pub fn init(&self, device: &Device) -> ThresholdBatchNorm {
        let Self { channels, threshold, alpha, epsilon, momentum } = *self;
        assert!(channels > 0, "{NAME}: 0 channels, at least 1 needed");
        domain::positive(NAME, "θ", threshold);
        domain::positive(NAME, "α", alpha);
        check_constants(NAME, epsilon, momentum);
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
/// means (of the unbiased variance, as in PyTorch). In the source `γ = α θ λ` and `λ` is learned; that is the same function, with another learning rate for
/// it.
///
/// # Shapes
/// `[time, batch, channels, ..]` in and out
///
/// # Gradient
/// Exact. As Burn's `BatchNorm`, which is inside, it normalises with its batch while it trains, that is, on a device with
/// autodiff and as long as it is not frozen.
///
/// # Panics
/// If the first feature axis is not `channels`; if there is no time step, no sample or no feature; or, in training, if
/// there is only one value for each channel.
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
#[doc(alias = "tdBN")]
#[doc(alias = "ThresholdDependentBatchNorm1d")]
#[derive(Module, Debug)]
pub struct ThresholdBatchNorm {
    /// Burn's batch norm, its γ starting from α θ.
    pub norm: BatchNorm,
}

/// Mean and variance of each channel of a batch: what a norm does with a sequence which is given to it in pieces.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor, s};
/// use snn_core::norm::{BatchStatistics, ThresholdBatchNormConfig};
/// let device = Device::flex().autodiff();
/// let norm = ThresholdBatchNormConfig::new(1, 1.0).init(&device);
/// let current = Tensor::<3>::from_data([[[2.0]], [[4.0]], [[9.0]]], &device);
/// let pieces = vec![
///     norm.statistics(current.clone().slice(s![0..1])),
///     norm.statistics(current.clone().slice(s![1..3])),
/// ];
/// let all = BatchStatistics::together(pieces);
/// assert_eq!(all.mean.clone().into_scalar::<f32>(), 5.0);
/// let whole = norm.forward_with(current.clone(), &all);
/// assert!((whole - norm.forward(current)).abs().max().into_scalar::<f32>() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct BatchStatistics {
    /// `[channels]`
    pub mean: Tensor<1>,
    /// The biased variance, `[channels]`.
    pub variance: Tensor<1>,
    /// From how many numbers of each channel.
    pub count: usize,
}

impl BatchStatistics {
    /// Those of all pieces together.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn together(pieces: Vec<Self>) -> Self {
        assert!(!pieces.is_empty(), "{NAME}: statistics of no piece at all asked for");
        let count = pieces.iter().map(|piece| piece.count).sum::<usize>();
        let share = |piece: &Self| piece.count as f64 / count as f64;
        let sum = |terms: Vec<Tensor<1>>| {
            let [channels] = terms[0].dims();
            let terms: Tensor<2> = Tensor::stack(terms, 0);
            let rows = terms.dims()[0];
            sum_middle(terms.reshape([1, rows, channels])).reshape([channels])
        };
        let mean = sum(pieces.iter().map(|piece| piece.mean.clone().mul_scalar(share(piece))).collect());
        let spread = |piece: &Self| {
            let off = piece.mean.clone() - mean.clone();
            (piece.variance.clone() + off.clone() * off).mul_scalar(share(piece))
        };
        let variance = sum(pieces.iter().map(spread).collect());
        Self { mean, variance, count }
    }
}

/// With which statistics to normalise.
enum By<'a> {
    /// Those of the batch while it trains, the running ones else; whether they become running ones.
    Own(bool),
    Given(&'a BatchStatistics),
}

impl ThresholdBatchNorm {
    /// Normalises `current [time, batch, channels, ..]`.
    ///
    /// # Panics
    /// See [`ThresholdBatchNorm`].
    #[track_caller]
    pub fn forward<const D: usize, S>(&self, current: S) -> S
    where
        S: Sequence<Frame = Tensor<D>>,
        Tensor<D>: Frame<Sequence = S>,
    {
        self.by(current, By::Own(true))
    }

    /// The same, and the running statistics stay as they are.
    ///
    /// # Panics
    /// See [`ThresholdBatchNorm`].
    #[track_caller]
    pub fn forward_unremembered<S: Sequence>(&self, current: S) -> S {
        self.by(current, By::Own(false))
    }

    /// The same with these statistics: of a whole of which `current` is a piece.
    ///
    /// # Gradient
    /// With respect to the statistics, too.
    ///
    /// # Panics
    /// See [`ThresholdBatchNorm`].
    #[track_caller]
    pub fn forward_with<S: Sequence>(&self, current: S, statistics: &BatchStatistics) -> S {
        self.by(current, By::Given(statistics))
    }

    /// The statistics of `current`.
    ///
    /// # Panics
    /// See [`ThresholdBatchNorm`].
    #[track_caller]
    pub fn statistics<S: Sequence>(&self, current: S) -> BatchStatistics {
        let (x, _, _) = self.groups(current);
        let [_, samples, channels, rest] = x.dims();
        let Statistics { mean, variance } = normalise::statistics(x);
        let [mean, variance] = [mean, variance].map(|of| of.reshape([channels]));
        BatchStatistics { mean, variance, count: samples * rest }
    }

    /// Takes these statistics into the running ones, as [`forward`](Self::forward) does with those of its batch.
    pub fn remember(&self, statistics: &BatchStatistics) {
        let unbiased = statistics.count as f64 / (statistics.count as f64 - 1.0);
        let variance = statistics.variance.clone().mul_scalar(unbiased);
        self.run_on(statistics.mean.clone().unsqueeze(), variance.unsqueeze());
    }

    /// Whether it normalises with its batch on `device`: with autodiff, and unless it is frozen.
    pub fn trains_on(&self, device: &Device) -> bool {
        device.is_autodiff() && self.norm.training.is_enabled()
    }

    fn run_on(&self, mean: Tensor<2>, variance: Tensor<2>) {
        let norm = &self.norm;
        for (statistic, batch) in [(&norm.running_mean, mean), (&norm.running_var, variance)] {
            let old = statistic.value_sync().to_device(&batch.device()).unsqueeze();
            let [_, channels] = batch.dims();
            statistic.update(running(old, batch, norm.momentum).reshape([channels]));
        }
    }

    /// `[1, time x batch, channels, rest]`, and what is needed to undo that.
    #[track_caller]
    fn groups<S: Sequence>(&self, current: S) -> (Tensor<4>, [usize; 3], Shape) {
        let (flat, shape) = domain::flat(NAME, current);
        let ([steps, batch, features], [channels]) = (flat.dims(), self.norm.gamma.dims());
        assert!(
            shape.rank() >= 2 && shape[1] == channels,
            "{NAME}: frames of shape {:?}, the second axis must be {channels} channels",
            shape.to_vec()
        );
        (flat.reshape([1, steps * batch, channels, features / channels]), [steps, batch, features], shape)
    }

    #[track_caller]
    fn by<S: Sequence>(&self, current: S, by_what: By) -> S {
        let (x, dims, shape) = self.groups(current);
        let (device, norm) = (x.device(), &self.norm);
        let row = |values: Tensor<1>| values.unsqueeze::<2>();
        let (gamma, beta) = (row(norm.gamma.val()), Some(row(norm.beta.val())));
        let normed = match by_what {
            By::Given(BatchStatistics { mean, variance, .. }) => {
                let statistics = Statistics { mean: row(mean.clone()), variance: row(variance.clone()) };
                by(x, gamma, beta, statistics, norm.epsilon)
            }
            By::Own(remember) if self.trains_on(&device) => {
                let (normed, batch) = by_itself(NAME, x, gamma, beta, norm.epsilon);
                if remember {
                    self.run_on(batch.mean, batch.variance);
                }
                normed
            }
            By::Own(_) => {
                let value = |statistic: &RunningState<Tensor<1>>| row(statistic.value().to_device(&device));
                let statistics = Statistics { mean: value(&norm.running_mean), variance: value(&norm.running_var) };
                by(x, gamma, beta, statistics, norm.epsilon)
            }
        };
        S::from_flat(normed.reshape(dims), &shape)
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
        // The batch was normalised by its biased variance, the running one is unbiased: 80 values for each channel.
        let inferred = inferred.mul_scalar((80.0f64 / 79.0).sqrt());
        trained.into_data().assert_approx_eq::<f32>(&inferred.into_data(), burn::tensor::Tolerance::absolute(1e-5));
    }

    #[test]
    fn the_running_variance_is_pytorchs() {
        let device = Device::flex().autodiff();
        let norm = ThresholdBatchNormConfig::new(1, 1.0).init(&device);
        norm.forward(Tensor::<3>::from_data([[[0.0], [3.0]], [[6.0], [9.0]]], &device));
        // torch.nn.BatchNorm1d(1) after the batch 0, 3, 6, 9: 0.9·0 + 0.1·4.5 and 0.9·1 + 0.1·15
        let found = |of: &RunningState<Tensor<1>>| of.value_sync().into_scalar::<f32>();
        assert!((found(&norm.norm.running_mean) - 0.45).abs() < 1e-6);
        assert!((found(&norm.norm.running_var) - 2.4).abs() < 1e-6);
    }

    #[test]
    #[should_panic(expected = "1 sample x 1 other features are 1 number for each channel, and at least 2 are needed")]
    fn one_number_has_no_variance() {
        let device = Device::flex().autodiff();
        ThresholdBatchNormConfig::new(3, 1.0).init(&device).forward(Tensor::<3>::ones([1, 1, 3], &device));
    }
}
