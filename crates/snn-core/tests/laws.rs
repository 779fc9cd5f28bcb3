//! Laws of state, time, batch and noise, each a test named after it. Sizes and numbers are drawn by proptest from a fixed
//! seed; a failing case is printed with the sizes and the seed it was made from.

mod common;

use burn::module::Module;
use burn::tensor::{Device, Tensor, s};
use common::values;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use snn_core::check::devices;
use snn_core::device::Execution;
use snn_core::encode::{self, Delta, DeltaReference, Latency, ReceptiveFields, SpikeGradient};
use snn_core::layer::{DelayConfig, InitialDelay, Neurons, RecurrentConfig, SpikingLinear, SpikingLinearConfig};
use snn_core::loss::van_rossum;
use snn_core::neuron::{GradedLif, GradedLifParameters};
use snn_core::noise::{NoiseSeed, uniform};
use snn_core::norm::BatchNormThroughTimeConfig;
use snn_core::readout::{Readout, first_spike_time, spike_count};
use snn_core::scan::{NeuronsState, ReturnStates};
use snn_core::synapse::{flicker, flickering_linear};

snn_core::neuron! {
    /// Leaky integrate-and-fire, spikes of 0 or 1.
    pub struct Leaky
    parameters LeakyParameters { decay, threshold }
    state LeakyState { membrane }
    fn step(&self, p, state, input) {
        let membrane = p.decay * state.membrane + input;
        let over = membrane - p.threshold;
        let (zero, one) = (S::constant(0.0), S::constant(1.0));
        let spike = over.surrogate(over.if_positive(one, zero), |_| one / (one + over * over));
        (spike, LeakyState { membrane: membrane - spike * p.threshold })
    }
}

fn leaky() -> Neurons<Leaky> {
    Neurons::new(Leaky {}, LeakyParameters { decay: 0.8, threshold: 1.0 })
}

fn article() -> Neurons<GradedLif> {
    Neurons::new(GradedLif::default(), GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 })
}

fn few(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() }
}

/// Sizes, every axis another, and a seed.
#[derive(Clone, Copy, Debug)]
struct Case {
    steps: usize,
    batch: usize,
    features: usize,
    seed: u64,
}

fn case() -> impl Strategy<Value = Case> {
    (1usize..9, 1usize..5, 1usize..12, any::<u64>()).prop_map(|(steps, batch, features, seed)| Case {
        steps,
        batch,
        features,
        seed,
    })
}

/// Numbers between `low` and `high`, `[rows, batch, features]`.
fn numbers(case: Case, rows: usize, [low, high]: [f32; 2], device: &Device) -> Tensor<3> {
    let key = NoiseSeed::new(case.seed).key(0);
    let count = rows * case.batch * case.features;
    let values: Vec<f32> = (0..count).map(|i| low + (high - low) * uniform(key, i as u32)).collect();
    Tensor::<1>::from_data(values.as_slice(), device).reshape([rows, case.batch, case.features])
}

/// A current which makes about every third neuron spike at each step.
fn current(case: Case, device: &Device) -> Tensor<3> {
    numbers(case, case.steps, [-0.6, 1.6], device)
}

fn layer(case: Case, device: &Device) -> SpikingLinear<Neurons<GradedLif>> {
    let neurons = article().with_delay(case.seed as usize % 3).with_return_states(ReturnStates::AfterStep);
    SpikingLinearConfig::new(case.features, 7).with_seed(Some(case.seed)).init(neurons, device)
}

fn one_step(sequence: &Tensor<3>, step: usize) -> Tensor<3> {
    sequence.clone().slice(s![step..step + 1])
}

fn whole(steps: Vec<Tensor<3>>) -> Vec<f32> {
    values(Tensor::cat(steps, 0))
}

fn zero_or_one(values: &[f32]) -> bool {
    values.iter().all(|value| *value == 0.0 || *value == 1.0)
}

