//! The scan as a differentiable operation of Burn, for every backend that has kernels for it.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

mod autodiff;
#[cfg(feature = "cube")]
mod cube;
mod host;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata, backend_extension};

use super::plan::{Cotangent, ScanPlan, Sizes};

/// The scan, forward and backward. Input, output and their gradients are `[time, batch, features]`, so that a backend
/// which pads rows need not copy them; all other tensors are matrices, see [`Sizes`].
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait ScanOps: Backend {
    /// Output, states, last state. The states are a placeholder of one element unless the plan records them or
    /// the backend saves them for its backward pass.
    #[fusion(meta = super::cube::forward_specs)]
    fn scan(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, parameters and initial state, given the gradient of one of the results.
    #[fusion(meta = super::cube::backward_specs)]
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
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

fn sizes_of(plan: &ScanPlan, input: &impl TensorMetadata, parameters: &impl TensorMetadata) -> Sizes {
    let [steps, batch, features] = input.shape().dims();
    let [_, parameter_width] = parameters.shape().dims();
    plan.sizes(steps, batch * features, parameter_width)
}
