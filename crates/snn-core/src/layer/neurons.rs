//! A population of neurons whose kind is known to the compiler.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::{Learning, Population};
use crate::device::Execution;
use crate::neuron::{Neuron, values_of};
use crate::number::Fields;
use crate::scan::{NeuronsOutput, NeuronsState, ReturnStates};

/// Neurons of one kind, driven by an input current. Their parameters are constants unless made
/// [learnable](Neurons::learn).
///
/// # What is saved
/// What is learned, by the parameter's name, and a [`Definition`](super::Definition): the kind of neuron, its constants and options.
/// Parameters that were saved by other neurons are refused when they are loaded.
///
/// # Clones
/// Neurons that have not run yet are a prototype: a clone of them is another population, which learns on its own. Once
/// they have run, or are part of a layer, a clone is the same population, as for any module of Burn (an optimizer finds its
/// gradients under the same names). [`apart`](Neurons::apart) makes another population at any time.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{GradedLif, GradedLifParameters};
///
/// let device = Device::flex();
/// let constants = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };
/// let neurons = Neurons::new(GradedLif::default(), constants).with_delay(1);
/// let current = Tensor::<3>::ones([128, 4, 10], &device); // [time, batch, features]
/// let scanned = neurons.forward(current.clone(), None);
/// // The state is a value: hand it on, and the sequence goes on.
/// let later = neurons.forward(current, Some(scanned.last));
/// assert_eq!(later.output.dims(), [128, 4, 10]);
/// ```
#[derive(Debug)]
pub struct Neurons<N: Neuron> {
    pub(super) population: Population,
    pub(super) neuron: N,
}

/// Whatever a [`Population`] can do.
impl<N: Neuron> Deref for Neurons<N> {
    type Target = Population;
    fn deref(&self) -> &Population {
        &self.population
    }
}
impl<N: Neuron> DerefMut for Neurons<N> {
    fn deref_mut(&mut self) -> &mut Population {
        &mut self.population
    }
}
impl<N: Neuron> From<Neurons<N>> for Population {
    fn from(neurons: Neurons<N>) -> Self {
        neurons.population
    }
}

impl<N: Neuron> Neurons<N> {
    /// Neurons with the parameters `constants`.
    ///
    /// # Panics
    /// If a parameter lies outside its [range](crate::number::ParameterRange).
    #[track_caller]
    pub fn new(neuron: N, constants: N::Parameters<f64>) -> Self {
        Self { population: Population::new(Arc::new(neuron), values_of::<N>(&constants)), neuron }
    }

    /// The same neurons, whose parameter called `name` is `value`.
    ///
    /// # Panics
    /// If the neuron has no such parameter, `value` lies outside its [range](crate::number::ParameterRange), or something is
    /// learnable already: what is learned starts from the parameters.
    #[track_caller]
    pub fn with_parameter(self, name: &str, value: f64) -> Self {
        Self { population: self.population.with_parameter(name, value), neuron: self.neuron }
    }

    /// The same neurons, each of whose spikes is followed by a smaller, longer negative signal that cancels it
    /// over time: [`AfterSpike`](crate::layer::AfterSpike) with κ = `decay`. It is part of the output only; the
    /// neurons themselves do not see it.
    ///
    /// # Panics
    /// If `decay` is not in [0, 1).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    /// use snn_core::neuron::{GradedLif, GradedLifParameters};
    ///
    /// let constants = GradedLifParameters { decay: 0.0, threshold: 1.0, penalty: 1.5 };
    /// let neurons = Neurons::new(GradedLif::default(), constants).with_after_spike(0.5);
    /// let current = Tensor::<3>::from_data([[[2.0]], [[0.0]], [[0.0]], [[0.0]]], &Device::flex());
    /// let output: Vec<f32> = neurons.forward(current, None).output.into_data().iter::<f32>().collect();
    /// assert_eq!(output, [1.0, -0.5, -0.25, -0.125]);
    /// ```
    #[track_caller]
    pub fn with_after_spike(self, decay: f64) -> Self {
        Self { population: self.population.with_after_spike(decay), neuron: self.neuron }
    }

    /// The same neurons, whose output leaves `steps` steps late (axonal delay).
    pub fn with_delay(self, steps: usize) -> Self {
        Self { population: self.population.with_delay(steps), neuron: self.neuron }
    }

    /// The same neurons, which return the states named by `return_states` with each call.
    pub fn with_return_states(self, return_states: ReturnStates) -> Self {
        Self { population: self.population.with_return_states(return_states), neuron: self.neuron }
    }

