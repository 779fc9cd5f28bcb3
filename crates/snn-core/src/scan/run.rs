//! The entry: a neuron, its input and its state go in, the output comes out.

use std::sync::Arc;

use burn::backend::Dispatch;
use burn::tensor::{Shape, Tensor, TensorCreationOptions, TensorData};

use super::erased::AnyNeuron;
use super::op::ScanOps;
use super::plan::{ReturnStates, ScanPlan};
use super::state::{NeuronsState, PopulationState};
use super::tap;
use crate::device::{Execution, count_forward, is_host, require_size};
use crate::neuron::{Neuron, values_of};
use crate::sequence::domain::require_float;

/// What a scan does besides the neuron's equations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// Axonal delay: how many steps late the output leaves. Outputs still in flight at the end are part of the
    /// state.
    pub delay: usize,
    /// Which states to return.
    pub return_states: ReturnStates,
    /// `None`: as [`Execution::on`] decides. One that is named and that the device cannot take is a panic, never a
    /// silent substitute.
    pub execution: Option<Execution>,
}

/// What a scan returns.
#[derive(Clone, Debug)]
pub struct NeuronsOutput<N: Neuron, const D: usize> {
    /// The output at each step: `[time, batch, features..]`.
    pub output: Tensor<D>,
    /// The recorded states, one tensor `[time, batch, features..]` for each field; empty unless [`ReturnStates`] names them.
    pub states: Vec<Tensor<D>>,
    /// The state after the last step.
    pub last: NeuronsState<N>,
}

/// What a scan returns whose neuron has no type: see [`Population`](crate::layer::Population).
#[derive(Clone, Debug)]
pub struct PopulationOutput<const D: usize> {
    /// The output at each step: `[time, batch, features..]`.
    pub output: Tensor<D>,
    /// The recorded states, one tensor `[time, batch, features..]` for each field; empty unless [`ReturnStates`] names them.
    pub states: Vec<Tensor<D>>,
    /// The state after the last step.
    pub last: PopulationState,
}

impl<const D: usize> PopulationOutput<D> {
    /// The same as that of neurons `N`.
    pub(crate) fn of<N: Neuron>(self) -> NeuronsOutput<N, D> {
        NeuronsOutput { output: self.output, states: self.states, last: NeuronsState::new(self.last) }
    }
}

/// Runs `neuron` over all time steps of `input`.
///
/// # Shapes
/// - `input`: `[time, batch, features..]`, any number of feature axes, at least one time step
/// - `parameters`: `[parameters, features]` (all feature axes as one), or `[parameters, 1]` if all neurons
///   share them
/// - `state`: as returned by an earlier call with the same batch size, or [`NeuronsState::resting`]
///
/// # Gradient
/// With respect to input, parameters and state, from output, recorded states and last state.
///
/// # Types
/// Kernels compute in `f32`. Other types of floating-point numbers take the reference, with the precision of the input:
/// parameters are converted to it.
///
/// # Panics
/// If shapes or types do not fit each other; the message names both.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::neuron::{GradedLif, GradedLifParameters};
/// use snn_core::scan::{NeuronsState, ScanOptions, scan, shared_parameters};
///
/// let device = Device::flex();
/// let constants = GradedLifParameters { decay: 0.5, threshold: 1.0, penalty: 1.5 };
/// let neuron = GradedLif::default();
/// let parameters = shared_parameters::<GradedLif>(&constants, &device);
/// let rest = NeuronsState::resting(&neuron, &constants, [1, 1], 0, &device);
/// let input = Tensor::<3>::from_data([[[0.8]], [[0.8]], [[0.0]]], &device); // three steps, one neuron
/// let scanned = scan(neuron, input, parameters, rest, ScanOptions::default());
/// let spikes: Vec<f32> = scanned.output.into_data().iter::<f32>().collect();
/// assert!((spikes[1] - 0.2).abs() < 1e-6); // 0.8 + 0.5 * 0.8 = 1.2, one fifth above the threshold
/// ```
#[track_caller]
pub fn scan<N: Neuron, const D: usize>(
    neuron: N,
    input: Tensor<D>,
    parameters: Tensor<2>,
    state: NeuronsState<N>,
    options: ScanOptions,
) -> NeuronsOutput<N, D> {
    run(&(Arc::new(neuron) as AnyNeuron), input, parameters, state.erased(), options).of()
}

/// [`scan`] for a neuron without its type. What listens to the scans of this thread sees it.
#[track_caller]
pub(crate) fn run<const D: usize>(
    neuron: &AnyNeuron,
    input: Tensor<D>,
    parameters: Tensor<2>,
    state: PopulationState,
    options: ScanOptions,
) -> PopulationOutput<D> {
    if tap::is_open() {
        return tap::run_tapped(neuron, input, parameters, state, options);
    }
    run_unseen(neuron, input, parameters, state, options)
}