proptest! {
    #![proptest_config(few(24))]

    #[test]
    fn step_by_step_equals_the_whole_sequence(case in case()) {
        let device = Device::flex();
        let neurons = article().with_delay(case.seed as usize % 3).with_return_states(ReturnStates::AfterStep);
        let input = current(case, &device);
        let expected = neurons.forward(input.clone(), None);
        let (mut state, mut outputs, mut states) = (None, Vec::new(), Vec::new());
        for step in 0..case.steps {
            let scanned = neurons.forward(one_step(&input, step), state);
            outputs.push(scanned.output);
            states.push(scanned.states[0].clone());
            state = Some(scanned.last);
        }
        prop_assert_eq!(whole(outputs), values(expected.output));
        prop_assert_eq!(whole(states), values(expected.states[0].clone()));
        let last = state.expect("a state").field::<2>("membrane");
        prop_assert_eq!(values(last), values(expected.last.field::<2>("membrane")));
    }

    #[test]
    fn step_by_step_a_layer_equals_the_whole_sequence_up_to_rounding(case in case()) {
        let device = Device::flex();
        let (input, layer) = (current(case, &device), layer(case, &device));
        let expected = layer.forward(input.clone(), None);
        let (mut state, mut states) = (None, Vec::new());
        for step in 0..case.steps {
            let scanned = layer.forward(one_step(&input, step), state);
            states.push(scanned.states[0].clone());
            state = Some(scanned.last);
        }
        // A product of one step is summed in another order than that of all.
        for (a, b) in whole(states).iter().zip(values(expected.states[0].clone())) {
            prop_assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{} step by step, {} at once", a, b);
        }
    }

    #[test]
    fn a_sequence_cut_anywhere_equals_the_whole_also_with_recurrence_and_delays(case in case(), cut in 0.0f64..1.0) {
        let device = Device::flex();
        let cut = (cut * case.steps as f64) as usize;
        prop_assume!(cut > 0);
        let input = current(case, &device);
        let recurrent = RecurrentConfig::new(case.features).with_seed(Some(case.seed)).init(leaky(), &device);
        let delay =
            DelayConfig::new(case.features, 3).with_initial(InitialDelay::Uniform { seed: Some(0) }).init(&device);
        let (first, second) = (input.clone().slice(s![0..cut]), input.clone().slice(s![cut..case.steps]));

        let expected = values(recurrent.forward(input.clone(), None).output);
        let begun = recurrent.forward(first.clone(), None);
        let ended = recurrent.forward(second.clone(), Some(begun.last));
        prop_assert_eq!(whole(vec![begun.output, ended.output]), expected);

        let expected = values(delay.forward(input.clone(), None).output);
        let begun = delay.forward(first.clone(), None);
        prop_assert_eq!(whole(vec![begun.output, delay.forward(second.clone(), Some(begun.last)).output]), expected);

        let delta = Delta { threshold: 0.3, off_spikes: true, reference: DeltaReference::Followed };
        let expected = values(delta.encode(input, None).spikes);
        let begun = delta.encode(first, None);
        prop_assert_eq!(whole(vec![begun.spikes, delta.encode(second, Some(begun.reference)).spikes]), expected);
    }

    #[test]
    fn the_batch_size_may_change_between_calls(case in case(), other in 1usize..6) {
        let device = Device::flex();
        let (layer, parameters) = (layer(case, &device), layer(case, &device).num_params());
        let input = current(case, &device);
        let alone = values(layer.forward(input.clone(), None).output);
        // Another batch in between leaves nothing behind ...
        layer.forward(current(Case { batch: other, ..case }, &device), None);
        prop_assert_eq!(&values(layer.forward(input.clone(), None).output), &alone);
        // ... not even in what would be saved.
        prop_assert_eq!(layer.num_params(), parameters);
    }

    #[test]
    fn a_sample_does_not_depend_on_the_others(case in case()) {
        let device = Device::flex();
        let (layer, input) = (layer(case, &device), current(case, &device));
        let all = layer.forward(input.clone(), None).output;
        for sample in 0..case.batch {
            let only = |tensor: &Tensor<3>| tensor.clone().slice([0..case.steps, sample..sample + 1]);
            let alone = values(layer.forward(only(&input), None).output);
            for (a, b) in alone.iter().zip(values(only(&all))) {
                // The products may be summed in another order.
                prop_assert!((a - b).abs() < 1e-5, "sample {}: {} alone, {} among others", sample, a, b);
            }
        }
    }

    #[test]
    fn permuting_the_batch_permutes_the_output(case in case()) {
        let device = Device::flex();
        let input = current(case, &device);
        let output = leaky().forward(input.clone(), None).output;
        let backwards = leaky().forward(input.flip([1]), None).output;
        prop_assert_eq!(values(backwards.flip([1])), values(output.clone()));
        for readout in [Readout::Mean, Readout::Sum, Readout::Last, Readout::Max] {
            let direct = readout.reduce(output.clone(), 0).flip([0]);
            prop_assert_eq!(values(direct), values(readout.reduce(output.clone().flip([1]), 0)));
        }
    }

    #[test]
    fn detach_stops_the_gradient_between_chunks(case in case()) {
        let device = Device::flex().autodiff();
        let first = current(case, &device).require_grad();
        let second = current(Case { seed: !case.seed, ..case }, &device).require_grad();
        let recorded = leaky().with_return_states(ReturnStates::AfterStep);
        let run = |detached: bool| {
            let state = recorded.forward(first.clone(), None).last;
            let state = if detached { state.detach() } else { state };
            recorded.forward(second.clone(), Some(state)).states[0].clone().sum().backward()
        };
        let (through, cut) = (run(false), run(true));
        let reaches = first.grad(&through).expect("a gradient");
        prop_assert!(values(reaches).iter().any(|gradient| *gradient != 0.0), "the state carries a gradient back");
        prop_assert!(first.grad(&cut).is_none(), "detached, it does not");
        // Inside the second chunk nothing changes.
        let within = |gradients| values(second.grad(gradients).expect("a gradient"));
        prop_assert_eq!(within(&through), within(&cut));
    }

    #[test]
    fn gradients_in_chunks_without_detach_are_those_of_the_whole(case in case()) {
        prop_assume!(case.steps > 1);
        let device = Device::flex().autodiff();
        let recorded = leaky().with_return_states(ReturnStates::AfterStep);
        let loss = |states: Tensor<3>| (states.clone() * states).sum();
        let input = current(case, &device).require_grad();
        let expected = loss(recorded.forward(input.clone(), None).states[0].clone()).backward();
        let cut = case.steps / 2;
        let begun = recorded.forward(input.clone().slice(s![0..cut]), None);
        let ended = recorded.forward(input.clone().slice(s![cut..case.steps]), Some(begun.last));
        let chunks = (loss(begun.states[0].clone()) + loss(ended.states[0].clone())).backward();
        let gradient = |gradients| values(input.grad(gradients).expect("a gradient"));
        for (a, b) in gradient(&chunks).iter().zip(gradient(&expected)) {
            prop_assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{} in chunks, {} at once", a, b);
        }
    }

    #[test]
    fn spikes_are_zero_or_one_where_promised(case in case()) {
        let device = Device::flex();
        let input: Tensor<2> = numbers(case, 1, [-0.5, 1.5], &device).squeeze_dim(0);
        let noise = NoiseSeed::new(case.seed);
        for gradient in [SpikeGradient::None, SpikeGradient::StraightThrough] {
            prop_assert!(zero_or_one(&values(encode::bernoulli(input.clone(), case.steps, noise, gradient))));
            prop_assert!(zero_or_one(&values(encode::poisson(input.clone(), 0.5, case.steps, noise, gradient))));
        }
        let latency = values(Latency::linear(case.steps).encode(input.clone()));
        prop_assert!(zero_or_one(&latency));
        prop_assert_eq!(latency.iter().sum::<f32>(), (case.batch * case.features) as f32);
        prop_assert!(zero_or_one(&values(Latency::logarithmic(case.steps, 0.2).encode(input))));
        prop_assert!(zero_or_one(&values(leaky().forward(current(case, &device), None).output)));
    }

    #[test]
    fn noise_of_pieces_is_noise_of_the_whole(case in case(), cut in 0.0f64..1.0) {
        let device = Device::flex();
        let cut = (cut * case.steps as f64) as usize;
        prop_assume!(cut > 0);
        let input: Tensor<2> = numbers(case, 1, [0.0, 1.0], &device).squeeze_dim(0);
        let noise = NoiseSeed::new(case.seed);
        let (weight, bias) = (Tensor::<2>::ones([case.features, 2], &device), Tensor::<1>::zeros([2], &device));
        let encoders: [&dyn Fn(usize, NoiseSeed) -> Tensor<3>; 4] = [
            &|steps, noise| flicker(input.clone(), steps, noise),
            &|steps, noise| flickering_linear(input.clone(), weight.clone(), bias.clone(), steps, noise),
            &|steps, noise| encode::bernoulli(input.clone(), steps, noise, SpikeGradient::None),
            &|steps, noise| encode::poisson(input.clone(), 0.5, steps, noise, SpikeGradient::None),
        ];
        for encode in encoders {
            let pieces = vec![encode(cut, noise), encode(case.steps - cut, noise.later(cut))];
            prop_assert_eq!(whole(pieces), values(encode(case.steps, noise)));
        }
    }

    #[test]
    fn without_input_a_membrane_decays_by_its_factor_at_each_step(case in case()) {
        let device = Device::flex();
        // Half a threshold: below it for all time.
        let begin = Tensor::<3>::full([1, case.batch, case.features], 0.5, &device);
        let neurons = leaky().with_return_states(ReturnStates::AfterStep);
        let state = neurons.forward(begin, None).last;
        let nothing = Tensor::<3>::zeros([case.steps, case.batch, case.features], &device);
        let scanned = neurons.forward(nothing, Some(state));
        prop_assert_eq!(values(scanned.output).iter().sum::<f32>(), 0.0);
        let mut expected = 0.5f32;
        for step in values(scanned.states[0].clone()).chunks(case.batch * case.features) {
            expected *= 0.8;
            prop_assert!(step.iter().all(|membrane| *membrane == expected), "{:?}, expected {}", step, expected);
        }
    }

    #[test]
    fn the_first_spike_is_where_counting_begins(case in case()) {
        let device = Device::flex();
        let spikes = leaky().forward(current(case, &device), None).output;
        let times = values(first_spike_time(spikes.clone()));
        let (width, trains) = (case.batch * case.features, values(spikes.clone()));
        for (neuron, time) in times.iter().enumerate() {
            let first = (0..case.steps).find(|step| trains[step * width + neuron] == 1.0).unwrap_or(case.steps);
            prop_assert_eq!(*time, first as f32);
        }
        let silent = values(spike_count(spikes)).iter().filter(|count| **count == 0.0).count();
        prop_assert_eq!(silent, times.iter().filter(|time| **time == case.steps as f32).count());
    }
}

