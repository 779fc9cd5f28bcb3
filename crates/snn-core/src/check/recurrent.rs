//! Neurons that hear each other: the one operation against its equation, one step after the other.
//!
//! A spike that rounding moves would move all that follow. So both sides run over the same currents: those of the operation are
//! held against `i[t] + s[t-1] W + b`, its spikes and states must be those of a plain scan over them, bit for bit, and its gradients
//! those of the steps one by one.

use burn::tensor::{DType, Device, Shape, Tensor, TensorData};

use super::CheckReport;
use crate::device::{Execution, execution_counts, is_host};
use crate::neuron::{Neuron, parameter_count};
use crate::noise::{NoiseSeed, uniform};
use crate::number::Fields;
use crate::recurrence::{Recurrence, recurrent_scan, step_by_step};
use crate::scan::{AnyNeuron, PopulationOutput, PopulationState, ReturnStates, ScanOptions, run as scan};
use crate::sequence::Sequence;
use crate::synapse::linear;

/// Largest difference, relative to the largest value of a tensor. Products are summed in another order.
const TOLERANCE: f64 = 2e-5;

struct Case {
    name: &'static str,
    steps: usize,
    batch: usize,
    neurons: usize,
    delay: usize,
    return_states: ReturnStates,
    own_parameters: bool,
    /// On GPUs, too.
    everywhere: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "recurrent",
        steps: 7,
        batch: 3,
        neurons: 5,
        delay: 0,
        return_states: ReturnStates::AfterStep,
        own_parameters: false,
        everywhere: true,
    },
    Case {
        name: "recurrent, delay, own parameters",
        steps: 6,
        batch: 2,
        neurons: 4,
        delay: 2,
        return_states: ReturnStates::BeforeStep,
        own_parameters: true,
        everywhere: true,
    },
    Case {
        name: "recurrent, delay longer than the sequence",
        steps: 2,
        batch: 3,
        neurons: 4,
        delay: 3,
        return_states: ReturnStates::Nothing,
        own_parameters: true,
        everywhere: false,
    },
    Case {
        name: "recurrent, more than one task",
        steps: 3,
        batch: 70,
        neurons: 50,
        delay: 0,
        return_states: ReturnStates::Nothing,
        own_parameters: true,
        everywhere: false,
    },
];

