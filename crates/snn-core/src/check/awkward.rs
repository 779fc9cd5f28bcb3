//! One neuron at numbers that are awkward: not a number, infinities, huge and tiny ones, a membrane exactly at its
//! threshold; as input, as state and as parameter.
//!
//! The rule is that of [`Scalar`]: a comparison with what is not a number is false, and a choice takes one side whole. So
//! there is one right answer, that of the step in plain `f32`, and every path on every device has to give it: the same kind
//! of number (finite, which infinity, not a number) at each place, and the same finite numbers. So do the gradients of what is
//! finite. Besides, whatever is not awkward about a column may not be touched by its neighbours, which share its vectors.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::CheckReport;
use crate::device::Execution;
use crate::neuron::{Neuron, parameter_count, state_count};
use crate::number::Fields;
use crate::scan::{BackwardStep, Direction, adjoint};
use crate::scan::{NeuronsState, ReturnStates, ScanOptions, scan};

/// What is put in the place of a value.
const AWKWARD: [f32; 10] = [
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    1e38,
    -1e38,
    1e-40, // subnormal
    -1e-40,
    0.0,
    -0.0,
    1.0,
];
/// Relative error allowed where a number is finite.
const TOLERANCE: f32 = 1e-4;
/// Below this a number may be taken for zero, as processors do with subnormal ones.
const TINY: f32 = 1e-30;
/// Beyond this a number may be taken for infinite: another order of operations overflows elsewhere.
const HUGE: f32 = 1e37;
const STEPS: usize = 3;

/// One column: what a scan of three steps starts from.
struct Column {
    what: String,
    input: [f32; STEPS],
    parameters: Vec<f32>,
    initial: Vec<f32>,
}

/// What the step in plain `f32` makes of a column.
struct Expected {
    spikes: Vec<f32>,
    /// `[step][state]`
    states: Vec<Vec<f32>>,
    input_gradient: Vec<f32>,
    initial_gradient: Vec<f32>,
}

fn columns<N: Neuron>(neuron: &N, constants: &N::Parameters<f64>, drive: f64) -> Vec<Column> {
    let parameters: Vec<f32> = (0..parameter_count::<N>()).map(|i| constants.get(i) as f32).collect();
    let rest = neuron.resting_state(constants);
    let initial: Vec<f32> = (0..state_count::<N>()).map(|i| rest.get(i) as f32).collect();
    let drive = drive as f32;
    let plain = || Column {
        what: "an ordinary column".to_owned(),
        input: [drive, 0.5 * drive, 0.25 * drive],
        parameters: parameters.clone(),
        initial: initial.clone(),
    };
    let mut columns = Vec::new();
    for value in AWKWARD {
        let mut column = plain();
        column.what = format!("an input of {value:e} at the second step");
        column.input[1] = value;
        columns.push(column);
        for (field, name) in N::State::<f32>::NAMES.iter().enumerate() {
            let mut column = plain();
            column.what = format!("`{name}` beginning at {value:e}");
            column.initial[field] = value;
            columns.push(column);
        }
        for (field, name) in N::Parameters::<f32>::NAMES.iter().enumerate() {
            // No neurons can be made with a finite number outside the range.
            if value.is_finite() && !N::Parameters::<f64>::range(field).contains(f64::from(value)) {
                continue;
            }
            let mut column = plain();
            column.what = format!("`{name}` of {value:e}");
            column.parameters[field] = value;
            columns.push(column);
        }
        columns.push(plain());
    }
    // Exactly at the threshold, if there is one and a membrane to put there.
    let at = |names: &[&str], name: &str| names.iter().position(|field| *field == name);
    let (threshold, membrane) = (at(N::Parameters::<f32>::NAMES, "threshold"), at(N::State::<f32>::NAMES, "membrane"));
    if let (Some(threshold), Some(membrane)) = (threshold, membrane) {
        let mut column = plain();
        column.what = "a membrane beginning exactly at the threshold, without input".to_owned();
        (column.input, column.initial[membrane]) = ([0.0; STEPS], parameters[threshold]);
        columns.push(column);
    }
    columns
}

fn expected<N: Neuron>(neuron: &N, column: &Column) -> Expected {
    let parameters = N::Parameters::<f32>::from_fn(|i| column.parameters[i]);
    let mut states = vec![N::State::<f32>::from_fn(|i| column.initial[i])];
    let mut spikes = Vec::new();
    for input in column.input {
        let (spike, after) = neuron.step(&parameters, states[states.len() - 1], input);
        spikes.push(spike);
        states.push(after);
    }
    // Of the loss that is the sum of all spikes and of the last state.
    let mut state_gradient = N::State::<f32>::from_fn(|_| 1.0);
    let mut input_gradient = vec![0.0; STEPS];
    for step in (0..STEPS).rev() {
        let recorded = BackwardStep {
            parameters,
            state: states[step],
            input: column.input[step],
            spike: spikes[step],
            spike_gradient: 1.0,
            state_gradient,
        };
        input_gradient[step] = adjoint(neuron, Direction::Input, &recorded);
        state_gradient = N::State::<f32>::from_fn(|i| adjoint(neuron, Direction::State(i), &recorded));
    }
    let fields = |state: &N::State<f32>| (0..state_count::<N>()).map(|i| state.get(i)).collect::<Vec<f32>>();
    Expected {
        spikes,
        states: states[1..].iter().map(fields).collect(),
        input_gradient,
        initial_gradient: fields(&state_gradient),
    }
}

