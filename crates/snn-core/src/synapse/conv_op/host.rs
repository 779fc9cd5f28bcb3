//! Convolutions on the CPU backends.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;

use super::ConvOps;
use crate::device::host::HostTensor;
use crate::synapse::conv::{self, ConvSizes};
use crate::synapse::op::NeedsGrad;
use crate::synapse::precision::Precision;

fn host_convolution<T: HostTensor>([input, weight, bias]: [T; 3], sizes: ConvSizes, precision: Precision) -> T {
    let [input, weight, bias] = [input, weight, bias].map(HostTensor::contiguous);
    let result = conv::forward(precision, &sizes, input.values(), weight.values(), Some(bias.values()));
    T::from_values(result, Shape::new([sizes.rows, sizes.outputs, sizes.height.outputs(), sizes.width.outputs()]))
}

fn host_convolution_backward<T: HostTensor>(
    tensors: [T; 3],
    sizes: ConvSizes,
    wanted: NeedsGrad,
    precision: Precision,
) -> [T; 3] {
    let [input, weight, gradient] = tensors.map(HostTensor::contiguous);
    let input_gradient = if wanted.input {
        conv::input_gradient(precision, &sizes, weight.values(), gradient.values())
    } else {
        vec![0.0; sizes.input()]
    };
    let (of_weight, of_bias) = if wanted.parameters {
        conv::parameter_gradients(precision, &sizes, input.values(), gradient.values())
    } else {
        (vec![0.0; sizes.weight()], vec![0.0; sizes.outputs])
    };
    [
        T::from_values(input_gradient, input.shape()),
        T::from_values(of_weight, weight.shape()),
        T::from_values(of_bias, Shape::new([sizes.outputs])),
    ]
}

macro_rules! impl_for_host {
    ($backend:ty) => {
        impl ConvOps for $backend {
            fn convolution(
                input: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                sizes: ConvSizes,
                precision: Precision,
            ) -> FloatTensor<Self> {
                host_convolution([input, weight, bias], sizes, precision)
            }
            fn convolution_backward(
                input: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                sizes: ConvSizes,
                wanted: NeedsGrad,
                precision: Precision,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                host_convolution_backward([input, weight, gradient], sizes, wanted, precision).into()
            }
        }
    };
}
impl_for_host!(Flex);
#[cfg(feature = "ndarray")]
impl_for_host!(burn::backend::NdArray);
