//! Convolutions as a differentiable operation of Burn, for the backends of the CPU. GPUs keep Burn's own.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

mod autodiff;
mod host;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::conv::ConvSizes;
use super::op::NeedsGrad;
use super::precision::Precision;

/// Convolutions along two axes.
///
/// Shapes: input `[rows, inputs, height, width]`, weight `[outputs, inputs / groups, height, width]`, bias `[outputs]`, result
/// `[rows, outputs, height, width]`.
#[backend_extension(Flex, NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait ConvOps: Backend {
    /// The convolution.
    fn convolution(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        sizes: ConvSizes,
        precision: Precision,
    ) -> FloatTensor<Self>;

    /// The gradients of input, weight and bias; what is not wanted comes as zeros.
    fn convolution_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        sizes: ConvSizes,
        wanted: NeedsGrad,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
