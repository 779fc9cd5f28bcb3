//! Burn's convolutions, computed by our kernels where there are some.

use burn::nn::conv::{Conv1d, Conv2d};
use burn::nn::{PaddingConfig1d, PaddingConfig2d};
use burn::tensor::Tensor;
use burn::tensor::ops::ConvOptions;

use crate::synapse::{self, Precision};

/// Zeros on both sides of an axis; `None` where Burn has to find out.
fn same(kernel: usize, dilation: usize, stride: usize) -> Option<usize> {
    let reach = dilation * (kernel - 1);
    (stride == 1 && reach.is_multiple_of(2)).then_some(reach / 2)
}

/// `conv.forward(frames)`, by [`synapse::conv2d`](crate::synapse::conv2d()): the same weights, less time, and less memory.
///
/// # Panics
/// As `conv.forward`.
///
/// # Example
/// ```
/// use burn::nn::conv::Conv2dConfig;
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::{conv2d, over_time};
///
/// let device = Device::flex();
/// let conv = Conv2dConfig::new([2, 8], [3, 3]).init(&device);
/// let spikes = Tensor::<5>::ones([10, 4, 2, 16, 16], &device); // [time, batch, channels, height, width]
/// assert_eq!(over_time(spikes, |frames| conv2d(&conv, frames)).dims(), [10, 4, 8, 14, 14]);
/// ```
#[track_caller]
pub fn conv2d(conv: &Conv2d, frames: Tensor<4>) -> Tensor<4> {
    conv2d_in(Precision::F32, conv, frames)
}

/// The same with the factors in a precision of your choice.
///
/// # Panics
/// As `conv.forward`, and if this processor or device does not have the precision.
#[track_caller]
pub fn conv2d_in(precision: Precision, conv: &Conv2d, frames: Tensor<4>) -> Tensor<4> {
    let [down, across] = conv.kernel_size;
    let padding = match conv.padding {
        PaddingConfig2d::Valid => Some([(0, 0), (0, 0)]),
        PaddingConfig2d::Explicit(top, left, bottom, right) => Some([(top, bottom), (left, right)]),
        PaddingConfig2d::Same => same(down, conv.dilation[0], conv.stride[0])
            .zip(same(across, conv.dilation[1], conv.stride[1]))
            .map(|(rows, columns)| [(rows, rows), (columns, columns)]),
    };
    let Some(padding) = padding else { return conv.forward(frames) };
    let mut options = ConvOptions::new(conv.stride, [0, 0], conv.dilation, conv.groups);
    options.padding = padding;
    synapse::conv2d_in(precision, frames, conv.weight.val(), conv.bias.as_ref().map(|bias| bias.val()), options)
}

/// `conv.forward(frames)` along one axis, by [`synapse::conv1d`](crate::synapse::conv1d()).
///
/// # Panics
/// As `conv.forward`.
#[track_caller]
pub fn conv1d(conv: &Conv1d, frames: Tensor<3>) -> Tensor<3> {
    conv1d_in(Precision::F32, conv, frames)
}

/// The same with the factors in a precision of your choice.
///
/// # Panics
/// As `conv.forward`, and if this processor or device does not have the precision.
#[track_caller]
pub fn conv1d_in(precision: Precision, conv: &Conv1d, frames: Tensor<3>) -> Tensor<3> {
    let padding = match conv.padding {
        PaddingConfig1d::Valid => Some((0, 0)),
        PaddingConfig1d::Explicit(left, right) => Some((left, right)),
        PaddingConfig1d::Same => same(conv.kernel_size, conv.dilation, conv.stride).map(|zeros| (zeros, zeros)),
    };
    let Some(padding) = padding else { return conv.forward(frames) };
    let mut options = ConvOptions::new([conv.stride], [0], [conv.dilation], conv.groups);
    options.padding = [padding];
    synapse::conv1d_in(precision, frames, conv.weight.val(), conv.bias.as_ref().map(|bias| bias.val()), options)
}
