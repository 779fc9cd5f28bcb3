//! What readouts, losses, encoders, norms and analysis are given: every type of number, and what they refuse.

mod common;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use common::devices;
use snn_core::analysis::{self, LayerShape};
use snn_core::encode::{self, Delta, DeltaReference, Latency, LatencyLaw, ReceptiveFields, SpikeGradient};
use snn_core::loss::{self, Tet};
use snn_core::noise::NoiseSeed;
use snn_core::norm::{BatchNormThroughTimeConfig, ThresholdBatchNormConfig};
use snn_core::readout::{self, Readout, Vote};
use snn_core::sequence::{Frame, Sequence};

fn tensor<const D: usize>(values: &[f64], shape: [usize; D], dtype: DType, device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape).convert_dtype(dtype), (device, dtype))
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

thread_local! {
    static PANIC: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// The sentence with which `call` panics, and the file which is blamed for it.
#[track_caller]
fn refusal<T>(call: impl FnOnce() -> T) -> (String, String) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let file = info.location().map_or(String::new(), |location| location.file().to_owned());
            let sentence = info.payload_as_str().unwrap_or_default().to_owned();
            eprintln!("{file}: {sentence}");
            PANIC.with_borrow_mut(|panic| *panic = Some((sentence, file)));
        }));
    });
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "nothing was refused");
    PANIC.take().expect("a panic was seen")
}

/// `call` is refused with one sentence which begins with `expected`, and this file is blamed.
#[track_caller]
fn refused<T>(expected: &str, call: impl FnOnce() -> T) {
    let (sentence, file) = refusal(call);
    assert!(sentence.starts_with(expected), "`{sentence}`, expected `{expected}`");
    assert!(file.ends_with("domains.rs"), "`{sentence}` blames {file}");
    assert!(!sentence.contains('\n'), "`{sentence}` is one sentence");
}

fn sequence(shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::zeros(shape, device)
}

fn labels(device: &Device, labels: &[i64]) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device)
}

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

#[test]
fn classes_are_checked_on_every_backend() {
    for (_, device) in devices() {
        for device in [device.clone(), device.autodiff()] {
            let x = || sequence([2, 3, 4], &device);
            type Loss = Box<dyn Fn(Tensor<3>, Tensor<1, Int>) -> Tensor<1>>;
            let losses: [(&str, Loss); 7] = [
                ("rate cross-entropy", Box::new(loss::rate_cross_entropy)),
                ("count cross-entropy", Box::new(loss::count_cross_entropy)),
                ("membrane cross-entropy", Box::new(|x, y| loss::membrane_cross_entropy(x, y, Readout::Last))),
                ("membrane cross-entropy", Box::new(loss::max_membrane_cross_entropy)),
                ("first spike cross-entropy", Box::new(|x, y| loss::first_spike_cross_entropy(x, y, 1.0))),
                ("mean square count", Box::new(|x, y| loss::mean_square_count(x, y, 1.0, 0.0))),
                ("tet", Box::new(|x, y| loss::tet(x, y, Tet::default()))),
            ];
            for (name, loss) in losses {
                let said = |labels_given: &[i64]| refusal(|| loss(x(), labels(&device, labels_given))).0;
                let expected = format!("{name}: the target of sample 1 is 4, but there are 4 classes, 0 to 3");
                assert!(said(&[3, 4, 0]).starts_with(&expected), "{}", said(&[3, 4, 0]));
                let expected = format!("{name}: the target of sample 2 is -1, but there are 4 classes, 0 to 3");
                assert!(said(&[3, 0, -1]).starts_with(&expected), "{}", said(&[3, 0, -1]));
                let expected = format!("{name}: 3 samples of 4 classes, but 2 targets");
                assert!(said(&[3, 0]).contains(&expected), "{}", said(&[3, 0]));
                assert!(numbers(loss(x(), labels(&device, &[3, 0, 2])))[0].is_finite(), "{name}");
            }
        }
    }
}

