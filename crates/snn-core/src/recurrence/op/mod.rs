//! A recurrent population as a differentiable operation of Burn, for every backend that has kernels for it.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

mod autodiff;
#[cfg(feature = "cube")]
mod cube;
mod host;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use crate::scan::{Cotangent, ScanPlan};

/// Which gradients a backward pass computes beside those of input and initial state.
#[derive(Clone, Copy, Debug)]
pub struct NeedsGrad {
    pub(crate) weight: bool,
    pub(crate) parameters: bool,
}

/// The recurrent scan, forward and backward.
///
/// Shapes: input, output, currents `[time, batch, neurons]`; weight `[neurons, neurons]`, bias `[neurons]`; feedback, the output
/// before the first step, `[batch, neurons]`; all other tensors as in [`Sizes`](crate::scan::Sizes).
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait RecurrentOps: Backend {
    /// Output, states, last state, and the whole currents with what came back. The states are a placeholder of one element
    /// unless the plan records them or the backend saves them for its backward pass.
    #[fusion(meta = super::cube::forward_specs)]
    fn recurrent_scan(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        feedback: FloatTensor<Self>,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, weight, bias, parameters, initial state and feedback, given that of one of the results.
    #[fusion(meta = super::cube::backward_specs)]
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
    );
}
