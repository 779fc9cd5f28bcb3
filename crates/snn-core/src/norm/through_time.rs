//! Batch normalisation through time.

use burn::config::Config;
use burn::module::{Flag, Module, Param, RunningState};
use burn::tensor::{Device, Tensor};

use super::normalise::{Statistics, by, by_itself, check_constants, running};
use crate::sequence::Sequence;
use crate::sequence::domain;

const NAME: &str = "batch norm through time";

/// Constants of a [`BatchNormThroughTime`].
#[derive(Config, Copy, Debug, PartialEq)]
pub struct BatchNormThroughTimeConfig {
    /// Time steps, each of which has its own parameters and statistics.
    pub steps: usize,
    /// Channels: the first feature axis.
    pub channels: usize,
    /// Added to the variance.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// The share of a batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
}

impl BatchNormThroughTimeConfig {
    /// The norm.
    ///
    /// # Panics
    /// If there is no step or no channel, ε is not positive and finite, or the momentum is not in [0, 1].
    #[track_caller]
    pub fn init(&self, device: &Device) -> BatchNormThroughTime {
        let Self { steps, channels, epsilon, momentum } = *self;
        assert!(steps > 0 && channels > 0, "{NAME}: {steps} steps and {channels} channels, at least 1 of each needed");
        check_constants(NAME, epsilon, momentum);
        BatchNormThroughTime {
            gamma: Param::from_tensor(Tensor::ones([steps, channels], device)),
            training: Param::from_bool(true),
            running_mean: RunningState::new(Tensor::zeros([steps, channels], device)),
            running_var: RunningState::new(Tensor::ones([steps, channels], device)),
            momentum,
            epsilon,
        }
    }
}

/// Batch normalisation through time (BNTT): a batch norm of its own for each time step.
///
/// ```text
/// y[t] = γ[t] (x[t] - μ[t]) / sqrt(σ²[t] + ε)
/// ```
///
/// `μ[t]` and `σ²[t]` are those of each channel at step `t`, over batch and the other feature axes; for inference,
/// their running means (of the unbiased variance, as in PyTorch). There is no β. A small `γ[t]` after training tells that step `t` is not needed.
///
/// # Shapes
/// `[time, batch, channels, ..]` in and out, at most as many steps as the norm has
///
/// # Gradient
/// Exact. It normalises with its batch while it trains, as Burn's `BatchNorm` does: on a device with autodiff and as
/// long as it is not frozen.
///
/// # Panics
/// If the sequence has more steps than the norm, or another number of channels; if there is no time step, no sample or no
/// feature; or, in training, if there is only one value for each channel at a step.
///
/// # Source
/// Kim and Panda (2021), "Revisiting batch normalization for training low-latency deep spiking neural networks from
/// scratch", arXiv 2010.01729.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::norm::BatchNormThroughTimeConfig;
/// let device = Device::flex().autodiff();
/// let norm = BatchNormThroughTimeConfig::new(2, 1).init(&device);
/// // Each step by itself: 1, 3 and 10, 30 both become -1, 1.
/// let current = Tensor::<3>::from_data([[[1.0], [3.0]], [[10.0], [30.0]]], &device);
/// let normed: Vec<f32> = norm.forward(current).into_data().iter::<f32>().collect();
/// for (found, expected) in normed.iter().zip([-1.0, 1.0, -1.0, 1.0]) {
///     assert!((found - expected).abs() < 1e-4);
/// }
/// ```
#[doc(alias = "BNTT")]
#[doc(alias = "BatchNormTT1d")]
#[derive(Module, Debug)]
pub struct BatchNormThroughTime {
    /// γ, `[steps, channels]`.
    pub gamma: Param<Tensor<2>>,
    /// Whether it trains; see Burn's `BatchNorm`.
    pub training: Param<Flag>,
    /// The running means, `[steps, channels]`.
    pub running_mean: RunningState<Tensor<2>>,
    /// The running variances, `[steps, channels]`.
    pub running_var: RunningState<Tensor<2>>,
    momentum: f64,
    epsilon: f64,
}

impl BatchNormThroughTime {
    /// Normalises `current [time, batch, channels, ..]`, whose first row is step 0.
    ///
    /// # Panics
    /// See [`BatchNormThroughTime`].
    #[track_caller]
    pub fn forward<S: Sequence>(&self, current: S) -> S {
        self.forward_from(current, 0)
    }

    /// The same for a piece of a sequence, whose first row is step `first`.
    ///
    /// # Panics
    /// See [`BatchNormThroughTime`].
    #[track_caller]
    pub fn forward_from<S: Sequence>(&self, current: S, first: usize) -> S {
        self.piece(current, first, true)
    }

    /// The same, and the running statistics stay as they are.
    ///
    /// # Panics
    /// See [`BatchNormThroughTime`].
    #[track_caller]
    pub fn forward_unremembered<S: Sequence>(&self, current: S, first: usize) -> S {
        self.piece(current, first, false)
    }

