//! The networks which can be trained.

use burn::module::{Module, ModuleMapper, ModuleVisitor};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Gradients, Tensor};
use snn_core::layer::{ArticleNet, BlockConfig, DenseNet, DenseNetConfig};
use snn_core::noise::NoiseSeed;
use snn_core::record::{Population, record};

use crate::config::{ModelKind, RunConfig};

/// A network which can be trained.
#[derive(Clone, Debug)]
pub enum Model {
    /// The article's spiking network.
    Spiking(ArticleNet),
    /// The article's network without spikes.
    Dense(DenseNet),
}

impl Model {
    /// The network of `config` with its initial weights.
    pub fn init(config: &RunConfig, device: &Device) -> Self {
        match config.model {
            ModelKind::Spiking => {
                let block = BlockConfig {
                    sizes: config.sizes.clone(),
                    time_steps: config.time_steps,
                    ..BlockConfig::article(config.seed)
                };
                let mut net = block.init_article(config.reset.of_article(), device);
                if let Some(decay) = config.after_spike {
                    for layer in &mut net.layers {
                        layer.neurons = layer.neurons.clone().with_after_spike(decay);
                    }
                }
                Self::Spiking(net)
            }
            ModelKind::Dense => {
                Self::Dense(DenseNetConfig { sizes: config.sizes.clone(), seed: config.seed }.init(device))
            }
        }
    }

    /// `[batch, classes]` of `images [batch, pixels]`.
    pub fn logits(&self, images: Tensor<2>, noise: NoiseSeed) -> Tensor<2> {
        match self {
            Self::Spiking(net) => net.forward(images, noise),
            Self::Dense(net) => net.forward(images),
        }
    }

    /// The logits, and the spikes which each spiking layer sent out: `[time, batch, neurons]`.
    pub fn logits_and_spikes(&self, images: Tensor<2>, noise: NoiseSeed) -> (Tensor<2>, Vec<Tensor<3>>) {
        match self {
            // An after-spike hides a small spike in the output; a recording tells them apart.
            Self::Spiking(net) if net.layers.iter().any(|layer| layer.neurons.after_spike().is_some()) => {
                let (logits, recording) = record(|| net.forward(images, noise));
                (logits, recording.populations.iter().map(Population::arriving_spikes).collect())
            }
            Self::Spiking(net) => {
                let run = net.run(images, noise);
                (run.logits, run.layers.into_iter().map(|layer| layer.output).collect())
            }
            Self::Dense(net) => (net.forward(images), Vec::new()),
        }
    }

    /// Of what [`logits_and_spikes`](Self::logits_and_spikes) returned, the layers whose spikes matter: not the last
    /// one, whose membranes are read out.
    pub fn layers_which_must_spike(&self, mut spikes: Vec<Tensor<3>>) -> Vec<Tensor<3>> {
        spikes.pop();
        spikes
    }

    /// How many numbers are trained.
    pub fn parameters(&self) -> usize {
        match self {
            Self::Spiking(net) => net.num_params(),
            Self::Dense(net) => net.num_params(),
        }
    }

    /// The same network for use instead of training: without a record for the backward pass.
    pub fn valid(&self) -> Self {
        match self {
            Self::Spiking(net) => Self::Spiking(net.valid()),
            Self::Dense(net) => Self::Dense(net.valid()),
        }
    }

    /// The gradients of its parameters.
    pub fn gradients(&self, gradients: Gradients) -> GradientsParams {
        match self {
            Self::Spiking(net) => GradientsParams::from_grads(gradients, net),
            Self::Dense(net) => GradientsParams::from_grads(gradients, net),
        }
    }

    /// Shows all parameters to `visitor`.
    pub fn visit(&self, visitor: &mut impl ModuleVisitor) {
        match self {
            Self::Spiking(net) => net.visit(visitor),
            Self::Dense(net) => net.visit(visitor),
        }
    }

    /// Replaces all parameters by what `mapper` makes of them.
    pub fn map(self, mapper: &mut impl ModuleMapper) -> Self {
        match self {
            Self::Spiking(net) => Self::Spiking(net.map(mapper)),
            Self::Dense(net) => Self::Dense(net.map(mapper)),
        }
    }
}
