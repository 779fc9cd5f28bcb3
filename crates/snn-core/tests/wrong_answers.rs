//! Wrong answers which were found by trying public bug reports of other libraries, each with its right value.

use burn::module::{Module, Param, ParamId, Quantizer};
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{DType, Device, Tensor, TensorData};
use snn_core::check::devices;
use snn_core::device::Execution;
use snn_core::encode;
use snn_core::layer::{
    DelayConfig, Encoding, Neurons, RecurrentConfig, SpikingLinear, SpikingLinearConfig, SpikingStackConfig,
};
use snn_core::neuron::*;
use snn_core::noise::NoiseSeed;
use snn_core::number::{Fields, ParameterRange};
use snn_core::scan::ReturnStates;
use snn_core::surrogate::{ATan, Sigmoid, Surrogate};

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn lif() -> LifParameters<f64> {
    LifParameters::new(Decay::Multiplier(0.5), InputScale::One, 1.0)
}

const RESETS: [Reset; 4] = [Reset::Subtract, Reset::Zero, Reset::Value, Reset::None];
const TIMINGS: [ResetTiming; 4] =
    [ResetTiming::SameStep, ResetTiming::NextStep, ResetTiming::BeforeNextStep, ResetTiming::SnnTorchSameStep];
const COMPARISONS: [Comparison; 2] = [Comparison::Above, Comparison::AtOrAbove];
const GRADIENTS: [ResetGradient; 2] = [ResetGradient::Detached, ResetGradient::Attached];

/// Calls `each` with every convention of firing.
fn conventions(mut each: impl FnMut(FireReset)) {
    for reset in RESETS {
        for timing in TIMINGS {
            for comparison in COMPARISONS {
                for gradient in GRADIENTS {
                    each(FireReset { reset, timing, comparison, gradient, ..FireReset::new(ATan::default()) });
                }
            }
        }
    }
}

/// spikingjelly#12: people make a pure integrator with an infinite threshold.
#[test]
fn an_infinite_threshold_never_fires_and_leaves_the_membrane_alone() {
    conventions(|fire_reset| {
        for execution in [Execution::Fused, Execution::Reference] {
            let device = Device::flex().autodiff();
            let input = Tensor::<3>::ones([3, 1, 1], &device).require_grad();
            let neurons = Neurons::new(Lif { fire_reset }, LifParameters { threshold: f64::INFINITY, ..lif() });
            let run = neurons
                .with_return_states(ReturnStates::AfterStep)
                .with_execution(execution)
                .forward(input.clone(), None);
            let (output, membrane) = (values(run.output.clone()), values(run.states[0].clone()));
            assert_eq!((output, membrane), (vec![0.0; 3], vec![1.0, 1.5, 1.75]), "{fire_reset:?} {execution:?}");
            let gradients = (run.output.sum() + run.states[0].clone().sum()).backward();
            let gradient = values(input.grad(&gradients).expect("a gradient"));
            assert_eq!(gradient, [1.75, 1.5, 1.0], "{fire_reset:?} {execution:?}");
        }
    });
}

/// Of the kind above: what a hard reset replaces may be anything.
#[test]
fn a_hard_reset_brings_back_an_overflowed_membrane() {
    for reset in [Reset::Zero, Reset::Value] {
        for execution in [Execution::Fused, Execution::Reference] {
            let neuron = Lif { fire_reset: FireReset { reset, ..FireReset::new(ATan::default()) } };
            let neurons = Neurons::new(neuron, LifParameters { reset: 0.25, ..lif() });
            let input = Tensor::<3>::from_data([[[f32::INFINITY]], [[0.0]]], &Device::flex());
            let run =
                neurons.with_return_states(ReturnStates::AfterStep).with_execution(execution).forward(input, None);
            let after = if reset == Reset::Zero { 0.0 } else { 0.25 };
            assert_eq!(values(run.output), [1.0, 0.0], "{reset:?} {execution:?}");
            assert_eq!(values(run.states[0].clone()), [after, 0.5 * after], "{reset:?} {execution:?}");
        }
    }
}

