//! Synapses: what turns the output of one layer into the input current of the next, for all time steps at once.

mod conv;
mod conv_op;
mod convolution;
#[cfg(feature = "cube")]
pub(crate) mod cube;
mod cut;
pub(crate) mod host;
mod line;
mod op;
mod precision;
pub(crate) mod prepared;
mod sparse;
#[cfg(target_arch = "x86_64")]
mod tiles;

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Shape, Tensor, TensorData};

use crate::device::{Execution, require_size};
use crate::noise::NoiseSeed;
use crate::sequence::domain::require_float;
pub use convolution::{conv1d, conv1d_in, conv2d, conv2d_in};
use op::{Flicker, SynapseOps};
pub use precision::Precision;

/// The input current `x W + b` of all time steps at once.
///
/// # Shapes
/// `input [.., inputs]`, `weight [inputs, outputs]`, `bias [outputs]`, result `[.., outputs]`.
///
/// # Gradient
/// Exact, with respect to all three. On the CPU, forward and the gradient of the weight cost less the fewer
/// inputs are nonzero.
///
/// # Panics
/// If the last axis of `input` is not `inputs`.
#[track_caller]
pub fn linear<const D: usize>(input: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    linear_in(Precision::F32, input, weight, bias)
}

/// The same with the product in a precision of your choice.
///
/// # Panics
/// See [`linear`]; and if this processor or device does not have the precision, see [`Precision::available`].
#[track_caller]
pub fn linear_in<const D: usize>(
    precision: Precision,
    input: Tensor<D>,
    weight: Tensor<2>,
    bias: Tensor<1>,
) -> Tensor<D> {
    let [inputs, outputs] = weight.dims();
    let mut shape = input.shape();
    assert_eq!(
        shape[D - 1],
        inputs,
        "linear: the last axis of an input of shape {:?} is {}, the weight takes {inputs}",
        shape.to_vec(),
        shape[D - 1]
    );
    require_available(precision, &input.device(), input.dtype());
    require_samples("linear", &shape);
    require_float("linear", input.dtype());
    require_bias("linear", &bias, outputs);
    let (weight, bias) = (in_type_of(weight, input.dtype()), in_type_of(bias, input.dtype()));
    let rows = shape.num_elements() / inputs;
    shape[D - 1] = outputs;
    let input = input.reshape([rows, inputs]);
    let product = match Execution::on(&input.device(), input.dtype()) {
        Execution::Fused => {
            require_size(&input.device(), "linear", 1, rows, outputs.max(inputs));
            product(input, weight, bias, None, precision)
        }
        Execution::Reference => input.matmul(weight) + bias.unsqueeze(),
    };
    product.reshape(shape)
}

/// The input current `(x noise[t]) W + b` at `steps` time steps, the noise uniform in [0, 1) and fresh for each
/// number and step. The noise never exists in memory on the CPU, and only a few steps of it on a GPU.
///
/// # Shapes
/// `input [batch, inputs]`, `weight [inputs, outputs]`, `bias [outputs]`, result `[steps, batch, outputs]`.
///
/// # Gradient
/// Exact for this noise, with respect to all three; the noise is drawn again, the same.
///
/// # Panics
/// If the last axis of `input` is not `inputs`, or `steps` is 0.
#[track_caller]
pub fn flickering_linear(
    input: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    steps: usize,
    seed: NoiseSeed,
) -> Tensor<3> {
    flickering_linear_in(Precision::F32, input, weight, bias, steps, seed)
}

