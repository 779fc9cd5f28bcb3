//! A spiking network written as data: nodes and edges in a file, or put together by a program, become a Burn module.
//!
//! ```text
//! network file (TOML) --> NetworkFile --> Network (a Burn module) --> logits, states, recordings
//! ```
//!
//! [`NetworkFile`] is the data, [`Network`] the module, [`NetworkState`] what it carries from one call to the next,
//! [`Network::summary`] a table of what it is made of. The populations inside are those of `snn-core`; the same network put
//! together from its typed layers has the same bits.

mod connect;
mod describe;
mod error;
mod file;
mod graph;
mod keys;
mod module;
mod network;
mod neurons;
mod node;
mod run;
mod segments;
mod setting;
mod signal;
mod sizes;
mod state;
mod summary;

pub use describe::PopulationSummary;
pub use error::{Error, Result};
pub use file::{EdgeFile, NetworkFile};
pub use keys::{Keys, none_of};
pub use network::{InputShape, Network, Options};
pub use neurons::NEURONS;
pub use node::{ENCODERS, NORMS, READOUTS};
pub use run::{NetworkRun, Output};
pub use setting::Setting;
pub use state::NetworkState;
pub use summary::{NodeSummary, Summary};
