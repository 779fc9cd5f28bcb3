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

/// A matrix product of a training step.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// How many rows are multiplied: samples, times steps where it is done at each.
    pub rows: usize,
    /// Features in.
    pub inputs: usize,
    /// Features out.
    pub outputs: usize,
    /// Whether the gradient of what comes in is needed.
    pub of_input: bool,
}

/// Measures the limit of a network of so many linear layers on this device; `noise`: time steps, batch and features of an input which
/// flickers.
pub fn limit(device: &Device, layers: &[Product], noise: Option<[usize; 3]>, runs: usize) -> Limit {
    let matmul = layers.iter().map(|layer| products(device, *layer, runs)).sum();
    let noise = noise.map_or(0.0, |[steps, batch, inputs]| 2.0 * drawing(device, steps, batch, inputs, runs).median);
    Limit { matmul, noise, total: matmul + noise }
}

fn values<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    // Not constant, so that no product gets cheaper than it is.
    Tensor::random(shape, burn::tensor::Distribution::Uniform(-0.5, 0.5), device)
}

/// Forward, gradient of the weight, and gradient of the input unless it is the image.
fn products(device: &Device, Product { rows, inputs, outputs, of_input }: Product, runs: usize) -> f64 {
    // What does not fit the device in one piece is timed for a piece.
    let widest = (inputs.max(outputs) * size_of::<f32>()) as u64;
    let fitting = largest_tensor(device).map_or(rows, |limit| rows.min((limit / widest) as usize));
    let pieces = rows as f64 / fitting as f64;
    let input = values([fitting, inputs], device);
    let weight = values([inputs, outputs], device);
    let gradient = values([fitting, outputs], device);
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
fn drawing(device: &Device, time_steps: usize, batch: usize, inputs: usize, runs: usize) -> Seconds {
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
