//! The synapses as differentiable operations of Burn, for every backend that has kernels for them.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

mod autodiff;
#[cfg(feature = "cube")]
mod cube;
mod host;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};
#[cfg(feature = "cube")] // only in what `backend_extension` writes for fusion
use burn::tensor::Shape;

use super::precision::Precision;
use crate::noise::NoiseSeed;

/// Noise on the input of a product: how many time steps, and which numbers.
#[derive(Clone, Copy, Debug)]
pub struct Flicker {
    pub(crate) steps: usize,
    pub(crate) seed: NoiseSeed,
}

/// Which gradients a backward pass computes.
#[derive(Clone, Copy, Debug)]
pub struct NeedsGrad {
    pub(crate) input: bool,
    pub(crate) parameters: bool,
}

/// Products of an input with a weight, with or without noise on the input.
///
/// Shapes: input `[rows, inputs]`, weight `[inputs, outputs]`, bias `[outputs]`, result `[rows, outputs]`; with
/// flicker the input is `[batch, inputs]` and the result `[steps x batch, outputs]`.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait SynapseOps: Backend {
    /// The input times noise, `[steps, batch x inputs]`, from `[batch, inputs]`.
    #[fusion(dtype = input, shape = Shape::new([flicker.steps, input.num_elements()]))]
    fn flicker(input: FloatTensor<Self>, flicker: Flicker) -> FloatTensor<Self>;

    /// The gradient of the input `[batch, inputs]` of a flicker, given that of its result.
    #[fusion(dtype = gradient, shape = Shape::new([*batch, gradient[1] / *batch]))]
    fn flicker_backward(gradient: FloatTensor<Self>, batch: usize, flicker: Flicker) -> FloatTensor<Self>;

    /// The product.
    #[fusion(dtype = input, shape = {
        Shape::new([input[0] * flicker.map_or(1, |flicker| flicker.steps), weight[1]])
    })]
    fn product(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        flicker: Option<Flicker>,
        precision: Precision,
    ) -> FloatTensor<Self>;

    /// The gradients of input, weight and bias; what is not wanted comes as zeros.
    #[fusion(meta = super::cube::product_backward_specs)]
    fn product_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        flicker: Option<Flicker>,
        wanted: NeedsGrad,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
