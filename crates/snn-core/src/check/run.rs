//! One neuron through the table of cases.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::awkward;
use super::cases::{CASES, Case, Drive};
use super::finite::{Column, ColumnRun, decided, difference};
use super::recurrent;
use super::{CheckReport, TOLERANCE};
use crate::device::{Execution, execution_counts};
use crate::neuron::{Neuron, parameter_count, state_count};
use crate::noise::{NoiseSeed, uniform};
use crate::number::Fields;
use crate::scan::{BackwardStep, Direction, adjoint};
use crate::scan::{
    NeuronsState, OracleGradients, OracleInput, OracleRun, ReturnStates, ScanOptions, oracle, oracle_gradients, scan,
};

/// Where the membrane comes closer to its threshold than this share of its largest distance from it, a spike is
/// undecidable in `f32`.
const MARGIN: f64 = 1e-4;
/// A column whose outputs one rounding of the input changes by more than this share is chaotic: `f32` and `f64` part.
const CHAOTIC: f64 = 1e-4;
/// How much more than one rounding of the input a computation may add by rounding at each of its operations.
const ROUNDINGS: f64 = 50.0;
/// Largest share of undecidable columns.
const UNDECIDABLE: f64 = 0.1;
/// Steps above which the reference runs on flex only.
const LONG_REFERENCE: usize = 32;
/// Relative error allowed between a derivative and its finite difference, both in `f64`.
const DIFFERENCE_TOLERANCE: f64 = 1e-5;

type Rows = Vec<Vec<f64>>;

/// Numbers in [0, 1), another list for each `stream`.
fn random(stream: usize, rows: usize, columns: usize) -> Rows {
    (0..rows)
        .map(|row| {
            let key = NoiseSeed::new(stream as u64).key(row);
            (0..columns).map(|column| f64::from(uniform(key, column as u32))).collect()
        })
        .collect()
}

/// As `f32` sees them: what goes into the kernels must be what goes into the oracle.
fn rounded(mut rows: Rows) -> Rows {
    for value in rows.iter_mut().flatten() {
        *value = f64::from(*value as f32);
    }
    rows
}

fn map(mut rows: Rows, by: impl Fn(f64) -> f64) -> Rows {
    for value in rows.iter_mut().flatten() {
        *value = by(*value);
    }
    rows
}

/// Everything a scan of one case starts from, and what the oracle makes of it.
struct Setting {
    case: Case,
    input: Rows,
    /// `[parameters][neurons]`, or `[parameters][1]` if shared.
    parameters: Rows,
    initial: Rows,
    /// The loss is the sum of results times these.
    cotangents: OracleRun,
    run: OracleRun,
    gradients: OracleGradients,
    decidable: Vec<bool>,
    /// What becomes of run and gradients when everything that goes in is changed by one rounding of `f32`: no
    /// computation in `f32` can be held to more.
    rounded_run: OracleRun,
    rounded_gradients: OracleGradients,
}

fn spread(parameters: &Rows, width: usize) -> Rows {
    parameters.iter().map(|row| (0..width).map(|column| row[column % row.len()]).collect()).collect()
}

