//! The influence of an input current on a later spike, out of the backward pass.

use burn::tensor::Tensor;

use super::{Sums, TimingCurve};
use crate::neuron::GradedLifReset;
use crate::record::NeuronsRecording;

/// Over which spikes the influence is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// How many steps before and after a spike are looked at.
    pub window: usize,
    /// Spikes of every `stride`-th step count: 1 is all of them, at the cost of one backward pass for each step.
    pub stride: usize,
}

/// `K(Δ)`: the mean, over output spikes `o[t]`, of `∂o[t] / ∂i[t-Δ]`.
///
/// Each value comes from the scan's own backward pass, the one that trains: a one in the place of `o[t]`, for all
/// samples and neurons that fire at step `t` at once, since one neuron's spike does not depend on another one's
/// current. `o[t]` is the spike at the step at which it was fired, whatever the axonal delay. A spike still in flight
/// at the end has no place in the output and is left out. A row `t-Δ` before the first step does not count.
///
/// # Panics
/// If the stride is 0.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{GradedLif, GradedLifParameters};
/// use snn_core::record::record;
/// use snn_core::analysis::timing::{Sampling, influence};
///
/// let constants = GradedLifParameters { decay: 0.5, threshold: 1.0, penalty: 1.5 };
/// let current = Tensor::<3>::from_data([[[0.5]], [[0.5]], [[0.9]]], &Device::flex()); // fires at the last step
/// let (_, recording) = record(|| Neurons::new(GradedLif::default(), constants).forward(current, None));
/// let curve = influence(&recording.populations[0], Sampling { window: 2, stride: 1 });
/// assert_eq!(curve.deltas, [-2, -1, 0, 1, 2]);
/// assert_eq!(curve.mean, [0.0, 0.0, 1.0, 0.5, 0.25]);
/// ```
pub fn influence(population: &NeuronsRecording, sampling: Sampling) -> TimingCurve {
    let (steps, delay) = (population.steps(), population.delay);
    let fired = population.spikes.clone().greater_elem(0.0).float();
    let width = fired.dims()[1];
    let counts = host(fired.clone().sum_dim(1));
    let mut sums = Sums::new(sampling.window);
    for step in sampled_steps(sampling, steps, delay) {
        let count = counts[step] as u64;
        if count == 0 {
            continue;
        }
        let current = population.current.clone().autodiff().require_grad();
        let output = population.replay(current.clone());
        let spike = output.slice([step + delay..step + delay + 1, 0..width]);
        let mask = fired.clone().slice([step..step + 1, 0..width]).autodiff();
        let gradients = (spike * mask).sum().backward();
        let gradient = current.grad(&gradients).unwrap_or_else(|| fired.zeros_like());
        let (sum, magnitude) = (host(gradient.clone().sum_dim(1)), host(gradient.abs().sum_dim(1)));
        for (place, row) in Sums::earlier(sampling.window, step, steps) {
            sums.sum[place] += f64::from(sum[row]);
            sums.magnitude[place] += f64::from(magnitude[row]);
            sums.pairs[place] += count;
        }
    }
    sums.curve()
}

/// By what the influence of an earlier current is multiplied where it crosses a spike of the article's neuron:
/// `1 - ρ/θ` if the reset is scaled, 0 if subtracted.
pub fn influence_factor(reset: GradedLifReset, threshold: f64, penalty: f64) -> f64 {
    match reset {
        GradedLifReset::Scaled => 1.0 - penalty / threshold,
        GradedLifReset::Subtracted => 0.0,
    }
}

/// What [`influence`] finds if the membrane decays by `decay` at each step, and a spike multiplies what remains by
/// `factor`: `λ^Δ factor^n`, with `n` the spikes of that neuron from step `t-Δ` to before step `t`, averaged over the
/// same spikes.
pub fn predicted_influence(population: &NeuronsRecording, sampling: Sampling, decay: f64, factor: f64) -> TimingCurve {
    let (steps, delay) = (population.steps(), population.delay);
    let spikes = host(population.spikes.clone());
    let width = spikes.len() / steps;
    let mut sums = Sums::new(sampling.window);
    for step in sampled_steps(sampling, steps, delay) {
        for column in (0..width).filter(|column| spikes[step * width + column] > 0.0) {
            for (place, _) in Sums::earlier(sampling.window, step, steps) {
                sums.pairs[place] += 1;
            }
            let mut influence = 1.0;
            for delta in 0..=sampling.window.min(step) {
                if delta > 0 {
                    let fired = spikes[(step - delta) * width + column] > 0.0;
                    influence *= decay * if fired { factor } else { 1.0 };
                }
                sums.sum[sampling.window + delta] += influence;
                sums.magnitude[sampling.window + delta] += influence.abs();
            }
        }
    }
    sums.curve()
}

fn sampled_steps(sampling: Sampling, steps: usize, delay: usize) -> impl Iterator<Item = usize> {
    assert!(sampling.stride > 0, "influence: spikes of every 0th step asked for, the stride is at least 1");
    (0..steps.saturating_sub(delay)).step_by(sampling.stride)
}

pub(super) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
