//! The numbers in which neurons and surrogates are written: the ground on which both stand.
//!
//! [`Scalar`] is the number type of a neuron's equations. What a neuron becomes depends on the scalar it is called with: `f64`
//! is the oracle, `f32` the scan on the CPU, a Burn tensor the reference, a value in a kernel the scan on a GPU.
//! [`Fields`] are named groups of scalars, made by [`fields!`](crate::fields); a parameter among them has a [`ParameterRange`].
//! [`FixedF64`] is a constant that is part of a neuron's type.

mod dual;
mod fields;
mod fixed;
mod range;
mod scalar;

pub(crate) use dual::{Dual, Replay, Tangent};
pub use fields::Fields;
pub(crate) use fields::{MAX_FIELDS, unrolled};
pub use fixed::FixedF64;
pub use range::ParameterRange;
pub use scalar::Scalar;
