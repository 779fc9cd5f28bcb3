//! The kernels: one forward, one backward. A thread takes one column through all time steps.

use cubecl::prelude::*;

use super::emitter::{step, step_gradients};
use crate::neuron::{Neuron, parameter_count, state_count};

#[cube]
fn cells(#[comptime] count: usize) -> Sequence<RuntimeCell<f32>> {
    let mut cells = Sequence::<RuntimeCell<f32>>::new();
    #[unroll]
    for _ in 0..count {
        cells.push(RuntimeCell::<f32>::new(0.0f32));
    }
    cells
}

#[cube]
fn read(cells: &Sequence<RuntimeCell<f32>>, #[comptime] count: usize) -> Sequence<f32> {
    let mut values = Sequence::<f32>::new();
    #[unroll]
    for i in 0..count {
        values.push(cells.index(i).read());
    }
    values
}

#[cube]
pub(super) fn column_of(matrix: &Tensor<f32>, #[comptime] rows: usize, width: usize, column: usize) -> Sequence<f32> {
    let mut values = Sequence::<f32>::new();
    #[unroll]
    for i in 0..rows {
        values.push(matrix[i * width + column]);
    }
    values
}

/// Where `column` begins in a tensor `[time, batch, features]`, of which CUDA pads the rows.
#[cube]
pub(super) fn beginning(tensor: &Tensor<f32>, column: usize) -> usize {
    let features = tensor.shape(2);
    column / features * tensor.stride(1) + column % features
}

/// What a kernel writes to, or reads from, the states tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    Nothing,
    Before,
    After,
}

#[cube(launch)]
pub(super) fn forward_kernel<N: Neuron>(
    input: &Tensor<f32>,
    parameters: &Tensor<f32>,
    initial: &Tensor<f32>,
    output: &mut Tensor<f32>,
    states: &mut Tensor<f32>,
    last: &mut Tensor<f32>,
    steps: u32,
    width: u32,
    parameter_width: u32,
    delay: u32,
    #[comptime] neuron: N,
    #[comptime] kept: Kept,
) {
    let column = ABSOLUTE_POS;
    let (steps, width, delay) = (steps as usize, width as usize, delay as usize);
    let parameter_width = parameter_width as usize;
    if column >= width {
        terminate!();
    }
    let (first_input, input_step) = (beginning(input, column), input.stride(0));
    let count = comptime!(state_count::<N>());
    let parameters =
        column_of(parameters, comptime!(parameter_count::<N>()), parameter_width, column % parameter_width);
    let state = cells(count);
    #[unroll]
    for i in 0..count {
        state.index(i).store(initial[i * width + column]);
    }
    for row in 0..delay {
        let in_flight = initial[(count + row) * width + column];
        if row < steps {
            output[row * width + column] = in_flight;
        } else {
            last[(count + row - steps) * width + column] = in_flight;
        }
    }
    for t in 0..steps {
        let mut next = read(&state, count);
        if comptime!(kept == Kept::Before) {
            #[unroll]
            for i in 0..count {
                states[(i * steps + t) * width + column] = *next.index(i);
            }
        }
        let spike = step::<N>(input[t * input_step + first_input], &parameters, &mut next, neuron);
        let row = t + delay;
        if row < steps {
            output[row * width + column] = spike;
        } else {
            last[(count + row - steps) * width + column] = spike;
        }
        #[unroll]
        for i in 0..count {
            let value = *next.index(i);
            state.index(i).store(value);
            if comptime!(kept == Kept::After) {
                states[(i * steps + t) * width + column] = value;
            }
        }
    }
    #[unroll]
    for i in 0..count {
        last[i * width + column] = state.index(i).read();
    }
}

