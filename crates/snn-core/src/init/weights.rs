//! How weights are drawn.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::noise::{NoiseSeed, uniform};
use crate::number::FixedF64;

/// How the weights of a synapse are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WeightInit {
    /// `U(-a, a)` with `a = sqrt(6 / (inputs + outputs))`: Glorot and Bengio (2010), eq. 16. The article's
    /// spiking layers use it.
    #[default]
    XavierUniform,
    /// `U(-a, a)` with `a = 1 / sqrt(inputs)`: what PyTorch's `Linear` does, and the article's network without spikes.
    TorchLinear,
    /// Uniform, with mean 0 and the standard deviation `gain / sqrt(inputs)`; the biases are zero.
    /// [`weights_for_rate`](super::weights_for_rate) finds the gain at which neurons fire at a target rate.
    Gain(FixedF64),
}

impl WeightInit {
    fn bound(self, inputs: usize, outputs: usize) -> f64 {
        match self {
            Self::XavierUniform => (6.0 / (inputs + outputs) as f64).sqrt(),
            Self::TorchLinear => torch_bound(inputs),
            // A uniform distribution in (-a, a) has the deviation a / sqrt(3).
            Self::Gain(gain) => gain.0 * (3.0 / inputs as f64).sqrt(),
        }
    }

    fn bias_bound(self, inputs: usize) -> f64 {
        match self {
            Self::XavierUniform | Self::TorchLinear => torch_bound(inputs),
            Self::Gain(_) => 0.0,
        }
    }
}

fn torch_bound(inputs: usize) -> f64 {
    1.0 / (inputs as f64).sqrt()
}

fn draw<const D: usize>(shape: [usize; D], bound: f64, seed: u64, stream: usize, device: &Device) -> Param<Tensor<D>> {
    let key = NoiseSeed::new(seed).key(stream);
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> =
        (0..count).map(|i| (bound * (2.0 * f64::from(uniform(key, i as u32)) - 1.0)) as f32).collect();
    Param::from_data(TensorData::new(values, shape), device)
}

/// Weight `[inputs, outputs]` and bias `[outputs]`; the bias as PyTorch's `Linear` draws it, or zero.
///
/// Burn's modules draw from the device's generator, other values on each backend. These are the same everywhere.
///
/// # Panics
/// If there is no input or no output.
///
/// # Example
/// The weights of a convolution of 5 x 5, `[channels out, channels in, rows, columns]`:
/// ```
/// use burn::tensor::Device;
/// use snn_core::init::{WeightInit, weight_and_bias};
/// let (weight, _) = weight_and_bias(WeightInit::TorchLinear, 3 * 5 * 5, 16, 0, &Device::flex());
/// let kernel = weight.val().transpose().reshape([16, 3, 5, 5]);
/// assert_eq!(kernel.dims(), [16, 3, 5, 5]);
/// ```
#[track_caller]
pub fn weight_and_bias(
    init: WeightInit,
    inputs: usize,
    outputs: usize,
    seed: u64,
    device: &Device,
) -> (Param<Tensor<2>>, Param<Tensor<1>>) {
    assert!(inputs > 0 && outputs > 0, "weights: {inputs} inputs and {outputs} outputs, at least 1 of each needed");
    (
        draw([inputs, outputs], init.bound(inputs, outputs), seed, 0, device),
        draw([outputs], init.bias_bound(inputs), seed, 1, device),
    )
}
