//! Transforms: those without chance are Tonic's, those by chance do what they say, for each sample the same.

mod common;

use common::fixture;
use snn_data::Draws;
use snn_data::events::Event;
use snn_data::transform::*;

const SIZE: (u16, u16) = (24, 18);

fn events(name: &str) -> Vec<Event> {
    let text = std::fs::read_to_string(fixture(&format!("transform/{name}.csv"))).expect("a fixture");
    let event = |line: &str| {
        let numbers: Vec<u64> = line.split(',').map(|number| number.parse().expect("a number")).collect();
        Event { t: numbers[0], x: numbers[1] as u16, y: numbers[2] as u16, polarity: numbers[3] == 1 }
    };
    text.lines().map(event).collect()
}

fn recording() -> Vec<Event> {
    events("events")
}

#[test]
fn what_becomes_of_events_is_what_tonic_makes() {
    let check = |name: &str, change: &dyn Fn(&mut Vec<Event>)| {
        let mut changed = recording();
        change(&mut changed);
        assert_eq!(changed, events(&format!("{name}.events")), "{name}");
        assert!(!changed.is_empty());
    };
    check("denoise", &|events| denoise(events, 600));
    check("refractory", &|events| refractory_period(events, 900));
    check("decimate", &|events| decimate(events, 3));
    check("crop_time", &|events| crop_time(events, 3000, 9000));
    check("center_crop", &|events| center_crop(events, SIZE, (11, 31)));
    check("downsample", &|events| downsample(events, 0.3, (0.5, 0.4)).expect("factors"));
    check("skew", &|events| time_skew(events, 1.7, 250.0).expect("times"));
    check("merge", &|events| merge_polarities(events));
    check("flip_lr", &|events| flip_lr(events, SIZE.0));
    check("flip_ud", &|events| flip_ud(events, SIZE.1));
    check("flip_polarity", &|events| flip_polarity(events));
    check("hot", &|events| {
        let hot = identify_hot_pixel(events, 500.0);
        drop_pixel(events, &hot);
    });
}

#[test]
fn pictures_are_those_of_tonic() {
    let recording = recording();
    let check = |name: &str, frames: Frames| {
        let text = std::fs::read_to_string(fixture(&format!("transform/{name}.frames.csv"))).expect("a fixture");
        let mut lines = text.lines();
        let shape: Vec<usize> =
            lines.next().expect("a shape").split(' ').map(|length| length.parse().expect("a length")).collect();
        assert_eq!(frames.shape[..], shape, "{name}");
        let mut expected = vec![0.0f32; shape.iter().product()];
        for line in lines {
            let (index, value) = line.split_once(' ').expect("two numbers");
            expected[index.parse::<usize>().expect("an index")] = value.parse().expect("a value");
        }
        for (index, (value, expected)) in frames.values.iter().zip(&expected).enumerate() {
            // Sums of 64 bits, rounded to 32 and printed with nine digits.
            assert!((value - expected).abs() <= 2e-7 * expected.abs().max(1.0), "{name} {index}: {value} {expected}");
        }
    };
    let frame = |slices: Result<Vec<&[Event]>, _>| to_frame(&slices.expect("slices"), SIZE, 2).expect("frames");
    check("time", frame(slice_by_time(&recording, 4000, 0, false)));
    check("time_overlap", frame(slice_by_time(&recording, 7000, 2000, true)));
    check("count", frame(slice_by_count(&recording, 80, 0, false)));
    check("count_overlap", frame(slice_by_count(&recording, 80, 30, true)));
    check("time_bins", frame(slice_by_time_bins(&recording, 5, 0.0)));
    check("time_bins_overlap", frame(slice_by_time_bins(&recording, 5, 0.25)));
    check("event_bins", frame(slice_by_event_bins(&recording, 4, 0.0)));
    check("event_bins_overlap", frame(slice_by_event_bins(&recording, 4, 0.1)));
    check("voxel", to_voxel_grid(&recording, SIZE, 4).expect("a grid"));
    check("surface", to_timesurface(&recording, SIZE, 6000, 3000.0, false).expect("surfaces"));
}

