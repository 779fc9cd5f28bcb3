//! Spiking layers for any Burn model.

pub mod check;
pub mod init;
pub mod layer;
pub mod neuron;
pub mod noise;
pub mod readout;
pub mod scan;
pub mod surrogate;
pub mod synapse;

mod columns;
mod host;
