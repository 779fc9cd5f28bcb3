//! Recurrent populations by Burn's tensor operations, one time step after the other.

use burn::tensor::Tensor;

use super::{Recurrence, RecurrentScan};
use crate::scan::{PopulationOutput, PopulationState};
use crate::sequence::Sequence;
use crate::synapse::linear;

/// `s[t] = step(current[t] + s[t-1] W + b)`, where `step` runs the neurons through one time step `[1, batch, neurons]`.
#[track_caller]
pub(crate) fn step_by_step(
    current: Tensor<3>,
    recurrence: Recurrence,
    mut state: PopulationState,
    mut step: impl FnMut(Tensor<3>, PopulationState) -> PopulationOutput<3>,
) -> RecurrentScan {
    let Recurrence { weight, bias, feedback: mut output } = recurrence;
    let (mut currents, mut outputs, mut states) = (Vec::new(), Vec::new(), Vec::<Vec<Tensor<3>>>::new());
    for now in current.frames() {
        let current = (now + linear(output, weight.clone(), bias.clone())).unsqueeze::<3>();
        currents.push(current.clone().detach());
        let run = step(current, state);
        state = run.last;
        output = run.output.clone().squeeze_dim(0);
        outputs.push(run.output);
        states.resize(run.states.len(), Vec::new());
        for (list, state) in states.iter_mut().zip(run.states) {
            list.push(state);
        }
    }
    let run = PopulationOutput {
        output: Tensor::cat(outputs, 0),
        states: states.into_iter().map(|steps| Tensor::cat(steps, 0)).collect(),
        last: state,
    };
    RecurrentScan { run, currents: Tensor::cat(currents, 0) }
}