impl Setting {
    fn new<N: Neuron>(neuron: &N, constants: &N::Parameters<f64>, case: Case, scale: f64) -> Self {
        let (steps, width) = (case.steps, case.width());
        let input = rounded(map(random(1, steps, width), |u| scale * (1.5 * u - 0.25)));
        let own = if case.own_parameters { case.neurons() } else { 1 };
        let spread_by = if case.own_parameters { 0.05 } else { 0.0 };
        let mut parameters = random(2, parameter_count::<N>(), own);
        for (field, row) in parameters.iter_mut().enumerate() {
            for value in row {
                *value = constants.get(field) * (1.0 - spread_by * *value);
            }
        }
        let parameters = rounded(parameters);
        let rest = neuron.resting_state(constants);
        let mut initial = vec![vec![0.0; width]; state_count::<N>() + case.delay];
        for (field, row) in initial.iter_mut().enumerate().take(state_count::<N>()) {
            row.fill(rest.get(field));
        }
        let initial = rounded(initial);
        let mut setting = Self {
            case,
            input,
            parameters,
            initial,
            cotangents: OracleRun::default(),
            run: OracleRun::default(),
            gradients: OracleGradients::default(),
            decidable: vec![true; width],
            rounded_run: OracleRun::default(),
            rounded_gradients: OracleGradients::default(),
        };
        if case.carried {
            // Where the same neurons are after the same input backwards.
            setting.input.reverse();
            setting.initial = rounded(setting.oracle(neuron).last);
            setting.input.reverse();
        }
        setting.run = setting.oracle(neuron);
        let nudged = setting.nudged();
        setting.rounded_run = nudged.oracle(neuron);
        for column in 0..width {
            setting.decidable[column] = decided(neuron, &setting.column(column)).margin > MARGIN
                && change(&setting.run, &setting.rounded_run, column) < CHAOTIC;
        }
        let weights = |stream, rows: usize| {
            let mut rows = rounded(map(random(stream, rows, width), |u| u - 0.5));
            for row in &mut rows {
                for (value, decidable) in row.iter_mut().zip(&setting.decidable) {
                    *value *= f64::from(u8::from(*decidable));
                }
            }
            rows
        };
        let recorded = if case.return_states == ReturnStates::Nothing { 0 } else { state_count::<N>() };
        setting.cotangents = OracleRun {
            output: weights(3, steps),
            states: (0..recorded).map(|field| weights(4 + field, steps)).collect(),
            last: weights(40, state_count::<N>() + case.delay),
        };
        let spread = spread(&setting.parameters, width);
        setting.gradients = oracle_gradients(neuron, &setting.oracle_input(&spread), &setting.cotangents);
        let spread = self::spread(&nudged.parameters, width);
        setting.rounded_gradients = oracle_gradients(neuron, &nudged.oracle_input(&spread), &setting.cotangents);
        setting
    }

    /// The same with every value that goes in changed by at most one rounding of `f32`.
    fn nudged(&self) -> Self {
        let nudge = |rows: &Rows, stream: usize| -> Rows {
            let random = random(stream, rows.len(), rows.first().map_or(0, Vec::len));
            let nudged = |(row, random): (&Vec<f64>, &Vec<f64>)| {
                row.iter()
                    .zip(random)
                    .map(|(value, u)| value * (1.0 + (2.0 * u - 1.0) * f64::from(f32::EPSILON)))
                    .collect()
            };
            rows.iter().zip(&random).map(nudged).collect()
        };
        Self {
            case: self.case,
            input: nudge(&self.input, 50),
            parameters: nudge(&self.parameters, 51),
            initial: nudge(&self.initial, 52),
            cotangents: self.cotangents.clone(),
            run: OracleRun::default(),
            gradients: OracleGradients::default(),
            decidable: self.decidable.clone(),
            rounded_run: OracleRun::default(),
            rounded_gradients: OracleGradients::default(),
        }
    }

    fn oracle_input<'a>(&'a self, spread: &'a Rows) -> OracleInput<'a> {
        OracleInput {
            input: &self.input,
            parameters: spread,
            initial: &self.initial,
            delay: self.case.delay,
            return_states: self.case.return_states,
        }
    }

    fn oracle<N: Neuron>(&self, neuron: &N) -> OracleRun {
        oracle(neuron, &self.oracle_input(&spread(&self.parameters, self.case.width())))
    }

    fn column(&self, column: usize) -> Column {
        let row = |row: &Vec<f64>| row[column % row.len()];
        Column {
            parameters: self.parameters.iter().map(row).collect(),
            initial: self.initial.iter().map(row).collect(),
            input: self.input.iter().map(row).collect(),
        }
    }

    /// What the loss takes of one column.
    fn loss<N: Neuron>(&self, column: usize, run: &ColumnRun) -> f64 {
        let (steps, count, initial) = (self.case.steps, state_count::<N>(), &run.initial);
        let mut sum = 0.0;
        let emitted = initial[count..].iter().chain(&run.spikes);
        for (row, spike) in emitted.enumerate() {
            let weights =
                if row < steps { &self.cotangents.output[row] } else { &self.cotangents.last[count + row - steps] };
            sum += weights[column] * spike;
        }
        for (field, start) in initial[..count].iter().enumerate() {
            sum += self.cotangents.last[field][column] * run.states[steps - 1][field];
            for step in 0..steps {
                sum += match self.case.return_states {
                    ReturnStates::Nothing => 0.0,
                    ReturnStates::AfterStep => self.cotangents.states[field][step][column] * run.states[step][field],
                    ReturnStates::BeforeStep => {
                        let state = if step == 0 { *start } else { run.states[step - 1][field] };
                        self.cotangents.states[field][step][column] * state
                    }
                };
            }
        }
        sum
    }
}

