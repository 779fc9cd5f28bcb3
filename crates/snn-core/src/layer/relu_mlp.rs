//! The article's network without spikes, for comparison.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use crate::init::{WeightInit, seed_or_next, weight_and_bias};
use crate::noise::derive_seed;
use crate::synapse::linear;

/// Sizes and seed of a [`ReluMlp`].
#[derive(Config, Debug, PartialEq)]
pub struct ReluMlpConfig {
    /// Features of the input and of each layer: `[784, 100, 10]` in the article.
    pub sizes: Vec<usize>,
    /// The seed of the initial weights. `None`: the next one of [`init::seed`](crate::init::seed), so that networks are
    /// independent.
    pub seed: Option<u64>,
}

impl ReluMlpConfig {
    /// The article's sizes: 784-100-10.
    pub fn chevalier2018(seed: u64) -> Self {
        Self::new(vec![784, 100, 10]).with_seed(Some(seed))
    }

    /// The network.
    ///
    /// # Panics
    /// If there are fewer than two sizes.
    pub fn init(&self, device: &Device) -> ReluMlp {
        assert!(self.sizes.len() >= 2, "ReLU network: {} sizes, at least 2 needed", self.sizes.len());
        let seed = seed_or_next(self.seed);
        let layers = self.sizes.windows(2).enumerate().map(|(index, pair)| {
            let seed = derive_seed(seed, index as u64);
            let (weight, bias) = weight_and_bias(WeightInit::TorchLinear, pair[0], pair[1], seed, device);
            ReluMlpLayer { weight, bias }
        });
        ReluMlp { layers: layers.collect() }
    }
}

/// `x W + b`.
#[derive(Module, Debug)]
pub struct ReluMlpLayer {
    /// `[inputs, outputs]`
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`
    pub bias: Param<Tensor<1>>,
}

/// Linear layers with a rectifier between each two: the article's `NonSpikingNet` without its softmax.
#[derive(Module, Debug)]
pub struct ReluMlp {
    /// The layers, input first.
    pub layers: Vec<ReluMlpLayer>,
}

impl ReluMlp {
    /// Logits `[batch, classes]` of `input [batch, inputs]`.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        let mut value = input;
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                value = relu(value);
            }
            value = linear(value, layer.weight.val(), layer.bias.val());
        }
        value
    }
}
