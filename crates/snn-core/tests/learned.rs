//! Learned parameters: they equal those of other libraries step by step, stay in their ranges, and are saved completely.

mod common;

use burn::module::{Module, Param};
use burn::optim::{AdamConfig, GradientsParams, SgdConfig};
use burn::tensor::{Device, Tensor, TensorData};
use common::{Comparison, Fixture, fixtures, relative_difference, values};
use snn_core::check::shared_parameters;
use snn_core::layer::{DelayConfig, Learning, Neurons, SpikingLinearConfig};
use snn_core::neuron::presets::{snntorch, spikingjelly};
use snn_core::neuron::*;
use snn_core::number::{Fields, FixedF64};
use snn_core::scan::ReturnStates;
use snn_core::surrogate::ATan;

/// Twenty steps of training in another library, repeated.
fn train_again<N: Neuron>(file: &Fixture, neurons: Neurons<N>, comparison: &mut Comparison) {
    let device = Device::flex().autodiff();
    let tensor = |name: &str| file.tensor::<3>(name, &device);
    let (input, weights, target) = (tensor("input"), tensor("membrane_cotangent"), file.tensor::<2>("target", &device));
    let (_, expected) = file.get("parameter");
    let rate: f64 = file.number("learning_rate");
    let mut neurons = neurons.with_return_states(ReturnStates::AfterStep);
    neurons.learned[0] = Param::from_data(TensorData::from([expected[0]]), &device);
    let (mut found, mut losses, mut slopes) = (vec![expected[0]], Vec::new(), Vec::new());
    let mut sgd = SgdConfig::new().init();
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    for _ in 1..expected.len() {
        let run = neurons.forward(input.clone(), None);
        let rates: Tensor<2> = run.output.mean_dim(0).squeeze_dim(0);
        let loss = (rates - target.clone()).powi_scalar(2).mean() + (run.states[0].clone() * weights.clone()).mean();
        losses.push(loss.clone().into_scalar::<f32>());
        let gradients = loss.backward();
        slopes.push(neurons.learned[0].grad(&gradients).map_or(0.0, |gradient| gradient.into_scalar::<f32>()));
        let gradients = GradientsParams::from_grads(gradients, &neurons);
        neurons = match file.text("optimizer") {
            name if name.to_lowercase().starts_with("adam") => adam.step(rate, neurons, gradients),
            _ => sgd.step(rate, neurons, gradients),
        };
        found.push(neurons.learned[0].val().into_scalar::<f32>());
    }
    for (what, found, name) in
        [("parameter", found, "parameter"), ("loss", losses, "loss"), ("gradient", slopes, "gradient")]
    {
        comparison.close(&format!("{}: {what}", file.name), &found, &file.get(name).1, 1e-5);
    }
}

#[test]
fn twenty_steps_of_training_are_those_of_spikingjelly_and_snntorch() {
    let device = Device::flex().autodiff();
    let files = fixtures("fixtures/peers_learned", |file| file.has("parameter"));
    assert!(files.len() >= 16, "{} files", files.len());
    let mut comparison = Comparison::default();
    for file in &files {
        let (name, surrogate) = (file.name.as_str(), ATan::default());
        if name.starts_with("spikingjelly_plif") {
            let v_reset = name.contains("hard").then_some(0.0);
            let node = spikingjelly::Node { v_threshold: 1.0, v_reset, detach_reset: false, surrogate };
            let (neuron, parameters) = spikingjelly::parametric_lif_node(2.0, name.contains("_scaled"), node);
            train_again(file, Neurons::new(neuron, parameters).learn("w", 1, &device), &mut comparison);
            continue;
        }
        let reset = if name.contains("zero") { Reset::Zero } else { Reset::Subtract };
        let (beta, learned) = if name.contains("threshold") { (0.9, "threshold") } else { (0.6, "decay") };
        let (neuron, parameters) = snntorch::leaky(beta, 1.0, reset, true, surrogate);
        let learning = if learned == "decay" { Learning::Clamped } else { Learning::Raw };
        train_again(file, Neurons::new(neuron, parameters).learn_as(learned, learning, 1, &device), &mut comparison);
    }
    comparison.finish();
}

