//! One time step on a GPU, for neurons whose input depends on the step before: what is launched, and the kernels.
//!
//! The running state lies in `last`, that of its gradient in `initial_gradient`: where both belong in the end.

use burn_cubecl::tensor::CubeTensor;
use cubecl::calculate_cube_count_elemwise;
use cubecl::prelude::*;

use super::emitter;
use super::kept;
use super::kernels::{Kept, beginning, column_of};
use crate::neuron::{Neuron, parameter_count, state_count};
use crate::scan::plan::{Cotangent, ReturnStates, ScanPlan, Sizes};

/// Tensors of all steps forward. Input, currents and output are `[time, batch, features]`.
pub struct StepForward {
    pub(crate) input: CubeTensor,
    /// `[features]`
    pub(crate) bias: CubeTensor,
    pub(crate) parameters: CubeTensor,
    pub(crate) initial: CubeTensor,
    pub(crate) currents: CubeTensor,
    pub(crate) output: CubeTensor,
    pub(crate) states: CubeTensor,
    pub(crate) last: CubeTensor,
}

/// Tensors of all steps backward.
pub struct StepBackward {
    pub(crate) currents: CubeTensor,
    pub(crate) parameters: CubeTensor,
    pub(crate) initial: CubeTensor,
    pub(crate) output: CubeTensor,
    pub(crate) states: CubeTensor,
    pub(crate) last: CubeTensor,
    pub(crate) gradient: CubeTensor,
    pub(crate) input_gradient: CubeTensor,
    pub(crate) parameter_sums: CubeTensor,
    pub(crate) parameter_gradient: CubeTensor,
    pub(crate) initial_gradient: CubeTensor,
    pub(crate) cotangent: Cotangent,
    pub(crate) with_parameters: bool,
}

fn launch_sizes(like: &CubeTensor, sizes: &Sizes) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(&like.client, sizes.width);
    (calculate_cube_count_elemwise(&like.client, sizes.width, dim), dim)
}

pub(crate) fn begin<N: Neuron>(sizes: &Sizes, tensors: &StepForward) {
    let (count, dim) = launch_sizes(&tensors.input, sizes);
    begin_kernel::launch(
        &tensors.input.client,
        count,
        dim,
        tensors.initial.clone().into_tensor_arg(),
        tensors.output.clone().into_tensor_arg(),
        tensors.last.clone().into_tensor_arg(),
        sizes.steps as u32,
        sizes.width as u32,
        sizes.delay as u32,
        state_count::<N>(),
    );
}

pub(crate) fn step<N: Neuron>(
    neuron: &N,
    sizes: &Sizes,
    plan: &ScanPlan,
    tensors: &StepForward,
    product: CubeTensor,
    heard: CubeTensor,
    time: usize,
) {
    let (count, dim) = launch_sizes(&tensors.input, sizes);
    step_kernel::launch::<N>(
        &tensors.input.client,
        count,
        dim,
        tensors.input.clone().into_tensor_arg(),
        product.into_tensor_arg(),
        tensors.bias.clone().into_tensor_arg(),
        tensors.parameters.clone().into_tensor_arg(),
        tensors.currents.clone().into_tensor_arg(),
        tensors.output.clone().into_tensor_arg(),
        tensors.states.clone().into_tensor_arg(),
        tensors.last.clone().into_tensor_arg(),
        heard.into_tensor_arg(),
        time as u32,
        sizes.steps as u32,
        sizes.width as u32,
        sizes.parameter_width as u32,
        sizes.delay as u32,
        *neuron,
        kept(plan),
    );
}

pub(crate) fn begin_backward<N: Neuron>(sizes: &Sizes, tensors: &StepBackward) {
    let (count, dim) = launch_sizes(&tensors.currents, sizes);
    begin_backward_kernel::launch(
        &tensors.currents.client,
        count,
        dim,
        tensors.gradient.clone().into_tensor_arg(),
        tensors.initial_gradient.clone().into_tensor_arg(),
        tensors.parameter_sums.clone().into_tensor_arg(),
        tensors.parameter_gradient.clone().into_tensor_arg(),
        sizes.steps as u32,
        sizes.width as u32,
        sizes.delay as u32,
        state_count::<N>(),
        if tensors.with_parameters { parameter_count::<N>() } else { 0 },
        tensors.cotangent == Cotangent::Last,
    );
}

