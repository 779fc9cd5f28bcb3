//! Convolutions in Burn's graph.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::ConvOps;
use crate::synapse::conv::ConvSizes;
use crate::synapse::op::NeedsGrad;
use crate::synapse::precision::Precision;

#[derive(Debug)]
struct ConvolutionBackward;

impl<B: ConvOps> Backward<B, 3> for ConvolutionBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, ConvSizes, Precision);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [input, weight, bias] = ops.parents;
        let (input_values, weight_values, sizes, precision) = ops.state;
        let wanted = NeedsGrad { input: input.is_some(), parameters: weight.is_some() || bias.is_some() };
        let found = B::convolution_backward(input_values, weight_values, gradient, sizes, wanted, precision);
        for (node, gradient) in [(input, found.0), (weight, found.1), (bias, found.2)] {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: ConvOps, C: CheckpointStrategy> ConvOps for Autodiff<B, C> {
    fn convolution(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        sizes: ConvSizes,
        precision: Precision,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), weight.node(), bias.node()];
        let (input, weight) = (input.into_primitive(), weight.into_primitive());
        let result = B::convolution(input.clone(), weight.clone(), bias.into_primitive(), sizes, precision);
        match ConvolutionBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish((input, weight, sizes, precision), result),
            OpsKind::UnTracked(preparation) => preparation.finish(result),
        }
    }

    /// First derivatives only: the gradients come out as constants.
    fn convolution_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        sizes: ConvSizes,
        wanted: NeedsGrad,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let found = B::convolution_backward(
            input.into_primitive(),
            weight.into_primitive(),
            gradient.into_primitive(),
            sizes,
            wanted,
            precision,
        );
        (Self::from_inner(found.0), Self::from_inner(found.1), Self::from_inner(found.2))
    }
}
