//! Tensors on a GPU.

use burn::tensor::{DType, Shape};
use burn_cubecl::tensor::CubeTensor;

/// A fresh tensor on the device of `like`.
pub(crate) fn empty(like: &CubeTensor, shape: Shape) -> CubeTensor {
    let handle = like.client.empty(shape.num_elements() * size_of::<f32>());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, DType::F32)
}
