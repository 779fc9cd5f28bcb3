//! Synapses on a GPU: Burn's matrix products, with the noise drawn for a few time steps at a time.

mod matmul;

use burn::backend::fusion::custom::TensorSpec;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{FloatDType, Shape, Slice};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::calculate_cube_count_elemwise;
use cubecl::prelude::*;

pub(crate) use self::matmul::matmul;
use super::op::{Flicker, NeedsGrad};
use super::precision::Precision;
use crate::device::cube::empty;
use crate::noise::NoiseSeed;
use crate::noise::cube::{step_key, uniform};

/// How many elements of noisy input exist at a time: 32 MiB.
const CHUNK: usize = 8 << 20;

#[cube(launch)]
fn flicker_kernel(
    input: &Tensor<f32>,
    result: &mut Tensor<f32>,
    elements: u32,
    total: u32,
    seed_low: u32,
    seed_high: u32,
    first_step: u32,
) {
    let position = ABSOLUTE_POS;
    if position >= total as usize {
        terminate!();
    }
    let elements = elements as usize;
    let (step, element) = (position / elements, position % elements);
    let key = step_key(seed_low, seed_high, first_step + step as u32);
    result[position] = uniform(key, element as u32) * input[element];
}

/// `result[element] = sum over steps of noise x gradient`.
#[cube(launch)]
fn flicker_backward_kernel(
    gradient: &Tensor<f32>,
    result: &mut Tensor<f32>,
    elements: u32,
    steps: u32,
    seed_low: u32,
    seed_high: u32,
    first_step: u32,
) {
    let element = ABSOLUTE_POS;
    let elements = elements as usize;
    if element >= elements {
        terminate!();
    }
    let mut sum = 0.0f32;
    for step in 0..steps as usize {
        let key = step_key(seed_low, seed_high, first_step + step as u32);
        sum += uniform(key, element as u32) * gradient[step * elements + element];
    }
    result[element] = sum;
}

fn halves(seed: NoiseSeed) -> (u32, u32, u32) {
    (seed.seed as u32, (seed.seed >> 32) as u32, seed.first_step as u32)
}

/// `[steps, batch x inputs]` from `[batch, inputs]`.
pub(crate) fn flicker(input: CubeTensor, flicker: Flicker) -> CubeTensor {
    let input = into_contiguous(input);
    let elements = input.meta.shape().num_elements();
    let total = elements * flicker.steps;
    let result = empty(&input, Shape::new([flicker.steps, elements]));
    let client = input.client.clone();
    let dim = CubeDim::new(&client, total);
    let (low, high, first) = halves(flicker.seed);
    flicker_kernel::launch(
        &client,
        calculate_cube_count_elemwise(&client, total, dim),
        dim,
        input.into_tensor_arg(),
        result.clone().into_tensor_arg(),
        elements as u32,
        total as u32,
        low,
        high,
        first,
    );
    result
}

/// `[batch, inputs]` from `[steps, batch x inputs]`.
pub(crate) fn flicker_backward(gradient: CubeTensor, batch: usize, flicker: Flicker) -> CubeTensor {
    let gradient = into_contiguous(gradient);
    let elements = gradient.meta.shape().num_elements() / flicker.steps;
    let result = empty(&gradient, Shape::new([batch, elements / batch]));
    let client = gradient.client.clone();
    let dim = CubeDim::new(&client, elements);
    let (low, high, first) = halves(flicker.seed);
    flicker_backward_kernel::launch(
        &client,
        calculate_cube_count_elemwise(&client, elements, dim),
        dim,
        gradient.into_tensor_arg(),
        result.clone().into_tensor_arg(),
        elements as u32,
        flicker.steps as u32,
        low,
        high,
        first,
    );
    result
}

/// The time steps in pieces small enough to exist: `(first step, steps)`.
fn pieces(flicker: Flicker, elements: usize) -> Vec<(usize, usize)> {
    let at_once = (CHUNK / elements.max(1)).max(1);
    (0..flicker.steps).step_by(at_once).map(|first| (first, at_once.min(flicker.steps - first))).collect()
}

