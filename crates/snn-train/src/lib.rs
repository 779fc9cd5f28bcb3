//! Train, evaluate, draw and explain spiking neural networks.
pub mod draw;
