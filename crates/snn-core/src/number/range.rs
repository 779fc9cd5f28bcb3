//! The range of a parameter: declared where the neuron is declared, checked at construction, kept while learning.

use std::f64::consts::PI;
use std::fmt;

/// Where a neuron's parameter may lie, and thereby how it is learned.
///
/// Declared in [`neuron!`](crate::neuron!), as in `parameters LifParameters { decay: ParameterRange::Unit, gain }`; without
/// a range a parameter is [`Any`](Self::Any). Not a number lies in no range.
///
/// | range | numbers | a learned parameter is |
/// |---|---|---|
/// | `Any` | all | the learned number itself |
/// | `Signed` | all | the softplus of the learned number, with the sign it started with |
/// | `Unit` | 0 to 1 | its logistic function |
/// | `Positive`, `NotNegative` | above 0, from 0 on | its softplus |
/// | `Angle` | -π to π | π times its hyperbolic tangent |
///
/// How it is learned can be chosen: [`Learning`](crate::layer::Learning).
///
/// # Example
/// ```
/// use snn_core::number::ParameterRange;
/// assert!(ParameterRange::Unit.contains(1.0) && !ParameterRange::Unit.contains(1.08));
/// assert!(ParameterRange::Positive.contains(f64::INFINITY) && !ParameterRange::Positive.contains(0.0));
/// assert!(!ParameterRange::Any.contains(f64::NAN));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ParameterRange {
    /// All numbers: gains, rest, reset.
    #[default]
    Any,
    /// All numbers, but learning does not change the sign: thresholds, which are negative in the laboratory's millivolts.
    Signed,
    /// 0 to 1, both included: what is left of something after one time step.
    Unit,
    /// Above 0: time constants, capacitances, and whatever is divided by.
    Positive,
    /// From 0 on.
    NotNegative,
    /// -π to π: a rotation by more in one step is one by less. Far beyond, processors disagree on sine and cosine.
    Angle,
}

impl ParameterRange {
    /// Whether `value` lies in the range.
    pub fn contains(self, value: f64) -> bool {
        match self {
            Self::Any | Self::Signed => !value.is_nan(),
            Self::Unit => (0.0..=1.0).contains(&value),
            Self::Positive => value > 0.0,
            Self::NotNegative => value >= 0.0,
            // The nearest number of `f32` is a little larger than π.
            Self::Angle => value.abs() <= f64::from(std::f32::consts::PI),
        }
    }

    /// The smallest and the largest number of the range that a parameter can be clamped to; `None` if there is no bound.
    pub(crate) fn bounds(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Any | Self::Signed => (None, None),
            Self::Unit => (Some(0.0), Some(1.0)),
            Self::Positive => (Some(Self::SMALLEST), None),
            Self::NotNegative => (Some(0.0), None),
            Self::Angle => (Some(-PI), Some(PI)),
        }
    }

    /// What a learned parameter that must be above zero keeps above zero: the softplus alone would round to it.
    pub(crate) const SMALLEST: f64 = 1e-6;
}

impl fmt::Display for ParameterRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Any | Self::Signed => "any number",
            Self::Unit => "0 to 1",
            Self::Positive => "above 0",
            Self::NotNegative => "0 or above",
            Self::Angle => "-π to π",
        })
    }
}
