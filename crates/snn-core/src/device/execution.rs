//! Fused or reference: the one place where it is decided, and the counters that prove it.

use std::sync::atomic::{AtomicU64, Ordering};

use burn::backend::DispatchDevice;
use burn::tensor::{DType, Device};

/// How a scan runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// One kernel over all time steps, with its own backward.
    Fused,
    /// Tensor operations step by step, differentiated by Burn.
    Reference,
}

impl Execution {
    /// The path a scan takes on `device` for tensors of type `dtype`, unless the caller names another.
    ///
    /// Kernels exist for flex, ndarray and the CubeCL devices (wgpu, cuda, ...) in `f32`, as far as they are
    /// compiled into this crate; everything else takes the reference.
    pub fn on(device: &Device, dtype: DType) -> Self {
        if dtype != DType::F32 {
            return Self::Reference;
        }
        if has_operations(device) { Self::Fused } else { Self::Reference }
    }

    /// `"fused"` or `"reference"`, as reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fused => "fused",
            Self::Reference => "reference",
        }
    }
}

/// Whether the operations of this crate are compiled in for `device`.
pub(crate) fn has_operations(device: &Device) -> bool {
    match without_autodiff(device.as_dispatch()) {
        #[cfg(feature = "cube")]
        DispatchDevice::Cube(_) => true,
        _ => is_host(device),
    }
}

/// Whether `device` is the CPU through flex or ndarray.
pub(crate) fn is_host(device: &Device) -> bool {
    match without_autodiff(device.as_dispatch()) {
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => true,
        #[allow(unreachable_patterns)]
        _ => false,
    }
}

fn without_autodiff(device: &DispatchDevice) -> DispatchDevice {
    device.clone().inner()
}

static FUSED_FORWARD: AtomicU64 = AtomicU64::new(0);
static FUSED_BACKWARD: AtomicU64 = AtomicU64::new(0);
static REFERENCE: AtomicU64 = AtomicU64::new(0);

pub(crate) fn count_forward(execution: Execution) {
    match execution {
        Execution::Fused => FUSED_FORWARD.fetch_add(1, Ordering::Relaxed),
        Execution::Reference => REFERENCE.fetch_add(1, Ordering::Relaxed),
    };
}

pub(crate) fn count_fused_backward() {
    FUSED_BACKWARD.fetch_add(1, Ordering::Relaxed);
}

/// How often each path ran in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionCounts {
    /// Fused forward scans.
    pub fused_forward: u64,
    /// Fused backward scans.
    pub fused_backward: u64,
    /// Forward scans on the reference path.
    pub reference: u64,
}

/// How often each path ran in this process, so that a test can prove it did not compare the reference with
/// itself.
pub fn execution_counts() -> ExecutionCounts {
    ExecutionCounts {
        fused_forward: FUSED_FORWARD.load(Ordering::Relaxed),
        fused_backward: FUSED_BACKWARD.load(Ordering::Relaxed),
        reference: REFERENCE.load(Ordering::Relaxed),
    }
}
