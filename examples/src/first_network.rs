//! A first network in one screen: two spiking layers learn to tell two groups of inputs apart.
//!
//! Everything has a short way: [`Neurons::lif`] and [`Neurons::leaky_integrator`] make populations in one expression, the
//! configurations have defaults, and the prelude has the names.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor};
use snn_core::prelude::*;

#[derive(Module, Debug)]
struct Net {
    hidden: SpikingLinear<Neurons<Lif>>,
    output: SpikingLinear<Neurons<LeakyIntegrator>>,
}

impl Net {
    /// From spikes `[time, batch, 12]` to one value per class, `[batch, 2]`: the mean membrane of the output.
    fn forward(&self, spikes: Tensor<3>) -> Tensor<2> {
        let hidden = self.hidden.forward(spikes, None).output;
        Readout::Mean.reduce(self.output.forward(hidden, None).output, 0)
    }
}

/// Samples whose first (class 0) or last (class 1) six inputs fire more often, and their classes.
fn samples(batch: usize, noise: NoiseSeed, device: &Device) -> (Tensor<3>, Tensor<1, Int>) {
    let classes: Vec<i64> = (0..batch as i64).map(|sample| sample % 2).collect();
    let rates = classes.iter().flat_map(|class| (0..12).map(move |input| if input / 6 == *class { 0.4 } else { 0.1 }));
    let rates: Vec<f32> = rates.collect();
    let rates = Tensor::<1>::from_data(rates.as_slice(), device).reshape([batch, 12]);
    let spikes = encode::bernoulli(rates, 20, noise, encode::SpikeGradient::None);
    (spikes, Tensor::from_data(classes.as_slice(), device))
}

/// Trains for fifty steps, and looks at samples that were not seen.
pub fn run() {
    let device = Device::flex().autodiff();
    let mut net = Net {
        hidden: SpikingLinearConfig::new(12, 16).with_seed(Some(1)).init(Neurons::lif(0.9), &device),
        output: SpikingLinearConfig::new(16, 2).with_seed(Some(2)).init(Neurons::leaky_integrator(0.9), &device),
    };
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let mut losses = Vec::new();
    for step in 0..50 {
        let (spikes, classes) = samples(32, NoiseSeed::new(step), &device);
        let loss = burn::nn::loss::CrossEntropyLossConfig::new().init(&device).forward(net.forward(spikes), classes);
        losses.push(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        net = optimizer.step(0.01, net, gradients);
    }

    let (spikes, classes) = samples(100, NoiseSeed::new(1000), &device);
    let predicted = net.forward(spikes).argmax(1).reshape([100]);
    let correct = predicted.equal(classes).int().sum().into_scalar::<i64>();
    println!(
        "loss {:.3} at first, {:.3} at last; {correct} of 100 new samples correctly classified",
        losses[0], losses[49]
    );
    assert!(losses[49] < 0.5 * losses[0], "the network learns: loss {} at first, {} at last", losses[0], losses[49]);
    assert!(correct >= 95, "{correct} of 100 new samples correctly classified");
}
