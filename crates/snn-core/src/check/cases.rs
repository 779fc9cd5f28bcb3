//! The one table of cases that every neuron runs, on every path and device.

use crate::scan::ReturnStates;

/// How strongly a neuron is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drive {
    /// No input at all.
    Silent,
    /// So that about a quarter of the outputs are spikes.
    Usual,
    /// As strongly as gives the most spikes.
    Strong,
}

/// Sizes and circumstances of a scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) steps: usize,
    pub(super) batch: usize,
    /// One or two feature axes.
    pub(super) features: &'static [usize],
    pub(super) delay: usize,
    pub(super) return_states: ReturnStates,
    pub(super) drive: Drive,
    /// Each neuron has its own parameters, or all share them.
    pub(super) own_parameters: bool,
    /// The sequence goes on from an earlier one.
    pub(super) carried: bool,
    /// The input is a view whose elements do not lie side by side.
    pub(super) strided: bool,
}

const PLAIN: Case = Case {
    name: "every axis different",
    steps: 7,
    batch: 3,
    features: &[5],
    delay: 0,
    return_states: ReturnStates::AfterStep,
    drive: Drive::Usual,
    own_parameters: false,
    carried: false,
    strided: false,
};

/// The table.
pub(super) const CASES: &[Case] = &[
    PLAIN,
    Case {
        name: "two feature axes, own parameters, delay",
        batch: 2,
        features: &[3, 4],
        delay: 2,
        return_states: ReturnStates::BeforeStep,
        own_parameters: true,
        ..PLAIN
    },
    Case { name: "one step", steps: 1, return_states: ReturnStates::BeforeStep, ..PLAIN },
    Case { name: "delay longer than the sequence", steps: 2, delay: 3, carried: true, ..PLAIN },
    Case { name: "no input", drive: Drive::Silent, delay: 1, return_states: ReturnStates::BeforeStep, ..PLAIN },
    Case { name: "as many spikes as possible", drive: Drive::Strong, return_states: ReturnStates::Nothing, ..PLAIN },
    Case { name: "state carried in", carried: true, delay: 1, own_parameters: true, ..PLAIN },
    Case { name: "strided input", strided: true, delay: 1, return_states: ReturnStates::Nothing, ..PLAIN },
    Case { name: "more than one work-group", steps: 4, batch: 7, features: &[713], own_parameters: true, ..PLAIN },
    Case {
        name: "long",
        steps: 301,
        batch: 1,
        features: &[6],
        delay: 1,
        return_states: ReturnStates::Nothing,
        ..PLAIN
    },
];

impl Case {
    pub(super) fn width(&self) -> usize {
        self.batch * self.neurons()
    }
    pub(super) fn neurons(&self) -> usize {
        self.features.iter().product()
    }
    /// `[batch, features..]`
    pub(super) fn state_shape(&self) -> Vec<usize> {
        [&[self.batch], self.features].concat()
    }
    /// `[time, batch, features..]`
    pub(super) fn input_shape(&self) -> Vec<usize> {
        [&[self.steps, self.batch], self.features].concat()
    }
}
