//! The synapses as differentiable operations of Burn.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::Shape;

use super::host::{self, ProductSizes, Rows};
use super::precision::{self, Precision};
use crate::host::HostTensor;
use crate::noise::NoiseSeed;

#[cfg(feature = "cube")]
use burn_cubecl::CubeBackend;

/// Noise on the input of a product: how many time steps, and which numbers.
#[derive(Clone, Copy, Debug)]
pub struct Flicker {
    pub(crate) steps: usize,
    pub(crate) seed: NoiseSeed,
}

/// Which gradients a backward pass is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NeedsGrad {
    pub(crate) input: bool,
    pub(crate) parameters: bool,
}

/// Products of an input with a weight, with or without noise on the input.
///
/// Shapes: input `[rows, inputs]`, weight `[inputs, outputs]`, bias `[outputs]`, result `[rows, outputs]`; with
/// flicker the input is `[batch, inputs]` and the result `[steps x batch, outputs]`.
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait SynapseOps: Backend {
    /// The input times noise, `[steps, batch x inputs]`, from `[batch, inputs]`.
    #[fusion(dtype = input, shape = Shape::new([flicker.steps, input.num_elements()]))]
    fn flicker(input: FloatTensor<Self>, flicker: Flicker) -> FloatTensor<Self>;

    /// The gradient of the input `[batch, inputs]` of a flicker, given that of its result.
    #[fusion(dtype = gradient, shape = Shape::new([*batch, gradient[1] / *batch]))]
    fn flicker_backward(gradient: FloatTensor<Self>, batch: usize, flicker: Flicker) -> FloatTensor<Self>;

    /// The product.
    #[fusion(dtype = input, shape = {
        Shape::new([input[0] * flicker.map_or(1, |flicker| flicker.steps), weight[1]])
    })]
    fn product(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        flicker: Option<Flicker>,
        precision: Precision,
    ) -> FloatTensor<Self>;

    /// The gradients of input, weight and bias; what is not wanted comes as zeros.
    #[fusion(meta = super::cube::product_backward_specs)]
    fn product_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        flicker: Option<Flicker>,
        wanted: NeedsGrad,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

// ---------------------------------------------------------------------------------------------- CPU backends

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
#[allow(deprecated)]
mod ndarray {
    use super::*;
    use burn::backend::NdArray;
    impl_for_host!(NdArray);
}

// ------------------------------------------------------------------------------------------------------- GPU

#[cfg(feature = "cube")]
impl SynapseOps for CubeBackend {
    fn flicker(input: FloatTensor<Self>, flicker: Flicker) -> FloatTensor<Self> {
        super::cube::flicker(input, flicker)
    }
    fn flicker_backward(gradient: FloatTensor<Self>, batch: usize, flicker: Flicker) -> FloatTensor<Self> {
        super::cube::flicker_backward(gradient, batch, flicker)
    }
    fn product(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        flicker: Option<Flicker>,
        _only_f32: Precision,
    ) -> FloatTensor<Self> {
        super::cube::product(input, weight, bias, flicker)
    }
    fn product_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        flicker: Option<Flicker>,
        wanted: NeedsGrad,
        _only_f32: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        super::cube::product_backward(input, weight, gradient, flicker, wanted)
    }
}

// -------------------------------------------------------------------------------------------------- autodiff

#[derive(Debug)]
struct FlickerBackward;

impl<B: SynapseOps> Backward<B, 1> for FlickerBackward {
    type State = (usize, Flicker);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (batch, flicker) = ops.state;
        if let [Some(input)] = ops.parents {
            grads.register::<B>(input.id, B::flicker_backward(gradient, batch, flicker));
        }
    }
}

#[derive(Debug)]
struct ProductBackward;

impl<B: SynapseOps> Backward<B, 3> for ProductBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, Option<Flicker>, Precision);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [input, weight, bias] = ops.parents;
        let (input_values, weight_values, flicker, precision) = ops.state;
        let wanted = NeedsGrad { input: input.is_some(), parameters: weight.is_some() || bias.is_some() };
        let (input_gradient, weight_gradient, bias_gradient) =
            B::product_backward(input_values, weight_values, gradient, flicker, wanted, precision);
        for (node, gradient) in [(input, input_gradient), (weight, weight_gradient), (bias, bias_gradient)] {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: SynapseOps, C: CheckpointStrategy> SynapseOps for Autodiff<B, C> {
    fn flicker(input: FloatTensor<Self>, flicker: Flicker) -> FloatTensor<Self> {
        let batch = input.shape()[0];
        let node = input.node();
        let result = B::flicker(input.into_primitive(), flicker);
        match FlickerBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish((batch, flicker), result),
            OpsKind::UnTracked(preparation) => preparation.finish(result),
        }
    }

    /// First derivatives only: the gradient comes out as a constant.
    fn flicker_backward(gradient: FloatTensor<Self>, batch: usize, flicker: Flicker) -> FloatTensor<Self> {
        Self::from_inner(B::flicker_backward(gradient.into_primitive(), batch, flicker))
    }

    fn product(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        flicker: Option<Flicker>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        let nodes = [input.node(), weight.node(), bias.node()];
        let (input, weight) = (input.into_primitive(), weight.into_primitive());
        let result = B::product(input.clone(), weight.clone(), bias.into_primitive(), flicker, precision);
        match ProductBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish((input, weight, flicker, precision), result),
            OpsKind::UnTracked(preparation) => preparation.finish(result),
        }
    }

    /// First derivatives only: the gradients come out as constants.
    fn product_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        flicker: Option<Flicker>,
        wanted: NeedsGrad,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (input, weight, bias) = B::product_backward(
            input.into_primitive(),
            weight.into_primitive(),
            gradient.into_primitive(),
            flicker,
            wanted,
            precision,
        );
        (Self::from_inner(input), Self::from_inner(weight), Self::from_inner(bias))
    }
}
