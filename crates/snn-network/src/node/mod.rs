//! Nodes: what each kind is made of, and what it does to a signal.

mod build;
mod dropout;
mod encoder;
mod ensemble;
mod maps;
mod norm;
mod readout;
mod weights;

pub(crate) use build::layer;
pub use encoder::ENCODERS;
pub(crate) use encoder::Encoder;
pub(crate) use ensemble::Ensemble;
pub(crate) use maps::LinearNode;
pub use norm::NORMS;
pub(crate) use norm::{NormNode, Norming};
pub use readout::READOUTS;
pub(crate) use readout::{ReadoutNode, ReadoutState};
pub(crate) use weights::Building;

use std::collections::BTreeMap;

use burn::nn::conv::{Conv1d, Conv2d};
use burn::nn::pool::{AvgPool2d, MaxPool2d};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use snn_core::layer::{Delay, DelayState, Population, Recurrent, conv1d_in, conv2d_in};
use snn_core::noise::NoiseSeed;
use snn_core::record;
use snn_core::scan::{PopulationState, ReturnStates};
use snn_core::synapse::Precision;

use crate::signal::Signal;

/// Neurons, alone or recurrently connected.
#[derive(Clone, Debug)]
pub(crate) enum NeuronsNode {
    Plain(Population),
    Recurrent(Recurrent<Population>),
}

impl NeuronsNode {
    pub(crate) fn population(&self) -> &Population {
        match self {
            Self::Plain(population) => population,
            Self::Recurrent(recurrent) => &recurrent.neurons,
        }
    }

    /// The same neurons, which return their states: after each step, or before it where their output is late, so that what is
    /// read out of a membrane is as late as what is sent.
    pub(crate) fn returning_states(self) -> Self {
        let mode = match self.population().options().delay {
            0 => ReturnStates::AfterStep,
            _ => ReturnStates::BeforeStep,
        };
        match self {
            Self::Plain(population) => Self::Plain(population.with_return_states(mode)),
            Self::Recurrent(recurrent) => {
                Self::Recurrent(Recurrent { neurons: recurrent.neurons.with_return_states(mode), ..recurrent })
            }
        }
    }
}

/// What a node does.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    Encode {
        encoder: Encoder,
        steps: usize,
    },
    Linear(LinearNode),
    Conv1d(Conv1d),
    Conv2d(Conv2d),
    MaxPool(MaxPool2d),
    AvgPool(AvgPool2d),
    Flatten,
    Scale {
        factor: f64,
        offset: f64,
    },
    Relu,
    /// One mask for all time steps.
    Dropout {
        probability: f64,
    },
    Norm(NormNode),
    Delay(Delay),
    Neurons(NeuronsNode),
    /// `of`: the state that is read out; `None`: the output. `vote`: how many classes the neurons then speak for, and how.
    Readout {
        readout: ReadoutNode,
        of: Option<String>,
        vote: Option<Ensemble>,
    },
    Ensemble(Ensemble),
}

/// What a node carries from one call to the next.
#[derive(Clone, Debug)]
pub(crate) enum NodeState {
    Neurons(PopulationState),
    /// And the last output `[batch, neurons]`.
    Recurrent(PopulationState, Tensor<2>),
    Delay(DelayState),
    Readout(ReadoutState),
    /// The signal against which changes are measured, `[batch, features]`.
    Delta(Tensor<2>),
}

/// What a node sends, and, of neurons, the states that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) signal: Signal,
    pub(crate) states: BTreeMap<&'static str, Tensor<3>>,
}

impl From<Signal> for Sent {
    fn from(signal: Signal) -> Self {
        Self { signal, states: BTreeMap::new() }
    }
}

/// What a node needs to know besides what comes in.
pub(crate) struct Circumstances<'a> {
    pub(crate) name: &'a str,
    /// The place of the node, from which its own noise is derived.
    pub(crate) place: usize,
    /// The shape of what comes in and of what goes out, without time and batch.
    pub(crate) shapes: (&'a [usize], &'a [usize]),
    pub(crate) noise: NoiseSeed,
    /// The first step of this call, and how many there are.
    pub(crate) first: usize,
    pub(crate) count: usize,
    pub(crate) norming: Norming<'a>,
    /// Of the factors of convolutions.
    pub(crate) precision: Precision,
}

impl Circumstances<'_> {
    fn in_shape<const D: usize>(&self, batch: usize) -> [usize; D] {
        with_batch(batch, self.shapes.0)
    }
}

