//! Recurrent populations on the CPU: a task takes some samples through all time steps.
//!
//! Samples are independent, so tasks do not wait for each other. How samples are shared out depends on their number alone,
//! and so does every result. The weight is arranged once; backward replays the recorded spikes and computes the states
//! of its samples once more.

use std::mem::MaybeUninit;
use std::ops::Range;

use rayon::prelude::*;

use crate::device::columns::Columns;
use crate::scan::{Cotangent, Emitted, ErasedNeuron, ReturnStates, Sizes, StepBackward, StepColumns, StepForward};
use crate::synapse::host::{ProductSizes, Rows, parameter_gradients};
use crate::synapse::prepared::{Prepared, Scratch, transposed};

/// Samples of one task: as many as fill the registers of a product.
const SAMPLES: usize = 64;
/// Time steps whose gradients of a parameter are added up before their sum is added to a longer one.
const STEPS_AT_ONCE: usize = 64;

/// Sizes of a recurrent scan: those of the scan, and of how many samples its width consists.
#[derive(Clone, Copy)]
pub(super) struct RecurrentSizes {
    pub(super) scan: Sizes,
    pub(super) batch: usize,
    pub(super) neurons: usize,
}

impl RecurrentSizes {
    fn tasks(&self) -> usize {
        self.batch.div_ceil(SAMPLES)
    }

    /// The columns of the task `index`: those of its samples.
    fn columns(&self, index: usize) -> Range<usize> {
        let (tasks, neurons) = (self.tasks(), self.neurons);
        index * self.batch / tasks * neurons..(index + 1) * self.batch / tasks * neurons
    }
}

/// Buffers of a forward pass; see [`Sizes`] for those which a scan has, too.
pub(super) struct Forward<'a> {
    /// The current from outside; what comes back is added to it.
    pub(super) currents: &'a mut [f32],
    /// `[neurons, neurons]`, from row to column.
    pub(super) weight: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) parameters: &'a [f32],
    pub(super) initial: &'a [f32],
    /// The output before the first step, `[batch x neurons]`.
    pub(super) feedback: &'a [f32],
    /// All of it is written.
    pub(super) output: &'a mut [MaybeUninit<f32>],
    /// Empty if nothing is recorded.
    pub(super) states: &'a mut [f32],
    pub(super) last: &'a mut [f32],
}

/// `currents[t] += s[t-1] W + b`, and the neurons' step with it, for all t.
pub(super) fn forward(
    neuron: &dyn ErasedNeuron,
    sizes: RecurrentSizes,
    return_states: ReturnStates,
    buffers: Forward<'_>,
) {
    let Forward { currents, weight, bias, parameters, initial, feedback, output, states, last } = buffers;
    let RecurrentSizes { scan, neurons, .. } = sizes;
    let (steps, width, fields, delay) = (scan.steps, scan.width, scan.states, scan.delay);
    let weight = Prepared::new(weight, neurons, neurons);
    let (currents, output) = (Columns::new(currents, width), Columns::new(output, width));
    let (states, last) = (Columns::new(states, width), Columns::new(last, width));
    (0..sizes.tasks()).into_par_iter().for_each_init(Scratch::default, |scratch, task| {
        let Range { start, end } = sizes.columns(task);
        let columns = end - start;
        let of = StepColumns { parameters, parameter_width: scan.parameter_width, first: start, columns };
        let row_of = |rows, row| own_row(rows, row, start, columns);
        let emit = |row: usize, spikes: &[f32]| match scan.emitted(row) {
            Emitted::Output(row) => {
                // SAFETY: this task alone touches the columns of its samples.
                unsafe { output.row(row, start, columns) }.write_copy_of_slice(spikes);
            }
            Emitted::Last(row) => row_of(last, row).copy_from_slice(spikes),
        };
        for row in 0..delay {
            emit(row, &initial[(fields + row) * width + start..][..columns]);
        }
        let mut before: Vec<f32> =
            (0..fields).flat_map(|field| &initial[field * width + start..][..columns]).copied().collect();
        let mut after = before.clone();
        let write_states = |step: usize, state: &[f32]| {
            for (field, state) in state.chunks_exact(columns).enumerate() {
                row_of(states, field * steps + step).copy_from_slice(state);
            }
        };
        let mut heard = feedback[start..end].to_vec();
        let mut spikes = vec![0.0f32; columns];
        for step in 0..steps {
            let current = row_of(currents, step);
            for current in current.chunks_exact_mut(neurons) {
                for (current, bias) in current.iter_mut().zip(bias) {
                    *current += bias;
                }
            }
            weight.multiply_add(current, &heard, scratch);
            if return_states == ReturnStates::BeforeStep {
                write_states(step, &before);
            }
            neuron
                .cpu_step(of, StepForward { input: current, before: &before, after: &mut after, spikes: &mut spikes });
            std::mem::swap(&mut before, &mut after);
            if return_states == ReturnStates::AfterStep {
                write_states(step, &before);
            }
            emit(step + delay, &spikes);
            if delay == 0 {
                std::mem::swap(&mut heard, &mut spikes);
            } else {
                // SAFETY: as above; this row was written when it was sent, `delay` steps ago or before the first.
                let sent = unsafe { output.row(step, start, columns).assume_init_ref() };
                heard.copy_from_slice(sent);
            }
        }
        for (field, state) in before.chunks_exact(columns).enumerate() {
            row_of(last, field).copy_from_slice(state);
        }
    });
}

