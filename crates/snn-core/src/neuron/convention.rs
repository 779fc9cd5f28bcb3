//! Conventions in which libraries differ, by name: decay, input, comparison, reset, its timing and its gradient.

use crate::number::Scalar;

/// How the decay of one time step is given.
///
/// # Example
/// ```
/// use snn_core::neuron::Decay;
/// assert_eq!(Decay::Multiplier(0.9).factor(), 0.9);
/// assert_eq!(Decay::Euler { tau: 10.0, dt: 1.0 }.factor(), 0.9); //             1 - 1/10
/// assert_eq!(Decay::Exact { tau: 10.0, dt: 1.0 }.factor(), (-0.1f64).exp()); // 0.9048..
/// ```
#[doc(alias = "beta")]
#[doc(alias = "tau")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// What is left after one step, as snnTorch's β.
    Multiplier(f64),
    /// The exact solution of `τ dv/dt = -v` after `dt`: exp(-dt/τ), as Sinabs, Rockpool and mlGeNN have it.
    Exact {
        /// Time constant, in the unit of `dt`.
        tau: f64,
        /// Duration of a step.
        dt: f64,
    },
    /// One step of Euler's method: 1 - dt/τ, as SpikingJelly (dt = 1) and Norse have it.
    Euler {
        /// Time constant, in the unit of `dt`.
        tau: f64,
        /// Duration of a step.
        dt: f64,
    },
}

/// A multiplier.
impl From<f64> for Decay {
    fn from(multiplier: f64) -> Self {
        Self::Multiplier(multiplier)
    }
}

impl Decay {
    /// What is left after one step.
    ///
    /// # Panics
    /// If a multiplier does not lie between 0 and 1, a time constant or time step is not positive, or a step of Euler's
    /// method is longer than its time constant, beyond which the membrane would change its sign at each step.
    #[track_caller]
    pub fn factor(self) -> f64 {
        match self {
            Self::Multiplier(factor) => {
                assert!(
                    (0.0..=1.0).contains(&factor),
                    "decay: a multiplier of {factor} per time step, it must lie between 0 (nothing is left) and 1 (no leak)"
                );
                factor
            }
            Self::Exact { tau, dt } => (-step_over_constant(tau, dt)).exp(),
            Self::Euler { tau, dt } => {
                let share = step_over_constant(tau, dt);
                assert!(
                    share <= 1.0,
                    "decay: a time constant of {tau} is shorter than the time step of {dt}, where Euler's method overshoots; \
                     use shorter steps, or Decay::Exact"
                );
                1.0 - share
            }
        }
    }
}

#[track_caller]
fn step_over_constant(tau: f64, dt: f64) -> f64 {
    assert!(
        tau > 0.0 && dt > 0.0 && dt.is_finite(),
        "decay: time constant {tau} and time step {dt} must be positive, in the same unit"
    );
    dt / tau
}

/// What the input is multiplied by.
#[doc(alias = "decay_input")]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum InputScale {
    /// One: a unit of input lifts the membrane by one. snnTorch; SpikingJelly with `decay_input=False`.
    #[default]
    One,
    /// 1 - decay: a constant input of one lifts the membrane to one in the end. SpikingJelly by default; Norse;
    /// Sinabs with `norm_input`.
    OneMinusDecay,
    /// A factor of your own.
    Factor(f64),
}

impl InputScale {
    /// The gain of a neuron whose membrane keeps `decay` of itself.
    pub fn gain(self, decay: f64) -> f64 {
        match self {
            Self::One => 1.0,
            Self::OneMinusDecay => 1.0 - decay,
            Self::Factor(factor) => factor,
        }
    }
}

/// When a membrane exactly at the threshold fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Comparison {
    /// It does not: `u > θ`. snnTorch (whose documentation says ≥), Norse, NIR, the article.
    #[default]
    Above,
    /// It does: `u >= θ`. SpikingJelly, Sinabs, Lava-DL, mlGeNN.
    AtOrAbove,
}

/// What a spike does to the membrane.
#[doc(alias = "reset_mechanism")]
#[doc(alias = "v_reset")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Reset {
    /// It lowers it by the threshold (soft reset).
    #[default]
    Subtract,
    /// It sets it to zero.
    Zero,
    /// It sets it to the parameter `reset` (hard reset).
    Value,
    /// Nothing.
    None,
}

/// When the reset happens.
#[doc(alias = "reset_delay")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ResetTiming {
    /// In the step of the spike: the state holds the membrane after its reset. SpikingJelly, Norse.
    #[default]
    SameStep,
    /// In the next step, after leak and input, from a comparison through which no gradient flows: the state holds
    /// the membrane as it fired. snnTorch's default with `subtract`; its `Lapicque` and `Synaptic` also with `zero`,
    /// where the input that arrives together with the reset is lost.
    NextStep,
    /// In the next step, before leak and input. snnTorch's `Leaky` with `zero`. With `subtract` the spikes are those
    /// of [`SameStep`](Self::SameStep).
    BeforeNextStep,
    /// As snnTorch with `reset_delay=False`. It differs from [`SameStep`](Self::SameStep) only where the membrane is
    /// above the threshold even after its reset: there the threshold is subtracted once more before the comparison,
    /// and given back after it.
    SnnTorchSameStep,
}

/// Whether a gradient flows through the reset.
#[doc(alias = "detach_reset")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ResetGradient {
    /// None: the reset counts as a constant. Often trains better; snnTorch's default.
    #[default]
    Detached,
    /// It flows, by the surrogate's derivative. SpikingJelly unless `detach_reset`; Norse.
    Attached,
}

impl ResetGradient {
    /// The same number, through which a gradient flows or not.
    #[inline(always)]
    pub(crate) fn through<S: Scalar>(self, number: S) -> S {
        S::choose(self == Self::Attached, number, number.detach())
    }
}
