//! The neuron without its type: Burn's custom operations cannot be generic, so a neuron travels through them
//! as a trait object.

use std::fmt::Debug;
use std::sync::Arc;

use burn::tensor::Tensor;
#[cfg(feature = "cube")]
use burn_cubecl::tensor::CubeTensor;

use super::cpu;
use super::cpu_step::{self, StepBackward, StepColumns, StepForward};
#[cfg(feature = "cube")]
use super::plan::ScanPlan;
use super::plan::{Cotangent, ReturnStates, Sizes};
use super::reference;
use crate::init::{InputStatistics, RateInit, try_weights_for_rate};
use crate::neuron::Neuron;
use crate::number::{Fields, ParameterRange};

/// A neuron without its type.
pub(crate) type AnyNeuron = Arc<dyn ErasedNeuron>;

/// What scans, populations and backends ask a neuron. Implemented for every [`Neuron`].
pub trait ErasedNeuron: Send + Sync + Debug {
    /// The names of the states.
    fn state_names(&self) -> &'static [&'static str];

    /// The names of the parameters.
    fn parameter_names(&self) -> &'static [&'static str];

    /// The range of the parameter `index`.
    fn range(&self, index: usize) -> ParameterRange;

    /// Number of states and of parameters.
    fn counts(&self) -> (usize, usize) {
        (self.state_names().len(), self.parameter_names().len())
    }

    /// The state of rest of neurons with these parameters.
    fn resting(&self, parameters: &[f64]) -> Vec<f64>;

    /// The same for parameters `[parameters, features or 1]`: `[features or 1]` for each state.
    fn resting_rows(&self, parameters: Tensor<2>) -> Vec<Tensor<1>>;

    /// The size of weights at which neurons with these parameters fire at the share `rate` of the steps, or why there is none.
    fn weights_for_rate(&self, parameters: &[f64], input: InputStatistics, rate: f64) -> Result<RateInit, String>;

    /// The scan by Burn's tensor operations: output, recorded states and last state.
    fn reference(
        &self,
        sizes: &Sizes,
        return_states: ReturnStates,
        input: Tensor<2>,
        parameters: Tensor<2>,
        initial: Tensor<2>,
    ) -> (Tensor<2>, Option<Tensor<2>>, Tensor<2>);

    /// The forward scan on the CPU.
    fn cpu_forward(&self, sizes: &Sizes, return_states: ReturnStates, arguments: cpu::Forward<'_>);

    /// The backward scan on the CPU.
    fn cpu_backward(
        &self,
        sizes: &Sizes,
        return_states: ReturnStates,
        cotangent: Cotangent,
        arguments: cpu::Backward<'_>,
    );

    /// One time step on the CPU.
    fn cpu_step(&self, of: StepColumns<'_>, buffers: StepForward<'_>);

    /// One time step backward on the CPU.
    fn cpu_step_backward(&self, of: StepColumns<'_>, buffers: StepBackward<'_>);

    /// The forward scan on a GPU.
    #[cfg(feature = "cube")]
    fn cube_forward(&self, sizes: &Sizes, arguments: super::cube::Forward);

    /// The backward scan on a GPU.
    #[cfg(feature = "cube")]
    fn cube_backward(
        &self,
        sizes: &Sizes,
        return_states: ReturnStates,
        cotangent: Cotangent,
        arguments: super::cube::Backward,
    );

    /// What a GPU does before the first time step of [`cube_step`](Self::cube_step).
    #[cfg(feature = "cube")]
    fn cube_begin(&self, sizes: &Sizes, tensors: &super::cube::StepForward);

    /// One time step on a GPU: the neurons' step with the input plus `product`; what they hear next is written to `heard`.
    #[cfg(feature = "cube")]
    fn cube_step(
        &self,
        sizes: &Sizes,
        plan: &ScanPlan,
        tensors: &super::cube::StepForward,
        product: CubeTensor,
        heard: CubeTensor,
        time: usize,
    );

    /// What a GPU does before the first step of [`cube_step_backward`](Self::cube_step_backward).
    #[cfg(feature = "cube")]
    fn cube_begin_backward(&self, sizes: &Sizes, tensors: &super::cube::StepBackward);

    /// One time step backward on a GPU; `heard_gradient` is what came back from the step after it.
    #[cfg(feature = "cube")]
    fn cube_step_backward(
        &self,
        sizes: &Sizes,
        plan: &ScanPlan,
        tensors: &super::cube::StepBackward,
        heard_gradient: CubeTensor,
        input_gradient: CubeTensor,
        time: usize,
    );
}

