//! Where something can run: fused kernels or tensor operations, what fits into a device's memory, and what a CPU and its
//! buffers have.
//!
//! [`Execution::on`] decides between fused and reference, for scans and synapses alike. [`check_size`] tells before the work
//! begins whether a tensor fits.

pub(crate) mod columns;
#[cfg(feature = "cube")]
pub(crate) mod cube;
mod execution;
pub(crate) mod host;
mod limits;
pub(crate) mod simd;
pub(crate) mod uninit;

pub use execution::{Execution, ExecutionCounts, execution_counts};
pub(crate) use execution::{count_forward, count_fused_backward, has_operations, is_host};
pub(crate) use limits::require_size;
pub use limits::{check_size, largest_tensor};
