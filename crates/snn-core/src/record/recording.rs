//! What was recorded: the tensors of each population, by name.

use std::fmt;

use burn::tensor::{Gradients, Shape, Tensor};

use crate::device::Execution;
use crate::scan::tap::{Probes, Replay, TappedScan};

/// What all populations did during one [`record`](super::record()).
#[derive(Clone, Debug)]
pub struct Recording {
    /// The populations in the order in which they ran; one that ran twice is there twice.
    pub populations: Vec<NeuronsRecording>,
}

/// What one population of neurons did in one call. Row `t` of all its tensors is step `t` of the neurons: what
/// came in, what they sent, what they were left with. None of them carries a graph.
#[derive(Clone)]
pub struct NeuronsRecording {
    /// What it was [called](super::named).
    pub name: Option<String>,
    /// The neuron and what is fixed about it, for instance `GradedLif { reset: Scaled }`.
    pub neuron: String,
    /// How many steps late the output leaves.
    pub delay: usize,
    /// κ of the [after-spike](crate::layer::AfterSpike) that the layer adds, if it does.
    pub after_spike: Option<f64>,
    /// How the scan ran.
    pub execution: Execution,
    shape: Shape,
    state_names: &'static [&'static str],
    parameter_names: &'static [&'static str],
    parameters: Tensor<2>,
    pub(crate) current: Tensor<2>,
    pub(crate) spikes: Tensor<2>,
    arriving: Tensor<2>,
    output: Tensor<2>,
    states: Vec<Tensor<2>>,
    resting: Vec<Tensor<2>>,
    replay: Replay,
    probes: Option<Probes>,
}

impl From<TappedScan> for NeuronsRecording {
    fn from(scan: TappedScan) -> Self {
        Self {
            name: scan.name,
            neuron: scan.neuron,
            delay: scan.delay,
            after_spike: scan.after_spike,
            execution: scan.execution,
            shape: scan.shape,
            state_names: scan.state_names,
            parameter_names: scan.parameter_names,
            parameters: scan.parameters,
            current: scan.current,
            spikes: scan.spikes,
            arriving: scan.arriving,
            output: scan.output,
            states: scan.states,
            resting: scan.resting,
            replay: scan.replay,
            probes: scan.probes,
        }
    }
}

impl NeuronsRecording {
    /// `[time, batch, features..]`
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Time steps.
    pub fn steps(&self) -> usize {
        self.shape[0]
    }

    /// Samples.
    pub fn batch(&self) -> usize {
        self.shape[1]
    }

    /// Neurons: all feature axes as one.
    pub fn neurons(&self) -> usize {
        self.shape[2..].iter().product()
    }

    /// The same with all feature axes as one, `[time, batch, neurons]`: how a picture shows feature maps.
    pub fn flattened(&self) -> Self {
        Self { shape: Shape::from(vec![self.steps(), self.batch(), self.neurons()]), ..self.clone() }
    }

    /// The names of the states.
    pub fn state_names(&self) -> &'static [&'static str] {
        self.state_names
    }

    /// The value of the parameter `name` of the first neuron, or `None` if the neuron has no such parameter.
    pub fn parameter(&self, name: &str) -> Option<f32> {
        let row = self.parameter_names.iter().position(|field| *field == name)?;
        self.parameters.clone().slice([row..row + 1, 0..1]).into_data().iter::<f32>().next()
    }

    /// The input current.
    pub fn current<const D: usize>(&self) -> Tensor<D> {
        self.current.clone().reshape(self.shape.clone())
    }

    /// The spikes at the step at which they were fired, whatever the axonal delay.
    pub fn spikes<const D: usize>(&self) -> Tensor<D> {
        self.spikes.clone().reshape(self.shape.clone())
    }

    /// The spikes at the step at which they leave, late by the axonal delay: when the next layer receives them.
    pub fn arriving_spikes<const D: usize>(&self) -> Tensor<D> {
        self.arriving.clone().reshape(self.shape.clone())
    }

    /// The output as it left: late by the axonal delay, with what a layer adds to it (an after-spike).
    pub fn output<const D: usize>(&self) -> Tensor<D> {
        self.output.clone().reshape(self.shape.clone())
    }

    /// The state `name` after each step, reset included.
    ///
    /// # Panics
    /// If the neuron has no such state.
    pub fn state<const D: usize>(&self, name: &str) -> Tensor<D> {
        self.states[self.field(name)].clone().reshape(self.shape.clone())
    }

    /// The state `name` before each step; its first row is the state at which the call began.
    ///
    /// # Panics
    /// If the neuron has no such state.
    pub fn state_before<const D: usize>(&self, name: &str) -> Tensor<D> {
        let field = self.field(name);
        let (steps, width) = (self.steps(), self.states[field].dims()[1]);
        let earlier = self.states[field].clone().slice([0..steps - 1, 0..width]);
        let rows = if steps == 1 {
            self.resting[field].clone()
        } else {
            Tensor::cat(vec![self.resting[field].clone(), earlier], 0)
        };
        rows.reshape(self.shape.clone())
    }

    fn field(&self, name: &str) -> usize {
        self.state_names.iter().position(|field| *field == name).unwrap_or_else(|| {
            panic!("recording: {} has no state `{name}`; it has {:?}", self.neuron, self.state_names)
        })
    }

    /// Runs the same neurons, from the same state, over another current `[time, batch x features]`, and returns
    /// their output `[time, batch x features]`: late by the delay, differentiable as in training.
    pub fn replay(&self, current: Tensor<2>) -> Tensor<2> {
        (self.replay)(current)
    }

    /// The derivative of a loss with respect to the input current at each step, zero if it does not depend on it.
    ///
    /// # Panics
    /// If the population was not recorded by [`record_gradients`](super::record_gradients).
    pub fn current_gradient<const D: usize>(&self, gradients: &Gradients) -> Tensor<D> {
        self.gradient(|probes| &probes.current, gradients).reshape(self.shape.clone())
    }

    /// The derivative of a loss with respect to the output as it left, zero if it does not depend on it.
    ///
    /// # Panics
    /// If the population was not recorded by [`record_gradients`](super::record_gradients).
    pub fn output_gradient<const D: usize>(&self, gradients: &Gradients) -> Tensor<D> {
        self.gradient(|probes| &probes.output, gradients).reshape(self.shape.clone())
    }

    fn gradient(&self, of: impl Fn(&Probes) -> &Tensor<2>, gradients: &Gradients) -> Tensor<2> {
        let probes = self.probes.as_ref().expect("a gradient was asked for; record with `record_gradients`");
        of(probes).grad(gradients).unwrap_or_else(|| self.current.zeros_like())
    }
}

impl fmt::Debug for NeuronsRecording {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NeuronsRecording")
            .field("neuron", &self.neuron)
            .field("shape", &self.shape.to_vec())
            .field("states", &self.state_names)
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}
