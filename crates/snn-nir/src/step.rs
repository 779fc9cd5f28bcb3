//! The time step and the rule by which a graph, which is continuous in time, becomes one of steps.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Problem};

/// How the equations of neurons become steps.
///
/// With `x` as what arrives at a step, `b` as what a [leak keeps](Rule::kept) of the membrane, and `a` as what one keeps of the current:
///
/// | node | one step |
/// |---|---|
/// | LI, LIF | `v = v_leak + b (v - v_leak) + (1 - b) r x` |
/// | I, IF | `v = v + dt r x` |
/// | CubaLI, CubaLIF | `i = a i + (1 - a) w_in x`, then `v = v_leak + b (v - v_leak) + (1 - b) r i`: the membrane sees the new current |
///
/// After that IF, LIF and CubaLIF send 1 where `v > v_threshold`, strictly, and there `v = v_reset`; the others send `v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// `b = 1 - dt / tau`: forward Euler, which snnTorch, Norse, and SpikingJelly mean. It needs `dt <= tau`.
    Euler,
    /// `b = exp(-dt / tau)`, the new current being held over the step where there is a current: what Sinabs means.
    Exponential,
    /// The exact solution for an input that is held over the step. It differs from [`Exponential`](Self::Exponential) for CubaLI and
    /// CubaLIF alone, whose membrane then follows the course of the current within the step: with `j = w_in x` and the current `i` before
    /// the step, `v = v_leak + b (v - v_leak) + r ((1 - b) j + c (i - j))`, where `c = tau_syn (a - b) / (tau_syn - tau_mem)`, or
    /// `b dt / tau_mem` if the two are equal.
    Zoh,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 3] = [Self::Euler, Self::Exponential, Self::Zoh];

    /// Returns the name of the rule: `euler`, `exponential` or `zoh`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::Exponential => "exponential",
            Self::Zoh => "zoh",
        }
    }

    /// Returns how much of a membrane with the time constant `tau` is left after a step of `dt`.
    ///
    /// ```
    /// use snn_nir::Rule;
    ///
    /// assert_eq!(Rule::Euler.kept(0.25, 1.0), 0.75);
    /// assert_eq!(Rule::Exponential.kept(1.0, 1.0), (-1.0f64).exp());
    /// ```
    pub fn kept(self, dt: f64, tau: f64) -> f64 {
        match self {
            Self::Euler => 1.0 - dt / tau,
            Self::Exponential | Self::Zoh => (-dt / tau).exp(),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|rule| rule.name() == name);
        found.ok_or_else(|| Problem::UnknownRule { name: name.to_owned() }.into())
    }
}

/// A time step, in the unit of the graph's time constants, and a [`Rule`]. NIR says neither, so there is no default.
///
/// snnTorch writes files for `dt = 1e-4`, Sinabs for `dt = 1` with the exponential rule; Norse multiplies its time constants by its own
/// step of 1e-3, so that its files want `dt = 1e-6`. Steps of the wrong length give a network that runs and is wrong, which is why
/// [lints](crate::Lint) look at the ratio.
///
/// ```
/// use snn_nir::{Rule, Step};
///
/// let step = Step::new(1e-4, Rule::Euler)?;
/// assert_eq!(step.dt(), 1e-4);
/// assert!(Step::new(0.0, Rule::Euler).is_err());
/// # Ok::<(), snn_nir::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    dt: f64,
    rule: Rule,
}

impl Step {
    /// Makes a step of `dt`.
    ///
    /// # Errors
    ///
    /// [`Problem::TimeStep`] if `dt` is not positive and finite.
    pub fn new(dt: f64, rule: Rule) -> Result<Self, Error> {
        if dt > 0.0 && dt.is_finite() { Ok(Self { dt, rule }) } else { Err(Problem::TimeStep { dt }.into()) }
    }

    /// Returns the length of a step.
    pub fn dt(self) -> f64 {
        self.dt
    }

    /// Returns the rule.
    pub fn rule(self) -> Rule {
        self.rule
    }
}
