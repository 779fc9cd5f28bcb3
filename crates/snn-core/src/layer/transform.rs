//! How a neuron's parameter is learned without leaving its range.

use std::f64::consts::PI;

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use crate::number::ParameterRange;

/// How a parameter is learned.
///
/// What the optimizer moves, `w`, has no bounds; the parameter has. Between the two stands a transform.
///
/// | | parameter | `∂ parameter / ∂ w` |
/// |---|---|---|
/// | `Transformed`, range [`Unit`](ParameterRange::Unit) | `1 / (1 + e^-w)` | `p (1 - p)` |
/// | `Transformed`, range [`Positive`](ParameterRange::Positive) | `10⁻⁶ + ln(1 + e^w)` | `1 / (1 + e^-w)` |
/// | `Transformed`, range [`NotNegative`](ParameterRange::NotNegative) | `ln(1 + e^w)` | `1 / (1 + e^-w)` |
/// | `Transformed`, range [`Signed`](ParameterRange::Signed) | as `Positive`, with the sign it started with (`w` if that is 0) | |
/// | `Transformed`, range [`Angle`](ParameterRange::Angle) | `π tanh w` | `π (1 - tanh² w)` |
/// | `Transformed`, range [`Any`](ParameterRange::Any) | `w` | 1 |
/// | `Clamped` | `w`, or the bound it is beyond | 1 within the range, 0 beyond |
/// | `Raw` | `w` | 1 |
///
/// # Source
/// Transformed: Fang et al. (2021), "Incorporating learnable membrane time constant to enhance learning of spiking neural
/// networks", for the decay. Clamped: snnTorch's `Leaky(learn_beta=True)`, which clamps β at each step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Learning {
    /// Through a transform whose values lie in the parameter's range.
    #[default]
    Transformed,
    /// As it is within its range, as the bound beyond it.
    Clamped,
    /// As it is, with nothing to keep it in its range.
    Raw,
}

/// From what is learned to the parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Transform {
    Identity,
    Logistic,
    /// `π tanh w`
    Angle,
    /// `sign (offset + softplus(w))`
    Softplus {
        sign: f64,
        offset: f64,
    },
    Clamp(ParameterRange),
}

impl Transform {
    /// The transform of a parameter of this `range` that starts at `start`.
    pub(crate) fn new(learning: Learning, range: ParameterRange, start: f64) -> Self {
        let above_zero = |sign| Self::Softplus { sign, offset: ParameterRange::SMALLEST };
        match (learning, range) {
            (Learning::Raw, _) | (_, ParameterRange::Any) => Self::Identity,
            (Learning::Clamped, _) => Self::Clamp(range),
            (Learning::Transformed, ParameterRange::Unit) => Self::Logistic,
            (Learning::Transformed, ParameterRange::Angle) => Self::Angle,
            (Learning::Transformed, ParameterRange::Positive) => above_zero(1.0),
            (Learning::Transformed, ParameterRange::NotNegative) => Self::Softplus { sign: 1.0, offset: 0.0 },
            (Learning::Transformed, ParameterRange::Signed) if start == 0.0 => Self::Identity,
            (Learning::Transformed, ParameterRange::Signed) => above_zero(start.signum()),
        }
    }

    /// The parameter.
    pub(crate) fn apply(self, learned: Tensor<1>) -> Tensor<1> {
        match self {
            Self::Identity => learned,
            Self::Logistic => sigmoid(learned),
            Self::Angle => learned.tanh().mul_scalar(PI),
            Self::Softplus { sign, offset } => softplus(learned).add_scalar(offset).mul_scalar(sign),
            Self::Clamp(range) => match range.bounds() {
                (None, _) => learned,
                (Some(low), None) => learned.clamp_min(low),
                (Some(low), Some(high)) => learned.clamp(low, high),
            },
        }
    }

    /// What has to be learned for the parameter to be `start`; `None` if nothing finite is.
    pub(crate) fn inverse(self, start: f64) -> Option<f64> {
        let learned = match self {
            Self::Identity | Self::Clamp(_) => start,
            Self::Logistic => (start / (1.0 - start)).ln(),
            Self::Angle => (start / PI).atanh(),
            Self::Softplus { sign, offset } => {
                let rest = sign * start - offset;
                // ln(e^rest - 1), without the overflow.
                rest + (-(-rest).exp_m1()).ln()
            }
        };
        learned.is_finite().then_some(learned)
    }