/// The same, seen by nobody.
#[track_caller]
pub(super) fn run_unseen<const D: usize>(
    neuron: &AnyNeuron,
    input: Tensor<D>,
    parameters: Tensor<2>,
    state: PopulationState,
    options: ScanOptions,
) -> PopulationOutput<D> {
    assert!(D >= 3, "scan: input has {D} axes, needs [time, batch, features..]");
    // What after-spikes have still to take back is the layer's business.
    let (state, _) = state.split_trace();
    let shape = input.shape();
    let steps = shape[0];
    let state_shape = Shape::from(shape[1..].to_vec());
    let features: usize = shape[2..].iter().product();
    let width = state_shape.num_elements();
    assert!(
        steps > 0 && width > 0,
        "scan: input has shape {:?}, needs at least one step, one sample and one feature",
        shape.to_vec()
    );
    assert_eq!(
        state.shape().to_vec(),
        state_shape.to_vec(),
        "scan: state has shape {:?}, an input of shape {:?} needs {:?}",
        state.shape().to_vec(),
        shape.to_vec(),
        state_shape.to_vec()
    );
    assert_eq!(
        state.delay(),
        options.delay,
        "scan: state carries {} outputs in flight, the delay is {}",
        state.delay(),
        options.delay
    );
    let [rows, parameter_width] = parameters.dims();
    let ((states, rows_needed), names) = (neuron.counts(), neuron.parameter_names());
    assert!(
        rows == rows_needed && (parameter_width == 1 || parameter_width == features),
        "scan: parameters have shape [{rows}, {parameter_width}], {names:?} of {features} features need \
         [{rows_needed}, {features}], or [{rows_needed}, 1] if shared"
    );

    let (device, dtype) = (input.device(), input.dtype());
    require_float("scan", dtype);
    assert_eq!(
        state.dtype(),
        dtype,
        "scan: state of type {:?}, input of type {dtype:?}; cast the input, or begin with a state of its type",
        state.dtype()
    );
    let parameters = if parameters.dtype() == dtype { parameters } else { parameters.cast(dtype) };
    let possible = Execution::on(&device, dtype);
    let execution = options.execution.unwrap_or(possible);
    assert!(
        execution == Execution::Reference || possible == Execution::Fused,
        "scan: the fused execution was asked for, but {device:?} with {:?} has no kernels; use Execution::Reference",
        dtype
    );
    if execution == Execution::Fused {
        // A kernel that will run backward saves the states beside the output.
        let fields = if device.is_autodiff() || options.return_states != ReturnStates::Nothing { states } else { 1 };
        require_size(&device, "scan", steps * fields, shape[1], features);
    }
    if execution == Execution::Fused && !is_host(&device) && steps > LONGEST_LOOP {
        return scan_in_pieces(neuron, input, parameters, state, options);
    }
    count_forward(execution);

    let plan = ScanPlan {
        neuron: neuron.clone(),
        delay: options.delay,
        return_states: options.return_states,
        differentiate: false,
        parameter_gradient: false,
    };
    let (output, states, last) = match execution {
        Execution::Fused => {
            let (output, states, last) = <Dispatch as ScanOps>::scan(
                input.reshape([steps, shape[1], features]).into_dispatch(),
                parameters.into_dispatch(),
                state.packed().into_dispatch(),
                plan,
            );
            let states = (options.return_states != ReturnStates::Nothing).then(|| Tensor::from_dispatch(states));
            (Tensor::<3>::from_dispatch(output).reshape(shape.clone()), states, Tensor::from_dispatch(last))
        }
        Execution::Reference => {
            let sizes = plan.sizes(steps, width, parameter_width);
            let input = input.reshape([steps, width]);
            let (output, states, last) =
                neuron.reference(&sizes, options.return_states, input, parameters, state.packed());
            (output.reshape(shape.clone()), states, last)
        }
    };
    PopulationOutput {
        output,
        states: states.map_or(Vec::new(), |recorded| split_fields(recorded, states_of(neuron), &shape)),
        last: PopulationState::from_packed(&**neuron, last, state_shape),
    }
}

fn states_of(neuron: &AnyNeuron) -> usize {
    neuron.counts().0
}

/// Time steps that one kernel runs through on a GPU. Some drivers (Mesa's software adapter, for one) silently end a loop after
/// 65,535 rounds.
const LONGEST_LOOP: usize = 32_768;

/// A long scan in pieces, each of which goes on from the state of the one before: the same scan.
#[track_caller]
fn scan_in_pieces<const D: usize>(
    neuron: &AnyNeuron,
    input: Tensor<D>,
    parameters: Tensor<2>,
    mut state: PopulationState,
    options: ScanOptions,
) -> PopulationOutput<D> {
    let steps = input.dims()[0];
    let (mut output, mut states) = (Vec::new(), Vec::<Vec<Tensor<D>>>::new());
    for first in (0..steps).step_by(LONGEST_LOOP) {
        let piece = input.clone().narrow(0, first, LONGEST_LOOP.min(steps - first));
        let scanned = run_unseen(neuron, piece, parameters.clone(), state, options);
        state = scanned.last;
        output.push(scanned.output);
        states.resize_with(scanned.states.len(), Vec::new);
        for (pieces, piece) in states.iter_mut().zip(scanned.states) {
            pieces.push(piece);
        }
    }
    PopulationOutput {
        output: Tensor::cat(output, 0),
        states: states.into_iter().map(|pieces| Tensor::cat(pieces, 0)).collect(),
        last: state,
    }
}

pub(crate) fn split_fields<const D: usize>(states: Tensor<2>, count: usize, shape: &Shape) -> Vec<Tensor<D>> {
    let steps = shape[0];
    if count == 1 {
        return vec![states.reshape(shape.clone())];
    }
    (0..count).map(|field| states.clone().slice([field * steps..(field + 1) * steps]).reshape(shape.clone())).collect()
}

/// The parameters as [`scan`] takes them, shared by all neurons: `[parameters, 1]`, on a device (`&device`) or also of a
/// type (`(&device, DType::F64)`).
pub fn shared_parameters<N: Neuron>(
    values: &N::Parameters<f64>,
    options: impl Into<TensorCreationOptions>,
) -> Tensor<2> {
    let values = values_of::<N>(values);
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count, 1]), options)
}