#[test]
fn one_class_and_labels_from_elsewhere_are_fine() {
    // One class is certain; labels may lie on another device than the spikes, or on one without autodiff.
    for (name, device) in devices() {
        for device in [device.clone(), device.autodiff()] {
            let loss =
                loss::mean_square_count(sequence([2, 2, 1], &device), labels(&Device::flex(), &[0, 0]), 1.0, 0.0);
            assert_eq!(numbers(loss), [4.0], "{name}");
            let loss = loss::rate_cross_entropy(sequence([2, 2, 1], &device), labels(&Device::flex(), &[0, 0]));
            assert_eq!(numbers(loss), [0.0], "{name}");
        }
    }
}

#[test]
fn what_is_empty_is_named() {
    for device in [Device::flex(), Device::flex().autodiff()] {
        for (shape, what) in [
            ([0, 2, 3], "0 time steps"),
            ([4, 0, 3], "0 samples"),
            ([4, 2, 0], "0 features"),
            ([0, 0, 0], "0 time steps"),
        ] {
            let x = || sequence(shape, &device);
            let said = |name: &str| format!("{name}: a tensor of shape {shape:?} has {what}, at least 1 needed");
            let y = || labels(&device, &vec![0; shape[1]]);
            refused(&said("spike count"), || readout::spike_count(x()));
            refused(&said("spike rate"), || readout::spike_rate(x()));
            refused(&said("first spike time"), || readout::first_spike_time(x()));
            refused(&said("first spike times"), || readout::first_spike_times(x()));
            refused(&said("readout"), || Readout::Mean.reduce(x(), 0));
            refused("vote: ", || readout::vote(x(), 1, Vote::Mean));
            refused(&said("rate cross-entropy"), || loss::rate_cross_entropy(x(), y()));
            refused(&said("count cross-entropy"), || loss::count_cross_entropy(x(), y()));
            refused(&said("membrane cross-entropy"), || loss::max_membrane_cross_entropy(x(), y()));
            refused(&said("first spike cross-entropy"), || loss::first_spike_cross_entropy(x(), y(), 1.0));
            refused(&said("first spike mean square"), || {
                loss::first_spike_mean_square(x(), Tensor::zeros([shape[1], shape[2]], &device))
            });
            refused(&said("mean square count"), || loss::mean_square_count(x(), y(), 1.0, 0.0));
            refused(&said("tet"), || loss::tet(x(), y(), Tet::default()));
            refused(&said("van Rossum distance"), || loss::van_rossum(x(), x(), 1.0));
            refused(&said("van Rossum distance"), || loss::van_rossum_distance(x(), x(), 1.0));
            refused(&said("firing rate at least"), || loss::firing_rate_at_least(x(), 0.1));
            refused(&said("firing rate at most"), || loss::firing_rate_at_most(x(), 0.1));
            refused(&said("activity"), || analysis::activity(x()));
            refused(&said("activity"), || analysis::firing_rates(x()));
            refused(&said("work"), || analysis::synops(x(), &LayerShape::dense(1, 1)));
            refused(&said("inter-spike intervals"), || analysis::inter_spike_intervals(x()));
            refused(&said("decisions"), || analysis::decisions(x(), Readout::Sum));
            refused(&said("decisions"), || analysis::decision_latency(x(), Readout::Sum));
            let delta = Delta { threshold: 1.0, off_spikes: true, reference: DeltaReference::Followed };
            refused(&said("delta encoder"), || delta.encode(x(), None));
            let tdbn = ThresholdBatchNormConfig::new(3, 1.0).init(&device);
            refused(&said("threshold-dependent batch norm"), || tdbn.forward(x()));
            let bntt = BatchNormThroughTimeConfig::new(4, 3).init(&device);
            refused(&said("batch norm through time"), || bntt.forward(x()));
            refused(&said("sequence"), || Sequence::into_flat(x()));
            refused(&said("sequence"), || Sequence::merge_time(x()));
            refused(&said("sequence"), || Sequence::frames(x()));
        }
        for (shape, what) in [([0, 3], "0 samples"), ([2, 0], "0 features")] {
            let x = || Tensor::<2>::zeros(shape, &device);
            let said = |name: &str| format!("{name}: a tensor of shape {shape:?} has {what}, at least 1 needed");
            let seed = NoiseSeed::new(0);
            refused(&said("constant encoder"), || encode::constant(x(), 3));
            refused(&said("bernoulli encoder"), || encode::bernoulli(x(), 3, seed, SpikeGradient::None));
            refused(&said("poisson encoder"), || encode::poisson(x(), 1.0, 3, seed, SpikeGradient::None));
            refused(&said("latency encoder"), || Latency::linear(3).encode(x()));
            let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.0 };
            refused(&said("receptive fields"), || fields.respond(x()));
            refused(&said("receptive fields"), || fields.spikes(x(), 3));
            refused("uniform noise: ", || encode::uniform_noise([3, shape[0], shape[1]], seed, &device, DType::F32));
            refused(&said("frame"), || Frame::into_flat(x()));
        }
        refused("sequence: 0 frames cannot be stacked", || Frame::stack(Vec::<Tensor<2>>::new()));
    }
}

