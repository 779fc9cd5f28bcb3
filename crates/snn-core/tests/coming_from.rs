//! The calls of `docs/coming-from.md` against numbers which the other libraries computed, one file for each row.
//!
//! Files of other names, on learned parameters, are compared in `learned.rs`.

mod common;

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

/// The current which PyTorch's `weight` [to, from] makes of an input.
fn driven(input: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    over_time(input, |frames| frames.matmul(weight.transpose()))
}

/// Neurons whose output comes back through PyTorch's `weight` [to, from].
fn hearing<N: Neuron>(of: (N, N::Parameters<f64>), weight: Tensor<2>, bias: Tensor<1>) -> Recurrent<Neurons<N>> {
    let neurons = Neurons::new(of.0, of.1).with_return_states(ReturnStates::AfterStep);
    let mut population = RecurrentConfig::new(3).init(neurons, &weight.device());
    population.weight = Param::from_tensor(weight.transpose());
    population.bias = Param::from_tensor(bias);
    population
}

/// The same, compared: Norse has a weight for the input as well, and no bias.
fn recurrent<N: Neuron>(name: &str, of: (N, N::Parameters<f64>)) {
    let mut row = Row::new(name);
    let input = row.leaf::<3>("input");
    let into = row.file.has("input_weight").then(|| row.leaf::<2>("input_weight"));
    let current = into.clone().map_or(input.clone(), |weight| driven(input.clone(), weight));
    let biased = row.file.has("recurrent_bias");
    let bias = if biased { row.tensor("recurrent_bias") } else { Tensor::zeros([3], &row.device) };
    let population = hearing(of, row.tensor("recurrent_weight"), bias);
    let run = population.forward(current, None);
    let gradients = row.gradients(run.output.clone());
    row.compare_run::<N>(run.output, run.states);
    row.compare_gradient("grad_input", &input, &gradients);
    let weight = population.weight.grad(&gradients).expect("a gradient");
    row.compare("grad_recurrent_weight", weight.transpose());
    if biased {
        row.compare_gradient("grad_recurrent_bias", &population.bias, &gradients);
    }
    if let Some(weight) = into {
        row.compare_gradient("grad_input_weight", &weight, &gradients);
    }
    row.finish();
}

#[test]
fn recurrent_neurons() {
    let (reset, surrogate) = (Reset::Subtract, ATan::new(2.0));
    recurrent("row_snntorch_rleaky", snntorch::leaky(0.8, 1.0, reset, true, surrogate));
    recurrent("row_snntorch_rsynaptic", snntorch::synaptic(0.6, 0.8, 1.0, reset, true, surrogate));
    // The recurrent cell of Norse cuts the gradient through the reset, which its feed-forward cell does not.
    let (mut lif, parameters) = norse::lif(norse::Membrane::default(), SuperSpike::new(1.0));
    lif.neuron.fire_reset.gradient = ResetGradient::Detached;
    recurrent("row_norse_lif_recurrent", (lif, parameters));
}

#[test]
fn a_decay_of_each_neuron_is_learned_as_in_snntorch() {
    let mut row = Row::new("row_snntorch_leaky_beta_of_each_neuron");
    let (neuron, parameters) = snntorch::leaky(0.8, 1.0, Reset::Subtract, true, ATan::new(2.0));
    let neurons = Neurons::new(neuron, parameters).with_return_states(ReturnStates::AfterStep);
    let mut neurons = neurons.learn_as("decay", Learning::Clamped, 3, &row.device);
    let (shape, beta) = row.numbers("beta");
    neurons.learned[0] = Param::from_data(TensorData::new(beta, shape), &row.device);
    let (_, gradients) = run(&mut row, &neurons);
    row.compare_gradient("grad_beta", &neurons.learned[0], &gradients);
    row.finish();
}

/// A hard reset in the step of the spike, and a gradient through it.
fn fire_reset<G: Surrogate>(surrogate: G, comparison: Comparison) -> FireReset<G> {
    FireReset { comparison, reset: Reset::Value, gradient: ResetGradient::Attached, ..FireReset::new(surrogate) }
}

