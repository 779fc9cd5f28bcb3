//! Maps of frames: linear ones, convolutions, and pools.

use burn::module::Param;
use burn::nn::conv::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig};
use burn::nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn::nn::{PaddingConfig1d, PaddingConfig2d};
use burn::tensor::Tensor;
use snn_core::layer::Population;
use snn_core::synapse::{Precision, flickering_linear_in, linear_in};

use super::{Building, Layer};
use crate::error::{Result, refuse};
use crate::keys::{Keys, none_of};
use crate::setting::Setting;
use crate::signal::Signal;
use crate::sizes;

/// `x W + b`
#[derive(Clone, Debug)]
pub(crate) struct LinearNode {
    pub(crate) weight: Param<Tensor<2>>,
    pub(crate) bias: Option<Param<Tensor<1>>>,
    pub(crate) precision: Precision,
}

impl LinearNode {
    pub(super) fn new(
        keys: &Keys,
        size: [usize; 2],
        neurons: Option<&Population>,
        building: &mut Building,
    ) -> Result<Self> {
        let with_bias = keys.flag("bias")?.unwrap_or(true);
        let (weight, bias) = building.weights(keys, size, neurons)?;
        Ok(Self { weight, bias: with_bias.then_some(bias), precision: building.precision })
    }

    pub(crate) fn apply(&self, signal: Signal) -> Signal {
        let weight = self.weight.val();
        let [_, outputs] = weight.dims();
        let bias = match &self.bias {
            Some(bias) => bias.val(),
            None => Tensor::zeros([outputs], &weight.device()),
        };
        match signal {
            // The noise is drawn inside the product.
            Signal::Flickering(frame, steps, noise) => {
                Signal::Sequence(flickering_linear_in(self.precision, frame, weight, bias, steps, noise))
            }
            Signal::Sequence(sequence) => Signal::Sequence(linear_in(self.precision, sequence, weight, bias)),
            once => once.map(|frame| linear_in(self.precision, frame, weight, bias)),
        }
    }
}

/// Windows along each axis of a map.
struct Windows {
    kernel: Vec<usize>,
    stride: Vec<usize>,
    padding: Vec<usize>,
    dilation: Vec<usize>,
}

impl Windows {
    /// How many there are along each axis of `lengths`.
    fn counts(&self, place: &str, lengths: &[usize]) -> Result<Vec<usize>> {
        let axis = |axis: usize| {
            let (length, padding) = (lengths[axis], self.padding[axis]);
            let (kernel, stride, dilation) = (self.kernel[axis], self.stride[axis], self.dilation[axis]);
            if kernel == 0 || stride == 0 || dilation == 0 {
                refuse!(
                    "{place}: kernel {kernel}, stride {stride} and dilation {dilation}, at least 1 of each is needed"
                );
            }
            let (padded, reach) = (length + 2 * padding, dilation.saturating_mul(kernel - 1).saturating_add(1));
            if reach > padded {
                refuse!("{place}: a window of {reach} is longer than the axis of {length} with a padding of {padding}");
            }
            Ok((padded - reach) / stride + 1)
        };
        (0..lengths.len()).map(axis).collect()
    }
}

/// What comes in must have so many axes behind its channels.
fn need_axes(place: &str, shape: &[usize], axes: usize) -> Result<()> {
    match shape.len() == axes + 1 {
        true => Ok(()),
        false => {
            refuse!(
                "{place}: comes after a shape of {shape:?}, needs [channels, {}]",
                ["length", "rows, columns"][axes - 1]
            )
        }
    }
}

/// A convolution of `outputs` channels over `axes` axes, and the shape of what leaves it.
pub(super) fn convolution(
    axes: usize,
    outputs: usize,
    keys: &Keys,
    shape: &[usize],
    neurons: Option<&Population>,
    building: &mut Building,
) -> Result<(Layer, Vec<usize>)> {
    need_axes(&keys.place, shape, axes)?;
    let along = |key, default| Ok(keys.each_axis(key, axes)?.unwrap_or(vec![default; axes]));
    let windows = Windows {
        kernel: along("kernel", 3)?,
        stride: along("stride", 1)?,
        padding: along("padding", 0)?,
        dilation: along("dilation", 1)?,
    };
    let inputs = shape[0];
    let groups = keys.positive("groups")?.unwrap_or(1);
    if !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        refuse!("{}: {inputs} channels in and {outputs} out cannot be cut into {groups} groups", keys.place);
    }
    let mut out = vec![outputs];
    out.extend(windows.counts(&keys.place, &shape[1..])?);
    let with_bias = keys.flag("bias")?.unwrap_or(true);
    let window = sizes::product(&keys.place, "numbers in a window", &windows.kernel)?;
    let fan_in = sizes::product(&keys.place, "numbers into a neuron", &[inputs / groups, window])?;
    let (weight, bias) = building.weights(keys, [fan_in, outputs], neurons)?;
    let kernels =
        Kernels { weight: weight.val(), bias: with_bias.then_some(bias), channels: [inputs, outputs], groups };
    Ok((kernels.layer(&windows, building), out))
}

