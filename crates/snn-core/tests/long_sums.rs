//! Reductions over a million steps and more against sums in f64, on every backend.

mod common;

use burn::tensor::{Device, Int, Tensor, TensorData};
use common::devices;
use snn_core::analysis::{LayerShape, activity, firing_rates, synops};
use snn_core::layer::{DelayConfig, InitialDelay, Neurons};
use snn_core::loss::{self, Tet};
use snn_core::neuron::{LeakyIntegrator, LeakyIntegratorParameters};
use snn_core::norm::{BatchNormThroughTimeConfig, ThresholdBatchNormConfig};
use snn_core::readout::{Readout, Vote, first_spike_time, spike_count, spike_rate, vote};
use snn_core::synapse::linear;
use snn_core::{encode, noise::NoiseSeed};

/// A million, which can be cut evenly, and a length which cannot.
const LENGTHS: [usize; 2] = [1_000_000, 1_000_003];

/// Two numbers which are no sums of few powers of two, one for each feature.
const VALUES: [f32; 2] = [0.1, 0.3];

/// `[steps, 1, 2]`, the same at each step.
fn constant(steps: usize, values: [f32; 2], device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values.repeat(steps), [steps, 1, 2]), device)
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

#[track_caller]
fn close(what: &str, found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-5, "{what}: {found}, expected {expected}");
}

#[track_caller]
fn all_close(what: &str, found: Vec<f64>, expected: [f64; 2]) {
    assert_eq!(found.len(), 2, "{what}");
    for (found, expected) in found.into_iter().zip(expected) {
        close(what, found, expected);
    }
}

#[test]
fn readouts_of_a_million_steps() {
    for (name, device) in devices() {
        for steps in LENGTHS {
            let x = || constant(steps, VALUES, &device);
            let sums = VALUES.map(|value| f64::from(value) * steps as f64);
            let means = VALUES.map(f64::from);
            all_close(&format!("{name}, count"), numbers(spike_count(x())), sums);
            all_close(&format!("{name}, rate"), numbers(spike_rate(x())), means);
            for (readout, expected) in
                [(Readout::Sum, sums), (Readout::Mean, means), (Readout::Max, means), (Readout::Last, means)]
            {
                all_close(&format!("{name}, {readout:?}"), numbers(readout.reduce(x(), 0)), expected);
            }
            let part = sums.map(|sum| sum * (steps - 77) as f64 / steps as f64);
            all_close(&format!("{name}, from step 77 on"), numbers(Readout::Sum.reduce(x(), 77)), part);
            // All of the first class are 0.1, of the second 0.3.
            let wide = x().reshape([steps, 2]).swap_dims(0, 1).reshape([1, 2 * steps]);
            all_close(&format!("{name}, vote"), numbers(vote(wide.clone(), 2, Vote::Sum)), sums);
            all_close(&format!("{name}, vote"), numbers(vote(wide, 2, Vote::Mean)), means);
            let steps = steps;
            let times = numbers(first_spike_time(constant(steps, [0.0; 2], &device)));
            assert_eq!(times, [steps as f64; 2], "{name}");
        }
    }
}

#[test]
fn gradients_of_readouts_are_exact_at_every_step() {
    let device = Device::flex().autodiff();
    for steps in [1000, 100_003] {
        let x = constant(steps, VALUES, &device).require_grad();
        let gradient = numbers(x.grad(&spike_count(x.clone()).sum().backward()).expect("a gradient"));
        assert!(gradient.iter().all(|g| *g == 1.0));
        let gradient = numbers(x.grad(&spike_rate(x.clone()).sum().backward()).expect("a gradient"));
        assert!(gradient.iter().all(|g| (g * steps as f64 - 1.0).abs() < 1e-6));
    }
}

#[test]
fn rates_over_twenty_million_steps_are_rates() {
    for (name, device) in devices() {
        let ones = || Tensor::<3>::ones([1000, 20_000, 1], &device);
        assert_eq!(activity(ones()).rates, [1.0], "{name}");
        assert_eq!(firing_rates(Tensor::<3>::ones([20_000_000, 1, 1], &device)), [1.0], "{name}");
        let synops = synops(ones(), &LayerShape::dense(3, 1));
        assert_eq!((synops.input_spikes, synops.multiplies), (1000.0, false), "{name}");
        close(name, numbers(spike_rate(Tensor::<3>::ones([20_000_000, 1, 1], &device)))[0], 1.0);
        close(name, numbers(spike_count(Tensor::<3>::ones([20_000_000, 1, 1], &device)))[0], 2e7);
    }
}

