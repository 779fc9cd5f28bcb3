//! The number type in which a neuron's equations are written.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number in which a neuron's step can be evaluated.
///
/// A neuron is one generic function over this trait. What it does depends on the number it is called with:
///
/// | number | what the same equations become |
/// |---|---|
/// | `f64` | the oracle: slow, exact, readable |
/// | `f32` | the forward scan on the CPU |
/// | `Dual`, a number with its derivative | the derivative, hence the backward scan |
/// | a Burn tensor | the reference that Burn's autodiff differentiates |
/// | a value in a CubeCL kernel | the forward and backward kernels on a GPU |
///
/// That is why numbers are compared by [`if_positive`](Scalar::if_positive) and not by `if`: on most of these
/// numbers a Rust `if` has no meaning, and does not compile.
pub trait Scalar:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The constant `value`.
    fn constant(value: f64) -> Self;

    /// `then` if `self > 0`, `otherwise` if not, hence `otherwise` where `self` is not a number. Both are evaluated; the
    /// derivative is that of the chosen one.
    ///
    /// What is chosen is taken whole and the other dropped whole: never write a choice as a product with 0 and 1, for
    /// zero times infinity is not a number.
    fn if_positive(self, then: Self, otherwise: Self) -> Self;

    /// `then` if `self >= 0`, `otherwise` if not, hence `otherwise` where `self` is not a number.
    fn if_not_negative(self, then: Self, otherwise: Self) -> Self;

    /// The number `forward`, with its derivative and besides `slope` times the derivative of `self`.
    ///
    /// It is how a choice made by `self` gets the derivative of the product it stands for: with a spike `s` of 0 or 1,
    /// `s.along(s.if_positive(a, b), a - b)` is the number and the derivative of `s a + (1 - s) b`, also where `a` or `b`
    /// is infinite.
    fn along(self, forward: Self, slope: Self) -> Self;

    /// The same number, with derivative zero.
    fn detach(self) -> Self;

    /// The spike `forward`, whose derivative with respect to `self` is declared to be `slope(spike)`.
    ///
    /// The backward pass puts the *recorded* spike in the place of `forward`, so it can never replay
    /// another spike than the one that was sent. Hence one call per step, and what follows a spike (the
    /// reset) is written in terms of the returned spike, never of the comparison that made it.
    fn surrogate(self, forward: Self, slope: impl FnOnce(Self) -> Self) -> Self;

    /// The same number; a spike computed from it is not replayed where `silenced` is positive.
    ///
    /// For wrappers that silence their neuron: what is recorded there is the silence, and says nothing of the
    /// spike within.
    #[inline(always)]
    fn unrecorded_where(self, _silenced: Self) -> Self {
        self
    }

    /// e to the power of `self`.
    fn exp(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Sine of an angle in radians.
    fn sin(self) -> Self;
    /// Cosine of an angle in radians.
    fn cos(self) -> Self;
    /// The largest integer not above `self`; derivative zero.
    fn floor(self) -> Self;

    /// `then` if `included`, else `otherwise`: a choice of the neuron's configuration, the same for all neurons.
    ///
    /// In a scan this is not a branch: a `match` would give the derivatives of each arm another form, and the backward
    /// scan on the CPU would run twenty times slower.
    #[inline(always)]
    fn choose(included: bool, then: Self, otherwise: Self) -> Self {
        if included { then } else { otherwise }
    }
    /// The greater of the two; not a number where `self` is not.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        (other - self).if_not_negative(other, self)
    }
    /// The smaller of the two; not a number where `self` is not.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        (self - other).if_positive(other, self)
    }
    /// The absolute value.
    #[inline(always)]
    fn abs(self) -> Self {
        self.if_positive(self, -self)
    }
    /// The same number, zero in the place of an infinity (of `f32`).
    ///
    /// For slopes: what an infinite threshold would subtract is never subtracted, and has no derivative either.
    #[inline(always)]
    fn finite_or_zero(self) -> Self {
        (self.abs() - Self::constant(f64::from(f32::MAX))).if_positive(Self::constant(0.0), self)
    }
    /// The logistic function 1 / (1 + exp(-self)).
    #[inline(always)]
    fn sigmoid(self) -> Self {
        Self::constant(1.0) / (Self::constant(1.0) + (-self).exp())
    }
}

macro_rules! impl_scalar_for_float {
    ($($float:ident)*) => {$(
        impl Scalar for $float {
            #[inline(always)]
            fn constant(value: f64) -> Self { value as $float }
            #[inline(always)]
            fn if_positive(self, then: Self, otherwise: Self) -> Self {
                // Never a branch: the scans are vectorised.
                std::hint::select_unpredictable(self > 0.0, then, otherwise)
            }
            #[inline(always)]
            fn if_not_negative(self, then: Self, otherwise: Self) -> Self {
                std::hint::select_unpredictable(self >= 0.0, then, otherwise)
            }
            #[inline(always)]
            fn choose(included: bool, then: Self, otherwise: Self) -> Self {
                std::hint::select_unpredictable(included, then, otherwise)
            }
            #[inline(always)]
            fn along(self, forward: Self, _slope: Self) -> Self { forward }
            #[inline(always)]
            fn detach(self) -> Self { self }
            #[inline(always)]
            fn surrogate(self, forward: Self, _slope: impl FnOnce(Self) -> Self) -> Self { forward }
            #[inline(always)]
            fn exp(self) -> Self { $float::exp(self) }
            #[inline(always)]
            fn ln(self) -> Self { $float::ln(self) }
            #[inline(always)]
            fn sqrt(self) -> Self { $float::sqrt(self) }
            #[inline(always)]
            fn tanh(self) -> Self { $float::tanh(self) }
            #[inline(always)]
            fn sin(self) -> Self { $float::sin(self) }
            #[inline(always)]
            fn cos(self) -> Self { $float::cos(self) }
            #[inline(always)]
            fn floor(self) -> Self { $float::floor(self) }
        }
    )*};
}
impl_scalar_for_float!(f32 f64);
