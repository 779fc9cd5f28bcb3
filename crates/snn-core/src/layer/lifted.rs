//! Burn's modules lifted over time: convolutions, pooling, norms and linear maps see all time steps as one batch.

use burn::module::Module;
use burn::nn::conv::{Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d};
use burn::nn::pool::{AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d};
use burn::nn::{BatchNorm, Dropout, GroupNorm, InstanceNorm, LayerNorm, Linear, Relu, RmsNorm};
use burn::tensor::Tensor;

use crate::sequence::{Frame, Sequence};

/// Applies `module`, which knows nothing of time, to all time steps at once.
///
/// ```text
/// [time, batch, ..] -> [time x batch, ..] -> module -> [time x batch, ..] -> [time, batch, ..]
/// ```
///
/// One call of the module serves all steps: larger matrices, no loop. A module with statistics over the batch,
/// such as `BatchNorm`, sees the time steps as samples.
///
/// # Shapes
/// `sequence [time, batch, features..]`; the result has the features which `module` returns, of any rank.
///
/// # Gradient
/// That of the module.
///
/// # Panics
/// If `module` changes the first axis.
///
/// # Example
/// ```
/// use burn::nn::conv::Conv2dConfig;
/// use burn::tensor::{Device, Tensor, s};
/// use snn_core::layer::over_time;
///
/// let device = Device::flex();
/// let conv = Conv2dConfig::new([1, 4], [3, 3]).init(&device);
/// let spikes = Tensor::<5>::ones([7, 2, 1, 8, 8], &device); // [time, batch, channel, height, width]
/// let current = over_time(spikes, |frames| conv.forward(frames));
/// assert_eq!(current.dims(), [7, 2, 4, 6, 6]);
/// let flat = over_time(current, |frames| frames.flatten::<2>(1, 3));
/// assert_eq!(flat.dims(), [7, 2, 144]);
/// ```
#[doc(alias = "seq_to_ann_forward")]
#[doc(alias = "multi_step_forward")]
pub fn over_time<S: Sequence, F: Frame>(sequence: S, module: impl FnOnce(S::Frame) -> F) -> F::Sequence {
    let (merged, time) = sequence.merge_time();
    module(merged).split_time(time)
}

/// A module that turns a frame `[batch, features..]` into another: what [`Lifted`] lifts over time.
///
/// Implemented for Burn's modules; one line implements it for yours.
pub trait FrameModule<F: Frame> {
    /// What it returns.
    type Output: Frame;
    /// Its forward pass.
    fn apply(&self, frame: F) -> Self::Output;
}

macro_rules! impl_for_any_rank {
    ($($module:ty),* $(,)?) => {$(
        impl<const D: usize> FrameModule<Tensor<D>> for $module
        where
            Tensor<D>: Frame,
        {
            type Output = Tensor<D>;
            fn apply(&self, frame: Tensor<D>) -> Tensor<D> {
                self.forward(frame)
            }
        }
    )*};
}
impl_for_any_rank!(Linear, BatchNorm, LayerNorm, GroupNorm, InstanceNorm, RmsNorm, Dropout, Relu);

macro_rules! impl_for_rank {
    ($($rank:literal: $($module:ty),*);* $(;)?) => {$($(
        impl FrameModule<Tensor<$rank>> for $module {
            type Output = Tensor<$rank>;
            fn apply(&self, frame: Tensor<$rank>) -> Tensor<$rank> {
                self.forward(frame)
            }
        }
    )*)*};
}
impl_for_rank! {
    3: Conv1d, ConvTranspose1d, MaxPool1d, AvgPool1d, AdaptiveAvgPool1d;
    4: Conv2d, ConvTranspose2d, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d;
    5: Conv3d, ConvTranspose3d;
}

/// Any of Burn's modules, lifted over time: [`over_time`] as a module.
///
/// Its parameters are those of the module. Burn's `Dropout` draws from Burn's own generator, another mask at each
/// step, and not the same on every backend.
///
/// # Example
/// ```
/// use burn::nn::pool::MaxPool2dConfig;
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::Lifted;
/// let pool = Lifted::new(MaxPool2dConfig::new([2, 2]).init());
/// let spikes = Tensor::<5>::ones([7, 2, 4, 6, 6], &Device::flex());
/// assert_eq!(pool.forward(spikes).dims(), [7, 2, 4, 3, 3]);
/// ```
#[doc(alias = "Lift")]
#[doc(alias = "SeqToANNContainer")]
#[derive(Module, Debug)]
pub struct Lifted<M> {
    /// The module that sees one frame.
    pub module: M,
}

impl<M> Lifted<M> {
    /// `module`, lifted.
    pub fn new(module: M) -> Self {
        Self { module }
    }

    /// The module at each time step of `sequence [time, batch, features..]`.
    pub fn forward<S: Sequence>(&self, sequence: S) -> <M::Output as Frame>::Sequence
    where
        M: FrameModule<S::Frame>,
    {
        over_time(sequence, |frame| self.module.apply(frame))
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::conv::Conv1dConfig;
    use burn::nn::{BatchNormConfig, LinearConfig};
    use burn::tensor::{Device, s};

    use super::*;

    fn input(device: &Device) -> Tensor<4> {
        let key = crate::noise::NoiseSeed::new(5).key(0);
        let values: Vec<f32> = (0..3 * 2 * 4 * 5).map(|i| crate::noise::uniform(key, i)).collect();
        Tensor::<1>::from_data(values.as_slice(), device).reshape([3, 2, 4, 5])
    }

    #[test]
    fn lifted_is_the_module_at_each_step() {
        let device = Device::flex();
        let conv = Conv1dConfig::new(4, 6, 3).init(&device);
        let linear = LinearConfig::new(5, 2).init(&device);
        let (input, lifted) = (input(&device), Lifted::new(conv.clone()));
        let convolved = lifted.forward(input.clone());
        assert_eq!(convolved.dims(), [3, 2, 6, 3]);
        let mapped = Lifted::new(linear.clone()).forward(input.clone());
        for (step, frame) in input.frames().into_iter().enumerate() {
            let at = |whole: &Tensor<4>| whole.clone().slice(s![step..step + 1]).squeeze_dim::<3>(0).into_data();
            at(&convolved).assert_approx_eq::<f32>(&conv.forward(frame.clone()).into_data(), Default::default());
            at(&mapped).assert_approx_eq::<f32>(&linear.forward(frame).into_data(), Default::default());
        }
    }

    #[test]
    fn a_batch_norm_sees_time_steps_as_samples() {
        let device = Device::flex().autodiff();
        let norm = Lifted::new(BatchNormConfig::new(4).init(&device));
        let normed = norm.forward(input(&device)); // channels on axis 1 of a frame
        let means = normed.mean_dims(&[0, 1, 3]).into_data();
        assert!(means.iter::<f32>().all(|mean| mean.abs() < 1e-5), "{means}");
    }
}