/// What finite differences say of the oracle's gradients, for one column.
fn judge_oracle<N: Neuron>(neuron: &N, setting: &Setting, report: &mut CheckReport, failures: &mut Vec<String>) {
    let Some(place) = setting.decidable.iter().position(|decidable| *decidable) else { return };
    let column = setting.column(place);
    decided(neuron, &column);
    let gradients = &setting.gradients;
    let mut judge = |what: String, found: f64, nudge: &dyn Fn(&mut Column, f64)| {
        let (direct, trust) = difference(neuron, &column, nudge, |run| setting.loss::<N>(place, run));
        report.differences += 1;
        if (found - direct).abs() > trust + DIFFERENCE_TOLERANCE * (1.0 + found.abs().max(direct.abs())) {
            failures.push(format!(
                "{}: oracle's gradient of {what} is {found}, the finite difference {direct}",
                setting.case.name
            ));
        }
    };
    for step in (0..setting.case.steps).step_by(setting.case.steps.div_ceil(8)) {
        judge(format!("input {step}"), gradients.input[step][place], &move |column, by| column.input[step] += by);
    }
    for field in 0..parameter_count::<N>() {
        let name = <N::Parameters<f64> as Fields<f64>>::NAMES[field];
        judge(name.to_string(), gradients.parameters[field][place], &move |column, by| column.parameters[field] += by);
    }
    for row in 0..setting.initial.len() {
        judge(format!("initial {row}"), gradients.initial[row][place], &move |column, by| column.initial[row] += by);
    }
}

/// Whether any spike of the setting has a derivative with respect to anything it was made of.
fn spikes_have_derivative<N: Neuron>(neuron: &N, setting: &Setting) -> bool {
    (0..setting.case.width()).any(|place| {
        let column = setting.column(place);
        let parameters = N::Parameters::<f64>::from_fn(|i| column.parameters[i]);
        let mut state = N::State::<f64>::from_fn(|i| column.initial[i]);
        column.input.iter().any(|input| {
            let (spike, after) = neuron.step(&parameters, state, *input);
            let recorded = BackwardStep {
                parameters,
                state,
                input: *input,
                spike,
                spike_gradient: 1.0,
                state_gradient: N::State::<f64>::from_fn(|_| 0.0),
            };
            state = after;
            let directions = std::iter::once(Direction::Input)
                .chain((0..state_count::<N>()).map(Direction::State))
                .chain((0..parameter_count::<N>()).map(Direction::Parameter));
            directions.into_iter().any(|direction| adjoint(neuron, direction, &recorded) != 0.0)
        })
    })
}

/// The largest change of any output or last state of a column, relative to the largest of them.
fn change(run: &OracleRun, other: &OracleRun, column: usize) -> f64 {
    let pairs = || run.output.iter().zip(&other.output).chain(run.last.iter().zip(&other.last));
    let largest = pairs().map(|(a, _)| a[column].abs()).fold(1e-6, f64::max);
    let change = pairs().map(|(a, b)| (a[column] - b[column]).abs()).fold(0.0, f64::max);
    if change.is_finite() { change / largest } else { f64::INFINITY }
}

