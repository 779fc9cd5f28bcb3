//! The synapses in Burn's graph: what forward saves, and the backward passes.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, TensorMetadata};

use super::{Flicker, NeedsGrad, SynapseOps};
use crate::synapse::precision::Precision;

#[derive(Debug)]
struct FlickerBackward;

impl<B: SynapseOps> Backward<B, 1> for FlickerBackward {
    type State = (usize, Flicker);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (batch, flicker) = ops.state;
        if let [Some(input)] = ops.parents {
            grads.register::<B>(input.id, B::flicker_backward(gradient, batch, flicker));
        }
    }
}

#[derive(Debug)]
struct ProductBackward;

impl<B: SynapseOps> Backward<B, 3> for ProductBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, Option<Flicker>, Precision);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [input, weight, bias] = ops.parents;
        let (input_values, weight_values, flicker, precision) = ops.state;
        let wanted = NeedsGrad { input: input.is_some(), parameters: weight.is_some() || bias.is_some() };
        let (input_gradient, weight_gradient, bias_gradient) =
            B::product_backward(input_values, weight_values, gradient, flicker, wanted, precision);
        for (node, gradient) in [(input, input_gradient), (weight, weight_gradient), (bias, bias_gradient)] {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: SynapseOps, C: CheckpointStrategy> SynapseOps for Autodiff<B, C> {
    fn flicker(input: FloatTensor<Self>, flicker: Flicker) -> FloatTensor<Self> {
        let batch = input.shape()[0];
        let node = input.node();
        let result = B::flicker(input.into_primitive(), flicker);
        match FlickerBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish((batch, flicker), result),
            OpsKind::UnTracked(preparation) => preparation.finish(result),
        }
    }

    /// First derivatives only: the gradient comes out as a constant.
    fn flicker_backward(gradient: FloatTensor<Self>, batch: usize, flicker: Flicker) -> FloatTensor<Self> {
        Self::from_inner(B::flicker_backward(gradient.into_primitive(), batch, flicker))
    }

    fn product(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        flicker: Option<Flicker>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), weight.node(), bias.node()];
        let (input, weight) = (input.into_primitive(), weight.into_primitive());
        let result = B::product(input.clone(), weight.clone(), bias.into_primitive(), flicker, precision);
        match ProductBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish((input, weight, flicker, precision), result),
            OpsKind::UnTracked(preparation) => preparation.finish(result),
        }
    }

    /// First derivatives only: the gradients come out as constants.
    fn product_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        flicker: Option<Flicker>,
        wanted: NeedsGrad,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (input, weight, bias) = B::product_backward(
            input.into_primitive(),
            weight.into_primitive(),
            gradient.into_primitive(),
            flicker,
            wanted,
            precision,
        );
        (Self::from_inner(input), Self::from_inner(weight), Self::from_inner(bias))
    }
}
