//! Spiking layers run through time: usable as one layer of an ordinary network.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::{Neurons, SpikingLinear, SpikingLinearConfig};
use crate::init::seed_or_next;
use crate::neuron::{GradedLif, GradedLifParameters, GradedLifReset, Neuron};
use crate::noise::{NoiseSeed, derive_seed};
use crate::readout::Readout;
use crate::scan::{NeuronsOutput, NeuronsState, ReturnStates};

/// How a sample becomes a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encoding {
    /// Each value times fresh noise, uniform in [0, 1), at each step: the article's input.
    #[default]
    Flicker,
    /// The same values at each step.
    Constant,
}

/// What a [`SpikingStack`] is made of.
#[derive(Config, Debug, PartialEq)]
pub struct SpikingStackConfig {
    /// Features of the input and of each layer: `[784, 100, 10]` in the article.
    pub sizes: Vec<usize>,
    /// Time steps, T.
    pub time_steps: usize,
    /// How the input becomes a sequence.
    #[config(default = "Encoding::Flicker")]
    pub encoding: Encoding,
    /// How the membranes of the last layer are reduced over time.
    #[config(default = "Readout::Mean")]
    pub readout: Readout,
    /// The first time step the readout sees.
    #[config(default = 0)]
    pub begin_readout: usize,
    /// The seed of the initial weights. `None`: the next one of [`init::seed`](crate::init::seed), so that layers are
    /// independent.
    pub seed: Option<u64>,
}

impl SpikingStackConfig {
    /// The article's network: 784-100-10, 128 time steps, flickering input, mean of all membranes.
    pub fn chevalier2018(seed: u64) -> Self {
        Self::new(vec![784, 100, 10], 128).with_seed(Some(seed))
    }

    /// A stack of the article's neurons with the constants of its network: λ = 0.9, θ = 1, ρ = 1.5, outputs one
    /// step late.
    pub fn init_chevalier2018(&self, reset: GradedLifReset, device: &Device) -> SpikingStack<Neurons<GradedLif>> {
        let constants = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };
        self.init(|_| Neurons::new(GradedLif { reset }, constants).with_delay(1), ReturnStates::BeforeStep, device)
    }

    /// A stack whose layer `index` has the neurons `neurons(index)`. `membranes` tells which state the readout
    /// sees: that before each step (one step late, as in the article), or after it.
    ///
    /// # Panics
    /// If there are fewer than two sizes, no time step, no step left to read out, or nothing recorded.
    #[track_caller]
    pub fn init<N: Neuron>(
        &self,
        neurons: impl Fn(usize) -> Neurons<N>,
        membranes: ReturnStates,
        device: &Device,
    ) -> SpikingStack<Neurons<N>> {
        assert!(self.sizes.len() >= 2, "spiking stack: {} sizes, at least 2 needed", self.sizes.len());
        assert!(
            self.begin_readout < self.time_steps,
            "spiking stack: the readout begins at step {} of {}, at least one step must be left",
            self.begin_readout,
            self.time_steps
        );
        assert!(membranes != ReturnStates::Nothing, "spiking stack: the readout needs recorded membranes");
        let (last, seed) = (self.sizes.len() - 2, seed_or_next(self.seed));
        let layers = self.sizes.windows(2).enumerate().map(|(index, pair)| {
            let config = SpikingLinearConfig::new(pair[0], pair[1]).with_seed(Some(derive_seed(seed, index as u64)));
            let neurons = neurons(index);
            let neurons = if index == last { neurons.with_return_states(membranes) } else { neurons };
            config.init(neurons, device)
        });
        SpikingStack {
            layers: layers.collect(),
            time_steps: self.time_steps,
            encoding: self.encoding,
            readout: self.readout,
            begin_readout: self.begin_readout,
        }
    }
}

