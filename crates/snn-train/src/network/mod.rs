//! The networks of `--recipe dense` and `--recipe conv`: layers of leaky neurons behind a constant current, and a
//! linear map of the last layer's firing rates.

mod conv;
mod dense;
mod rate_readout;

pub use conv::{ConvLayer, ConvLif};
pub use dense::{DenseLayer, LifMlp};
pub use rate_readout::RateReadout;

use burn::tensor::Tensor;

/// Threshold of all neurons.
const THRESHOLD: f64 = 1.0;

/// What a network of this kind does with some images: its logits, `[batch, classes]`, and the spikes of each of its
/// layers, `[time, batch, neurons]`.
#[derive(Clone, Debug)]
pub struct RateRun {
    /// `[batch, classes]`
    pub logits: Tensor<2>,
    /// `[time, batch, neurons]` of each layer.
    pub spikes: Vec<Tensor<3>>,
}
