//! Scans: a neuron run over all time steps at once.
//!
//! [`scan`] is the entry. Below it, three implementations of the same thing, each judged by the one before:
//!
//! 1. [`oracle`](fn@oracle): `f64`, one neuron at a time;
//! 2. `reference`: Burn's tensor operations and autodiff, on any device;
//! 3. `cpu`, `cube`: fused kernels with their own backward, behind the operation in `op`.

mod adjoint;
mod by_reference;
mod cpu;
mod cpu_step;
#[cfg(feature = "cube")]
pub(crate) mod cube;
mod declared;
mod erased;
mod from_rest;
mod op;
mod oracle;
mod plan;
mod reference;
mod run;
mod state;
pub(crate) mod tap;

pub(crate) use adjoint::{BackwardStep, Direction, adjoint};
pub(crate) use by_reference::ByReference;
pub(crate) use cpu_step::{StepBackward, StepColumns, StepForward};
pub(crate) use erased::{AnyNeuron, ErasedNeuron};
pub(crate) use from_rest::from_rest;
pub use oracle::{OracleGradients, OracleInput, OracleRun, oracle, oracle_gradients};
pub use plan::ReturnStates;
pub(crate) use plan::{Cotangent, Emitted, ScanPlan, Sizes};
pub use run::{NeuronsOutput, PopulationOutput, ScanOptions, scan, shared_parameters};
pub(crate) use run::{run, split_fields};
pub use state::{NeuronsState, PopulationState};