/// The weights of a convolution, `[inputs of a window, outputs]`.
struct Kernels {
    weight: Tensor<2>,
    bias: Option<Param<Tensor<1>>>,
    channels: [usize; 2],
    groups: usize,
}

impl Kernels {
    /// Burn draws from the device's generator, so its weights are replaced: the same ones on each backend.
    fn layer(self, windows: &Windows, building: &Building) -> Layer {
        let Self { weight, bias, channels: [inputs, outputs], groups } = self;
        let rows = [outputs, inputs / groups];
        let Windows { kernel, stride, padding, dilation } = windows;
        match (kernel.as_slice(), stride.as_slice(), padding.as_slice(), dilation.as_slice()) {
            ([kernel], [stride], [padding], [dilation]) => {
                let config = Conv1dConfig::new(inputs, outputs, *kernel)
                    .with_stride(*stride)
                    .with_dilation(*dilation)
                    .with_groups(groups)
                    .with_padding(PaddingConfig1d::Explicit(*padding, *padding));
                let weight = kernels(weight, [rows[0], rows[1], *kernel], building);
                Layer::Conv1d(Conv1d { weight, bias, ..config.with_bias(false).init(building.device) })
            }
            ([a, b], [down, across], [above, left], [rows_apart, columns_apart]) => {
                let config = Conv2dConfig::new([inputs, outputs], [*a, *b])
                    .with_stride([*down, *across])
                    .with_dilation([*rows_apart, *columns_apart])
                    .with_groups(groups)
                    .with_padding(PaddingConfig2d::Explicit(*above, *left, *above, *left));
                let weight = kernels(weight, [rows[0], rows[1], *a, *b], building);
                Layer::Conv2d(Conv2d { weight, bias, ..config.with_bias(false).init(building.device) })
            }
            _ => unreachable!("windows along one axis or two"),
        }
    }
}

fn kernels<const D: usize>(weight: Tensor<2>, shape: [usize; D], building: &Building) -> Param<Tensor<D>> {
    let shape = if building.shapes_only { [1; D] } else { shape };
    Param::from_data(weight.transpose().reshape(shape).into_data(), building.device)
}

/// A pool, and the shape of what leaves it.
pub(super) fn pool(how: &str, keys: &Keys, shape: &[usize]) -> Result<(Layer, Vec<usize>)> {
    need_axes(&keys.place, shape, 2)?;
    let size = keys.each_axis("size", 2)?.unwrap_or(vec![2, 2]);
    let stride = keys.each_axis("stride", 2)?.unwrap_or(size.clone());
    let ([rows, columns], [down, across]) = ([size[0], size[1]], [stride[0], stride[1]]);
    let windows = Windows { kernel: size, stride, padding: vec![0, 0], dilation: vec![1, 1] };
    let mut out = vec![shape[0]];
    out.extend(windows.counts(&keys.place, &shape[1..])?);
    let layer = match how {
        "max" => Layer::MaxPool(MaxPool2dConfig::new([rows, columns]).with_strides([down, across]).init()),
        "avg" => Layer::AvgPool(AvgPool2dConfig::new([rows, columns]).with_strides([down, across]).init()),
        other => return Err(none_of(&format!("{}: pool", keys.place), other, ["max", "avg"].into_iter())),
    };
    Ok((layer, out))
}

/// The number behind the first key of a node.
pub(super) fn number(main: &Setting, place: &str, kind: &str) -> Result<f64> {
    match main {
        Setting::Number(number) => Ok(*number),
        Setting::Count(count) => Ok(*count as f64),
        other => refuse!("{place}: `{kind}` is {}, needs a number", other.kind()),
    }
}
