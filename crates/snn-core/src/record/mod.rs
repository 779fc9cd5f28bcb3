//! Recording: what every population of neurons did while a closure ran, without touching the model.
//!
//! [`record`] opens a tap; every [`scan`](crate::scan::scan) that runs in the same thread until the closure ends
//! leaves a [`NeuronsRecording`] there. So any Burn model that contains our layers can be recorded, as it is. Off, a
//! scan reads one thread-local flag and nothing else.
//!
//! # Example
//! ```
//! use burn::tensor::{Device, Tensor};
//! use snn_core::layer::SpikingStackConfig;
//! use snn_core::neuron::GradedLifReset;
//! use snn_core::noise::NoiseSeed;
//! use snn_core::record::record;
//!
//! let device = Device::flex();
//! let stack = SpikingStackConfig::new(vec![6, 5, 3], 8).init_chevalier2018(GradedLifReset::Scaled, &device);
//! let (logits, recording) = record(|| stack.forward(Tensor::ones([4, 6], &device), NoiseSeed::new(0)));
//! assert_eq!(logits.dims(), [4, 3]);
//! assert_eq!(recording.populations.len(), 2);
//! assert_eq!(recording.populations[0].state::<3>("membrane").dims(), [8, 4, 5]);
//! ```

mod recording;

pub use recording::{NeuronsRecording, Recording};

use crate::scan::tap;

/// Runs `run`; populations that are recorded in it are called `name`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{Lif, LifParameters};
/// use snn_core::record::{named, record};
///
/// let neurons = Neurons::new(Lif::default(), LifParameters::default());
/// let current = Tensor::<3>::ones([8, 1, 2], &Device::flex());
/// let (_, recording) = record(|| named("hidden", || neurons.forward(current, None)));
/// assert_eq!(recording.populations[0].name.as_deref(), Some("hidden"));
/// ```
pub fn named<R>(name: &str, run: impl FnOnce() -> R) -> R {
    tap::named(name, run)
}

/// Runs `run` and records every population of neurons that runs in it, in this thread, in the order of the
/// calls. It changes no result and no gradient: what is recorded is beside the graph.
///
/// Recordings may be nested; the outer one sees everything. See the [module](self) for an example.
#[doc(alias = "OutputMonitor")]
#[doc(alias = "Monitor")]
#[doc(alias = "hook")]
pub fn record<R>(run: impl FnOnce() -> R) -> (R, Recording) {
    record_with(false, run)
}

/// The same, and the gradient of a loss with respect to each population's input current and output can be read
/// afterwards: [`NeuronsRecording::current_gradient`], [`NeuronsRecording::output_gradient`]. They come out of the
/// backward pass that trains.
///
/// # Panics
/// At the first scan whose input is on a device without autodiff.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{GradedLif, GradedLifParameters};
/// use snn_core::record::record_gradients;
///
/// let device = Device::flex().autodiff();
/// let neurons = Neurons::new(GradedLif::default(), GradedLifParameters { decay: 0.5, threshold: 1.0, penalty: 1.5 });
/// let current = Tensor::<3>::from_data([[[0.8]], [[0.8]]], &device); // u = 0.8, 1.2: a spike at step 1
/// let (output, recording) = record_gradients(|| neurons.forward(current, None).output);
/// let gradients = output.sum().backward();
/// let of_current = recording.populations[0].current_gradient::<3>(&gradients);
/// assert_eq!(of_current.into_data().iter::<f32>().collect::<Vec<_>>(), [0.5, 1.0]);
/// ```
pub fn record_gradients<R>(run: impl FnOnce() -> R) -> (R, Recording) {
    record_with(true, run)
}

fn record_with<R>(gradients: bool, run: impl FnOnce() -> R) -> (R, Recording) {
    let (result, scans) = tap::tapped(gradients, run);
    (result, Recording { populations: scans.into_iter().map(NeuronsRecording::from).collect() })
}

/// Whether a recording is open in this thread. Each scan asks once; it is all that recording costs when it is off.
///
/// # Example
/// ```
/// use snn_core::record::{is_recording, record};
/// assert!(!is_recording());
/// assert!(record(is_recording).0);
/// ```
#[inline(always)]
pub fn is_recording() -> bool {
    tap::is_open()
}

/// Runs `run` unseen by the recordings that are open.
pub fn unrecorded<R>(run: impl FnOnce() -> R) -> R {
    tap::unseen(run)
}
