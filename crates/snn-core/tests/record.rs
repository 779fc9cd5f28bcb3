//! Recordings: they see everything in order, change nothing, and leave nothing behind.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use common::values;
use snn_core::check::devices;
use snn_core::device::Execution;
use snn_core::layer::{Neurons, SpikingLinear, SpikingLinearConfig, SpikingStack, SpikingStackConfig};
use snn_core::neuron::{GradedLif, GradedLifParameters, GradedLifReset};
use snn_core::noise::{NoiseSeed, uniform};
use snn_core::record::{Recording, record, record_gradients};
use snn_core::scan::ReturnStates;

const STEPS: usize = 12;

fn numbers<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let key = NoiseSeed::new(seed).key(0);
    let values: Vec<f32> = (0..shape.iter().product::<usize>()).map(|i| 2.0 * uniform(key, i as u32)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn net(device: &Device, execution: Execution) -> SpikingStack<Neurons<GradedLif>> {
    let config =
        SpikingStackConfig { sizes: vec![7, 11, 3], time_steps: STEPS, ..SpikingStackConfig::chevalier2018(3) };
    let mut net = config.init_chevalier2018(GradedLifReset::Scaled, device);
    for layer in &mut net.layers {
        layer.neurons = layer.neurons.clone().with_execution(execution);
    }
    net
}

/// Logits, loss and all gradients, bit by bit.
fn trained(
    net: &SpikingStack<Neurons<GradedLif>>,
    images: Tensor<2>,
    run: impl Fn(&dyn Fn() -> Tensor<2>) -> Tensor<2>,
) -> Vec<Vec<u32>> {
    let logits = run(&|| net.forward(images.clone(), NoiseSeed::new(5)));
    let gradients = log_softmax(logits.clone(), 1).slice([0..4, 1..2]).mean().backward();
    let mut all = vec![values(logits)];
    for layer in &net.layers {
        all.push(values(layer.weight.grad(&gradients).expect("a gradient")));
        all.push(values(layer.bias.as_ref().and_then(|bias| bias.grad(&gradients)).expect("a gradient")));
    }
    all.into_iter().map(|list| list.into_iter().map(f32::to_bits).collect()).collect()
}

#[test]
fn recording_changes_no_bit_of_results_and_gradients() {
    for (backend, device) in devices() {
        let device = device.autodiff();
        for execution in [Execution::Fused, Execution::Reference] {
            let net = net(&device, execution);
            let images = numbers([4, 7], 1, &device);
            let plain = trained(&net, images.clone(), |forward| forward());
            let recorded = trained(&net, images.clone(), |forward| record(forward).0);
            assert!(plain[1].iter().any(|bits| *bits != 0), "{backend}: the gradient is not zero");
            assert_eq!(plain, recorded, "{backend}, {}", execution.name());
            let probed = trained(&net, images, |forward| record_gradients(forward).0);
            assert_eq!(plain, probed, "{backend}, {}, with gradients", execution.name());
        }
    }
}

#[test]
fn every_population_is_recorded_in_order() {
    for (backend, device) in devices() {
        let net = net(&device, Execution::Fused).recording();
        let images = numbers([4, 7], 1, &device);
        let (run, Recording { populations }) = record(|| net.run(images, NoiseSeed::new(5)));
        assert_eq!(populations.len(), 2, "{backend}");
        for (population, layer) in populations.iter().zip(&run.layers) {
            let [steps, batch, neurons] = layer.output.dims();
            assert_eq!(population.shape().to_vec(), [steps, batch, neurons]);
            assert_eq!((population.steps(), population.batch(), population.neurons()), (steps, batch, neurons));
            assert_eq!(population.neuron, "GradedLif { reset: Scaled }");
            assert_eq!((population.delay, population.execution), (1, Execution::Fused));
            assert!(population.parameter("penalty").is_some_and(|penalty| (penalty - 1.5).abs() < 1e-6));
            assert_eq!(population.parameter("width"), None);
            let output = values(layer.output.clone());
            assert_eq!(values(population.output::<3>()), output);
            assert_eq!(values(population.arriving_spikes::<3>()), output);
            // The layer returns what was before each step.
            assert_eq!(values(population.state_before::<3>("membrane")), values(layer.states[0].clone()));
            let after = values(population.state::<3>("membrane"));
            let row = batch * neurons;
            assert_eq!(after[..(steps - 1) * row], values(layer.states[0].clone())[row..]);
            assert_eq!(after[(steps - 1) * row..], values(layer.last.field::<2>("membrane")));
            // Undelayed, spikes are one row earlier, and the last one is in flight.
            let spikes = values(population.spikes::<3>());
            assert_eq!(spikes[..(steps - 1) * row], output[row..]);
            assert_eq!(spikes[(steps - 1) * row..], values(layer.last.in_flight::<2>(0)));
        }
        let spikes = values(populations[0].spikes::<3>());
        assert!(spikes.iter().any(|spike| *spike > 0.0), "{backend}: somebody fires");
    }
}

#[test]
fn states_nobody_asked_for_are_those_of_the_recording_block() {
    for (backend, device) in devices() {
        for execution in [Execution::Fused, Execution::Reference] {
            let silent = net(&device, execution);
            let images = numbers([4, 7], 1, &device);
            let (_, recording) = record(|| silent.forward(images.clone(), NoiseSeed::new(5)));
            let run = silent.recording().run(images, NoiseSeed::new(5));
            let found = values(recording.populations[0].state_before::<3>("membrane"));
            let expected = values(run.layers[0].states[0].clone());
            let difference = common::relative_difference(&found, &expected);
            assert!(difference < 1e-6, "{backend}, {}: {difference:.1e}", execution.name());
        }
    }
}

/// A model which is none of ours: a convolution-like product, neurons, a rectifier, neurons with another delay.
#[derive(Module, Debug)]
struct Foreign {
    first: SpikingLinear<Neurons<GradedLif>>,
    second: Neurons<GradedLif>,
}

#[test]
fn any_model_with_our_layers_can_be_recorded() {
    let device = Device::flex();
    let constants = GradedLifParameters { decay: 0.8, threshold: 0.5, penalty: 0.7 };
    let subtracted = GradedLif { reset: GradedLifReset::Subtracted };
    let model = Foreign {
        first: SpikingLinearConfig::new(6, 5)
            .init(Neurons::new(GradedLif::default(), constants).with_return_states(ReturnStates::AfterStep), &device),
        second: Neurons::new(subtracted, constants).with_delay(3),
    };
    let input = numbers([STEPS, 2, 6], 2, &device);
    let (_, recording) = record(|| {
        let hidden = burn::tensor::activation::relu(model.first.forward(input, None).output * 3.0);
        model.second.forward(hidden.reshape([STEPS, 2, 1, 5]), None).output.sum()
    });
    let [first, second] = recording.populations.try_into().expect("two populations");
    assert_eq!((first.neuron.as_str(), first.delay), ("GradedLif { reset: Scaled }", 0));
    assert_eq!((second.neuron.as_str(), second.delay), ("GradedLif { reset: Subtracted }", 3));
    assert_eq!(second.state::<4>("membrane").dims(), [STEPS, 2, 1, 5]);
    // Undelayed spikes are what the same neurons send without delay.
    let undelayed = model.second.with_delay(0).forward(second.current::<4>(), None).output;
    assert_eq!(values(second.spikes::<4>()), values(undelayed));
}

#[test]
fn neither_a_nested_nor_a_panicking_closure_leaves_a_tap_behind() {
    let device = Device::flex();
    let net = net(&device, Execution::Fused);
    let forward = || net.forward(numbers([4, 7], 1, &device), NoiseSeed::new(5));
    let ((), outer) = record(|| {
        forward();
        let (_, inner) = record(forward);
        assert_eq!(inner.populations.len(), 2, "the inner one sees what ran in it");
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            record(|| {
                forward();
                panic!("on purpose");
            })
        }));
        assert!(panicked.is_err());
        forward();
    });
    assert_eq!(outer.populations.len(), 8, "the outer one sees everything");
    let panicked = catch_unwind(AssertUnwindSafe(|| record(|| panic!("on purpose"))));
    assert!(panicked.is_err());
    let ((), empty) = record(|| ());
    assert!(empty.populations.is_empty());
    forward();
    let (_, again) = record(forward);
    assert_eq!(again.populations.len(), 2, "what ran outside is not in it");
    let ((), elsewhere) = record(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| Neurons::new(GradedLif::default(), CONSTANTS).forward(numbers([2, 1, 1], 1, &device), None));
        });
    });
    assert!(elsewhere.populations.is_empty(), "another thread is another recording");
}

const CONSTANTS: GradedLifParameters<f64> = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };

#[test]
fn gradients_of_current_and_output_are_those_of_the_loss() {
    for (backend, device) in devices() {
        let device = device.autodiff();
        let neurons = Neurons::new(GradedLif::default(), CONSTANTS).with_delay(1);
        let current = numbers([STEPS, 2, 5], 2, &device).require_grad();
        let weights = numbers([STEPS, 2, 5], 3, &device);
        let (output, recording) = record_gradients(|| neurons.forward(current.clone(), None).output);
        let gradients = (output * weights.clone()).sum().backward();
        let [population] = recording.populations.try_into().expect("one population");
        let found = values(population.current_gradient::<3>(&gradients));
        assert_eq!(found, values(current.grad(&gradients).expect("a gradient")), "{backend}");
        assert!(found.iter().any(|value| *value != 0.0), "{backend}");
        assert_eq!(values(population.output_gradient::<3>(&gradients)), values(weights), "{backend}");
    }
}