/// The same with the product in a precision of your choice.
///
/// # Panics
/// See [`flickering_linear`]; and if this processor or device does not have the precision, see
/// [`Precision::available`].
#[track_caller]
pub fn flickering_linear_in(
    precision: Precision,
    input: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    steps: usize,
    seed: NoiseSeed,
) -> Tensor<3> {
    let ([batch, inputs], [weight_inputs, outputs]) = (input.dims(), weight.dims());
    assert_eq!(
        inputs, weight_inputs,
        "flickering_linear: input has {inputs} features per sample, the weight takes {weight_inputs}"
    );
    check_flicker(steps, batch * inputs);
    require_float("flickering_linear", input.dtype());
    require_bias("flickering_linear", &bias, outputs);
    require_available(precision, &input.device(), input.dtype());
    let (weight, bias) = (in_type_of(weight, input.dtype()), in_type_of(bias, input.dtype()));
    match Execution::on(&input.device(), input.dtype()) {
        Execution::Fused => {
            require_size(&input.device(), "flickering_linear", steps, batch, outputs);
            product(input, weight, bias, Some(Flicker { steps, seed }), precision).reshape([steps, batch, outputs])
        }
        Execution::Reference => linear_in(precision, flicker(input, steps, seed), weight, bias),
    }
}

/// The input repeated for `steps` time steps, each element times fresh noise, uniform in [0, 1).
///
/// # Shapes
/// `input [batch, inputs]`, result `[steps, batch, inputs]`.
///
/// # Gradient
/// That of the product with this noise.
///
/// # Panics
/// If `steps` is 0.
#[track_caller]
pub fn flicker(input: Tensor<2>, steps: usize, seed: NoiseSeed) -> Tensor<3> {
    let [batch, inputs] = input.dims();
    check_flicker(steps, batch * inputs);
    match Execution::on(&input.device(), input.dtype()) {
        Execution::Fused => {
            require_size(&input.device(), "flicker", steps, batch, inputs);
            let result = <Dispatch as SynapseOps>::flicker(input.into_dispatch(), Flicker { steps, seed });
            Tensor::<2>::from_dispatch(result).reshape([steps, batch, inputs])
        }
        Execution::Reference => {
            let noise = noise(steps, batch, inputs, seed, &input.device(), input.dtype());
            input.unsqueeze::<3>() * noise
        }
    }
}

/// The parameters `tensor` in the type of the data, which decide the precision; dequantized if need be.
pub(crate) fn in_type_of<const D: usize>(tensor: Tensor<D>, dtype: DType) -> Tensor<D> {
    let tensor = if matches!(tensor.dtype(), DType::QFloat(_)) { tensor.dequantize() } else { tensor };
    if tensor.dtype() == dtype { tensor } else { tensor.cast(dtype) }
}

#[track_caller]
fn require_bias(what: &str, bias: &Tensor<1>, outputs: usize) {
    let [count] = bias.dims();
    assert_eq!(count, outputs, "{what}: a bias of {count} elements for a weight with {outputs} outputs");
}

#[track_caller]
fn require_samples(what: &str, shape: &Shape) {
    assert!(
        shape.num_elements() > 0,
        "{what}: an input of shape {:?} has no elements; at least one sample and one time step are needed",
        shape.to_vec()
    );
}

#[track_caller]
fn check_flicker(steps: usize, elements: usize) {
    assert!(steps > 0, "flicker: 0 time steps asked for, at least 1 needed");
    assert!(elements > 0, "flicker: an input without elements; at least one sample of one feature is needed");
    assert!(
        u32::try_from(elements).is_ok(),
        "flicker: a batch of {elements} elements, at most {} can have their own noise; use smaller batches",
        u32::MAX
    );
}

/// The noise itself, `[steps, batch, inputs]`.
fn noise(steps: usize, batch: usize, inputs: usize, seed: NoiseSeed, device: &Device, dtype: DType) -> Tensor<3> {
    let ones = vec![1.0f32; batch * inputs];
    let values = host::flicker(&ones, steps, seed);
    let data = TensorData::new(values, Shape::new([steps, batch, inputs]));
    Tensor::from_data(data, (device, dtype))
}

/// # Panics
/// If products of such tensors cannot be computed in this precision.
#[track_caller]
fn require_available(precision: Precision, device: &Device, dtype: DType) {
    if let Err(reason) = precision.available(device) {
        panic!("{reason}");
    }
    assert!(
        precision == Precision::F32 || dtype == DType::F32,
        "products in {precision:?} take f32 tensors, these are {dtype:?}; use products in f32"
    );
}

fn product(
    input: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    flicker: Option<Flicker>,
    precision: Precision,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as SynapseOps>::product(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        flicker,
        precision,
    ))
}
