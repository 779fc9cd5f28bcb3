//! The networks which can be trained.

use burn::module::{Module, ModuleMapper};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Gradients, Tensor};
use snn_core::layer::{ArticleNet, BlockConfig, DenseNet, DenseNetConfig};
use snn_core::noise::NoiseSeed;
use snn_core::record::{Population, record};

use crate::config::{ModelKind, RunConfig};
use crate::network::{ConvLif, DenseLif, RateRun};

/// A network which can be trained.
#[derive(Clone, Debug)]
pub enum Model {
    /// The article's spiking network.
    Spiking(ArticleNet),
    /// The article's network without spikes.
    Dense(DenseNet),
    /// Fully connected leaky integrate-and-fire layers.
    Lif(DenseLif),
    /// Spiking convolutions.
    Conv(ConvLif),
}

fn with_spikes(run: RateRun) -> (Tensor<2>, Vec<Tensor<3>>) {
    (run.logits, run.spikes)
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
                let precision = config.precision.precision();
                net.layers = net.layers.into_iter().map(|layer| layer.with_precision(precision)).collect();
                Self::Spiking(net)
            }
            ModelKind::Dense => {
                Self::Dense(DenseNetConfig { sizes: config.sizes.clone(), seed: config.seed }.init(device))
            }
            ModelKind::Lif => Self::Lif(DenseLif::new(&config.sizes, config.time_steps, config.seed, device)),
            ModelKind::Conv => Self::Conv(ConvLif::new(config.time_steps, config.seed, device)),
        }
    }

    /// `[batch, classes]` of `images [batch, pixels]`.
    pub fn logits(&self, images: Tensor<2>, noise: NoiseSeed) -> Tensor<2> {
        match self {
            Self::Spiking(net) => net.forward(images, noise),
            Self::Dense(net) => net.forward(images),
            Self::Lif(net) => net.run(images).logits,
            Self::Conv(net) => net.run(images).logits,
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
            Self::Lif(net) => with_spikes(net.run(images)),
            Self::Conv(net) => with_spikes(net.run(images)),
        }
    }

    /// Of what [`logits_and_spikes`](Self::logits_and_spikes) returned, the layers whose spikes matter: not that
    /// whose membranes are read out.
    pub fn layers_which_must_spike(&self, mut spikes: Vec<Tensor<3>>) -> Vec<Tensor<3>> {
        if matches!(self, Self::Spiking(_)) {
            spikes.pop();
        }
        spikes
    }

    /// The weights of the first layer, `[inputs, neurons]`, or of each of its kernels.
    pub fn first_weights(&self) -> Tensor<2> {
        match self {
            Self::Spiking(net) => net.layers[0].weight.val(),
            Self::Dense(net) => net.layers[0].weight.val(),
            Self::Lif(net) => net.layers[0].weight.val(),
            Self::Conv(net) => net.layers[0].conv.weight.val().flatten::<2>(1, 3).transpose(),
        }
    }

    /// The same network for use instead of training: without a record for the backward pass.
    pub fn valid(&self) -> Self {
        match self {
            Self::Spiking(net) => Self::Spiking(net.valid()),
            Self::Dense(net) => Self::Dense(net.valid()),
            Self::Lif(net) => Self::Lif(net.valid()),
            Self::Conv(net) => Self::Conv(net.valid()),
        }
    }

    /// The gradients of its parameters.
    pub fn gradients(&self, gradients: Gradients) -> GradientsParams {
        match self {
            Self::Spiking(net) => GradientsParams::from_grads(gradients, net),
            Self::Dense(net) => GradientsParams::from_grads(gradients, net),
            Self::Lif(net) => GradientsParams::from_grads(gradients, net),
            Self::Conv(net) => GradientsParams::from_grads(gradients, net),
        }
    }

    /// Replaces all parameters by what `mapper` makes of them.
    pub fn map(self, mapper: &mut impl ModuleMapper) -> Self {
        match self {
            Self::Spiking(net) => Self::Spiking(net.map(mapper)),
            Self::Dense(net) => Self::Dense(net.map(mapper)),
            Self::Lif(net) => Self::Lif(net.map(mapper)),
            Self::Conv(net) => Self::Conv(net.map(mapper)),
        }
    }
}
