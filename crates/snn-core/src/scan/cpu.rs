//! The scans on the CPU, generic over the neuron.
//!
//! Columns are independent. A task takes a block of them through all time steps, so that the states live in
//! the cache; the inner loop runs over the columns of a block and is what the compiler vectorises, with the
//! best instruction set the processor has, chosen at run time.
//!
//! Nothing is saved for backward but what is there anyway (input, parameters, output): the states of a block
//! are computed once more, which costs less than writing and reading them.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::adjoint::{BackwardStep, Direction, adjoint};
use super::plan::{Cotangent, Emitted, ReturnStates, Sizes};
use crate::device::columns::Columns;
use crate::device::simd::vectorised;
use crate::neuron::{Neuron, parameter_count, state_count};
use crate::number::{Fields, MAX_FIELDS, unrolled};

/// Columns of the largest block: one row of a block is then a kilobyte.
pub(super) const BLOCK: usize = 256;
/// Columns of the smallest block: two cache lines, below which memory is read in crumbs.
const SMALLEST_BLOCK: usize = 32;
/// How many state values a backward block may hold: half of a common second-level cache.
const STATE_BUDGET: usize = 128 * 1024;

/// Buffers of a forward scan.
pub struct Forward<'a> {
    pub(crate) input: &'a [f32],
    pub(crate) parameters: &'a [f32],
    pub(crate) initial: &'a [f32],
    /// All of it is written.
    pub(crate) output: &'a mut [MaybeUninit<f32>],
    /// Empty if nothing is recorded.
    pub(crate) states: &'a mut [f32],
    pub(crate) last: &'a mut [f32],
}

/// Buffers of a backward scan.
pub struct Backward<'a> {
    pub(crate) input: &'a [f32],
    pub(crate) parameters: &'a [f32],
    pub(crate) initial: &'a [f32],
    pub(crate) output: &'a [f32],
    pub(crate) last: &'a [f32],
    pub(crate) gradient: Gradient<'a>,
    pub(crate) initial_gradient: &'a mut [f32],
    /// Empty if not wanted.
    pub(crate) parameter_gradient: &'a mut [f32],
}

/// The incoming gradient, and where that of the input goes.
pub enum Gradient<'a> {
    /// Two buffers.
    Apart {
        /// Gradient of the result.
        incoming: &'a [f32],
        /// Gradient of the input.
        input: &'a mut [f32],
    },
    /// One buffer: the gradient of the output is replaced by that of the input, row by row.
    InPlace(&'a mut [f32]),
}

/// The gradient of each parameter of each column of a block, over all time steps.
type Totals = [[f64; BLOCK]; MAX_FIELDS];
/// Time steps whose gradients of a parameter are added up before their sum is added to a longer one.
const STEPS_AT_ONCE: usize = 64;

/// The parameters of each column of a block.
pub(super) type Block = [[f32; BLOCK]; MAX_FIELDS];

#[inline(always)]
pub(super) fn block_parameters(
    count: usize,
    parameter_width: usize,
    parameters: &[f32],
    start: usize,
    width: usize,
) -> Block {
    let mut block = [[0.0; BLOCK]; MAX_FIELDS];
    for (field, row) in block.iter_mut().enumerate().take(count) {
        let source = &parameters[field * parameter_width..][..parameter_width];
        match source {
            [shared] => row[..width].fill(*shared),
            // The features of one sample after those of another.
            _ => {
                let mut rest = &mut row[..width];
                let mut from = start % source.len();
                while !rest.is_empty() {
                    let (piece, later) = rest.split_at_mut(rest.len().min(source.len() - from));
                    piece.copy_from_slice(&source[from..][..piece.len()]);
                    (rest, from) = (later, 0);
                }
            }
        }
    }
    block
}

pub(super) fn check_fields<N: Neuron>() {
    const { assert!(state_count::<N>() <= MAX_FIELDS && parameter_count::<N>() <= MAX_FIELDS) }
}

/// Runs the neuron over all time steps. See [`Sizes`] for the buffers.
pub fn forward<N: Neuron>(neuron: &N, sizes: &Sizes, return_states: ReturnStates, arguments: Forward<'_>) {
    check_fields::<N>();
    let Forward { input, parameters, initial, output, states, last } = arguments;
    let width = sizes.width;
    let (output, states, last) = (Columns::new(output, width), Columns::new(states, width), Columns::new(last, width));
    (0..width.div_ceil(BLOCK)).into_par_iter().for_each(|block| {
        let start = block * BLOCK;
        let columns = BLOCK.min(width - start);
        let parameters = block_parameters(sizes.parameters, sizes.parameter_width, parameters, start, columns);
        vectorised(
            #[inline(always)]
            || {
                forward_block(
                    neuron,
                    sizes,
                    return_states,
                    input,
                    &parameters,
                    initial,
                    output,
                    states,
                    last,
                    start,
                    columns,
                )
            },
        );
    });
}

