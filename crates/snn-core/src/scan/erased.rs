//! The neuron without its type: Burn's custom operations cannot be generic, so a neuron travels through them
//! as a trait object.

use std::fmt::Debug;

use super::cpu;
use super::plan::{Cotangent, Record, Sizes};
use crate::neuron::{Neuron, parameter_count, state_count};

/// What the backends call. Implemented for every [`Neuron`].
pub trait ErasedNeuron: Send + Sync + Debug {
    /// Number of states and of parameters.
    fn counts(&self) -> (usize, usize);

    /// The forward scan on the CPU.
    fn cpu_forward(&self, sizes: &Sizes, record: Record, arguments: cpu::Forward<'_>);

    /// The backward scan on the CPU.
    fn cpu_backward(&self, sizes: &Sizes, record: Record, cotangent: Cotangent, arguments: cpu::Backward<'_>);

    /// The forward scan on a GPU.
    #[cfg(feature = "cube")]
    fn cube_forward(&self, sizes: &Sizes, arguments: super::cube::Forward);

    /// The backward scan on a GPU.
    #[cfg(feature = "cube")]
    fn cube_backward(&self, sizes: &Sizes, record: Record, cotangent: Cotangent, arguments: super::cube::Backward);
}

impl<N: Neuron> ErasedNeuron for N {
    fn counts(&self) -> (usize, usize) {
        (state_count::<N>(), parameter_count::<N>())
    }
    fn cpu_forward(&self, sizes: &Sizes, record: Record, arguments: cpu::Forward<'_>) {
        cpu::forward(self, sizes, record, arguments);
    }
    fn cpu_backward(&self, sizes: &Sizes, record: Record, cotangent: Cotangent, arguments: cpu::Backward<'_>) {
        cpu::backward(self, sizes, record, cotangent, arguments);
    }
    #[cfg(feature = "cube")]
    fn cube_forward(&self, sizes: &Sizes, arguments: super::cube::Forward) {
        super::cube::forward(self, sizes, arguments);
    }
    #[cfg(feature = "cube")]
    fn cube_backward(&self, sizes: &Sizes, record: Record, cotangent: Cotangent, arguments: super::cube::Backward) {
        super::cube::backward(self, sizes, record, cotangent, arguments);
    }
}
