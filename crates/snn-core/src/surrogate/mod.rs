//! Surrogates: what takes the place of a spike's derivative.
//!
//! A spike is a step: its derivative is zero everywhere but at the threshold. Training replaces it by that of a
//! smooth function. [`Surrogate`] is the contract; below it is what the field uses, under honest names: where
//! a library's code contradicts its own documentation, or the paper it cites, both are here and the
//! contradiction is written down.
//!
//! | family | surrogates |
//! |---|---|
//! | arctangent | [`ATan`] (the default), [`PrintedATan`] |
//! | rational | [`FastSigmoid`], [`SoftSign`], [`SuperSpike`], [`NonzeroSignLogAbs`], [`QPseudoSpike`], [`Circ`], [`NorseCirc`] |
//! | sparse | [`SparseFastSigmoid`], [`SnnTorchSparseFastSigmoid`] |
//! | logistic | [`Sigmoid`], [`Tanh`], [`NorseTanh`], [`S2nn`] |
//! | exponential | [`PiecewiseExp`], [`SingleExponential`], [`SpikeRateEscape`] |
//! | Gaussian | [`Erf`], [`NorseErfc`], [`Gaussian`], [`MultiGaussian`] |
//! | piecewise | [`StraightThrough`], [`PiecewiseQuadratic`], [`Triangle`], [`SnnTorchTriangular`], [`Boxcar`], [`PiecewiseLeakyRelu`], [`LeakyKRelu`], [`LogTailedRelu`] |
//! | periodic | [`SquarewaveFourierSeries`] |
//!
//! [`AnySurrogate`] is any of them, chosen by name while a program runs.

mod any;
mod arctangent;
mod exponential;
mod gaussian;
mod logistic;
mod piecewise;
mod rational;
mod sparse;
mod squarewave;

use std::fmt::Debug;
use std::hash::Hash;

pub use any::AnySurrogate;
pub use arctangent::{ATan, PrintedATan};
pub use exponential::{PiecewiseExp, SingleExponential, SpikeRateEscape};
pub use gaussian::{Erf, Gaussian, MultiGaussian, NorseErfc};
pub use logistic::{NorseTanh, S2nn, Sigmoid, Tanh};
pub use piecewise::{
    Boxcar, LeakyKRelu, LogTailedRelu, PiecewiseLeakyRelu, PiecewiseQuadratic, SnnTorchTriangular, StraightThrough,
    Triangle,
};
pub use rational::{Circ, FastSigmoid, NonzeroSignLogAbs, NorseCirc, QPseudoSpike, SoftSign, SuperSpike};
pub use sparse::{SnnTorchSparseFastSigmoid, SparseFastSigmoid};
pub use squarewave::SquarewaveFourierSeries;

use crate::number::Scalar;

/// A smooth function whose derivative takes the place of a spike's.
///
/// `x` is how far the membrane is above the threshold. Implement it by two functions; `derivative` goes into the
/// kernels of every backend, `primitive` tells people and tests what it is the derivative of.
///
/// The type carries its parameters as [`FixedF64`](crate::number::FixedF64)s and is part of a kernel's identity, so
/// derive `PartialEq`, `Eq` and `Hash`. `#[inline(always)]` on `derivative` keeps the backward scans fast. A
/// derivative must stay finite for every finite `x`: take exponentials of what is not positive.
///
/// # Example
/// ```
/// use snn_core::neuron::Lif;
/// use snn_core::number::{FixedF64, Scalar};
/// use snn_core::surrogate::Surrogate;
///
/// /// A derivative that falls off as the square of the distance.
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
/// struct Lorentz { width: FixedF64 }
///
/// impl Surrogate for Lorentz {
///     fn primitive(&self, x: f64) -> f64 {
///         (x / self.width.0).atan() * self.width.0
///     }
///     #[inline(always)]
///     fn derivative<S: Scalar>(&self, x: S) -> S {
///         let z = x / S::constant(self.width.0);
///         S::constant(1.0) / (S::constant(1.0) + z * z)
///     }
/// }
///
/// let lorentz = Lorentz { width: FixedF64(0.5) };
/// assert_eq!(lorentz.derivative(0.5), 0.5); // 1 / (1 + 1)
/// let neuron = Lif::with(lorentz);
/// ```
#[doc(alias = "custom_surrogate")]
pub trait Surrogate: Copy + Eq + Hash + Debug + Send + Sync + 'static {
    /// The function itself, in `f64`.
    fn primitive(&self, x: f64) -> f64;

    /// Its derivative at `x`.
    fn derivative<S: Scalar>(&self, x: S) -> S;
}

/// Writes the frame around a surrogate: its parameters with their defaults, `new`, and the two functions.
macro_rules! surrogate {
    (
        $(#[$attribute:meta])*
        $name:ident { $($(#[$doc:meta])* $field:ident = $default:expr),* $(,)? }
        primitive($this:ident, $x:ident) $primitive:block
        derivative($that:ident, $y:ident) $derivative:block
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name { $($(#[$doc])* pub $field: $crate::number::FixedF64),* }

        impl $name {
            /// With these parameters.
            #[allow(clippy::new_without_default)]
            pub const fn new($($field: f64),*) -> Self {
                Self { $($field: $crate::number::FixedF64($field)),* }
            }

            /// Its parameters by name, in the order of [`new`](Self::new).
            pub(crate) fn fields(&mut self) -> Vec<(&'static str, &mut f64)> {
                vec![$((stringify!($field), &mut self.$field.0)),*]
            }
        }
        impl Default for $name {
            fn default() -> Self {
                Self::new($($default),*)
            }
        }
        impl $crate::surrogate::Surrogate for $name {
            fn primitive(&$this, $x: f64) -> f64 $primitive
            #[inline(always)]
            fn derivative<S: $crate::number::Scalar>(&$that, $y: S) -> S $derivative
        }
    };
}
pub(crate) use surrogate;

/// The constant one.
#[inline(always)]
fn one<S: Scalar>() -> S {
    S::constant(1.0)
}

/// The constant `value`.
#[inline(always)]
fn number<S: Scalar>(value: f64) -> S {
    S::constant(value)
}
