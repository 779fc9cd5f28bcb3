//! A constant that is part of a type's identity.

use serde::{Deserialize, Serialize};

/// A constant that may be part of a neuron's identity: an `f64` compared and hashed by its bits.
///
/// Two neurons that differ in such a constant are two kernels on a GPU.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FixedF64(pub f64);

impl PartialEq for FixedF64 {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}
impl Eq for FixedF64 {}
impl std::hash::Hash for FixedF64 {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}
impl From<f64> for FixedF64 {
    fn from(value: f64) -> Self {
        Self(value)
    }
}
