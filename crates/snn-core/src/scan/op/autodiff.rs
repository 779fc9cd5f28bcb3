//! The scan in Burn's graph: what forward saves, and the backward pass of each of its results.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend};

use super::ScanOps;
use crate::device::count_fused_backward;
use crate::scan::plan::{Cotangent, ReturnStates, ScanPlan};

/// What the backward pass needs of the forward one.
#[derive(Clone, Debug)]
struct Saved<B: Backend> {
    input: FloatTensor<B>,
    parameters: FloatTensor<B>,
    initial: FloatTensor<B>,
    output: FloatTensor<B>,
    states: FloatTensor<B>,
    last: FloatTensor<B>,
    plan: ScanPlan,
}

/// The backward pass of one of the three results. A node of Burn's graph has one output, so there are three,
/// each with the gradient of its own result; a result nobody uses costs nothing.
#[derive(Debug)]
struct ScanBackward(Cotangent);

impl<B: ScanOps> Backward<B, 3> for ScanBackward {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [input, parameters, initial] = ops.parents;
        let mut saved = ops.state;
        saved.plan.parameter_gradient = parameters.is_some();
        count_fused_backward();
        let (input_gradient, parameter_gradient, initial_gradient) = B::scan_backward(
            saved.input,
            saved.parameters,
            saved.initial,
            saved.output,
            saved.states,
            saved.last,
            gradient,
            self.0,
            saved.plan,
        );
        for (node, gradient) in [(input, input_gradient), (parameters, parameter_gradient), (initial, initial_gradient)]
        {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

fn track<B: ScanOps, C: CheckpointStrategy>(
    parents: [NodeGuard; 3],
    cotangent: Cotangent,
    saved: &Saved<B>,
    result: FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    match ScanBackward(cotangent).prepare::<C>(parents).compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish(saved.clone(), result),
        OpsKind::UnTracked(preparation) => preparation.finish(result),
    }
}

impl<B: ScanOps, C: CheckpointStrategy> ScanOps for Autodiff<B, C> {
    fn scan(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        mut plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let parents = || [input.node(), parameters.node(), initial.node()];
        plan.differentiate = input.is_tracked() || parameters.is_tracked() || initial.is_tracked();
        let guards = [parents(), parents(), parents()];
        let (input, parameters, initial) =
            (input.into_primitive(), parameters.into_primitive(), initial.into_primitive());
        let (output, states, last) = B::scan(input.clone(), parameters.clone(), initial.clone(), plan.clone());
        let saved = Saved {
            input,
            parameters,
            initial,
            output: output.clone(),
            states: states.clone(),
            last: last.clone(),
            plan,
        };
        let [for_output, for_states, for_last] = guards;
        let states = if saved.plan.return_states == ReturnStates::Nothing {
            Self::from_inner(states)
        } else {
            track::<B, C>(for_states, Cotangent::States, &saved, states)
        };
        (
            track::<B, C>(for_output, Cotangent::Output, &saved, output),
            states,
            track::<B, C>(for_last, Cotangent::Last, &saved, last),
        )
    }

    /// First derivatives only: the gradients come out as constants.
    fn scan_backward(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        output: FloatTensor<Self>,
        states: FloatTensor<Self>,
        last: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        cotangent: Cotangent,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (input, parameters, initial) = B::scan_backward(
            input.into_primitive(),
            parameters.into_primitive(),
            initial.into_primitive(),
            output.into_primitive(),
            states.into_primitive(),
            last.into_primitive(),
            gradient.into_primitive(),
            cotangent,
            plan,
        );
        (Self::from_inner(input), Self::from_inner(parameters), Self::from_inner(initial))
    }
}