/// pytorch#7999: `relu(nan)` is not a number.
#[test]
fn a_graded_network_of_numbers_that_are_none_has_no_loss_either() {
    for reset in [GradedLifReset::Scaled, GradedLifReset::Subtracted] {
        let device = Device::flex().autodiff();
        let config = SpikingStackConfig {
            sizes: vec![3, 4, 2],
            time_steps: 8,
            encoding: Encoding::Constant,
            ..SpikingStackConfig::chevalier2018(0)
        };
        let mut net = config.init_chevalier2018(reset, &device);
        net.layers[0].weight = Param::from_data(TensorData::new(vec![f32::NAN; 12], [3, 4]), &device);
        assert!(values(net.forward(Tensor::<2>::ones([1, 3], &device), NoiseSeed::new(0)))[0].is_nan());
    }
}

#[test]
fn numbers_that_are_none_stay_so_in_graded_and_integer_neurons_on_every_path() {
    fn outputs<N: Neuron>(neuron: N, parameters: N::Parameters<f64>) -> Vec<Vec<f64>> {
        let mut all = Vec::new();
        for (_, device) in devices() {
            for execution in [Execution::Fused, Execution::Reference] {
                let input = Tensor::<3>::from_data([[[1.0]], [[f32::NAN]], [[1.0]]], &device);
                all.push(values(
                    Neurons::new(neuron, parameters).with_execution(execution).forward(input, None).output,
                ));
            }
        }
        all
    }
    let article = GradedLifParameters { decay: 0.5, threshold: 1.0, penalty: 1.5 };
    let integer = IntegerLifParameters { decay: 0.5, gain: 1.0, threshold: 0.5 };
    let sigma_delta = SigmaDeltaParameters { threshold: 0.5, bias: 0.0 };
    let integrator = LeakyIntegratorParameters { decay: 0.5, gain: 1.0, rest: 0.0 };
    for run in [
        outputs(GradedLif::default(), article),
        outputs(IntegerLif::default(), integer),
        outputs(SigmaDelta::default(), sigma_delta),
        outputs(LeakyIntegrator::default(), integrator),
    ]
    .concat()
    {
        assert!(!run[0].is_nan() && run[1].is_nan() && run[2].is_nan(), "{run:?}");
    }
}

/// As snnTorch, SpikingJelly and Norse have it: `nan > threshold` is false.
#[test]
fn a_membrane_that_is_no_number_does_not_fire_on_any_path() {
    for (name, device) in devices() {
        conventions(|fire_reset| {
            for execution in [Execution::Fused, Execution::Reference] {
                let input = Tensor::<3>::from_data([[[f32::NAN]], [[0.0]]], &device);
                let run = Neurons::new(Lif { fire_reset }, lif()).with_execution(execution).forward(input, None);
                assert_eq!(values(run.output), [0.0, 0.0], "{name} {fire_reset:?} {execution:?}");
            }
        });
    }
}

#[derive(Module, Debug)]
struct Two<P: Module> {
    a: P,
    b: P,
}

type TwoNeurons = Two<Neurons<Lif>>;

fn learned_threshold(device: &Device) -> Neurons<Lif> {
    Neurons::new(Lif::default(), lif()).learn("threshold", 1, device)
}

/// What two populations have learned after one step.
fn after_a_step(net: TwoNeurons, device: &Device) -> (Vec<f64>, Vec<f64>) {
    let of_a = net.a.forward(Tensor::<3>::from_data([[[0.9f32]], [[0.9]]], device), None).output.sum();
    let of_b = net.b.forward(Tensor::<3>::from_data([[[0.3f32]], [[0.2]]], device), None).output.sum();
    let gradients = GradientsParams::from_grads((of_a + of_b.mul_scalar(10.0)).backward(), &net);
    let net = SgdConfig::new().init().step(1.0, net, gradients);
    (values(net.a.learned[0].val()), values(net.b.learned[0].val()))
}