#[test]
fn a_learned_decay_above_one_is_clamped_as_in_snntorch() {
    let device = Device::flex().autodiff();
    let file = &fixtures("fixtures/peers_learned", |file| file.name == "snntorch_leaky_beta_1_2")[0];
    let (neuron, parameters) = snntorch::leaky(0.9, 10.0, Reset::Subtract, true, ATan::default());
    let neurons = Neurons::new(neuron, parameters).learn_as("decay", Learning::Clamped, 1, &device);
    let mut neurons = neurons.with_return_states(ReturnStates::AfterStep);
    neurons.learned[0] = Param::from_data(TensorData::from([1.2f32]), &device);
    let input = file.tensor::<3>("input", &device).require_grad();
    let run = neurons.forward(input.clone(), None);
    assert_eq!(values(run.states[0].clone()), [1.0, 2.0, 3.0]);
    assert_eq!(values(run.states[0].clone()), file.get("membrane").1);
    let gradients = (run.output.sum() + run.states[0].clone().sum()).backward();
    assert!(relative_difference(&values(input.grad(&gradients).expect("one")), &file.get("grad_input").1) < 1e-5);
    let slope = neurons.learned[0].grad(&gradients).map_or(0.0, |gradient| gradient.into_scalar::<f32>());
    assert_eq!(slope, file.get("grad_beta").1[0]);
}

/// All parameters of a neuron, learned at once.
fn all_learned<N: Neuron>(
    neuron: N,
    parameters: N::Parameters<f64>,
    learning: Learning,
    device: &Device,
) -> Neurons<N> {
    let names = N::Parameters::<f64>::NAMES.iter();
    names.fold(Neurons::new(neuron, parameters), |neurons, name| neurons.learn_as(name, learning, 1, device))
}

fn in_range<N: Neuron>(neurons: &Neurons<N>, device: &Device, what: &str) {
    let found = values(neurons.parameters(device));
    for (field, value) in found.iter().enumerate() {
        let (name, range) = (N::Parameters::<f64>::NAMES[field], N::Parameters::<f64>::range(field));
        assert!(
            value.is_finite() && range.contains(f64::from(*value)),
            "{:?}, {what}: `{name}` became {value}, its range is: {range}",
            neurons.neuron()
        );
    }
}

/// A thousand steps of Adam at rate 1, always in one direction: nothing may leave its range.
fn a_thousand_steps<N: Neuron>(neuron: N, parameters: N::Parameters<f64>) {
    let device = Device::flex().autodiff();
    for learning in [Learning::Transformed, Learning::Clamped] {
        for direction in [1.0, -1.0] {
            let mut neurons = all_learned(neuron, parameters, learning, &device);
            let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
            for _ in 0..1000 {
                // What is learned is pushed itself, as far as it goes: harder than any loss of the output does.
                let sum = neurons.learned.iter().map(|learned| learned.val()).reduce(Tensor::add).expect("parameters");
                let gradients = GradientsParams::from_grads(sum.mul_scalar(direction).backward(), &neurons);
                neurons = adam.step(1.0, neurons, gradients);
            }
            in_range(&neurons, &device, &format!("{learning:?} by {direction}"));
        }
        // And by a loss of its own output.
        let mut neurons = all_learned(neuron, parameters, learning, &device);
        let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
        for _ in 0..20 {
            let run = neurons.forward(Tensor::<3>::full([5, 1, 2], 0.7, &device), None);
            let loss = run.output.sum() + run.last.field::<2>(N::State::<f64>::NAMES[0]).clamp(-9.0, 9.0).sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &neurons);
            neurons = adam.step(0.3, neurons, gradients);
            in_range(&neurons, &device, &format!("{learning:?}, by a loss"));
        }
    }
}

