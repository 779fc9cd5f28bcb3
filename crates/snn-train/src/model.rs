//! The networks which can be trained.

use anyhow::{Context, Result};
use burn::module::{Module, ModuleMapper};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Gradients, Tensor};
use snn_core::layer::{Neurons, ReluMlp, ReluMlpConfig, SpikingStack, SpikingStackConfig};
use snn_core::neuron::GradedLif;
use snn_core::noise::NoiseSeed;
use snn_core::record::{NeuronsRecording, record};
use snn_core::scan::ReturnStates;

use crate::config::{ModelKind, RunConfig};
use crate::evaluate::FAILED;
use crate::finite::first_not_finite;
use crate::network::{ConvLif, LifMlp, RateRun};

/// A network which can be trained.
#[derive(Clone, Debug)]
pub enum Model {
    /// The article's spiking network.
    Spiking(SpikingStack<Neurons<GradedLif>>),
    /// The article's network without spikes.
    Dense(ReluMlp),
    /// Fully connected leaky integrate-and-fire layers.
    Lif(LifMlp),
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
                let block = SpikingStackConfig {
                    sizes: config.sizes.clone(),
                    time_steps: config.time_steps,
                    ..SpikingStackConfig::chevalier2018(config.seed)
                };
                let mut net = block.init_chevalier2018(config.reset.of_chevalier2018(), device);
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
                Self::Dense(ReluMlpConfig { sizes: config.sizes.clone(), seed: Some(config.seed) }.init(device))
            }
            ModelKind::Lif => Self::Lif(LifMlp::new(&config.sizes, config.time_steps, config.seed, device)),
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
                (logits, recording.populations.iter().map(NeuronsRecording::arriving_spikes).collect())
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

    /// Of one entry for each spiking layer, those of the layers whose spikes matter: not that whose membranes are read out.
    pub fn layers_which_must_spike<T>(&self, mut layers: Vec<T>) -> Vec<T> {
        if matches!(self, Self::Spiking(_)) {
            layers.pop();
        }
        layers
    }

    /// The least number of time steps with which a spike of the first layer reaches the logits: one, and one more for each step by which
    /// a layer's spikes, or the membranes which are read out, are late.
    pub fn least_time_steps(&self) -> usize {
        match self {
            Self::Spiking(net) => {
                let options: Vec<_> = net.layers.iter().map(|layer| layer.neurons.options()).collect();
                let on_the_way: usize =
                    self.layers_which_must_spike(options.iter().map(|layer| layer.delay).collect()).iter().sum();
                let read_before_the_step =
                    options.last().is_some_and(|layer| layer.return_states == ReturnStates::BeforeStep);
                1 + on_the_way + usize::from(read_before_the_step)
            }
            // Their spikes arrive in the step in which they are fired.
            Self::Dense(_) | Self::Lif(_) | Self::Conv(_) => 1,
        }
    }

    /// Where on the way from `images` to the logits the first number is that is not finite; `None` if the way cannot be looked at.
    pub fn first_not_finite(&self, images: Tensor<2>, noise: NoiseSeed) -> Result<Option<String>> {
        let (_, recording) = record(|| self.logits(images, noise));
        for (layer, population) in recording.populations.iter().map(NeuronsRecording::flattened).enumerate() {
            let current = population.current::<3>();
            let shape = current.dims();
            let values: Vec<f32> = current.try_into_data().context(FAILED)?.iter::<f32>().collect();
            if let Some(found) = first_not_finite(&values, &shape) {
                return Ok(Some(format!("the current into `layers.{layer}` is {found} ([time step, image, neuron])")));
            }
        }
        Ok(None)
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
