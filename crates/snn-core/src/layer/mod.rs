//! Layers: synapses and neurons as Burn modules, and blocks of layers which run through time.

mod after_spike;
mod block;
mod definition;
mod delay;
mod dense;
mod learning;
mod lifted;
mod neurons;
mod neurons_module;
mod recurrent;
mod segments;
mod spiking_linear;

pub(crate) use after_spike::with_after_spikes;
pub use after_spike::{AfterSpike, AfterSpikeParameters, AfterSpikeState};
pub use block::{ArticleNet, Block, BlockConfig, BlockRun, Encoding};
pub use definition::Definition;
pub use delay::{Delay, DelayConfig, DelayState, InitialDelay};
pub use dense::{DenseNet, DenseNetConfig};
pub use learning::Learning;
pub use lifted::{FrameModule, Lifted, over_time};
pub use neurons::Neurons;
pub use recurrent::{Recurrent, RecurrentConfig, RecurrentRun, RecurrentState};
pub use spiking_linear::{SpikingLinear, SpikingLinearConfig};
