//! Nodes: what each kind is made of, and what it does to a signal.

mod build;
mod readout;

pub(crate) use build::{Building, layer};
pub use readout::READOUTS;
pub(crate) use readout::{ReadoutNode, ReadoutState};

use std::collections::BTreeMap;

use burn::module::Param;
use burn::nn::conv::{Conv1d, Conv2d};
use burn::nn::pool::{AvgPool2d, MaxPool2d};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use snn_core::encode::{self, Delta, Latency, ReceptiveFields, SpikeGradient, uniform_noise};
use snn_core::layer::{Delay, DelayState, Population, Recurrent};
use snn_core::noise::{NoiseSeed, derive_seed};
use snn_core::norm::ThresholdBatchNorm;
use snn_core::readout::{Vote, vote};
use snn_core::record;
use snn_core::scan::PopulationState;
use snn_core::synapse::{Precision, flickering_linear_in, linear_in};

use crate::signal::Signal;

/// How a sample becomes a sequence.
#[derive(Clone, Debug)]
pub(crate) enum Encoder {
    Constant,
    Flicker,
    Bernoulli,
    Poisson {
        time_step: f64,
    },
    Latency(Latency),
    ReceptiveFields(ReceptiveFields),
    /// Of a sequence.
    Delta(Delta),
}

/// `x W + b`
#[derive(Clone, Debug)]
pub(crate) struct LinearNode {
    pub(crate) weight: Param<Tensor<2>>,
    pub(crate) bias: Option<Param<Tensor<1>>>,
    pub(crate) precision: Precision,
}

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
    Norm(ThresholdBatchNorm),
    Delay(Delay),
    Neurons(NeuronsNode),
    /// `of`: the state that is read out; `None`: the output.
    Readout {
        readout: ReadoutNode,
        of: Option<String>,
    },
    Ensemble {
        classes: usize,
        how: Vote,
    },
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
            Self::Encode { encoder, steps } => encode(encoder, *steps, signal, state, about),
            Self::Linear(linear) => stateless(linear.apply(signal)),
            Self::Conv1d(conv) => stateless(spatial::<3>(signal, about, |frames| conv.forward(frames))),
            Self::Conv2d(conv) => stateless(spatial::<4>(signal, about, |frames| conv.forward(frames))),
            Self::MaxPool(pool) => stateless(spatial::<4>(signal, about, |frames| pool.forward(frames))),
            Self::AvgPool(pool) => stateless(spatial::<4>(signal, about, |frames| pool.forward(frames))),
            Self::Flatten => stateless(signal),
            Self::Scale { factor, offset } => {
                stateless(signal.map(|frames| frames.mul_scalar(*factor).add_scalar(*offset)))
            }
            Self::Relu => stateless(signal.map(relu)),
            Self::Dropout { probability } => stateless(dropout(signal, *probability, about)),
            Self::Norm(norm) => stateless(normalised(norm, signal, about)),
            Self::Delay(delay) => {
                let state = state.map(|state| match state {
                    NodeState::Delay(state) => state,
                    other => unreachable!("a delay with the state {other:?}"),
                });
                let delayed = delay.forward(signal.into_sequence(), state);
                (Signal::Sequence(delayed.output).into(), Some(NodeState::Delay(delayed.last)))
            }
            Self::Neurons(neurons) => neurons.apply(signal.into_sequence(), state, about.name),
            Self::Readout { readout, of } => {
                let sequence = match of {
                    None => signal.into_sequence(),
                    Some(name) => sent.states[name.as_str()].clone(),
                };
                let state = state.map(|state| match state {
                    NodeState::Readout(state) => state,
                    other => unreachable!("a readout with the state {other:?}"),
                });
                let (result, state) = readout.apply(sequence, about.first, state);
                (Signal::Still(result).into(), state.map(NodeState::Readout))
            }
            Self::Ensemble { classes, how } => stateless(signal.map(|frames| vote(frames, *classes, *how))),
        }
    }
}

