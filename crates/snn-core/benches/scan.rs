//! The scan: fused beside the reference, forward and backward. `cargo bench --profile dev --bench scan`.

use burn::tensor::{Device, Tensor};
use divan::Bencher;
use divan::counter::ItemsCount;
use snn_core::layer::Neurons;
use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};
use snn_core::scan::Path;

fn main() {
    divan::main();
}

const STEPS: usize = 64;

fn neurons(path: Path) -> Neurons<Lif> {
    let parameters = LifParameters::new(Decay::Multiplier(0.9), InputScale::One, 1.0);
    Neurons::new(Lif::default(), parameters).with_path(path)
}

fn current(width: usize) -> Tensor<3> {
    let row: Vec<f32> = (0..STEPS * width).map(|i| 0.3 + 0.3 * (i as f32 * 0.1).sin()).collect();
    Tensor::<1>::from_data(row.as_slice(), &Device::flex().autodiff()).reshape([STEPS, 1, width])
}

/// Spikes per neuron: what both paths must agree on, or a wrong answer would be fast.
fn assert_plausible(output: Tensor<3>, width: usize) {
    let rate = output.sum().into_scalar::<f32>() / (STEPS * width) as f32;
    assert!((0.1..0.5).contains(&rate), "{rate} spikes per neuron and step");
}

fn run(bencher: Bencher<'_, '_>, path: Path, width: usize) {
    let (neurons, current) = (neurons(path), current(width));
    assert_plausible(neurons.forward(current.clone(), None).output, width);
    bencher.counter(ItemsCount::new(STEPS * width)).bench_local(|| {
        let input = current.clone().detach().require_grad();
        let gradients = neurons.forward(input.clone(), None).output.backward();
        input.grad(&gradients).expect("a gradient")
    });
}

#[divan::bench(args = [1_000, 100_000])]
fn fused(bencher: Bencher<'_, '_>, width: usize) {
    run(bencher, Path::Fused, width);
}

#[divan::bench(args = [1_000, 100_000])]
fn reference(bencher: Bencher<'_, '_>, width: usize) {
    run(bencher, Path::Reference, width);
}

/// As many bytes as the fused scan has to touch: three copies.
#[divan::bench(args = [1_000, 100_000])]
fn copy(bencher: Bencher<'_, '_>, width: usize) {
    let source = vec![1.0f32; STEPS * width];
    let mut target = vec![0.0f32; STEPS * width];
    bencher.counter(ItemsCount::new(STEPS * width)).bench_local(|| {
        for _ in 0..3 {
            target.copy_from_slice(&source);
        }
        assert_eq!(target[STEPS * width - 1], 1.0);
    });
}