#[test]
fn neurons_of_spikingjelly() {
    let fire_reset = fire_reset(ATan::new(2.0), Comparison::AtOrAbove);
    let cubalif = CubaLif { neuron: Lif { fire_reset }, order: SynapticCurrentOrder::DecayJumpAct };
    let lif = LifParameters::new(Decay::Multiplier(0.75), InputScale::One, 0.5);
    neuron("row_spikingjelly_cubalif", (cubalif, SynapticCurrentParameters { neuron: lif, current_decay: 0.5 }));
    for (name, v_reset) in [("row_spikingjelly_raf_hard", Some(0.0)), ("row_spikingjelly_raf_soft", None)] {
        let node = spikingjelly::Node { v_threshold: 1.0, v_reset, detach_reset: false, surrogate: Sigmoid::new(4.0) };
        neuron(name, spikingjelly::raf_node(-0.2, 1.0, 1.0, node));
    }
    neuron("row_spikingjelly_ilif_through", spikingjelly::ilif_node(2.0, 0.5, 4, false));
    neuron("row_spikingjelly_ilif_detach", spikingjelly::ilif_node(2.0, 0.5, 4, true));
}

#[test]
fn a_neuron_of_spikingjelly_without_spikes_and_its_readouts() {
    let mut row = Row::new("row_spikingjelly_non_spiking_lif");
    let decay = Decay::Euler { tau: 4.0, dt: 1.0 };
    let parameters = LeakyIntegratorParameters::new(decay, InputScale::OneMinusDecay);
    let (output, _) = run(&mut row, &Neurons::new(LeakyIntegrator::default(), parameters));
    for (name, readout) in [("max", Readout::Max), ("mean", Readout::Mean), ("last", Readout::Last)] {
        row.compare(name, readout.reduce(output.clone(), 0));
    }
    row.finish();
}

#[test]
fn a_recurrent_container_of_spikingjelly() {
    let mut row = Row::new("row_spikingjelly_linear_recurrent_container");
    let node =
        spikingjelly::Node { v_threshold: 1.0, v_reset: Some(0.0), detach_reset: false, surrogate: ATan::new(2.0) };
    // [to, input and recurrent side by side]
    let weight = row.tensor::<2>("weight");
    let into = weight.clone().slice([0..3, 0..3]).require_grad();
    let bias = row.leaf::<1>("bias");
    let population =
        hearing(spikingjelly::lif_node(2.0, true, node), weight.slice([0..3, 3..6]), Tensor::zeros([3], &row.device));
    let input = row.leaf::<3>("input");
    let current = driven(input.clone(), into.clone()) + bias.clone().unsqueeze::<3>();
    let output = population.forward(current, None).output;
    let gradients = row.gradients(output.clone());
    row.compare("spikes", output);
    row.compare_gradient("grad_input", &input, &gradients);
    let [into, back] = [into.grad(&gradients), population.weight.grad(&gradients).map(Tensor::transpose)];
    row.compare("grad_weight", Tensor::cat(vec![into.expect("a gradient"), back.expect("a gradient")], 1));
    row.compare_gradient("grad_bias", &bias, &gradients);
    row.finish();
}

#[test]
fn neurons_of_norse() {
    let surrogate = SuperSpike::new(1.0);
    let fire_reset = fire_reset(surrogate, Comparison::Above);
    let parameters = IntegrateAndFireParameters { gain: 1.0, threshold: 1.0, reset: 0.0 };
    neuron("row_norse_iaf", (IntegrateAndFire { fire_reset }, parameters));
    let (mut subtracting, parameters) = norse::lif_box(norse::Membrane::default(), surrogate);
    subtracting.fire_reset.reset = Reset::Subtract;
    neuron("row_norse_lif_box_reset_subtract", (subtracting, parameters));
    neuron("row_norse_li", norse::li(norse::Membrane::default()));
    neuron("row_norse_li_box", norse::li_box(norse::Membrane::default()));
}