#[cube(launch)]
pub(super) fn backward_kernel<N: Neuron>(
    input: &Tensor<f32>,
    parameters: &Tensor<f32>,
    initial: &Tensor<f32>,
    output: &Tensor<f32>,
    states: &Tensor<f32>,
    last: &Tensor<f32>,
    gradient: &Tensor<f32>,
    input_gradient: &mut Tensor<f32>,
    parameter_gradient: &mut Tensor<f32>,
    initial_gradient: &mut Tensor<f32>,
    steps: u32,
    width: u32,
    parameter_width: u32,
    delay: u32,
    #[comptime] neuron: N,
    #[comptime] before: bool,
    #[comptime] of_output: bool,
    #[comptime] of_states: bool,
    #[comptime] of_last: bool,
    #[comptime] with_parameters: bool,
) {
    let column = ABSOLUTE_POS;
    let (steps, width, delay) = (steps as usize, width as usize, delay as usize);
    let parameter_width = parameter_width as usize;
    if column >= width {
        terminate!();
    }
    let (first_input, input_step) = (beginning(input, column), input.stride(0));
    // Only the gradient of the output has the axes of the input.
    let first_gradient = if of_output { beginning(gradient, column) } else { column };
    let gradient_step = if of_output { gradient.stride(0) } else { width };
    let count = comptime!(state_count::<N>());
    let parameter_count = comptime!(parameter_count::<N>());
    let parameters = column_of(parameters, parameter_count, parameter_width, column % parameter_width);
    let state_gradient = cells(count);
    // Sums of 64 steps first: over a long sequence in one go they would lose their last digits.
    let (sums, totals) = (cells(parameter_count), cells(parameter_count));
    if of_last {
        #[unroll]
        for i in 0..count {
            state_gradient.index(i).store(gradient[i * width + column]);
        }
    }
    for back in 0..steps {
        let t = steps - 1 - back;
        let row = t + delay;
        // The spike sent at this step, and what the loss says of it.
        let spike = RuntimeCell::<f32>::new(0.0f32);
        let spike_gradient = RuntimeCell::<f32>::new(0.0f32);
        if row < steps {
            spike.store(output[row * width + column]);
            if of_output {
                spike_gradient.store(gradient[row * gradient_step + first_gradient]);
            }
        } else {
            spike.store(last[(count + row - steps) * width + column]);
            if of_last {
                spike_gradient.store(gradient[(count + row - steps) * width + column]);
            }
        }
        let mut state = Sequence::<f32>::new();
        #[unroll]
        for i in 0..count {
            if before {
                state.push(states[(i * steps + t) * width + column]);
            } else {
                // Both sides of a select are read: keep the index inside at step 0.
                let earlier = (i * steps + max(t, 1usize) - 1) * width + column;
                state.push(select(t > 0, states[earlier], initial[i * width + column]));
            }
            if comptime!(of_states && !before) {
                let sum = state_gradient.index(i).read() + gradient[(i * steps + t) * width + column];
                state_gradient.index(i).store(sum);
            }
        }
        let gradients = step_gradients::<N>(
            input[t * input_step + first_input],
            spike.read(),
            spike_gradient.read(),
            &parameters,
            &state,
            &read(&state_gradient, count),
            neuron,
            with_parameters,
        );
        input_gradient[t * width + column] = *gradients.index(0usize);
        #[unroll]
        for i in 0..count {
            let mut value = *gradients.index(comptime!(1 + i));
            if comptime!(of_states && before) {
                value += gradient[(i * steps + t) * width + column];
            }
            state_gradient.index(i).store(value);
        }
        if with_parameters {
            #[unroll]
            for i in 0..parameter_count {
                sums.index(i).store(sums.index(i).read() + *gradients.index(comptime!(1 + count + i)));
            }
            if t % 64 == 0 {
                #[unroll]
                for i in 0..parameter_count {
                    totals.index(i).store(totals.index(i).read() + sums.index(i).read());
                    sums.index(i).store(0.0f32);
                }
            }
        }
    }
    #[unroll]
    for i in 0..count {
        initial_gradient[i * width + column] = state_gradient.index(i).read();
    }
    for row in 0..delay {
        let in_flight = RuntimeCell::<f32>::new(0.0f32);
        if row < steps {
            if of_output {
                in_flight.store(gradient[row * gradient_step + first_gradient]);
            }
        } else if of_last {
            in_flight.store(gradient[(count + row - steps) * width + column]);
        }
        initial_gradient[(count + row) * width + column] = in_flight.read();
    }
    if with_parameters {
        #[unroll]
        for i in 0..parameter_count {
            parameter_gradient[i * width + column] = totals.index(i).read();
        }
    }
}