#[inline(always)]
fn forward_block<N: Neuron>(
    neuron: &N,
    sizes: &Sizes,
    return_states: ReturnStates,
    input: &[f32],
    parameters: &Block,
    initial: &[f32],
    output: Columns<'_, MaybeUninit<f32>>,
    states: Columns<'_>,
    last: Columns<'_>,
    start: usize,
    columns: usize,
) {
    let (steps, width) = (sizes.steps, sizes.width);
    let emit = |row: usize, spikes: &[f32]| match sizes.emitted(row) {
        Emitted::Output(row) => {
            // SAFETY: this task alone writes these columns.
            unsafe { output.row(row, start, columns) }.write_copy_of_slice(spikes);
        }
        // SAFETY: as above.
        Emitted::Last(row) => unsafe { last.row(row, start, columns) }.copy_from_slice(spikes),
    };
    let mut state = [[0.0f32; BLOCK]; MAX_FIELDS];
    for (field, state) in state.iter_mut().enumerate().take(sizes.states) {
        state[..columns].copy_from_slice(&initial[field * width + start..][..columns]);
    }
    for row in 0..sizes.delay {
        emit(row, &initial[(sizes.states + row) * width + start..][..columns]);
    }
    let write_states = |step: usize, state: &Block| {
        for (field, state) in state.iter().enumerate().take(sizes.states) {
            // SAFETY: as above.
            unsafe { states.row(field * steps + step, start, columns) }.copy_from_slice(&state[..columns]);
        }
    };
    let mut spikes = [0.0f32; BLOCK];
    for step in 0..steps {
        if return_states == ReturnStates::BeforeStep {
            write_states(step, &state);
        }
        let input = &input[step * width + start..][..columns];
        step_block(*neuron, parameters, &mut state, input, &mut spikes);
        emit(step + sizes.delay, &spikes[..columns]);
        if return_states == ReturnStates::AfterStep {
            write_states(step, &state);
        }
    }
    for (field, state) in state.iter().enumerate().take(sizes.states) {
        // SAFETY: as above.
        unsafe { last.row(field, start, columns) }.copy_from_slice(&state[..columns]);
    }
}

/// One time step of one block.
///
/// `neuron` is a copy, and `state` and `spikes` lie on the caller's stack: nothing that is written can then be something
/// that is read, and the compiler vectorises without asking at run time.
#[inline(always)]
pub(super) fn step_block<N: Neuron>(
    neuron: N,
    parameters: &Block,
    state: &mut Block,
    input: &[f32],
    spikes: &mut [f32; BLOCK],
) {
    for column in 0..input.len().min(BLOCK) {
        let before = N::State::<f32>::from_fn(|i| state[i][column]);
        let parameters = N::Parameters::<f32>::from_fn(|i| parameters[i][column]);
        let (spike, after) = neuron.step(&parameters, before, input[column]);
        spikes[column] = spike;
        unrolled(state_count::<N>(), |i| state[i][column] = after.get(i));
    }
}

