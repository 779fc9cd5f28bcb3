//! The scan as a differentiable operation of Burn, for every backend which has kernels for it.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

use std::mem::MaybeUninit;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::Shape;

use super::cpu;
use super::plan::{Cotangent, ReturnStates, ScanPlan, Sizes};
use crate::host::HostTensor;
use crate::uninit::filled;

#[cfg(feature = "cube")]
use burn_cubecl::CubeBackend;

/// The scan, forward and backward. Input, output and their gradients are `[time, batch, features]`, so that a backend
/// which pads rows need not copy them; all other tensors are matrices, see [`Sizes`].
#[backend_extension(
    Flex,
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait ScanOps: Backend {
    /// Output, states, last state. The states are a placeholder of one number unless the plan records them or
    /// the backend saves them for its backward pass.
    #[fusion(meta = super::cube::forward_specs)]
    fn scan(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, parameters and initial state, given the gradient of one of the results.
    #[fusion(meta = super::cube::backward_specs)]
    fn scan_backward(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        output: FloatTensor<Self>,
        states: FloatTensor<Self>,
        last: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        cotangent: Cotangent,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

fn sizes_of(plan: &ScanPlan, input: &impl TensorMetadata, parameters: &impl TensorMetadata) -> Sizes {
    let [steps, batch, features] = input.shape().dims();
    let [_, parameter_width] = parameters.shape().dims();
    plan.sizes(steps, batch * features, parameter_width)
}

// ---------------------------------------------------------------------------------------------- CPU backends

fn host_scan<T: HostTensor>(input: T, parameters: T, initial: T, plan: &ScanPlan) -> (T, T, T) {
    let sizes = sizes_of(plan, &input, &parameters);
    let (input, parameters, initial) = (input.contiguous(), parameters.contiguous(), initial.contiguous());
    let recorded = if plan.return_states == ReturnStates::Nothing { 0 } else { sizes.states * sizes.steps };
    let mut states = vec![0.0; recorded * sizes.width];
    let mut last = vec![0.0; sizes.state_rows() * sizes.width];
    let scan = |output: &mut [MaybeUninit<f32>]| {
        plan.neuron.cpu_forward(
            &sizes,
            plan.return_states,
            cpu::Forward {
                input: input.values(),
                parameters: parameters.values(),
                initial: initial.values(),
                output,
                states: &mut states,
                last: &mut last,
            },
        );
    };
    // SAFETY: the output of each step is written.
    let output = unsafe { filled(sizes.steps * sizes.width, scan) };
    let states = if recorded == 0 {
        T::from_values(vec![0.0], Shape::new([1, 1]))
    } else {
        T::from_values(states, Shape::new([recorded, sizes.width]))
    };
    (T::from_values(output, input.shape()), states, T::from_values(last, initial.shape()))
}

fn host_scan_backward<T: HostTensor>(
    [input, parameters, initial, output, last]: [T; 5],
    gradient: T,
    cotangent: Cotangent,
    plan: &ScanPlan,
) -> (T, T, T) {
    let sizes = sizes_of(plan, &input, &parameters);
    let [input, parameters, initial, output, last] =
        [input, parameters, initial, output, last].map(HostTensor::contiguous);
    let mut initial_gradient = vec![0.0; sizes.state_rows() * sizes.width];
    let parameter_count = sizes.parameters * sizes.parameter_width;
    let mut parameter_gradient = vec![0.0; if plan.parameter_gradient { parameter_count } else { 0 }];
    let mut run = |gradient| {
        plan.neuron.cpu_backward(
            &sizes,
            plan.return_states,
            cotangent,
            cpu::Backward {
                input: input.values(),
                parameters: parameters.values(),
                initial: initial.values(),
                output: output.values(),
                last: last.values(),
                gradient,
                initial_gradient: &mut initial_gradient,
                parameter_gradient: &mut parameter_gradient,
            },
        );
    };
    let gradient = gradient.contiguous();
    let own = if cotangent == Cotangent::Output { gradient.into_values() } else { Err(gradient) };
    let input_gradient = match own {
        Ok(mut buffer) => {
            run(cpu::Gradient::InPlace(&mut buffer));
            buffer
        }
        Err(gradient) => {
            let mut buffer = vec![0.0; sizes.steps * sizes.width];
            run(cpu::Gradient::Apart { incoming: gradient.values(), input: &mut buffer });
            buffer
        }
    };
    parameter_gradient.resize(parameter_count, 0.0);
    (
        T::from_values(input_gradient, input.shape()),
        T::from_values(parameter_gradient, parameters.shape()),
        T::from_values(initial_gradient, initial.shape()),
    )
}

macro_rules! impl_for_host {
    ($backend:ty) => {
        impl ScanOps for $backend {
            fn scan(
                input: FloatTensor<Self>,
                parameters: FloatTensor<Self>,
                initial: FloatTensor<Self>,
                plan: ScanPlan,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                host_scan(input, parameters, initial, &plan)
            }
            fn scan_backward(
                input: FloatTensor<Self>,
                parameters: FloatTensor<Self>,
                initial: FloatTensor<Self>,
                output: FloatTensor<Self>,
                _states: FloatTensor<Self>,
                last: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                cotangent: Cotangent,
                plan: ScanPlan,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                host_scan_backward([input, parameters, initial, output, last], gradient, cotangent, &plan)
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
impl ScanOps for CubeBackend {
    fn scan(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let sizes = sizes_of(&plan, &input, &parameters);
        super::cube::scan(&plan, &sizes, input, parameters, initial)
    }
    fn scan_backward(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        output: FloatTensor<Self>,
        states: FloatTensor<Self>,
        last: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        cotangent: Cotangent,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let sizes = sizes_of(&plan, &input, &parameters);
        let saved = super::cube::Saved { input, parameters, initial, output, states, last };
        super::cube::scan_backward(&plan, &sizes, saved, gradient, cotangent)
    }
}

// -------------------------------------------------------------------------------------------------- autodiff

/// What the backward pass needs of the forward one.
#[derive(Clone, Debug)]
struct Saved<B: Backend> {
    input: FloatTensor<B>,
    parameters: FloatTensor<B>,
    initial: FloatTensor<B>,
    output: FloatTensor<B>,
    states: FloatTensor<B>,
    last: FloatTensor<B>,
    plan: ScanPlan,
}

/// The backward pass of one of the three results. A node of Burn's graph has one output, so there are three,
/// each with the gradient of its own result; a result nobody uses costs nothing.
#[derive(Debug)]
struct ScanBackward(Cotangent);

impl<B: ScanOps> Backward<B, 3> for ScanBackward {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [input, parameters, initial] = ops.parents;
        let mut saved = ops.state;
        saved.plan.parameter_gradient = parameters.is_some();
        super::execution::count_fused_backward();
        let (input_gradient, parameter_gradient, initial_gradient) = B::scan_backward(
            saved.input,
            saved.parameters,
            saved.initial,
            saved.output,
            saved.states,
            saved.last,
            gradient,
            self.0,
            saved.plan,
        );
        for (node, gradient) in [(input, input_gradient), (parameters, parameter_gradient), (initial, initial_gradient)]
        {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

fn track<B: ScanOps, C: CheckpointStrategy>(
    parents: [NodeGuard; 3],
    cotangent: Cotangent,
    saved: &Saved<B>,
    result: FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    match ScanBackward(cotangent).prepare::<C>(parents).compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish(saved.clone(), result),
        OpsKind::UnTracked(preparation) => preparation.finish(result),
    }
}

impl<B: ScanOps, C: CheckpointStrategy> ScanOps for Autodiff<B, C> {
    fn scan(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        mut plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let parents = || [input.node(), parameters.node(), initial.node()];
        plan.differentiate = input.is_tracked() || parameters.is_tracked() || initial.is_tracked();
        let guards = [parents(), parents(), parents()];
        let (input, parameters, initial) =
            (input.into_primitive(), parameters.into_primitive(), initial.into_primitive());
        let (output, states, last) = B::scan(input.clone(), parameters.clone(), initial.clone(), plan.clone());
        let saved = Saved {
            input,
            parameters,
            initial,
            output: output.clone(),
            states: states.clone(),
            last: last.clone(),
            plan,
        };
        let [for_output, for_states, for_last] = guards;
        let states = if saved.plan.return_states == ReturnStates::Nothing {
            Self::from_inner(states)
        } else {
            track::<B, C>(for_states, Cotangent::States, &saved, states)
        };
        (
            track::<B, C>(for_output, Cotangent::Output, &saved, output),
            states,
            track::<B, C>(for_last, Cotangent::Last, &saved, last),
        )
    }

    /// First derivatives only: the gradients come out as constants.
    fn scan_backward(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        output: FloatTensor<Self>,
        states: FloatTensor<Self>,
        last: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        cotangent: Cotangent,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (input, parameters, initial) = B::scan_backward(
            input.into_primitive(),
            parameters.into_primitive(),
            initial.into_primitive(),
            output.into_primitive(),
            states.into_primitive(),
            last.into_primitive(),
            gradient.into_primitive(),
            cotangent,
            plan,
        );
        (Self::from_inner(input), Self::from_inner(parameters), Self::from_inner(initial))
    }
}
