//! What backpropagation does to a synapse as a function of spike times, beside spike-timing-dependent plasticity.

pub mod document;
pub mod experiment;
pub mod figure;
mod neuron;

pub use neuron::Equation;
