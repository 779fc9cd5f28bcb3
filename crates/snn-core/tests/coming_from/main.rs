//! The calls of `docs/coming-from.md` against numbers which the other libraries computed, one file for each row.
//!
//! Files of other names, on learned parameters, are compared in `learned.rs`.

#[path = "../common/mod.rs"]
mod common;
mod encoders;
mod layers_and_losses;
mod neurons;
mod not_finite;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::module::{Module, Param};
use burn::nn::loss::{MseLoss, Reduction};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use common::{Fixture, values};
use snn_core::encode::{Delta, DeltaReference, Latency, ReceptiveFields, SpikeGradient, bernoulli, constant};
use snn_core::layer::{DelayConfig, InitialDelay, Learning, Neurons, Recurrent, RecurrentConfig, over_time};
use snn_core::loss::*;
use snn_core::neuron::presets::{norse, snntorch, spikingjelly};
use snn_core::neuron::*;
use snn_core::noise::NoiseSeed;
use snn_core::norm::{BatchNormThroughTime, BatchNormThroughTimeConfig, ThresholdBatchNorm, ThresholdBatchNormConfig};
use snn_core::number::Fields;
use snn_core::readout::{Readout, Vote, first_spike_time, spike_count, vote};
use snn_core::scan::ReturnStates;
use snn_core::surrogate::{ATan, LeakyKRelu, Sigmoid, SuperSpike, Surrogate};

/// As `fixtures/README.md` says, between two computations in `f32`.
const TOLERANCE: f64 = 1e-5;
/// Tensors which have to be equal: in these files no membrane comes closer than 2e-4 to its threshold.
const EQUAL: [&str; 6] = ["spikes", "count", "times", "accuracy", "forward", "derivative"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/peers_learned")
}

/// One file, and what differs from it. In the end every tensor of it has to have been used.
struct Row {
    file: Fixture,
    /// Flex with autodiff. On other devices `neurons.rs` compares each neuron with its oracle.
    device: Device,
    comparison: common::Comparison,
    used: RefCell<BTreeSet<String>>,
}

impl Row {
    fn new(name: &str) -> Self {
        let file = Fixture::read(&folder().join(format!("{name}.safetensors")));
        let device = Device::flex().autodiff();
        Self { file, device, comparison: common::Comparison::default(), used: RefCell::default() }
    }
    fn numbers(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        self.used.borrow_mut().insert(name.to_owned());
        self.file.get(name)
    }
    fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (shape, values) = self.numbers(name);
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }
    fn leaf<const D: usize>(&self, name: &str) -> Tensor<D> {
        self.tensor::<D>(name).require_grad()
    }
    fn classes(&self) -> Tensor<1, Int> {
        self.used.borrow_mut().insert("targets".to_owned());
        let (shape, classes) = self.file.integers("targets");
        Tensor::from_data(TensorData::new(classes, shape), &self.device)
    }
    fn compare<const D: usize>(&mut self, name: &str, found: Tensor<D>) {
        let (shape, expected) = self.numbers(name);
        let what = format!("{}: {name}", self.file.name);
        assert_eq!(found.dims().to_vec(), shape, "the shape of {what}");
        let found = values(found);
        if !EQUAL.contains(&name) {
            self.comparison.close(&what, &found, &expected, TOLERANCE);
        } else if found != expected {
            self.comparison.fail(format!("{what}: {found:?}, expected {expected:?}"));
        }
    }
    /// What neurons sent, and their states as far as the file has them.
    fn compare_run<N: Neuron>(&mut self, output: Tensor<3>, states: Vec<Tensor<3>>) {
        self.compare(if self.file.has("spikes") { "spikes" } else { "output" }, output);
        for (name, state) in <N::State<f64> as Fields<f64>>::NAMES.iter().zip(states) {
            if self.file.has(name) {
                self.compare(name, state);
            }
        }
    }
    /// The gradients of the sum of `output` times the file's cotangent.
    fn gradients(&self, output: Tensor<3>) -> Gradients {
        (output * self.tensor::<3>("cotangent")).sum().backward()
    }
    fn compare_gradient<const D: usize>(&mut self, name: &str, of: &Tensor<D>, gradients: &Gradients) {
        self.compare(name, of.grad(gradients).expect("a gradient"));
    }
    fn finish(self) {
        let used = self.used.into_inner();
        for name in self.file.names() {
            assert!(used.contains(&name), "{}: nothing was compared with its tensor `{name}`", self.file.name);
        }
        self.comparison.finish();
    }
}

/// Runs `neurons`, compares output, states and gradient of the input, and returns output and gradients.
fn run<N: Neuron>(row: &mut Row, neurons: &Neurons<N>) -> (Tensor<3>, Gradients) {
    let input = row.leaf::<3>("input");
    let scanned = neurons.forward(input.clone(), None);
    let gradients = row.gradients(scanned.output.clone());
    row.compare_run::<N>(scanned.output.clone(), scanned.states);
    row.compare_gradient("grad_input", &input, &gradients);
    (scanned.output, gradients)
}

fn neuron<N: Neuron>(name: &str, (neuron, parameters): (N, N::Parameters<f64>)) {
    let mut row = Row::new(name);
    run(&mut row, &Neurons::new(neuron, parameters).with_return_states(ReturnStates::AfterStep));
    row.finish();
}

/// One tensor made of another.
fn made<const A: usize, const B: usize>(name: &str, of: &str, result: &str, make: impl Fn(Tensor<A>) -> Tensor<B>) {
    let mut row = Row::new(name);
    let found = make(row.tensor(of));
    row.compare(result, found);
    row.finish();
}
