//! Spiking layers for any Burn model: the pipeline is encode -> layer (synapse, neurons) -> readout -> loss.
//!
#![doc = include_str!("../README.md")]

pub mod analysis;
pub mod check;
pub mod device;
pub mod encode;
pub mod init;
pub mod layer;
pub mod learning;
pub mod loss;
pub mod neuron;
pub mod noise;
pub mod norm;
pub mod number;
pub mod prelude;
pub mod readout;
pub mod record;
mod recurrence;
pub mod scan;
pub mod sequence;
pub mod surrogate;
pub mod synapse;
