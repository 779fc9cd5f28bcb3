//! The synapses on a GPU.

use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::{Flicker, NeedsGrad, SynapseOps};
use crate::synapse::cube;
use crate::synapse::precision::Precision;

impl SynapseOps for CubeBackend {
    fn flicker(input: FloatTensor<Self>, flicker: Flicker) -> FloatTensor<Self> {
        cube::flicker(input, flicker)
    }
    fn flicker_backward(gradient: FloatTensor<Self>, batch: usize, flicker: Flicker) -> FloatTensor<Self> {
        cube::flicker_backward(gradient, batch, flicker)
    }
    fn product(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        flicker: Option<Flicker>,
        _only_f32: Precision,
    ) -> FloatTensor<Self> {
        cube::product(input, weight, bias, flicker)
    }
    fn product_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        flicker: Option<Flicker>,
        wanted: NeedsGrad,
        _only_f32: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        cube::product_backward(input, weight, gradient, flicker, wanted)
    }
}
