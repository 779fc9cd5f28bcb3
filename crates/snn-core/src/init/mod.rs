//! Initial weights, the same on every backend: drawn on the host from the counter-based generator.

mod firing;
mod weights;

pub use firing::{Firing, InputStatistics, firing_at};
pub use weights::{WeightInit, weight_and_bias};
