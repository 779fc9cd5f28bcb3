//! A linear map of firing rates.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use snn_core::init::{WeightInit, weight_and_bias};
use snn_core::readout::spike_rate;
use snn_core::synapse::linear;

/// `logits = r W + b`, r: the spikes of each neuron for each time step. The same as the mean over time of the currents
/// into the output, at the cost of one step.
#[derive(Module, Debug)]
pub struct RateReadout {
    /// `[neurons, classes]`
    pub weight: Param<Tensor<2>>,
    /// `[classes]`
    pub bias: Param<Tensor<1>>,
}

impl RateReadout {
    /// From `neurons` neurons to `classes` logits.
    pub fn new(neurons: usize, classes: usize, seed: u64, device: &Device) -> Self {
        let (weight, bias) = weight_and_bias(WeightInit::TorchLinear, neurons, classes, seed, device);
        Self { weight, bias }
    }

    /// `[batch, classes]` from `spikes [time, batch, neurons]`.
    pub fn forward(&self, spikes: Tensor<3>) -> Tensor<2> {
        linear(spike_rate(spikes), self.weight.val(), self.bias.val())
    }
}