#[test]
fn chance_is_a_function_of_seed_sample_and_stage() {
    type Change = fn(&mut Vec<Event>, Draws);
    let changes: [(&str, Change); 8] = [
        ("crop", |events, draws| random_crop(events, SIZE, (12, 12), draws).expect("smaller")),
        ("jitter in space", |events, draws| spatial_jitter(events, SIZE, 2.0, 1.0, 0.5, draws).expect("variances")),
        ("jitter in time", |events, draws| time_jitter(events, 50.0, draws).expect("a deviation")),
        ("events", |events, draws| drop_event(events, 0.3, draws).expect("a probability")),
        ("time", |events, draws| drop_by_time(events, 0.3, draws).expect("a ratio")),
        ("area", |events, draws| drop_by_area(events, SIZE, 0.5, draws).expect("a ratio")),
        ("pixels", |events, draws| random_drop_pixel(events, SIZE, 0.3, draws).expect("a probability")),
        ("noise", |events, draws| uniform_noise(events, SIZE, 50, draws)),
    ];
    for (name, change) in changes {
        let changed = |draws: Draws| {
            let mut events = recording();
            change(&mut events, draws);
            events
        };
        let one = changed(Draws::new(1, 2));
        assert_ne!(one, recording(), "{name}");
        // In another thread, after others.
        let again = std::thread::scope(|scope| {
            scope
                .spawn(|| (0..5).map(|sample| changed(Draws::new(1, sample))).collect::<Vec<_>>())
                .join()
                .expect("no panic")
        });
        assert_eq!(one, again[2], "{name}");
        assert!((0..5).any(|sample| again[sample] != again[(sample + 1) % 5]), "{name}");
        assert_ne!(one, changed(Draws::new(1, 2).stage(1)), "{name}");
        assert!(one.windows(2).all(|pair| pair[0].t <= pair[1].t), "{name}");
        assert!(one.iter().all(|event| event.x < SIZE.0 && event.y < SIZE.1), "{name}");
    }
}

#[test]
fn chance_has_the_distribution_that_was_asked_for() {
    let many: Vec<Event> = (0..20_000).map(|t| Event { t: 1_000_000 + t, x: 500, y: 500, polarity: true }).collect();
    let mut jittered = many.clone();
    spatial_jitter(&mut jittered, (1000, 1000), 900.0, 400.0, 300.0, Draws::new(3, 0)).expect("variances");
    let moment = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        // Rounding towards 0 takes half a pixel.
        let at = |event: &Event| of(f64::from(event.x) - 499.5, f64::from(event.y) - 499.5);
        jittered.iter().map(at).sum::<f64>() / jittered.len() as f64
    };
    for (found, expected, bound) in [
        (moment(&|x, _| x), 0.0, 1.2),
        (moment(&|_, y| y), 0.0, 1.0),
        (moment(&|x, _| x * x), 900.0, 50.0),
        (moment(&|_, y| y * y), 400.0, 25.0),
        (moment(&|x, y| x * y), 300.0, 25.0),
    ] {
        assert!((found - expected).abs() < bound, "{found}, expected {expected}");
    }
    let mut dropped = many.clone();
    drop_event(&mut dropped, 0.3, Draws::new(3, 1)).expect("a probability");
    assert_eq!(dropped.len(), 14_000, "exactly the part asked for");
    let first: Vec<bool> = (0..2000)
        .map(|sample| {
            let mut events = many[..10].to_vec();
            drop_event(&mut events, 0.3, Draws::new(4, sample)).expect("a probability");
            events[0] == many[0]
        })
        .collect();
    let kept = first.iter().filter(|kept| **kept).count();
    assert!((1300..1500).contains(&kept), "{kept} of 2000 times the first one was kept");
    let mut late = many.clone();
    time_jitter(&mut late, 1000.0, Draws::new(3, 2)).expect("a deviation");
    let mean = late.iter().map(|event| event.t as f64).sum::<f64>() / 20_000.0;
    assert!((mean - 1_009_999.0).abs() < 40.0, "{mean}");
}

