//! Recurrently connected neurons: their output comes back through a second weight, one step later.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Shape, Tensor};

use super::{Neurons, Population};
use crate::init::{WeightInit, seed_or_next, weight_and_bias};
use crate::neuron::Neuron;
use crate::recurrence::Recurrence;
use crate::scan::{NeuronsOutput, NeuronsState, PopulationOutput, PopulationState, tap};
use crate::synapse::linear;

/// Size and initial weights of a [`Recurrent`] population.
#[derive(Config, Copy, Debug, PartialEq)]
pub struct RecurrentConfig {
    /// Neurons.
    pub neurons: usize,
    /// How the recurrent weights are drawn.
    #[config(default = "WeightInit::XavierUniform")]
    pub initializer: WeightInit,
    /// The seed they are drawn from. `None`: the next one of [`init::seed`](crate::init::seed), so that layers are
    /// independent.
    pub seed: Option<u64>,
}

impl RecurrentConfig {
    /// The population, around `neurons` of any kind. They are a prototype: what is learned of them is this population's own.
    ///
    /// # Panics
    /// If there is no neuron.
    #[track_caller]
    pub fn init<N: Neuron>(&self, neurons: Neurons<N>, device: &Device) -> Recurrent<Neurons<N>> {
        let (weight, bias) = self.weights(device);
        Recurrent { weight, bias, neurons: neurons.placed() }
    }

    #[track_caller]
    fn weights(&self, device: &Device) -> (Param<Tensor<2>>, Param<Tensor<1>>) {
        assert!(self.neurons > 0, "recurrent population: 0 neurons, at least 1 needed");
        weight_and_bias(self.initializer, self.neurons, self.neurons, seed_or_next(self.seed), device)
    }
}

/// A recurrent population: each neuron receives the output of all, one step later.
///
/// ```text
/// i'[t] = i[t] + s[t-1] W + b
/// s[t]  = neurons(i'[t])
/// ```
///
/// `s` is what the population returns: with an axonal delay of its own, it comes back that much later, too.
/// One operation runs all time steps, forward and backward, with the weight in the cache and the samples shared out among
/// threads; products cost less the fewer outputs are nonzero. With after-spikes, and where the reference runs, it is one product
/// and one scan of a single step for each time step.
///
/// # Shapes
/// - input: current `[time, batch, neurons]`
/// - state: [`RecurrentState`], the neurons' state and their last output; `None` starts at rest with no output
/// - output: `[time, batch, neurons]`
///
/// # Gradient
/// Through time and the recurrent weight, exactly, with the surrogate of the neurons.
///
/// # Panics
/// If the last axis of the input is not the number of neurons.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Shape, Tensor};
/// use snn_core::layer::{Neurons, RecurrentConfig};
/// use snn_core::neuron::{GradedLif, GradedLifParameters};
///
/// let device = Device::flex();
/// let constants = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };
/// let population = RecurrentConfig::new(5).init(Neurons::new(GradedLif::default(), constants), &device);
/// let run = population.forward(Tensor::ones([8, 2, 5], &device), None);
/// let later = population.forward(Tensor::ones([3, 2, 5], &device), Some(run.last));
/// assert_eq!(later.output.dims(), [3, 2, 5]);
/// ```
#[doc(alias = "RLeaky")]
#[doc(alias = "RSynaptic")]
#[doc(alias = "LinearRecurrentContainer")]
#[doc(alias = "LIFRecurrentCell")]
#[derive(Module, Debug)]
pub struct Recurrent<P> {
    /// `[neurons, neurons]`, from row to column.
    pub weight: Param<Tensor<2>>,
    /// `[neurons]`
    pub bias: Param<Tensor<1>>,
    /// The neurons.
    pub neurons: P,
}

/// What a [`Recurrent`] population carries from one call to the next.
#[derive(Clone, Debug)]
pub struct RecurrentState<N: Neuron> {
    /// The state of the neurons.
    pub neurons: NeuronsState<N>,
    /// Their last output, `[batch, neurons]`, which they receive at the next step.
    pub output: Tensor<2>,
}