impl<N: Neuron> ErasedNeuron for N {
    fn state_names(&self) -> &'static [&'static str] {
        <N::State<f32> as Fields<f32>>::NAMES
    }
    fn parameter_names(&self) -> &'static [&'static str] {
        <N::Parameters<f32> as Fields<f32>>::NAMES
    }
    fn range(&self, index: usize) -> ParameterRange {
        <N::Parameters<f32> as Fields<f32>>::range(index)
    }
    fn resting(&self, parameters: &[f64]) -> Vec<f64> {
        let rest = self.resting_state(&N::Parameters::<f64>::from_fn(|i| parameters[i]));
        (0..self.state_names().len()).map(|i| rest.get(i)).collect()
    }
    fn resting_rows(&self, parameters: Tensor<2>) -> Vec<Tensor<1>> {
        reference::resting_rows(self, parameters)
    }
    fn weights_for_rate(&self, parameters: &[f64], input: InputStatistics, rate: f64) -> Result<RateInit, String> {
        try_weights_for_rate(self, &N::Parameters::<f64>::from_fn(|i| parameters[i]), input, rate)
    }
    fn reference(
        &self,
        sizes: &Sizes,
        return_states: ReturnStates,
        input: Tensor<2>,
        parameters: Tensor<2>,
        initial: Tensor<2>,
    ) -> (Tensor<2>, Option<Tensor<2>>, Tensor<2>) {
        reference::reference(self, sizes, return_states, input, parameters, initial)
    }
    fn cpu_forward(&self, sizes: &Sizes, return_states: ReturnStates, arguments: cpu::Forward<'_>) {
        cpu::forward(self, sizes, return_states, arguments);
    }
    fn cpu_backward(
        &self,
        sizes: &Sizes,
        return_states: ReturnStates,
        cotangent: Cotangent,
        arguments: cpu::Backward<'_>,
    ) {
        cpu::backward(self, sizes, return_states, cotangent, arguments);
    }
    fn cpu_step(&self, of: StepColumns<'_>, buffers: StepForward<'_>) {
        cpu_step::forward(self, of, buffers);
    }
    fn cpu_step_backward(&self, of: StepColumns<'_>, buffers: StepBackward<'_>) {
        cpu_step::backward(self, of, buffers);
    }
    #[cfg(feature = "cube")]
    fn cube_forward(&self, sizes: &Sizes, arguments: super::cube::Forward) {
        super::cube::forward(self, sizes, arguments);
    }
    #[cfg(feature = "cube")]
    fn cube_backward(
        &self,
        sizes: &Sizes,
        return_states: ReturnStates,
        cotangent: Cotangent,
        arguments: super::cube::Backward,
    ) {
        super::cube::backward(self, sizes, return_states, cotangent, arguments);
    }
    #[cfg(feature = "cube")]
    fn cube_begin(&self, sizes: &Sizes, tensors: &super::cube::StepForward) {
        super::cube::begin::<N>(sizes, tensors);
    }
    #[cfg(feature = "cube")]
    fn cube_step(
        &self,
        sizes: &Sizes,
        plan: &ScanPlan,
        tensors: &super::cube::StepForward,
        product: CubeTensor,
        heard: CubeTensor,
        time: usize,
    ) {
        super::cube::step(self, sizes, plan, tensors, product, heard, time);
    }
    #[cfg(feature = "cube")]
    fn cube_begin_backward(&self, sizes: &Sizes, tensors: &super::cube::StepBackward) {
        super::cube::begin_backward::<N>(sizes, tensors);
    }
    #[cfg(feature = "cube")]
    fn cube_step_backward(
        &self,
        sizes: &Sizes,
        plan: &ScanPlan,
        tensors: &super::cube::StepBackward,
        heard_gradient: CubeTensor,
        input_gradient: CubeTensor,
        time: usize,
    ) {
        super::cube::step_backward(self, sizes, plan, tensors, heard_gradient, input_gradient, time);
    }
}
