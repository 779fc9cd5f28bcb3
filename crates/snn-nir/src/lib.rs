//! NIR, the Neuromorphic Intermediate Representation, in Rust alone: spiking networks as graphs that most tools exchange.
//!
//! [`Graph::open`] reads a `.nir` file, [`Graph::save`] writes one. No Python, no C library: it runs wherever Rust runs, from
//! [bytes](Graph::from_bytes) in a browser too. All 19 types of nodes are [here](Node), in the form of every release from 0.1 to 1.0.8.
//!
//! NIR says what a network is, in continuous time, and not in which steps to run it. [`Graph::check`] takes a [`Step`] and returns a
//! [`Checked`] graph: subgraphs inlined, every shape inferred along the edges, parameters checked, nodes in the order in which they
//! run, and the edges on cycles that take a step. Whatever runs networks can be built on that; this crate does not run them.
//!
//! ```
//! use snn_nir::{Affine, Array, Graph, If, Input, Output, Rule, Step};
//!
//! let mut graph = Graph::new();
//! graph
//!     .add("input", Input { shape: vec![2] })?
//!     .add("fc", Affine { weight: Array::new([1, 2], vec![0.25f32, 0.5])?, bias: Array::vector(vec![0.0f32]) })?
//!     .add("if", If { r: Array::scalar(1.0), v_threshold: Array::scalar(1.0), v_reset: None })?
//!     .add("output", Output { shape: vec![1] })?
//!     .connect("input", "fc")?
//!     .connect("fc", "if")?
//!     .connect("if", "output")?;
//! let bytes = graph.to_bytes()?;
//!
//! let graph = Graph::from_bytes(&bytes)?;
//! let checked = graph.check(Step::new(1e-3, Rule::Euler)?)?;
//! for lint in checked.lints() {
//!     println!("{lint}");
//! }
//! // "the graph has no time constant, and its integrators have r = 1: Sinabs, Norse and snnTorch mean one step by that, dt = 1; .."
//! assert_eq!(checked.lints().len(), 1);
//! # Ok::<(), snn_nir::Error>(())
//! ```
//!
//! # What is refused
//!
//! What this crate does not understand is an [`Error`], one sentence that says what was found, what was expected and where; nothing is
//! dropped. [`Lint`]s are about graphs that can be run and may not mean what was intended.
//!
//! Files may come from strangers: damaged ones, ones that declare terabytes or contain themselves, and ones that point to other files
//! are errors too, after little time and in little memory ([`Limits`]). Links, external storage and virtual datasets are never
//! followed.
//!
//! # Recorded activity
//!
//! [`Recording`] reads and writes NIR's second format: what the nodes of a graph did, on a grid of steps or as events.

mod array;
mod components;
mod error;
mod fields;
mod file;
mod flat;
mod graph;
mod limits;
mod links;
mod lint;
mod metadata;
mod node;
mod order;
mod parameters;
mod read;
mod recording;
mod shape;
mod step;
mod tree;
mod write;

pub use array::{Array, Values};
pub use error::{Error, Problem};
pub use flat::{Flat, FlatNode};
pub use graph::{Graph, NIR_VERSION};
pub use limits::Limits;
pub use lint::Lint;
pub use metadata::{Metadata, Value};
pub use node::{
    Affine, AvgPool2d, Conv1d, Conv2d, CubaLi, CubaLif, Delay, Flatten, I, If, Input, Li, Lif, Linear, Node, Output,
    Padding, Scale, SumPool2d, Threshold,
};
pub use order::{Checked, Component, Source};
pub use recording::{Observable, Recorded, Recording};
pub use step::{Rule, Step};
