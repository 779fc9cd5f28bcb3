//! Spiking layers inside a Burn convolutional network.
//!
//! Convolution, pooling and linear map are Burn's own; between them stand neurons, which see each feature map over
//! time. [`over_time`] lets Burn's modules see all time steps as one batch.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use snn_core::encode;
use snn_core::layer::{Neurons, over_time};
use snn_core::loss::membrane_cross_entropy;
use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};
use snn_core::norm::{ThresholdBatchNorm, ThresholdBatchNormConfig};
use snn_core::readout::{Readout, spike_rate};

use crate::bars::{SIZE, accuracy, bars, batch};

const STEPS: usize = 6;

/// Convolution, norm, neurons, pooling; convolution, neurons, pooling; linear map.
#[derive(Module, Debug)]
struct SpikingCnn {
    first: Conv2d,
    norm: ThresholdBatchNorm,
    first_neurons: Neurons<Lif>,
    second: Conv2d,
    second_neurons: Neurons<Lif>,
    pool: MaxPool2d,
    output: Linear,
}

impl SpikingCnn {
    fn new(device: &Device) -> Self {
        let parameters = LifParameters::new(Decay::Multiplier(0.8), InputScale::One, 0.5);
        let neurons = || Neurons::new(Lif::default(), parameters);
        Self {
            first: Conv2dConfig::new([1, 6], [3, 3]).init(device),
            norm: ThresholdBatchNormConfig::new(6, 0.5).init(device),
            first_neurons: neurons(),
            second: Conv2dConfig::new([6, 8], [2, 2]).init(device),
            second_neurons: neurons(),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([1, 1]).init(),
            output: LinearConfig::new(8 * 3 * 3, 2).init(device),
        }
    }

    /// Currents into the output neurons, `[time, batch, 2]`, and the spikes of the first layer.
    fn forward(&self, images: Tensor<2>) -> (Tensor<3>, Tensor<5>) {
        let [batch, _] = images.dims();
        let images = images.reshape([batch, 1, SIZE, SIZE]);
        let current = encode::direct(images, STEPS, |frame| self.first.forward(frame)); // [time, batch, 6, 6, 6]
        let spikes = self.first_neurons.forward(self.norm.forward(current), None).output;
        let pooled = over_time(spikes.clone(), |frame| self.pool.forward(frame)); //       [time, batch, 6, 5, 5]
        let current = over_time(pooled, |frame| self.second.forward(frame)); //            [time, batch, 8, 4, 4]
        let second = self.second_neurons.forward(current, None).output;
        let output = over_time(second, |frame| {
            let features = self.pool.forward(frame).flatten::<2>(1, 3); //                 [time x batch, 72]
            self.output.forward(features)
        });
        (output, spikes)
    }
}

/// Trains the network on images of bars, then tests it on others.
pub fn run() {
    let device = Device::flex().autodiff();
    device.seed(1); // Burn's own layers draw their weights from the device's generator
    let mut model = SpikingCnn::new(&device);
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init(); // Burn's default of 1e-5 is too large for spiking layers
    let samples = bars(640, 1);
    for (step, samples) in samples.chunks(32).cycle().take(80).enumerate() {
        let (images, classes) = batch(samples, &device);
        let (output, _) = model.forward(images);
        let loss = membrane_cross_entropy(output, classes, Readout::Mean);
        if step % 20 == 0 {
            println!("step {step:2}: loss {:.3}", loss.clone().into_scalar::<f32>());
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.01, model, gradients);
    }
    let model = model.valid();
    let (images, classes) = batch(&bars(200, 2), &Device::flex());
    let (output, spikes) = model.forward(images);
    let rate = spike_rate(spikes).mean().into_scalar::<f32>();
    let accuracy = accuracy(Readout::Mean.reduce(output, 0), classes);
    println!("accuracy on new images {accuracy:.3}, first layer fires at {:.0} % of the steps", 100.0 * rate);
    assert!(accuracy > 0.95, "a spiking convolutional network learns to tell lying from standing bars: {accuracy}");
    assert!(rate > 0.01 && rate < 0.9, "its neurons spike, and are silent at times: {rate}");
}
