//! Readouts: what a layer did over time, as one value for each neuron or class.
//!
//! Over time: [`Readout`] (mean, sum, last, maximum of membranes or spikes), [`spike_count`], [`spike_rate`],
//! [`first_spike_time`]. Over neurons, where several stand for each class: [`vote`], [`mixture_of_softmaxes`], [`shared_ensemble`].

mod ensemble;
mod first_spike;
mod reduce;
mod spikes;
mod vote;

pub use ensemble::{mixture_of_softmaxes, shared_ensemble};
pub use first_spike::{first_spike_time, first_spike_times};
pub use reduce::Readout;
pub use spikes::{spike_count, spike_rate};
pub use vote::{Vote, vote};
