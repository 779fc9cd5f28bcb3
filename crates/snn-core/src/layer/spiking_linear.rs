//! A linear map and the neurons it drives.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Neurons;
use crate::init::{WeightInit, seed_or_next, weight_and_bias};
use crate::neuron::Neuron;
use crate::noise::NoiseSeed;
use crate::norm::{ThresholdBatchNorm, ThresholdBatchNormConfig};
use crate::scan::{NeuronsOutput, NeuronsState};
use crate::synapse::{Precision, flickering_linear_in, linear_in};

/// Sizes and initial weights of a [`SpikingLinear`].
#[derive(Config, Copy, Debug, PartialEq)]
pub struct SpikingLinearConfig {
    /// Input features.
    pub inputs: usize,
    /// Neurons.
    pub neurons: usize,
    /// Whether a bias is added to the product.
    #[config(default = true)]
    pub bias: bool,
    /// Normalises the current between product and neurons: for as many channels as there are neurons, and their threshold.
    pub norm: Option<ThresholdBatchNormConfig>,
    /// How the weights are drawn.
    #[config(default = "WeightInit::XavierUniform")]
    pub initializer: WeightInit,
    /// The seed they are drawn from: the same weights on every backend. `None`: the next one of [`init::seed`](crate::init::seed),
    /// so that layers are independent.
    pub seed: Option<u64>,
}

impl SpikingLinearConfig {
    /// The layer. `neurons` are a prototype: what is learned of them is this layer's own.
    ///
    /// # Panics
    /// If a size is zero, or the norm is not for as many channels as there are neurons.
    #[track_caller]
    pub fn init<N: Neuron>(&self, neurons: Neurons<N>, device: &Device) -> SpikingLinear<Neurons<N>> {
        assert!(
            self.inputs > 0 && self.neurons > 0,
            "spiking linear layer: {} inputs and {} neurons, at least 1 of each needed",
            self.inputs,
            self.neurons
        );
        let seed = seed_or_next(self.seed);
        let (weight, bias) = weight_and_bias(self.initializer, self.inputs, self.neurons, seed, device);
        let norm = self.norm.map(|norm| {
            assert_eq!(
                norm.channels, self.neurons,
                "spiking linear layer: a norm of {} channels for {} neurons; as many are needed",
                norm.channels, self.neurons
            );
            norm.init(device)
        });
        SpikingLinear {
            weight,
            bias: self.bias.then_some(bias),
            norm,
            neurons: neurons.placed(),
            precision: Precision::F32,
        }
    }
}

/// A fully connected spiking layer: `current = x W + b` for all time steps at once, then the neurons.
///
/// `P` is the population of neurons: [`Neurons`] of some kind. Its state is [`NeuronsState`], its output [`NeuronsOutput`].
///
/// # Shapes
/// input `[time, batch, inputs]`, output `[time, batch, neurons]`
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::{Neurons, SpikingLinearConfig};
/// use snn_core::norm::ThresholdBatchNormConfig;
///
/// let device = Device::flex();
/// let layer = SpikingLinearConfig::new(6, 4).init(Neurons::lif(0.9), &device);
/// let spikes = layer.forward(Tensor::<3>::ones([8, 2, 6], &device), None).output;
/// assert_eq!(spikes.dims(), [8, 2, 4]);
/// // Normalised to the threshold of its neurons, which makes a bias of its own needless.
/// let norm = ThresholdBatchNormConfig::new(4, 1.0);
/// let layer = SpikingLinearConfig::new(6, 4).with_bias(false).with_norm(Some(norm)).init(Neurons::lif(0.9), &device);
/// assert!(layer.bias.is_none());
/// ```
#[derive(Module, Debug)]
pub struct SpikingLinear<P> {
    /// `[inputs, neurons]`
    pub weight: Param<Tensor<2>>,
    /// `[neurons]`
    pub bias: Option<Param<Tensor<1>>>,
    /// Between product and neurons.
    pub norm: Option<ThresholdBatchNorm>,
    /// The neurons.
    pub neurons: P,
    #[module(skip)]
    precision: Precision,
}

impl<P> SpikingLinear<P> {
    /// The same layer, whose products are computed in another precision.
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }
}

impl<N: Neuron> SpikingLinear<Neurons<N>> {
    /// Runs through all time steps of `input [time, batch.., inputs]`; `None` starts at rest.
    ///
    /// # Panics
    /// If the last axis is not the number of inputs, or the state does not fit.
    #[track_caller]
    pub fn forward<const D: usize>(&self, input: Tensor<D>, state: Option<NeuronsState<N>>) -> NeuronsOutput<N, D> {
        self.neurons.forward(self.current(input), state)
    }

    /// The same for a constant `input [batch, inputs]` multiplied by fresh noise at each step: see [`flickering_linear`](crate::synapse::flickering_linear).
    ///
    /// # Panics
    /// As [`forward`](Self::forward), and if there is no time step.
    #[track_caller]
    pub fn forward_flickering(
        &self,
        input: Tensor<2>,
        steps: usize,
        noise: NoiseSeed,
        state: Option<NeuronsState<N>>,
    ) -> NeuronsOutput<N, 3> {
        let current = flickering_linear_in(self.precision, input, self.weight.val(), self.bias_or_zero(), steps, noise);
        self.neurons.forward(self.normalised(current), state)
    }