pub(crate) fn step_backward<N: Neuron>(
    neuron: &N,
    sizes: &Sizes,
    plan: &ScanPlan,
    tensors: &StepBackward,
    heard_gradient: CubeTensor,
    input_gradient: CubeTensor,
    time: usize,
) {
    let (count, dim) = launch_sizes(&tensors.currents, sizes);
    step_backward_kernel::launch::<N>(
        &tensors.currents.client,
        count,
        dim,
        tensors.currents.clone().into_tensor_arg(),
        tensors.parameters.clone().into_tensor_arg(),
        tensors.initial.clone().into_tensor_arg(),
        tensors.output.clone().into_tensor_arg(),
        tensors.states.clone().into_tensor_arg(),
        tensors.last.clone().into_tensor_arg(),
        tensors.gradient.clone().into_tensor_arg(),
        heard_gradient.into_tensor_arg(),
        tensors.input_gradient.clone().into_tensor_arg(),
        input_gradient.into_tensor_arg(),
        tensors.parameter_sums.clone().into_tensor_arg(),
        tensors.parameter_gradient.clone().into_tensor_arg(),
        tensors.initial_gradient.clone().into_tensor_arg(),
        time as u32,
        sizes.steps as u32,
        sizes.width as u32,
        sizes.parameter_width as u32,
        sizes.delay as u32,
        *neuron,
        plan.return_states == ReturnStates::BeforeStep,
        tensors.cotangent == Cotangent::Output,
        tensors.cotangent == Cotangent::States,
        tensors.with_parameters,
    );
}

#[cube(launch)]
fn begin_kernel(
    initial: &Tensor<f32>,
    output: &mut Tensor<f32>,
    last: &mut Tensor<f32>,
    steps: u32,
    width: u32,
    delay: u32,
    #[comptime] count: usize,
) {
    let column = ABSOLUTE_POS;
    let (steps, width, delay) = (steps as usize, width as usize, delay as usize);
    if column >= width {
        terminate!();
    }
    #[unroll]
    for i in 0..count {
        last[i * width + column] = initial[i * width + column];
    }
    for row in 0..delay {
        let in_flight = initial[(count + row) * width + column];
        if row < steps {
            output[row * width + column] = in_flight;
        } else {
            last[(count + row - steps) * width + column] = in_flight;
        }
    }
}

#[cube(launch)]
fn step_kernel<N: Neuron>(
    input: &Tensor<f32>,
    product: &Tensor<f32>,
    bias: &Tensor<f32>,
    parameters: &Tensor<f32>,
    currents: &mut Tensor<f32>,
    output: &mut Tensor<f32>,
    states: &mut Tensor<f32>,
    last: &mut Tensor<f32>,
    heard: &mut Tensor<f32>,
    time: u32,
    steps: u32,
    width: u32,
    parameter_width: u32,
    delay: u32,
    #[comptime] neuron: N,
    #[comptime] kept: Kept,
) {
    let column = ABSOLUTE_POS;
    let (time, steps, width, delay) = (time as usize, steps as usize, width as usize, delay as usize);
    let parameter_width = parameter_width as usize;
    if column >= width {
        terminate!();
    }
    let features = bias.shape(0);
    let from_outside = input[time * input.stride(0) + beginning(input, column)];
    let (sample, feature) = (column / features, column % features);
    let current = from_outside + (product[sample * product.stride(0) + feature] + bias[feature]);
    currents[time * width + column] = current;
    let count = comptime!(state_count::<N>());
    let parameters =
        column_of(parameters, comptime!(parameter_count::<N>()), parameter_width, column % parameter_width);
    let mut state = Sequence::<f32>::new();
    #[unroll]
    for i in 0..count {
        state.push(last[i * width + column]);
    }
    if comptime!(kept == Kept::Before) {
        #[unroll]
        for i in 0..count {
            states[(i * steps + time) * width + column] = *state.index(i);
        }
    }
    let spike = emitter::step::<N>(current, &parameters, &mut state, neuron);
    let row = time + delay;
    if row < steps {
        output[row * width + column] = spike;
    } else {
        last[(count + row - steps) * width + column] = spike;
    }
    #[unroll]
    for i in 0..count {
        let value = *state.index(i);
        last[i * width + column] = value;
        if comptime!(kept == Kept::After) {
            states[(i * steps + time) * width + column] = value;
        }
    }
    heard[column] = output[time * width + column];
}