/// torch/nn#613.
#[test]
fn neurons_cloned_from_a_prototype_learn_apart() {
    let device = Device::flex().autodiff();
    let apart = after_a_step(Two { a: learned_threshold(&device), b: learned_threshold(&device) }, &device);
    let first = learned_threshold(&device);
    assert_eq!(after_a_step(Two { a: first.clone(), b: first }, &device), apart);
    // Once they have run, they are what they are; another population is had by name.
    let used = learned_threshold(&device);
    used.forward(Tensor::<3>::ones([1, 1, 1], &device), None);
    assert_eq!(after_a_step(Two { a: used.apart(), b: used }, &device), apart);
}

#[test]
fn layers_made_from_one_prototype_learn_apart() {
    let device = Device::flex().autodiff();
    let prototype = learned_threshold(&device);
    let linear = || SpikingLinearConfig::new(2, 2).init(prototype.clone(), &device);
    let recurrent = || RecurrentConfig::new(2).init(prototype.clone(), &device);
    let ids = [linear().neurons, linear().neurons, recurrent().neurons, recurrent().neurons, prototype.clone()]
        .map(|neurons| neurons.learned[0].id);
    let different: std::collections::HashSet<ParamId> = ids.into_iter().collect();
    assert_eq!(different.len(), ids.len());
}

#[test]
fn a_clone_of_a_whole_model_is_the_same_model_for_an_optimizer() {
    let device = Device::flex().autodiff();
    let net = SpikingLinearConfig::new(2, 2).init(learned_threshold(&device), &device);
    let loss = net.forward(Tensor::<3>::ones([3, 1, 2], &device), None).output.sum();
    let gradients = GradientsParams::from_grads(loss.backward(), &net);
    let stepped = SgdConfig::new().init().step(1.0, net.clone(), gradients);
    assert_ne!(values(stepped.weight.val()), values(net.weight.val()));
    assert_ne!(values(stepped.neurons.learned[0].val()), values(net.neurons.learned[0].val()));
}

#[test]
fn layers_made_alike_start_independent_and_reproducibly() {
    for (name, device) in devices() {
        let linear = || SpikingLinearConfig::new(6, 4).init(Neurons::new(Lif::default(), lif()), &device);
        let recurrent = || RecurrentConfig::new(4).init(Neurons::new(Lif::default(), lif()), &device);
        let delay = || DelayConfig::new(4, 9).init(&device);
        let all = || {
            snn_core::init::seed(5);
            [
                values(linear().weight.val()),
                values(linear().weight.val()),
                values(recurrent().weight.val()),
                values(recurrent().weight.val()),
                values(delay().delays.val()),
                values(delay().delays.val()),
                values(linear().bias.expect("a bias").val()),
            ]
        };
        let (first, again) = (all(), all());
        assert_eq!(first, again, "{name}");
        for (i, one) in first.iter().enumerate() {
            for other in &first[i + 1..] {
                assert_ne!(one, other, "{name}");
            }
        }
    }
}

#[test]
fn neurons_start_where_they_have_learned_to_rest() {
    for (name, device) in devices() {
        let device = device.autodiff();
        let far = LifParameters { threshold: 10.0, ..lif() };
        let mut neurons =
            Neurons::new(Lif::default(), far).with_return_states(ReturnStates::AfterStep).learn("rest", 1, &device);
        neurons.learned[0] = Param::from_data(TensorData::from([0.5f32]), &device);
        let run = neurons.forward(Tensor::<3>::zeros([3, 1, 1], &device), None);
        assert_eq!(values(run.states[0].clone()), [0.5; 3], "{name}");
        // v = rest at each step, whatever the decay: the derivative of their sum is 3.
        let gradients = run.states[0].clone().sum().backward();
        assert_eq!(values(neurons.learned[0].grad(&gradients).expect("a gradient")), [3.0], "{name}");
    }
}

