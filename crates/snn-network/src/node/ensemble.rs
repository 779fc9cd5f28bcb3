//! Ensembles: several neurons side by side speak for each class.

use burn::tensor::Tensor;
use snn_core::readout::{Vote, mixture_of_softmaxes, shared_ensemble, vote};

use super::Sent;
use crate::error::{Result, refuse};
use crate::keys::Keys;
use crate::signal::Signal;

/// How the neurons of a class come to one voice.
#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    Vote(Vote),
    /// Each member of all classes is a softmax; the logarithm of their mean.
    Mixture,
    /// The sum of what they send, whose gradient is shared in proportion to this state.
    Shared(String),
}

/// Several neurons side by side for each class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ensemble {
    pub(crate) classes: usize,
    how: How,
}

impl Ensemble {
    /// Ensembles of `size` of so many `features`; `in_time`: right behind neurons, whose states can be asked for.
    pub(crate) fn new(size: usize, keys: &Keys, features: usize, in_time: bool) -> Result<Self> {
        if !features.is_multiple_of(size) {
            refuse!(
                "{}: {features} features cannot be cut into ensembles of {size}; take a multiple of {size}",
                keys.place
            );
        }
        #[derive(Clone, Copy)]
        enum Way {
            Vote(Vote),
            Mixture,
            Shared,
        }
        let ways = [
            ("mean", Way::Vote(Vote::Mean)),
            ("sum", Way::Vote(Vote::Sum)),
            ("mixture", Way::Mixture),
            ("shared", Way::Shared),
        ];
        let how = match keys.choice("vote", &ways)?.unwrap_or(Way::Vote(Vote::Mean)) {
            Way::Vote(vote) => How::Vote(vote),
            Way::Mixture => How::Mixture,
            Way::Shared if in_time => How::Shared(keys.text("of")?.unwrap_or("membrane").to_owned()),
            Way::Shared => refuse!(
                "{}: a gradient is shared in proportion to states, so vote = \"shared\" stands right behind neurons, before the readout",
                keys.place
            ),
        };
        Ok(Self { classes: features / size, how })
    }

    /// The state of the neurons before it that it needs.
    pub(crate) fn needs_state(&self) -> Option<&str> {
        match &self.how {
            How::Shared(of) => Some(of),
            _ => None,
        }
    }

    /// What it makes of what arrives.
    pub(crate) fn apply(&self, sent: Sent) -> Signal {
        match &self.how {
            How::Shared(of) => {
                let states = sent.states[of.as_str()].clone();
                Signal::Sequence(shared_ensemble(sent.signal.into_sequence(), states, self.classes))
            }
            _ => sent.signal.map(|frames| self.of_frames(frames)),
        }
    }

    /// Of what was read out.
    pub(crate) fn of_frames(&self, frames: Tensor<2>) -> Tensor<2> {
        match &self.how {
            How::Vote(how) => vote(frames, self.classes, *how),
            How::Mixture => mixture_of_softmaxes(frames, self.classes),
            How::Shared(_) => unreachable!("shared in time only"),
        }
    }
}