#[test]
fn no_parameter_of_any_neuron_leaves_its_range() {
    let lif = LifParameters { decay: 0.9, gain: 0.5, threshold: 1.0, rest: 0.1, reset: -0.2 };
    a_thousand_steps(Lif::default(), lif);
    a_thousand_steps(GradedLif::default(), GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 });
    a_thousand_steps(IntegrateAndFire::default(), IntegrateAndFireParameters { gain: 1.0, threshold: 1.0, reset: 0.1 });
    a_thousand_steps(LeakyIntegrator::default(), LeakyIntegratorParameters { decay: 0.9, gain: 0.5, rest: 0.1 });
    a_thousand_steps(
        Lapicque { fire_reset: FireReset::default(), dt: FixedF64(0.5) },
        LapicqueParameters { resistance: 5.0, capacitance: 2.0, threshold: 1.0, reset: 0.0 },
    );
    a_thousand_steps(ParametricLif::default(), ParametricLifParameters::new(2.0, 1.0));
    a_thousand_steps(
        AdaptiveThreshold::default(),
        AdaptiveThresholdParameters {
            decay: 0.9,
            gain: 0.5,
            base: 1.0,
            recovery: 0.2,
            rise: 0.3,
            rest: 0.1,
            reset: 0.0,
        },
    );
    a_thousand_steps(
        AdaptiveLif::default(),
        AdaptiveLifParameters { decay: 0.9, adaptation_decay: 0.95, coupling: 0.3, jump: 0.5, threshold: 1.0 },
    );
    a_thousand_steps(
        QuadraticIf::default(),
        QuadraticIfParameters { rate: 0.5, curvature: 0.6, rest: 0.1, critical: 0.8, threshold: 1.5, reset: -0.1 },
    );
    a_thousand_steps(
        AdaptiveQuadratic::default(),
        AdaptiveQuadraticParameters {
            rate: 0.5,
            curvature: 0.6,
            rest: 0.1,
            critical: 0.8,
            adaptation_rate: 0.4,
            coupling: 0.3,
            jump: 0.2,
            threshold: 1.5,
            reset: -0.1,
        },
    );
    a_thousand_steps(
        ExponentialIf::default(),
        ExponentialIfParameters { rate: 0.5, slope: 0.9, rheobase: 0.8, rest: 0.1, threshold: 1.5, reset: -0.1 },
    );
    a_thousand_steps(AdaptiveExponential::default(), AdaptiveExponentialParameters::brette_gerstner());
    a_thousand_steps(Izhikevich::default(), IzhikevichParameters::regular_spiking());
    a_thousand_steps(
        ResonateAndFire::default(),
        ResonateAndFireParameters { decay: 0.9, frequency: 0.6, threshold: 1.0, reset: 0.0 },
    );
    a_thousand_steps(IntegerLif::default(), IntegerLifParameters { decay: 0.9, gain: 1.0, threshold: 0.5 });
    a_thousand_steps(SigmaDelta::default(), SigmaDeltaParameters { threshold: 0.5, bias: 0.1 });
    a_thousand_steps(Alpha::default(), AlphaParameters::new(0.85, 0.75, 0.5));
    a_thousand_steps(CubaLif::default(), CubaParameters { neuron: lif, current_decay: 0.7 });
}

#[test]
fn parameters_outside_their_range_are_refused() {
    let refused = |parameters: LifParameters<f64>| {
        let error = std::panic::catch_unwind(|| Neurons::new(Lif::default(), parameters)).expect_err("refused");
        error.downcast_ref::<String>().expect("a sentence").clone()
    };
    let lif = LifParameters { decay: 0.9, gain: 1.0, threshold: 1.0, rest: 0.0, reset: 0.0 };
    for (parameters, say) in [
        (LifParameters { decay: 1.08, ..lif }, "`decay` of Lif"),
        (LifParameters { decay: -0.1, ..lif }, "is -0.1, its range is: 0 to 1"),
        (LifParameters { decay: f64::NAN, ..lif }, "is NaN"),
        (LifParameters { gain: f64::NAN, ..lif }, "`gain`"),
        (LifParameters { threshold: f64::NAN, ..lif }, "`threshold`"),
    ] {
        let sentence = refused(parameters);
        assert!(sentence.contains(say), "{sentence}");
    }
    for decay in [
        Decay::Multiplier(1.5),
        Decay::Multiplier(f64::NAN),
        Decay::Euler { tau: 0.5, dt: 1.0 },
        Decay::Exact { tau: f64::NAN, dt: 1.0 },
        Decay::Exact { tau: -1.0, dt: 1.0 },
    ] {
        assert!(std::panic::catch_unwind(|| decay.factor()).is_err(), "{decay:?}");
    }
    assert_eq!(Decay::Exact { tau: f64::INFINITY, dt: 1.0 }.factor(), 1.0);
}

#[test]
#[should_panic(expected = "`decay` starts at 1, a bound of its range (0 to 1)")]
fn a_start_the_transform_cannot_reach_is_refused() {
    let lif = LifParameters { decay: 1.0, gain: 1.0, threshold: 1.0, rest: 0.0, reset: 0.0 };
    drop(Neurons::new(Lif::default(), lif).learn("decay", 1, &Device::flex()));
}

fn lif_layer(decay: f64, threshold: f64, device: &Device) -> snn_core::layer::SpikingLinear<Neurons<Lif>> {
    let parameters = LifParameters { decay, gain: 1.0, threshold, rest: 0.0, reset: 0.0 };
    let neurons =
        Neurons::new(Lif::default(), parameters).learn("threshold", 2, device).learn_initial("membrane", 1, device);
    SpikingLinearConfig::new(3, 2).init(neurons, device)
}

