//! A neuron for which no kernels are compiled.

use std::fmt;

use burn::tensor::Tensor;
#[cfg(feature = "cube")]
use burn_cubecl::tensor::CubeTensor;

use super::cpu;
use super::cpu_step::{StepBackward, StepColumns, StepForward};
use super::erased::ErasedNeuron;
#[cfg(feature = "cube")]
use super::plan::ScanPlan;
use super::plan::{Cotangent, ReturnStates, Sizes};
use crate::init::{InputStatistics, RateInit};
use crate::neuron::Neuron;
use crate::number::ParameterRange;

/// A neuron which runs by the reference alone: its kernels take a compiler minutes where there are many such neurons.
pub(crate) struct ByReference<N>(pub(crate) N);

impl<N: fmt::Debug> fmt::Debug for ByReference<N> {
    /// As the neuron: what is saved does not depend on how it runs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<N: Neuron> ByReference<N> {
    #[track_caller]
    fn no_kernels(&self) -> ! {
        panic!("scan: there are no kernels for {:?}; use Execution::Reference", self.0)
    }
}

impl<N: Neuron> ErasedNeuron for ByReference<N> {
    fn state_names(&self) -> &'static [&'static str] {
        self.0.state_names()
    }
    fn parameter_names(&self) -> &'static [&'static str] {
        self.0.parameter_names()
    }
    fn range(&self, index: usize) -> ParameterRange {
        self.0.range(index)
    }
    fn resting(&self, parameters: &[f64]) -> Vec<f64> {
        self.0.resting(parameters)
    }
    fn resting_rows(&self, parameters: Tensor<2>) -> Vec<Tensor<1>> {
        self.0.resting_rows(parameters)
    }
    fn weights_for_rate(&self, parameters: &[f64], input: InputStatistics, rate: f64) -> Result<RateInit, String> {
        self.0.weights_for_rate(parameters, input, rate)
    }
    fn reference(
        &self,
        sizes: &Sizes,
        return_states: ReturnStates,
        input: Tensor<2>,
        parameters: Tensor<2>,
        initial: Tensor<2>,
    ) -> (Tensor<2>, Option<Tensor<2>>, Tensor<2>) {
        self.0.reference(sizes, return_states, input, parameters, initial)
    }
    fn cpu_forward(&self, _: &Sizes, _: ReturnStates, _: cpu::Forward<'_>) {
        self.no_kernels()
    }
    fn cpu_backward(&self, _: &Sizes, _: ReturnStates, _: Cotangent, _: cpu::Backward<'_>) {
        self.no_kernels()
    }
    fn cpu_step(&self, _: StepColumns<'_>, _: StepForward<'_>) {
        self.no_kernels()
    }
    fn cpu_step_backward(&self, _: StepColumns<'_>, _: StepBackward<'_>) {
        self.no_kernels()
    }
    #[cfg(feature = "cube")]
    fn cube_forward(&self, _: &Sizes, _: super::cube::Forward) {
        self.no_kernels()
    }
    #[cfg(feature = "cube")]
    fn cube_backward(&self, _: &Sizes, _: ReturnStates, _: Cotangent, _: super::cube::Backward) {
        self.no_kernels()
    }
    #[cfg(feature = "cube")]
    fn cube_begin(&self, _: &Sizes, _: &super::cube::StepForward) {
        self.no_kernels()
    }
    #[cfg(feature = "cube")]
    fn cube_step(&self, _: &Sizes, _: &ScanPlan, _: &super::cube::StepForward, _: CubeTensor, _: CubeTensor, _: usize) {
        self.no_kernels()
    }
    #[cfg(feature = "cube")]
    fn cube_begin_backward(&self, _: &Sizes, _: &super::cube::StepBackward) {
        self.no_kernels()
    }
    #[cfg(feature = "cube")]
    fn cube_step_backward(
        &self,
        _: &Sizes,
        _: &ScanPlan,
        _: &super::cube::StepBackward,
        _: CubeTensor,
        _: CubeTensor,
        _: usize,
    ) {
        self.no_kernels()
    }
}