/// The columns of a task in a row of a buffer.
fn own_row<'a>(rows: Columns<'a>, row: usize, start: usize, columns: usize) -> &'a mut [f32] {
    // SAFETY: a task alone touches the columns of its samples, and lets go of one row before it takes it again.
    unsafe { rows.row(row, start, columns) }
}

/// What a backward pass reads.
#[derive(Clone, Copy)]
pub(super) struct Saved<'a> {
    /// The whole currents, with what came back.
    pub(super) currents: &'a [f32],
    pub(super) weight: &'a [f32],
    pub(super) parameters: &'a [f32],
    pub(super) initial: &'a [f32],
    pub(super) feedback: &'a [f32],
    pub(super) output: &'a [f32],
    pub(super) last: &'a [f32],
}

/// The gradients it finds.
pub(super) struct Gradients {
    pub(super) input: Vec<f32>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) parameters: Vec<f32>,
    pub(super) initial: Vec<f32>,
    pub(super) feedback: Vec<f32>,
}

/// Which gradients are needed beside those of input and initial state.
#[derive(Clone, Copy)]
pub(super) struct Needed {
    pub(super) weight: bool,
    pub(super) parameters: bool,
}

/// The gradients, given that of one of the results.
pub(super) fn backward(
    neuron: &dyn ErasedNeuron,
    sizes: RecurrentSizes,
    return_states: ReturnStates,
    (cotangent, incoming): (Cotangent, &[f32]),
    saved: Saved<'_>,
    needed: Needed,
) -> Gradients {
    let RecurrentSizes { scan, batch, neurons } = sizes;
    let (steps, width) = (scan.steps, scan.width);
    let mut input = vec![0.0f32; steps * width];
    let mut initial = vec![0.0f32; scan.state_rows() * width];
    let mut feedback = vec![0.0f32; width];
    let turned = transposed(saved.weight, neurons);
    let task = Task {
        neuron,
        sizes,
        return_states,
        cotangent,
        incoming,
        saved,
        weight: Prepared::new(&turned, neurons, neurons),
        with_parameters: needed.parameters,
        input: Columns::new(&mut input, width),
        initial: Columns::new(&mut initial, width),
        feedback: Columns::new(&mut feedback, width),
    };
    let sums: Vec<Vec<f64>> = (0..sizes.tasks())
        .into_par_iter()
        .map_init(Scratch::default, |scratch, index| task.run(index, scratch))
        .collect();
    // In the order of the tasks, so that the result does not depend on the number of threads.
    let mut parameters = vec![0.0f64; scan.parameters * scan.parameter_width];
    for (index, sums) in sums.iter().enumerate() {
        let Range { start, end } = sizes.columns(index);
        for (field, sums) in sums.chunks_exact(end - start).enumerate() {
            let totals = &mut parameters[field * scan.parameter_width..][..scan.parameter_width];
            for (column, sum) in sums.iter().enumerate() {
                totals[(start + column) % scan.parameter_width] += sum;
            }
        }
    }
    let (weight, bias) = if needed.weight {
        let rows = |steps: usize| ProductSizes { rows: steps * batch, inputs: neurons, outputs: neurons };
        let (mut weight, mut bias) = parameter_gradients(rows(1), Rows::Given(saved.feedback), &input[..width]);
        if steps > 1 {
            let heard = Rows::Given(&saved.output[..(steps - 1) * width]);
            let (later, later_bias) = parameter_gradients(rows(steps - 1), heard, &input[width..]);
            for (sum, value) in weight.iter_mut().chain(&mut bias).zip(later.into_iter().chain(later_bias)) {
                *sum += value;
            }
        }
        (weight, bias)
    } else {
        (vec![0.0; neurons * neurons], vec![0.0; neurons])
    };
    let parameters = parameters.into_iter().map(|sum| sum as f32).collect();
    Gradients { input, weight, bias, parameters, initial, feedback }
}

struct Task<'a> {
    neuron: &'a dyn ErasedNeuron,
    sizes: RecurrentSizes,
    return_states: ReturnStates,
    cotangent: Cotangent,
    incoming: &'a [f32],
    saved: Saved<'a>,
    /// From column to row.
    weight: Prepared<'a>,
    with_parameters: bool,
    input: Columns<'a>,
    initial: Columns<'a>,
    feedback: Columns<'a>,
}