/// The gradients of input, parameters and initial state, given that of one of the scan's results.
pub fn backward<N: Neuron>(
    neuron: &N,
    sizes: &Sizes,
    return_states: ReturnStates,
    cotangent: Cotangent,
    arguments: Backward<'_>,
) {
    check_fields::<N>();
    let width = sizes.width;
    let Backward { input, parameters, initial, output, last, gradient, initial_gradient, parameter_gradient } =
        arguments;
    let (incoming, input_gradient) = match gradient {
        Gradient::Apart { incoming, input } => (Some(incoming), Columns::new(input, width)),
        Gradient::InPlace(buffer) => (None, Columns::new(buffer, width)),
    };
    let task = BackwardTask {
        neuron,
        sizes,
        return_states,
        cotangent,
        input,
        initial,
        output,
        last,
        incoming,
        input_gradient,
        initial_gradient: Columns::new(initial_gradient, width),
    };
    let block_width = backward_block_width(sizes);
    let with_parameters = !parameter_gradient.is_empty();
    let partial: Vec<Option<Box<Totals>>> = (0..width.div_ceil(block_width))
        .into_par_iter()
        .map_init(
            || vec![0.0f32; sizes.states * sizes.steps * block_width],
            |history, block| {
                let start = block * block_width;
                let columns = block_width.min(width - start);
                let parameters = block_parameters(sizes.parameters, sizes.parameter_width, parameters, start, columns);
                let mut gradient = with_parameters.then(|| Box::new([[0.0; BLOCK]; MAX_FIELDS]));
                vectorised(
                    #[inline(always)]
                    || match &mut gradient {
                        Some(sum) => task.run::<true>(&parameters, history, sum, start, columns),
                        None => {
                            task.run::<false>(&parameters, history, &mut [[0.0; BLOCK]; MAX_FIELDS], start, columns)
                        }
                    },
                );
                gradient
            },
        )
        .collect();
    if !with_parameters {
        return;
    }
    // Summed in the order of the blocks, so that the result does not depend on the number of threads.
    let mut totals = vec![0.0f64; parameter_gradient.len()];
    for (block, partial) in partial.iter().enumerate() {
        let Some(partial) = partial else { continue };
        let start = block * block_width;
        let columns = block_width.min(width - start);
        for field in 0..sizes.parameters {
            let sum = &mut totals[field * sizes.parameter_width..][..sizes.parameter_width];
            for column in 0..columns {
                sum[(start + column) % sizes.parameter_width] += partial[field][column];
            }
        }
    }
    for (gradient, total) in parameter_gradient.iter_mut().zip(totals) {
        *gradient = total as f32;
    }
}

fn backward_block_width(sizes: &Sizes) -> usize {
    let fitting = STATE_BUDGET / (sizes.states * sizes.steps).max(1);
    (fitting / SMALLEST_BLOCK * SMALLEST_BLOCK).clamp(SMALLEST_BLOCK, BLOCK)
}

struct BackwardTask<'a, N> {
    neuron: &'a N,
    sizes: &'a Sizes,
    return_states: ReturnStates,
    cotangent: Cotangent,
    input: &'a [f32],
    initial: &'a [f32],
    output: &'a [f32],
    last: &'a [f32],
    /// `None`: it stands in `input_gradient`.
    incoming: Option<&'a [f32]>,
    input_gradient: Columns<'a>,
    initial_gradient: Columns<'a>,
}

