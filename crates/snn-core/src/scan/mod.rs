//! Scans: a neuron run over all time steps at once.
//!
//! [`scan`] is the entry. Below it, three implementations of the same thing, each judged by the one before:
//!
//! 1. [`oracle`](fn@oracle): `f64`, one neuron at a time;
//! 2. `reference`: Burn's tensor operations and autodiff, on any device;
//! 3. `cpu`, `cube`: fused kernels with their own backward, behind the operation in `op`.

mod cpu;
#[cfg(feature = "cube")]
pub(crate) mod cube;
mod declared;
mod erased;
pub(crate) mod limits;
mod op;
mod oracle;
mod path;
mod plan;
mod reference;
mod state;

use std::sync::Arc;

use burn::backend::Dispatch;
use burn::tensor::{DType, Shape, Tensor, TensorCreationOptions, TensorData};

pub use limits::{check_size, largest_tensor};
pub use oracle::{OracleGradients, OracleInput, OracleRun, oracle, oracle_gradients};
pub(crate) use path::is_host;
pub use path::{Path, PathCounts, path_counts};
pub use plan::Record;
pub use state::LayerState;

use crate::neuron::{Fields, Neuron, parameter_count, state_count};
use op::ScanOps;
use plan::ScanPlan;
pub(crate) use reference::resting_rows;

/// What a scan does besides the neuron's equations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// Axonal delay: how many steps late the output leaves. Outputs still under way at the end are part of the
    /// state.
    pub delay: usize,
    /// Which states to return.
    pub record: Record,
    /// `None`: as [`Path::on`] decides. A path asked for which the device cannot take is a panic, never a
    /// silent substitute.
    pub path: Option<Path>,
}

/// What a scan returns.
#[derive(Clone, Debug)]
pub struct Scanned<N: Neuron, const D: usize> {
    /// The output at each step: `[time, batch, features..]`.
    pub output: Tensor<D>,
    /// The recorded states, one tensor `[time, batch, features..]` for each field; empty if none were asked for.
    pub states: Vec<Tensor<D>>,
    /// The state after the last step.
    pub last: LayerState<N>,
}

/// Runs `neuron` over all time steps of `input`.
///
/// # Shapes
/// - `input`: `[time, batch, features..]`, any number of feature axes, at least one time step
/// - `parameters`: `[parameters, features]` (all feature axes as one), or `[parameters, 1]` if all neurons
///   share them
/// - `state`: as returned by an earlier call with the same batch size; `None` starts from `resting`
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
/// use snn_core::neuron::{Article, ArticleParameters};
/// use snn_core::scan::{LayerState, ScanOptions, scan, shared_parameters};
///
/// let device = Device::flex();
/// let constants = ArticleParameters { decay: 0.5, threshold: 1.0, penalty: 1.5 };
/// let neuron = Article::default();
/// let parameters = shared_parameters::<Article>(&constants, &device);
/// let rest = LayerState::resting(&neuron, &constants, [1, 1], 0, &device);
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
    state: LayerState<N>,
    options: ScanOptions,
) -> Scanned<N, D> {
    if crate::record::is_recording() {
        return crate::record::scan_recorded(neuron, input, parameters, state, options);
    }
    scan_unrecorded(neuron, input, parameters, state, options)
}