/// The noisy input of some time steps as the left matrix of a product: `[steps x batch, inputs]`.
fn noisy_rows(input: &CubeTensor, flicker: Flicker, (first, steps): (usize, usize)) -> CubeTensor {
    let [batch, inputs] = input.meta.shape().dims();
    let piece = Flicker { steps, seed: flicker.seed.later(first) };
    CubeBackend::float_reshape(self::flicker(input.clone(), piece), Shape::new([steps * batch, inputs]))
}

fn rows(matrix: &CubeTensor, first: usize, count: usize) -> CubeTensor {
    let [all, columns] = matrix.meta.shape().dims();
    if count == all {
        return matrix.clone();
    }
    let range = [Slice::from(first..first + count), Slice::from(0..columns)];
    CubeBackend::float_slice(matrix.clone(), &range)
}

fn with_bias(product: CubeTensor, bias: &CubeTensor) -> CubeTensor {
    let outputs = bias.meta.shape().num_elements();
    CubeBackend::float_add(product, CubeBackend::float_reshape(bias.clone(), Shape::new([1, outputs])))
}

pub(crate) fn product(input: CubeTensor, weight: CubeTensor, bias: CubeTensor, flicker: Option<Flicker>) -> CubeTensor {
    let Some(flicker) = flicker else {
        return with_bias(matmul(input, weight), &bias);
    };
    let batch = input.meta.shape()[0];
    let products = pieces(flicker, input.meta.shape().num_elements())
        .into_iter()
        .map(|piece| {
            let product = matmul(noisy_rows(&input, flicker, piece), weight.clone());
            (piece.0 * batch, with_bias(product, &bias))
        })
        .collect::<Vec<_>>();
    if products.len() == 1 {
        return products.into_iter().next().expect("one piece").1;
    }
    let outputs = weight.meta.shape()[1];
    let mut result = empty(&input, Shape::new([flicker.steps * batch, outputs]));
    for (first, product) in products {
        let count = product.meta.shape()[0];
        let range = [Slice::from(first..first + count), Slice::from(0..outputs)];
        result = CubeBackend::float_slice_assign(result, &range, product);
    }
    result
}

/// Rows that are summed in one go. In `f32` so many equal terms are right to 256 · 2⁻²⁵ = 8·10⁻⁶ in whatever order, and
/// no loop is long (some drivers silently end one after 65,535 rounds).
const ROWS_AT_ONCE: usize = 256;

/// Elements of the products of which a sum may keep the terms at a time: 256 MiB.
const TERMS_AT_ONCE: usize = 64 << 20;

/// The sum of all rows of `matrix`, `[1, columns]`: of pieces, and of sums of pieces.
fn sum_of_rows(matrix: CubeTensor) -> CubeTensor {
    let [count, columns] = matrix.meta.shape().dims();
    if count <= ROWS_AT_ONCE {
        return CubeBackend::float_sum_dim(matrix, 0);
    }
    let (pieces, rest) = (count / ROWS_AT_ONCE, count % ROWS_AT_ONCE);
    let whole = rows(&matrix, 0, pieces * ROWS_AT_ONCE);
    let whole = CubeBackend::float_reshape(whole, Shape::new([pieces, ROWS_AT_ONCE, columns]));
    let sums = CubeBackend::float_reshape(CubeBackend::float_sum_dim(whole, 1), Shape::new([pieces, columns]));
    let sum = sum_of_rows(sums);
    match rest {
        0 => sum,
        rest => CubeBackend::float_add(sum, CubeBackend::float_sum_dim(rows(&matrix, count - rest, rest), 0)),
    }
}