/// Spiking layers, run through time: repeat the input (flickering), let all layers spike, reduce the membranes
/// of the last one.
///
/// From outside it is one layer, `[batch, inputs] -> [batch, outputs]`, for any Burn network.
///
/// # Gradient
/// With respect to weights, learned parameters of the neurons, and the input.
///
/// # Source
/// Chevalier (2018), class `SpikingNet` (without its softmax).
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::SpikingStackConfig;
/// use snn_core::neuron::GradedLifReset;
/// use snn_core::noise::NoiseSeed;
///
/// let device = Device::flex();
/// let stack = SpikingStackConfig::new(vec![6, 5, 3], 8).init_chevalier2018(GradedLifReset::Scaled, &device);
/// let logits = stack.forward(Tensor::ones([4, 6], &device), NoiseSeed::new(0));
/// assert_eq!(logits.dims(), [4, 3]);
/// ```
#[derive(Module, Debug)]
pub struct SpikingStack<P> {
    /// The layers, input first.
    pub layers: Vec<SpikingLinear<P>>,
    time_steps: usize,
    #[module(skip)]
    encoding: Encoding,
    #[module(skip)]
    readout: Readout,
    begin_readout: usize,
}

/// What a stack did: its result, and what each layer returned.
#[derive(Clone, Debug)]
pub struct SpikingStackOutput<N: Neuron> {
    /// `[batch, outputs]`
    pub logits: Tensor<2>,
    /// Outputs, recorded states and last state of each layer.
    pub layers: Vec<NeuronsOutput<N, 3>>,
}

impl<N: Neuron> SpikingStack<Neurons<N>> {
    /// Time steps, T.
    pub fn time_steps(&self) -> usize {
        self.time_steps
    }

    /// The same stack, which returns the states of *all* layers. It changes no result.
    pub fn recording(mut self) -> Self {
        let record = self.layers.last().expect("at least one layer").neurons.options().return_states;
        for layer in &mut self.layers {
            layer.neurons = layer.neurons.clone().with_return_states(record);
        }
        self
    }

    /// `[batch, outputs]` from `[batch, inputs]`.
    #[track_caller]
    pub fn forward(&self, input: Tensor<2>, noise: NoiseSeed) -> Tensor<2> {
        self.run(input, noise).logits
    }

    /// The same, with what each layer did.
    #[track_caller]
    pub fn run(&self, input: Tensor<2>, noise: NoiseSeed) -> SpikingStackOutput<N> {
        self.read_out(self.run_steps(input, noise, self.time_steps, None))
    }

    /// The same for an input that is a sequence already, `[time, batch, inputs]`, of any length.
    #[track_caller]
    pub fn run_sequence(&self, input: Tensor<3>) -> SpikingStackOutput<N> {
        let first = self.layers[0].forward(input, None);
        self.read_out(self.run_behind(first, None))
    }

    /// What each layer does in `steps` time steps, going on from `states` (one for each layer) or from rest.
    pub(crate) fn run_steps(
        &self,
        input: Tensor<2>,
        noise: NoiseSeed,
        steps: usize,
        states: Option<Vec<NeuronsState<N>>>,
    ) -> Vec<NeuronsOutput<N, 3>> {
        let layer = &self.layers[0];
        let state = states.as_ref().map(|states| states[0].clone());
        let first = match self.encoding {
            Encoding::Flicker => layer.forward_flickering(input, steps, noise, state),
            Encoding::Constant => layer.forward_constant(input, steps, state),
        };
        self.run_behind(first, states)
    }

    /// The layers behind the first one.
    fn run_behind(&self, first: NeuronsOutput<N, 3>, states: Option<Vec<NeuronsState<N>>>) -> Vec<NeuronsOutput<N, 3>> {
        let mut layers = vec![first];
        for (index, layer) in self.layers.iter().enumerate().skip(1) {
            let state = states.as_ref().map(|states| states[index].clone());
            layers.push(layer.forward(layers[index - 1].output.clone(), state));
        }
        layers
    }

    fn read_out(&self, layers: Vec<NeuronsOutput<N, 3>>) -> SpikingStackOutput<N> {
        let membranes = membranes(&layers);
        SpikingStackOutput { logits: self.readout.reduce(membranes, self.begin_readout), layers }
    }

    /// How the membranes are read out, and from which step on.
    pub(crate) fn readout(&self) -> (Readout, usize) {
        (self.readout, self.begin_readout)
    }
}

/// The membranes of the last layer, `[time, batch, outputs]`.
pub(crate) fn membranes<N: Neuron>(layers: &[NeuronsOutput<N, 3>]) -> Tensor<3> {
    layers[layers.len() - 1].states[0].clone()
}