#[cube(launch)]
fn begin_backward_kernel(
    gradient: &Tensor<f32>,
    initial_gradient: &mut Tensor<f32>,
    parameter_sums: &mut Tensor<f32>,
    parameter_gradient: &mut Tensor<f32>,
    steps: u32,
    width: u32,
    delay: u32,
    #[comptime] count: usize,
    #[comptime] parameter_count: usize,
    #[comptime] of_last: bool,
) {
    let column = ABSOLUTE_POS;
    let (steps, width, delay) = (steps as usize, width as usize, delay as usize);
    if column >= width {
        terminate!();
    }
    #[unroll]
    for i in 0..count {
        if comptime!(of_last) {
            initial_gradient[i * width + column] = gradient[i * width + column];
        } else {
            initial_gradient[i * width + column] = 0.0f32;
        }
    }
    for row in steps..steps + delay {
        let slot = (count + row % delay) * width + column;
        if comptime!(of_last) {
            initial_gradient[slot] = gradient[(count + row - steps) * width + column];
        } else {
            initial_gradient[slot] = 0.0f32;
        }
    }
    #[unroll]
    for i in 0..parameter_count {
        parameter_sums[i * width + column] = 0.0f32;
        parameter_gradient[i * width + column] = 0.0f32;
    }
}

#[cube(launch)]
fn step_backward_kernel<N: Neuron>(
    currents: &Tensor<f32>,
    parameters: &Tensor<f32>,
    initial: &Tensor<f32>,
    output: &Tensor<f32>,
    states: &Tensor<f32>,
    last: &Tensor<f32>,
    gradient: &Tensor<f32>,
    heard_gradient: &Tensor<f32>,
    input_gradient: &mut Tensor<f32>,
    now: &mut Tensor<f32>,
    parameter_sums: &mut Tensor<f32>,
    parameter_gradient: &mut Tensor<f32>,
    initial_gradient: &mut Tensor<f32>,
    time: u32,
    steps: u32,
    width: u32,
    parameter_width: u32,
    delay: u32,
    #[comptime] neuron: N,
    #[comptime] before: bool,
    #[comptime] of_output: bool,
    #[comptime] of_states: bool,
    #[comptime] with_parameters: bool,
) {
    let column = ABSOLUTE_POS;
    let (t, steps, width, delay) = (time as usize, steps as usize, width as usize, delay as usize);
    let parameter_width = parameter_width as usize;
    if column >= width {
        terminate!();
    }
    let count = comptime!(state_count::<N>());
    let parameter_count = comptime!(parameter_count::<N>());
    let features = heard_gradient.shape(1);
    let spike_gradient = RuntimeCell::<f32>::new(0.0f32);
    if comptime!(of_output) {
        spike_gradient.store(gradient[t * gradient.stride(0) + beginning(gradient, column)]);
    }
    if t + 1 < steps {
        let back = heard_gradient[column / features * heard_gradient.stride(0) + column % features];
        spike_gradient.store(spike_gradient.read() + back);
    }
    if delay > 0 {
        let slot = (count + t % delay) * width + column;
        let later = initial_gradient[slot];
        initial_gradient[slot] = spike_gradient.read();
        spike_gradient.store(later);
    }
    let row = t + delay;
    let spike = RuntimeCell::<f32>::new(0.0f32);
    if row < steps {
        spike.store(output[row * width + column]);
    } else {
        spike.store(last[(count + row - steps) * width + column]);
    }
    let parameters = column_of(parameters, parameter_count, parameter_width, column % parameter_width);
    let mut state = Sequence::<f32>::new();
    let mut state_gradient = Sequence::<f32>::new();
    #[unroll]
    for i in 0..count {
        if comptime!(before) {
            state.push(states[(i * steps + t) * width + column]);
        } else {
            // Both sides of a select are read: keep the index inside at step 0.
            let earlier = (i * steps + max(t, 1usize) - 1) * width + column;
            state.push(select(t > 0, states[earlier], initial[i * width + column]));
        }
        let after = initial_gradient[i * width + column];
        if comptime!(of_states && !before) {
            state_gradient.push(after + gradient[(i * steps + t) * width + column]);
        } else {
            state_gradient.push(after);
        }
    }
    let gradients = emitter::step_gradients::<N>(
        currents[t * width + column],
        spike.read(),
        spike_gradient.read(),
        &parameters,
        &state,
        &state_gradient,
        neuron,
        with_parameters,
    );
    input_gradient[t * width + column] = *gradients.index(0usize);
    now[column] = *gradients.index(0usize);
    #[unroll]
    for i in 0..count {
        let mut value = *gradients.index(comptime!(1 + i));
        if comptime!(of_states && before) {
            value += gradient[(i * steps + t) * width + column];
        }
        initial_gradient[i * width + column] = value;
    }
    if with_parameters {
        #[unroll]
        for i in 0..parameter_count {
            // Sums of 64 steps first, as in the scan.
            let place = i * width + column;
            let sum = parameter_sums[place] + *gradients.index(comptime!(1 + count + i));
            if t % 64 == 0 {
                parameter_gradient[place] += sum;
                parameter_sums[place] = 0.0f32;
            } else {
                parameter_sums[place] = sum;
            }
        }
    }
}