impl<N: Neuron> RecurrentState<N> {
    /// The same values without their history: truncated backpropagation through time.
    pub fn detach(self) -> Self {
        Self { neurons: self.neurons.detach(), output: self.output.detach() }
    }
}

/// What a [`Recurrent`] population returns.
#[derive(Clone, Debug)]
pub struct RecurrentOutput<N: Neuron> {
    /// The output at each step: `[time, batch, neurons]`.
    pub output: Tensor<3>,
    /// The recorded states, one tensor `[time, batch, neurons]` for each field; empty unless [`ReturnStates`](crate::scan::ReturnStates) names them.
    pub states: Vec<Tensor<3>>,
    /// The state after the last step.
    pub last: RecurrentState<N>,
}

impl<N: Neuron> Recurrent<Neurons<N>> {
    /// Runs through all time steps of `current [time, batch, neurons]`; `None` starts at rest.
    #[track_caller]
    pub fn forward(&self, current: Tensor<3>, state: Option<RecurrentState<N>>) -> RecurrentOutput<N> {
        let state = state.map(|state| (state.neurons.erased(), state.output));
        let (run, output) = run(&self.weight, &self.bias, &self.neurons, current, state);
        let NeuronsOutput { output: outputs, states, last: neurons } = run.of();
        RecurrentOutput { output: outputs, states, last: RecurrentState { neurons, output } }
    }
}

impl Recurrent<Population> {
    /// A recurrent population whose neuron has no type, with weights drawn from `seed`.
    #[track_caller]
    pub fn of_population(config: RecurrentConfig, population: Population, device: &Device) -> Self {
        let (weight, bias) = config.weights(device);
        Self { weight, bias, neurons: population.placed() }
    }

    /// The same for neurons without a type: `state` is that of the neurons, and their last output `[batch, neurons]`.
    #[track_caller]
    pub fn forward(
        &self,
        current: Tensor<3>,
        state: Option<(PopulationState, Tensor<2>)>,
    ) -> (PopulationOutput<3>, Tensor<2>) {
        run(&self.weight, &self.bias, &self.neurons, current, state)
    }
}

