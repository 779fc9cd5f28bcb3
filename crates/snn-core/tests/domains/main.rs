//! What readouts, losses, encoders, norms and analysis are given: every type of number, and what they refuse.

#[path = "../common/mod.rs"]
mod common;
mod refusals;
mod types;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use common::devices;
use snn_core::analysis::{self, LayerShape};
use snn_core::encode::{self, Delta, DeltaReference, Latency, LatencyLaw, ReceptiveFields, SpikeGradient};
use snn_core::loss::{self, Tet};
use snn_core::noise::NoiseSeed;
use snn_core::norm::{BatchNormThroughTimeConfig, ThresholdBatchNormConfig};
use snn_core::readout::{self, Readout, Vote};
use snn_core::sequence::{Frame, Sequence};

fn tensor<const D: usize>(values: &[f64], shape: [usize; D], dtype: DType, device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape).convert_dtype(dtype), (device, dtype))
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

thread_local! {
    static PANIC: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// The sentence with which `call` panics, and the file which is blamed for it.
#[track_caller]
fn refusal<T>(call: impl FnOnce() -> T) -> (String, String) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let file = info.location().map_or(String::new(), |location| location.file().to_owned());
            let sentence = info.payload_as_str().unwrap_or_default().to_owned();
            eprintln!("{file}: {sentence}");
            PANIC.with_borrow_mut(|panic| *panic = Some((sentence, file)));
        }));
    });
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "nothing was refused");
    PANIC.take().expect("a panic was seen")
}

/// `call` is refused with one sentence which begins with `expected`, and the file of the call is blamed.
#[track_caller]
fn refused<T>(expected: &str, call: impl FnOnce() -> T) {
    let (sentence, file) = refusal(call);
    assert!(sentence.starts_with(expected), "`{sentence}`, expected `{expected}`");
    assert!(Path::new(&file).ends_with("domains/refusals.rs"), "`{sentence}` blames {file}");
    assert!(!sentence.contains('\n'), "`{sentence}` is one sentence");
}

fn sequence(shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::zeros(shape, device)
}

fn labels(device: &Device, labels: &[i64]) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device)
}
