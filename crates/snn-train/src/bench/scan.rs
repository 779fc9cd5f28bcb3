//! The scan alone, against copying the bytes it has to touch.

use burn::tensor::{Device, Tensor};
use serde::Serialize;
use snn_core::layer::Neurons;
use snn_core::neuron::Neuron;

use super::measure::{Seconds, time};

/// A scan beside a copy.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ScanTimes {
    /// Time steps.
    pub time_steps: usize,
    /// Neurons, over all samples.
    pub neurons: usize,
    /// Forward and backward.
    pub seconds: Seconds,
    /// Nanoseconds per neuron and time step.
    pub nanoseconds: f64,
    /// Copying as many bytes as forward and backward read and write at least.
    pub copy_seconds: Seconds,
}

/// Times forward and backward of `neurons` on a current which is there already.
pub fn scan<N: Neuron>(
    device: &Device,
    neurons: &Neurons<N>,
    time_steps: usize,
    batch: usize,
    features: usize,
    runs: usize,
) -> ScanTimes {
    let shape = [time_steps, batch, features];
    let uniform = burn::tensor::Distribution::Uniform(-0.2, 0.6);
    let current = Tensor::<3>::random(shape, uniform, device);
    let seconds = time(device, runs, || {
        let current = Tensor::<3>::from_inner(current.clone()).require_grad();
        let scanned = neurons.forward(current.clone(), None);
        // Begins with a gradient of ones, written once.
        let gradients = scanned.output.backward();
        current.grad(&gradients).expect("a gradient")
    });
    // Forward reads the current and writes the output; backward reads both and the gradient, and writes one:
    // six streams, which are three copies.
    let copy_seconds = time(device, runs, || current.clone().add_scalar(1.0)).times(3);
    let neurons = batch * features;
    let nanoseconds = seconds.median * 1e9 / (neurons * time_steps) as f64;
    ScanTimes { time_steps, neurons, seconds, nanoseconds, copy_seconds }
}
