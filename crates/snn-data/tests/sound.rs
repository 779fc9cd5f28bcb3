//! Sounds: log-mel values are librosa's, changes can be undone, an ear hears pitch.

mod common;

use common::{data, fixture};
use snn_data::Split;
use snn_data::layout::fsdd;
use snn_data::sound::{Cochlea, MelBank, Sound, send_on_delta};

#[test]
fn log_mel_is_that_of_librosa() {
    let sound = Sound::open(&fixture("sound/tone.wav")).expect("a sound");
    let bank = MelBank { window: 256, hop: 80, bands: 20, low: 20.0, high: 4000.0, ..MelBank::for_rate(8000) };
    let values = bank.log_mel(&sound).expect("values");
    let text = std::fs::read_to_string(fixture("sound/tone.csv")).expect("a fixture");
    let expected: Vec<f32> =
        text.lines().flat_map(|line| line.split(',')).map(|value| value.parse().expect("a number")).collect();
    assert_eq!(values.len(), expected.len());
    // librosa computes in 32 bits, and prints six digits.
    for (index, (value, expected)) in values.iter().zip(&expected).enumerate() {
        assert!((value - expected).abs() < 2e-3, "{index}: {value} {expected}");
    }
    let mean = values.iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / values.len() as f64;
    assert!(mean < 1e-5, "{mean}");
}

#[test]
fn channels_are_averaged() {
    let (stereo, mono) = (Sound::open(&fixture("sound/stereo.wav")), Sound::open(&fixture("sound/tone.wav")));
    let (stereo, mono) = (stereo.expect("a sound"), mono.expect("a sound"));
    assert_eq!((stereo.rate, stereo.samples.len()), (8000, 300));
    for (stereo, mono) in stereo.samples.iter().zip(&mono.samples) {
        assert!((stereo - 0.25 * mono).abs() < 1e-4, "{stereo} {mono}");
    }
}

#[test]
fn changes_lead_back_to_the_values() {
    let sound = Sound::open(&fixture("sound/tone.wav")).expect("a sound");
    let bank = MelBank::for_rate(8000);
    let values = bank.log_mel(&sound).expect("values");
    let spikes = send_on_delta(&values, bank.bands, 0.25).expect("spikes");
    let mut now = values[..bank.bands].to_vec();
    let mut next = spikes.iter().peekable();
    for (step, row) in values.chunks(bank.bands).enumerate() {
        while let Some(spike) = next.next_if(|spike| spike.step == step) {
            now[spike.channel] += if spike.up { 0.25 } else { -0.25 };
        }
        for (now, value) in now.iter().zip(row) {
            assert!((now - value).abs() < 0.2501, "step {step}: {now} {value}");
        }
    }
    assert!(next.next().is_none());
}

#[test]
fn an_ear_hears_pitch_loudness_and_silence() {
    let tone = |hertz: f32, level: f32| {
        let sample = |n: u32| level * libm::sinf(n as f32 * std::f32::consts::TAU * hertz / 16_000.0);
        Sound { rate: 16_000, samples: (0..4800).map(sample).collect() }
    };
    let ear = Cochlea { channels: 60, ..Cochlea::default() };
    let spikes = |hertz, level| ear.spikes(&tone(hertz, level)).expect("spikes");
    assert_eq!(spikes(500.0, 0.0).times.len(), 0, "silence");
    let (soft, loud) = (spikes(500.0, 0.1), spikes(500.0, 0.5));
    assert!(soft.times.len() < loud.times.len() && !soft.times.is_empty(), "{} {}", soft.times.len(), loud.times.len());
    for hertz in [250.0, 1000.0, 4000.0] {
        let heard = spikes(hertz, 0.3);
        let mut counts = vec![0; 60];
        heard.units.iter().for_each(|unit| counts[*unit as usize] += 1);
        let most = counts.iter().copied().max().unwrap_or(0);
        let places: Vec<f64> = (0..60).filter(|c| counts[*c] * 10 >= most * 9).map(|c| ear.place(c, 16_000)).collect();
        let middle = places.iter().sum::<f64>() / places.len() as f64;
        assert!((middle / f64::from(hertz)).ln().abs() < 0.3, "{hertz} Hz heard at {middle} Hz of {places:?}");
        assert!(heard.times.is_sorted());
    }
    assert_eq!(loud, spikes(500.0, 0.5), "the same again");
}

