//! Spiking convolutions.

use burn::module::{Module, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::{Device, Tensor};
use snn_core::encode;
use snn_core::init::{WeightInit, weight_and_bias};
use snn_core::layer::{Neurons, over_time};
use snn_core::neuron::{IntegerLif, IntegerLifParameters, ResetGradient, Rounding};
use snn_core::noise::derive_seed;
use snn_core::norm::{ThresholdBatchNorm, ThresholdBatchNormConfig};
use snn_core::number::FixedF64;
use snn_data::{CLASSES, SIDE};

use super::{RateReadout, RateRun, THRESHOLD};

/// Kernels of one layer.
#[derive(Clone, Copy)]
struct Kernels {
    inputs: usize,
    outputs: usize,
    /// Pixels along each axis, an odd number.
    side: usize,
    stride: usize,
}

/// Maps of 14 x 14, 7 x 7 and 4 x 4 neurons. The first convolution, which is computed once and not at each step, sees
/// every pixel, and its maps are halved by pooling; the others take every second place.
const LAYERS: [Kernels; 3] = [
    Kernels { inputs: 1, outputs: 32, side: 5, stride: 1 },
    Kernels { inputs: 32, outputs: 64, side: 3, stride: 2 },
    Kernels { inputs: 64, outputs: 128, side: 3, stride: 2 },
];

/// Half of the membrane is left after one time step; it sends up to four spikes in one step, each of which takes away the
/// threshold.
fn neurons() -> Neurons<IntegerLif> {
    let neuron = IntegerLif { levels: FixedF64(4.0), rounding: Rounding::Nearest, gradient: ResetGradient::Detached };
    Neurons::new(neuron, IntegerLifParameters { decay: 0.5, gain: 1.0, threshold: THRESHOLD })
}

/// A convolution without bias, a norm, and neurons.
#[derive(Module, Debug)]
pub struct ConvLayer {
    /// The convolution.
    pub conv: Conv2d,
    /// Its norm, over batch, time and space.
    pub norm: ThresholdBatchNorm,
    /// The neurons.
    pub neurons: Neurons<IntegerLif>,
}

impl ConvLayer {
    fn new(kernels: Kernels, seed: u64, device: &Device) -> Self {
        let Kernels { inputs, outputs, side, stride } = kernels;
        let padding = side / 2;
        let mut conv = Conv2dConfig::new([inputs, outputs], [side, side])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
            .with_bias(false)
            .init(device);
        // Burn draws from the device's generator: other weights on each backend.
        let init = WeightInit::Gain(FixedF64(1.0));
        let (weight, _) = weight_and_bias(init, inputs * side * side, outputs, seed, device);
        let weight = weight.val().transpose().reshape([outputs, inputs, side, side]);
        conv.weight = Param::from_data(weight.into_data(), device);
        Self { conv, norm: ThresholdBatchNormConfig::new(outputs, THRESHOLD).init(device), neurons: neurons() }
    }
}

/// Spiking convolutions behind a constant current, read out by their firing rates.
///
/// ```text
/// 28 x 28 -> convolution, pooling, norm, once -> the same current at each step
///   -> 32 x 14 x 14 neurons -> 64 x 7 x 7 neurons -> 128 x 4 x 4 neurons -> rates -> 10
/// ```
///
/// Its neurons send up to four spikes in one time step, so that few steps tell much: integer spikes, Luo et al. (2024).
#[derive(Module, Debug)]
pub struct ConvLif {
    /// The spiking layers, input first.
    pub layers: Vec<ConvLayer>,
    /// From the last one's rates to the logits.
    pub readout: RateReadout,
    pool: MaxPool2d,
    time_steps: usize,
}

impl ConvLif {
    /// Pixels along each axis of an image.
    pub const SIDE: usize = SIDE;

    /// Numbers per layer, input first, classes last.
    pub fn sizes() -> Vec<usize> {
        let mut side = Self::SIDE;
        let neurons = LAYERS.map(|kernels| {
            side = side.div_ceil(2);
            kernels.outputs * side * side
        });
        [&[Self::SIDE * Self::SIDE], &neurons[..], &[CLASSES]].concat()
    }

    /// To how many neurons of the next layer a number of each layer goes, input first; not counting that those at the
    /// edge go to fewer.
    pub fn fan_outs() -> Vec<f64> {
        let reached = |kernels: &Kernels| (kernels.outputs * kernels.side.pow(2)) as f64 / kernels.stride.pow(2) as f64;
        LAYERS.iter().map(reached).chain([CLASSES as f64]).collect()
    }

    /// The network with its initial weights.
    pub fn new(time_steps: usize, seed: u64, device: &Device) -> Self {
        let layer = |(index, kernels)| ConvLayer::new(kernels, derive_seed(seed, index as u64), device);
        let neurons = Self::sizes()[LAYERS.len()];
        Self {
            layers: LAYERS.into_iter().enumerate().map(layer).collect(),
            readout: RateReadout::new(neurons, CLASSES, derive_seed(seed, LAYERS.len() as u64), device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            time_steps,
        }
    }

    /// What it does with `images [batch, 28 x 28]`, whose black is -0.5.
    pub fn run(&self, images: Tensor<2>) -> RateRun {
        let [first, later @ ..] = self.layers.as_slice() else { panic!("convolutional network: no layer") };
        let [batch, _] = images.dims();
        // Black is 0, as is what the convolution finds beyond the edge.
        let images = images.reshape([batch, 1, Self::SIDE, Self::SIDE]) + 0.5;
        let current = encode::direct(images, self.time_steps, |images| {
            first.norm.norm.forward(self.pool.forward(first.conv.forward(images)))
        });
        let mut maps = first.neurons.forward(current, None).output; // [time, batch, channels, rows, columns]
        let mut spikes = vec![flat(&maps)];
        for layer in later {
            let current = layer.norm.forward(over_time(maps, |frames| layer.conv.forward(frames)));
            maps = layer.neurons.forward(current, None).output;
            spikes.push(flat(&maps));
        }
        RateRun { logits: self.readout.forward(flat(&maps)), spikes }
    }
}

/// `[time, batch, neurons]`
fn flat(maps: &Tensor<5>) -> Tensor<3> {
    maps.clone().flatten(2, 4)
}
