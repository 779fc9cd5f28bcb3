//! Temporal efficient training.

use burn::tensor::{Int, Tensor};

use super::cross_entropy::cross_entropy_of_classes;
use crate::sequence::Sequence;
use crate::sequence::domain;
use crate::sequence::sum::{mean_of_all, wide};

/// The constants of [`tet`](tet()).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tet {
    /// λ, the share of the regulariser, from 0 to 1.
    pub lambda: f64,
    /// φ, what the regulariser draws all outputs to; the threshold of the neurons in the source.
    pub phi: f64,
}

impl Default for Tet {
    /// λ = 0.05 and φ = 1.
    fn default() -> Self {
        Self { lambda: 0.05, phi: 1.0 }
    }
}

/// Temporal efficient training: the cross-entropy at *each* step, not of the mean output.
///
/// ```text
/// L = (1 - λ) 1/T Σ_t CE(o[t], target) + λ 1/(T B C) Σ_{t,b,c} (o[t, b, c] - φ)²
/// ```
///
/// Each step has to be right by itself, so that a network trained with many steps is good with few, too. With
/// λ = 0 and spikes as outputs it is what snnTorch calls `ce_rate_loss`.
///
/// # Shapes
/// `outputs [time, batch, classes]`, the current or membrane of the last layer; `targets [batch]`, result `[1]`
///
/// # Gradient
/// Exact.
///
/// # Panics
/// If there is not one target for each sample, a target is not one of the classes, λ is not in [0, 1], φ is not finite, or
/// there is no time step, no sample or no class.
///
/// # Source
/// Deng, Li, Zhang, Gu (2022), "Temporal efficient training of spiking neural network via gradient re-weighting",
/// arXiv 2202.11946.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use snn_core::loss::{Tet, tet};
/// let device = Device::flex();
/// // Two classes, two steps: at the first undecided (ln 2), at the second one apart (ln(1 + e⁻¹)).
/// let outputs = Tensor::<3>::from_data([[[0.0, 0.0]], [[1.0, 0.0]]], &device);
/// let targets = Tensor::<1, Int>::from_data([0], &device);
/// let loss = tet(outputs.clone(), targets.clone(), Tet { lambda: 0.0, phi: 1.0 }).into_scalar::<f32>();
/// assert!((loss - (2.0f32.ln() + (1.0 + (-1.0f32).exp()).ln()) / 2.0).abs() < 1e-6);
/// // The regulariser alone: three of four outputs are 1 away from φ.
/// assert_eq!(tet(outputs, targets, Tet { lambda: 1.0, phi: 1.0 }).into_scalar::<f32>(), 0.75);
/// ```
#[doc(alias = "ce_rate_loss")]
#[doc(alias = "temporal_efficient_training_cross_entropy")]
#[track_caller]
pub fn tet(outputs: Tensor<3>, targets: Tensor<1, Int>, constants: Tet) -> Tensor<1> {
    let Tet { lambda, phi } = constants;
    domain::between("tet", "λ", lambda, 0.0, 1.0);
    domain::finite("tet", "φ", phi);
    let outputs = domain::sequence("tet", outputs);
    let ([steps, batch, classes], dtype) = (outputs.dims(), outputs.dtype());
    let targets = domain::classes("tet", targets, [batch, classes], &outputs.device());
    let outputs = wide(outputs);
    let regulariser = |outputs: Tensor<3>| mean_of_all(outputs.sub_scalar(phi).powi_scalar(2)).mul_scalar(lambda);
    let each_step = |outputs: Tensor<3>| {
        // All steps are samples of one large batch; as each has as many, the mean of means is the mean.
        let (merged, _) = outputs.merge_time();
        cross_entropy_of_classes(merged, targets.repeat_dim(0, steps)).mul_scalar(1.0 - lambda)
    };
    // A share of 0 is none: zero times an infinite square would be NaN.
    let loss = if lambda == 0.0 {
        each_step(outputs)
    } else if lambda == 1.0 {
        regulariser(outputs)
    } else {
        each_step(outputs.clone()) + regulariser(outputs)
    };
    loss.cast(dtype)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, s};

    use super::super::cross_entropy::cross_entropy;
    use super::super::testing::{gradient_is_the_finite_difference, some_numbers};
    use super::*;

    #[test]
    fn it_is_the_mean_of_the_steps_cross_entropies() {
        let device = Device::flex();
        let outputs = Tensor::<1>::from_data(some_numbers(4 * 6).as_slice(), &device).reshape([4, 2, 3]);
        let targets = Tensor::<1, Int>::from_data([2, 1], &device);
        let steps: f32 = (0..4)
            .map(|t| {
                let step: Tensor<2> = outputs.clone().slice(s![t..t + 1]).squeeze_dim(0);
                cross_entropy("step", step, targets.clone()).into_scalar::<f32>()
            })
            .sum();
        let whole = tet(outputs, targets, Tet { lambda: 0.0, phi: 0.0 }).into_scalar::<f32>();
        assert!((whole - steps / 4.0).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_is_the_finite_difference() {
        let targets = || Tensor::<1, Int>::from_data([1, 2], &Device::flex().autodiff());
        let constants = Tet { lambda: 0.3, phi: 0.7 };
        gradient_is_the_finite_difference("tet", &some_numbers(4 * 6), |x| tet(x, targets(), constants));
    }

    #[test]
    fn a_share_of_zero_of_something_infinite_is_nothing() {
        let device = Device::flex();
        let outputs = || Tensor::<3>::from_data([[[1e30, 0.0]]], &device); // its square is infinite in f32
        let targets = || Tensor::<1, Int>::from_data([0], &device);
        assert_eq!(tet(outputs(), targets(), Tet { lambda: 0.0, phi: 1.0 }).into_scalar::<f32>(), 0.0);
        let never = Tensor::<3>::from_data([[[f32::NEG_INFINITY, 1.0]]], &device); // infinitely unlikely
        assert_eq!(tet(never, targets(), Tet { lambda: 1.0, phi: 1.0 }).into_scalar::<f32>(), f32::INFINITY);
    }
}
