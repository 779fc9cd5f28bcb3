//! How often neurons spiked.

use crate::sequence::{Frame, Sequence};

/// The number of spikes of each neuron: `Σ_t s[t]`. Graded spikes count with their size.
///
/// # Shapes
/// `spikes [time, batch, features..]`, result `[batch, features..]`
///
/// # Gradient
/// Exact: 1 for each step.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::readout::{spike_count, spike_rate};
/// let spikes = Tensor::<3>::from_data([[[1.0]], [[0.0]], [[1.0]], [[1.0]]], &Device::flex());
/// assert_eq!(spike_count(spikes.clone()).into_scalar::<f32>(), 3.0);
/// assert_eq!(spike_rate(spikes).into_scalar::<f32>(), 0.75);
/// ```
pub fn spike_count<S: Sequence>(spikes: S) -> S::Frame {
    let (flat, shape) = spikes.into_flat();
    Frame::from_flat(flat.sum_dim(0).squeeze_dim(0), &shape)
}

/// The spikes of each neuron for each time step: `1/T Σ_t s[t]`.
///
/// # Shapes
/// `spikes [time, batch, features..]`, result `[batch, features..]`
///
/// # Gradient
/// Exact: `1/T` for each step.
pub fn spike_rate<S: Sequence>(spikes: S) -> S::Frame {
    let (flat, shape) = spikes.into_flat();
    Frame::from_flat(flat.mean_dim(0).squeeze_dim(0), &shape)
}