fn with_batch<const D: usize>(batch: usize, shape: &[usize]) -> [usize; D] {
    let mut all = [batch; D];
    all[1..].copy_from_slice(shape);
    all
}

/// A map of frames `[batch, channels, rows, columns]`.
fn spatial<const D: usize>(signal: Signal, about: &Circumstances, map: impl FnOnce(Tensor<D>) -> Tensor<D>) -> Signal {
    signal.map(|frames| {
        let [batch, _] = frames.dims();
        let out: usize = about.shapes.1.iter().product();
        map(frames.reshape(about.in_shape::<D>(batch))).reshape([batch, out])
    })
}

impl Layer {
    /// What the node makes of `signal`, and its state after it.
    pub(crate) fn apply(
        &self,
        sent: Sent,
        state: Option<NodeState>,
        about: &Circumstances,
    ) -> (Sent, Option<NodeState>) {
        let signal = sent.signal;
        let stateless = |signal: Signal| (signal.into(), None);
        match self {
            Self::Encode { encoder, steps } => encoder.apply(*steps, signal, state, about),
            Self::Linear(linear) => stateless(linear.apply(signal)),
            Self::Conv1d(conv) => {
                stateless(spatial::<3>(signal, about, |frames| conv1d_in(about.precision, conv, frames)))
            }
            Self::Conv2d(conv) => {
                stateless(spatial::<4>(signal, about, |frames| conv2d_in(about.precision, conv, frames)))
            }
            Self::MaxPool(pool) => stateless(spatial::<4>(signal, about, |frames| pool.forward(frames))),
            Self::AvgPool(pool) => stateless(spatial::<4>(signal, about, |frames| pool.forward(frames))),
            Self::Flatten => stateless(signal),
            Self::Scale { factor, offset } => {
                stateless(signal.map(|frames| frames.mul_scalar(*factor).add_scalar(*offset)))
            }
            Self::Relu => stateless(signal.map(relu)),
            Self::Dropout { probability } => stateless(dropout::dropout(signal, *probability, about)),
            Self::Norm(norm) => stateless(norm.apply(signal, about)),
            Self::Delay(delay) => {
                let state = state.map(|state| match state {
                    NodeState::Delay(state) => state,
                    other => unreachable!("a delay with the state {other:?}"),
                });
                let delayed = delay.forward(signal.into_sequence(), state);
                (Signal::Sequence(delayed.output).into(), Some(NodeState::Delay(delayed.last)))
            }
            Self::Neurons(neurons) => neurons.apply(signal.into_sequence(), state, about.name),
            Self::Readout { readout, of, vote: votes } => {
                let sequence = match of {
                    None => signal.into_sequence(),
                    Some(name) => sent.states[name.as_str()].clone(),
                };
                let state = state.map(|state| match state {
                    NodeState::Readout(state) => state,
                    other => unreachable!("a readout with the state {other:?}"),
                });
                let (result, state) = readout.apply(sequence, about.first, state);
                let result = match votes {
                    None => result,
                    Some(ensemble) => ensemble.of_frames(result),
                };
                (Signal::Still(result).into(), state.map(NodeState::Readout))
            }
            Self::Ensemble(ensemble) => stateless(ensemble.apply(Sent { signal, states: sent.states })),
        }
    }
}

impl NeuronsNode {
    fn apply(&self, current: Tensor<3>, state: Option<NodeState>, name: &str) -> (Sent, Option<NodeState>) {
        record::named(name, || match (self, state) {
            (Self::Plain(population), state) => {
                let state = state.map(|state| match state {
                    NodeState::Neurons(state) => state,
                    other => unreachable!("neurons with the state {other:?}"),
                });
                let run = population.forward(current, state);
                let states = population.state_names().iter().copied().zip(run.states).collect();
                (Sent { signal: Signal::Sequence(run.output), states }, Some(NodeState::Neurons(run.last)))
            }
            (Self::Recurrent(recurrent), state) => {
                let state = state.map(|state| match state {
                    NodeState::Recurrent(state, output) => (state, output),
                    other => unreachable!("recurrent neurons with the state {other:?}"),
                });
                let (run, output) = recurrent.forward(current, state);
                let states = recurrent.neurons.state_names().iter().copied().zip(run.states).collect();
                (Sent { signal: Signal::Sequence(run.output), states }, Some(NodeState::Recurrent(run.last, output)))
            }
        })
    }
}
