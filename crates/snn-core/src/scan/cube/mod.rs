//! The scans on a GPU, generic over the neuron: what is launched, and with which tensors.
//!
//! `emitter.rs` turns a neuron's step into operations of a kernel, `kernels.rs` holds the two kernels.

mod emitter;
mod kernels;
mod step;

use burn::backend::fusion::custom::TensorSpec;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::{into_contiguous, into_contiguous_aligned};
use burn_cubecl::tensor::CubeTensor;
use cubecl::calculate_cube_count_elemwise;
use cubecl::prelude::*;

use self::kernels::{Kept, backward_kernel, forward_kernel};
pub(crate) use self::step::{StepBackward, StepForward};
pub(super) use self::step::{begin, begin_backward, step, step_backward};
use super::plan::{Cotangent, ReturnStates, ScanPlan, Sizes};
use crate::device::cube::empty;
use crate::neuron::Neuron;

/// Tensors of a forward launch.
pub struct Forward {
    input: CubeTensor,
    parameters: CubeTensor,
    initial: CubeTensor,
    output: CubeTensor,
    states: CubeTensor,
    last: CubeTensor,
    kept: Kept,
}

/// Tensors of a backward launch.
pub struct Backward {
    saved: Saved,
    gradient: CubeTensor,
    input_gradient: CubeTensor,
    parameter_gradient: CubeTensor,
    initial_gradient: CubeTensor,
    with_parameters: bool,
}

/// What the backward pass needs of the forward one.
pub struct Saved {
    pub(crate) input: CubeTensor,
    pub(crate) parameters: CubeTensor,
    pub(crate) initial: CubeTensor,
    pub(crate) output: CubeTensor,
    pub(crate) states: CubeTensor,
    pub(crate) last: CubeTensor,
}

pub(crate) fn forward<N: Neuron>(neuron: &N, sizes: &Sizes, tensors: Forward) {
    let client = tensors.input.client.clone();
    let dim = CubeDim::new(&client, sizes.width);
    forward_kernel::launch::<N>(
        &client,
        calculate_cube_count_elemwise(&client, sizes.width, dim),
        dim,
        tensors.input.into_tensor_arg(),
        tensors.parameters.into_tensor_arg(),
        tensors.initial.into_tensor_arg(),
        tensors.output.into_tensor_arg(),
        tensors.states.into_tensor_arg(),
        tensors.last.into_tensor_arg(),
        sizes.steps as u32,
        sizes.width as u32,
        sizes.parameter_width as u32,
        sizes.delay as u32,
        *neuron,
        tensors.kept,
    );
}

pub(crate) fn backward<N: Neuron>(
    neuron: &N,
    sizes: &Sizes,
    return_states: ReturnStates,
    cotangent: Cotangent,
    tensors: Backward,
) {
    let Saved { input, parameters, initial, output, states, last } = tensors.saved;
    let client = input.client.clone();
    let dim = CubeDim::new(&client, sizes.width);
    backward_kernel::launch::<N>(
        &client,
        calculate_cube_count_elemwise(&client, sizes.width, dim),
        dim,
        input.into_tensor_arg(),
        parameters.into_tensor_arg(),
        initial.into_tensor_arg(),
        output.into_tensor_arg(),
        states.into_tensor_arg(),
        last.into_tensor_arg(),
        tensors.gradient.into_tensor_arg(),
        tensors.input_gradient.into_tensor_arg(),
        tensors.parameter_gradient.into_tensor_arg(),
        tensors.initial_gradient.into_tensor_arg(),
        sizes.steps as u32,
        sizes.width as u32,
        sizes.parameter_width as u32,
        sizes.delay as u32,
        *neuron,
        return_states == ReturnStates::BeforeStep,
        cotangent == Cotangent::Output,
        cotangent == Cotangent::States,
        cotangent == Cotangent::Last,
        tensors.with_parameters,
    );
}

fn kept(plan: &ScanPlan) -> Kept {
    match plan.return_states {
        ReturnStates::BeforeStep => Kept::Before,
        ReturnStates::AfterStep => Kept::After,
        ReturnStates::Nothing if plan.differentiate => Kept::After,
        ReturnStates::Nothing => Kept::Nothing,
    }
}