#[test]
fn constants_which_are_no_numbers_are_refused_and_so_are_infinite_ones() {
    let device = Device::flex();
    let x = || sequence([3, 2, 2], &device);
    let y = || labels(&device, &[0, 1]);
    let frame = || Tensor::<2>::zeros([2, 2], &device);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
        refused("first spike cross-entropy: the time constant is ", || loss::first_spike_cross_entropy(x(), y(), bad));
        refused("van Rossum distance: the time constant is ", || loss::van_rossum(x(), x(), bad));
        refused("mean square count: the rate asked of the correct class is ", || {
            loss::mean_square_count(x(), y(), bad, 0.0)
        });
        refused("mean square count: the rate asked of incorrect classes is ", || {
            loss::mean_square_count(x(), y(), 1.0, bad)
        });
        refused("firing rate at least: the bound is ", || loss::firing_rate_at_least(x(), bad));
        refused("firing rate at most: the bound is ", || loss::firing_rate_at_most(x(), bad));
        refused("tet: λ is ", || loss::tet(x(), y(), Tet { lambda: bad, phi: 1.0 }));
        let seed = NoiseSeed::new(0);
        refused("poisson encoder: the time step is ", || encode::poisson(frame(), bad, 3, seed, SpikeGradient::None));
        refused("delta encoder: the threshold is ", || {
            Delta { threshold: bad, off_spikes: true, reference: DeltaReference::Followed }.encode(x(), None)
        });
        refused("latency encoder: a logarithmic threshold of ", || Latency::logarithmic(4, bad).encode(frame()));
        let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.5 };
        refused("receptive fields: β is ", || ReceptiveFields { beta: bad, ..fields }.centres());
        let tdbn = ThresholdBatchNormConfig::new(2, 1.0);
        refused("threshold-dependent batch norm: θ is ", || ThresholdBatchNormConfig::new(2, bad).init(&device));
        refused("threshold-dependent batch norm: α is ", || {
            ThresholdBatchNormConfig { alpha: bad, ..tdbn }.init(&device)
        });
        refused("threshold-dependent batch norm: ε is ", || {
            ThresholdBatchNormConfig { epsilon: bad, ..tdbn }.init(&device)
        });
        refused("threshold-dependent batch norm: the momentum is ", || {
            ThresholdBatchNormConfig { momentum: bad, ..tdbn }.init(&device)
        });
        let bntt = BatchNormThroughTimeConfig::new(2, 2);
        refused("batch norm through time: ε is ", || {
            BatchNormThroughTimeConfig { epsilon: bad, ..bntt }.init(&device)
        });
        refused("batch norm through time: the momentum is ", || {
            BatchNormThroughTimeConfig { momentum: bad, ..bntt }.init(&device)
        });
        refused("work: the fan-out is ", || {
            analysis::synops(x(), &LayerShape { fan_out: bad, ..LayerShape::dense(2, 1) })
        });
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        refused("tet: φ is ", || loss::tet(x(), y(), Tet { lambda: 0.5, phi: bad }));
        let silent = Latency { steps: 3, law: LatencyLaw::Linear, silent_up_to: Some(bad) };
        refused("latency encoder: the bound up to which numbers are silent is ", || silent.encode(frame()));
        let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.5 };
        refused("receptive fields: the smallest value of the range is ", || {
            ReceptiveFields { low: bad, ..fields }.centres()
        });
        refused("receptive fields: the largest value of the range is ", || {
            ReceptiveFields { high: bad, ..fields }.centres()
        });
    }
    refused("receptive fields: a range of -1", || {
        ReceptiveFields { fields: 3, low: -1.7e308, high: 1.7e308, beta: 1.5 }.centres()
    });
    refused("layer shape: a convolution of 8 channels", || LayerShape::convolution(8, [3, 3], [0, 10], [5, 5], 1));
}