/// Every neuron which starts at a parameter starts at the learned one, one for each neuron.
#[test]
fn every_neuron_starts_at_its_learned_parameters() {
    fn begin<N: Neuron>(neuron: N, parameters: N::Parameters<f64>, learned: &str, state: &str) {
        let device = Device::flex();
        let mut neurons = Neurons::new(neuron, parameters).learn(learned, 3, &device).with_delay(1);
        neurons.learned[0] = Param::from_data(TensorData::from([-0.5f32, 0.25, 0.75]), &device);
        let parameters = neurons.parameters(&device);
        let row = N::Parameters::<f64>::NAMES.iter().position(|name| *name == learned).expect("a parameter");
        let expected = values(parameters.slice([row..row + 1, 0..3]));
        let found = values(neurons.resting([1, 3], &device).field::<2>(state));
        assert_eq!(found, expected, "{neuron:?}: {state} by {learned}");
    }
    let hard = || FireReset { reset: Reset::Value, ..FireReset::default() };
    begin(Lif::default(), lif(), "rest", "membrane");
    begin(
        IntegrateAndFire { fire_reset: hard() },
        IntegrateAndFireParameters { gain: 1.0, threshold: 1.0, reset: 0.0 },
        "reset",
        "membrane",
    );
    begin(
        LeakyIntegrator::default(),
        LeakyIntegratorParameters { decay: 0.5, gain: 1.0, rest: 0.0 },
        "rest",
        "membrane",
    );
    begin(ParametricLif::default(), ParametricLifParameters::new(2.0, 1.0), "rest", "membrane");
    let quadratic =
        QuadraticIfParameters { rate: 0.5, curvature: 1.0, rest: 0.0, critical: 0.8, threshold: 1.0, reset: 0.0 };
    begin(QuadraticIf::default(), quadratic, "rest", "membrane");
    begin(QuadraticIf { fire_reset: hard() }, quadratic, "reset", "membrane");
    let exponential =
        ExponentialIfParameters { rate: 0.5, slope: 1.0, rheobase: 0.8, rest: 0.0, threshold: 1.0, reset: 0.0 };
    begin(ExponentialIf::default(), exponential, "rest", "membrane");
    begin(AdaptiveExponential::default(), AdaptiveExponentialParameters::brette_gerstner(), "rest", "membrane");
    begin(Izhikevich::default(), IzhikevichParameters::regular_spiking(), "reset", "membrane");
    let adaptive = AdaptiveThresholdParameters {
        decay: 0.9,
        gain: 0.5,
        base: 1.0,
        recovery: 0.2,
        rise: 0.3,
        rest: 0.1,
        reset: 0.0,
    };
    begin(AdaptiveThreshold::default(), adaptive, "base", "threshold");
    begin(AdaptiveThreshold::default(), adaptive, "rest", "membrane");
}

#[test]
fn a_beginning_can_be_given_and_learned() {
    for (name, device) in devices() {
        let device = device.autodiff();
        let neurons = Neurons::new(Lif::default(), LifParameters { threshold: 10.0, ..lif() });
        let neurons = neurons.with_delay(2).with_after_spike(0.5);
        let given = Tensor::<2>::from_data([[0.8f32, -0.4, 0.2]], &device).require_grad();
        let begin = neurons.resting([1, 3], &device).with_field("membrane", given.clone());
        let last = neurons.forward(Tensor::<3>::zeros([2, 1, 3], &device), Some(begin)).last;
        let found = values(last.field::<2>("membrane"));
        for (found, expected) in found.iter().zip([0.2, -0.1, 0.05]) {
            assert!((found - expected).abs() < 1e-6, "{name}: {found} {expected}");
        }
        let gradients = last.field::<2>("membrane").sum().backward();
        assert_eq!(values(given.grad(&gradients).expect("a gradient")), [0.25; 3], "{name}");

        let learning = Neurons::new(Lif::default(), lif()).learn_initial("membrane", 3, &device);
        let last = learning.forward(Tensor::<3>::zeros([2, 4, 3], &device), None).last;
        let gradients = last.field::<2>("membrane").sum().backward();
        // Four samples, two steps of decay.
        assert_eq!(values(learning.learned[0].grad(&gradients).expect("a gradient")), [1.0; 3], "{name}");
    }
}

