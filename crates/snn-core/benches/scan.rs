//! The scan: fused beside the reference, forward and backward. `cargo bench --profile dev --bench scan`.
//!
//! Neurons with settings beside the article's, which has none: what a setting costs must be decided when the scan is
//! compiled, not at each step. It once was not, and a LIF scan took 16 times as long as the article's.

use burn::tensor::{Device, Tensor};
use divan::Bencher;
use divan::counter::ItemsCount;
use snn_core::device::Execution;
use snn_core::layer::Neurons;
use snn_core::neuron::{
    AdaptiveLif, AdaptiveLifParameters, Decay, GradedLif, GradedLifParameters, InputScale, Lif, LifParameters, Neuron,
};

fn main() {
    divan::main();
}

const STEPS: usize = 64;
const WIDTHS: [usize; 2] = [1_000, 100_000];

fn lif() -> Neurons<Lif> {
    Neurons::new(Lif::default(), LifParameters::new(Decay::Multiplier(0.9), InputScale::One, 1.0))
}

fn current(width: usize) -> Tensor<3> {
    let row: Vec<f32> = (0..STEPS * width).map(|i| 0.3 + 0.3 * (i as f32 * 0.1).sin()).collect();
    Tensor::<1>::from_data(row.as_slice(), &Device::flex().autodiff()).reshape([STEPS, 1, width])
}

/// Forward and backward over many neurons, which must fire as such neurons do, or a wrong answer would be fast.
fn run<N: Neuron>(bencher: Bencher<'_, '_>, neurons: Neurons<N>, width: usize) {
    let current = current(width);
    let spikes = neurons.forward(current.clone(), None).output.greater_elem(0.0).float();
    let rate = spikes.mean().into_scalar::<f32>();
    assert!((0.02..0.5).contains(&rate), "{rate} spikes per neuron and step");
    bencher.counter(ItemsCount::new(STEPS * width)).bench_local(|| {
        let input = current.clone().detach().require_grad();
        let gradients = neurons.forward(input.clone(), None).output.backward();
        input.grad(&gradients).expect("a gradient")
    });
}

#[divan::bench(args = WIDTHS)]
fn fused_article(bencher: Bencher<'_, '_>, width: usize) {
    let parameters = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };
    run(bencher, Neurons::new(GradedLif::default(), parameters), width);
}

#[divan::bench(args = WIDTHS)]
fn fused_lif(bencher: Bencher<'_, '_>, width: usize) {
    run(bencher, lif(), width);
}

#[divan::bench(args = WIDTHS)]
fn fused_adaptive_lif(bencher: Bencher<'_, '_>, width: usize) {
    let parameters =
        AdaptiveLifParameters { decay: 0.9, adaptation_decay: 0.95, coupling: 0.1, jump: 0.1, threshold: 0.3 };
    run(bencher, Neurons::new(AdaptiveLif::default(), parameters), width);
}

#[divan::bench(args = WIDTHS)]
fn reference_lif(bencher: Bencher<'_, '_>, width: usize) {
    run(bencher, lif().with_execution(Execution::Reference), width);
}

/// As many bytes as the fused scan has to touch: three copies.
#[divan::bench(args = WIDTHS)]
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
