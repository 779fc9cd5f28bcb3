//! Layers: synapses and neurons as Burn modules, and blocks of layers which run through time.

mod after_spike;
mod definition;
mod delay;
mod learning;
mod lifted;
mod neurons;
mod population;
mod population_module;
mod recurrent;
mod relu_mlp;
mod segments;
mod spiking_linear;
mod spiking_stack;

pub(crate) use after_spike::with_after_spikes;
pub use after_spike::{AfterSpike, AfterSpikeParameters, AfterSpikeState};
pub use definition::Definition;
pub use delay::{Delay, DelayConfig, DelayState, InitialDelay};
pub use learning::Learning;
pub use lifted::{FrameModule, Lifted, over_time};
pub use neurons::Neurons;
pub use population::Population;
pub use recurrent::{Recurrent, RecurrentConfig, RecurrentOutput, RecurrentState};
pub use relu_mlp::{ReluMlp, ReluMlpConfig};
pub use spiking_linear::{SpikingLinear, SpikingLinearConfig};
pub use spiking_stack::{Encoding, SpikingStack, SpikingStackConfig, SpikingStackOutput};
