//! What a training step cannot be faster than: its bare matrix products, and the drawing of its noise.

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;
use serde::Serialize;
use snn_core::device::largest_tensor;
use snn_core::noise::{NoiseSeed, multiply};
use snn_core::synapse::{flicker, linear};

use super::measure::{Seconds, time};

/// Seconds of the parts of the limit.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limit {
    /// All matrix products of the step, each by the faster of Burn's product and ours.
    pub matmul: f64,
    /// Drawing the noise, once for forward and once for backward.
    pub noise: f64,
    /// Their sum.
    pub total: f64,
}

/// Measures the limit of a network of `sizes`, its input flickering, on this device.
pub fn limit(device: &Device, sizes: &[usize], time_steps: usize, batch: usize, runs: usize) -> Limit {
    let rows = time_steps * batch;
    let mut matmul = 0.0;
    for (index, pair) in sizes.windows(2).enumerate() {
        matmul += products(device, rows, pair[0], pair[1], index > 0, runs);
    }
    let noise = 2.0 * noise(device, time_steps, batch, sizes[0], runs).median;
    Limit { matmul, noise, total: matmul + noise }
}

fn numbers<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    // Not constant, so that no product gets cheaper than it is.
    Tensor::random(shape, burn::tensor::Distribution::Uniform(-0.5, 0.5), device)
}

/// Forward, gradient of the weight, and gradient of the input unless it is the image.
fn products(device: &Device, rows: usize, inputs: usize, outputs: usize, of_input: bool, runs: usize) -> f64 {
    // What does not fit the device in one piece is timed for a piece.
    let widest = (inputs.max(outputs) * size_of::<f32>()) as u64;
    let fitting = largest_tensor(device).map_or(rows, |limit| rows.min((limit / widest) as usize));
    let pieces = rows as f64 / fitting as f64;
    let input = numbers([fitting, inputs], device);
    let weight = numbers([inputs, outputs], device);
    let gradient = numbers([fitting, outputs], device);
    let burn = time(device, runs, || {
        let forward = input.clone().matmul(weight.clone());
        let of_weight = input.clone().transpose().matmul(gradient.clone());
        let of_input = of_input.then(|| gradient.clone().matmul(weight.clone().transpose()));
        (forward, of_weight, of_input)
    });
    let autodiff = device.clone().autodiff();
    let on_graph = |tensor: &Tensor<2>, wanted: bool| {
        let tensor = Tensor::<2>::from_inner(tensor.clone());
        if wanted { tensor.require_grad() } else { tensor }
    };
    let bias = Tensor::zeros([outputs], &autodiff);
    let ours = time(device, runs, || {
        let product = linear(on_graph(&input, of_input), on_graph(&weight, true), bias.clone());
        (product * on_graph(&gradient, false)).sum().backward()
    });
    // Ours has a product and a sum more, around it: where it is faster all the same, it is the limit.
    pieces * burn.median.min(ours.median)
}

/// Drawing all noise of a sequence once, thrown away as soon as it is drawn.
fn noise(device: &Device, time_steps: usize, batch: usize, inputs: usize, runs: usize) -> Seconds {
    let seed = NoiseSeed::new(1);
    if largest_tensor(device).is_some() {
        // On a GPU: the kernel which writes it, a few steps at a time.
        let image = Tensor::<2>::ones([batch, inputs], device);
        return time(device, runs, || {
            for step in 0..time_steps {
                drop(flicker(image.clone(), 1, seed.later(step)));
            }
        });
    }
    let image = vec![1.0f32; batch * inputs];
    time(device, runs, || {
        // As the product does: in pieces which stay in the cache.
        let sum: f32 = (0..time_steps)
            .into_par_iter()
            .map_init(
                || vec![0.0f32; 65_536],
                |tile, step| {
                    let key = seed.key(step);
                    let mut last = 0.0;
                    for (piece, image) in image.chunks(tile.len()).enumerate() {
                        let tile = &mut tile[..image.len()];
                        multiply(tile, image, key, (piece * 65_536) as u32);
                        last += tile[tile.len() - 1];
                    }
                    last
                },
            )
            .sum();
        assert!(sum > 0.0, "noise was drawn");
    })
}
