//! A linear map and the neurons it drives.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Neurons;
use crate::init::{WeightInit, seed_or_next, weight_and_bias};
use crate::neuron::Neuron;
use crate::noise::NoiseSeed;
use crate::scan::{NeuronsState, ScanOutput};
use crate::synapse::{Precision, flickering_linear_in, linear_in};

/// Sizes and initial weights of a [`SpikingLinear`].
#[derive(Clone, Copy, Debug)]
pub struct SpikingLinearConfig {
    /// Numbers per sample and time step which come in.
    pub inputs: usize,
    /// Neurons.
    pub neurons: usize,
    /// How the weights are drawn.
    pub init: WeightInit,
    /// The seed they are drawn from: the same weights on every backend. `None`: the next one of [`init::seed`](crate::init::seed),
    /// so that layers are independent.
    pub seed: Option<u64>,
}

impl SpikingLinearConfig {
    /// A layer of `neurons` neurons with `inputs` inputs each, Xavier weights, independent of other layers.
    pub fn new(inputs: usize, neurons: usize) -> Self {
        Self { inputs, neurons, init: WeightInit::default(), seed: None }
    }

    /// The same, drawn from a seed of your choice.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// The layer. `neurons` are a prototype: what is learned of them is this layer's own.
    ///
    /// # Panics
    /// If a size is zero.
    #[track_caller]
    pub fn init<N: Neuron>(&self, neurons: Neurons<N>, device: &Device) -> SpikingLinear<Neurons<N>> {
        assert!(
            self.inputs > 0 && self.neurons > 0,
            "spiking linear layer: {} inputs and {} neurons, at least 1 of each needed",
            self.inputs,
            self.neurons
        );
        let seed = seed_or_next(self.seed);
        let (weight, bias) = weight_and_bias(self.init, self.inputs, self.neurons, seed, device);
        SpikingLinear { weight, bias, neurons: neurons.placed(), precision: Precision::F32 }
    }
}

/// A fully connected spiking layer: `current = x W + b` for all time steps at once, then the neurons.
///
/// `P` is the population of neurons: [`Neurons`] of some kind.
///
/// # Shapes
/// input `[time, batch, inputs]`, output `[time, batch, neurons]`
#[derive(Module, Debug)]
pub struct SpikingLinear<P> {
    /// `[inputs, neurons]`
    pub weight: Param<Tensor<2>>,
    /// `[neurons]`
    pub bias: Param<Tensor<1>>,
    /// The neurons.
    pub neurons: P,
    #[module(skip)]
    precision: Precision,
}

impl<P> SpikingLinear<P> {
    /// The same layer, whose products are computed in another precision.
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }
}

impl<N: Neuron> SpikingLinear<Neurons<N>> {
    /// Runs through all time steps of `input [time, batch.., inputs]`; `None` starts at rest.
    ///
    /// # Panics
    /// If the last axis is not the number of inputs, or the state does not fit.
    #[track_caller]
    pub fn forward<const D: usize>(&self, input: Tensor<D>, state: Option<NeuronsState<N>>) -> ScanOutput<N, D> {
        self.neurons.forward(linear_in(self.precision, input, self.weight.val(), self.bias.val()), state)
    }

    /// The same for an `input [batch, inputs]` which stays, but flickers: see [`flickering_linear`](crate::synapse::flickering_linear).
    ///
    /// # Panics
    /// As [`forward`](Self::forward), and if there is no time step.
    #[track_caller]
    pub fn forward_flickering(
        &self,
        input: Tensor<2>,
        steps: usize,
        noise: NoiseSeed,
        state: Option<NeuronsState<N>>,
    ) -> ScanOutput<N, 3> {
        let current = flickering_linear_in(self.precision, input, self.weight.val(), self.bias.val(), steps, noise);
        self.neurons.forward(current, state)
    }
}