#[test]
fn a_mixture_has_labels_by_area() {
    let all = |polarity| {
        (0..432u16).map(|i| Event { t: 10 * u64::from(i), x: i % 24, y: i / 24, polarity }).collect::<Vec<_>>()
    };
    let weights: Vec<f64> = (0..300)
        .map(|sample| {
            let (mixed, weight) = cut_mix(&all(true), &all(false), SIZE, Draws::new(9, sample));
            assert_eq!(mixed.len(), 432);
            let own = mixed.iter().filter(|event| event.polarity).count() as f64 / 432.0;
            assert!((own - weight).abs() < 1e-9);
            weight
        })
        .collect();
    let mean = weights.iter().sum::<f64>() / 300.0;
    // Boxes cut at the rim are smaller than 1 - λ.
    assert!((0.5..0.8).contains(&mean), "{mean}");
    // Another begin of the second recording does not matter.
    let mut later = all(false);
    later.iter_mut().for_each(|event| event.t += 12_345);
    assert_eq!(
        cut_mix(&all(true), &later, SIZE, Draws::new(9, 3)),
        cut_mix(&all(true), &all(false), SIZE, Draws::new(9, 3))
    );
}

#[test]
fn frames_move_and_flip_as_events_do() {
    let frame = |events: &[Event]| to_frame(&[events], SIZE, 2).expect("frames");
    let mut events = recording();
    let mut frames = frame(&events);
    frames.flip_lr();
    flip_lr(&mut events, SIZE.0);
    assert_eq!(frames, frame(&events));
    frames.flip_ud();
    flip_ud(&mut events, SIZE.1);
    assert_eq!(frames, frame(&events));
    frames.merge_polarities();
    assert_eq!(frames, to_frame(&[&events], SIZE, 1).expect("frames"));
    let before: f32 = frames.values.iter().sum();
    let mut moved = frames.clone();
    moved.augment(3, 0.5, Draws::new(0, 0)).expect("a probability");
    assert!(moved.values.iter().sum::<f32>() <= before);
    let mut still = frames.clone();
    still.augment(0, 0.0, Draws::new(0, 0)).expect("a probability");
    assert_eq!(still, frames);
}

#[test]
fn what_cannot_be_is_one_sentence() {
    let recording = recording();
    let backwards: Vec<Event> = recording.iter().rev().copied().collect();
    for (sentence, words) in [
        (
            slice_by_time(&recording, 10, 10, false).expect_err("overlap").to_string(),
            "an overlap below the window of 10",
        ),
        (slice_by_time(&backwards, 10, 0, false).expect_err("order").to_string(), "sort them with `sort_by_time`"),
        (to_frame(&[&recording], (24, 5), 2).expect_err("outside").to_string(), "frames: pixels of a sensor of 24 x 5"),
        (to_frame(&[&recording], SIZE, 3).expect_err("polarities").to_string(), "1 or 2 polarities"),
        (to_voxel_grid(&recording, SIZE, 0).expect_err("bins").to_string(), "at least 1 bin"),
        (to_voxel_grid(&recording, SIZE, 1 << 40).expect_err("memory").to_string(), "at most 1073741824 numbers"),
        (drop_event(&mut recording.clone(), 1.5, Draws::new(0, 0)).expect_err("probability").to_string(), "found 1.5"),
    ] {
        assert!(sentence.contains(words), "{sentence}");
    }
    // One event of long ago, one of far away: no memory is asked for.
    let far = [0, u64::MAX - 5].map(|t| Event { t, ..Event::default() });
    assert!(slice_by_time(&far, 1, 0, true).is_err());
    assert_eq!(slice_by_time(&[], 10, 0, true).expect("nothing").len(), 0);
    assert_eq!(to_voxel_grid(&[], SIZE, 3).expect("nothing").values, vec![0.0; 3 * 24 * 18]);
}