fn tensor<const D: usize>(rows: &Rows, shape: Vec<usize>, device: &Device) -> Tensor<D> {
    let values: Vec<f32> = rows.iter().flatten().map(|value| *value as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// `‖found - expected‖₂ / ‖expected‖₂` over the places that count.
fn relative_error(found: impl ExactSizeIterator<Item = f64>, expected: &[f64], counted: impl Fn(usize) -> bool) -> f64 {
    assert_eq!(found.len(), expected.len(), "check: as many numbers");
    let (mut distance, mut norm) = (0.0, 0.0);
    for (index, (found, expected)) in found.zip(expected).enumerate() {
        if counted(index) {
            distance += (found - expected) * (found - expected);
            norm += expected * expected;
        }
    }
    // A gradient of exactly zero has no relative error; what is below one millionth is noise. Not a number stays one.
    distance.sqrt() / norm.sqrt().max(1e-6)
}

struct Judge<'a> {
    label: String,
    decidable: &'a [bool],
    report: &'a mut CheckReport,
    failures: &'a mut Vec<String>,
}

impl Judge<'_> {
    /// Rows of one value for each column: undecidable columns do not count. `rounded` is what the oracle makes of
    /// rounded inputs.
    fn rows(&mut self, what: &str, found: Vec<f32>, expected: &Rows, rounded: &Rows) {
        let width = self.decidable.len();
        let decidable = self.decidable;
        self.judge(what, found, expected, rounded, |index| decidable[index % width]);
    }

    fn judge(&mut self, what: &str, found: Vec<f32>, expected: &Rows, rounded: &Rows, counted: impl Fn(usize) -> bool) {
        let flat = |rows: &Rows| rows.iter().flatten().copied().collect::<Vec<f64>>();
        let (expected, rounded) = (flat(expected), flat(rounded));
        let error = relative_error(found.iter().map(|value| f64::from(*value)), &expected, &counted);
        let allowed = TOLERANCE.max(ROUNDINGS * relative_error(rounded.into_iter(), &expected, &counted));
        self.report.comparisons += 1;
        self.report.worst = self.report.worst.max(error);
        if error > allowed || error.is_nan() {
            self.failures.push(format!("{}: {what} differs by {error:.1e}, {allowed:.0e} allowed", self.label));
        }
    }
}

fn judge_path<N: Neuron, const D: usize>(
    neuron: &N,
    setting: &Setting,
    device: &Device,
    execution: Execution,
    mut judge: Judge,
) {
    let case = setting.case;
    let device = device.clone().autodiff();
    let shape = case.input_shape();
    let leaf: Tensor<D> = if case.strided {
        // Batch first in memory: the scan sees a view with its first two axes swapped.
        tensor::<D>(&setting.input, shape, &device).swap_dims(0, 1)
    } else {
        tensor(&setting.input, shape, &device)
    };
    let leaf = Tensor::<D>::from_data(leaf.into_data(), &device).require_grad();
    let input = if case.strided { leaf.clone().swap_dims(0, 1) } else { leaf.clone() };
    let own = setting.parameters[0].len();
    let parameters = tensor::<2>(&setting.parameters, vec![parameter_count::<N>(), own], &device).require_grad();
    let packed = tensor::<2>(&setting.initial, vec![setting.initial.len(), case.width()], &device).require_grad();
    let state = NeuronsState::<N>::from_packed(packed.clone(), case.state_shape().into());
    let options = ScanOptions { delay: case.delay, return_states: case.return_states, execution: Some(execution) };
    let scanned = scan(*neuron, input, parameters.clone(), state, options);

    judge.rows("output", values(scanned.output.clone()), &setting.run.output, &setting.rounded_run.output);
    judge.rows("last state", values(scanned.last.packed()), &setting.run.last, &setting.rounded_run.last);
    let result_shape = case.input_shape();
    let mut loss = (scanned.output * tensor::<D>(&setting.cotangents.output, result_shape.clone(), &device)).sum();
    loss =
        loss + (scanned.last.packed() * tensor::<2>(&setting.cotangents.last, packed.dims().to_vec(), &device)).sum();
    for (field, states) in scanned.states.into_iter().enumerate() {
        judge.rows(
            N::State::<f32>::NAMES[field],
            values(states.clone()),
            &setting.run.states[field],
            &setting.rounded_run.states[field],
        );
        let cotangents = tensor::<D>(&setting.cotangents.states[field], result_shape.clone(), &device);
        loss = loss + (states * cotangents).sum();
    }

    let gradients = loss.backward();
    let input_gradient = leaf.grad(&gradients).expect("a gradient");
    let input_gradient = if case.strided { input_gradient.swap_dims(0, 1) } else { input_gradient };
    judge.rows("gradient of input", values(input_gradient), &setting.gradients.input, &setting.rounded_gradients.input);
    judge.rows(
        "gradient of initial state",
        values(packed.grad(&gradients).expect("a gradient")),
        &setting.gradients.initial,
        &setting.rounded_gradients.initial,
    );
    let summed = |gradients: &Rows| {
        let mut summed = vec![vec![0.0; own]; parameter_count::<N>()];
        for (row, gradient) in summed.iter_mut().zip(gradients) {
            for (column, value) in gradient.iter().enumerate() {
                row[column % own] += value;
            }
        }
        summed
    };
    let found = values(parameters.grad(&gradients).expect("a gradient"));
    let (expected, rounded) = (summed(&setting.gradients.parameters), summed(&setting.rounded_gradients.parameters));
    judge.judge("gradient of parameters", found, &expected, &rounded, |_| true);
}

