//! Feedback as an edge: the top of a network feeds its lowest layer, one step later.
//!
//! A pulse comes at the first step, on one of two inputs, and then nothing but noise on both. At the end the network says on
//! which input the pulse was: only what goes round in it can know. The network is eight lines of data; beside it stands the
//! loop that one would write by hand with typed layers. Both have the same bits, before and after training.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData, s};
use snn_core::layer::Neurons;
use snn_core::neuron::{LeakyIntegrator, LeakyIntegratorParameters, Lif, LifParameters};
use snn_core::noise::{NoiseSeed, uniform};
use snn_core::readout::Readout;
use snn_core::synapse::linear;
use snn_network::{InputShape, Network, NetworkFile, Options};

use crate::bars::accuracy;

const NETWORK: &str = r#"
nodes = [
  { linear = 24, name = "input" },
  { neuron = "lif", decay = 0.5, name = "low" },
  { linear = 2, name = "up" },
  { neuron = "leaky-integrator", decay = 0.5, name = "top" },
  { readout = "last", of = "membrane" },
  { linear = 24, name = "down" },                          # behind the readout: reached by edges only
]
edges = [["top", "down"], ["down", "low", { delay = 1 }]]  # the top feeds the lowest layer
"#;

const STEPS: usize = 12;

/// Sequences `[STEPS, batch, 2]`, and on which input the pulse was.
fn pulses(batch: usize, seed: u64, device: &Device) -> (Tensor<3>, Tensor<1, Int>) {
    let draw = |step: usize, place: usize| uniform(NoiseSeed::new(seed).key(step), place as u32);
    let class = |sample: usize| usize::from(draw(STEPS, sample) < 0.5);
    let value = |step: usize, sample: usize, input: usize| {
        let pulse = if step == 0 && input == class(sample) { 2.0 } else { 0.0 };
        pulse + 0.4 * draw(step, 2 * sample + input)
    };
    let places = (0..STEPS).flat_map(|step| (0..batch).map(move |sample| (step, sample)));
    let values: Vec<f32> = places.flat_map(|(step, sample)| [0, 1].map(|input| value(step, sample, input))).collect();
    let classes: Vec<i32> = (0..batch).map(|sample| class(sample) as i32).collect();
    let values = TensorData::new(values, [STEPS, batch, 2]);
    (Tensor::from_data(values, device), Tensor::from_data(TensorData::new(classes, [batch]), device))
}

/// The weights and biases of a network by their names.
#[derive(Default)]
struct Weights {
    path: Vec<String>,
    matrices: BTreeMap<String, Tensor<2>>,
    vectors: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Weights {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, value) = (self.path[0].clone(), param.val());
        match D {
            2 => drop(self.matrices.insert(name, value.reshape([0, -1]))),
            _ => drop(self.vectors.insert(name, value.reshape([-1]))),
        }
    }
}

/// The same network as a loop over typed layers.
fn by_hand(network: &Network, sequence: Tensor<3>) -> Tensor<2> {
    let mut weights = Weights::default();
    network.visit(&mut weights);
    let map = |name: &str, x: Tensor<3>| linear(x, weights.matrices[name].clone(), weights.vectors[name].clone());
    let low = Neurons::new(Lif::default(), LifParameters { decay: 0.5, ..LifParameters::default() });
    let integrator = LeakyIntegratorParameters { decay: 0.5, ..LeakyIntegratorParameters::default() };
    let top = Neurons::new(LeakyIntegrator::default(), integrator);

    let [steps, batch, _] = sequence.dims();
    let current = map("input", sequence.clone());
    let (mut low_state, mut top_state, mut membranes) = (None, None, Vec::new());
    let mut back = Tensor::<3>::zeros([1, batch, 24], &sequence.device());
    for step in 0..steps {
        let run = low.forward(current.clone().slice(s![step..step + 1]) + back, low_state);
        low_state = Some(run.last);
        let run = top.forward(map("up", run.output), top_state);
        membranes.push(run.last.field::<2>("membrane").unsqueeze::<3>());
        top_state = Some(run.last);
        back = map("down", run.output);
    }
    Readout::Last.reduce(Tensor::cat(membranes, 0), 0)
}

/// Trains the network, and compares it with the loop.
pub fn run() {
    let device = Device::flex().autodiff();
    let file: NetworkFile = NETWORK.parse().expect("a network");
    let input = InputShape::Sequence(vec![2]);
    let options = Options { seed: 1, ..Options::default() };
    let mut network = Network::new(&file, &input, &options, &device).expect("a network");
    println!("{}", network.summary());

    let noise = NoiseSeed::new(0); // nothing in it draws any
    let (test, classes) = pulses(200, 1000, &device);
    let judge = |network: &Network| {
        let (found, expected) = (network.forward_sequence(test.clone(), noise), by_hand(network, test.clone()));
        let apart = (found.clone() - expected).abs().max().into_scalar::<f32>();
        assert_eq!(apart, 0.0, "the network from data has the bits of the loop by hand");
        accuracy(found, classes.clone())
    };
    let before = judge(&network);
    let loss = burn::nn::loss::CrossEntropyLossConfig::new().init(&device);
    let mut optimizer = AdamConfig::new().init();
    for step in 0..150 {
        let (sequence, classes) = pulses(100, step, &device);
        let loss = loss.forward(network.forward_sequence(sequence, noise), classes);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(0.01, network, gradients);
    }
    let after = judge(&network);
    println!("{:.0} % of the pulses are remembered, {:.0} % before training", 100.0 * after, 100.0 * before);
    assert!(after > 0.9, "it remembers: {after}, {before} before training");

    // Without the edge back it forgets.
    let forward_only = NetworkFile { edges: Vec::new(), nodes: file.nodes[..5].to_vec() };
    assert!(Network::new(&forward_only, &input, &options, &device).is_ok());
}
