//! Each type of number keeps its type and its digits, and spikes of any size are spikes.

use super::*;

#[test]
fn the_first_spike_of_integer_graded_and_negative_spikes_is_found_on_every_backend() {
    for (name, device) in devices() {
        for device in [device.clone(), device.autodiff()] {
            let at = |values: &[f64]| {
                let spikes = tensor(values, [values.len(), 1, 1], DType::F32, &device);
                let on_host = readout::first_spike_times(spikes.clone())[0][0];
                let time = numbers(readout::first_spike_time(spikes))[0];
                assert_eq!(on_host.unwrap_or(values.len()) as f64, time, "{name}: {values:?}");
                time
            };
            assert_eq!(at(&[0.0, 2.0, 0.0, 2.0, 2.0]), 1.0);
            assert_eq!(at(&[0.0, 0.25, 0.0, 0.0, 0.44]), 1.0);
            assert_eq!(at(&[-0.0, 0.0, -0.5, 3.0]), 2.0);
            assert_eq!(at(&[0.0, -1.0, 1.0]), 1.0);
            assert_eq!(at(&[0.0; 6]), 6.0);
            assert_eq!(at(&[0.0, 1.0, f64::NAN]), 1.0);
            assert_eq!(at(&[0.0, f64::INFINITY, 0.0]), 1.0);
            let unknown = tensor(&[0.0, f64::NAN, 1.0], [3, 1, 1], DType::F32, &device);
            assert!(numbers(readout::first_spike_time(unknown))[0].is_nan(), "{name}");
        }
    }
}

#[test]
fn the_gradient_of_a_time_is_that_of_binary_spikes_on_every_backend() {
    for (name, device) in devices() {
        let device = device.autodiff();
        for spikes in [[0.0, 1.0, 0.0, 1.0, 0.0], [0.0, 3.0, 0.0, 0.25, 0.0], [0.0, -0.5, 0.0, 2.0, 0.0]] {
            let x = tensor(&spikes, [5, 1, 1], DType::F32, &device).require_grad();
            let gradient = x.grad(&readout::first_spike_time(x.clone()).sum().backward()).expect("a gradient");
            assert_eq!(numbers(gradient), [-1.0, -2.0, 0.0, 0.0, 0.0], "{name}: {spikes:?}");
        }
    }
}

