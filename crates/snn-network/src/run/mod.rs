//! How a network runs.

mod call;
mod cycle;
mod recurrence;

pub(crate) use call::{Call, Input, Plan, Remember};

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use snn_core::noise::NoiseSeed;
use snn_core::sequence::{Frame, Sequence};

use crate::network::{InputShape, Network};
use crate::node::Layer;
use crate::signal::Signal;
use crate::state::NetworkState;

/// What a run of a network returns.
#[derive(Clone, Debug)]
pub struct NetworkRun {
    /// What the last node of the chain sends.
    pub output: Output,
    /// What leaves the nodes that were asked for, `[time, batch, features]`, by name.
    pub sent: BTreeMap<String, Tensor<3>>,
    /// The state after the last step.
    pub state: NetworkState,
}

/// What a network makes of its input, with all feature axes as one.
#[derive(Clone, Debug)]
pub enum Output {
    /// `[batch, features]`: of a network that ends behind a readout.
    Frame(Tensor<2>),
    /// `[time, batch, features]`: of a network without one.
    Sequence(Tensor<3>),
}

impl Network {
    /// The output `[batch, outputs]` for samples `[batch, features..]`; all of them at once, from the beginning.
    ///
    /// `noise` decides what encoders and dropout draw.
    ///
    /// # Panics
    /// If the network takes sequences, the shape is not that it was built for, or it ends without a readout.
    #[track_caller]
    pub fn forward<F: Frame>(&self, samples: F, noise: NoiseSeed) -> Tensor<2> {
        match self.run(samples, noise, &[]).output {
            Output::Frame(frame) => frame,
            Output::Sequence(_) => self.no_readout(),
        }
    }

    /// The same for sequences `[time, batch, features..]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    #[track_caller]
    pub fn forward_sequence<S: Sequence>(&self, sequence: S, noise: NoiseSeed) -> Tensor<2> {
        match self.run_sequence(sequence, noise, None, &[]).output {
            Output::Frame(frame) => frame,
            Output::Sequence(_) => self.no_readout(),
        }
    }

    #[track_caller]
    fn no_readout(&self) -> ! {
        panic!(
            "network: ends with `{}`, which sends a sequence; add {{ readout = .. }}, or take the sequence from `run`",
            self.nodes[self.output].name
        )
    }

    /// A run over all time steps of samples `[batch, features..]`, with what leaves the nodes `keep`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward), and if there is no node of a name in `keep`.
    #[track_caller]
    pub fn run<F: Frame>(&self, samples: F, noise: NoiseSeed, keep: &[&str]) -> NetworkRun {
        let steps = self.time_steps().unwrap_or(1);
        self.run_steps(samples, noise, steps, None, keep)
    }

    /// The same for the next `steps` time steps only, going on from `state`; `None` begins.
    ///
    /// # Panics
    /// As [`run`](Self::run), and if no steps or more than there are left are asked for.
    #[track_caller]
    pub fn run_steps<F: Frame>(
        &self,
        samples: F,
        noise: NoiseSeed,
        steps: usize,
        state: Option<NetworkState>,
        keep: &[&str],
    ) -> NetworkRun {
        let (samples, state) = (self.samples(samples), state.unwrap_or_default());
        let all = self.time_steps().unwrap_or(1);
        assert!(
            steps > 0 && state.steps + steps <= all,
            "network: {steps} time steps asked for after {}, there are {all} in all",
            state.steps
        );
        self.finish(&Input::Still(samples), noise, steps, state, keep)
    }

    /// A run over a sequence `[time, batch, features..]`, going on from `state`; `None` begins.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    #[track_caller]
    pub fn run_sequence<S: Sequence>(
        &self,
        sequence: S,
        noise: NoiseSeed,
        state: Option<NetworkState>,
        keep: &[&str],
    ) -> NetworkRun {
        let sequence = self.sequence(sequence);
        let steps = sequence.dims()[0];
        self.finish(&Input::Sequence(sequence), noise, steps, state.unwrap_or_default(), keep)
    }

    /// Samples of the shape for which it was built, `[batch, features]`.
    #[track_caller]
    pub(crate) fn samples<F: Frame>(&self, samples: F) -> Tensor<2> {
        let InputShape::Still(shape) = &self.input else {
            panic!("network: takes sequences of {:?}, got samples; use `run_sequence`", self.input)
        };
        check_shape(shape, &samples.axes()[1..]);
        samples.into_flat().0
    }

    /// A sequence of the shape for which it was built, `[time, batch, features]`.
    #[track_caller]
    pub(crate) fn sequence<S: Sequence>(&self, sequence: S) -> Tensor<3> {
        let InputShape::Sequence(shape) = &self.input else {
            panic!("network: takes samples of {:?}, got a sequence; use `run`", self.input)
        };
        check_shape(shape, &sequence.axes()[2..]);
        sequence.into_flat().0
    }

    /// The time steps its encoder makes of a sample; `None` if it has none, or takes sequences.
    pub fn time_steps(&self) -> Option<usize> {
        self.nodes.iter().find_map(|node| match node.layer {
            Layer::Encode { steps, .. } if steps > 0 => Some(steps),
            _ => None,
        })
    }

    #[track_caller]
    fn finish(&self, input: &Input, noise: NoiseSeed, count: usize, state: NetworkState, keep: &[&str]) -> NetworkRun {
        let place = |name: &str| {
            let place = self.names().position(|other| other == name);
            place.unwrap_or_else(|| panic!("network: there is no node `{name}` to keep"))
        };
        let places: BTreeMap<usize, &str> = keep.iter().map(|name| (place(name), *name)).collect();
        let kept: Vec<usize> = places.keys().copied().collect();
        let plan = Plan::whole(kept);
        let mut run = Call::run(self, input, noise, count, state, &plan);
        let sent = places.into_iter().map(|(place, name)| {
            let signal = run.sent[place].clone().expect("every node has run").signal;
            (name.to_owned(), signal.into_sequence())
        });
        let sent = sent.collect();
        let output = match run.sent[self.output].take().expect("every node has run").signal {
            Signal::Still(frame) => Output::Frame(frame),
            signal => Output::Sequence(signal.into_sequence()),
        };
        NetworkRun { output, sent, state: run.state }
    }
}

#[track_caller]
fn check_shape(wanted: &[usize], found: &[usize]) {
    assert!(
        wanted == found || (wanted.iter().product::<usize>() == found.iter().product::<usize>() && found.len() == 1),
        "network: built for inputs of the shape {wanted:?}, got {found:?}"
    );
}
