//! Train, evaluate, draw and explain spiking neural networks with one command.
//!
//! `snn_data` -> `model` -> `train` -> `evaluate` -> `report`; a `run` is the folder in which all of it is kept.

pub mod backend;
pub mod bench;
pub mod checkpoint;
pub mod commands;
pub mod config;
pub mod console;
pub mod evaluate;
pub mod factors;
pub mod figures;
pub mod files;
pub mod finite;
pub mod html;
pub mod memory;
pub mod model;
pub mod named;
pub mod network;
pub mod optimizer;
pub mod recipe;
pub mod report;
pub mod run;
pub mod seeds;
pub mod train;
pub mod weights;