/// Whether two numbers are the same as far as `f32` can tell.
fn same(found: f32, expected: f32) -> bool {
    let huge = |value: f32| value.abs() >= HUGE;
    if found.is_nan() || expected.is_nan() {
        return found.is_nan() == expected.is_nan();
    }
    if huge(found) || huge(expected) {
        return huge(found) && huge(expected) && found.is_sign_negative() == expected.is_sign_negative();
    }
    (found - expected).abs() <= TOLERANCE * expected.abs().max(found.abs()).max(1.0) || (found - expected).abs() < TINY
}

impl Column {
    /// Whether the gradients of this column are to be compared: where everything that went into it and came out is finite. An
    /// infinite threshold counts as finite, since it is only compared with.
    fn has_gradients<N: Neuron>(&self, expected: &Expected) -> bool {
        let parameters = N::Parameters::<f32>::NAMES.iter().zip(&self.parameters);
        let finite =
            |(name, value): (&&str, &f32)| value.is_finite() || *name == "threshold" && *value == f32::INFINITY;
        parameters.into_iter().all(finite)
            && self.input.iter().chain(&self.initial).all(|value| value.is_finite())
            && expected.spikes.iter().chain(expected.states.iter().flatten()).all(|value| value.is_finite())
    }
}

/// Whether an overflow may come earlier or later with another order of operations, so that only what does not overflow
/// can be compared.
fn overflows(expected: &Expected) -> bool {
    let huge = |value: &f32| value.is_finite() && value.abs() >= 1e18;
    expected.states.iter().flatten().any(huge) || expected.input_gradient.iter().any(huge)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Runs all awkward columns side by side on every path of every device.
pub(super) fn run<N: Neuron>(
    neuron: &N,
    constants: &N::Parameters<f64>,
    drive: f64,
    devices: &[(&'static str, Device)],
    report: &mut CheckReport,
    failures: &mut Vec<String>,
) {
    let columns = columns(neuron, constants, drive);
    let expected: Vec<Expected> = columns.iter().map(|column| expected(neuron, column)).collect();
    let width = columns.len();
    let matrix = |rows: Vec<Vec<f32>>, device: &Device| {
        let shape = [rows.len(), width];
        Tensor::<2>::from_data(TensorData::new(rows.concat(), shape), device)
    };
    for (name, device) in devices {
        for execution in [Execution::Fused, Execution::Reference] {
            if execution == Execution::Fused && Execution::on(device, DType::F32) != Execution::Fused {
                continue;
            }
            let device = device.clone().autodiff();
            let row = |pick: &dyn Fn(&Column) -> f32| columns.iter().map(pick).collect::<Vec<f32>>();
            let input = matrix((0..STEPS).map(|t| row(&|column| column.input[t])).collect(), &device).require_grad();
            let parameters =
                matrix((0..parameter_count::<N>()).map(|i| row(&|column| column.parameters[i])).collect(), &device);
            let initial = matrix((0..state_count::<N>()).map(|i| row(&|column| column.initial[i])).collect(), &device)
                .require_grad();
            let state = NeuronsState::<N>::from_packed(initial.clone(), [1, width].into());
            let options = ScanOptions { delay: 0, return_states: ReturnStates::AfterStep, execution: Some(execution) };
            let scanned = scan(*neuron, input.clone().reshape([STEPS, 1, width]), parameters, state, options);
            let (spikes, states): (Vec<f32>, Vec<Vec<f32>>) =
                (values(scanned.output.clone()), scanned.states.iter().cloned().map(values).collect());
            let gradients = (scanned.output.sum() + scanned.last.packed().sum()).backward();
            let input_gradient = input.grad(&gradients).map(values).unwrap_or_default();
            let initial_gradient = initial.grad(&gradients).map(values).unwrap_or_default();

            for (place, (column, expected)) in columns.iter().zip(&expected).enumerate() {
                if overflows(expected) {
                    continue;
                }
                let mut judge = |what: &str, found: f32, right: f32| {
                    report.comparisons += 1;
                    if !same(found, right) {
                        let execution = execution.name();
                        failures.push(format!(
                            "{name}, {execution}, {}: {what} is {found:e}, {right:e} expected",
                            column.what
                        ));
                    }
                };
                for t in 0..STEPS {
                    let at = t * width + place;
                    judge(&format!("output {t}"), spikes[at], expected.spikes[t]);
                    for (field, states) in states.iter().enumerate() {
                        let what = format!("`{}` after step {t}", N::State::<f32>::NAMES[field]);
                        judge(&what, states[at], expected.states[t][field]);
                    }
                }
                if !column.has_gradients::<N>(expected) {
                    continue;
                }
                for t in 0..STEPS {
                    let right = expected.input_gradient[t];
                    if !right.is_finite() {
                        continue;
                    }
                    judge(&format!("gradient of input {t}"), input_gradient[t * width + place], right);
                }
                for (field, right) in expected.initial_gradient.iter().enumerate() {
                    if !right.is_finite() {
                        continue;
                    }
                    let what = format!("gradient of the initial `{}`", N::State::<f32>::NAMES[field]);
                    judge(&what, initial_gradient[field * width + place], *right);
                }
            }
        }
    }
}