#[test]
fn every_type_of_number_keeps_its_type_and_its_digits() {
    // Flex has all four; other backends have what their device has.
    for device in [Device::flex(), Device::flex().autodiff()] {
        for (dtype, digits) in [(DType::F64, 1e-12), (DType::F32, 1e-5), (DType::F16, 2e-3), (DType::BF16, 2e-2)] {
            let close = |what: &str, found: (DType, Vec<f64>), expected: &[f64]| {
                assert_eq!(found.0, dtype, "{what}");
                assert_eq!(found.1.len(), expected.len(), "{what}");
                for (found, expected) in found.1.iter().zip(expected) {
                    assert!(
                        (found - expected).abs() <= digits * expected.abs(),
                        "{what} in {dtype:?}: {found}, expected {expected}"
                    );
                }
            };
            fn of<const D: usize>(tensor: Tensor<D>) -> (DType, Vec<f64>) {
                (tensor.dtype(), numbers(tensor))
            }
            // Three steps, one sample, two neurons.
            let x = || tensor(&[0.0, 1.0, 1.0, 0.0, 1.0, 1.0], [3, 1, 2], dtype, &device);
            let target = || labels(&device, &[1]);
            close("count", of(readout::spike_count(x())), &[2.0, 2.0]);
            close("rate", of(readout::spike_rate(x())), &[2.0 / 3.0; 2]);
            close("time", of(readout::first_spike_time(x())), &[1.0, 0.0]);
            for (readout, expected) in
                [(Readout::Mean, 1.0 / 1.5), (Readout::Sum, 2.0), (Readout::Last, 1.0), (Readout::Max, 1.0)]
            {
                close("readout", of(readout.reduce(x(), 0)), &[expected; 2]);
            }
            close("vote", of(readout::vote(x(), 1, Vote::Mean)), &[0.5, 0.5, 1.0]);
            assert_eq!(readout::first_spike_times(x()), [[Some(1), Some(0)]]);

            let ln2 = 2f64.ln();
            close("rate", of(loss::rate_cross_entropy(x(), target())), &[ln2]);
            close("count", of(loss::count_cross_entropy(x(), target())), &[ln2]);
            close("membrane", of(loss::max_membrane_cross_entropy(x(), target())), &[ln2]);
            let time = loss::first_spike_cross_entropy(x(), target(), 1.0);
            close("time", of(time), &[(1.0 + (-1f64).exp()).ln()]);
            // The targets of another type are numbers all the same.
            let times = tensor(&[0.0, 1.5], [1, 2], DType::F32, &device);
            close("time", of(loss::first_spike_mean_square(x(), times)), &[(1.0 + 2.25) / 2.0]);
            let expected = ((2.0f64 - 0.3).powi(2) + (2.0f64 - 2.4).powi(2)) / 2.0;
            close("count", of(loss::mean_square_count(x(), target(), 0.8, 0.1)), &[expected]);
            close("at least", of(loss::firing_rate_at_least(x(), 1.0)), &[1.0 / 9.0]);
            close("at most", of(loss::firing_rate_at_most(x(), 0.0)), &[4.0 / 9.0]);
            let steps = [(1.0 + (-1f64).exp()).ln(), (1.0 + 1f64.exp()).ln(), ln2];
            let tet = loss::tet(x(), target(), Tet { lambda: 0.5, phi: 0.0 });
            close("tet", of(tet), &[0.5 * steps.iter().sum::<f64>() / 3.0 + 0.5 * 4.0 / 6.0]);
            let none = tensor(&[0.0; 6], [3, 1, 2], DType::F32, &device);
            let gamma = (-1f64 / 3.0).exp();
            let distance = |a: [f64; 3]| {
                let (mut e, mut sum) = (0.0, 0.0);
                for a in a {
                    e = gamma * e + a;
                    sum += e * e;
                }
                (1.0 - gamma * gamma) / 2.0 * sum + gamma * gamma / 2.0 * e * e
            };
            let expected = [distance([0.0, 1.0, 1.0]), distance([1.0, 0.0, 1.0])];
            close("van Rossum", of(loss::van_rossum_distance(x(), none.clone(), 3.0)), &expected);
            close("van Rossum", of(loss::van_rossum(x(), none, 3.0)), &[(expected[0] + expected[1]) / 2.0]);

            let frame = || tensor(&[0.0, 1.0], [1, 2], dtype, &device);
            let seed = NoiseSeed::new(0);
            close("constant", of(encode::constant(frame(), 2)), &[0.0, 1.0, 0.0, 1.0]);
            close("bernoulli", of(encode::bernoulli(frame(), 3, seed, SpikeGradient::None)), &[0., 1., 0., 1., 0., 1.]);
            let often = frame().mul_scalar(100.0);
            let spikes = encode::poisson(often, 1.0, 3, seed, SpikeGradient::StraightThrough);
            close("poisson", of(spikes), &[0., 1., 0., 1., 0., 1.]);
            close("latency", of(Latency::linear(2).encode(frame())), &[0.0, 1.0, 1.0, 0.0]);
            for (reference, last) in [(DeltaReference::Previous, 0.0), (DeltaReference::Followed, 1.0)] {
                let delta = Delta { threshold: 0.5, off_spikes: true, reference };
                let first = tensor(&[0.0, 0.0], [1, 2], DType::F32, &device);
                close("delta", of(delta.encode(x(), Some(first)).spikes), &[0.0, 1.0, 1.0, -1.0, last, 1.0]);
            }
            let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.5 };
            let response = |away: f64| (-0.5 * (1.5 * away).powi(2)).exp();
            let expected = [response(0.5), response(0.5), response(1.5), response(1.5), response(0.5), response(0.5)];
            close("fields", of(fields.respond(frame())), &expected);
            assert_eq!(fields.spikes(frame(), 5).dtype(), dtype);

            let activity = analysis::activity(x());
            assert!(activity.rates.iter().all(|rate| (rate - 2.0 / 3.0).abs() < 1e-6));
            let work = analysis::synops(x(), &LayerShape::dense(4, 1));
            assert_eq!((work.input_spikes, work.multiplies), (4.0, false));
            assert_eq!(analysis::inter_spike_intervals(x()).all.count, 2);
            assert_eq!(analysis::decisions(x(), Readout::Last), [[1], [0], [0]]);
            assert_eq!(analysis::decision_latency(x(), Readout::Last), [1]);

            let norm = ThresholdBatchNormConfig::new(2, 1.0).init(&device);
            let normed = norm.forward(x());
            assert_eq!(normed.dtype(), dtype);
            let normed_through = BatchNormThroughTimeConfig::new(1, 2).init(&device).forward(x().swap_dims(0, 1));
            assert_eq!(normed_through.dtype(), dtype);
            if device.is_autodiff() {
                let (high, low) = (1.0 / 2.0f64.sqrt(), -(2.0f64.sqrt()));
                let slack = 1e-4f64.max(digits);
                let expected = [low, high, high, low, high, high];
                for (found, expected) in numbers(normed).iter().zip(expected) {
                    assert!((found - expected).abs() < slack * 2.0, "{dtype:?}: {found}, expected {expected}");
                }
            }
        }
    }
}