#[test]
fn spoken_digits_are_told_apart_by_a_linear_map_of_their_loudness() {
    // Ridge regression on 20 frames of 20 bands, ten recordings of each digit and speaker for training.
    let Some(place) = data("fsdd") else { return };
    let recordings = fsdd::list(&place).expect("a list");
    let bank = MelBank { bands: 20, ..MelBank::for_rate(8000) };
    let features = |recording: &&fsdd::SpokenDigit| -> Vec<f64> {
        let sound = Sound::open(&recording.path).unwrap_or_else(|error| panic!("{error}"));
        let values = bank.log_mel(&sound).expect("values");
        let frames = values.len() / 20;
        (0..20)
            .flat_map(|step| values[step * frames / 20 * 20..][..20].iter().map(|v| f64::from(*v) / 10.0).chain([0.1]))
            .collect()
    };
    let (test, train): (Vec<_>, Vec<_>) = recordings
        .iter()
        .filter(|recording| recording.index < 15)
        .partition(|recording| recording.official() == Split::Test);
    let (inputs, tests): (Vec<Vec<f64>>, Vec<Vec<f64>>) =
        (train.iter().map(features).collect(), test.iter().map(features).collect());
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    // Its dual form: weights of the recordings, by elimination.
    let count = inputs.len();
    let mut rows: Vec<Vec<f64>> = (0..count)
        .map(|i| {
            let mut row: Vec<f64> = inputs.iter().map(|other| dot(&inputs[i], other)).collect();
            row[i] += 1.0;
            row.extend((0..10).map(|digit| if train[i].label == digit { 1.0 } else { -0.1 }));
            row
        })
        .collect();
    for i in 0..count {
        let pivot = rows[i].clone();
        for row in rows.iter_mut().skip(i + 1) {
            let factor = row[i] / pivot[i];
            row[i..].iter_mut().zip(&pivot[i..]).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    for i in (0..count).rev() {
        for digit in count..count + 10 {
            let known: f64 = (i + 1..count).map(|j| rows[i][j] * rows[j][digit]).sum();
            rows[i][digit] = (rows[i][digit] - known) / rows[i][i];
        }
    }
    let right = tests.iter().zip(&test).filter(|(values, recording)| {
        let near: Vec<f64> = inputs.iter().map(|input| dot(input, values)).collect();
        let score = |digit: usize| -> f64 { near.iter().zip(&rows).map(|(near, row)| near * row[count + digit]).sum() };
        (0..10).max_by(|a, b| score(*a).total_cmp(&score(*b))) == Some(recording.label)
    });
    let right = right.count();
    println!("{right} of {} spoken digits by ridge regression", test.len());
    assert!(right > 210, "{right} of 300");
}

#[test]
fn what_is_no_sound_is_told() {
    for bytes in [&b""[..], b"RIFF", b"OggS\0\0\0\0", b"RIFF\x10\0\0\0WAVEfmt "] {
        let sentence = Sound::read(bytes).expect_err("no sound").to_string();
        assert!(sentence.starts_with("WAV, byte 0: a whole header"), "{sentence}");
    }
    let file = std::fs::read(fixture("sound/tone.wav")).expect("a fixture");
    let sentence = Sound::read(&file[..file.len() - 100]).expect_err("cut").to_string();
    assert!(sentence.starts_with("WAV, sample 2350: 2400 samples expected"), "{sentence}");
}
