//! Readouts, with what they remember where a sequence is cut.

use burn::tensor::{Tensor, s};
use snn_core::readout::{Readout, first_spike_time, spike_count, spike_rate};

use crate::error::Result;
use crate::keys::{Keys, none_of};

/// The names of all readouts over time.
pub const READOUTS: &[&str] = &["mean", "sum", "last", "max", "spike-count", "spike-rate", "first-spike"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Reduced(Readout),
    SpikeCount,
    SpikeRate,
    FirstSpike,
}

/// A readout over time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadoutNode {
    over: Over,
    /// The first step it sees.
    begin: usize,
}

/// What a readout has seen so far: `[batch, features]`, and how many steps.
#[derive(Clone, Debug)]
pub(crate) struct ReadoutState {
    pub(crate) seen: Tensor<2>,
    pub(crate) counted: usize,
}

impl ReadoutNode {
    pub(crate) fn new(name: &str, keys: &Keys) -> Result<Self> {
        let over = match name {
            "mean" => Over::Reduced(Readout::Mean),
            "sum" => Over::Reduced(Readout::Sum),
            "last" => Over::Reduced(Readout::Last),
            "max" => Over::Reduced(Readout::Max),
            "spike-count" => Over::SpikeCount,
            "spike-rate" => Over::SpikeRate,
            "first-spike" => Over::FirstSpike,
            other => return Err(none_of(&format!("{}: readout", keys.place), other, READOUTS.iter().copied())),
        };
        Ok(Self { over, begin: keys.count("begin")?.unwrap_or(0) })
    }

    /// What it makes of the whole so far, of which `sequence` begins at step `first`; the state after it. Before the readout
    /// begins there is nothing to read out: zeros.
    pub(crate) fn apply(
        &self,
        sequence: Tensor<3>,
        first: usize,
        state: Option<ReadoutState>,
    ) -> (Tensor<2>, Option<ReadoutState>) {
        let [steps, batch, features] = sequence.dims();
        if first + steps <= self.begin {
            let nothing = Tensor::zeros([batch, features], (&sequence.device(), sequence.dtype()));
            return (nothing, None);
        }
        let sequence = match self.begin.saturating_sub(first) {
            0 => sequence,
            unseen => sequence.slice(s![unseen..steps]),
        };
        let now = sequence.dims()[0];
        let before = state.as_ref().map_or(0, |state| state.counted);
        let counted = before + now;
        let seen = |sequence: Tensor<3>, state: Option<ReadoutState>| match (self.over, state) {
            (Over::Reduced(Readout::Sum | Readout::Mean), state) => {
                let sum = Readout::Sum.reduce(sequence, 0);
                state.map_or(sum.clone(), |state| state.seen + sum)
            }
            (Over::SpikeCount | Over::SpikeRate, state) => {
                let count = spike_count(sequence);
                state.map_or(count.clone(), |state| state.seen + count)
            }
            (Over::Reduced(Readout::Last), _) => Readout::Last.reduce(sequence, 0),
            (Over::Reduced(Readout::Max), None) => Readout::Max.reduce(sequence, 0),
            (Over::Reduced(Readout::Max), Some(state)) => state.seen.max_pair(Readout::Max.reduce(sequence, 0)),
            (Over::FirstSpike, None) => first_spike_time(sequence),
            (Over::FirstSpike, Some(state)) => {
                // Not fired before: the time counts from here on.
                let late = state.seen.clone().greater_equal_elem(before as f64);
                let time = first_spike_time(sequence).add_scalar(before as f64);
                state.seen.mask_where(late, time)
            }
        };
        // A mean of the whole is computed as one; cut, it is a sum over a count.
        let whole = match (self.over, before) {
            (Over::Reduced(Readout::Mean), 0) => Some(Readout::Mean.reduce(sequence.clone(), 0)),
            (Over::SpikeRate, 0) => Some(spike_rate(sequence.clone())),
            _ => None,
        };
        let seen = match &whole {
            Some(mean) => mean.clone().mul_scalar(now as f64),
            None => seen(sequence, state),
        };
        let result = whole.unwrap_or_else(|| match self.over {
            Over::Reduced(Readout::Mean) | Over::SpikeRate => seen.clone().div_scalar(counted as f64),
            _ => seen.clone(),
        });
        (result, Some(ReadoutState { seen, counted }))
    }
}
