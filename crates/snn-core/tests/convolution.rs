//! Convolutions against Burn's own: values and gradients, on every device compiled in.

mod common;

use burn::nn::conv::{Conv1dConfig, Conv2dConfig};
use burn::nn::{PaddingConfig1d, PaddingConfig2d};
use burn::tensor::module as burn_module;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use common::devices;
use snn_core::layer::{self, over_time};
use snn_core::noise::{NoiseSeed, uniform};
use snn_core::synapse::{Precision, conv1d, conv2d, conv2d_in};

/// Values around zero, of which the share `density` is not zero.
fn values<const D: usize>(shape: [usize; D], seed: u64, density: f32, device: &Device) -> Tensor<D> {
    let (key, present) = (NoiseSeed::new(seed).key(0), NoiseSeed::new(seed).key(1));
    let values: Vec<f32> = (0..shape.iter().product::<usize>() as u32)
        .map(|place| if uniform(present, place) < density { uniform(key, place) - 0.5 } else { 0.0 })
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn list<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[track_caller]
fn close(found: &[f32], expected: &[f32], allowed: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-6f32, |largest, value| largest.max(value.abs()));
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max) / largest;
    assert!(worst <= allowed, "{what}: differs by {worst:e}");
}

type Convolution<'a> = &'a dyn Fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>;

/// The output, and the gradients of input, weight and bias.
fn run(shapes: ([usize; 4], [usize; 4]), density: f32, device: &Device, convolution: Convolution) -> [Vec<f32>; 4] {
    let device = device.clone().autodiff();
    let input = values(shapes.0, 1, density, &device).require_grad();
    let weight = values(shapes.1, 2, 1.0, &device).require_grad();
    let bias = values([shapes.1[0]], 3, 1.0, &device).require_grad();
    let output = convolution(input.clone(), weight.clone(), bias.clone());
    let gradients = (output.clone() * values(output.dims(), 4, 1.0, &device)).sum().backward();
    let grad = |found: Option<Tensor<4>>| list(found.expect("a gradient"));
    [
        list(output),
        grad(input.grad(&gradients)),
        grad(weight.grad(&gradients)),
        list(bias.grad(&gradients).expect("a gradient")),
    ]
}

#[test]
fn values_and_gradients_are_those_of_burn() {
    // Rows, channels in and out, groups; height, width; kernel, stride, padding, dilation.
    let cases = [
        ([3, 2, 4, 1], [7, 9], [3, 3], [1, 1], [1, 1], [1, 1]),
        ([2, 4, 6, 2], [8, 8], [3, 2], [2, 1], [0, 1], [1, 2]),
        ([5, 1, 32, 1], [12, 12], [5, 5], [1, 1], [2, 2], [1, 1]),
        ([4, 32, 20, 1], [7, 7], [5, 5], [1, 1], [2, 2], [1, 1]),
        ([2, 6, 6, 6], [10, 5], [3, 3], [2, 2], [1, 1], [1, 1]),
        ([1, 3, 5, 1], [1, 20], [1, 5], [1, 3], [0, 2], [1, 1]),
    ];
    for (name, device) in devices() {
        for ([rows, inputs, outputs, groups], [height, width], kernel, stride, padding, dilation) in cases {
            for density in [1.0, 0.05] {
                let shapes = ([rows, inputs, height, width], [outputs, inputs / groups, kernel[0], kernel[1]]);
                let options = || ConvOptions::new(stride, padding, dilation, groups);
                let found = run(shapes, density, &device, &|x, w, b| conv2d(x, w, Some(b), options()));
                let expected = run(shapes, density, &device, &|x, w, b| burn_module::conv2d(x, w, Some(b), options()));
                let what = format!("{name}, {shapes:?}, {:?}, density {density}", options());
                for (found, expected) in found.iter().zip(&expected) {
                    close(found, expected, 1e-5, &what);
                }
            }
        }
    }
}

#[test]
fn modules_of_burn_with_any_padding_and_one_axis() {
    for (name, device) in devices() {
        for padding in [PaddingConfig2d::Valid, PaddingConfig2d::Same, PaddingConfig2d::Explicit(1, 2, 0, 2)] {
            let conv = Conv2dConfig::new([2, 3], [3, 3]).with_padding(padding.clone()).init(&device);
            let frames = values([4, 2, 6, 7], 1, 1.0, &device);
            let (found, expected) = (layer::conv2d(&conv, frames.clone()), conv.forward(frames));
            close(&list(found), &list(expected), 1e-5, &format!("{name}, {padding:?}"));
        }
        for (padding, kernel) in
            [(PaddingConfig1d::Valid, 4), (PaddingConfig1d::Same, 4), (PaddingConfig1d::Explicit(2, 2), 3)]
        {
            let conv = Conv1dConfig::new(2, 3, kernel).with_padding(padding.clone()).init(&device);
            let sequence = values([5, 4, 2, 9], 1, 0.3, &device);
            let found = over_time(sequence.clone(), |frames| layer::conv1d(&conv, frames));
            let expected = over_time(sequence, |frames| conv.forward(frames));
            close(&list(found), &list(expected), 1e-5, &format!("{name}, {padding:?}"));
        }
    }
}

#[test]
fn bf16_rounds_the_factors_and_nothing_else() {
    let device = Device::flex();
    if let Err(reason) = Precision::Bf16.available(&device) {
        eprintln!("NOT tested: {reason}");
        return;
    }
    let shapes = ([6, 32, 9, 9], [24, 32, 3, 3]);
    let options = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let exact = run(shapes, 1.0, &device, &|x, w, b| conv2d(x, w, Some(b), options()));
    let rounded = run(shapes, 1.0, &device, &|x, w, b| conv2d_in(Precision::Bf16, x, w, Some(b), options()));
    for (rounded, exact) in rounded.iter().zip(&exact) {
        close(rounded, exact, 2e-2, "bf16");
    }
    assert_ne!(rounded[0], exact[0]);
}

#[test]
#[should_panic(expected = "an input of 3 channels, the weight takes 2 in each of 1 groups")]
fn channels_that_do_not_fit_are_named() {
    let device = Device::flex();
    let (input, weight) = (Tensor::<3>::ones([1, 3, 4], &device), Tensor::<3>::ones([5, 2, 3], &device));
    conv1d(input, weight, None, ConvOptions::new([1], [0], [1], 1));
}
