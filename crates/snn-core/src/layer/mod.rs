//! Layers: synapses and neurons as Burn modules, and blocks of layers which run through time.

mod after_spike;
mod block;
mod dense;
mod neurons;
mod segments;
mod spiking_linear;

pub use after_spike::{AfterSpike, AfterSpikeParameters, AfterSpikeState};
pub use block::{ArticleNet, Block, BlockConfig, BlockRun, Encoding};
pub use dense::{DenseNet, DenseNetConfig};
pub use neurons::Neurons;
pub use spiking_linear::{SpikingLinear, SpikingLinearConfig};
