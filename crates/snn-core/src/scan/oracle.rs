//! The oracle: one neuron after the other, in `f64`, as plainly as the equations are written.
//!
//! Everything else is judged by it.

use super::adjoint::{BackwardStep, Direction, adjoint};
use super::plan::ReturnStates;
use crate::neuron::{Neuron, parameter_count, state_count};
use crate::number::Fields;

/// A whole scan in `f64`. Rows are time steps, columns neurons.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OracleRun {
    /// `[steps][columns]`.
    pub output: Vec<Vec<f64>>,
    /// `[states][steps][columns]`, as [`ReturnStates`] says.
    pub states: Vec<Vec<Vec<f64>>>,
    /// `[states + delay][columns]`.
    pub last: Vec<Vec<f64>>,
}

/// The gradients of an oracle run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OracleGradients {
    /// `[steps][columns]`.
    pub input: Vec<Vec<f64>>,
    /// `[parameters][columns]`: not summed over the columns that share one.
    pub parameters: Vec<Vec<f64>>,
    /// `[states + delay][columns]`.
    pub initial: Vec<Vec<f64>>,
}

/// What the oracle runs on.
#[derive(Clone, Debug)]
pub struct OracleInput<'a> {
    /// `[steps][columns]`.
    pub input: &'a [Vec<f64>],
    /// `[parameters][columns]`.
    pub parameters: &'a [Vec<f64>],
    /// `[states + delay][columns]`.
    pub initial: &'a [Vec<f64>],
    /// How many steps late the output leaves.
    pub delay: usize,
    /// Which states to return.
    pub return_states: ReturnStates,
}

impl OracleInput<'_> {
    fn columns(&self) -> usize {
        self.initial[0].len()
    }
    fn parameters<N: Neuron>(&self, column: usize) -> N::Parameters<f64> {
        N::Parameters::from_fn(|i| self.parameters[i][column])
    }
    /// The undelayed spikes and the states before each step and after the last, of one column.
    fn column<N: Neuron>(&self, neuron: &N, column: usize) -> (Vec<f64>, Vec<N::State<f64>>) {
        let mut states = vec![N::State::<f64>::from_fn(|i| self.initial[i][column])];
        let mut spikes = Vec::new();
        for input in self.input {
            let (spike, after) = neuron.step(&self.parameters::<N>(column), states[states.len() - 1], input[column]);
            spikes.push(spike);
            states.push(after);
        }
        (spikes, states)
    }
}

/// Runs the neuron.
pub fn oracle<N: Neuron>(neuron: &N, of: &OracleInput<'_>) -> OracleRun {
    let (steps, columns, count) = (of.input.len(), of.columns(), state_count::<N>());
    let recorded = if of.return_states == ReturnStates::Nothing { 0 } else { count };
    let mut run = OracleRun {
        output: vec![vec![0.0; columns]; steps],
        states: vec![vec![vec![0.0; columns]; steps]; recorded],
        last: vec![vec![0.0; columns]; count + of.delay],
    };
    for column in 0..columns {
        let (spikes, states) = of.column(neuron, column);
        let in_flight = (0..of.delay).map(|row| of.initial[count + row][column]);
        for (row, spike) in in_flight.chain(spikes).enumerate() {
            if row < steps { run.output[row][column] = spike } else { run.last[count + row - steps][column] = spike }
        }
        for field in 0..count {
            run.last[field][column] = states[steps].get(field);
            for step in 0..steps {
                match of.return_states {
                    ReturnStates::Nothing => {}
                    ReturnStates::BeforeStep => run.states[field][step][column] = states[step].get(field),
                    ReturnStates::AfterStep => run.states[field][step][column] = states[step + 1].get(field),
                }
            }
        }
    }
    run
}

/// The gradients of `sum(run * cotangents)` by backpropagation through time.
pub fn oracle_gradients<N: Neuron>(neuron: &N, of: &OracleInput<'_>, cotangents: &OracleRun) -> OracleGradients {
    let (steps, columns, count) = (of.input.len(), of.columns(), state_count::<N>());
    let mut gradients = OracleGradients {
        input: vec![vec![0.0; columns]; steps],
        parameters: vec![vec![0.0; columns]; parameter_count::<N>()],
        initial: vec![vec![0.0; columns]; count + of.delay],
    };
    for column in 0..columns {
        let (spikes, states) = of.column(neuron, column);
        let of_emitted = |row: usize| {
            if row < steps { cotangents.output[row][column] } else { cotangents.last[count + row - steps][column] }
        };
        let of_recorded = |field: usize, step: usize, return_states: ReturnStates| {
            if of.return_states == return_states { cotangents.states[field][step][column] } else { 0.0 }
        };
        let mut state_gradient = N::State::<f64>::from_fn(|i| cotangents.last[i][column]);
        for step in (0..steps).rev() {
            let recorded = BackwardStep {
                parameters: of.parameters::<N>(column),
                state: states[step],
                input: of.input[step][column],
                spike: spikes[step],
                spike_gradient: of_emitted(step + of.delay),
                state_gradient: N::State::<f64>::from_fn(|i| {
                    state_gradient.get(i) + of_recorded(i, step, ReturnStates::AfterStep)
                }),
            };
            let gradient = |direction| adjoint::<N, f64>(neuron, direction, &recorded);
            gradients.input[step][column] = gradient(Direction::Input);
            for (i, parameter) in gradients.parameters.iter_mut().enumerate() {
                parameter[column] += gradient(Direction::Parameter(i));
            }
            state_gradient = N::State::<f64>::from_fn(|i| {
                gradient(Direction::State(i)) + of_recorded(i, step, ReturnStates::BeforeStep)
            });
        }
        for field in 0..count {
            gradients.initial[field][column] = state_gradient.get(field);
        }
        for row in 0..of.delay {
            gradients.initial[count + row][column] = of_emitted(row);
        }
    }
    gradients
}
