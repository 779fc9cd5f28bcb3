//! Tasks without files: published points are drawn again, and every trial can be solved.

mod common;

use common::data;
use snn_data::series::Array;
use snn_data::tasks::{DelayedXor, Order, Randman, StoreRecall, YinYang};

#[test]
fn the_published_points_of_yin_yang_are_drawn_again() {
    let Some(folder) = data("yin-yang") else { return };
    for (task, name, count) in
        [(YinYang::TRAIN, "train", 5000), (YinYang::VALIDATION, "validation", 1000), (YinYang::TEST, "test", 1000)]
    {
        let array = |part: &str| {
            Array::npy(&folder.join(format!("{name}_{part}.npy"))).unwrap_or_else(|error| panic!("{error}"))
        };
        let (samples, labels) = (array("samples").to_f64(), array("labels").to_i64().expect("whole"));
        let points = task.points(count).expect("points");
        assert_eq!(labels.len(), count);
        for ((point, sample), label) in points.iter().zip(samples.chunks(4)).zip(&labels) {
            assert_eq!(task.class(sample[0], sample[1]), Some(*label as usize), "{name}");
            assert_eq!((&point.features()[..], point.class), (sample, *label as usize), "{name}");
        }
    }
}

#[test]
fn manifolds_are_smooth_and_told_apart() {
    let task = Randman { classes: 4, ..Randman::default() };
    let manifolds = task.prepare().expect("manifolds");
    let samples: Vec<_> = (0..400).map(|index| manifolds.sample(index)).collect();
    assert_eq!(samples[7], manifolds.sample(7), "a function of the number");
    let distance = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum() };
    // The nearest of the other samples is nearly always of the same class.
    let right = (0..400).filter(|i| {
        let nearest = (0..400).filter(|j| i != j).min_by(|a, b| {
            distance(&samples[*a].0, &samples[*i].0).total_cmp(&distance(&samples[*b].0, &samples[*i].0))
        });
        nearest.is_some_and(|nearest| samples[nearest].1 == samples[*i].1)
    });
    assert!(right.count() > 390);
    assert!(Randman { units: 0, ..task }.prepare().is_err());
}

#[test]
fn a_permutation_is_fixed_and_loses_nothing() {
    let order = Order::permuted(784, 3);
    assert_eq!(order, Order::permuted(784, 3));
    assert_ne!(order, Order::permuted(784, 4));
    let image: Vec<u16> = (0..784).collect();
    let mut shuffled = order.apply(&image).expect("an image");
    assert_ne!(shuffled, image);
    shuffled.sort_unstable();
    assert_eq!(shuffled, image);
    assert!(order.apply(&image[1..]).is_err());
}

#[test]
fn what_was_stored_is_what_is_recalled() {
    let task = StoreRecall { period: 50, rate: 0.5, ..StoreRecall::default() };
    let mut recalled = [0, 0];
    for index in 0..200 {
        let trial = task.trial(index).expect("a trial");
        let group = |period: usize, group: usize| {
            let rows = trial.spikes.chunks(trial.channels).skip(period * 50).take(50);
            rows.map(|row| row[25 * group..25 * (group + 1)].iter().sum::<f32>()).sum::<f32>() > 0.0
        };
        let (mut kept, mut asked) = (None, 0);
        for period in 0..task.periods {
            let target = trial.targets[period * 50];
            assert!(trial.targets[period * 50..][..50].iter().all(|other| *other == target));
            assert_eq!(target.is_some(), group(period, 3), "asked for when the command is on");
            if let Some(bit) = target {
                assert_eq!(kept, Some(bit), "trial {index}");
                (kept, asked) = (None, asked + 1);
                recalled[bit] += 1;
            } else if group(period, 2) {
                assert_eq!(kept, None);
                kept = Some(usize::from(group(period, 1)));
                assert!(group(period, 0) != group(period, 1));
            }
        }
        assert!(asked >= 1 && kept.is_none(), "trial {index}: all that is kept is asked for");
    }
    assert!(recalled[0] > 60 && recalled[1] > 60, "{recalled:?}");
}

#[test]
fn pairs_of_bits_are_equally_frequent_and_their_targets_right() {
    let task = DelayedXor::default();
    let mut counts = [0; 4];
    let mut pauses = std::collections::HashSet::new();
    for index in 0..2000 {
        let trial = task.trial(index).expect("a trial");
        let on: Vec<usize> = (0..task.steps()).filter(|step| trial.spikes[3 * step..][..2].contains(&1.0)).collect();
        let bit = |step: usize| usize::from(trial.spikes[3 * step + 1] == 1.0);
        let (first, second) = (bit(on[0]), bit(on[5]));
        pauses.insert(on[5] - on[4] - 1);
        counts[2 * first + second] += 1;
        let asked: Vec<usize> = trial.targets.iter().flatten().copied().collect();
        assert_eq!(asked, vec![first ^ second; 5]);
        assert_eq!(trial.spikes.iter().sum::<f32>(), 15.0);
    }
    assert!(counts.iter().all(|count| (400..600).contains(count)), "{counts:?}");
    assert_eq!(pauses.len(), 41);
}