/// The share of outputs that are spikes when driven with `scale`; none if values run away.
fn activity<N: Neuron>(neuron: &N, constants: &N::Parameters<f64>, scale: f64) -> Option<f64> {
    let case = Case { return_states: ReturnStates::AfterStep, own_parameters: false, carried: false, ..CASES[0] };
    let setting = Setting::new(neuron, constants, Case { steps: 40, ..case }, scale);
    let largest = setting.run.states.iter().flatten().flatten().fold(0.0f64, |max, v| max.max(v.abs()));
    let outputs: Vec<f64> = setting.run.output.into_iter().flatten().collect();
    let spikes = outputs.iter().filter(|spike| **spike != 0.0).count();
    // Beyond this, `f32` has too few digits left to be compared.
    (largest.is_finite() && largest < 1e4 * (1.0 + scale)).then(|| spikes as f64 / outputs.len() as f64)
}

/// Input scales for [`Drive::Usual`] and [`Drive::Strong`].
fn scales<N: Neuron>(neuron: &N, constants: &N::Parameters<f64>) -> (f64, f64) {
    let measured: Vec<(f64, f64)> = (-8..9)
        .map(|power| 2f64.powi(power))
        .filter_map(|scale| Some((scale, activity(neuron, constants, scale)?)))
        .collect();
    let by = |key: &dyn Fn(f64) -> f64| {
        let best = measured.iter().min_by(|a, b| key(a.1).total_cmp(&key(b.1)));
        best.map_or(1.0, |(scale, _)| *scale)
    };
    (by(&|activity| (activity - 0.25).abs()), by(&|activity| -activity))
}

pub(super) fn run<N: Neuron>(
    neuron: &N,
    constants: &N::Parameters<f64>,
    devices: &[(&'static str, Device)],
) -> (CheckReport, Vec<String>) {
    let (mut report, mut failures) = (CheckReport::default(), Vec::new());
    let (usual, strong) = scales(neuron, constants);
    let mut derivative = false;
    for case in CASES {
        let scale = match case.drive {
            Drive::Silent => 0.0,
            Drive::Usual => usual,
            Drive::Strong => strong,
        };
        let setting = Setting::new(neuron, constants, *case, scale);
        report.columns += case.width();
        report.undecidable += setting.decidable.iter().filter(|decidable| !**decidable).count();
        report.spikes += setting.run.output.iter().flatten().filter(|spike| **spike != 0.0).count();
        derivative |= spikes_have_derivative(neuron, &setting);
        judge_oracle(neuron, &setting, &mut report, &mut failures);
        for (name, device) in devices {
            for execution in [Execution::Fused, Execution::Reference] {
                let fused = Execution::on(device, DType::F32) == Execution::Fused;
                // A long sequence of tensor operations takes minutes on a GPU's queue, and tells nothing new there.
                let slow = case.steps > LONG_REFERENCE && *name != "flex";
                if execution == Execution::Fused && !fused || execution == Execution::Reference && slow {
                    continue;
                }
                let before = execution_counts();
                let judge = Judge {
                    label: format!("{}, {name}, {}", case.name, execution.name()),
                    decidable: &setting.decidable,
                    report: &mut report,
                    failures: &mut failures,
                };
                match case.features.len() {
                    1 => judge_path::<N, 3>(neuron, &setting, device, execution, judge),
                    _ => judge_path::<N, 4>(neuron, &setting, device, execution, judge),
                }
                let after = execution_counts();
                if execution == Execution::Fused && after.fused_backward == before.fused_backward {
                    failures.push(format!("{}, {name}: the fused kernels did not run", case.name));
                }
            }
        }
    }
    if !derivative {
        failures.push(
            "no derivative flows through its spikes, so nothing before them can learn: compare with \
             `over.surrogate(spike, slope)`, not with `if_positive` alone"
                .to_owned(),
        );
    }
    recurrent::run(neuron, constants, usual, devices, &mut report, &mut failures);
    awkward::run(neuron, constants, usual, devices, &mut report, &mut failures);
    if report.undecidable as f64 > UNDECIDABLE * report.columns as f64 {
        failures.push(format!(
            "{} of {} columns came within {MARGIN:.0e} of the threshold: too few are left to compare",
            report.undecidable, report.columns
        ));
    }
    (report, failures)
}