pub(crate) fn kept_shape(plan: &ScanPlan, sizes: &Sizes) -> Shape {
    match kept(plan) {
        Kept::Nothing => Shape::new([1, 1]),
        _ => Shape::new([sizes.states * sizes.steps, sizes.width]),
    }
}

pub(crate) fn scan(
    plan: &ScanPlan,
    sizes: &Sizes,
    input: CubeTensor,
    parameters: CubeTensor,
    initial: CubeTensor,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let input = into_contiguous_aligned(input);
    let [parameters, initial] = [parameters, initial].map(into_contiguous);
    let output = empty(&input, input.meta.shape().clone());
    let states = empty(&input, kept_shape(plan, sizes));
    let last = empty(&input, Shape::new([sizes.state_rows(), sizes.width]));
    let (kept, results) = (kept(plan), (output.clone(), states.clone(), last.clone()));
    plan.neuron.cube_forward(sizes, Forward { input, parameters, initial, output, states, last, kept });
    results
}

pub(crate) fn scan_backward(
    plan: &ScanPlan,
    sizes: &Sizes,
    saved: Saved,
    gradient: CubeTensor,
    cotangent: Cotangent,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let Saved { input, parameters, initial, output, states, last } = saved;
    let input = into_contiguous_aligned(input);
    let [parameters, initial, output, states, last] = [parameters, initial, output, states, last].map(into_contiguous);
    let gradient = match cotangent {
        Cotangent::Output => into_contiguous_aligned(gradient),
        Cotangent::States | Cotangent::Last => into_contiguous(gradient),
    };
    let with_parameters = plan.parameter_gradient;
    let parameters_shape = Shape::new([sizes.parameters, sizes.parameter_width]);
    let input_gradient = empty(&input, input.meta.shape().clone());
    let initial_gradient = empty(&input, Shape::new([sizes.state_rows(), sizes.width]));
    let by_column = if with_parameters { Shape::new([sizes.parameters, sizes.width]) } else { Shape::new([1, 1]) };
    let parameter_gradient = empty(&input, by_column);
    let results = (input_gradient.clone(), parameter_gradient.clone(), initial_gradient.clone());
    let saved = Saved { input, parameters, initial, output, states, last };
    plan.neuron.cube_backward(
        sizes,
        plan.return_states,
        cotangent,
        Backward { saved, gradient, input_gradient, parameter_gradient, initial_gradient, with_parameters },
    );
    let (input_gradient, by_column, initial_gradient) = results;
    let parameter_gradient = if with_parameters {
        sum_shared(by_column, sizes)
    } else {
        // Nobody will read it, but it has to have its shape.
        empty(&input_gradient, parameters_shape)
    };
    (input_gradient, parameter_gradient, initial_gradient)
}

/// Sums the gradients of the columns that share a parameter.
pub(crate) fn sum_shared(by_column: CubeTensor, sizes: &Sizes) -> FloatTensor<CubeBackend> {
    let (rows, shared) = (sizes.parameters, sizes.parameter_width);
    let grouped = CubeBackend::float_reshape(by_column, Shape::new([rows, sizes.width / shared, shared]));
    let summed = CubeBackend::float_sum_dim(grouped, 1);
    CubeBackend::float_reshape(summed, Shape::new([rows, shared]))
}

// Shapes of the results, for Burn's lazy execution.

pub(crate) fn forward_specs(
    input: &TensorSpec,
    parameters: &TensorSpec,
    initial: &TensorSpec,
    plan: &ScanPlan,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    let sizes = plan.sizes(input.shape[0], input.shape[1] * input.shape[2], parameters.shape[1]);
    let states = TensorSpec::new(kept_shape(plan, &sizes), input.dtype);
    (input.clone(), states, initial.clone())
}

pub(crate) fn backward_specs(
    input: &TensorSpec,
    parameters: &TensorSpec,
    initial: &TensorSpec,
    _output: &TensorSpec,
    _states: &TensorSpec,
    _last: &TensorSpec,
    _gradient: &TensorSpec,
    _cotangent: &Cotangent,
    _plan: &ScanPlan,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    (input.clone(), parameters.clone(), initial.clone())
}