#[test]
fn losses_of_a_million_steps() {
    for (name, device) in devices() {
        for steps in LENGTHS {
            let x = || constant(steps, VALUES, &device);
            let target = || Tensor::<1, Int>::from_data([0], &device);
            let one = |loss: Tensor<1>| numbers(loss)[0];
            let n = steps as f64;
            let [a, b] = VALUES.map(f64::from);
            let entropy = (1.0 + (b - a).exp()).ln();
            close(&format!("{name}, rate"), one(loss::rate_cross_entropy(x(), target())), entropy);
            let membranes = loss::membrane_cross_entropy(x(), target(), Readout::Mean);
            close(&format!("{name}, membrane"), one(membranes), entropy);
            // Of two classes so far apart the loss is their distance.
            close(&format!("{name}, count"), one(loss::count_cross_entropy(x(), target())), (b - a) * n);
            let wanted = ((a * n - 0.7 * n).powi(2) + (b * n - 0.01 * n).powi(2)) / 2.0;
            close(&format!("{name}, count"), one(loss::mean_square_count(x(), target(), 0.7, 0.01)), wanted);
            let low = ((0.9 - a).powi(2) + (0.9 - b).powi(2)) / 2.0;
            close(&format!("{name}, at least"), one(loss::firing_rate_at_least(x(), 0.9)), low);
            let high = ((a - 0.01).powi(2) + (b - 0.01).powi(2)) / 2.0;
            close(&format!("{name}, at most"), one(loss::firing_rate_at_most(x(), 0.01)), high);
            let squares = ((a - 0.7).powi(2) + (b - 0.7).powi(2)) / 2.0;
            let tet = one(loss::tet(x(), target(), Tet { lambda: 0.25, phi: 0.7 }));
            close(&format!("{name}, tet"), tet, 0.75 * entropy + 0.25 * squares);
            let steps = steps;
            let (x, n) = (constant(steps, VALUES, &device), steps as f64);
            let times = Tensor::<2>::from_data([[0.0, 1.0]], &device);
            let expected = (n * n + (n - 1.0) * (n - 1.0)) / 2.0;
            close(&format!("{name}, time"), one(loss::first_spike_mean_square(x.zeros_like(), times)), expected);
            let gamma = (-1.0f64 / 2.0).exp();
            let squares = |value: f64| {
                let (mut trace, mut sum) = (0.0, 0.0);
                for _ in 0..steps {
                    trace = gamma * trace + value;
                    sum += trace * trace;
                }
                (1.0 - gamma * gamma) / 2.0 * sum + gamma * gamma / 2.0 * trace * trace
            };
            let distance = one(loss::van_rossum(x.clone(), x.zeros_like(), 2.0));
            close(&format!("{name}, van Rossum"), distance, (squares(a) + squares(b)) / 2.0);
        }
    }
}

#[test]
fn losses_of_a_million_samples() {
    for (name, device) in devices() {
        let samples = 1_000_003;
        let x = constant(samples, VALUES, &device).swap_dims(0, 1);
        let targets = Tensor::<1, Int>::zeros([samples], &device);
        let entropy = (1.0 + f64::from(VALUES[1] - VALUES[0]).exp()).ln();
        close(name, numbers(loss::rate_cross_entropy(x.clone(), targets))[0], entropy);
        let distance = numbers(loss::van_rossum(x.clone(), x.zeros_like(), 2.0))[0];
        let expected = VALUES.map(|value| 0.5 * f64::from(value).powi(2)).iter().sum::<f64>() / 2.0;
        close(name, distance, expected);
    }
}

#[test]
fn the_statistics_of_norms_over_a_million_samples() {
    for (name, device) in devices() {
        let device = device.autodiff();
        for (steps, batch) in [(1000, 1000), (17, 58_831)] {
            // Two channels; in each, 0.1 and 0.3 (or 0.3 and 0.1) at alternate samples.
            let values: Vec<f32> = (0..steps * batch).flat_map(|i| [VALUES[i % 2], VALUES[(i + 1) % 2]]).collect();
            let count = (steps * batch) as f64;
            let x = Tensor::<3>::from_data(TensorData::new(values, [steps, batch, 2]), &device);
            let share = (count / 2.0).ceil() / count; // of the first value in the first channel
            let [a, b] = VALUES.map(f64::from);
            let mean = [share * a + (1.0 - share) * b, share * b + (1.0 - share) * a];
            let variance = (b - a).powi(2) * share * (1.0 - share) * count / (count - 1.0);
            let config = ThresholdBatchNormConfig { momentum: 1.0, ..ThresholdBatchNormConfig::new(2, 1.0) };
            let norm = config.init(&device).norm;
            let tdbn = snn_core::norm::ThresholdBatchNorm { norm };
            let out = tdbn.forward(x.clone());
            all_close(name, numbers(tdbn.norm.running_mean.value_sync()), mean);
            all_close(name, numbers(tdbn.norm.running_var.value_sync()), [variance; 2]);
            // The gradient of β is the sum of what comes from above, 0.1 at each number.
            let gradients = out.mul_scalar(0.1f32).sum().backward();
            let beta = tdbn.norm.beta.val().grad(&gradients).expect("a gradient");
            all_close(name, numbers(beta), [f64::from(0.1f32) * count; 2]);
        }
        let samples = 1_000_003;
        let x = constant(samples, VALUES, &device).swap_dims(0, 1);
        let config = BatchNormThroughTimeConfig { momentum: 1.0, ..BatchNormThroughTimeConfig::new(1, 2) };
        let norm = config.init(&device);
        norm.forward(x);
        all_close(name, numbers(norm.running_mean.value_sync()), VALUES.map(f64::from));
    }
}

