//! The recurrent scan in Burn's graph: what forward saves, and the backward pass of each of its results.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend};

use super::{NeedsGrad, RecurrentOps};
use crate::device::count_fused_backward;
use crate::scan::{Cotangent, ReturnStates, ScanPlan};

/// What the backward pass needs of the forward one.
#[derive(Clone, Debug)]
struct Saved<B: Backend> {
    currents: FloatTensor<B>,
    weight: FloatTensor<B>,
    parameters: FloatTensor<B>,
    initial: FloatTensor<B>,
    feedback: FloatTensor<B>,
    output: FloatTensor<B>,
    states: FloatTensor<B>,
    last: FloatTensor<B>,
    plan: ScanPlan,
}

/// The backward pass of one of the three results, as that of a scan.
#[derive(Debug)]
struct RecurrentBackward(Cotangent);

impl<B: RecurrentOps> Backward<B, 6> for RecurrentBackward {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Self::State, 6>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [input, weight, bias, parameters, initial, feedback] = ops.parents;
        let saved = ops.state;
        let needed = NeedsGrad { weight: weight.is_some() || bias.is_some(), parameters: parameters.is_some() };
        count_fused_backward();
        let found = B::recurrent_scan_backward(
            saved.currents,
            saved.weight,
            saved.parameters,
            saved.initial,
            saved.feedback,
            saved.output,
            saved.states,
            saved.last,
            gradient,
            self.0,
            needed,
            saved.plan,
        );
        let found: [FloatTensor<B>; 6] = found.into();
        for (node, gradient) in [input, weight, bias, parameters, initial, feedback].into_iter().zip(found) {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

fn track<B: RecurrentOps, C: CheckpointStrategy>(
    parents: [NodeGuard; 6],
    cotangent: Cotangent,
    saved: &Saved<B>,
    result: FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    match RecurrentBackward(cotangent).prepare::<C>(parents).compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish(saved.clone(), result),
        OpsKind::UnTracked(preparation) => preparation.finish(result),
    }
}

impl<B: RecurrentOps, C: CheckpointStrategy> RecurrentOps for Autodiff<B, C> {
    /// The currents come out as constants: they are for those who look on.
    fn recurrent_scan(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        feedback: FloatTensor<Self>,
        mut plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let tensors = [&input, &weight, &bias, &parameters, &initial, &feedback];
        plan.differentiate = tensors.iter().any(|tensor| tensor.is_tracked());
        let parents = || tensors.map(|tensor| tensor.node());
        let [for_output, for_states, for_last] = [parents(), parents(), parents()];
        let [input, weight, bias, parameters, initial, feedback] =
            [input, weight, bias, parameters, initial, feedback].map(|tensor| tensor.into_primitive());
        let (output, states, last, currents) = B::recurrent_scan(
            input,
            weight.clone(),
            bias,
            parameters.clone(),
            initial.clone(),
            feedback.clone(),
            plan.clone(),
        );
        let saved = Saved {
            currents: currents.clone(),
            weight,
            parameters,
            initial,
            feedback,
            output: output.clone(),
            states: states.clone(),
            last: last.clone(),
            plan,
        };
        let states = if saved.plan.return_states == ReturnStates::Nothing {
            Self::from_inner(states)
        } else {
            track::<B, C>(for_states, Cotangent::States, &saved, states)
        };
        (
            track::<B, C>(for_output, Cotangent::Output, &saved, output),
            states,
            track::<B, C>(for_last, Cotangent::Last, &saved, last),
            Self::from_inner(currents),
        )
    }

    /// First derivatives only: the gradients come out as constants.
    fn recurrent_scan_backward(
        currents: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        feedback: FloatTensor<Self>,
        output: FloatTensor<Self>,
        states: FloatTensor<Self>,
        last: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        cotangent: Cotangent,
        needed: NeedsGrad,
        plan: ScanPlan,
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    ) {
        let found = B::recurrent_scan_backward(
            currents.into_primitive(),
            weight.into_primitive(),
            parameters.into_primitive(),
            initial.into_primitive(),
            feedback.into_primitive(),
            output.into_primitive(),
            states.into_primitive(),
            last.into_primitive(),
            gradient.into_primitive(),
            cotangent,
            needed,
            plan,
        );
        let found: [FloatTensor<B>; 6] = found.into();
        found.map(Self::from_inner).into()
    }
}
