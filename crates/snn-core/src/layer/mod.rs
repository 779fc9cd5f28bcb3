//! Layers: synapses and neurons as Burn modules, and blocks of layers which run through time.

mod block;
mod dense;
mod neurons;
mod segments;
mod spiking_linear;

pub use block::{ArticleNet, Block, BlockConfig, BlockRun, Encoding};
pub use dense::{DenseNet, DenseNetConfig};
pub use neurons::Neurons;
pub use spiking_linear::{SpikingLinear, SpikingLinearConfig};
