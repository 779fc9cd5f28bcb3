//! One time step of some neurons on the CPU, forward and backward: for those whose input depends on the step before.

use super::adjoint::{BackwardStep, Direction, adjoint};
use super::cpu::{BLOCK, Block, block_parameters, check_fields, step_block};
use crate::device::simd::vectorised;
use crate::neuron::{Neuron, parameter_count, state_count};
use crate::number::{Fields, MAX_FIELDS, unrolled};

/// Which neurons: `columns` of them from the column `first` on, and their parameters.
#[derive(Clone, Copy)]
pub struct StepColumns<'a> {
    /// `[parameters, parameter width]`, as in [`Sizes`](super::plan::Sizes).
    pub(crate) parameters: &'a [f32],
    pub(crate) parameter_width: usize,
    pub(crate) first: usize,
    pub(crate) columns: usize,
}

impl StepColumns<'_> {
    /// Whether the neurons have parameters of their own.
    fn differ(&self) -> bool {
        self.parameter_width > 1
    }

    #[inline(always)]
    fn block(&self, count: usize, start: usize, width: usize) -> Block {
        block_parameters(count, self.parameter_width, self.parameters, self.first + start, width)
    }
}

/// Buffers of a step forward; states are `[states, columns]`.
pub struct StepForward<'a> {
    pub(crate) input: &'a [f32],
    pub(crate) before: &'a [f32],
    pub(crate) after: &'a mut [f32],
    pub(crate) spikes: &'a mut [f32],
}

/// Buffers of a step backward; states are `[states, columns]`, sums of gradients `[parameters, columns]`.
pub struct StepBackward<'a> {
    pub(crate) input: &'a [f32],
    /// The states before the step.
    pub(crate) before: &'a [f32],
    pub(crate) spikes: &'a [f32],
    pub(crate) spike_gradient: &'a [f32],
    /// Of the states after the step; replaced by that of the states before it.
    pub(crate) state_gradient: &'a mut [f32],
    pub(crate) input_gradient: &'a mut [f32],
    /// What this step adds to; empty if not wanted.
    pub(crate) parameter_sums: &'a mut [f32],
}

/// The step. `neuron` is copied, and what is written lies on the stack first, as in [`step_block`].
pub(crate) fn forward<N: Neuron>(neuron: &N, of: StepColumns<'_>, buffers: StepForward<'_>) {
    check_fields::<N>();
    let StepForward { input, before, after, spikes } = buffers;
    let all = of.columns;
    vectorised(
        #[inline(always)]
        || {
            let (mut state, mut fired) = ([[0.0f32; BLOCK]; MAX_FIELDS], [0.0f32; BLOCK]);
            let mut parameters = of.block(parameter_count::<N>(), 0, BLOCK.min(all));
            for start in (0..all).step_by(BLOCK) {
                let width = BLOCK.min(all - start);
                if start > 0 && of.differ() {
                    parameters = of.block(parameter_count::<N>(), start, width);
                }
                for (field, state) in state.iter_mut().enumerate().take(state_count::<N>()) {
                    state[..width].copy_from_slice(&before[field * all + start..][..width]);
                }
                step_block(*neuron, &parameters, &mut state, &input[start..][..width], &mut fired);
                spikes[start..][..width].copy_from_slice(&fired[..width]);
                for (field, state) in state.iter().enumerate().take(state_count::<N>()) {
                    after[field * all + start..][..width].copy_from_slice(&state[..width]);
                }
            }
        },
    );
}

/// Its adjoint.
pub(crate) fn backward<N: Neuron>(neuron: &N, of: StepColumns<'_>, buffers: StepBackward<'_>) {
    check_fields::<N>();
    if buffers.parameter_sums.is_empty() {
        backward_of::<N, false>(neuron, of, buffers);
    } else {
        backward_of::<N, true>(neuron, of, buffers);
    }
}

fn backward_of<N: Neuron, const PARAMETERS: bool>(neuron: &N, of: StepColumns<'_>, buffers: StepBackward<'_>) {
    let StepBackward { input, before, spikes, spike_gradient, state_gradient, input_gradient, parameter_sums } =
        buffers;
    let all = of.columns;
    vectorised(
        #[inline(always)]
        || {
            let neuron = *neuron;
            let (mut states, mut gradients) = ([[0.0f32; BLOCK]; MAX_FIELDS], [[0.0f32; BLOCK]; MAX_FIELDS]);
            let (mut of_input, mut of_parameters) = ([0.0f32; BLOCK], [[0.0f32; BLOCK]; MAX_FIELDS]);
            let mut parameters = of.block(parameter_count::<N>(), 0, BLOCK.min(all));
            for start in (0..all).step_by(BLOCK) {
                let width = BLOCK.min(all - start);
                if start > 0 && of.differ() {
                    parameters = of.block(parameter_count::<N>(), start, width);
                }
                for field in 0..state_count::<N>() {
                    states[field][..width].copy_from_slice(&before[field * all + start..][..width]);
                    gradients[field][..width].copy_from_slice(&state_gradient[field * all + start..][..width]);
                }
                let (input, spikes) = (&input[start..][..width], &spikes[start..][..width]);
                let spike_gradient = &spike_gradient[start..][..width];
                for column in 0..width.min(BLOCK) {
                    let recorded = BackwardStep {
                        parameters: N::Parameters::<f32>::from_fn(|i| parameters[i][column]),
                        state: N::State::<f32>::from_fn(|i| states[i][column]),
                        input: input[column],
                        spike: spikes[column],
                        spike_gradient: spike_gradient[column],
                        state_gradient: N::State::<f32>::from_fn(|i| gradients[i][column]),
                    };
                    of_input[column] = adjoint(&neuron, Direction::Input, &recorded);
                    unrolled(
                        state_count::<N>(),
                        #[inline(always)]
                        |i| gradients[i][column] = adjoint(&neuron, Direction::State(i), &recorded),
                    );
                    if PARAMETERS {
                        unrolled(
                            parameter_count::<N>(),
                            #[inline(always)]
                            |i| of_parameters[i][column] = adjoint(&neuron, Direction::Parameter(i), &recorded),
                        );
                    }
                }
                input_gradient[start..][..width].copy_from_slice(&of_input[..width]);
                for (field, gradient) in gradients.iter().enumerate().take(state_count::<N>()) {
                    state_gradient[field * all + start..][..width].copy_from_slice(&gradient[..width]);
                }
                if PARAMETERS {
                    for (field, gradient) in of_parameters.iter().enumerate().take(parameter_count::<N>()) {
                        let sums = &mut parameter_sums[field * all + start..][..width];
                        for (sum, gradient) in sums.iter_mut().zip(gradient) {
                            *sum += gradient;
                        }
                    }
                }
            }
        },
    );
}