    /// Its name, as a definition has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Identity => "raw",
            Self::Logistic => "logistic",
            Self::Angle => "tanh",
            Self::Softplus { .. } => "softplus",
            Self::Clamp(_) => "clamped",
        }
    }
}

/// `ln(1 + e^w)`: `w` itself where the exponential would overflow and 1 has no weight any more.
fn softplus(w: Tensor<1>) -> Tensor<1> {
    const LARGE: f64 = 30.0;
    let large = w.clone().greater_elem(LARGE);
    let soft = w.clone().clamp_max(LARGE).exp().log1p();
    soft.mask_where(large, w)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    const ALL: [Transform; 7] = [
        Transform::Identity,
        Transform::Logistic,
        Transform::Softplus { sign: 1.0, offset: 0.0 },
        Transform::Softplus { sign: 1.0, offset: ParameterRange::SMALLEST },
        Transform::Softplus { sign: -1.0, offset: ParameterRange::SMALLEST },
        Transform::Clamp(ParameterRange::Unit),
        Transform::Angle,
    ];

    fn at(transform: Transform, w: f64) -> f64 {
        transform.apply(Tensor::from_data([w], &Device::flex())).into_data().iter::<f64>().next().expect("one number")
    }

    #[test]
    fn a_parameter_starts_where_it_is_told_to() {
        for transform in ALL {
            for start in [1e-3, 0.3, 0.5, 0.9, 0.999] {
                let start = if let Transform::Softplus { sign, .. } = transform { sign * start } else { start };
                let learned = transform.inverse(start).expect("inside the range");
                assert!((at(transform, learned) - start).abs() < 1e-6, "{transform:?} {start}");
            }
        }
        for (transform, bound) in [(Transform::Logistic, 1.0), (Transform::Logistic, 0.0), (ALL[2], 0.0)] {
            assert_eq!(transform.inverse(bound), None, "{transform:?} {bound}");
        }
        // Large thresholds, too.
        assert!((at(ALL[3], ALL[3].inverse(1e4).expect("finite")) - 1e4).abs() < 1e-2);
    }

    #[test]
    fn gradients_are_finite_differences() {
        let device = Device::flex().autodiff();
        for transform in ALL {
            for w in [-40.0f64, -3.0, -0.4, 0.0, 0.2, 0.7, 2.5, 29.0, 31.0, 300.0] {
                let leaf = Tensor::<1>::from_data([w], &device).require_grad();
                let gradients = transform.apply(leaf.clone()).backward();
                let found = leaf.grad(&gradients).map_or(0.0, |g| g.into_data().iter::<f64>().next().expect("one"));
                let exact = match transform {
                    Transform::Identity => 1.0,
                    Transform::Logistic => 1.0 / (1.0 + (-w).exp()) * (1.0 - 1.0 / (1.0 + (-w).exp())),
                    Transform::Softplus { sign, .. } => sign / (1.0 + (-w).exp()),
                    Transform::Angle => PI * (1.0 - w.tanh().powi(2)),
                    Transform::Clamp(_) => f64::from(u8::from((0.0..=1.0).contains(&w))),
                };
                assert!((found - exact).abs() < 1e-6, "{transform:?} at {w}: {found}, {exact}");
                // And that is a finite difference, where f32 has the digits for one.
                if (-3.0..3.0).contains(&w) && w != 0.0 {
                    let difference = (at(transform, w + 1e-2) - at(transform, w - 1e-2)) / 2e-2;
                    assert!((found - difference).abs() < 1e-3, "{transform:?} at {w}: {found}, {difference}");
                }
            }
        }
    }

    #[test]
    fn no_number_leaves_the_range() {
        for w in [-1e30, -1000.0, -88.0, 0.0, 88.0, 1000.0, 1e30] {
            assert!(ParameterRange::Unit.contains(at(Transform::Logistic, w)));
            assert!(ParameterRange::NotNegative.contains(at(ALL[2], w)));
            assert!(ParameterRange::Positive.contains(at(ALL[3], w)) && at(ALL[3], w).is_finite(), "{w}");
            assert!(at(ALL[4], w) < 0.0);
            assert!(ParameterRange::Unit.contains(at(ALL[5], w)));
        }
    }
}
