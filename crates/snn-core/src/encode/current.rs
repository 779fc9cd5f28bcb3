//! Encoders without spikes: the values themselves drive the first neurons, which fire accordingly.

use super::host::check_steps;
use crate::sequence::domain;
use crate::sequence::sum::repeat_over_time;
use crate::sequence::{Frame, Sequence};

/// The same values at each of `steps` time steps.
///
/// ```text
/// y[t] = x
/// ```
///
/// # Shapes
/// `input [batch, features..]`, result `[steps, batch, features..]`
///
/// # Gradient
/// Exact: the sum over the steps, right for any number of them.
///
/// # Panics
/// If `steps` is 0, or the input has no sample or no feature.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// let image = Tensor::<2>::from_data([[0.5, 1.0]], &Device::flex());
/// let sequence = snn_core::encode::constant(image, 3);
/// assert_eq!(sequence.dims(), [3, 1, 2]);
/// assert_eq!(sequence.sum().into_scalar::<f32>(), 4.5);
/// ```
#[doc(alias = "direct_encoding")]
#[track_caller]
pub fn constant<F: Frame>(input: F, steps: usize) -> F::Sequence {
    check_steps("constant encoder", steps);
    let (flat, shape) = domain::frame("constant encoder", input);
    Sequence::from_flat(repeat_over_time(flat, steps), &shape)
}

/// The same current at each of `steps` time steps, computed once: direct encoding.
///
/// ```text
/// i[t] = synapse(x)
/// ```
///
/// The first spiking layer learns how to turn values into spikes. As its current is the same at each step, one
/// product serves them all: `steps` times less work than [`constant`] followed by the synapse.
///
/// # Shapes
/// `input [batch, features..]`, result `[steps, ..]` in front of what `synapse` returns.
///
/// # Gradient
/// Exact.
///
/// # Panics
/// If `steps` is 0, or `synapse` returns no sample or no feature.
///
/// # Source
/// Rueckauer, Lungu, Hu, Pfeiffer, Liu (2017), "Conversion of continuous-valued deep networks to efficient
/// event-driven networks for image classification", section 2.2.3, doi 10.3389/fnins.2017.00682.
///
/// # Example
/// ```
/// use burn::nn::LinearConfig;
/// use burn::tensor::{Device, Tensor};
/// let device = Device::flex();
/// let linear = LinearConfig::new(4, 3).init(&device);
/// let current = snn_core::encode::direct(Tensor::<2>::ones([2, 4], &device), 5, |x| linear.forward(x));
/// assert_eq!(current.dims(), [5, 2, 3]);
/// ```
#[track_caller]
pub fn direct<F: Frame, C: Frame>(input: F, steps: usize, synapse: impl FnOnce(F) -> C) -> C::Sequence {
    constant(synapse(input), steps)
}
