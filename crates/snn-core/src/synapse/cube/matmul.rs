//! Matrix products on a GPU, whose factors keep all their digits.

use burn::backend::ops::FloatTensorOps;

use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;
use cubecl::tf32;
use cubek::matmul::definition::{MatmulElems, MatmulGlobalElems};
use cubek::matmul::launch::launch_ref;
use cubek::matmul::multi_level::Strategy;
use cubek::std::InputBinding;

use crate::device::cube::empty;

/// `left [.., m, k] x right [.., k, n]`: one product, or as many as there are matrices on both sides.
///
/// Where a GPU has tensor cores for TF32, Burn multiplies there, and the factors are rounded to eleven bits: a thousandth
/// of a current, which moves spikes. There this takes the product that Burn takes where no tensor cores are.
pub(crate) fn matmul(left: CubeTensor, right: CubeTensor) -> CubeTensor {
    if !left.client.properties().supports_type(tf32::elem_type_native()) {
        return CubeBackend::float_matmul(left, right);
    }
    let mut shape = left.meta.shape().clone();
    let last = shape.num_dims() - 1;
    shape[last] = right.meta.shape()[last];
    let result = empty(&left, shape);
    let number = f32::elem_type_native();
    let mut numbers = MatmulElems::from_globals(&MatmulGlobalElems { lhs: number, rhs: number, out: number });
    launch_ref(
        &Strategy::SimpleUnit(Default::default()).into(),
        &result.client,
        InputBinding::new(left.binding(), number),
        InputBinding::new(right.binding(), number),
        result.clone().binding(),
        &mut numbers,
    )
    .unwrap_or_else(|error| panic!("synapse: the product cannot be launched: {error:?}"));
    result
}