/// One tensor made of another.
fn made<const A: usize, const B: usize>(name: &str, of: &str, result: &str, make: impl Fn(Tensor<A>) -> Tensor<B>) {
    let mut row = Row::new(name);
    let found = make(row.tensor(of));
    row.compare(result, found);
    row.finish();
}

/// An encoder, all of whose spikes are known.
fn encoder(name: &str, encode: impl Fn(Tensor<2>) -> Tensor<3>) {
    made(name, "data", "spikes", encode);
}

#[test]
fn latencies() {
    let linear = Latency::linear(21);
    encoder("row_snntorch_spikegen_latency_linear", |data| linear.encode(data));
    let clipped = Latency { silent_up_to: Some(0.05), ..linear };
    encoder("row_snntorch_spikegen_latency_linear_clip", |data| clipped.encode(data));
    let logarithmic = Latency { silent_up_to: None, ..Latency::logarithmic(21, 0.01) };
    encoder("row_snntorch_spikegen_latency_log", |data| logarithmic.encode(data));
    encoder("row_snntorch_spikegen_latency_log_clip", |data| Latency::logarithmic(21, 0.05).encode(data));
    encoder("row_spikingjelly_latency_encoder_linear", |data| Latency::linear(12).encode(data));
}

#[test]
fn spikes_of_a_change() {
    for (name, padding, off_spikes) in [
        ("row_snntorch_spikegen_delta_padding", true, false),
        ("row_snntorch_spikegen_delta_padding_off", true, true),
        ("row_snntorch_spikegen_delta_zero", false, false),
        ("row_snntorch_spikegen_delta_zero_off", false, true),
    ] {
        let delta = Delta { threshold: 0.25, off_spikes, reference: DeltaReference::Previous };
        made(name, "data", "spikes", |data: Tensor<3>| {
            let first = (!padding).then(|| Tensor::<2>::zeros([1, 2], &data.device()));
            delta.encode(data, first).spikes
        });
    }
}

/// The draws of a random encoder are each library's own. In these files every probability is at most 0 or at least 1,
/// so that all of them agree.
#[test]
fn random_spikes_where_they_are_certain() {
    let draw = |probability: Tensor<2>| bernoulli(probability, 6, NoiseSeed::new(3), SpikeGradient::None);
    encoder("row_snntorch_spikegen_rate", draw);
    encoder("row_spikingjelly_poisson_encoder", draw);
    encoder("row_norse_poisson_encoder", |data| draw(data.mul_scalar(1000.0 * 0.001)));
}

#[test]
fn populations_of_receptive_fields() {
    // Means from -1 to 1, 0.5 apart, with a width of 0.4.
    let fields = ReceptiveFields { fields: 5, low: -0.75, high: 0.75, beta: 0.5 / 0.4 };
    made("row_spikingjelly_pop_encoder", "data", "current", |data| constant(fields.respond(data), 4));
    encoder("row_spikingjelly_pop_spike_encoder_deterministic", |data| {
        let node = spikingjelly::Node { v_threshold: 0.999, v_reset: None, ..spikingjelly::Node::default() };
        let (neuron, parameters) = spikingjelly::if_node(node);
        Neurons::new(neuron, parameters).forward(constant(fields.respond(data), 12), None).output
    });
    // Means from 0 to 2, 0.4 apart.
    let fields = ReceptiveFields { fields: 6, low: 0.2, high: 1.8, beta: 0.4 * 2f64.sqrt() };
    made("row_norse_population_encoder", "data", "response", |data| fields.respond(data).reshape([1, 3, 6]));
}

#[test]
fn encoders_of_norse_which_are_neurons() {
    let (neuron, parameters) = norse::lif_box(norse::Membrane::default(), SuperSpike::new(1.0));
    encoder("row_norse_constant_current_lif_encoder", |data| {
        Neurons::new(neuron, parameters).forward(constant(data, 40), None).output
    });
    encoder("row_norse_spike_latency_lif_encoder", |data| {
        Neurons::new(Refractory::new(neuron, 40), parameters).forward(constant(data, 40), None).output
    });
}