    #[track_caller]
    fn piece<S: Sequence>(&self, current: S, first: usize, remember: bool) -> S {
        let (flat, shape) = domain::flat(NAME, current);
        let ([time, batch, features], [steps, channels]) = (flat.dims(), self.gamma.dims());
        assert!(
            time <= steps && first <= steps - time,
            "{NAME}: steps {first} .. {} asked for, there are parameters for {steps}",
            first.saturating_add(time)
        );
        assert!(
            shape.rank() >= 2 && shape[1] == channels,
            "{NAME}: frames of shape {:?}, the second axis must be {channels} channels",
            shape.to_vec()
        );
        let rows = first..first + time;
        let of_rows = |all: Tensor<2>| all.slice([rows.clone()]);
        let (device, gamma) = (flat.device(), of_rows(self.gamma.val()));
        // Each step is a group with statistics of its own.
        let x = flat.reshape([time, batch, channels, features / channels]);
        let normed = if device.is_autodiff() && self.training.is_enabled() {
            let (normed, batch) = by_itself(NAME, x, gamma, None, self.epsilon);
            let statistics = [(&self.running_mean, batch.mean), (&self.running_var, batch.variance)];
            for (statistic, batch) in statistics.into_iter().filter(|_| remember) {
                let all = statistic.value_sync().to_device(&device);
                let new = running(of_rows(all.clone()), batch, self.momentum);
                statistic.update(all.slice_assign([rows.clone()], new).detach());
            }
            normed
        } else {
            let value = |statistic: &RunningState<Tensor<2>>| of_rows(statistic.value().to_device(&device));
            let statistics = Statistics { mean: value(&self.running_mean), variance: value(&self.running_var) };
            by(x, gamma, None, statistics, self.epsilon)
        };
        S::from_flat(normed.reshape([time, batch, features]), &shape)
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::BatchNormConfig;
    use burn::tensor::s;

    use super::*;
    use crate::sequence::Frame;

    fn current(device: &Device) -> Tensor<4> {
        let key = crate::noise::NoiseSeed::new(8).key(0);
        let values: Vec<f32> = (0..4 * 5 * 3 * 2).map(|i| 3.0 * crate::noise::uniform(key, i)).collect();
        Tensor::<1>::from_data(values.as_slice(), device).reshape([4, 5, 3, 2])
    }

    fn close<const D: usize>(a: Tensor<D>, b: Tensor<D>) {
        a.into_data().assert_approx_eq::<f32>(&b.into_data(), burn::tensor::Tolerance::absolute(1e-5));
    }

    #[test]
    fn it_is_one_of_burns_batch_norms_for_each_step() {
        let device = Device::flex().autodiff();
        let through_time = BatchNormThroughTimeConfig::new(4, 3).init(&device);
        let each: Vec<_> = (0..4).map(|_| BatchNormConfig::new(3).init(&device)).collect();
        let expected: Vec<Tensor<3>> =
            current(&device).frames().into_iter().zip(&each).map(|(frame, norm)| norm.forward(frame)).collect();
        close(through_time.forward(current(&device)), Frame::stack(expected));
        // Burn's running variances are the biased ones: 1 · 0.9 + 0.1 · variance, of 5 x 2 values.
        for norm in &each {
            let biased = norm.running_var.value_sync();
            norm.running_var.update(biased.sub_scalar(0.9).mul_scalar(10.0 / 9.0).add_scalar(0.9));
        }
        let (through_time, plain) = (through_time.valid(), Device::flex());
        let expected: Vec<Tensor<3>> =
            current(&plain).frames().into_iter().zip(&each).map(|(frame, norm)| norm.valid().forward(frame)).collect();
        close(through_time.forward(current(&plain)), Frame::stack(expected));
    }

    #[test]
    fn pieces_use_and_update_the_statistics_of_their_own_steps() {
        let device = Device::flex().autodiff();
        let (whole, pieces) =
            (BatchNormThroughTimeConfig::new(4, 3).init(&device), BatchNormThroughTimeConfig::new(4, 3).init(&device));
        let expected = whole.forward(current(&device));
        let first = pieces.forward_from(current(&device).slice(s![0..1]), 0);
        let second = pieces.forward_from(current(&device).slice(s![1..4]), 1);
        close(Tensor::cat(vec![first, second], 0), expected);
        close(whole.running_var.value_sync(), pieces.running_var.value_sync());
    }

    #[test]
    #[should_panic(expected = "steps 2 .. 6 asked for, there are parameters for 4")]
    fn steps_without_parameters_are_refused() {
        let device = Device::flex();
        BatchNormThroughTimeConfig::new(4, 3).init(&device).forward_from(current(&device), 2);
    }

    #[test]
    fn the_running_variance_is_pytorchs_at_each_step() {
        let device = Device::flex().autodiff();
        let norm = BatchNormThroughTimeConfig::new(2, 1).init(&device);
        let batch = [[[0.0f32], [3.0], [6.0], [9.0]], [[0.0], [0.0], [0.0], [0.0]]];
        norm.forward(Tensor::<3>::from_data(batch, &device));
        let variances: Vec<f32> = norm.running_var.value_sync().into_data().iter::<f32>().collect();
        // torch.nn.BatchNorm1d(1) after 0, 3, 6, 9: 0.9·1 + 0.1·15
        assert!((variances[0] - 2.4).abs() < 1e-6 && (variances[1] - 0.9).abs() < 1e-6, "{variances:?}");
    }

    #[test]
    #[should_panic(expected = "1 sample x 1 other features are 1 number for each channel, and at least 2 are needed")]
    fn one_number_at_a_step_has_no_variance() {
        let device = Device::flex().autodiff();
        BatchNormThroughTimeConfig::new(4, 3).init(&device).forward(Tensor::<3>::ones([4, 1, 3], &device));
    }
}
