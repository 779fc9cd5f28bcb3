//! Fully connected leaky integrate-and-fire layers.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use snn_core::encode;
use snn_core::init::{WeightInit, weight_and_bias};
use snn_core::layer::{Neurons, over_time};
use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};
use snn_core::noise::derive_seed;
use snn_core::norm::{ThresholdBatchNorm, ThresholdBatchNormConfig};
use snn_core::number::FixedF64;

use super::{RateReadout, RateRun, THRESHOLD};

/// Half of the membrane is left after one time step; a spike subtracts the threshold; surrogate: the derivative of an
/// arcus tangent.
fn neurons() -> Neurons<Lif> {
    Neurons::new(Lif::default(), LifParameters::new(Decay::Multiplier(0.5), InputScale::One, THRESHOLD))
}

/// Synapses without bias, a norm, and neurons.
#[derive(Module, Debug)]
pub struct DenseLayer {
    /// `[inputs, neurons]`
    pub weight: Param<Tensor<2>>,
    /// Its norm, over batch and time.
    pub norm: ThresholdBatchNorm,
    /// The neurons.
    pub neurons: Neurons<Lif>,
}

impl DenseLayer {
    fn new(inputs: usize, outputs: usize, seed: u64, device: &Device) -> Self {
        let (weight, _) = weight_and_bias(WeightInit::Gain(FixedF64(1.0)), inputs, outputs, seed, device);
        Self { weight, norm: ThresholdBatchNormConfig::new(outputs, THRESHOLD).init(device), neurons: neurons() }
    }

    /// The normalised current into each neuron: `[batch, neurons]` from `[batch, inputs]`.
    fn current(&self, input: Tensor<2>) -> Tensor<2> {
        self.norm.norm.forward(input.matmul(self.weight.val()))
    }
}

/// Fully connected leaky integrate-and-fire layers behind a constant current, read out by their firing rates.
///
/// ```text
/// [batch, inputs] -> synapses, norm, once -> the same current at each step -> neurons
///   -> (synapses, norm -> neurons) .. -> rates -> [batch, classes]
/// ```
#[derive(Module, Debug)]
pub struct LifMlp {
    /// The spiking layers, input first.
    pub layers: Vec<DenseLayer>,
    /// From the last one's rates to the logits.
    pub readout: RateReadout,
    time_steps: usize,
}

impl LifMlp {
    /// Numbers per layer `sizes`, input first, classes last.
    ///
    /// # Panics
    /// If there are fewer than three sizes.
    pub fn new(sizes: &[usize], time_steps: usize, seed: u64, device: &Device) -> Self {
        let [spiking @ .., last, classes] = sizes else { panic!("LIF network: {} sizes, 3 needed", sizes.len()) };
        assert!(!spiking.is_empty(), "LIF network: 2 sizes, at least 3 needed");
        let layer = |(index, pair): (usize, &[usize])| {
            DenseLayer::new(pair[0], pair[1], derive_seed(seed, index as u64), device)
        };
        Self {
            layers: sizes[..sizes.len() - 1].windows(2).enumerate().map(layer).collect(),
            readout: RateReadout::new(*last, *classes, derive_seed(seed, spiking.len() as u64), device),
            time_steps,
        }
    }

    /// What it does with `images [batch, inputs]`.
    pub fn run(&self, images: Tensor<2>) -> RateRun {
        let [first, later @ ..] = self.layers.as_slice() else { panic!("LIF network: no layer") };
        let current = encode::direct(images, self.time_steps, |images| first.current(images));
        let mut spikes = vec![first.neurons.forward(current, None).output];
        for (index, layer) in later.iter().enumerate() {
            let current = over_time(spikes[index].clone(), |frames| layer.current(frames));
            spikes.push(layer.neurons.forward(current, None).output);
        }
        RateRun { logits: self.readout.forward(spikes[spikes.len() - 1].clone()), spikes }
    }
}