/// `leftᵀ right` of matrices with many rows: products of pieces, and the sum of these.
fn product_of_columns(left: &CubeTensor, right: &CubeTensor) -> CubeTensor {
    let [count, inputs] = left.meta.shape().dims();
    let [_, outputs] = right.meta.shape().dims();
    let once = |first, count| matmul(CubeBackend::float_transpose(rows(left, first, count)), rows(right, first, count));
    if count <= ROWS_AT_ONCE {
        return once(0, count);
    }
    let (whole, rest) = (count / ROWS_AT_ONCE, count % ROWS_AT_ONCE);
    let at_once = (TERMS_AT_ONCE / (inputs * outputs)).clamp(1, whole);
    let pieces = |matrix: &CubeTensor, first: usize, count: usize| {
        let columns = matrix.meta.shape()[1];
        let rows = rows(matrix, first * ROWS_AT_ONCE, count * ROWS_AT_ONCE);
        CubeBackend::float_reshape(rows, Shape::new([count, ROWS_AT_ONCE, columns]))
    };
    let mut sums = (0..whole).step_by(at_once).map(|first| {
        let count = at_once.min(whole - first);
        let terms = matmul(CubeBackend::float_swap_dims(pieces(left, first, count), 1, 2), pieces(right, first, count));
        sum_of_rows(CubeBackend::float_reshape(terms, Shape::new([count, inputs * outputs])))
    });
    // What is summed at once is long where the matrices are small, so these are few.
    let first = sums.next().expect("at least one piece");
    let sum = CubeBackend::float_reshape(sums.fold(first, CubeBackend::float_add), Shape::new([inputs, outputs]));
    if rest == 0 { sum } else { CubeBackend::float_add(sum, once(whole * ROWS_AT_ONCE, rest)) }
}

/// The gradients of weight and bias, given the input `[rows, inputs]` and the gradient of the result `[rows, outputs]`.
pub(crate) fn parameter_gradients(input: &CubeTensor, gradient: &CubeTensor) -> (CubeTensor, CubeTensor) {
    let outputs = gradient.meta.shape()[1];
    let bias = CubeBackend::float_reshape(sum_of_rows(gradient.clone()), Shape::new([outputs]));
    (product_of_columns(input, gradient), bias)
}

pub(crate) fn product_backward(
    input: CubeTensor,
    weight: CubeTensor,
    gradient: CubeTensor,
    flicker: Option<Flicker>,
    wanted: NeedsGrad,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let gradient = into_contiguous(gradient);
    let [batch, inputs] = input.meta.shape().dims();
    let [_, outputs] = weight.meta.shape().dims();
    let transposed = CubeBackend::float_transpose(weight.clone());
    let no_gradient = |shape: Shape| {
        let dtype = FloatDType::F32;
        CubeBackend::float_zeros(shape, &input.device, dtype)
    };
    let bias_gradient = if wanted.parameters {
        CubeBackend::float_reshape(sum_of_rows(gradient.clone()), Shape::new([outputs]))
    } else {
        no_gradient(Shape::new([outputs]))
    };
    let Some(flicker) = flicker else {
        let weight_gradient = if wanted.parameters {
            product_of_columns(&input, &gradient)
        } else {
            no_gradient(weight.meta.shape().clone())
        };
        let input_gradient =
            if wanted.input { matmul(gradient, transposed) } else { no_gradient(Shape::new([batch, inputs])) };
        return (input_gradient, weight_gradient, bias_gradient);
    };
    let mut weight_gradient = no_gradient(weight.meta.shape().clone());
    let mut input_gradient = no_gradient(Shape::new([batch, inputs]));
    for (first, steps) in pieces(flicker, batch * inputs) {
        let gradient = rows(&gradient, first * batch, steps * batch);
        if wanted.parameters {
            let piece = product_of_columns(&noisy_rows(&input, flicker, (first, steps)), &gradient);
            weight_gradient = CubeBackend::float_add(weight_gradient, piece);
        }
        if wanted.input {
            let noisy = matmul(gradient, transposed.clone());
            let noisy = CubeBackend::float_reshape(noisy, Shape::new([steps, batch * inputs]));
            let piece = Flicker { steps, seed: flicker.seed.later(first) };
            input_gradient = CubeBackend::float_add(input_gradient, flicker_backward(noisy, batch, piece));
        }
    }
    (input_gradient, weight_gradient, bias_gradient)
}

pub(crate) fn product_backward_specs(
    input: &TensorSpec,
    weight: &TensorSpec,
    _gradient: &TensorSpec,
    _flicker: &Option<Flicker>,
    _wanted: &NeedsGrad,
    _precision: &Precision,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    let bias = TensorSpec::new(Shape::new([weight.shape[1]]), weight.dtype);
    (input.clone(), weight.clone(), bias)
}
