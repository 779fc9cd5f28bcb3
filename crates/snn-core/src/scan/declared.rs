//! A number whose derivative is declared: what surrogates are made of on the reference path.
//!
//! Written with Burn's own operations it would be `value + (of - of.detach()) * slope`, which is not a number where `of` is
//! infinite or not a number, though `value` is. So it is an operation with a backward pass of its own.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
#[cfg(feature = "cube")]
use burn_cubecl::CubeBackend;

use crate::device::has_operations;

/// `value` with its derivative and besides `slope` times the derivative of `of`; see
/// [`Scalar::along`](crate::number::Scalar::along).
pub(super) fn declared(of: Tensor<1>, value: Tensor<1>, slope: Tensor<1>) -> Tensor<1> {
    let slope = slope.detach();
    if has_operations(&of.device()) {
        return Tensor::from_dispatch(<Dispatch as DeclaredOps>::declared(
            of.into_dispatch(),
            value.into_dispatch(),
            slope.into_dispatch(),
        ));
    }
    let nothing = of.clone() - of.detach();
    let lost = nothing.clone().is_nan();
    value + nothing.mask_fill(lost, 0.0) * slope
}

/// The operation on every backend: only autodiff does anything.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait DeclaredOps: Backend {
    /// `value`, to which autodiff adds `slope` times the derivative of `of`.
    #[fusion(dtype = value, shape = value)]
    fn declared(of: FloatTensor<Self>, value: FloatTensor<Self>, slope: FloatTensor<Self>) -> FloatTensor<Self>;
}

macro_rules! impl_without_autodiff {
    ($backend:ty) => {
        impl DeclaredOps for $backend {
            fn declared(
                _of: FloatTensor<Self>,
                value: FloatTensor<Self>,
                _slope: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                value
            }
        }
    };
}
impl_without_autodiff!(Flex);
#[cfg(feature = "ndarray")]
impl_without_autodiff!(burn::backend::NdArray);
#[cfg(feature = "cube")]
impl_without_autodiff!(CubeBackend);

#[derive(Debug)]
struct DeclaredBackward;

impl<B: DeclaredOps> Backward<B, 2> for DeclaredBackward {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [of, value] = ops.parents;
        if let Some(value) = value {
            grads.register::<B>(value.id, gradient.clone());
        }
        if let Some(of) = of {
            grads.register::<B>(of.id, B::float_mul(gradient, ops.state));
        }
    }
}

impl<B: DeclaredOps, C: CheckpointStrategy> DeclaredOps for Autodiff<B, C> {
    fn declared(of: FloatTensor<Self>, value: FloatTensor<Self>, slope: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [of.node(), value.node()];
        let slope = slope.into_primitive();
        let result = B::declared(of.into_primitive(), value.into_primitive(), slope.clone());
        match DeclaredBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish(slope, result),
            OpsKind::UnTracked(preparation) => preparation.finish(result),
        }
    }
}
