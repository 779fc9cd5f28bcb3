//! Readouts, with what they remember where a sequence is cut.

use burn::tensor::{Tensor, s};
use snn_core::readout::{Readout, first_spike_time, spike_count, spike_rate};

use crate::error::Result;
use crate::keys::{Keys, none_of};

/// The names of all readouts.
pub const READOUTS: &[&str] = &["mean", "sum", "last", "max", "spike-count", "spike-rate", "first-spike", "vote"];

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
    pub(super) begin: usize,
}

/// What a readout has seen so far: `[batch, features]`, and how many steps.
#[derive(Clone, Debug)]
pub(crate) struct ReadoutState {
    pub(crate) seen: Tensor<2>,
    /// Of a first spike: 1 for neurons which have not fired yet, else 0.
    pub(crate) waiting: Option<Tensor<2>>,
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
            // Each neuron's mean over time; then the neurons of a class vote.
            "vote" => Over::Reduced(Readout::Mean),
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
        let mut waiting = None;
        let mut seen = |sequence: Tensor<3>, state: Option<ReadoutState>| match (self.over, state) {
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
            (Over::FirstSpike, state) => {
                let (time, silent) = first_spike(sequence);
                let before = state.and_then(|state| Some((state.seen, state.waiting?)));
                let (seen, still) = match before {
                    None => (time, silent),
                    Some((seen, waited)) => (seen + waited.clone() * time, waited * silent),
                };
                waiting = Some(still);
                seen
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
        (result, Some(ReadoutState { seen, waiting, counted }))
    }
}

/// The time of the first spike of a piece, and 1 for neurons without any: the time is `Σ_t Π_{k <= t} (1 - f[k])`, and a step more
/// without a spike adds the product of all. So a whole is put together from pieces, gradients included.
fn first_spike(sequence: Tensor<3>) -> (Tensor<2>, Tensor<2>) {
    let [_, batch, features] = sequence.dims();
    let silence = Tensor::zeros([1, batch, features], (&sequence.device(), sequence.dtype()));
    let time = first_spike_time(sequence.clone());
    let longer = first_spike_time(Tensor::cat(vec![sequence, silence], 0));
    (time.clone(), longer - time)
}