impl Task<'_> {
    /// The states before each step, `[step, state, column]`.
    fn replay(&self, of: StepColumns<'_>) -> Vec<f32> {
        let Sizes { steps, width, states, .. } = self.sizes.scan;
        let (start, columns) = (of.first, of.columns);
        let mut history = vec![0.0f32; (steps + 1) * states * columns];
        for (field, state) in history[..states * columns].chunks_exact_mut(columns).enumerate() {
            state.copy_from_slice(&self.saved.initial[field * width + start..][..columns]);
        }
        let mut spikes = vec![0.0f32; columns];
        for step in 0..steps {
            let (before, after) = history[step * states * columns..].split_at_mut(states * columns);
            let input = &self.saved.currents[step * width + start..][..columns];
            let after = &mut after[..states * columns];
            self.neuron.cpu_step(of, StepForward { input, before, after, spikes: &mut spikes });
        }
        history
    }

    fn incoming(&self, row: usize, of: StepColumns<'_>) -> &[f32] {
        &self.incoming[row * self.sizes.scan.width + of.first..][..of.columns]
    }

    /// Adds what the loss says of the states recorded at `step`.
    fn add_recorded(&self, gradient: &mut [f32], step: usize, of: StepColumns<'_>) {
        for (field, gradient) in gradient.chunks_exact_mut(of.columns).enumerate() {
            for (gradient, incoming) in gradient.iter_mut().zip(self.incoming(field * self.sizes.scan.steps + step, of))
            {
                *gradient += incoming;
            }
        }
    }

    /// Runs the samples of the task back through time; returns the sums of the gradients of the parameters,
    /// `[parameters, columns]`.
    fn run(&self, index: usize, scratch: &mut Scratch) -> Vec<f64> {
        let Range { start, end } = self.sizes.columns(index);
        let columns = end - start;
        let Sizes { steps, width, states, delay, parameter_width, .. } = self.sizes.scan;
        let of = StepColumns { parameters: self.saved.parameters, parameter_width, first: start, columns };
        let history = self.replay(of);
        let mut state_gradient = vec![0.0f32; states * columns];
        // Gradients of the outputs in flight: slot `t % delay` holds that of the output sent at step t.
        let mut in_flight = vec![0.0f32; delay * columns];
        if self.cotangent == Cotangent::Last {
            for (field, gradient) in state_gradient.chunks_exact_mut(columns).enumerate() {
                gradient.copy_from_slice(self.incoming(field, of));
            }
            for row in steps..steps + delay {
                let gradient = self.incoming(states + row - steps, of);
                in_flight[row % delay * columns..][..columns].copy_from_slice(gradient);
            }
        }
        let count = if self.with_parameters { self.sizes.scan.parameters * columns } else { 0 };
        let (mut sums, mut totals) = (vec![0.0f32; count], vec![0.0f64; count]);
        let mut spike_gradient = vec![0.0f32; columns];
        let mut input_gradient = vec![0.0f32; columns];
        for step in (0..steps).rev() {
            // What is heard one step later, and what the loss says of it.
            match self.cotangent {
                Cotangent::Output => spike_gradient.copy_from_slice(self.incoming(step, of)),
                Cotangent::States | Cotangent::Last => spike_gradient.fill(0.0),
            }
            if step + 1 < steps {
                self.weight.multiply_add(&mut spike_gradient, &input_gradient, scratch);
            }
            if delay > 0 {
                in_flight[step % delay * columns..][..columns].swap_with_slice(&mut spike_gradient);
            }
            if self.cotangent == Cotangent::States && self.return_states == ReturnStates::AfterStep {
                self.add_recorded(&mut state_gradient, step, of);
            }
            let spikes = match self.sizes.scan.emitted(step + delay) {
                Emitted::Output(row) => &self.saved.output[row * width + start..][..columns],
                Emitted::Last(row) => &self.saved.last[row * width + start..][..columns],
            };
            self.neuron.cpu_step_backward(
                of,
                StepBackward {
                    input: &self.saved.currents[step * width + start..][..columns],
                    before: &history[step * states * columns..][..states * columns],
                    spikes,
                    spike_gradient: &spike_gradient,
                    state_gradient: &mut state_gradient,
                    input_gradient: &mut input_gradient,
                    parameter_sums: &mut sums,
                },
            );
            // SAFETY: this task alone touches the columns of its samples.
            unsafe { self.input.row(step, start, columns) }.copy_from_slice(&input_gradient);
            if self.cotangent == Cotangent::States && self.return_states == ReturnStates::BeforeStep {
                self.add_recorded(&mut state_gradient, step, of);
            }
            if step.is_multiple_of(STEPS_AT_ONCE) {
                for (total, sum) in totals.iter_mut().zip(&mut sums) {
                    *total += f64::from(std::mem::take(sum));
                }
            }
        }
        for (field, gradient) in state_gradient.chunks_exact(columns).enumerate() {
            // SAFETY: as above.
            unsafe { self.initial.row(field, start, columns) }.copy_from_slice(gradient);
        }
        for row in 0..delay {
            // SAFETY: as above.
            let gradient = unsafe { self.initial.row(states + row, start, columns) };
            gradient.copy_from_slice(&in_flight[row % delay * columns..][..columns]);
        }
        // SAFETY: as above.
        let feedback = unsafe { self.feedback.row(0, start, columns) };
        self.weight.multiply_add(feedback, &input_gradient, scratch);
        totals
    }
}
