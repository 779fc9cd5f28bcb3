//! Analysis: what a network did, from its recorded outputs. Nothing here changes a result or has a gradient.
//!
//! - [`activity`], [`activities`]: firing rates, silent and saturated neurons; [`warnings`] says so in words, and what to change
//! - [`inter_spike_intervals`]: how regularly neurons fire
//! - [`synops`]: synaptic operations, and the memory traffic that usually goes unmentioned
//! - [`decision_latency`], [`decisions`]: how many steps a decision takes
//! - [`timing`]: what backpropagation does to a synapse as a function of the times of spikes

mod activity;
mod intervals;
mod latency;
mod synops;
pub mod timing;
mod warnings;

pub use activity::{Activity, SATURATED, activities, activity, firing_rates};
pub use intervals::{IntervalStatistics, Intervals, inter_spike_intervals};
pub use latency::{decision_latency, decisions};
pub use synops::{LayerOps, LayerShape, synops};
pub use warnings::warnings;