#[test]
fn the_laws_of_state_hold_on_every_device_and_path() {
    let case = Case { steps: 7, batch: 3, features: 5, seed: 12 };
    for (name, device) in devices() {
        for execution in [Execution::Fused, Execution::Reference] {
            let neurons = article().with_delay(2).with_return_states(ReturnStates::AfterStep).with_execution(execution);
            let input = current(case, &device);
            let expected = neurons.forward(input.clone(), None);
            let (mut state, mut outputs): (Option<NeuronsState<GradedLif>>, _) = (None, Vec::new());
            for step in 0..case.steps {
                let scanned = neurons.forward(one_step(&input, step), state);
                outputs.push(scanned.output);
                state = Some(scanned.last);
            }
            assert_eq!(whole(outputs), values(expected.output.clone()), "step by step on {name}, {}", execution.name());
            let backwards = neurons.forward(input.clone().flip([1]), None).output.flip([1]);
            assert_eq!(values(backwards), values(expected.output), "permuted on {name}, {}", execution.name());
            let larger = neurons.forward(current(Case { batch: 6, ..case }, &device), None).output;
            assert_eq!(larger.dims(), [7, 6, 5], "another batch on {name}, {}", execution.name());
        }
        common::finish(&device);
    }
}

#[test]
fn encoders_give_the_same_spikes_on_every_device() {
    let case = Case { steps: 40, batch: 3, features: 17, seed: 3 };
    let input = |device: &Device| -> Tensor<2> { numbers(case, 1, [-0.2, 1.2], device).squeeze_dim(0) };
    let noise = NoiseSeed { seed: 0x1234_5678_9abc_def0, first_step: 5 };
    let fields = ReceptiveFields { fields: 6, low: 0.0, high: 1.0, beta: 1.5 };
    let followed = Delta { threshold: 0.3, off_spikes: true, reference: DeltaReference::Followed };
    let signal = |device: &Device| numbers(case, case.steps, [0.0, 1.0], device);
    type Encoder<'a> = (&'a str, Box<dyn Fn(&Device) -> Tensor<3> + 'a>);
    let encoders: Vec<Encoder<'_>> = vec![
        ("flicker", Box::new(|device| flicker(input(device), case.steps, noise))),
        ("bernoulli", Box::new(|device| encode::bernoulli(input(device), case.steps, noise, SpikeGradient::None))),
        ("poisson", Box::new(|device| encode::poisson(input(device), 0.7, case.steps, noise, SpikeGradient::None))),
        ("latency", Box::new(|device| Latency::linear(case.steps).encode(input(device)))),
        ("logarithmic", Box::new(|device| Latency::logarithmic(case.steps, 0.1).encode(input(device)))),
        ("receptive fields", Box::new(|device| fields.spikes(input(device), case.steps))),
        ("delta", Box::new(|device| followed.encode(signal(device), None).spikes)),
    ];
    for (encoder, encode) in encoders {
        let expected = values(encode(&Device::flex()));
        let spikes = expected.iter().filter(|spike| **spike != 0.0).count();
        let graded = expected.iter().any(|number| number.fract() != 0.0);
        assert!(
            spikes > 20 && (spikes < expected.len() || graded),
            "{encoder}: {spikes} of {} numbers are not zero",
            expected.len()
        );
        for (name, device) in devices() {
            assert_eq!(values(encode(&device)), expected, "{encoder} on {name}");
            common::finish(&device);
        }
    }
}