    /// The same for a constant `input [batch, inputs]`: one product serves all steps.
    ///
    /// # Panics
    /// As [`forward`](Self::forward), and if there is no time step.
    #[track_caller]
    pub fn forward_constant(
        &self,
        input: Tensor<2>,
        steps: usize,
        state: Option<NeuronsState<N>>,
    ) -> NeuronsOutput<N, 3> {
        let current = linear_in(self.precision, input, self.weight.val(), self.bias_or_zero());
        let [batch, neurons] = current.dims();
        let current = current.unsqueeze::<3>().expand([steps, batch, neurons]);
        self.neurons.forward(self.normalised(current), state)
    }

    /// The input current of the neurons.
    #[track_caller]
    fn current<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        self.normalised(linear_in(self.precision, input, self.weight.val(), self.bias_or_zero()))
    }

    fn normalised<const D: usize>(&self, current: Tensor<D>) -> Tensor<D> {
        let Some(norm) = &self.norm else { return current };
        let shape = current.shape();
        let samples: usize = shape[1..D - 1].iter().product();
        norm.forward(current.reshape([shape[0], samples, shape[D - 1]])).reshape(shape)
    }

    fn bias_or_zero(&self) -> Tensor<1> {
        match &self.bias {
            Some(bias) => bias.val(),
            None => {
                let weight = self.weight.val();
                Tensor::zeros([weight.dims()[1]], &weight.device())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{DelayConfig, InitialDelay, RecurrentConfig, ReluMlpConfig, SpikingStackConfig};
    use crate::norm::BatchNormThroughTimeConfig;

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    #[test]
    fn configurations_can_be_saved() {
        fn same<C: Config + PartialEq + std::fmt::Debug>(config: C) {
            let saved = burn::config::config_to_json(&config);
            assert_eq!(C::load_binary(saved.as_bytes()).expect(&saved), config);
        }
        let norm = ThresholdBatchNormConfig::new(4, 1.0).with_alpha(0.5);
        let gain = WeightInit::Gain(1.25.into());
        same(SpikingLinearConfig::new(6, 4).with_bias(false).with_norm(Some(norm)).with_initializer(gain));
        same(RecurrentConfig::new(4).with_seed(Some(u64::MAX)));
        same(DelayConfig::new(4, 3).with_initial(InitialDelay::Steps(1.5)));
        same(SpikingStackConfig::new(vec![6, 5, 3], 8));
        same(ReluMlpConfig::new(vec![6, 3]));
        same(norm);
        same(BatchNormThroughTimeConfig::new(8, 4).with_momentum(0.2));
    }

    #[test]
    fn without_a_bias_the_weights_are_the_same_and_the_bias_is_zero() {
        let device = Device::flex();
        let config = SpikingLinearConfig::new(6, 4).with_seed(Some(3));
        let (mut with, without) = (config.init(Neurons::lif(0.9), &device), config.with_bias(false));
        let without = without.init(Neurons::lif(0.9), &device);
        assert_eq!(values(with.weight.val()), values(without.weight.val()));
        assert_eq!((Module::num_params(&with), Module::num_params(&without)), (6 * 4 + 4, 6 * 4));
        with.bias = Some(Param::from_tensor(Tensor::zeros([4], &device)));
        let input = Tensor::<3>::ones([8, 2, 6], &device);
        let membrane =
            |layer: &SpikingLinear<Neurons<_>>| values(layer.forward(input.clone(), None).last.field::<2>("membrane"));
        assert_eq!(membrane(&with), membrane(&without));
    }

    #[test]
    fn a_norm_stands_between_product_and_neurons() {
        let device = Device::flex().autodiff();
        let norm = ThresholdBatchNormConfig::new(4, 2.0);
        let config = SpikingLinearConfig::new(6, 4).with_seed(Some(3));
        let plain = config.init(Neurons::lif(0.9), &device);
        let layer = config.with_norm(Some(norm)).init(Neurons::lif(0.9), &device);
        let input = Tensor::<1, burn::tensor::Int>::arange(0..8 * 2 * 6, &device).float().sin().reshape([8, 2, 6]);
        let current = linear_in(Precision::F32, input.clone(), plain.weight.val(), plain.bias_or_zero());
        let expected = plain.neurons.forward(norm.init(&device).forward(current), None);
        let found = layer.forward(input, None);
        assert_eq!(values(found.output.clone()), values(expected.output));
        assert!(found.output.sum().into_scalar::<f32>() > 0.0, "spikes were compared");
        // A constant is normalised like the sequence it is.
        let constant = Tensor::<1, burn::tensor::Int>::arange(0..2 * 6, &device).float().sin().reshape([2, 6]);
        let sequence = constant.clone().unsqueeze::<3>().expand([8, 2, 6]);
        let membrane = |output: NeuronsOutput<_, 3>| values(output.last.field::<2>("membrane"));
        let (a, b) = (layer.forward_constant(constant, 8, None), layer.forward(sequence, None));
        for (a, b) in membrane(a).into_iter().zip(membrane(b)) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[test]
    #[should_panic(expected = "spiking linear layer: a norm of 3 channels for 4 neurons")]
    fn a_norm_of_another_size_is_refused() {
        let config = SpikingLinearConfig::new(6, 4).with_norm(Some(ThresholdBatchNormConfig::new(3, 1.0)));
        config.init(Neurons::lif(0.9), &Device::flex());
    }
}
