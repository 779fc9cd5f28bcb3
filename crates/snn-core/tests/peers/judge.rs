//! One neuron against the numbers of one file: oracle, reference and kernels, on every device.

use burn::tensor::Device;
use snn_core::check::devices;
use snn_core::device::{Execution, execution_counts};
use snn_core::layer::Neurons;
use snn_core::neuron::{Neuron, parameter_count};
use snn_core::number::Fields;
use snn_core::scan::{OracleInput, OracleRun, ReturnStates, oracle, oracle_gradients};

use crate::common::{Comparison, Fixture, values};

/// As `fixtures/README.md` says, between two computations in `f32`.
pub const TOLERANCE: f64 = 1e-5;
/// Between the `f64` oracle and a file, which holds the rounding errors of fifty steps in `f32`: the gradient of
/// `norse_lsnn`, computed again in `f64` by Norse's own equations, differs from the file by 2e-5.
const ORACLE_TOLERANCE: f64 = 1e-4;
/// A spike may differ where the membrane is this close to the threshold.
const MARGIN: f64 = 1e-4;

/// What a file exposes under a name.
pub enum Exposed {
    State(&'static str),
    /// A parameter, one number for each time step.
    Parameter(&'static str),
}
use Exposed::{Parameter, State};

/// Compares the neuron of one file on every device and path.
pub struct Judge<'a> {
    pub file: &'a Fixture,
    pub tolerance: f64,
    pub comparison: &'a mut Comparison,
    /// Columns left out, one line for each.
    pub left_out: &'a mut Vec<String>,
}

/// Numbers `[time][column]` of a tensor `[time, batch, neurons]`.
fn rows(file: &Fixture, name: &str) -> Vec<Vec<f64>> {
    let (shape, values) = file.get(name);
    let width: usize = shape[1..].iter().product();
    values.chunks(width).map(|row| row.iter().map(|value| f64::from(*value)).collect()).collect()
}

fn flat(rows: &[Vec<f64>]) -> Vec<f32> {
    rows.iter().flatten().map(|value| *value as f32).collect()
}

fn described<N: Neuron>(values: &N::Parameters<f64>) -> String {
    let names = <N::Parameters<f64> as Fields<f64>>::NAMES.iter();
    names.enumerate().map(|(i, name)| format!("{name} {}", values.get(i))).collect::<Vec<_>>().join(", ")
}

fn spread<N: Neuron>(values: &N::Parameters<f64>, width: usize) -> Vec<Vec<f64>> {
    (0..parameter_count::<N>()).map(|i| vec![values.get(i); width]).collect()
}

/// `values`, the threshold raised by `by`.
fn raised<N: Neuron>(values: &N::Parameters<f64>, by: f64) -> N::Parameters<f64> {
    let names = <N::Parameters<f64> as Fields<f64>>::NAMES;
    let threshold = names.iter().position(|name| ["threshold", "base"].contains(name));
    N::Parameters::from_fn(|i| values.get(i) + if Some(i) == threshold { by } else { 0.0 })
}

impl Judge<'_> {
    /// The neuron in `f64`.
    fn oracle<N: Neuron>(&self, neuron: &N, values: &N::Parameters<f64>, input: &[Vec<f64>]) -> OracleRun {
        let width = input[0].len();
        let rest = neuron.resting_state(values);
        let initial: Vec<Vec<f64>> = (0..N::State::<f64>::COUNT).map(|i| vec![rest.get(i); width]).collect();
        let parameters = spread::<N>(values, width);
        oracle(
            neuron,
            &OracleInput {
                input,
                parameters: &parameters,
                initial: &initial,
                delay: 0,
                return_states: ReturnStates::AfterStep,
            },
        )
    }

    /// The oracle's gradient of the input.
    fn oracle_gradient<N: Neuron>(&self, neuron: &N, values: &N::Parameters<f64>, input: &[Vec<f64>]) -> Vec<f32> {
        let width = input[0].len();
        let (rest, count) = (neuron.resting_state(values), N::State::<f64>::COUNT);
        let initial: Vec<Vec<f64>> = (0..count).map(|i| vec![rest.get(i); width]).collect();
        let parameters = spread::<N>(values, width);
        let of = OracleInput {
            input,
            parameters: &parameters,
            initial: &initial,
            delay: 0,
            return_states: ReturnStates::Nothing,
        };
        let cotangents =
            OracleRun { output: rows(self.file, "cotangent"), states: Vec::new(), last: vec![vec![0.0; width]; count] };
        let gradients = oracle_gradients(neuron, &of, &cotangents);
        gradients.input.into_iter().flatten().map(|value| value as f32).collect()
    }

