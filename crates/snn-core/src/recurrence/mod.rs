//! Recurrently connected neurons through time, in one operation: the product with what came back, and the neurons' step.

#[cfg(feature = "cube")]
mod cube;
mod host;
mod op;
mod reference;

use burn::backend::Dispatch;
use burn::tensor::{Shape, Tensor};

use self::op::RecurrentOps;
use crate::device::{Execution, count_forward, require_size};
use crate::scan::{AnyNeuron, PopulationOutput, PopulationState, ReturnStates, ScanOptions, ScanPlan, split_fields};
use crate::synapse::in_type_of;

pub(crate) use self::reference::step_by_step;

/// What a recurrent scan starts from.
pub(crate) struct Recurrence {
    /// `[neurons, neurons]`, from row to column.
    pub(crate) weight: Tensor<2>,
    /// `[neurons]`
    pub(crate) bias: Tensor<1>,
    /// The output before the first step, `[batch, neurons]`.
    pub(crate) feedback: Tensor<2>,
}

/// What it returns.
pub(crate) struct RecurrentScan {
    pub(crate) run: PopulationOutput<3>,
    /// The current of each step with what came back, outside the graph.
    pub(crate) currents: Tensor<3>,
}

/// `s[t] = neurons(current[t] + s[t-1] W + b)` for all time steps, by the kernels.
///
/// # Panics
/// If shapes do not fit each other, or this device has no kernels.
#[track_caller]
pub(crate) fn recurrent_scan(
    neuron: &AnyNeuron,
    current: Tensor<3>,
    recurrence: Recurrence,
    parameters: Tensor<2>,
    state: PopulationState,
    options: ScanOptions,
) -> RecurrentScan {
    let (shape, dtype) = (current.shape(), current.dtype());
    let [steps, batch, neurons] = shape.dims();
    let frame = Shape::new([batch, neurons]);
    assert_eq!(
        state.shape().to_vec(),
        frame.to_vec(),
        "recurrent population: its state has shape {:?}, an input of shape {:?} needs {:?}",
        state.shape().to_vec(),
        shape.to_vec(),
        frame.to_vec()
    );
    assert_eq!(
        recurrence.feedback.dims(),
        [batch, neurons],
        "recurrent population: its last output has shape {:?}, an input of shape {:?} needs {:?}",
        recurrence.feedback.dims(),
        shape.to_vec(),
        frame.to_vec()
    );
    assert_eq!(
        state.delay(),
        options.delay,
        "recurrent population: its state carries {} outputs in flight, the delay is {}",
        state.delay(),
        options.delay
    );
    let (states, _) = neuron.counts();
    let fields =
        if current.device().is_autodiff() || options.return_states != ReturnStates::Nothing { states } else { 1 };
    require_size(&current.device(), "recurrent population", steps * fields, batch, neurons);
    count_forward(Execution::Fused);
    let plan = ScanPlan {
        neuron: neuron.clone(),
        delay: options.delay,
        return_states: options.return_states,
        differentiate: false,
        parameter_gradient: false,
    };
    let (output, states, last, currents) = <Dispatch as RecurrentOps>::recurrent_scan(
        current.into_dispatch(),
        in_type_of(recurrence.weight, dtype).into_dispatch(),
        in_type_of(recurrence.bias, dtype).into_dispatch(),
        in_type_of(parameters, dtype).into_dispatch(),
        state.packed().into_dispatch(),
        recurrence.feedback.into_dispatch(),
        plan,
    );
    let states = match options.return_states {
        ReturnStates::Nothing => Vec::new(),
        _ => split_fields(Tensor::from_dispatch(states), neuron.counts().0, &shape),
    };
    let last = PopulationState::from_packed(&**neuron, Tensor::from_dispatch(last), frame);
    let run = PopulationOutput { output: Tensor::from_dispatch(output), states, last };
    RecurrentScan { run, currents: Tensor::from_dispatch(currents) }
}