#[test]
fn tensors_of_other_types_run_with_their_own_precision() {
    for dtype in [DType::F64, DType::F16, DType::BF16] {
        let device = Device::flex();
        let x = Tensor::<3>::from_data(TensorData::new(vec![0.7f64, 0.7, 0.7, 0.2], [4, 1, 1]), (&device, dtype));
        let neurons = Neurons::new(Lif::default(), lif()).with_return_states(ReturnStates::AfterStep);
        let run = neurons.forward(x.clone(), None);
        assert_eq!(run.output.dtype(), dtype);
        assert_eq!(run.states[0].dtype(), dtype);
        assert_eq!(values(run.output), [0.0, 1.0, 0.0, 0.0], "{dtype:?}");
        // Going on from a state of this type, with an after-spike, in a layer, and in a recurrent one.
        let after = Neurons::new(Lif::default(), lif()).with_after_spike(0.5).with_delay(1);
        let begun = after.forward(x.clone(), None);
        assert_eq!(after.forward(x.clone(), Some(begun.last)).output.dtype(), dtype);
        let layer = SpikingLinearConfig::new(1, 2).init(Neurons::new(Lif::default(), lif()), &device);
        assert_eq!(layer.forward(x.clone(), None).output.dtype(), dtype);
        let wide = layer.forward(x.clone(), None).output;
        let recurrent = RecurrentConfig::new(2).init(Neurons::new(Lif::default(), lif()), &device);
        assert_eq!(recurrent.forward(wide.clone(), None).output.dtype(), dtype);
        assert_eq!(DelayConfig::new(2, 3).init(&device).forward(wide, None).output.dtype(), dtype);
        let flickering = encode::flicker(Tensor::<2>::ones([1, 2], (&device, dtype)), 3, NoiseSeed::new(0));
        assert_eq!(flickering.dtype(), dtype);
    }
    // Not only the type, the digits: 1 + 1e-12 is above a threshold of 1 in f64 alone.
    let close = |dtype| {
        let x = Tensor::<3>::from_data(TensorData::new(vec![1.0 + 1e-12], [1, 1, 1]), (&Device::flex(), dtype));
        values(Neurons::new(Lif::default(), lif()).forward(x, None).output)
    };
    assert_eq!((close(DType::F64), close(DType::F32)), (vec![1.0], vec![0.0]));
}

#[test]
#[should_panic(expected = "scan: state of type F32, input of type F64")]
fn a_state_of_another_type_is_refused() {
    let device = Device::flex();
    let neurons = Neurons::new(Lif::default(), lif());
    let state = neurons.resting([1, 1], &device);
    neurons.forward(Tensor::<3>::ones([1, 1, 1], (&device, DType::F64)), Some(state));
}

#[test]
fn quantised_modules_run() {
    use burn::tensor::quantization::{Calibration, QuantScheme};
    let device = Device::flex();
    let layer: SpikingLinear<Neurons<Lif>> = SpikingLinearConfig::new(32, 32)
        .with_seed(Some(1))
        .init(Neurons::new(Lif::default(), lif()).learn("threshold", 32, &device), &device);
    let input = encode::flicker(Tensor::ones([2, 32], &device), 6, NoiseSeed::new(2));
    let exact = values(layer.forward(input.clone(), None).output);
    let mut quantizer = Quantizer::new(Calibration::MinMax, QuantScheme::default());
    let quantised = layer.quantize_weights(&mut quantizer);
    let found = values(quantised.forward(input, None).output);
    let differing = found.iter().zip(&exact).filter(|(a, b)| a != b).count();
    assert!(differing * 50 < exact.len(), "{differing} of {} spikes differ", exact.len());
}

