//! The networks of the recipes `dense` and `conv`: leaky integrate-and-fire layers behind a constant current, and a
//! linear map of the last layer's firing rates.

mod conv;
mod dense;
mod rate_readout;

pub use conv::{ConvLayer, ConvLif};
pub use dense::{DenseLayer, DenseLif};
pub use rate_readout::RateReadout;

use burn::tensor::Tensor;
use snn_core::layer::Neurons;
use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};

/// Threshold of all neurons.
const THRESHOLD: f64 = 1.0;

/// Half of the membrane is left after one time step; a spike subtracts the threshold; surrogate: the derivative of an
/// arcus tangent.
fn neurons() -> Neurons<Lif> {
    Neurons::new(Lif::default(), LifParameters::new(Decay::Multiplier(0.5), InputScale::One, THRESHOLD))
}

/// What a network of this kind does with some images: its logits, `[batch, classes]`, and the spikes of each of its
/// layers, `[time, batch, neurons]`.
#[derive(Clone, Debug)]
pub struct RateRun {
    /// `[batch, classes]`
    pub logits: Tensor<2>,
    /// `[time, batch, neurons]` of each layer.
    pub spikes: Vec<Tensor<3>>,
}