#[test]
fn learned_parts_run_alike_on_every_device() {
    // What is made of tensor operations: norms, recurrence, delays, first spikes, losses; with their gradients.
    let case = Case { steps: 6, batch: 2, features: 4, seed: 8 };
    let run = |device: &Device, execution: Execution| {
        let device = device.clone().autodiff();
        let input = current(case, &device).require_grad();
        let recurrent =
            RecurrentConfig::new(case.features).with_seed(Some(5)).init(leaky().with_execution(execution), &device);
        let delay =
            DelayConfig::new(case.features, 3).with_initial(InitialDelay::Uniform { seed: Some(0) }).init(&device);
        let norm = BatchNormThroughTimeConfig::new(case.steps, case.features).init(&device);
        let spikes = recurrent.forward(norm.forward(input.clone()), None).output;
        let arriving = delay.forward(spikes.clone(), None).output;
        let distance = van_rossum(spikes, arriving.clone(), 2.0);
        let loss =
            first_spike_time(arriving.clone().clamp(0.0, 1.0)).mean() + arriving.powi_scalar(2).mean() + distance;
        let gradients = loss.backward();
        let gradient = |found: Option<Vec<f32>>| found.expect("a gradient");
        [
            values(loss),
            gradient(input.grad(&gradients).map(values)),
            gradient(recurrent.weight.grad(&gradients).map(values)),
            gradient(delay.delays.grad(&gradients).map(values)),
        ]
    };
    let expected = run(&Device::flex(), Execution::Reference);
    assert!(expected[3].iter().any(|gradient| *gradient != 0.0), "the delays have a gradient");
    for (name, device) in devices() {
        for execution in [Execution::Fused, Execution::Reference] {
            for (place, (found, expected)) in run(&device, execution).iter().zip(&expected).enumerate() {
                let difference = common::relative_difference(found, expected);
                assert!(
                    difference < 1e-5,
                    "result {place} on {name}, {}, differs by {difference:.1e}",
                    execution.name()
                );
            }
        }
        common::finish(&device);
    }
}