    /// Which columns count: not those with a spike which differs from the file's, if the oracle's membrane was within
    /// [`MARGIN`] of the threshold there. That is so if moving the threshold by as much moves the spike.
    fn counted<N: Neuron>(
        &mut self,
        label: &str,
        neuron: &N,
        values: &N::Parameters<f64>,
        input: &[Vec<f64>],
        found: &[f32],
    ) -> Vec<bool> {
        let expected = self.file.get("spikes").1;
        let width = input[0].len();
        let first_difference = |column: usize| {
            (0..input.len()).find(|step| found[step * width + column] != expected[step * width + column])
        };
        let mut counted = vec![true; width];
        let different: Vec<(usize, usize)> =
            (0..width).filter_map(|column| Some((column, first_difference(column)?))).collect();
        if different.is_empty() {
            return counted;
        }
        let low = self.oracle(neuron, &raised::<N>(values, -MARGIN), input).output;
        let high = self.oracle(neuron, &raised::<N>(values, MARGIN), input).output;
        for &(column, step) in &different {
            let close = (0..=step).any(|step| low[step][column] != high[step][column]);
            let place = format!("{label} neuron {column}, step {step}: another spike");
            if close {
                counted[column] = false;
                self.left_out.push(format!("{place}, the membrane is within {MARGIN:.0e} of the threshold"));
            } else {
                self.comparison.fail(format!("{place}, and the membrane is not near the threshold"));
            }
        }
        if different.len() > width.div_ceil(10) {
            self.comparison.fail(format!("{label} {} of {width} neurons spike otherwise", different.len()));
        }
        counted
    }

    fn close(&mut self, what: &str, found: &[f32], expected: &[f32], counted: &[bool]) {
        let keep = |values: &[f32]| -> Vec<f32> {
            values.iter().enumerate().filter(|(i, _)| counted[i % counted.len()]).map(|(_, value)| *value).collect()
        };
        assert_eq!(found.len(), expected.len(), "{what}: as many numbers as in the file");
        self.comparison.close(what, &keep(found), &keep(expected), self.tolerance);
    }

    pub fn judge<N: Neuron>(&mut self, (neuron, parameters): (N, N::Parameters<f64>), exposed: &[(&str, Exposed)]) {
        self.every_tensor_is_known(exposed);
        let input = rows(self.file, "input");
        self.tolerance = ORACLE_TOLERANCE;
        self.judge_oracle(&neuron, &parameters, exposed, &input);
        self.tolerance = TOLERANCE;
        for (backend, device) in devices() {
            for execution in [Execution::Fused, Execution::Reference] {
                let label = format!("{} on {backend}, {}:", self.file.name, execution.name());
                let before = execution_counts();
                self.judge_path(&neuron, &parameters, exposed, &input, &device.clone().autodiff(), execution, &label);
                let after = execution_counts();
                let (fused, reference) =
                    (after.fused_backward > before.fused_backward, after.reference > before.reference);
                assert_eq!(
                    (fused, reference),
                    (execution == Execution::Fused, execution == Execution::Reference),
                    "{label} path taken"
                );
            }
        }
    }

    /// For files whose metadata is known to be wrong: judges what the metadata says, unless the file's own spikes and
    /// states are not those of that neuron but those of the other one. Then it says so and judges the other one.
    pub fn judge_either<N: Neuron>(
        &mut self,
        [stated, actual]: [(N, N::Parameters<f64>); 2],
        exposed: &[(&str, Exposed)],
    ) {
        let fits = |judge: &Self, (neuron, parameters): &(N, N::Parameters<f64>)| {
            let mut comparison = Comparison::default();
            let mut probe =
                Judge { file: judge.file, tolerance: 1e-3, comparison: &mut comparison, left_out: &mut Vec::new() };
            let run = probe.oracle(neuron, parameters, &rows(probe.file, "input"));
            let counted = vec![true; run.output[0].len()];
            probe.judge_exposed::<N>("", exposed, parameters, &counted, |index| flat(&run.states[index]));
            comparison.passed()
        };
        if !fits(self, &stated) && fits(self, &actual) {
            println!(
                "{}: its numbers are not those of its metadata, {}, but of {:?} with {}",
                self.file.name,
                self.file.text("params"),
                actual.0,
                described::<N>(&actual.1)
            );
            return self.judge(actual, exposed);
        }
        self.judge(stated, exposed);
    }