/// A loss of classes: its value, and its gradient if ours is the same one.
fn loss(name: &str, loss: impl Fn(Tensor<3>, Tensor<1, Int>) -> Tensor<1>) {
    let mut row = Row::new(name);
    let outputs = row.leaf::<3>("outputs");
    let found = loss(outputs.clone(), row.classes());
    if row.file.has("grad_outputs") {
        row.compare("grad_outputs", outputs.grad(&found.backward()).expect("a gradient"));
    }
    row.compare("loss", found);
    row.finish();
}

#[test]
fn losses_of_classes() {
    let each_step = |outputs, targets| tet(outputs, targets, Tet { lambda: 0.0, phi: 1.0 });
    loss("row_snntorch_ce_rate_loss", each_step);
    loss("row_spikingjelly_tet_cross_entropy", each_step);
    loss("row_snntorch_ce_count_loss", count_cross_entropy);
    loss("row_snntorch_ce_count_loss_population", |o, t| count_cross_entropy(vote(o, 3, Vote::Sum), t));
    loss("row_snntorch_ce_max_membrane_loss", max_membrane_cross_entropy);
    loss("row_snntorch_mse_count_loss", |o, t| mean_square_count(o, t, 0.75, 0.25).div_scalar(8.0));
    loss("row_snntorch_mse_membrane_loss", |membranes, targets| {
        let wanted = targets.one_hot::<2>(3).float().mul_scalar(1.5 - 0.25).add_scalar(0.25);
        MseLoss::new().forward(membranes, constant(wanted, 8), Reduction::Mean)
    });
    loss("row_snntorch_ce_temporal_loss", |spikes, targets| first_spike_cross_entropy(spikes, targets, 1.0));
}

#[test]
fn times_of_first_spikes() {
    let mut row = Row::new("row_snntorch_mse_temporal_loss");
    let loss = first_spike_mean_square(row.tensor("outputs"), row.tensor("targets"));
    row.compare("loss", loss.div_scalar(8.0 * 8.0));
    row.finish();
    made("row_norse_spikes_to_times_decoder", "spikes", "times", first_spike_time::<Tensor<3>>);
}

#[test]
fn counts_and_accuracy() {
    let mut row = Row::new("row_snntorch_accuracy_rate");
    let counts = spike_count(row.tensor::<3>("spikes"));
    let answers: Vec<i64> = counts.clone().argmax(1).into_data().iter::<i64>().collect();
    let targets: Vec<i64> = row.classes().into_data().iter::<i64>().collect();
    let right = answers.iter().zip(&targets).filter(|(answer, target)| answer == target).count();
    row.compare("count", counts);
    row.compare("accuracy", Tensor::<1>::from_data([right as f32 / targets.len() as f32], &Device::flex()));
    row.finish();
}

#[test]
fn votes_and_delays() {
    made("row_spikingjelly_voting_layer", "input", "output", |votes: Tensor<2>| vote(votes, 2, Vote::Mean));
    made("row_spikingjelly_voting_layer_multi_step", "input", "output", |votes: Tensor<3>| vote(votes, 2, Vote::Mean));
    made("row_spikingjelly_delay", "input", "output", |sent: Tensor<3>| {
        let delay = DelayConfig::new(6, 2).with_initial(InitialDelay::Steps(2.0)).init(&sent.device());
        delay.forward(sent, None).output
    });
}

#[test]
fn a_surrogate() {
    let mut row = Row::new("row_snntorch_surrogate_heaviside");
    let surrogate = LeakyKRelu::new(0.0, 1.0);
    let fire_reset = FireReset::new(surrogate);
    let (_, x) = row.numbers("x");
    let of_each = |function: &dyn Fn(f32) -> f32| {
        let values: Vec<f32> = x.iter().map(|x| function(*x)).collect();
        Tensor::<1>::from_data(values.as_slice(), &Device::flex())
    };
    row.compare("forward", of_each(&|x| fire_reset.spike(x)));
    row.compare("derivative", of_each(&|x| surrogate.derivative(x)));
    row.finish();
}