#[test]
fn the_gradient_of_an_input_which_drives_a_million_steps_is_their_sum() {
    for (name, device) in devices() {
        let device = device.autodiff();
        for steps in LENGTHS {
            let input = || Tensor::<2>::from_data([VALUES], &device).require_grad();
            let sums = [f64::from(0.1f32) * steps as f64; 2];
            let gradient = |input: &Tensor<2>, sequence: Tensor<3>| {
                numbers(input.grad(&sequence.mul_scalar(0.1f32).sum().backward()).expect("a gradient"))
            };
            let x = input();
            all_close(name, gradient(&x, encode::constant(x.clone(), steps)), sums);
            let x = input();
            let through = encode::SpikeGradient::StraightThrough;
            all_close(name, gradient(&x, encode::bernoulli(x.clone(), steps, NoiseSeed::new(0), through)), sums);
        }
    }
}

#[test]
fn the_gradients_of_parameters_over_a_million_steps_are_their_sums() {
    for (name, device) in devices() {
        let device = device.autodiff();
        let (steps, x) = (LENGTHS[1], || constant(LENGTHS[1], VALUES, &device));
        let sums = VALUES.map(|value| f64::from(value) * steps as f64);
        // Without memory the output is the gain times the input, and its sum has the sum of the inputs as its derivative.
        let forgetful = LeakyIntegratorParameters { decay: 0.0, gain: 1.0, rest: 0.0 };
        for features in [1, 2] {
            let neurons = Neurons::new(LeakyIntegrator::default(), forgetful).learn("gain", features, &device);
            let gradients = neurons.forward(x(), None).output.sum().backward();
            let found = numbers(neurons.learned[0].grad(&gradients).expect("a gradient"));
            match features {
                1 => close(&format!("{name}, shared gain"), found[0], sums[0] + sums[1]),
                _ => all_close(&format!("{name}, gain of each"), found, sums),
            }
        }
        let weight = Tensor::<2>::ones([2, 2], &device).require_grad();
        let bias = Tensor::<1>::zeros([2], &device).require_grad();
        let output = linear(x(), weight.clone(), bias.clone());
        let gradients = (output * x()).sum().backward();
        all_close(&format!("{name}, bias"), numbers(bias.grad(&gradients).expect("a gradient")), sums);
        let found = numbers(weight.grad(&gradients).expect("a gradient"));
        for (place, found) in found.into_iter().enumerate() {
            let expected = f64::from(VALUES[place / 2]) * f64::from(VALUES[place % 2]) * steps as f64;
            close(&format!("{name}, weight {place}"), found, expected);
        }
    }
}

#[test]
fn the_gradient_of_a_delay_over_a_million_steps_is_their_sum() {
    for (name, device) in devices() {
        let device = device.autodiff();
        // Gathering is slow on a GPU in software.
        let steps = if name == "flex" { 1_000_003 } else { 20_003 };
        for features in [1, 2] {
            let config = DelayConfig::new(features, 3).with_initial(InitialDelay::Steps(1.5));
            let delay = config.init(&device);
            // Rising by 0.1 from step to step, without growing: what arrives weighs as much at each step.
            let weights = constant(steps, VALUES, &device);
            let x = constant(steps, [1.0, 1.0], &device);
            let ramp = Tensor::<1, Int>::arange(0..steps as i64, &device).float();
            let sawtooth = x * ramp.reshape([steps, 1, 1]);
            let output = delay.forward(sawtooth, None).output * weights;
            let found = numbers(delay.delays.val().grad(&output.sum().backward()).expect("a gradient"));
            // Before the sequence there is nothing: the first steps count less.
            let sums = VALUES.map(|value| -f64::from(value) * (steps as f64 - 2.0));
            match features {
                1 => close(name, found[0], sums[0] + sums[1]),
                _ => all_close(name, found, sums),
            }
        }
    }
}
