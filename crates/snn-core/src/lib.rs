//! Spiking layers for any Burn model.

pub mod analysis;
pub mod check;
pub mod encode;
pub mod init;
pub mod layer;
pub mod loss;
pub mod neuron;
pub mod noise;
pub mod norm;
pub mod readout;
pub mod record;
pub mod scan;
pub mod sequence;
pub mod stdp;
pub mod surrogate;
pub mod synapse;

mod columns;
mod host;