#[test]
fn steps_which_are_not_there_are_refused() {
    let device = Device::flex();
    let x = || sequence([3, 2, 2], &device);
    for begin in [3, 4, usize::MAX] {
        refused(&format!("readout: begins at step {begin} of 3"), || Readout::Mean.reduce(x(), begin));
    }
    let bntt = BatchNormThroughTimeConfig::new(4, 2).init(&device);
    for first in [2, usize::MAX, usize::MAX - 1] {
        refused(&format!("batch norm through time: steps {first} .. "), || bntt.forward_from(x(), first));
    }
    let frame = || Tensor::<2>::zeros([1, 1], &device);
    let many = i32::MAX as usize + 1;
    for steps in [0, many] {
        let said = |name: &str| format!("{name}: {steps} time steps asked for");
        refused(&said("constant encoder"), || encode::constant(frame(), steps));
        refused(&said("latency encoder"), || Latency::linear(steps).encode(frame()));
        let seed = NoiseSeed::new(0);
        refused(&said("bernoulli encoder"), || encode::bernoulli(frame(), steps, seed, SpikeGradient::None));
        refused(&said("poisson encoder"), || encode::poisson(frame(), 1.0, steps, seed, SpikeGradient::None));
        refused(&said("uniform noise"), || encode::uniform_noise([steps, 1, 1], seed, &device, DType::F32));
        let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.0 };
        refused(&said("receptive fields"), || fields.spikes(frame(), steps));
    }
    refused("vote: 4 neurons cannot be shared evenly by 3 classes", || {
        readout::vote(Tensor::<2>::zeros([1, 4], &device), 3, Vote::Sum)
    });
    refused("vote: 4 neurons cannot be shared evenly by 0 classes", || {
        readout::vote(Tensor::<2>::zeros([1, 4], &device), 0, Vote::Sum)
    });
}

