//! The van Rossum distance of spike trains.

use burn::tensor::{Tensor, s};

use crate::scan::from_rest;
use crate::sequence::domain;
use crate::sequence::sum::{mean_of_all, sum_over_time, wide};

crate::neuron! {
    /// An exponential trace of its input.
    struct Trace
    parameters TraceParameters {
        /// What is left of the trace after one step.
        decay,
    }
    state TraceState { trace }
    fn step(&self, p, state, input) {
        let trace = p.decay * state.trace + input;
        (trace, TraceState { trace })
    }
}

/// The square of the van Rossum distance of the spike trains of each neuron.
///
/// ```text
/// γ    = exp(-1/τ)
/// e[t] = γ e[t-1] + a[t] - b[t]                           what one trace has more than the other
/// D²   = (1 - γ²)/2 · Σ_{t = 0 .. ∞} e[t]²                the end of the traces after T included
/// ```
///
/// In the source D² = 1/τ ∫ (f_a - f_b)² dt with traces `exp(-t/τ)`; `(1 - γ²)/2` is the step `1/τ` made exact, so
/// that for any τ one spike more costs 1/2, as there. A spike moved by Δ steps costs `1 - exp(-Δ/τ)`: from 0, the same
/// spike, to 1, two spikes that have nothing to do with each other.
///
/// # Shapes
/// `a` and `b` `[time, batch, features]`, result `[batch, features]`
///
/// # Units
/// `τ` in time steps.
///
/// # Gradient
/// Exact.
///
/// # Panics
/// If the shapes differ, τ is not positive and finite, or there is no time step, no sample or no neuron.
///
/// # Source
/// van Rossum (2001), "A novel spike distance", Neural Computation 13, doi 10.1162/089976601300014321.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor, s};
/// use snn_core::loss::van_rossum_distance;
/// let device = Device::flex();
/// let spike_at = |t: usize| {
///     let mut train = [0.0f32; 8];
///     train[t] = 1.0;
///     Tensor::<1>::from_data(train, &device).reshape([8, 1, 1])
/// };
/// let none = Tensor::<3>::zeros([8, 1, 1], &device);
/// let tau = 2.0;
/// let more = van_rossum_distance(spike_at(7), none, tau).into_scalar::<f32>();
/// assert!((more - 0.5).abs() < 1e-6);
/// let moved = van_rossum_distance(spike_at(2), spike_at(5), tau).into_scalar::<f32>();
/// assert!((moved - (1.0 - (-3.0f32 / 2.0).exp())).abs() < 1e-6);
/// ```
#[track_caller]
pub fn van_rossum_distance(a: Tensor<3>, b: Tensor<3>, time_constant: f64) -> Tensor<2> {
    let dtype = a.dtype();
    distance(a, b, time_constant).cast(dtype)
}

/// In the type in which values of the type of `a` are summed.
#[track_caller]
fn distance(a: Tensor<3>, b: Tensor<3>, time_constant: f64) -> Tensor<2> {
    let name = "van Rossum distance";
    let (of_a, of_b) = (a.dims(), b.dims());
    assert_eq!(of_a, of_b, "{name}: spike trains of shapes {of_a:?} and {of_b:?}");
    domain::positive(name, "the time constant", time_constant);
    let (a, b) = (wide(domain::sequence(name, a)), domain::sequence(name, b));
    let b = b.cast(a.dtype());
    let (steps, decay) = (of_a[0], (-1.0 / time_constant).exp());
    let trace = from_rest(Trace {}, &TraceParameters { decay }, a - b);
    let last: Tensor<2> = trace.clone().slice(s![steps - 1..steps]).squeeze_dim(0);
    let within = sum_over_time(trace.powi_scalar(2));
    // After the last step the trace only decays: a geometric series, γ²/(1 - γ²) times its last square.
    let one_spike = -(-2.0 / time_constant).exp_m1() / 2.0; // (1 - γ²)/2
    within.mul_scalar(one_spike) + last.powi_scalar(2).mul_scalar(decay * decay / 2.0)
}

/// The mean over batch and neurons of [`van_rossum_distance`]: draws spikes towards their target times.
///
/// # Shapes
/// `spikes` and `targets` `[time, batch, features]`, result `[1]`
///
/// # Units, Gradient, Panics, Source
/// As [`van_rossum_distance`].
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// let device = Device::flex();
/// let (none, one) = (Tensor::<3>::zeros([3, 1, 2], &device), Tensor::from_data([[[0.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]], &device));
/// let loss = snn_core::loss::van_rossum(none, one, 5.0).into_scalar::<f32>();
/// assert!((loss - 0.25).abs() < 1e-6); // 1/2 for one of two neurons
/// ```
#[track_caller]
pub fn van_rossum(spikes: Tensor<3>, targets: Tensor<3>, time_constant: f64) -> Tensor<1> {
    let dtype = spikes.dtype();
    mean_of_all(distance(spikes, targets, time_constant)).cast(dtype)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::testing::{gradient_is_the_finite_difference, some_numbers};
    use super::*;

    #[test]
    fn it_is_symmetric_and_zero_for_equal_trains() {
        let device = Device::flex();
        let (a, b) = (some_numbers(30), some_numbers(60));
        let a = Tensor::<1>::from_data(a.as_slice(), &device).reshape([5, 2, 3]);
        let b = Tensor::<1>::from_data(&b[30..], &device).reshape([5, 2, 3]);
        let between = |a: &Tensor<3>, b: &Tensor<3>| van_rossum(a.clone(), b.clone(), 3.0).into_scalar::<f32>();
        assert_eq!(between(&a, &a), 0.0);
        assert!(between(&a, &b) > 0.0);
        assert!((between(&a, &b) - between(&b, &a)).abs() < 1e-7);
    }

    #[test]
    fn the_gradient_is_the_finite_difference() {
        let target = || Tensor::<3>::ones([4, 2, 3], &Device::flex().autodiff());
        gradient_is_the_finite_difference("van Rossum", &some_numbers(4 * 6), |x| van_rossum(x, target(), 1.5));
    }
}