    /// The same neurons with an execution of your choice; see [`ScanOptions::execution`](crate::scan::ScanOptions::execution).
    pub fn with_execution(self, execution: Execution) -> Self {
        Self { population: self.population.with_execution(execution), neuron: self.neuron }
    }

    /// The same neurons, whose parameter called `name` is learnable, starting from its constant: one value shared
    /// by all neurons (`features` 1) or one for each of `features` neurons.
    ///
    /// It is learned through a transform that keeps it in its [range](crate::number::ParameterRange);
    /// [`learn_as`](Self::learn_as) offers other ways.
    ///
    /// # Panics
    /// If the neuron has no such parameter, it is learnable already, `features` is 0, or it starts at a bound of its range,
    /// which the transform cannot reach.
    #[doc(alias = "learn_beta")]
    #[doc(alias = "learn_threshold")]
    #[track_caller]
    pub fn learn(self, name: &str, features: usize, device: &Device) -> Self {
        Self { population: self.population.learn(name, features, device), neuron: self.neuron }
    }

    /// The same, learned as `learning` says.
    ///
    /// # Panics
    /// As [`learn`](Self::learn).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Device;
    /// use snn_core::layer::{Learning, Neurons};
    /// use snn_core::neuron::Lif;
    ///
    /// let device = Device::flex();
    /// let transformed = Neurons::lif(0.9).learn("decay", 1, &device);
    /// let clamped = Neurons::lif(0.9).learn_as("decay", Learning::Clamped, 1, &device);
    /// let learned = |neurons: &Neurons<Lif>| neurons.learned[0].val().into_scalar::<f32>();
    /// assert!((learned(&transformed) - 9f32.ln()).abs() < 1e-5); // 0.9 = 1 / (1 + 1/9)
    /// assert_eq!(learned(&clamped), 0.9);
    /// ```
    #[track_caller]
    pub fn learn_as(self, name: &str, learning: Learning, features: usize, device: &Device) -> Self {
        Self { population: self.population.learn_as(name, learning, features, device), neuron: self.neuron }
    }

    /// The same neurons, whose state called `name` is learnable where a sequence begins, starting from where it rests: one
    /// value shared by all neurons (`features` 1) or one for each of `features` neurons.
    ///
    /// # Panics
    /// If the neuron has no such state, its beginning is learnable already, or `features` is 0.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    ///
    /// let device = Device::flex().autodiff();
    /// let neurons = Neurons::lif(0.5).learn_initial("membrane", 1, &device);
    /// let last = neurons.forward(Tensor::<3>::zeros([2, 1, 1], &device), None).last;
    /// let gradients = last.field::<2>("membrane").sum().backward();
    /// let gradient = neurons.learned[0].grad(&gradients).expect("a gradient").into_scalar::<f32>();
    /// assert_eq!(gradient, 0.25); // two steps of decay
    /// ```
    #[track_caller]
    pub fn learn_initial(self, name: &str, features: usize, device: &Device) -> Self {
        Self { population: self.population.learn_initial(name, features, device), neuron: self.neuron }
    }

    /// Another population of the same neurons: what is learned starts from the same values and goes its own way.
    pub fn apart(&self) -> Self {
        Self { population: self.population.apart(), neuron: self.neuron }
    }

    /// The same population as part of a layer: from now on a clone of it is the same population.
    pub(crate) fn placed(self) -> Self {
        Self { population: self.population.placed(), neuron: self.neuron }
    }

    /// The neuron.
    pub fn neuron(&self) -> &N {
        &self.neuron
    }

    /// The constants from which the neurons started.
    pub fn constants(&self) -> N::Parameters<f64> {
        N::Parameters::from_fn(|i| self.population.constants()[i])
    }

    /// The state in which a sequence begins, for a batch of shape `[batch, features..]`: where the neurons rest, by what is
    /// learned of it now, or the [learned beginning](Self::learn_initial).
    #[doc(alias = "init_leaky")]
    #[doc(alias = "reset_net")]
    #[doc(alias = "init_hidden")]
    #[track_caller]
    pub fn resting<const D: usize>(&self, shape: [usize; D], device: &Device) -> NeuronsState<N> {
        NeuronsState::new(self.population.resting(shape, device))
    }

    /// Runs through all time steps of `current [time, batch, features..]`; `None` starts at rest. See [`scan`](crate::scan::scan).
    ///
    /// # Panics
    /// As [`scan`](crate::scan::scan).
    #[track_caller]
    pub fn forward<const D: usize>(&self, current: Tensor<D>, state: Option<NeuronsState<N>>) -> NeuronsOutput<N, D> {
        self.population.forward(current, state.map(NeuronsState::erased)).of()
    }
}
