//! Bounds on firing rates, to be added to another loss.

use burn::tensor::Tensor;

use crate::sequence::domain;
use crate::sequence::sum::{mean_of_all, mean_of_columns, wide};

/// `1/N Σ_n max(0, excess(r[n]))²`, r[n] the rate of each neuron over time and batch.
#[track_caller]
fn penalty(name: &str, spikes: Tensor<3>, bound: f64, excess: impl Fn(Tensor<1>) -> Tensor<1>) -> Tensor<1> {
    domain::not_negative(name, "the bound", bound);
    let spikes = domain::sequence(name, spikes);
    let ([steps, batch, features], dtype) = (spikes.dims(), spikes.dtype());
    let rates = mean_of_columns(wide(spikes).reshape([steps * batch, features]));
    let excess = excess(rates);
    // A selection: a NaN is not negative, and stays.
    let within = excess.clone().lower_elem(0.0);
    mean_of_all(excess.mask_fill(within, 0.0).powi_scalar(2)).cast(dtype)
}

/// Penalises neurons that fire less often than `bound`: it keeps neurons from falling silent.
///
/// ```text
/// r[n] = 1/(T B) Σ_{t,b} s[t, b, n]
/// L    = 1/N Σ_n max(0, bound - r[n])²
/// ```
///
/// The rate is that over the whole batch: a neuron may be silent for one sample. Graded spikes count with their size, as in
/// [`spike_rate`](crate::readout::spike_rate); [`activity`](crate::analysis::activity) counts how many there are.
///
/// # Shapes
/// `spikes [time, batch, features]`, result `[1]`
///
/// # Units
/// Rates in spikes per time step.
///
/// # Gradient
/// Exact; zero for neurons within the bound. A silent neuron is only reached where its surrogate is not zero.
///
/// # Panics
/// If the bound is negative or not finite, or there is no time step, no sample or no neuron.
///
/// # Source
/// Zenke and Vogels (2021), "The remarkable robustness of surrogate gradient learning", Neural Computation 33, section
/// "Spike train regularization", doi 10.1162/neco_a_01367; with rates in place of counts.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::loss::{firing_rate_at_least, firing_rate_at_most};
/// // Two neurons, rates 0 and 1.
/// let spikes = Tensor::<3>::from_data([[[0.0, 1.0]], [[0.0, 1.0]]], &Device::flex());
/// assert_eq!(firing_rate_at_least(spikes.clone(), 0.5).into_scalar::<f32>(), 0.125); // (0.25 + 0) / 2
/// assert_eq!(firing_rate_at_most(spikes, 0.5).into_scalar::<f32>(), 0.125);
/// ```
#[track_caller]
pub fn firing_rate_at_least(spikes: Tensor<3>, bound: f64) -> Tensor<1> {
    penalty("firing rate at least", spikes, bound, |rates| rates.neg().add_scalar(bound))
}

/// Penalises neurons that fire more often than `bound`: it keeps networks sparse and neurons from firing at each
/// step.
///
/// ```text
/// L = 1/N Σ_n max(0, r[n] - bound)²        r as in firing_rate_at_least
/// ```
///
/// # Shapes, Units, Panics, Source
/// As [`firing_rate_at_least`].
///
/// # Gradient
/// Exact; zero for neurons within the bound.
#[doc(alias = "l1_rate_sparsity")]
#[doc(alias = "RegularizationCell")]
#[track_caller]
pub fn firing_rate_at_most(spikes: Tensor<3>, bound: f64) -> Tensor<1> {
    penalty("firing rate at most", spikes, bound, |rates| rates.sub_scalar(bound))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::testing::{gradient_is_the_finite_difference, some_numbers};
    use super::*;

    #[test]
    fn only_neurons_outside_the_bound_have_a_gradient() {
        let device = Device::flex().autodiff();
        // Rates 0, 0.5, 1.
        let spikes = Tensor::<3>::from_data([[[0.0, 1.0, 1.0]], [[0.0, 0.0, 1.0]]], &device).require_grad();
        let of = |loss: Tensor<1>| -> Vec<f32> {
            spikes.grad(&loss.backward()).expect("a gradient").into_data().iter::<f32>().collect()
        };
        // d/ds of (0.25 - 0)²/3 = -2 · 0.25 / 3 / 2 at each of two steps
        let low = of(firing_rate_at_least(spikes.clone(), 0.25));
        assert!((low[0] + 0.25 / 3.0).abs() < 1e-6 && low[1] == 0.0 && low[2] == 0.0, "{low:?}");
        let high = of(firing_rate_at_most(spikes.clone(), 0.75));
        assert!(high[0] == 0.0 && high[1] == 0.0 && (high[2] - 0.25 / 3.0).abs() < 1e-6, "{high:?}");
    }

    #[test]
    fn gradients_are_finite_differences() {
        let values = some_numbers(4 * 6);
        gradient_is_the_finite_difference("at least", &values, |x| firing_rate_at_least(x, 0.9));
        gradient_is_the_finite_difference("at most", &values, |x| firing_rate_at_most(x, 0.1));
    }

    #[test]
    fn the_loss_of_a_rate_which_is_no_number_is_none_either() {
        let spikes = || Tensor::<3>::from_data([[[0.0, f32::NAN]]], &Device::flex());
        assert!(firing_rate_at_least(spikes(), 0.5).into_scalar::<f32>().is_nan());
        assert!(firing_rate_at_most(spikes(), 0.5).into_scalar::<f32>().is_nan());
    }
}
