//! Finite differences through a spiking neuron.
//!
//! A spike has no useful finite difference: it jumps or it does not. So the step is run on a number which
//! keeps to the decisions of an earlier run (which branch was taken, what was floored or detached) and lets
//! the spike move along the straight line of slope `slope(spike)` through the recorded one. That function is
//! smooth, its derivative is by definition the surrogate gradient, and it shares no derivative rule with
//! [`Dual`](crate::number::Dual): an outsider to judge the adjoint by.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::neuron::Neuron;
use crate::number::{Fields, Scalar};

/// The decisions of a run, in the order in which they were made.
#[derive(Default)]
struct Tape {
    decisions: Vec<f64>,
    /// `Some(place)`: the next decision to keep to. `None`: decisions are being written down.
    replay: Option<usize>,
    /// How close the membrane came to its threshold, and how far it was away from it.
    nearest: f64,
    farthest: f64,
}

thread_local! {
    static TAPE: RefCell<Tape> = RefCell::default();
}

fn decide(value: f64) -> f64 {
    TAPE.with_borrow_mut(|tape| match &mut tape.replay {
        None => {
            tape.decisions.push(value);
            value
        }
        Some(place) => {
            *place += 1;
            tape.decisions[*place - 1]
        }
    })
}

/// A number that writes down its decisions, or keeps to those of the run before.
#[derive(Clone, Copy, Debug)]
struct Witness(f64);

macro_rules! impl_operator {
    ($operator:ident, $method:ident) => {
        impl $operator for Witness {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Witness(self.0.$method(other.0))
            }
        }
    };
}
impl_operator!(Add, add);
impl_operator!(Sub, sub);
impl_operator!(Mul, mul);
impl_operator!(Div, div);

impl Neg for Witness {
    type Output = Self;
    fn neg(self) -> Self {
        Witness(-self.0)
    }
}

impl Scalar for Witness {
    fn constant(value: f64) -> Self {
        Witness(value)
    }
    fn if_positive(self, then: Self, otherwise: Self) -> Self {
        if decide(f64::from(u8::from(self.0 > 0.0))) > 0.0 { then } else { otherwise }
    }
    fn if_not_negative(self, then: Self, otherwise: Self) -> Self {
        if decide(f64::from(u8::from(self.0 >= 0.0))) > 0.0 { then } else { otherwise }
    }
    fn along(self, forward: Self, slope: Self) -> Self {
        let (start, slope) = (decide(self.0), decide(slope.0));
        Witness(forward.0 + slope * (self.0 - start))
    }
    fn detach(self) -> Self {
        Witness(decide(self.0))
    }
    fn surrogate(self, forward: Self, slope: impl FnOnce(Self) -> Self) -> Self {
        let (over, spike) = (decide(self.0), decide(forward.0));
        TAPE.with_borrow_mut(|tape| {
            tape.nearest = tape.nearest.min(over.abs());
            tape.farthest = tape.farthest.max(over.abs());
        });
        let slope = decide(slope(Witness(spike)).0);
        Witness(spike + slope * (self.0 - over))
    }
    fn exp(self) -> Self {
        Witness(self.0.exp())
    }
    fn ln(self) -> Self {
        Witness(self.0.ln())
    }
    fn sqrt(self) -> Self {
        Witness(self.0.sqrt())
    }
    fn tanh(self) -> Self {
        Witness(self.0.tanh())
    }
    fn sin(self) -> Self {
        Witness(self.0.sin())
    }
    fn cos(self) -> Self {
        Witness(self.0.cos())
    }
    fn floor(self) -> Self {
        Witness(decide(self.0.floor()))
    }
}

/// One neuron through time: everything its outputs depend on.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) parameters: Vec<f64>,
    pub(super) initial: Vec<f64>,
    pub(super) input: Vec<f64>,
}

/// What a column did: the state it began with, spikes (undelayed) and states after each step.
pub(super) struct ColumnRun {
    pub(super) initial: Vec<f64>,
    pub(super) spikes: Vec<f64>,
    pub(super) states: Vec<Vec<f64>>,
    /// The membrane's smallest distance from its threshold as a share of the largest; 1 if there is none.
    pub(super) margin: f64,
}

fn run<N: Neuron>(neuron: &N, column: &Column) -> ColumnRun {
    let parameters = N::Parameters::<Witness>::from_fn(|i| Witness(column.parameters[i]));
    let mut state = N::State::<Witness>::from_fn(|i| Witness(column.initial[i]));
    let (mut spikes, mut states) = (Vec::new(), Vec::new());
    for input in &column.input {
        let (spike, after) = neuron.step(&parameters, state, Witness(*input));
        state = after;
        spikes.push(spike.0);
        states.push((0..N::State::<Witness>::COUNT).map(|i| state.get(i).0).collect());
    }
    let margin = TAPE.with_borrow(|tape| if tape.farthest > 0.0 { tape.nearest / tape.farthest } else { 1.0 });
    ColumnRun { initial: column.initial.clone(), spikes, states, margin }
}

/// Runs the column and writes its decisions down.
pub(super) fn decided<N: Neuron>(neuron: &N, column: &Column) -> ColumnRun {
    TAPE.with_borrow_mut(|tape| *tape = Tape { nearest: f64::INFINITY, ..Tape::default() });
    run(neuron, column)
}

/// The central difference of `loss` in the direction in which `nudge` moves the column, decisions as in the last
/// [`decided`] run; and how far two step sizes disagree, which is what it can be trusted to.
pub(super) fn difference<N: Neuron>(
    neuron: &N,
    column: &Column,
    nudge: impl Fn(&mut Column, f64),
    loss: impl Fn(&ColumnRun) -> f64,
) -> (f64, f64) {
    let side = |by: f64| {
        TAPE.with_borrow_mut(|tape| tape.replay = Some(0));
        let mut column = column.clone();
        nudge(&mut column, by);
        loss(&run(neuron, &column))
    };
    let central = |step: f64| (side(step) - side(-step)) / (2.0 * step);
    let (coarse, fine) = (central(1e-5), central(2.5e-6));
    (fine, (fine - coarse).abs())
}