    /// A state which a file exposes and nothing compares would be a hole in this test.
    fn every_tensor_is_known(&self, exposed: &[(&str, Exposed)]) {
        for name in self.file.names() {
            assert!(
                ["input", "spikes", "cotangent", "grad_input"].contains(&name.as_str())
                    || exposed.iter().any(|(known, _)| *known == name),
                "{}: nothing is known of its tensor `{name}`",
                self.file.name
            );
        }
    }

    fn judge_exposed<N: Neuron>(
        &mut self,
        label: &str,
        exposed: &[(&str, Exposed)],
        parameters: &N::Parameters<f64>,
        counted: &[bool],
        state: impl Fn(usize) -> Vec<f32>,
    ) {
        for (name, what) in exposed.iter().filter(|(name, _)| self.file.has(name)) {
            let expected = self.file.get(name).1;
            let label = format!("{label} {name}");
            match what {
                State(field) => {
                    let names = <N::State<f64> as Fields<f64>>::NAMES;
                    let index = names.iter().position(|name| name == field).expect("the neuron has this state");
                    self.close(&label, &state(index), &expected, counted);
                }
                Parameter(field) => {
                    let names = <N::Parameters<f64> as Fields<f64>>::NAMES;
                    let index = names.iter().position(|name| name == field).expect("the neuron has this parameter");
                    let found = vec![parameters.get(index) as f32; expected.len()];
                    self.comparison.close(&label, &found, &expected, self.tolerance);
                }
            }
        }
    }

    fn judge_oracle<N: Neuron>(
        &mut self,
        neuron: &N,
        parameters: &N::Parameters<f64>,
        exposed: &[(&str, Exposed)],
        input: &[Vec<f64>],
    ) {
        let label = format!("{}, oracle:", self.file.name);
        let run = self.oracle(neuron, parameters, input);
        let output = flat(&run.output);
        let counted = self.counted(&label, neuron, parameters, input, &output);
        let (_, spikes) = self.file.get("spikes");
        self.close(&format!("{label} spikes"), &output, &spikes, &counted);
        self.judge_exposed::<N>(&label, exposed, parameters, &counted, |index| flat(&run.states[index]));
        let gradient = self.oracle_gradient(neuron, parameters, input);
        self.close(&format!("{label} grad_input"), &gradient, &self.file.get("grad_input").1, &counted);
    }

    #[allow(clippy::too_many_arguments)]
    fn judge_path<N: Neuron>(
        &mut self,
        neuron: &N,
        parameters: &N::Parameters<f64>,
        exposed: &[(&str, Exposed)],
        rows: &[Vec<f64>],
        device: &Device,
        execution: Execution,
        label: &str,
    ) {
        let neurons =
            Neurons::new(*neuron, *parameters).with_return_states(ReturnStates::AfterStep).with_execution(execution);
        let input = self.file.tensor::<3>("input", device).require_grad();
        let scanned = neurons.forward(input.clone(), None);
        let loss = (scanned.output.clone() * self.file.tensor("cotangent", device)).sum();
        let gradients = loss.backward();
        let output = values(scanned.output);
        let counted = self.counted(label, neuron, parameters, rows, &output);
        self.close(&format!("{label} spikes"), &output, &self.file.get("spikes").1, &counted);
        let states = scanned.states;
        self.judge_exposed::<N>(label, exposed, parameters, &counted, |index| values(states[index].clone()));
        let gradient = values(input.grad(&gradients).expect("a gradient"));
        self.close(&format!("{label} grad_input"), &gradient, &self.file.get("grad_input").1, &counted);
    }
}
