//! The synapses on the CPU backends.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::Shape;

use super::{Flicker, NeedsGrad, SynapseOps};
use crate::device::host::HostTensor;
use crate::synapse::host::{self, ProductSizes, Rows};
use crate::synapse::precision::{self, Precision};

fn product_sizes(input: &Shape, weight: &Shape, flicker: Option<Flicker>) -> ProductSizes {
    let rows = input[0] * flicker.map_or(1, |flicker| flicker.steps);
    ProductSizes { rows, inputs: weight[0], outputs: weight[1] }
}

fn rows_of(values: &[f32], batch: usize, flicker: Option<Flicker>) -> Rows<'_> {
    match flicker {
        None => Rows::Given(values),
        Some(Flicker { seed, .. }) => Rows::Flickering { input: values, batch, seed },
    }
}

fn host_product<T: HostTensor>(input: T, weight: T, bias: T, flicker: Option<Flicker>, precision: Precision) -> T {
    let [input, weight, bias] = [input, weight, bias].map(HostTensor::contiguous);
    let sizes = product_sizes(&input.shape(), &weight.shape(), flicker);
    let rows = rows_of(input.values(), input.shape()[0], flicker);
    let result = precision::forward(precision, sizes, rows, weight.values(), bias.values());
    T::from_values(result, Shape::new([sizes.rows, sizes.outputs]))
}

fn host_product_backward<T: HostTensor>(
    input: T,
    weight: T,
    gradient: T,
    flicker: Option<Flicker>,
    wanted: NeedsGrad,
    precision: Precision,
) -> (T, T, T) {
    let [input, weight, gradient] = [input, weight, gradient].map(HostTensor::contiguous);
    let (input_shape, weight_shape) = (input.shape(), weight.shape());
    let sizes = product_sizes(&input_shape, &weight_shape, flicker);
    let (weight_gradient, bias_gradient) = if wanted.parameters {
        let rows = rows_of(input.values(), input_shape[0], flicker);
        precision::parameter_gradients(precision, sizes, rows, gradient.values())
    } else {
        (vec![0.0; weight_shape.num_elements()], vec![0.0; sizes.outputs])
    };
    let input_gradient = match (wanted.input, flicker) {
        (false, _) => vec![0.0; input_shape.num_elements()],
        (true, None) => precision::input_gradient(precision, sizes, weight.values(), gradient.values()),
        (true, Some(Flicker { steps, seed })) => host::flicker_input_gradient(
            (steps, input_shape[0], sizes.inputs),
            Some((weight.values(), sizes.outputs)),
            gradient.values(),
            seed,
        ),
    };
    (
        T::from_values(input_gradient, input_shape),
        T::from_values(weight_gradient, weight_shape),
        T::from_values(bias_gradient, Shape::new([sizes.outputs])),
    )
}

macro_rules! impl_for_host {
    ($backend:ty) => {
        impl SynapseOps for $backend {
            fn flicker(input: FloatTensor<Self>, flicker: Flicker) -> FloatTensor<Self> {
                let input = input.contiguous();
                let result = host::flicker(input.values(), flicker.steps, flicker.seed);
                let shape = Shape::new([flicker.steps, input.shape().num_elements()]);
                HostTensor::from_values(result, shape)
            }
            fn flicker_backward(gradient: FloatTensor<Self>, batch: usize, flicker: Flicker) -> FloatTensor<Self> {
                let gradient = gradient.contiguous();
                let inputs = gradient.shape()[1] / batch;
                let sizes = (flicker.steps, batch, inputs);
                let result = host::flicker_input_gradient(sizes, None, gradient.values(), flicker.seed);
                HostTensor::from_values(result, Shape::new([batch, inputs]))
            }
            fn product(
                input: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                flicker: Option<Flicker>,
                precision: Precision,
            ) -> FloatTensor<Self> {
                host_product(input, weight, bias, flicker, precision)
            }
            fn product_backward(
                input: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                flicker: Option<Flicker>,
                wanted: NeedsGrad,
                precision: Precision,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                host_product_backward(input, weight, gradient, flicker, wanted, precision)
            }
        }
    };
}
impl_for_host!(Flex);
#[cfg(feature = "ndarray")]
impl_for_host!(burn::backend::NdArray);
