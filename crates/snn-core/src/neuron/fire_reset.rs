//! Fire and reset: how a membrane becomes a spike, and what the spike does to it. All conventions are one formula.

use super::{Comparison, Reset, ResetGradient, ResetTiming};
use crate::number::Scalar;
use crate::surrogate::{ATan, Surrogate};

/// How a membrane becomes a spike, and what the spike does to it: shared by all neurons with a threshold.
///
/// The default is arctangent surrogate, `>`, soft reset in the same step, gradient cut. Others by
/// [`presets`](crate::neuron::presets), or by naming what differs:
///
/// ```
/// use snn_core::neuron::{Comparison, FireReset, Lif, Reset};
/// use snn_core::surrogate::Sigmoid;
/// let fire_reset = FireReset { reset: Reset::Zero, comparison: Comparison::AtOrAbove, ..FireReset::new(Sigmoid::new(4.0)) };
/// let neuron = Lif { fire_reset };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FireReset<G: Surrogate = ATan> {
    /// What takes the place of the spike's derivative.
    pub surrogate: G,
    /// `>` or `>=`.
    pub comparison: Comparison,
    /// What a spike does to the membrane.
    pub reset: Reset,
    /// When it does it.
    pub timing: ResetTiming,
    /// Whether a gradient flows through it.
    pub gradient: ResetGradient,
}

impl Default for FireReset {
    fn default() -> Self {
        Self::new(ATan::default())
    }
}

/// What [`FireReset::fire`] returns.
#[derive(Clone, Copy, Debug)]
pub struct FireOutput<S> {
    /// 1 or 0.
    pub spike: S,
    /// The membrane that was compared with the threshold.
    pub charged: S,
    /// The membrane to be carried to the next step.
    pub membrane: S,
}

impl<G: Surrogate> FireReset<G> {
    /// The default conventions with the surrogate `surrogate`.
    pub fn new(surrogate: G) -> Self {
        Self {
            surrogate,
            comparison: Comparison::default(),
            reset: Reset::default(),
            timing: ResetTiming::default(),
            gradient: ResetGradient::default(),
        }
    }

    /// The membrane that leak and input work on in this step: that of the state, unless a reset is due before them.
    ///
    /// All timings are one formula here and in [`fire`](Self::fire); what does not happen is left out by
    /// [`choose`](Scalar::choose).
    #[inline(always)]
    pub fn reset_pending<S: Scalar>(&self, membrane: S, threshold: S, reset: S) -> S {
        let pending = heaviside(membrane - threshold, self.comparison);
        let due = S::choose(self.timing == ResetTiming::BeforeNextStep, pending, S::constant(0.0));
        self.after(membrane, due, threshold, reset)
    }

    /// Fires: `state` is the membrane of the step before, `charged` what leak and input made of
    /// [`reset_pending`](Self::reset_pending).
    #[inline(always)]
    pub fn fire<S: Scalar>(&self, state: S, charged: S, threshold: S, reset: S) -> FireOutput<S> {
        let undone = self.timing == ResetTiming::SnnTorchSameStep;
        let next = (self.timing == ResetTiming::NextStep) | undone;
        let same = (self.timing == ResetTiming::SameStep) | undone;
        let zero = S::constant(0.0);
        let pending = S::choose(next, heaviside(state - threshold, self.comparison), zero);
        let compared = self.after(charged, pending, threshold, reset);
        let spike = self.spike(compared - threshold);
        // A threshold subtracted for the comparison alone is given back.
        let kept = S::choose(undone & (self.reset == Reset::Subtract), charged, compared);
        let now = S::choose(same, self.gradient.through(spike), zero);
        FireOutput { spike, charged: compared, membrane: self.after(kept, now, threshold, reset) }
    }

    /// The spike of a membrane that is `over` the threshold. To be called once in a step.
    #[inline(always)]
    pub fn spike<S: Scalar>(&self, over: S) -> S {
        over.surrogate(
            heaviside(over, self.comparison),
            #[inline(always)]
            |_| {
                // Infinitely far from the threshold as far as numbers go: a surrogate may multiply by a slope of zero.
                let farthest = S::constant(f64::from(f32::MAX));
                self.surrogate.derivative(over.detach().max(-farthest).min(farthest))
            },
        )
    }

    /// The membrane after a reset if `spike` is 1, the same membrane if it is 0.
    #[inline(always)]
    fn after<S: Scalar>(&self, membrane: S, spike: S, threshold: S, reset: S) -> S {
        let zero = S::constant(0.0);
        let soft = self.reset == Reset::Subtract;
        let none = self.reset == Reset::None;
        let value = S::choose(self.reset == Reset::Value, reset, zero);
        let after = S::choose(none, membrane, S::choose(soft, membrane - threshold, value));
        let jump = S::choose(none, zero, S::choose(soft, -threshold, value - membrane));
        spike.along(spike.if_positive(after, membrane), jump.finite_or_zero())
    }

    /// Where a membrane starts: at the value a reset leaves behind if there is one, else at `rest`.
    #[inline(always)]
    pub(crate) fn start<S: Scalar>(&self, rest: S, reset: S) -> S {
        match self.reset {
            Reset::Value => reset,
            _ => rest,
        }
    }
}

/// 1 where the membrane is `over` the threshold, else 0, also where it is not a number; no derivative.
#[inline(always)]
pub(crate) fn heaviside<S: Scalar>(over: S, comparison: Comparison) -> S {
    let (zero, one) = (S::constant(0.0), S::constant(1.0));
    let above = over.if_positive(one, zero);
    let not_below = over.if_not_negative(one, zero);
    S::choose(comparison == Comparison::AtOrAbove, not_below, above)
}

/// `amount` if `spike` is 1, nothing if it is 0.
#[inline(always)]
pub(crate) fn at_spike<S: Scalar>(spike: S, amount: S) -> S {
    spike.along(spike.if_positive(amount, S::constant(0.0)), amount.finite_or_zero())
}

/// A membrane after one step of leak and input: `rest + decay (membrane - rest) + gain input`.
#[inline(always)]
pub(crate) fn leak<S: Scalar>(membrane: S, decay: S, rest: S, drive: S) -> S {
    rest + decay * (membrane - rest) + drive
}

/// Gives a neuron `with(surrogate)` and, for the default surrogate alone so that `Neuron::default()` needs no type,
/// `Default`.
macro_rules! with_surrogate {
    ($name:ident, |$surrogate:ident| $neuron:expr) => {
        impl<G: $crate::surrogate::Surrogate> $name<G> {
            /// The default conventions with the surrogate `surrogate`.
            pub fn with($surrogate: G) -> Self {
                $neuron
            }
        }
        impl Default for $name {
            fn default() -> Self {
                Self::with($crate::surrogate::ATan::default())
            }
        }
    };
}
pub(crate) use with_surrogate;