/// The output at each step, and the last one.
#[track_caller]
fn run(
    weight: &Param<Tensor<2>>,
    bias: &Param<Tensor<1>>,
    population: &Population,
    current: Tensor<3>,
    state: Option<(PopulationState, Tensor<2>)>,
) -> (PopulationOutput<3>, Tensor<2>) {
    let ([steps, batch, features], device, dtype) = (current.dims(), current.device(), current.dtype());
    let (weight, bias) = (weight.val(), bias.val());
    let [size, _] = weight.dims();
    assert_eq!(features, size, "recurrent population: an input of {features} neurons, there are {size}");
    let parameters = population.parameters_in(&device, dtype);
    let (begin, feedback) = state.unwrap_or_else(|| {
        let rest = population.beginning(Shape::new([batch, features]), &parameters);
        (rest, Tensor::zeros([batch, features], (&device, dtype)))
    });
    let recurrence = || Recurrence { weight: weight.clone(), bias: bias.clone(), feedback: feedback.clone() };
    let scanned = population.recurrent(parameters.clone(), current.clone(), recurrence(), begin.clone());
    let last_output = |output: &Tensor<3>| output.clone().slice([steps - 1..steps]).squeeze_dim(0);
    if !tap::is_open() {
        let output = last_output(&scanned.run.output);
        return (scanned.run, output);
    }
    // The same once more over the whole currents, all steps at once, so that a recording sees one population. The currents are
    // those which were; their gradient is that of the equation they follow.
    let heard = match steps {
        1 => feedback.unsqueeze(),
        _ => Tensor::cat(vec![feedback.unsqueeze(), scanned.run.output.slice([0..steps - 1])], 0),
    };
    let equation = current + linear(heard, weight, bias);
    let nothing = equation.clone() - equation.detach();
    let nothing = nothing.clone().mask_fill(nothing.is_nan(), 0.0); // where a current is infinite
    let currents = nothing + scanned.currents;
    let whole = population.forward_with(parameters, currents, begin);
    let output = last_output(&whole.output);
    (whole, output)
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::neuron::{GradedLif, GradedLifParameters};
    use crate::scan::ReturnStates;

    fn population(device: &Device) -> Recurrent<Neurons<GradedLif>> {
        let constants = GradedLifParameters { decay: 0.5, threshold: 1.0, penalty: 1.5 };
        let neurons = Neurons::new(GradedLif::default(), constants).with_return_states(ReturnStates::AfterStep);
        let mut population = RecurrentConfig::new(2).init(neurons, device);
        population.weight = Param::from_data(TensorData::from([[0.0, 10.0], [0.0, 0.0]]), device);
        population.bias = Param::from_data(TensorData::from([0.0, 0.0]), device);
        population
    }

    #[test]
    fn a_spike_comes_back_one_step_later() {
        let device = Device::flex();
        // Neuron 0 is driven by 1.2 once: u = 1.2, spike 0.2. Neuron 1 receives 10 · 0.2 = 2 at the next step:
        // u = 2, spike 1, and v = 2 - 1.5 · 2 = -1.
        let current = Tensor::<3>::from_data([[[1.2, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]], &device);
        let run = population(&device).forward(current, None);
        let expected = TensorData::from([[[0.2f32, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]]);
        run.output.into_data().assert_approx_eq::<f32>(&expected, Default::default());
        assert_eq!(run.states.len(), 1);
        let membrane = run.states[0].clone().into_data();
        // Neuron 0: 1.2 - 1.5 · 1.2 = -0.6, then -0.3, -0.15. Neuron 1: 0, -1, -0.5.
        let expected = TensorData::from([[[-0.6f32, 0.0]], [[-0.3, -1.0]], [[-0.15, -0.5]]]);
        membrane.assert_approx_eq::<f32>(&expected, Default::default());
    }

    #[test]
    fn the_gradient_goes_back_through_the_recurrent_weight() {
        let device = Device::flex().autodiff();
        let current = Tensor::<3>::from_data([[[1.2, 0.0]], [[0.0, 0.0]]], &device).require_grad();
        let population = population(&device);
        let run = population.forward(current.clone(), None);
        // The last spike of neuron 1 is 10 (i₀[0] - 1) + i₁[1] + 0.5 i₁[0] - 1, that of the weight in place of 10 is 0.2.
        let last = run.output.slice([1..2, 0..1, 1..2]).sum();
        let gradients = last.backward();
        let input: Vec<f32> = current.grad(&gradients).expect("a gradient").into_data().iter::<f32>().collect();
        assert_eq!(input, [10.0, 0.5, 0.0, 1.0]);
        let weight: Vec<f32> =
            population.weight.grad(&gradients).expect("a gradient").into_data().iter::<f32>().collect();
        assert!(
            (weight[1] - 0.2).abs() < 1e-6 && weight[0] == 0.0 && weight[2] == 0.0 && weight[3] == 0.0,
            "{weight:?}"
        );
    }

    #[test]
    fn a_recording_sees_one_population_and_changes_no_result() {
        let device = Device::flex();
        let current = Tensor::<3>::from_data([[[1.2, 0.0]], [[0.0, 0.3]], [[1.4, 0.0]]], &device);
        let population = population(&device);
        let plain = population.forward(current.clone(), None);
        let (recorded, recording) = crate::record::record(|| population.forward(current, None));
        assert_eq!(recorded.output.into_data(), plain.output.clone().into_data());
        assert_eq!(recorded.states[0].clone().into_data(), plain.states[0].clone().into_data());
        assert_eq!(recording.populations.len(), 1);
        assert_eq!(recording.populations[0].spikes::<3>().into_data(), plain.output.into_data());
    }

    #[test]
    fn without_recurrent_weights_it_is_the_population_alone() {
        let device = Device::flex();
        let mut population = population(&device);
        population.weight = Param::from_tensor(Tensor::zeros([2, 2], &device));
        let current = Tensor::<1, burn::tensor::Int>::arange(0..24, &device).float().reshape([6, 2, 2]).mul_scalar(0.1);
        let alone = population.neurons.forward(current.clone(), None);
        assert_eq!(population.forward(current, None).output.into_data(), alone.output.into_data());
    }
}
