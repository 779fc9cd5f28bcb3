//! Spiking layers for any Burn model.

pub mod check;
pub mod init;
pub mod layer;
pub mod neuron;
pub mod noise;
pub mod readout;
pub mod record;
pub mod scan;
pub mod stdp;
pub mod synapse;

mod columns;
mod host;