impl LinearNode {
    fn apply(&self, signal: Signal) -> Signal {
        let weight = self.weight.val();
        let [_, outputs] = weight.dims();
        let bias = match &self.bias {
            Some(bias) => bias.val(),
            None => Tensor::zeros([outputs], &weight.device()),
        };
        match signal {
            // The noise is drawn inside the product.
            Signal::Flickering(frame, steps, noise) => {
                Signal::Sequence(flickering_linear_in(self.precision, frame, weight, bias, steps, noise))
            }
            Signal::Sequence(sequence) => Signal::Sequence(linear_in(self.precision, sequence, weight, bias)),
            once => once.map(|frame| linear_in(self.precision, frame, weight, bias)),
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

fn encode(
    encoder: &Encoder,
    steps: usize,
    signal: Signal,
    state: Option<NodeState>,
    about: &Circumstances,
) -> (Sent, Option<NodeState>) {
    // What is encoded as a whole is cut afterwards.
    let part = |whole: Tensor<3>| match about.count == steps {
        true => whole,
        false => whole.narrow(0, about.first, about.count),
    };
    let (count, noise) = (about.count, about.noise.later(about.first));
    let frame = match (signal, encoder) {
        (Signal::Still(frame), _) => frame,
        (signal, Encoder::Delta(delta)) => {
            let before = state.map(|state| match state {
                NodeState::Delta(reference) => reference,
                other => unreachable!("a delta encoder with the state {other:?}"),
            });
            let encoded = delta.encode(signal.into_sequence(), before);
            return (Signal::Sequence(encoded.spikes).into(), Some(NodeState::Delta(encoded.reference)));
        }
        (other, _) => unreachable!("an encoder of samples before which stands {other:?}"),
    };
    let signal = match encoder {
        Encoder::Constant => Signal::Constant(frame, count),
        Encoder::Flicker => Signal::Flickering(frame, count, noise),
        Encoder::Bernoulli => Signal::Sequence(encode::bernoulli(frame, count, noise, SpikeGradient::None)),
        Encoder::Poisson { time_step } => {
            Signal::Sequence(encode::poisson(frame, *time_step, count, noise, SpikeGradient::None))
        }
        Encoder::Latency(latency) => Signal::Sequence(part(latency.encode(frame))),
        Encoder::ReceptiveFields(fields) => Signal::Sequence(part(fields.spikes(frame, steps))),
        Encoder::Delta(_) => unreachable!("a delta encoder before which stands a sample"),
    };
    (signal.into(), None)
}

/// Only in training: on a device with autodiff.
fn dropout(signal: Signal, probability: f64, about: &Circumstances) -> Signal {
    let mask = |like: &Tensor<2>, batch: usize| {
        // Another mask for each node and batch, the same at each step: it knows nothing of the step.
        let noise = NoiseSeed::new(derive_seed(about.noise.seed, about.place as u64 + 1));
        let [_, features] = like.dims();
        let drawn = uniform_noise([1, batch, features], noise, &like.device(), like.dtype());
        drawn
            .squeeze_dim::<2>(0)
            .greater_equal_elem(probability)
            .float()
            .cast(like.dtype())
            .div_scalar(1.0 - probability)
    };
    match signal {
        Signal::Still(frame) if frame.is_autodiff() => {
            let mask = mask(&frame, frame.dims()[0]);
            Signal::Still(frame * mask)
        }
        Signal::Constant(frame, steps) if frame.is_autodiff() => {
            let mask = mask(&frame, frame.dims()[0]);
            Signal::Constant(frame * mask, steps)
        }
        Signal::Flickering(frame, steps, noise) if frame.is_autodiff() => {
            let mask = mask(&frame, frame.dims()[0]);
            Signal::Flickering(frame * mask, steps, noise)
        }
        Signal::Sequence(sequence) if sequence.is_autodiff() => {
            let [_, batch, features] = sequence.dims();
            let first: Tensor<2> = sequence.clone().narrow(0, 0, 1).reshape([batch, features]);
            let mask = mask(&first, batch).unsqueeze::<3>();
            Signal::Sequence(sequence * mask)
        }
        as_it_is => as_it_is,
    }
}

/// Over batch, time and space; of what is constant in time, once.
fn normalised(norm: &ThresholdBatchNorm, signal: Signal, about: &Circumstances) -> Signal {
    let shape = about.shapes.0;
    let (channels, space) = (shape[0], shape[1..].iter().product::<usize>());
    match signal {
        Signal::Still(_) | Signal::Constant(..) => signal.map(|frames| {
            let [batch, features] = frames.dims();
            norm.norm.forward(frames.reshape([batch, channels, space])).reshape([batch, features])
        }),
        changing => {
            let sequence = changing.into_sequence();
            let [steps, batch, features] = sequence.dims();
            let normed: Tensor<4> = norm.forward(sequence.reshape([steps, batch, channels, space]));
            Signal::Sequence(normed.reshape([steps, batch, features]))
        }
    }
}
