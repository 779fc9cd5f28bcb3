//! One training step of a network, repeated.

use burn::module::Module;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use snn_core::layer::{Neurons, SpikingLinear, SpikingStack};
use snn_core::neuron::{GradedLif, LeakyIntegrator, Lif};
use snn_core::noise::{NoiseSeed, derive_seed, uniform};
use snn_core::readout::Readout;

use super::measure::{Seconds, time};
use crate::finite::{in_weights, loss_and_gradients};

/// A network whose training step can be timed.
pub trait Steppable: Module + Clone {
    /// Logits `[batch, classes]` of `input [batch, inputs]`.
    fn logits(&self, input: Tensor<2>, noise: NoiseSeed) -> Tensor<2>;

    /// Loss and gradients with at most `every` time steps in memory; `None` if the network cannot.
    fn in_segments(
        &self,
        _input: Tensor<2>,
        _noise: NoiseSeed,
        _every: usize,
        _loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    ) -> Option<(Tensor<1>, GradientsParams)> {
        None
    }
}

impl Steppable for SpikingStack<Neurons<GradedLif>> {
    fn logits(&self, input: Tensor<2>, noise: NoiseSeed) -> Tensor<2> {
        self.forward(input, noise)
    }
    fn in_segments(
        &self,
        input: Tensor<2>,
        noise: NoiseSeed,
        every: usize,
        loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    ) -> Option<(Tensor<1>, GradientsParams)> {
        Some(self.gradients_in_segments(input, noise, every, loss))
    }
}

/// The network of other libraries' benchmarks: flickering input, leaky integrate-and-fire neurons with a surrogate
/// gradient, and a leaky readout averaged over time.
#[derive(Module, Debug)]
pub struct LifNet {
    hidden: SpikingLinear<Neurons<Lif>>,
    readout: SpikingLinear<Neurons<LeakyIntegrator>>,
    time_steps: usize,
}

impl LifNet {
    /// The network.
    pub fn new(
        hidden: SpikingLinear<Neurons<Lif>>,
        readout: SpikingLinear<Neurons<LeakyIntegrator>>,
        time_steps: usize,
    ) -> Self {
        Self { hidden, readout, time_steps }
    }
}

impl Steppable for LifNet {
    fn logits(&self, input: Tensor<2>, noise: NoiseSeed) -> Tensor<2> {
        let spikes = self.hidden.forward_flickering(input, self.time_steps, noise, None).output;
        Readout::Mean.reduce(self.readout.forward(spikes, None).output, 0)
    }
}

/// A batch of images of noise with arbitrary labels: the time of a step does not depend on them.
fn batch(batch: usize, inputs: usize, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
    let key = NoiseSeed::new(2).key(0);
    let images: Vec<f32> = (0..batch * inputs).map(|i| uniform(key, i as u32) - 0.5).collect();
    let labels: Vec<i64> = (0..batch as i64).map(|i| i * 7 % 10).collect();
    (
        Tensor::from_data(TensorData::new(images, [batch, inputs]), device),
        Tensor::from_data(TensorData::new(labels, [batch]), device),
    )
}

/// Seconds of `runs` training steps: forward, backward, a step of SGD with momentum, and a look whether loss, gradients and weights are
/// finite, as `train` does it. Returns the last loss too.
pub fn steps<M: Steppable>(
    mut model: M,
    device: &Device,
    batch_size: usize,
    inputs: usize,
    segment: Option<usize>,
    runs: usize,
) -> anyhow::Result<(Seconds, f32)> {
    let momentum = MomentumConfig::new().with_momentum(0.5).with_dampening(0.0);
    let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
    let (images, labels) = batch(batch_size, inputs, device);
    let likelihood = |logits: Tensor<2>| log_softmax(logits, 1).gather(1, labels.clone().unsqueeze_dim(1)).mean().neg();
    if segment.is_some() && model.in_segments(images.clone(), NoiseSeed::new(0), 1, likelihood).is_none() {
        anyhow::bail!("bench: only --neuron article can be trained in segments; leave --segment out");
    }
    let (mut step, mut last, mut found) = (0, f32::NAN, None::<String>);
    let seconds = time(device, runs, || {
        let noise = NoiseSeed::new(derive_seed(0, step));
        step += 1;
        let segments = segment.and_then(|every| model.in_segments(images.clone(), noise, every, likelihood));
        let (loss, gradients) = segments.unwrap_or_else(|| {
            let loss = likelihood(model.logits(images.clone(), noise));
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            (loss, gradients)
        });
        let (loss, bad_gradient) = loss_and_gradients(&model, loss.inner(), &gradients).expect("the device computes");
        model = optimizer.step(0.1, model.clone(), gradients);
        let bad_weight = in_weights(&model).expect("the device computes");
        last = loss as f32;
        found = found.take().or(bad_gradient).or(bad_weight);
    });
    anyhow::ensure!(last.is_finite(), "bench: the loss after {runs} steps is {last}, not a number");
    if let Some(found) = found {
        anyhow::bail!("bench: in {runs} steps {found}");
    }
    Ok((seconds, last))
}
