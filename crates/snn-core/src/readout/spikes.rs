//! How often neurons spiked.

use crate::sequence::domain;
use crate::sequence::sum::{mean_over_time, sum_over_time};
use crate::sequence::{Frame, Sequence};

/// The number of spikes of each neuron: `Σ_t s[t]`. Graded spikes count with their size.
///
/// # Shapes
/// `spikes [time, batch, features..]`, result `[batch, features..]`
///
/// # Types
/// That of the spikes. `f16` and `bf16` are counted in `f32` and rounded once, at the end: `f16` holds every count up to
/// 2048, and 65504 at most (then infinity); `bf16` every count up to 256; `f32` up to 16 777 216, and above it the
/// nearest value to within 10⁻⁵.
///
/// # Gradient
/// Exact: 1 for each step.
///
/// # Panics
/// If there is no time step, no sample or no feature.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::readout::{spike_count, spike_rate};
/// let spikes = Tensor::<3>::from_data([[[1.0]], [[0.0]], [[1.0]], [[1.0]]], &Device::flex());
/// assert_eq!(spike_count(spikes.clone()).into_scalar::<f32>(), 3.0);
/// assert_eq!(spike_rate(spikes).into_scalar::<f32>(), 0.75);
/// ```
#[doc(alias = "accuracy_rate")]
#[track_caller]
pub fn spike_count<S: Sequence>(spikes: S) -> S::Frame {
    let (flat, shape) = domain::flat("spike count", spikes);
    Frame::from_flat(sum_over_time(flat), &shape)
}

/// The spikes of each neuron for each time step: `1/T Σ_t s[t]`.
///
/// # Shapes
/// `spikes [time, batch, features..]`, result `[batch, features..]`
///
/// # Types
/// That of the spikes; `f16` and `bf16` are summed and divided in `f32`, and rounded once.
///
/// # Gradient
/// Exact: `1/T` for each step.
///
/// # Panics
/// If there is no time step, no sample or no feature.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::readout::spike_rate;
/// let spikes = Tensor::<3>::from_data([[[1.0]], [[0.0]], [[0.0]], [[0.0]]], &Device::flex());
/// assert_eq!(spike_rate(spikes).into_scalar::<f32>(), 0.25);
/// ```
#[doc(alias = "firing_rate")]
#[track_caller]
pub fn spike_rate<S: Sequence>(spikes: S) -> S::Frame {
    let (flat, shape) = domain::flat("spike rate", spikes);
    Frame::from_flat(mean_over_time(flat), &shape)
}
