//! Small programs which embed `snn-core` and `snn-network` in other Burn models. Each has one function `run`, finishes in seconds, makes
//! its own data, and asserts what it shows. `cargo run -p snn-examples --example spiking_cnn` runs one of them, `cargo test`
//! all.
//!
//! | example | shows |
//! |---|---|
//! | [`first_network`] | a first network in one screen |
//! | [`spiking_cnn`] | spiking layers inside a Burn convolutional network |
//! | [`hybrid_learner`] | dense and spiking layers trained by burn-train's `Learner`, with metrics and dashboard |
//! | [`own_neuron`] | your own neuron in ten lines, and the line that checks it |
//! | [`streaming`] | inference step by step, as data come in |
//! | [`feedback`] | a network as data whose top feeds its lowest layer |
//! | [`pytorch_weights`] | weights from a PyTorch state dict into our layers and back |

pub mod bars;
pub mod feedback;
pub mod first_network;
pub mod hybrid_learner;
pub mod own_neuron;
pub mod pytorch_weights;
pub mod spiking_cnn;
pub mod streaming;

/// The code in the repository's README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The code of the page on extending compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending.md")]
pub struct Extending;