#[test]
fn double_precision_is_double_all_the_way() {
    let device = Device::flex();
    let tiny = 1e-11;
    let x = tensor(&[1.0, 1.0 + tiny], [2, 1, 1], DType::F64, &device);
    assert_eq!(numbers(readout::spike_count(x.clone())), [2.0 + tiny]);
    assert_eq!(numbers(Readout::Max.reduce(x.clone(), 0)), [1.0 + tiny]);
    // A trace whose decay was rounded to f32 is wrong in the eighth digit.
    let one = tensor(&[1.0, 0.0, 0.0], [3, 1, 1], DType::F64, &device);
    let distance = numbers(loss::van_rossum_distance(one.clone(), one.zeros_like(), 1.7))[0];
    assert!((distance - 0.5).abs() < 1e-14, "{distance}");
}

#[test]
fn counts_of_half_precision_are_rounded_once_and_never_stop() {
    let device = Device::flex();
    let ones = |steps: usize, dtype| tensor(&vec![1.0; steps], [steps, 1, 1], dtype, &device);
    assert_eq!(numbers(readout::spike_count(ones(5000, DType::F16))), [5000.0]);
    assert_eq!(numbers(readout::spike_count(ones(5001, DType::F16))), [5000.0]); // between 5000 and 5004: to even
    assert_eq!(numbers(readout::spike_count(ones(70_000, DType::F16))), [f64::INFINITY]);
    assert_eq!(numbers(readout::spike_rate(ones(70_000, DType::F16))), [1.0]);
    assert_eq!(numbers(readout::spike_count(ones(5000, DType::BF16))), [4992.0]); // 8 bits
    assert_eq!(numbers(readout::spike_rate(ones(5000, DType::BF16))), [1.0]);
    assert_eq!(numbers(Readout::Sum.reduce(ones(5000, DType::F16), 0)), [5000.0]);
    assert_eq!(numbers(readout::first_spike_time(ones(5000, DType::F16).zeros_like())), [5000.0]);
    // A square which f16 cannot hold is not needed for a loss which it can.
    let loss = loss::count_cross_entropy(
        Tensor::cat(vec![ones(5000, DType::F16), ones(5000, DType::F16).zeros_like()], 2),
        labels(&device, &[1]),
    );
    assert_eq!(numbers(loss), [5000.0]);
}

#[test]
fn noise_of_half_precision_stays_below_one() {
    for dtype in [DType::F16, DType::BF16] {
        let noise = encode::uniform_noise([200, 10, 100], NoiseSeed::new(3), &Device::flex(), dtype);
        assert_eq!(noise.dtype(), dtype);
        assert!(numbers(noise).iter().all(|value| (0.0..1.0).contains(value)), "{dtype:?}");
        let always = Tensor::<2>::ones([10, 100], (&Device::flex(), dtype));
        let spikes = encode::bernoulli(always, 200, NoiseSeed::new(3), SpikeGradient::None);
        assert!(numbers(spikes).iter().all(|spike| *spike == 1.0), "{dtype:?}");
    }
}
