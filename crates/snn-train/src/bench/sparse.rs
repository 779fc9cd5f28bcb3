//! A synapse whose input is spikes: what activity costs.

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;
use snn_core::noise::{NoiseSeed, uniform};
use snn_core::synapse::linear;

use super::measure::{Seconds, time};

/// Seconds at one level of activity.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SparseTimes {
    /// Share of inputs which are spikes.
    pub active: f64,
    /// The product.
    pub forward_seconds: Seconds,
    /// The product and the gradients of weight, bias and input.
    pub step_seconds: Seconds,
}

/// Times a synapse of `inputs` inputs and `outputs` outputs on `rows` rows of spikes.
pub fn sparse(device: &Device, rows: usize, inputs: usize, outputs: usize, runs: usize) -> Vec<SparseTimes> {
    [0.01, 0.05, 0.2, 1.0].into_iter().map(|active| at(device, active, rows, inputs, outputs, runs)).collect()
}

fn at(device: &Device, active: f64, rows: usize, inputs: usize, outputs: usize, runs: usize) -> SparseTimes {
    let autodiff = device.clone().autodiff();
    let key = NoiseSeed::new(3).key(0);
    let spikes = (0..rows * inputs).map(|i| f32::from(u8::from(f64::from(uniform(key, i as u32)) < active)));
    let spikes = Tensor::<2>::from_data(TensorData::new(spikes.collect::<Vec<f32>>(), [rows, inputs]), &autodiff);
    let weight = Tensor::<2>::ones([inputs, outputs], &autodiff).mul_scalar(0.01).require_grad();
    let bias = Tensor::<1>::zeros([outputs], &autodiff);
    let forward_seconds = time(device, runs, || linear(spikes.clone(), weight.clone(), bias.clone()));
    let step_seconds = time(device, runs, || {
        let product = linear(spikes.clone().require_grad(), weight.clone(), bias.clone());
        product.backward()
    });
    SparseTimes { active, forward_seconds, step_seconds }
}