/// The same, unseen by [recordings](crate::record).
#[track_caller]
pub(crate) fn scan_unrecorded<N: Neuron, const D: usize>(
    neuron: N,
    input: Tensor<D>,
    parameters: Tensor<2>,
    state: LayerState<N>,
    options: ScanOptions,
) -> Scanned<N, D> {
    assert!(D >= 3, "scan: input has {D} axes, needs [time, batch, features..]");
    // What a layer's after-spikes owe is the layer's business.
    let (state, _) = state.split_owed();
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
        "scan: state carries {} outputs under way, the delay is {}",
        state.delay(),
        options.delay
    );
    let [rows, parameter_width] = parameters.dims();
    let (rows_needed, names) = (parameter_count::<N>(), <N::Parameters<f32> as Fields<f32>>::NAMES);
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
    let possible = Path::on(&device, dtype);
    let path = options.path.unwrap_or(possible);
    assert!(
        path == Path::Reference || possible == Path::Fused,
        "scan: the fused path was asked for, but {device:?} with {:?} has no kernels; use Path::Reference",
        dtype
    );
    if path == Path::Fused {
        // A kernel which will run backward saves the states beside the output.
        let fields = if device.is_autodiff() || options.record != Record::Nothing { state_count::<N>() } else { 1 };
        limits::require_size(&device, "scan", steps * fields, shape[1], features);
    }
    if path == Path::Fused && !is_host(&device) && steps > LONGEST_LOOP {
        return scan_in_pieces(neuron, input, parameters, state, options);
    }
    path::count_forward(path);

    let plan = ScanPlan {
        neuron: Arc::new(neuron),
        delay: options.delay,
        record: options.record,
        differentiate: false,
        parameter_gradient: false,
    };
    let (output, states, last) = match path {
        Path::Fused => {
            let (output, states, last) = <Dispatch as ScanOps>::scan(
                input.reshape([steps, shape[1], features]).into_dispatch(),
                parameters.into_dispatch(),
                state.packed().into_dispatch(),
                plan,
            );
            let states = (options.record != Record::Nothing).then(|| Tensor::from_dispatch(states));
            (Tensor::<3>::from_dispatch(output).reshape(shape.clone()), states, Tensor::from_dispatch(last))
        }
        Path::Reference => {
            let sizes = plan.sizes(steps, width, parameter_width);
            let input = input.reshape([steps, width]);
            let (output, states, last) =
                reference::reference(&neuron, &sizes, options.record, input, parameters, state.packed());
            (output.reshape(shape.clone()), states, last)
        }
    };
    Scanned {
        output,
        states: states.map_or(Vec::new(), |states| split_fields::<N, D>(states, &shape)),
        last: LayerState::from_packed(last, state_shape),
    }
}

/// Time steps which one kernel runs through on a GPU. Some drivers (Mesa's software adapter, for one) end a loop after 65,535
/// rounds without a word.
const LONGEST_LOOP: usize = 32_768;

/// A long scan in pieces, each of which goes on from the state of the one before: the same scan.
#[track_caller]
fn scan_in_pieces<N: Neuron, const D: usize>(
    neuron: N,
    input: Tensor<D>,
    parameters: Tensor<2>,
    mut state: LayerState<N>,
    options: ScanOptions,
) -> Scanned<N, D> {
    let steps = input.dims()[0];
    let (mut output, mut states) = (Vec::new(), Vec::<Vec<Tensor<D>>>::new());
    for first in (0..steps).step_by(LONGEST_LOOP) {
        let piece = input.clone().narrow(0, first, LONGEST_LOOP.min(steps - first));
        let scanned = scan_unrecorded(neuron, piece, parameters.clone(), state, options);
        state = scanned.last;
        output.push(scanned.output);
        states.resize_with(scanned.states.len(), Vec::new);
        for (pieces, piece) in states.iter_mut().zip(scanned.states) {
            pieces.push(piece);
        }
    }
    Scanned {
        output: Tensor::cat(output, 0),
        states: states.into_iter().map(|pieces| Tensor::cat(pieces, 0)).collect(),
        last: state,
    }
}

/// Refuses tensors which are not made of floating-point numbers, such as quantised ones.
#[track_caller]
pub(crate) fn require_float(what: &str, dtype: DType) {
    assert!(
        matches!(dtype, DType::F64 | DType::F32 | DType::Flex32 | DType::F16 | DType::BF16),
        "{what}: an input of type {dtype:?}, floating-point numbers are needed; dequantize or cast it"
    );
}

fn split_fields<N: Neuron, const D: usize>(states: Tensor<2>, shape: &Shape) -> Vec<Tensor<D>> {
    let (steps, count) = (shape[0], state_count::<N>());
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
    let values: Vec<f64> = (0..parameter_count::<N>()).map(|i| values.get(i)).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count, 1]), options)
}
