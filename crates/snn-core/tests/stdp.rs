//! Backpropagation beside STDP: the influence of an input on a spike, weight changes by spike times, the pair rule,
//! and after-spikes.

mod common;

use burn::tensor::{Device, Tensor, TensorData};
use common::{relative_difference, values};
use snn_core::analysis::timing::{Sampling, influence, influence_factor, predicted_influence, weight_change};
use snn_core::check::{check, devices};
use snn_core::device::Execution;
use snn_core::layer::{AfterSpike, AfterSpikeParameters, Neurons, SpikingLinearConfig, SpikingStackConfig};
use snn_core::learning::{PairStdp, Pairing, SpikeSize, Trace, TraceParameters};
use snn_core::neuron::{GradedLif, GradedLifParameters, GradedLifReset};
use snn_core::noise::{NoiseSeed, uniform};
use snn_core::number::FixedF64;
use snn_core::record::{record, record_gradients};

const DECAY: f64 = 0.9;
const CONSTANTS: GradedLifParameters<f64> = GradedLifParameters { decay: DECAY, threshold: 1.0, penalty: 1.5 };

fn numbers<const D: usize>(shape: [usize; D], seed: u64, scale: f32, device: &Device) -> Tensor<D> {
    let key = NoiseSeed::new(seed).key(0);
    let values: Vec<f32> = (0..shape.iter().product::<usize>()).map(|i| scale * uniform(key, i as u32)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn train(spikes: &[f32], device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(spikes.to_vec(), [spikes.len(), 1, 1]), device)
}

/// One neuron which fires at steps 3 and 7 only, whatever its reset:
///
/// ```text
/// both:       u = 0.4, 0.76, 0.984, 1.2856: fires
/// scaled:     v = -0.6428; u = -0.0785, 0.4293, 0.8864, 1.6978: fires
/// subtracted: v = -0.5;    u = 0.05, 0.545, 0.9905, 1.7915: fires
/// ```
const CURRENTS: [f32; 8] = [0.4, 0.4, 0.3, 0.4, 0.5, 0.5, 0.5, 0.9];

#[test]
fn one_neuron_gives_exactly_the_analytic_influence_across_its_last_spike() {
    let mut worst = 0.0f64;
    for (backend, device) in devices() {
        for (reset, across) in [(GradedLifReset::Scaled, -0.5), (GradedLifReset::Subtracted, 0.0)] {
            for (execution, delay) in
                [(Execution::Fused, 0), (Execution::Fused, 1), (Execution::Reference, 0), (Execution::Reference, 1)]
            {
                let neurons = Neurons::new(GradedLif { reset }, CONSTANTS).with_delay(delay).with_execution(execution);
                // With an axonal delay the last spike needs one more step to arrive.
                let currents: Vec<f32> = CURRENTS.into_iter().chain(vec![0.0; delay]).collect();
                let (_, recording) = record(|| neurons.forward(train(&currents, &device), None));
                let population = &recording.populations[0];
                let fired: Vec<usize> = values(population.spikes::<3>())
                    .iter()
                    .enumerate()
                    .filter(|(_, spike)| **spike > 0.0)
                    .map(|(step, _)| step)
                    .collect();
                let label = format!("{backend}, {}, delay {delay}, {reset:?}", execution.name());
                assert_eq!(fired, [3, 7], "{label}: the spikes");
                let curve = influence(population, Sampling { window: 8, stride: 1 });
                assert_eq!(curve.deltas, (-8..=8).collect::<Vec<i64>>());
                for (place, &delta) in curve.deltas.iter().enumerate() {
                    // Rows before step 0 do not exist: the spike at step 3 has none for delta > 3. The last spike
                    // was at step 3: four steps before step 7.
                    let expected = match delta {
                        ..0 => 0.0,
                        0..4 => DECAY.powi(delta as i32),
                        4..8 => across * DECAY.powi(delta as i32),
                        _ => 0.0,
                    };
                    let last = currents.len() as i64 - 1;
                    let pairs = [3, 7].iter().filter(|step| (0..=last).contains(&(*step - delta))).count();
                    assert_eq!(curve.pairs[place], pairs as u64, "{label}: pairs at delta {delta}");
                    worst = worst.max((curve.mean[place] - expected).abs());
                    assert!(
                        (curve.mean[place] - expected).abs() < 1e-6,
                        "{label}: K({delta}) is {}, analytically {expected}",
                        curve.mean[place]
                    );
                }
            }
        }
    }
    println!("largest difference {worst:.1e}");
}

#[test]
fn the_prediction_holds_for_many_spikes() {
    for (backend, device) in devices() {
        for reset in [GradedLifReset::Scaled, GradedLifReset::Subtracted] {
            let neurons = Neurons::new(GradedLif { reset }, CONSTANTS).with_delay(1);
            let (_, recording) = record(|| neurons.forward(numbers([30, 3, 7], 4, 0.9, &device), None));
            for stride in [1, 4] {
                let sampling = Sampling { window: 12, stride };
                let measured = influence(&recording.populations[0], sampling);
                let factor = influence_factor(reset, 1.0, 1.5);
                let predicted = predicted_influence(&recording.populations[0], sampling, DECAY, factor);
                assert_eq!(measured.pairs, predicted.pairs, "{backend}, {reset:?}");
                assert!(measured.pairs[12] > 20, "{backend}: enough spikes");
                for (measured, predicted) in measured.mean.iter().zip(&predicted.mean) {
                    assert!((measured - predicted).abs() < 1e-6, "{backend}, {reset:?}: {measured} {predicted}");
                }
            }
        }
    }
}

#[test]
fn weight_changes_by_spike_times_are_those_of_the_gradient() {
    let (steps, batch, inputs, neurons, window) = (9, 2, 3, 4, 5);
    let learning_rate = 0.1;
    let device = Device::flex().autodiff();
    let population = Neurons::new(GradedLif::default(), CONSTANTS).with_delay(1);
    let layer = SpikingLinearConfig::new(inputs, neurons).with_seed(Some(6)).init(population, &device);
    // Some spikes, graded, of which about half are missing.
    let input = (numbers([steps, batch, inputs], 5, 6.0, &device) - 3.0).clamp_min(0.0);
    let (output, recording) = record_gradients(|| layer.forward(input.clone(), None).output);
    let gradients = (output * numbers([steps, batch, neurons], 7, 1.0, &device)).sum().backward();
    let of_weight = values(layer.weight.grad(&gradients).expect("a gradient"));
    let recorded = &recording.populations[0];
    let (delta, post) = (recorded.current_gradient::<3>(&gradients), recorded.spikes::<3>());
    let curve = weight_change(input.clone().inner(), delta.clone(), post.clone(), learning_rate, window);

    let (input, delta, post) = (values(input), values(delta), values(post));
    let mut expected = vec![(0.0, 0u64); 2 * window + 1];
    let mut total = vec![0.0f64; inputs * neurons];
    for (sample, i, j) in (0..batch).flat_map(|b| (0..inputs).flat_map(move |i| (0..neurons).map(move |j| (b, i, j)))) {
        let (x, n) = (|t: usize| (t * batch + sample) * inputs + i, |t: usize| (t * batch + sample) * neurons + j);
        for before in (0..steps).filter(|before| input[x(*before)] > 0.0) {
            let change = -learning_rate * f64::from(input[x(before)]) * f64::from(delta[n(before)]);
            total[i * neurons + j] += change;
            for after in (0..steps).filter(|after| post[n(*after)] > 0.0) {
                let place = after as i64 - before as i64 + window as i64;
                if (0..=2 * window as i64).contains(&place) {
                    expected[place as usize].0 += change;
                    expected[place as usize].1 += 1;
                }
            }
        }
    }
    let total: Vec<f32> = total.into_iter().map(|change| change as f32).collect();
    let step: Vec<f32> = of_weight.iter().map(|gradient| -(learning_rate as f32) * gradient).collect();
    assert!(relative_difference(&total, &step) < 1e-6, "the terms add up to the step");
    assert!(curve.pairs.iter().sum::<u64>() > 20);
    for (place, (sum, pairs)) in expected.into_iter().enumerate() {
        assert_eq!(curve.pairs[place], pairs);
        let mean = if pairs == 0 { 0.0 } else { sum / pairs as f64 };
        assert!((curve.mean[place] - mean).abs() < 1e-7, "place {place}: {} {mean}", curve.mean[place]);
    }
}

/// Presynaptic spikes of sizes 1, 1, 1/2 at steps 0, 2, 5; postsynaptic ones of sizes 1, 2, 1 at steps 1, 2, 4;
/// the traces halve at each step; A₊ = 1, A₋ = 0.8.
///
/// ```text
/// all to all, sizes 1:
///   pre  trace at 1, 2, 4:   1/2,   1/4 + 1,   1/16 + 1/4                          sum 2.0625
///   post trace before 2, 5:  1/2,   1/16 + 1/8 + 1/2                               sum 1.1875
///   2.0625 - 0.8 * 1.1875 = 1.1125
/// nearest, sizes 1:
///   pre  trace at 1, 2, 4:   1/2,   1,   1/4                                       sum 1.75
///   post trace before 2, 5:  1/2,   1/2                                            sum 1
///   1.75 - 0.8 = 0.95
/// all to all, graded:
///   1 * 1/2 + 2 * (1/4 + 1) + 1 * (1/16 + 1/4) = 3.3125
///   1 * 1/2 + 1/2 * (1/16 + 2/8 + 1/2) = 0.90625
///   3.3125 - 0.8 * 0.90625 = 2.5875
/// nearest, graded:
///   1 * 1/2 + 2 * 1 + 1 * 1/4 = 2.75;   1 * 1/2 + 1/2 * 1/2 = 0.75
///   2.75 - 0.8 * 0.75 = 2.15
/// ```
#[test]
fn the_pair_rule_is_the_trace_computed_by_hand() {
    let rule = PairStdp {
        a_plus: 1.0,
        a_minus: 0.8,
        tau_plus: 1.0 / 2f64.ln(),
        tau_minus: 1.0 / 2f64.ln(),
        ..PairStdp::default()
    };
    let cases = [
        (Pairing::AllToAll, SpikeSize::One, 1.1125),
        (Pairing::Nearest, SpikeSize::One, 0.95),
        (Pairing::AllToAll, SpikeSize::Graded, 2.5875),
        (Pairing::Nearest, SpikeSize::Graded, 2.15),
    ];
    for (backend, device) in devices() {
        let pre = train(&[1.0, 0.0, 1.0, 0.0, 0.0, 0.5], &device);
        let post = train(&[0.0, 1.0, 2.0, 0.0, 1.0, 0.0], &device);
        for (pairing, size, expected) in cases {
            let change = PairStdp { pairing, size, ..rule }.weight_change(pre.clone(), post.clone());
            let change = f64::from(change.into_scalar::<f32>());
            assert!((change - expected).abs() < 1e-6, "{backend}, {pairing:?}, {size:?}: {change}, by hand {expected}");
        }
    }
}

#[test]
fn all_pairs_add_up_to_the_sum_of_the_window() {
    let (steps, batch, inputs, neurons) = (11, 3, 2, 4);
    let rule = PairStdp { tau_plus: 3.0, tau_minus: 5.0, ..PairStdp::default() };
    for (backend, device) in devices() {
        let pre = numbers([steps, batch, inputs], 1, 2.0, &device) - 1.0; // half of them are no spikes
        let post = numbers([steps, batch, neurons], 2, 2.0, &device) - 1.0;
        let found = values(rule.weight_change(pre.clone(), post.clone()));
        let (pre, post) = (values(pre), values(post));
        let mut expected = vec![0.0f64; inputs * neurons];
        for (sample, i, j) in
            (0..batch).flat_map(|b| (0..inputs).flat_map(move |i| (0..neurons).map(move |j| (b, i, j))))
        {
            for (s, t) in (0..steps).flat_map(|s| (0..steps).map(move |t| (s, t))) {
                if pre[(s * batch + sample) * inputs + i] > 0.0 && post[(t * batch + sample) * neurons + j] > 0.0 {
                    expected[i * neurons + j] += rule.window(t as i64 - s as i64);
                }
            }
        }
        let expected: Vec<f32> = expected.into_iter().map(|value| value as f32).collect();
        let difference = relative_difference(&found, &expected);
        assert!(difference < 1e-5, "{backend}: {difference:.1e}");
    }
}

#[test]
fn a_layer_learns_by_the_rule_within_its_bounds() {
    let device = Device::flex().autodiff();
    let layer = SpikingLinearConfig::new(1, 1).init(Neurons::new(GradedLif::default(), CONSTANTS), &device);
    let before = f64::from(values(layer.weight.val())[0]);
    let rule = PairStdp { a_plus: 1.0, tau_plus: 1.0 / 2f64.ln(), ..PairStdp::default() };
    let (pre, post) = (train(&[1.0, 0.0], &device), train(&[0.0, 1.0], &device));
    let learned = rule.learn(layer.clone(), pre.clone(), post.clone(), 0.1, (-10.0, 10.0));
    let after = f64::from(values(learned.weight.val())[0]);
    assert!((after - before - 0.05).abs() < 1e-6, "half a pair at rate 0.1: {before} -> {after}");
    let held = rule.learn(layer, pre, post, 100.0, (-0.25, 0.25));
    assert_eq!(values(held.weight.val()), [0.25]);
    // It can still be trained.
    let gradients = learned.forward(train(&[2.0, 2.0], &device), None).last.field::<2>("membrane").sum().backward();
    assert!(learned.weight.grad(&gradients).is_some());
}

#[test]
fn an_after_spike_cancels_its_spike_and_is_exact_everywhere() {
    let report = check(AfterSpike {}, AfterSpikeParameters { decay: 0.7 });
    assert!(report.comparisons > 0 && report.spikes > 0);
    for nearest in [0.0, 1.0] {
        check(Trace { nearest: FixedF64(nearest) }, TraceParameters { decay: 0.8 });
    }
    for (backend, device) in devices() {
        let neurons = Neurons::new(GradedLif::default(), CONSTANTS).with_delay(1);
        let mut currents = vec![0.0; 200];
        currents[0] = 2.0;
        let current = train(&currents, &device);
        let (output, recording) =
            record(|| neurons.clone().with_after_spike(0.8).forward(current.clone(), None).output);
        let output = values(output);
        assert!((output[1] - 1.0).abs() < 1e-6 && (output[2] + 0.2).abs() < 1e-6 && (output[3] + 0.16).abs() < 1e-6);
        let sum: f32 = output.iter().sum();
        assert!(sum.abs() < 1e-5, "{backend}: the sum of spike and after-spike is {sum}");
        let population = &recording.populations[0];
        assert_eq!(values(population.output::<3>()), output, "{backend}: what left");
        let plain = values(neurons.forward(current, None).output);
        assert_eq!(values(population.arriving_spikes::<3>()), plain, "{backend}: the spikes in it");
    }
}

#[test]
fn after_spikes_go_on_in_pieces_and_in_segments() {
    let device = Device::flex().autodiff();
    let neurons = Neurons::new(GradedLif::default(), CONSTANTS).with_delay(1).with_after_spike(0.8);
    let current = numbers([20, 2, 5], 3, 1.0, &device);
    let whole = values(neurons.forward(current.clone(), None).output);
    let first = neurons.forward(current.clone().slice([0..7]), None);
    let second = neurons.forward(current.slice([7..20]), Some(first.last));
    let pieces = [values(first.output), values(second.output)].concat();
    assert_eq!(whole, pieces);

    let config = SpikingStackConfig { sizes: vec![6, 7, 3], time_steps: 20, ..SpikingStackConfig::chevalier2018(2) };
    let stack = config.init(|_| neurons.clone(), snn_core::scan::ReturnStates::BeforeStep, &device);
    let (images, noise) = (numbers([4, 6], 9, 3.0, &device), NoiseSeed::new(1));
    let gradients = stack.forward(images.clone(), noise).powi_scalar(2).sum().backward();
    let (_, segments) = stack.gradients_in_segments(images, noise, 6, |logits| logits.powi_scalar(2).sum());
    for layer in &stack.layers {
        let expected = values(layer.weight.grad(&gradients).expect("a gradient"));
        let found = values(segments.get::<2>(layer.weight.id).expect("a gradient"));
        assert!(relative_difference(&found, &expected) < 1e-5);
    }
}
