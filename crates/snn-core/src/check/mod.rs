//! Checks of a neuron: oracle, finite differences, reference and kernels against each other.
//!
//! [`check`] is one line for a neuron of your own; the neurons of this crate are judged by the same line.

mod awkward;
mod cases;
mod finite;
mod recurrent;
mod run;
mod shared;

use burn::tensor::Device;
#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
#[cfg(feature = "cube")]
use burn::tensor::DeviceType;

use crate::neuron::Neuron;
pub use shared::shared_parameters;

/// Relative error, `‖found - expected‖₂ / ‖expected‖₂`, allowed between `f32` and the `f64` oracle. Where rounding the
/// input alone changes the oracle's result by more, as in neurons that amplify small differences, fifty times that
/// change is allowed instead.
pub const TOLERANCE: f64 = 2e-5;

/// What a [`check`] compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckReport {
    /// Tensors compared with the oracle, over all cases, devices and paths.
    pub comparisons: usize,
    /// Derivatives compared with finite differences.
    pub differences: usize,
    /// The largest relative error of a tensor.
    pub worst: f64,
    /// Columns (one neuron of one sample) that took part.
    pub columns: usize,
    /// Columns left out because a membrane came closer to its threshold than `f32` can tell apart from it, or because the
    /// neuron is chaotic there: `f32` and `f64` may rightly disagree on a spike.
    pub undecidable: usize,
    /// Spikes, or outputs other than zero, which the oracle sent.
    pub spikes: usize,
}

/// Runs `neuron` with the given parameters through the table of cases, on every device compiled in: the oracle's
/// gradients against finite differences; outputs, states and every gradient of the reference and of the fused
/// kernels against the oracle; and proves that the fused kernels ran. Then neurons that hear each other, against the same one step
/// after the other. Then the same at awkward values, as input, as state
/// and as parameter: not a number, infinities, 1e38, subnormal ones, a membrane exactly at its threshold.
///
/// # Panics
/// If anything differs by more than [`TOLERANCE`]; the message lists what. And if no derivative flows through the neuron's
/// spikes, because they were compared without [`surrogate`](crate::number::Scalar::surrogate): nothing could be learned.
///
/// # Example
/// ```
/// use snn_core::neuron::{GradedLif, GradedLifParameters};
///
/// let parameters = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };
/// let report = snn_core::check::check(GradedLif::default(), parameters);
/// assert!(report.comparisons > 100 && report.spikes > 100);
/// ```
pub fn check<N: Neuron>(neuron: N, parameters: N::Parameters<f64>) -> CheckReport {
    check_on(neuron, parameters, &devices())
}

/// The same on devices of your choice, each with its name.
///
/// # Panics
/// See [`check`].
pub fn check_on<N: Neuron>(
    neuron: N,
    parameters: N::Parameters<f64>,
    devices: &[(&'static str, Device)],
) -> CheckReport {
    let (report, failures) = run::run(&neuron, &parameters, devices);
    assert!(
        failures.is_empty(),
        "check of {neuron:?}: {} of {} comparisons failed\n{}",
        failures.len(),
        report.comparisons + report.differences,
        failures.join("\n")
    );
    report
}

/// The compiled-in devices that this machine has, one for each backend, each with its name.
///
/// # Panics
/// If a GPU backend is compiled in, finds no device, and the environment variable `SNN_REQUIRE_WGPU` or
/// `SNN_REQUIRE_CUDA` is set, as it is where tests must not pass without one.
pub fn devices() -> Vec<(&'static str, Device)> {
    #[allow(unused_mut)]
    let mut devices = vec![("flex", Device::flex())];
    #[cfg(feature = "ndarray")]
    #[allow(deprecated)] // by Burn, in favour of flex; users still ask for it
    devices.push(("ndarray", Device::ndarray()));
    #[cfg(feature = "wgpu")]
    if is_there("wgpu", DeviceType::Wgpu, "SNN_REQUIRE_WGPU") {
        devices.push(("wgpu", Device::wgpu(DeviceKind::DefaultDevice)));
    }
    #[cfg(feature = "cuda")]
    if is_there("cuda", DeviceType::Cuda, "SNN_REQUIRE_CUDA") {
        devices.push(("cuda", Device::cuda(0)));
    }
    devices
}

#[cfg(feature = "cube")]
fn is_there(backend: &str, kind: DeviceType, required: &str) -> bool {
    let found = !Device::enumerate(kind).is_empty();
    if !found {
        assert!(std::env::var_os(required).is_none(), "no device for {backend}, but {required} is set");
        eprintln!("no device for {backend} on this machine: {backend} is NOT checked");
    }
    found
}