#[test]
fn what_is_learned_is_saved_by_name_and_read_back() {
    let device = Device::flex();
    let (saved, other) = (lif_layer(0.9, 0.7, &device), lif_layer(0.9, 1.3, &device));
    let folder = std::env::temp_dir().join(format!("snn-saved-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("layer");
    saved.clone().into_record().save(&path).expect("saved");
    let read = other.load_record(burn::store::ModuleRecord::load(&path).expect("a file"));
    assert_eq!(values(read.neurons.parameters(&device)), values(saved.neurons.parameters(&device)));
    // Two by three weights and two biases, two thresholds, one beginning; the definition is no parameter.
    assert_eq!(read.num_params(), 6 + 2 + 2 + 1);
    // Burn reads numbers when they are used.
    std::fs::remove_dir_all(&folder).expect("removed");
    let names = Names::of(&read);
    assert_eq!(names, ["weight", "bias", "neurons.threshold", "neurons.initial_membrane", "neurons.definition"]);
}

#[derive(Default)]
struct Names {
    path: Vec<String>,
    names: Vec<String>,
}
impl Names {
    fn of(module: &impl Module) -> Vec<String> {
        let mut names = Self::default();
        module.visit(&mut names);
        names.names
    }
    fn note(&mut self) {
        self.names.push(self.path.join("."));
    }
}
impl burn::module::ModuleVisitor for Names {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<D>>) {
        self.note();
    }
    fn visit_int<const D: usize>(&mut self, _: &Param<Tensor<D, burn::tensor::Int>>) {
        self.note();
    }
}

/// Parameters of the same shape, saved by another layer.
fn sentence_of_loading<M: Module>(saved: M, into: M) -> String {
    let record = saved.into_record().into_bytes().expect("bytes");
    let load = std::panic::AssertUnwindSafe(move || {
        into.load_record(burn::store::ModuleRecord::from_bytes(record).expect("a record"))
    });
    let error = std::panic::catch_unwind(load).expect_err("refused");
    error.downcast_ref::<String>().expect("a sentence").clone()
}

#[test]
fn parameters_of_another_neuron_are_refused_with_both_named() {
    let device = Device::flex();
    let neurons = || {
        let parameters = LifParameters { decay: 0.9, gain: 1.0, threshold: 1.0, rest: 0.0, reset: 0.0 };
        Neurons::new(Lif::default(), parameters)
    };
    let sentence = sentence_of_loading(lif_layer(0.9, 1.0, &device), lif_layer(0.5, 1.0, &device));
    assert!(sentence.contains("decay 0.9") && sentence.contains("decay 0.5"), "{sentence}");
    let sentence = sentence_of_loading(neurons(), neurons().with_delay(2));
    assert!(sentence.contains("delay 0") && sentence.contains("delay 2"), "{sentence}");
    let sentence = sentence_of_loading(neurons().with_after_spike(0.5), neurons());
    assert!(sentence.contains("after-spike 0.5"), "{sentence}");
    let kept = Lif { fire_reset: FireReset { reset: Reset::Zero, ..FireReset::default() } };
    let sentence = sentence_of_loading(neurons(), Neurons::new(kept, neurons().constants()));
    assert!(sentence.contains("reset: Subtract") && sentence.contains("reset: Zero"), "{sentence}");
    let sentence = sentence_of_loading(DelayConfig::new(2, 3).init(&device), DelayConfig::new(2, 9).init(&device));
    assert!(sentence.contains("at most 3") && sentence.contains("at most 9"), "{sentence}");
}

#[test]
fn layers_are_shown_with_their_definition() {
    let device = Device::flex();
    let layer = lif_layer(0.9, 1.0, &device).to_string();
    assert!(layer.contains("threshold learned (softplus)") && layer.contains("decay 0.9"), "{layer}");
    assert!(DelayConfig::new(2, 3).init(&device).to_string().contains("at most 3 steps"));
}

#[test]
fn parameters_in_two_places_are_told() {
    let device = Device::flex();
    let layer = lif_layer(0.9, 1.0, &device);
    let sentences = shared_parameters(&vec![layer.clone(), layer]);
    let all = sentences.join("\n");
    for name in ["weight", "bias", "neurons.threshold", "neurons.initial_membrane"] {
        assert!(all.contains(&format!("`0.{name}` and `1.{name}` are one parameter")), "{all}");
    }
    assert_eq!(sentences.len(), 4);
    let apart = vec![lif_layer(0.9, 1.0, &device), lif_layer(0.9, 1.0, &device)];
    assert_eq!(shared_parameters(&apart), Vec::<String>::new());
}
