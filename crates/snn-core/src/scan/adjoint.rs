//! The adjoint of a neuron's step: from the derivatives of its results to the derivative of one of its inputs.

use crate::neuron::Neuron;
use crate::number::{Dual, Fields, Replay, Scalar, Tangent, unrolled};

/// Which number of a step a derivative is taken with respect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The input of the step.
    Input,
    /// A field of the state before the step.
    State(usize),
    /// A parameter.
    Parameter(usize),
}

/// One time step as the backward pass sees it: what went in, what came out, and what the loss says of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackwardStep<P, V, S> {
    /// The neuron's parameters.
    pub(crate) parameters: P,
    /// The state before the step.
    pub(crate) state: V,
    /// The input of the step.
    pub(crate) input: S,
    /// The spike that the step sent.
    pub(crate) spike: S,
    /// Derivative of the loss with respect to that spike.
    pub(crate) spike_gradient: S,
    /// Derivative of the loss with respect to the state after the step.
    pub(crate) state_gradient: V,
}

/// Derivative of the loss with respect to one number of a step, from those with respect to its results.
///
/// Only this direction is differentiated; a full gradient is one call for each direction, of which the
/// compiler shares the common parts.
#[inline(always)]
pub(crate) fn adjoint<N: Neuron, S: Scalar>(
    neuron: &N,
    direction: Direction,
    step: &BackwardStep<N::Parameters<S>, N::State<S>, S>,
) -> S {
    let seed = |value: S, of: Direction| Dual {
        value,
        tangent: if of == direction { Tangent::One } else { Tangent::Zero },
        recorded: Some(Replay { spike: step.spike, silenced: None }),
    };
    let parameters = N::Parameters::<Dual<S>>::from_fn(|i| seed(step.parameters.get(i), Direction::Parameter(i)));
    let state = N::State::<Dual<S>>::from_fn(|i| seed(step.state.get(i), Direction::State(i)));
    let (spike, after) = neuron.step(&parameters, state, seed(step.input, Direction::Input));
    let mut gradient = spike.tangent.times(step.spike_gradient);
    unrolled(N::State::<S>::COUNT, |i| {
        gradient = gradient.plus(after.get(i).tangent.times(step.state_gradient.get(i)));
    });
    gradient.value()
}