/// snntorch#427, passing when tried.
#[test]
fn surrogates_far_from_the_threshold_are_finite() {
    for k in [0.0, 1.0, 25.0, 1e4] {
        for x in [-5.0f32, 5.0, -1e4, 1e20, f32::MIN] {
            let derivative: f32 = Sigmoid::new(k).derivative(x);
            assert!(derivative.is_finite());
        }
    }
}

#[test]
fn gradient_checkpointing_changes_no_gradient() {
    let run = |device: Device| {
        let neurons = Neurons::new(Lif::default(), lif()).learn("threshold", 5, &device);
        let layer = SpikingLinearConfig::new(3, 5).with_seed(Some(0)).init(neurons, &device);
        let x = encode::flicker(Tensor::<2>::ones([2, 3], &device), 6, NoiseSeed::new(2)).mul_scalar(3.0);
        let g = layer.forward(x.clone().tanh() * x, None).output.exp().sum().backward();
        (values(layer.weight.grad(&g).expect("one")), values(layer.neurons.learned[0].grad(&g).expect("one")))
    };
    assert_eq!(run(Device::flex().autodiff()), run(Device::flex().autodiff().gradient_checkpointing()));
}

#[test]
fn inputs_without_elements_are_one_sentence() {
    let device = Device::flex();
    let layer = SpikingLinearConfig::new(3, 2).init(Neurons::new(Lif::default(), lif()), &device);
    for (shape, say) in [([4, 0, 3], "an input of shape [4, 0, 3] has no elements"), ([0, 2, 3], "[0, 2, 3]")] {
        let run = std::panic::AssertUnwindSafe(|| layer.forward(Tensor::<3>::zeros(shape, &device), None));
        let error = std::panic::catch_unwind(run).expect_err("refused");
        let sentence = error.downcast_ref::<String>().expect("a sentence");
        assert!(sentence.contains(say), "{sentence}");
    }
}

snn_core::neuron! {
    /// A neuron whose author forgot `surrogate`: it fires, and nothing can be learned through it.
    struct Forgetful
    parameters ForgetfulParameters { decay: ParameterRange::Unit }
    state ForgetfulState { membrane }
    fn step(&self, p, state, input) {
        let (zero, one) = (S::constant(0.0), S::constant(1.0));
        let membrane = p.decay * state.membrane + input;
        let spike = (membrane - one).if_positive(one, zero);
        (spike, ForgetfulState { membrane: spike.if_positive(zero, membrane) })
    }
}

#[test]
#[should_panic(expected = "no derivative flows through its spikes")]
fn a_neuron_without_a_surrogate_does_not_pass_its_check() {
    snn_core::check::check_on(Forgetful {}, ForgetfulParameters { decay: 0.9 }, &[("flex", Device::flex())]);
}

/// Some drivers silently end a loop after 65,535 rounds.
#[test]
fn long_scans_are_whole_on_every_device() {
    let steps = 70_000;
    for (name, device) in devices() {
        let device = device.autodiff();
        let integrate = IntegrateAndFireParameters { gain: 1.0, threshold: f64::INFINITY, reset: 0.0 };
        let neurons = Neurons::new(IntegrateAndFire::default(), integrate)
            .with_delay(1)
            .with_return_states(ReturnStates::BeforeStep);
        let input = Tensor::<3>::full([steps, 1, 1], 0.5, &device).require_grad();
        let run = neurons.forward(input.clone(), None);
        assert_eq!(run.states[0].dims(), [steps, 1, 1]);
        let membrane = run.last.field::<2>("membrane");
        assert_eq!(values(membrane.clone()), [0.5 * steps as f64], "{name}");
        let gradient = values(input.grad(&membrane.sum().backward()).expect("a gradient"));
        assert!(gradient.len() == steps && gradient.iter().all(|gradient| *gradient == 1.0), "{name}");
    }
}
