//! Layers: synapses and neurons as Burn modules.
//!
//! | layer | what | elsewhere |
//! |---|---|---|
//! | [`Neurons`] | a population of neurons of one kind | snnTorch `Leaky`, SpikingJelly `LIFNode`, Norse `LIFBoxCell` |
//! | [`Population`] | the same, its kind chosen while the program runs | |
//! | [`SpikingLinear`] | `current = x W + b`, an optional norm, then neurons | |
//! | [`Recurrent`] | neurons whose output comes back through a second weight | snnTorch `RLeaky`, SpikingJelly `LinearRecurrentContainer`, Norse `LIFRecurrentCell` |
//! | [`Delay`] | each output arrives later by a time that is learned | SpikingJelly `Delay`, DCLS |
//! | [`SpikingStack`] | spiking layers run through time and read out, as one layer of an ordinary network | |
//! | [`Lifted`], [`over_time`] | any module of Burn (convolution, pooling, norm) at each time step | SpikingJelly `SeqToANNContainer`, Norse `Lift` |
//! | [`conv1d`], [`conv2d`] | Burn's convolutions, faster on the CPU, and cheaper the fewer spikes there are | |
//! | [`AfterSpike`] | the negative signal after each spike: [`Neurons::with_after_spike`] | |
//! | [`ReluMlp`] | the same sizes without spikes, for comparison | |
//!
//! What people begin with is one expression: [`Neurons::lif(0.9)`](Neurons::lif), [`Neurons::cuba_lif`],
//! [`Neurons::integrate_and_fire`], [`Neurons::leaky_integrator`].
//!
//! # One pattern
//!
//! A layer `X` is made by its `XConfig`, a [`Config`](burn::config::Config) of Burn: what is needed goes into `new`, the rest has
//! defaults and `with_*`, and it can be saved. `forward(input, state)` returns an `XOutput`, whose `last` is the `XState` after
//! the last step; `None` starts at rest. The state of neurons has [named fields](crate::scan::NeuronsState::field).
//!
//! ```
//! use burn::config::Config;
//! use burn::tensor::{Device, Tensor};
//! use snn_core::layer::{Neurons, SpikingLinearConfig};
//!
//! let config = SpikingLinearConfig::new(6, 4).with_seed(Some(1));
//! assert!(config.to_string().contains("XavierUniform")); // as JSON
//! let layer = config.init(Neurons::lif(0.9), &Device::flex());
//! let first = layer.forward(Tensor::<3>::ones([8, 2, 6], &Device::flex()), None);
//! let membrane: Tensor<2> = first.last.field("membrane"); // [batch, neurons]
//! assert_eq!(membrane.dims(), [2, 4]);
//! let then = layer.forward(Tensor::<3>::ones([3, 2, 6], &Device::flex()), Some(first.last));
//! assert_eq!(then.output.dims(), [3, 2, 4]);
//! ```
//!
//! # A model of any neurons
//!
//! Burn's `derive(Module)` asks of every type parameter that it is a module itself. A neuron is none; its population is. So a
//! model is generic over the population, and its methods over the neuron:
//!
//! ```
//! use burn::module::Module;
//! use burn::tensor::{Device, Tensor};
//! use snn_core::layer::{Neurons, SpikingLinear, SpikingLinearConfig};
//! use snn_core::neuron::{Izhikevich, Neuron};
//!
//! #[derive(Module, Debug)]
//! struct Net<P> {
//!     hidden: SpikingLinear<P>,
//!     output: SpikingLinear<P>,
//! }
//!
//! impl<N: Neuron> Net<Neurons<N>> {
//!     fn new(neurons: Neurons<N>, device: &Device) -> Self {
//!         Self {
//!             hidden: SpikingLinearConfig::new(6, 5).init(neurons.clone(), device),
//!             output: SpikingLinearConfig::new(5, 2).init(neurons, device),
//!         }
//!     }
//!
//!     fn forward(&self, spikes: Tensor<3>) -> Tensor<3> {
//!         let hidden = self.hidden.forward(spikes, None).output;
//!         self.output.forward(hidden, None).output
//!     }
//! }
//!
//! let device = Device::flex();
//! let input = Tensor::<3>::ones([8, 3, 6], &device);
//! assert_eq!(Net::new(Neurons::lif(0.9), &device).forward(input.clone()).dims(), [8, 3, 2]);
//! assert_eq!(Net::new(Neurons::<Izhikevich>::default(), &device).forward(input).dims(), [8, 3, 2]);
//! ```

mod after_spike;
mod convolution;
mod definition;
mod delay;
mod lifted;
mod neurons;
mod population;
mod population_module;
mod recurrent;
mod relu_mlp;
mod shortcuts;
mod spiking_linear;
mod spiking_stack;
mod transform;

pub(crate) use after_spike::with_after_spikes;
pub use after_spike::{AfterSpike, AfterSpikeParameters, AfterSpikeState};
pub use convolution::{conv1d, conv1d_in, conv2d, conv2d_in};
pub use definition::Definition;
pub use delay::{Delay, DelayConfig, DelayOutput, DelayState, InitialDelay};
pub use lifted::{FrameModule, Lifted, over_time};
pub use neurons::Neurons;
pub use population::Population;
pub use recurrent::{Recurrent, RecurrentConfig, RecurrentOutput, RecurrentState};
pub use relu_mlp::{ReluMlp, ReluMlpConfig};
pub use spiking_linear::{SpikingLinear, SpikingLinearConfig};
pub(crate) use spiking_stack::membranes;
pub use spiking_stack::{Encoding, SpikingStack, SpikingStackConfig, SpikingStackOutput};
pub use transform::Learning;
