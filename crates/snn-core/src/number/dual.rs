//! A number that carries its derivative in one direction, and the spike to replay.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::Scalar;

/// A derivative that may be known to be zero or one.
///
/// Most of them are: a step is differentiated in one direction at a time. The compiler folds the known ones
/// away on the CPU, and [`Scalar`]s that emit kernels never emit them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tangent<S> {
    /// Known to be zero.
    Zero,
    /// Known to be one.
    One,
    /// A number to be computed.
    Value(S),
}
use Tangent::{One, Value, Zero};

impl<S: Scalar> Tangent<S> {
    #[inline(always)]
    pub(crate) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Zero, b) => b,
            (a, Zero) => a,
            (a, b) => Value(a.value() + b.value()),
        }
    }
    #[inline(always)]
    pub(crate) fn times(self, factor: S) -> Self {
        match self {
            Zero => Zero,
            One => Value(factor),
            Value(a) => Value(a * factor),
        }
    }
    #[inline(always)]
    fn negated(self) -> Self {
        match self {
            Zero => Zero,
            a => Value(-a.value()),
        }
    }
    /// The derivative as a number.
    #[inline(always)]
    pub(crate) fn value(self) -> S {
        match self {
            Zero => S::constant(0.0),
            One => S::constant(1.0),
            Value(a) => a,
        }
    }
}

/// The spike that the forward pass recorded for a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replay<S> {
    /// What was sent.
    pub(crate) spike: S,
    /// Where this is positive, what was sent is not this neuron's spike:
    /// see [`unrecorded_where`](Scalar::unrecorded_where).
    pub(crate) silenced: Option<S>,
}

impl<S: Scalar> Replay<S> {
    /// The spike to go on with, in the place of the one computed anew.
    #[inline(always)]
    fn spike_or(self, computed: S) -> S {
        match self.silenced {
            None => self.spike,
            Some(silenced) => silenced.if_positive(computed, self.spike),
        }
    }
}

/// A number with its derivative in one direction (forward mode), and the spike to replay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dual<S> {
    /// The number itself.
    pub(crate) value: S,
    /// Its derivative.
    pub(crate) tangent: Tangent<S>,
    /// The spike that the forward pass recorded for this step; it takes the place of the one computed anew.
    pub(crate) recorded: Option<Replay<S>>,
}

impl<S: Scalar> Dual<S> {
    /// One of the two, number and derivative alike, as `pick` picks.
    #[inline(always)]
    fn select(then: Self, otherwise: Self, pick: impl Fn(S, S) -> S) -> Self {
        Dual {
            value: pick(then.value, otherwise.value),
            tangent: match (then.tangent, otherwise.tangent) {
                (Zero, Zero) => Zero,
                (One, One) => One,
                (a, b) => Value(pick(a.value(), b.value())),
            },
            recorded: then.recorded.or(otherwise.recorded),
        }
    }
    #[inline(always)]
    fn map(self, value: S, tangent: Tangent<S>) -> Self {
        Dual { value, tangent, recorded: self.recorded }
    }
}

macro_rules! impl_operator {
    ($operator:ident, $method:ident, |$a:ident, $b:ident| $tangent:expr) => {
        impl<S: Scalar> $operator for Dual<S> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                let ($a, $b) = (self, other);
                Dual { value: $a.value.$method($b.value), tangent: $tangent, recorded: $a.recorded.or($b.recorded) }
            }
        }
    };
}
impl_operator!(Add, add, |a, b| a.tangent.plus(b.tangent));
impl_operator!(Sub, sub, |a, b| a.tangent.plus(b.tangent.negated()));
impl_operator!(Mul, mul, |a, b| a.tangent.times(b.value).plus(b.tangent.times(a.value)));
impl_operator!(Div, div, |a, b| {
    let inverse = S::constant(1.0) / b.value;
    a.tangent.times(inverse).plus(b.tangent.times(-(a.value * inverse * inverse)))
});

impl<S: Scalar> Neg for Dual<S> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(-self.value, self.tangent.negated())
    }
}

impl<S: Scalar> Scalar for Dual<S> {
    #[inline(always)]
    fn constant(value: f64) -> Self {
        Dual { value: S::constant(value), tangent: Zero, recorded: None }
    }
    #[inline(always)]
    fn if_positive(self, then: Self, otherwise: Self) -> Self {
        let condition = self.value;
        let chosen = Self::select(then, otherwise, |a, b| condition.if_positive(a, b));
        Dual { recorded: self.recorded.or(chosen.recorded), ..chosen }
    }
    #[inline(always)]
    fn if_not_negative(self, then: Self, otherwise: Self) -> Self {
        let condition = self.value;
        let chosen = Self::select(then, otherwise, |a, b| condition.if_not_negative(a, b));
        Dual { recorded: self.recorded.or(chosen.recorded), ..chosen }
    }
    #[inline(always)]
    fn choose(included: bool, then: Self, otherwise: Self) -> Self {
        Self::select(then, otherwise, |a, b| S::choose(included, a, b))
    }
    #[inline(always)]
    fn along(self, forward: Self, slope: Self) -> Self {
        Dual {
            value: forward.value,
            tangent: forward.tangent.plus(self.tangent.times(slope.value)),
            recorded: self.recorded.or(forward.recorded),
        }
    }
    #[inline(always)]
    fn detach(self) -> Self {
        self.map(self.value, Zero)
    }
    #[inline(always)]
    fn surrogate(self, forward: Self, slope: impl FnOnce(Self) -> Self) -> Self {
        let spike = self.map(
            match self.recorded {
                None => forward.value,
                Some(replay) => replay.spike_or(forward.value),
            },
            Zero,
        );
        self.map(spike.value, self.tangent.times(slope(spike).value))
    }
    #[inline(always)]
    fn unrecorded_where(self, silenced: Self) -> Self {
        let silence = |replay: Replay<S>| Replay {
            silenced: Some(replay.silenced.map_or(silenced.value, |other| other.max(silenced.value))),
            ..replay
        };
        Dual { recorded: self.recorded.map(silence), ..self }
    }
    #[inline(always)]
    fn exp(self) -> Self {
        let y = self.value.exp();
        self.map(y, self.tangent.times(y))
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.map(self.value.ln(), self.tangent.times(S::constant(1.0) / self.value))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        let y = self.value.sqrt();
        self.map(y, self.tangent.times(S::constant(0.5) / y))
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        let y = self.value.tanh();
        self.map(y, self.tangent.times(S::constant(1.0) - y * y))
    }
    #[inline(always)]
    fn sigmoid(self) -> Self {
        // Not by the rules of its parts: far below zero its exponential overflows, its derivative does not.
        let y = self.value.sigmoid();
        self.map(y, self.tangent.times(y * (S::constant(1.0) - y)))
    }
    #[inline(always)]
    fn sin(self) -> Self {
        self.map(self.value.sin(), self.tangent.times(self.value.cos()))
    }
    #[inline(always)]
    fn cos(self) -> Self {
        self.map(self.value.cos(), self.tangent.times(-self.value.sin()))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        self.map(self.value.floor(), Zero)
    }
}