type Forward<M> = fn(&M, Tensor<3>) -> Tensor<3>;

/// γ, running mean and running variance: `[channels]`, or `[steps, channels]`.
fn of_threshold(ThresholdBatchNorm { norm }: &ThresholdBatchNorm) -> [Tensor<1>; 3] {
    [norm.gamma.val(), norm.running_mean.value(), norm.running_var.value()]
}

fn of_steps(norm: &BatchNormThroughTime) -> [Tensor<2>; 3] {
    [norm.gamma.val(), norm.running_mean.value(), norm.running_var.value()]
}

/// A norm in training, and after it.
fn norm<const D: usize, M: Module>(name: &str, norm: M, parts: fn(&M) -> [Tensor<D>; 3], forward: Forward<M>) {
    let mut row = Row::new(name);
    let ([gamma, ..], input) = (parts(&norm), row.leaf::<3>("input"));
    let output = forward(&norm, input.clone());
    let gradients = row.gradients(output.clone());
    row.compare("train_output", output);
    row.compare_gradient("grad_input", &input, &gradients);
    row.compare_gradient("grad_weight", &gamma, &gradients);
    let norm = norm.valid();
    for (name, part) in ["weight", "running_mean", "running_var"].into_iter().zip(parts(&norm)) {
        row.compare(name, part);
    }
    row.compare("eval_output", forward(&norm, input.inner()));
    row.finish();
}

#[test]
fn norms_which_know_of_time_or_threshold() {
    let device = Device::flex().autodiff();
    for name in ["row_snntorch_batch_norm_tt_1d", "row_spikingjelly_batch_norm_through_time_1d"] {
        norm(name, BatchNormThroughTimeConfig::new(3, 2).init(&device), of_steps, |norm, x| norm.forward(x));
    }
    let config = ThresholdBatchNormConfig { alpha: 0.5, ..ThresholdBatchNormConfig::new(2, 1.5) };
    let name = "row_spikingjelly_threshold_dependent_batch_norm_1d";
    norm(name, config.init(&device), of_threshold, |norm, x| norm.forward(x));
}

/// With γ = α θ = 1 and one step it is PyTorch's `BatchNorm1d`, whose running variance is the unbiased one.
#[test]
fn running_statistics_are_those_of_pytorch() {
    for name in ["torch_batch_norm_one_step", "torch_batch_norm_three_steps"] {
        let mut row = Row::new(name);
        let batches = row.tensor::<3>("batches");
        let [steps, _, channels] = batches.dims();
        let norm = ThresholdBatchNormConfig::new(channels, 1.0).init(&row.device);
        let normed = |step: usize| norm.forward(batches.clone().slice([step..step + 1]));
        row.compare("train_output", Tensor::cat((0..steps).map(normed).collect::<Vec<Tensor<3>>>(), 0));
        let norm = norm.valid();
        let [_, mean, variance] = of_threshold(&norm);
        row.compare("running_mean", mean);
        row.compare("running_var", variance);
        let output = norm.forward(row.tensor::<2>("eval_input").inner().unsqueeze::<3>());
        row.compare("eval_output", output.squeeze_dim::<2>(0));
        row.finish();
    }
}

