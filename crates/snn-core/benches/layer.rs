//! A fused layer with noise on its input, beside the same products without. `cargo bench --profile dev --bench layer`.

use burn::tensor::{Device, Tensor};
use divan::Bencher;
use snn_core::layer::{Neurons, SpikingLinear, SpikingLinearConfig};
use snn_core::neuron::{GradedLif, GradedLifParameters};
use snn_core::noise::NoiseSeed;

fn main() {
    divan::main();
}

const STEPS: usize = 32;
const BATCH: usize = 100;

fn layer(device: &Device) -> SpikingLinear<Neurons<GradedLif>> {
    let parameters = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };
    SpikingLinearConfig::new(784, 100).init(Neurons::new(GradedLif::default(), parameters).with_delay(1), device)
}

#[divan::bench]
fn forward_and_backward(bencher: Bencher<'_, '_>) {
    let device = Device::flex().autodiff();
    let (layer, image) = (layer(&device), Tensor::<2>::ones([BATCH, 784], &device));
    let spikes = |step: u64| layer.forward_flickering(image.clone(), STEPS, NoiseSeed::new(step), None).output;
    let rate = spikes(0).mean().into_scalar::<f32>();
    assert!(rate > 0.0 && rate.is_finite(), "mean output {rate}");
    let mut step = 0;
    bencher.bench_local(|| {
        step += 1;
        let gradients = spikes(step).backward();
        layer.weight.grad(&gradients).expect("a gradient")
    });
}

#[divan::bench]
fn bare_products(bencher: Bencher<'_, '_>) {
    let device = Device::flex();
    let rows = STEPS * BATCH;
    let input = Tensor::<2>::ones([rows, 784], &device);
    let (weight, gradient) = (Tensor::<2>::ones([784, 100], &device), Tensor::<2>::ones([rows, 100], &device));
    let expected = 784.0;
    assert_eq!(input.clone().matmul(weight.clone()).slice([0..1, 0..1]).into_scalar::<f32>(), expected);
    bencher.bench_local(|| (input.clone().matmul(weight.clone()), input.clone().transpose().matmul(gradient.clone())));
}
