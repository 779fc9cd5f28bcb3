//! Learning rules beside the gradient of the whole sequence, which is Burn's `loss.backward()`.
//!
//! | rule | what it does |
//! |---|---|
//! | [`SpikingStack::gradients_in_segments`](crate::layer::SpikingStack::gradients_in_segments) | the same gradient in little memory: forward twice, backward segment by segment |
//! | [`PairStdp`] | a local rule from the times of spikes alone: no loss, no gradient, no label |
//!
//! Truncated backpropagation needs no rule: [`NeuronsState::detach`](crate::scan::NeuronsState::detach) between two calls.

mod pair_stdp;
mod segments;

pub use pair_stdp::{PairStdp, Pairing, SpikeSize, Trace, TraceParameters, TraceState};
