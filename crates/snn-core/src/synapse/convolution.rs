//! Convolutions of all time steps at once.

use burn::backend::Dispatch;
use burn::tensor::module as burn_module;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Tensor};

use super::conv::{Axis, ConvSizes};
use super::conv_op::ConvOps;
use super::precision::Precision;
use super::{in_type_of, require_available, require_bias};
use crate::device::is_host;
use crate::sequence::domain::require_float;

/// The convolution of images with kernels, plus a bias: cross-correlation, as Burn's and PyTorch's `conv2d`.
///
/// Time and batch are one axis, `rows`: an image costs the same at whatever time step it comes
/// ([`over_time`](crate::layer::over_time) makes rows of a sequence). On the CPU no matrix of patches is ever made, images of spikes
/// cost less the fewer there are, and the result does not depend on the number of threads. A GPU, another type than `f32`, and a
/// padding that differs on two sides of an axis take Burn's own convolution.
///
/// # Shapes
/// `input [rows, inputs, height, width]`, `weight [outputs, inputs / groups, kernel, kernel]`, `bias [outputs]`, result
/// `[rows, outputs, height', width']` with `height' = (height + padding - dilation (kernel - 1) - 1) / stride + 1`, rounded down.
///
/// # Gradient
/// Exact, with respect to all three.
///
/// # Panics
/// If the shapes do not fit each other.
///
/// # Example
/// ```
/// use burn::tensor::ops::ConvOptions;
/// use burn::tensor::{Device, Tensor};
/// use snn_core::synapse::conv2d;
///
/// let device = Device::flex();
/// let spikes = Tensor::<4>::ones([2, 1, 3, 3], &device);
/// let kernel = Tensor::<4>::ones([4, 1, 3, 3], &device);
/// let sums = conv2d(spikes, kernel, None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1));
/// assert_eq!(sums.dims(), [2, 4, 3, 3]);
/// // Nine ones lie under the kernel in the middle, four in a corner.
/// let sums: Vec<f32> = sums.into_data().iter::<f32>().take(9).collect();
/// assert_eq!(sums, [4.0, 6.0, 4.0, 6.0, 9.0, 6.0, 4.0, 6.0, 4.0]);
/// ```
#[track_caller]
pub fn conv2d(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: impl Into<ConvOptions<2>>,
) -> Tensor<4> {
    conv2d_in(Precision::F32, input, weight, bias, options)
}

/// The same with the factors in a precision of your choice.
///
/// # Panics
/// See [`conv2d`]; and if this processor or device does not have the precision, see [`Precision::available`].
#[track_caller]
pub fn conv2d_in(
    precision: Precision,
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: impl Into<ConvOptions<2>>,
) -> Tensor<4> {
    let options: ConvOptions<2> = options.into();
    let (device, dtype) = (input.device(), input.dtype());
    require_available(precision, &device, dtype);
    require_float("conv2d", dtype);
    let ([rows, inputs, height, width], [outputs, group_inputs, down, across]) = (input.dims(), weight.dims());
    assert!(
        options.groups > 0 && group_inputs * options.groups == inputs,
        "conv2d: an input of {inputs} channels, the weight takes {group_inputs} in each of {} groups",
        options.groups
    );
    if let Some(bias) = &bias {
        require_bias("conv2d", bias, outputs);
    }
    let weight = in_type_of(weight, dtype);
    let bias = bias.map(|bias| in_type_of(bias, dtype));
    let even = options.padding.iter().all(|(before, after)| before == after);
    if !is_host(&device) || dtype != DType::F32 || !even {
        assert!(precision == Precision::F32, "conv2d: a padding that differs on two sides has products in f32 only");
        return burn_module::conv2d(input, weight, bias, options);
    }
    let axis = |axis: usize, size, kernel| Axis {
        size,
        kernel,
        stride: options.stride[axis],
        padding: options.padding[axis].0,
        dilation: options.dilation[axis],
    };
    let sizes = ConvSizes {
        rows,
        inputs,
        outputs,
        groups: options.groups,
        height: axis(0, height, down),
        width: axis(1, width, across),
    };
    sizes.check();
    let bias = bias.unwrap_or_else(|| Tensor::zeros([outputs], (&device, dtype)));
    Tensor::from_dispatch(<Dispatch as ConvOps>::convolution(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        sizes,
        precision,
    ))
}

/// The same along one axis: `input [rows, inputs, length]`, `weight [outputs, inputs / groups, kernel]`, `bias [outputs]`.
///
/// # Panics
/// See [`conv2d`].
#[track_caller]
pub fn conv1d(
    input: Tensor<3>,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    options: impl Into<ConvOptions<1>>,
) -> Tensor<3> {
    conv1d_in(Precision::F32, input, weight, bias, options)
}

/// The same with the factors in a precision of your choice.
///
/// # Panics
/// See [`conv2d_in`].
#[track_caller]
pub fn conv1d_in(
    precision: Precision,
    input: Tensor<3>,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    options: impl Into<ConvOptions<1>>,
) -> Tensor<3> {
    let ConvOptions { stride: [stride], padding: [padding], dilation: [dilation], groups } = options.into();
    let mut flat = ConvOptions::new([1, stride], [0, 0], [1, dilation], groups);
    flat.padding[1] = padding;
    conv2d_in(precision, input.unsqueeze_dim(2), weight.unsqueeze_dim(2), bias, flat).squeeze_dim(2)
}
