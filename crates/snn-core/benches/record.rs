//! What recording costs: when it is off, and when it is on. `cargo bench --profile dev --bench record`.

use burn::tensor::{Device, Tensor};
use divan::{Bencher, black_box};
use snn_core::layer::Neurons;
use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};
use snn_core::record::{is_recording, record};

fn main() {
    divan::main();
}

/// Neurons and steps of the smallest scan there is, and of a middling one.
const SIZES: [(usize, usize); 2] = [(1, 1), (10_000, 32)];

fn neurons() -> Neurons<Lif> {
    Neurons::new(Lif::default(), LifParameters::new(Decay::Multiplier(0.9), InputScale::One, 1.0))
}

fn current((width, steps): (usize, usize)) -> Tensor<3> {
    Tensor::ones([steps, 1, width], &Device::flex())
}

/// All that each scan does for recording when it is off, a thousand times: divide by a thousand.
#[divan::bench]
fn asking_a_thousand_times_whether_it_is_on(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        let open = (0..1000).filter(|_| black_box(is_recording())).count();
        assert_eq!(open, 0);
    });
}

#[divan::bench(args = SIZES)]
fn scan_with_recording_off(bencher: Bencher<'_, '_>, size: (usize, usize)) {
    let (neurons, current) = (neurons(), current(size));
    let expected = neurons.forward(current.clone(), None).output.into_data();
    bencher.bench_local(|| neurons.forward(current.clone(), None).output);
    assert_eq!(neurons.forward(current, None).output.into_data(), expected);
}

#[divan::bench(args = SIZES)]
fn scan_with_recording_on(bencher: Bencher<'_, '_>, size: (usize, usize)) {
    let (neurons, current) = (neurons(), current(size));
    let expected = neurons.forward(current.clone(), None).output.into_data();
    let recorded = || record(|| neurons.forward(current.clone(), None).output);
    bencher.bench_local(recorded);
    let (output, recording) = recorded();
    assert_eq!((output.into_data(), recording.populations.len()), (expected, 1));
}
