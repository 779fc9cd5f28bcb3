//! What is no class, empty, not a number, or not there, is named; what is not a number stays so.

use super::*;

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
