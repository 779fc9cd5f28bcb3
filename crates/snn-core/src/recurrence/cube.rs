//! Recurrent populations on a GPU: for each time step a product and one launch of the neurons' step.

use burn::backend::fusion::custom::TensorSpec;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{Shape, Slice};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::{into_contiguous, into_contiguous_aligned};
use burn_cubecl::tensor::CubeTensor;

use super::op::NeedsGrad;
use crate::device::cube::empty;
use crate::scan::cube::{StepBackward, StepForward, kept_shape, sum_shared};
use crate::scan::{Cotangent, ScanPlan, Sizes};
use crate::synapse::cube::{matmul, parameter_gradients};

/// What the backward pass needs of the forward one.
pub(super) struct Saved {
    pub(super) currents: CubeTensor,
    pub(super) weight: CubeTensor,
    pub(super) parameters: CubeTensor,
    pub(super) initial: CubeTensor,
    pub(super) feedback: CubeTensor,
    pub(super) output: CubeTensor,
    pub(super) states: CubeTensor,
    pub(super) last: CubeTensor,
}

fn sizes_of(plan: &ScanPlan, shape: &Shape, parameters: &Shape) -> Sizes {
    plan.sizes(shape[0], shape[1] * shape[2], parameters[1])
}

/// Output, states, last state and whole currents.
pub(super) fn forward(
    plan: &ScanPlan,
    input: CubeTensor,
    weight: CubeTensor,
    bias: CubeTensor,
    parameters: CubeTensor,
    initial: CubeTensor,
    feedback: CubeTensor,
) -> [CubeTensor; 4] {
    let input = into_contiguous_aligned(input);
    let [bias, parameters, initial, feedback] = [bias, parameters, initial, feedback].map(into_contiguous);
    let shape = input.meta.shape().clone();
    let sizes = sizes_of(plan, &shape, parameters.meta.shape());
    let (output, currents) = (empty(&input, shape.clone()), empty(&input, shape.clone()));
    let states = empty(&input, kept_shape(plan, &sizes));
    let last = empty(&input, Shape::new([sizes.state_rows(), sizes.width]));
    let step = StepForward {
        input,
        bias,
        parameters,
        initial,
        currents: currents.clone(),
        output: output.clone(),
        states: states.clone(),
        last: last.clone(),
    };
    plan.neuron.cube_begin(&sizes, &step);
    let mut heard = feedback;
    for time in 0..sizes.steps {
        let product = matmul(heard, weight.clone());
        heard = empty(&product, product.meta.shape().clone());
        plan.neuron.cube_step(&sizes, plan, &step, product, heard.clone(), time);
    }
    [output, states, last, currents]
}

/// Gradients of input, weight, bias, parameters, initial state and feedback.
pub(super) fn backward(
    plan: &ScanPlan,
    saved: Saved,
    gradient: CubeTensor,
    cotangent: Cotangent,
    needed: NeedsGrad,
) -> [CubeTensor; 6] {
    let Saved { currents, weight, parameters, initial, feedback, output, states, last } = saved;
    let [currents, parameters, initial, feedback] = [currents, parameters, initial, feedback].map(into_contiguous);
    let [output, states, last] = [output, states, last].map(into_contiguous);
    let gradient = match cotangent {
        Cotangent::Output => into_contiguous_aligned(gradient),
        Cotangent::States | Cotangent::Last => into_contiguous(gradient),
    };
    let shape = currents.meta.shape().clone();
    let [steps, batch, neurons] = shape.dims();
    let sizes = sizes_of(plan, &shape, parameters.meta.shape());
    let input_gradient = empty(&currents, shape.clone());
    let initial_gradient = empty(&currents, Shape::new([sizes.state_rows(), sizes.width]));
    let by_column = Shape::new(if needed.parameters { [sizes.parameters, sizes.width] } else { [1, 1] });
    let parameter_gradient = empty(&currents, by_column.clone());
    let step = StepBackward {
        currents,
        parameters,
        initial,
        output: output.clone(),
        states,
        last,
        gradient,
        input_gradient: input_gradient.clone(),
        parameter_sums: empty(&output, by_column),
        parameter_gradient: parameter_gradient.clone(),
        initial_gradient: initial_gradient.clone(),
        cotangent,
        with_parameters: needed.parameters,
    };
    plan.neuron.cube_begin_backward(&sizes, &step);
    let turned = CubeBackend::float_transpose(weight.clone());
    // Nothing comes back from after the last step.
    let mut heard_gradient = empty(&output, Shape::new([batch, neurons]));
    for time in (0..steps).rev() {
        let now = empty(&output, Shape::new([batch, neurons]));
        plan.neuron.cube_step_backward(&sizes, plan, &step, heard_gradient, now.clone(), time);
        heard_gradient = matmul(now, turned.clone());
    }
    let rows = |tensor: &CubeTensor, first: usize, count: usize| {
        let range = [Slice::from(first..first + count), Slice::from(0..batch), Slice::from(0..neurons)];
        let piece = CubeBackend::float_slice(tensor.clone(), &range);
        CubeBackend::float_reshape(into_contiguous(piece), Shape::new([count * batch, neurons]))
    };
    let (weight_gradient, bias_gradient) = if needed.weight {
        let (mut of_weight, mut of_bias) = parameter_gradients(&feedback, &rows(&input_gradient, 0, 1));
        if steps > 1 {
            let later = parameter_gradients(&rows(&output, 0, steps - 1), &rows(&input_gradient, 1, steps - 1));
            of_weight = CubeBackend::float_add(of_weight, later.0);
            of_bias = CubeBackend::float_add(of_bias, later.1);
        }
        (of_weight, of_bias)
    } else {
        // Nobody will read them, but they have their shapes.
        (empty(&output, Shape::new([neurons, neurons])), empty(&output, Shape::new([neurons])))
    };
    let parameter_gradient = if needed.parameters {
        sum_shared(parameter_gradient, &sizes)
    } else {
        empty(&output, Shape::new([sizes.parameters, sizes.parameter_width]))
    };
    [input_gradient, weight_gradient, bias_gradient, parameter_gradient, initial_gradient, heard_gradient]
}

// Shapes of the results, for Burn's lazy execution.

pub(crate) fn forward_specs(
    input: &TensorSpec,
    _weight: &TensorSpec,
    _bias: &TensorSpec,
    parameters: &TensorSpec,
    initial: &TensorSpec,
    _feedback: &TensorSpec,
    plan: &ScanPlan,
) -> (TensorSpec, TensorSpec, TensorSpec, TensorSpec) {
    let sizes = sizes_of(plan, &input.shape, &parameters.shape);
    let states = TensorSpec::new(kept_shape(plan, &sizes), input.dtype);
    (input.clone(), states, initial.clone(), input.clone())
}

pub(crate) fn backward_specs(
    currents: &TensorSpec,
    weight: &TensorSpec,
    parameters: &TensorSpec,
    initial: &TensorSpec,
    feedback: &TensorSpec,
    _output: &TensorSpec,
    _states: &TensorSpec,
    _last: &TensorSpec,
    _gradient: &TensorSpec,
    _cotangent: &Cotangent,
    _needed: &NeedsGrad,
    _plan: &ScanPlan,
) -> (TensorSpec, TensorSpec, TensorSpec, TensorSpec, TensorSpec, TensorSpec) {
    let bias = TensorSpec::new(Shape::new([weight.shape[1]]), weight.dtype);
    (currents.clone(), weight.clone(), bias, parameters.clone(), initial.clone(), feedback.clone())
}