#[test]
fn every_file_is_compared_and_every_row_has_one() {
    let (tests, page) = (include_str!("coming_from.rs"), include_str!("../../../docs/coming-from.md"));
    // `row/NAME` is where the page says what a row is; a star stands for the rest of several names.
    let rows = page.split('`').filter_map(|text| text.strip_prefix("row/"));
    let rows: Vec<&str> = rows.filter(|row| *row != "NAME").collect();
    let is_of = |name: &str, row: &str| row.strip_suffix('*').map_or(name == row, |start| name.starts_with(start));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the folder of the rows") {
        let name = entry.expect("an entry of it").path().file_stem().expect("a name").to_string_lossy().into_owned();
        if name.starts_with("row_") || name.starts_with("torch_") {
            assert!(tests.contains(&format!("\"{name}\"")), "`{name}` is compared with nothing");
            names.push(name);
        }
    }
    let names: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("row_")).collect();
    assert!(!names.is_empty() && !rows.is_empty());
    for name in &names {
        assert!(rows.iter().any(|row| is_of(name, row)), "docs/coming-from.md has no row for `{name}`");
    }
    for row in &rows {
        assert!(names.iter().any(|name| is_of(name, row)), "docs/coming-from.md: there is no file for `row/{row}`");
    }
}

/// What became of not-a-number and infinity. The other libraries multiply by 0 and 1 where they reset, and `0 · ∞` is not
/// a number: from there on nothing can be compared; there we go on.
fn not_finite<N: Neuron>(name: &str, neuron: impl Fn(f64) -> (N, N::Parameters<f64>)) {
    let file = Fixture::read(&folder().join(format!("not_finite_{name}.safetensors")));
    let device = Device::flex();
    for case in ["nan_input", "infinite_input", "infinite_start", "infinite_threshold"] {
        let get = |what: &str| file.get(&format!("{case}.{what}")).1;
        let (neuron, parameters) = neuron(f64::from(get("threshold")[0]));
        let neurons = Neurons::new(neuron, parameters).with_return_states(ReturnStates::AfterStep);
        let start = Tensor::<2>::full([1, 1], get("start")[0], &device);
        let start = neurons.resting([1, 1], &device).with_field("membrane", start);
        let scanned = neurons.forward(file.tensor::<3>(&format!("{case}.input"), &device), Some(start));
        let (spikes, membrane) = (values(scanned.output), values(scanned.states[0].clone()));
        let (their_spikes, theirs, input) = (get("spikes"), get("membrane"), get("input"));
        let what = format!("{name}, {case}: spikes {spikes:?} {their_spikes:?}, membrane {membrane:?} {theirs:?}");
        let mut compared = 0;
        for step in 0..4 {
            if theirs[..=step].iter().all(|membrane| !membrane.is_nan()) {
                let (found, expected) = (membrane[step], theirs[step]);
                assert!(found == expected || (found - expected).abs() < 1e-6, "{what}");
                assert_eq!(spikes[step], their_spikes[step], "{what}");
                compared += 1;
            }
            // Not a number where it was put in, and nowhere else.
            assert_eq!(membrane[step].is_nan(), input[..=step].iter().any(|x| x.is_nan()), "{what}");
        }
        let expected = match case {
            "nan_input" => [0.0; 4],
            "infinite_threshold" => [0.0; 4],
            "infinite_input" if theirs[2].is_infinite() || name.ends_with("soft") => [0.0, 1.0, 1.0, 1.0],
            "infinite_input" => [0.0, 1.0, 0.0, 0.0],
            _ => continue,
        };
        assert!(compared > 0 || case == "infinite_threshold", "{what}");
        assert_eq!(spikes, expected, "{what}");
    }
}

#[test]
fn not_a_number_and_infinity() {
    for (name, reset) in [("subtract", Reset::Subtract), ("zero", Reset::Zero)] {
        let leaky = |threshold| snntorch::leaky(0.9, threshold, reset, true, ATan::default());
        not_finite(&format!("snntorch_leaky_{name}"), leaky);
    }
    for (name, v_reset) in [("soft", None), ("hard", Some(0.0))] {
        let surrogate = Sigmoid::default();
        let lif = |v_threshold| {
            let node = spikingjelly::Node { v_threshold, v_reset, detach_reset: false, surrogate };
            spikingjelly::lif_node(2.0, true, node)
        };
        not_finite(&format!("spikingjelly_lif_{name}"), lif);
    }
    let lif_box = |v_th| norse::lif_box(norse::Membrane { v_th, ..Default::default() }, SuperSpike::default());
    not_finite("norse_lif_box", lif_box);
}