#[test]
fn data_which_are_no_numbers_are_named_with_their_place_on_every_backend() {
    for (_, device) in devices() {
        let frame = |bad: f64| tensor(&[0.5, 0.5, 0.5, bad], [2, 2], DType::F32, &device);
        let seed = NoiseSeed::new(0);
        for bad in [f64::NAN, f64::INFINITY] {
            refused("bernoulli encoder: the probability at [1, 1] of [2, 2] is ", || {
                encode::bernoulli(frame(bad), 3, seed, SpikeGradient::None)
            });
            refused("poisson encoder: the frequency at [1, 1] of [2, 2] is ", || {
                encode::poisson(frame(bad), 1.0, 3, seed, SpikeGradient::None)
            });
            let delta = Delta { threshold: 1.0, off_spikes: true, reference: DeltaReference::Previous };
            let signal = || frame(bad).reshape([2, 1, 2]);
            refused("delta encoder: the signal at [1, 0, 1] of [2, 1, 2] is ", || delta.encode(signal(), None));
            let reference = || tensor(&[0.0, bad], [1, 2], DType::F32, &device);
            refused("delta encoder: the reference at [0, 1] of [1, 2] is ", || {
                delta.encode(sequence([2, 1, 2], &device), Some(reference()))
            });
            let times = || tensor(&[0.0, bad], [1, 2], DType::F32, &device);
            refused("first spike mean square: the target at [0, 1] of [1, 2] is ", || {
                loss::first_spike_mean_square(sequence([2, 1, 2], &device), times())
            });
        }
        refused("latency encoder: the number at [1, 1] of [2, 2] is NaN", || {
            Latency::linear(3).encode(frame(f64::NAN))
        });
        let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.0 };
        refused("receptive fields: the number at [1, 1] of [2, 2] is NaN", || fields.spikes(frame(f64::NAN), 3));
    }
}

#[test]
fn what_is_computed_from_nan_is_nan_on_every_backend() {
    for (name, device) in devices() {
        for device in [device.clone(), device.autodiff()] {
            for place in 0..3 {
                let mut values = [0.5; 6];
                values[2 * place] = f64::NAN; // of the first neuron
                let x = || tensor(&values, [3, 1, 2], DType::F32, &device);
                for readout in [Readout::Mean, Readout::Sum, Readout::Max] {
                    let found = numbers(readout.reduce(x(), 0));
                    assert!(found[0].is_nan() && !found[1].is_nan(), "{name}, {readout:?}, step {place}: {found:?}");
                }
                let y = || labels(&device, &[1]);
                let losses = [
                    loss::rate_cross_entropy(x(), y()),
                    loss::count_cross_entropy(x(), y()),
                    loss::max_membrane_cross_entropy(x(), y()),
                    loss::mean_square_count(x(), y(), 1.0, 0.0),
                    loss::tet(x(), y(), Tet::default()),
                    loss::van_rossum(x(), x().zeros_like(), 2.0),
                    loss::firing_rate_at_least(x(), 0.1),
                    loss::firing_rate_at_most(x(), 0.1),
                ];
                for (number, loss) in losses.into_iter().enumerate() {
                    assert!(numbers(loss)[0].is_nan(), "{name}, loss {number}, step {place}");
                }
                let activity = analysis::activity(x());
                assert!(activity.rates[0].is_nan() && activity.rates[1] == 1.0, "{name}: {:?}", activity.rates);
                assert!(analysis::warnings(&[activity])[0].contains("NaN"));
                assert!(analysis::synops(x(), &LayerShape::dense(2, 1)).input_spikes.is_nan(), "{name}");
                refused("decisions: the readout of class 0 of sample 0 is NaN", || {
                    analysis::decisions(x(), Readout::Max)
                });
                refused("inter-spike intervals: the output of neuron 0 of sample 0 is NaN", || {
                    analysis::inter_spike_intervals(x())
                });
            }
            let silent = || tensor(&[0.0, f64::NAN], [2, 1, 1], DType::F32, &device);
            refused("first spike times: the output of neuron 0 of sample 0 is NaN at step 1", || {
                readout::first_spike_times(silent())
            });
            let loss = loss::first_spike_mean_square(silent(), Tensor::zeros([1, 1], &device));
            assert!(numbers(loss)[0].is_nan(), "{name}");
            let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.0 };
            let nan = tensor(&[f64::NAN], [1, 1], DType::F32, &device);
            assert!(numbers(fields.respond(nan)).iter().all(|response| response.is_nan()), "{name}");
            let maxima = tensor(&[f64::NEG_INFINITY; 2], [2, 1, 1], DType::F32, &device);
            assert_eq!(numbers(Readout::Max.reduce(maxima, 0)), [f64::NEG_INFINITY], "{name}");
        }
    }
}