/// Values around zero, another list for each `stream`.
fn random<const D: usize>(stream: u64, shape: [usize; D], scale: f64, device: &Device) -> Tensor<D> {
    let key = NoiseSeed::new(stream).key(0);
    let values: Vec<f32> = (0..shape.iter().product::<usize>())
        .map(|element| (scale * (f64::from(uniform(key, element as u32)) - 0.5)) as f32)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// What is differentiated: input, weight, bias, parameters, initial state, feedback.
struct Leaves {
    current: Tensor<3>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    parameters: Tensor<2>,
    initial: Tensor<2>,
    feedback: Tensor<2>,
}

impl Leaves {
    fn new<N: Neuron>(neuron: &N, constants: &N::Parameters<f64>, case: &Case, scale: f64, device: &Device) -> Self {
        let Case { steps, batch, neurons, .. } = *case;
        let own = if case.own_parameters { neurons } else { 1 };
        let values: Vec<f64> = (0..parameter_count::<N>()).flat_map(|field| vec![constants.get(field); own]).collect();
        let parameters = Tensor::<2>::from_data(TensorData::new(values, [parameter_count::<N>(), own]), device);
        let spread = random(1, parameters.dims(), if case.own_parameters { 0.1 } else { 0.0 }, device) + 1.0;
        let rest = PopulationState::resting(
            neuron,
            &crate::neuron::values_of::<N>(constants),
            Shape::new([batch, neurons]),
            case.delay,
            device,
        );
        let nudge = random(7, rest.packed().dims(), 0.02 * scale, device);
        Self {
            current: random(2, [steps, batch, neurons], 1.5 * scale, device).add_scalar(0.5 * scale).require_grad(),
            weight: random(3, [neurons, neurons], scale / (neurons as f64).sqrt(), device).require_grad(),
            bias: random(4, [neurons], 0.2 * scale, device).require_grad(),
            parameters: (parameters * spread).require_grad(),
            initial: (rest.packed() + nudge).require_grad(),
            feedback: random(5, [batch, neurons], 1.0, device).require_grad(),
        }
    }

    fn recurrence(&self) -> Recurrence {
        Recurrence { weight: self.weight.clone(), bias: self.bias.clone(), feedback: self.feedback.clone() }
    }

    fn state(&self, neuron: &AnyNeuron, case: &Case) -> PopulationState {
        PopulationState::from_packed(&**neuron, self.initial.clone(), Shape::new([case.batch, case.neurons]))
    }

    /// The gradients of a sum of all results with fixed weights.
    fn gradients(&self, run: PopulationOutput<3>, device: &Device) -> Vec<(&'static str, Vec<f32>)> {
        let last = run.last.packed();
        let mut loss = (run.output.clone() * random(20, run.output.dims(), 1.0, device)).sum();
        loss = loss + (last.clone() * random(21, last.dims(), 1.0, device)).sum();
        for (field, states) in run.states.into_iter().enumerate() {
            loss = loss + (states.clone() * random(22 + field as u64, states.dims(), 1.0, device)).sum();
        }
        let gradients = loss.backward();
        fn of<const D: usize>(leaf: &Tensor<D>, gradients: &burn::tensor::Gradients) -> Vec<f32> {
            leaf.grad(gradients).map_or(Vec::new(), |gradient| gradient.into_data().iter::<f32>().collect())
        }
        vec![
            ("input", of(&self.current, &gradients)),
            ("recurrent weight", of(&self.weight, &gradients)),
            ("recurrent bias", of(&self.bias, &gradients)),
            ("parameters", of(&self.parameters, &gradients)),
            ("initial state", of(&self.initial, &gradients)),
            ("output before", of(&self.feedback, &gradients)),
        ]
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The largest difference, relative to the largest value.
fn difference(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len(), "check: as many values");
    let largest = expected.iter().fold(1e-6f64, |largest, value| largest.max(f64::from(value.abs())));
    let differences = found.iter().zip(expected).map(|(a, b)| f64::from((a - b).abs()));
    // Not a number stays one.
    differences.fold(0.0, |sum: f64, value| if value > sum || value.is_nan() { value } else { sum }) / largest
}

/// The output, the states and the last state.
fn results(run: &PopulationOutput<3>) -> Vec<Vec<f32>> {
    let states = run.states.iter().map(|states| values(states.clone()));
    [values(run.output.clone()), values(run.last.packed())].into_iter().chain(states).collect()
}

pub(super) fn run<N: Neuron>(
    neuron: &N,
    constants: &N::Parameters<f64>,
    scale: f64,
    devices: &[(&'static str, Device)],
    report: &mut CheckReport,
    failures: &mut Vec<String>,
) {
    let any: AnyNeuron = std::sync::Arc::new(*neuron);
    for (name, device) in devices {
        if Execution::on(device, DType::F32) != Execution::Fused {
            continue;
        }
        for case in CASES.iter().filter(|case| case.everywhere || is_host(device)) {
            let device = device.clone().autodiff();
            let options =
                ScanOptions { delay: case.delay, return_states: case.return_states, execution: Some(Execution::Fused) };
            let leaves = Leaves::new(neuron, constants, case, scale, &device);
            let before = execution_counts();
            let found = recurrent_scan(
                &any,
                leaves.current.clone(),
                leaves.recurrence(),
                leaves.parameters.clone(),
                leaves.state(&any, case),
                options,
            );
            let mut judge = |what: &str, difference: f64, allowed: f64| {
                report.comparisons += 1;
                if difference.is_nan() || difference > allowed {
                    failures.push(format!("{}, {name}: {what} differs by {difference:.1e}", case.name));
                }
            };

            // The equation of the currents.
            let mut heard = vec![leaves.feedback.clone().unsqueeze::<3>()];
            if case.steps > 1 {
                heard.push(found.run.output.clone().slice([0..case.steps - 1]));
            }
            let heard = linear(Tensor::cat(heard, 0), leaves.weight.clone(), leaves.bias.clone());
            let equation = values(leaves.current.clone() + heard);
            judge("the current", difference(&values(found.currents.clone()), &equation), 1e-6);

            // The neurons' answer to them.
            let state = leaves.state(&any, case);
            let plain = scan(&any, found.currents.clone(), leaves.parameters.clone(), state, options);
            for (found, expected) in results(&found.run).iter().zip(results(&plain)) {
                judge("a result", difference(found, &expected), if is_host(&device) { 0.0 } else { 1e-6 });
            }

            // The gradients of the steps one by one, over the same currents.
            let mut pinned = found.currents.clone().frames().into_iter();
            let steps = step_by_step(
                leaves.current.clone(),
                leaves.recurrence(),
                leaves.state(&any, case),
                |current, state| {
                    let value = pinned.next().expect("as many steps").unsqueeze::<3>();
                    let current = current.clone() - current.detach() + value;
                    scan(&any, current, leaves.parameters.clone(), state, options)
                },
            );
            let expected = leaves.gradients(steps.run, &device);
            for ((what, found), (_, expected)) in leaves.gradients(found.run, &device).iter().zip(&expected) {
                judge(&format!("the gradient of {what}"), difference(found, expected), TOLERANCE);
            }
            if execution_counts().fused_backward == before.fused_backward {
                failures.push(format!("{}, {name}: the kernels did not run", case.name));
            }
        }
    }
}