impl<N: Neuron> BackwardTask<'_, N> {
    /// Fills `history` with the state before each step: `[state][step][column]`.
    #[inline(always)]
    fn replay_states(&self, parameters: &Block, history: &mut [f32], start: usize, columns: usize) {
        let (steps, width) = (self.sizes.steps, self.sizes.width);
        let mut state = [[0.0f32; BLOCK]; MAX_FIELDS];
        for (field, state) in state.iter_mut().enumerate().take(self.sizes.states) {
            state[..columns].copy_from_slice(&self.initial[field * width + start..][..columns]);
        }
        for step in 0..steps {
            for (field, state) in state.iter().enumerate().take(self.sizes.states) {
                history[(field * steps + step) * columns..][..columns].copy_from_slice(&state[..columns]);
            }
            let input = &self.input[step * width + start..][..columns];
            step_block(*self.neuron, parameters, &mut state, input, &mut [0.0; BLOCK]);
        }
    }

    #[inline(always)]
    fn incoming_row(&self, row: usize, start: usize, columns: usize) -> &[f32] {
        match self.incoming {
            Some(incoming) => &incoming[row * self.sizes.width + start..][..columns],
            // SAFETY: only this task touches these columns, and it is not writing while it reads.
            None => unsafe { self.input_gradient.row(row, start, columns) },
        }
    }

    /// Adds what the loss says of the states recorded at `step`.
    #[inline(always)]
    fn add_recorded(&self, gradient: &mut Block, step: usize, start: usize, columns: usize) {
        for (field, gradient) in gradient.iter_mut().enumerate().take(self.sizes.states) {
            let incoming = self.incoming_row(field * self.sizes.steps + step, start, columns);
            for (gradient, incoming) in gradient[..columns].iter_mut().zip(incoming) {
                *gradient += incoming;
            }
        }
    }

    #[inline(always)]
    fn run<const PARAMETERS: bool>(
        &self,
        parameters: &Block,
        history: &mut [f32],
        parameter_gradient: &mut Totals,
        start: usize,
        columns: usize,
    ) {
        // As in `step_block`: a copy of the neuron, and all results first on the stack.
        let neuron = *self.neuron;
        let mut input_gradient = [0.0f32; BLOCK];
        // Of `STEPS_AT_ONCE` steps: a sum over a long sequence in one go would lose its last digits.
        let mut sums = [[0.0f32; BLOCK]; MAX_FIELDS];
        let Sizes { steps, width, states, delay, .. } = *self.sizes;
        let columns = columns.min(BLOCK);
        self.replay_states(parameters, history, start, columns);

        let mut state_gradient = [[0.0f32; BLOCK]; MAX_FIELDS];
        // Gradients of the outputs in flight: slot `t % delay` holds that of the output emitted at step t.
        let mut in_flight = vec![0.0f32; delay * columns];
        if self.cotangent == Cotangent::Last {
            for (field, gradient) in state_gradient.iter_mut().enumerate().take(states) {
                gradient[..columns].copy_from_slice(self.incoming_row(field, start, columns));
            }
            for row in steps..steps + delay {
                let gradient = self.incoming_row(states + row - steps, start, columns);
                in_flight[(row % delay) * columns..][..columns].copy_from_slice(gradient);
            }
        }
        let mut spike_gradient = [0.0f32; BLOCK];
        for step in (0..steps).rev() {
            // In place, row `step` of the incoming gradient is overwritten below: take it out first.
            if self.cotangent == Cotangent::Output {
                spike_gradient[..columns].copy_from_slice(self.incoming_row(step, start, columns));
            }
            if delay > 0 {
                let slot = &mut in_flight[(step % delay) * columns..][..columns];
                slot.swap_with_slice(&mut spike_gradient[..columns]);
                if self.cotangent != Cotangent::Output {
                    slot.fill(0.0);
                }
            }
            if self.cotangent == Cotangent::States && self.return_states == ReturnStates::AfterStep {
                self.add_recorded(&mut state_gradient, step, start, columns);
            }
            let input = &self.input[step * width + start..][..columns];
            let spikes = match self.sizes.emitted(step + delay) {
                Emitted::Output(row) => &self.output[row * width + start..][..columns],
                Emitted::Last(row) => &self.last[row * width + start..][..columns],
            };
            let history: &[f32] = history;
            for column in 0..columns {
                let recorded = BackwardStep {
                    parameters: N::Parameters::<f32>::from_fn(|i| parameters[i][column]),
                    // SAFETY: `history` holds `states * steps * columns` values.
                    state: N::State::<f32>::from_fn(|i| unsafe {
                        *history.get_unchecked((i * steps + step) * columns + column)
                    }),
                    input: input[column],
                    spike: spikes[column],
                    spike_gradient: spike_gradient[column],
                    state_gradient: N::State::<f32>::from_fn(|i| state_gradient[i][column]),
                };
                // Called and inlined direction by direction: each must be known where it is differentiated.
                input_gradient[column] = adjoint(&neuron, Direction::Input, &recorded);
                unrolled(
                    state_count::<N>(),
                    #[inline(always)]
                    |i| state_gradient[i][column] = adjoint(&neuron, Direction::State(i), &recorded),
                );
                if PARAMETERS {
                    unrolled(
                        parameter_count::<N>(),
                        #[inline(always)]
                        |i| sums[i][column] += adjoint(&neuron, Direction::Parameter(i), &recorded),
                    );
                }
            }
            if PARAMETERS && (step.is_multiple_of(STEPS_AT_ONCE)) {
                for (total, sum) in parameter_gradient.iter_mut().zip(&mut sums).take(parameter_count::<N>()) {
                    for (total, sum) in total.iter_mut().zip(sum) {
                        *total += f64::from(std::mem::take(sum));
                    }
                }
            }
            // SAFETY: this task alone writes these columns, and reads of this row are over.
            unsafe { self.input_gradient.row(step, start, columns) }.copy_from_slice(&input_gradient[..columns]);
            if self.cotangent == Cotangent::States && self.return_states == ReturnStates::BeforeStep {
                self.add_recorded(&mut state_gradient, step, start, columns);
            }
        }
        for (field, gradient) in state_gradient.iter().enumerate().take(states) {
            // SAFETY: this task alone writes these columns.
            unsafe { self.initial_gradient.row(field, start, columns) }.copy_from_slice(&gradient[..columns]);
        }
        for row in 0..delay {
            let gradient = &in_flight[(row % delay) * columns..][..columns];
            // SAFETY: as above.
            unsafe { self.initial_gradient.row(states + row, start, columns) }.copy_from_slice(gradient);
        }
    }
}
