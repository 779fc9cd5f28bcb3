//! What flows between nodes.

use burn::tensor::{Tensor, s};
use snn_core::encode;
use snn_core::noise::NoiseSeed;
use snn_core::synapse::flicker;

/// What a node sends: always with all feature axes as one.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    /// `[batch, features]`, outside time: a sample before its encoder, or what a readout made of a sequence.
    Still(Tensor<2>),
    /// The same `[batch, features]` at each of so many steps: what is made of it is computed once.
    Constant(Tensor<2>, usize),
    /// `[batch, features]` times fresh noise at each of so many steps; the noise is not drawn yet.
    Flickering(Tensor<2>, usize, NoiseSeed),
    /// `[time, batch, features]`
    Sequence(Tensor<3>),
}

/// What is known of a [`Signal`] before it flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    Still,
    /// Outside time again, behind a readout.
    ReadOut,
    Constant,
    Flickering,
    Sequence,
}

impl Timing {
    pub(crate) fn in_time(self) -> bool {
        !matches!(self, Self::Still | Self::ReadOut)
    }

    /// What both together are.
    pub(crate) fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b && a != Self::Flickering => Some(a),
            (Self::Still, Self::ReadOut) | (Self::ReadOut, Self::Still) => Some(Self::ReadOut),
            (a, b) if !a.in_time() || !b.in_time() => None,
            _ => Some(Self::Sequence),
        }
    }
}

impl Signal {
    /// `[time, batch, features]`.
    pub(crate) fn into_sequence(self) -> Tensor<3> {
        match self {
            Self::Sequence(sequence) => sequence,
            Self::Constant(frame, steps) => encode::constant(frame, steps),
            Self::Flickering(frame, steps, noise) => flicker(frame, steps, noise),
            Self::Still(frame) => frame.unsqueeze_dim(0),
        }
    }

    /// Both added up.
    pub(crate) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Still(a), Self::Still(b)) => Self::Still(a + b),
            (Self::Constant(a, steps), Self::Constant(b, _)) => Self::Constant(a + b, steps),
            (a, b) => Self::Sequence(a.into_sequence() + b.into_sequence()),
        }
    }

    /// What a map without memory makes of it: once, if it does not change in time.
    pub(crate) fn map(self, map: impl FnOnce(Tensor<2>) -> Tensor<2>) -> Self {
        match self {
            Self::Still(frame) => Self::Still(map(frame)),
            Self::Constant(frame, steps) => Self::Constant(map(frame), steps),
            changing => {
                let sequence = changing.into_sequence();
                let [steps, batch, features] = sequence.dims();
                let mapped = map(sequence.reshape([steps * batch, features]));
                let [_, features] = mapped.dims();
                Self::Sequence(mapped.reshape([steps, batch, features]))
            }
        }
    }
}

/// The last `count` steps of a sequence.
pub(crate) fn last_steps(sequence: &Tensor<3>, count: usize) -> Tensor<3> {
    let steps = sequence.dims()[0];
    sequence.clone().slice(s![steps - count..steps])
}
