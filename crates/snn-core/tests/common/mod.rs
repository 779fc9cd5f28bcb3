//! What the integration tests share: fixture files, and how differences are measured.
#![allow(dead_code, unused_imports)] // each test binary uses its part

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};
pub use snn_core::check::devices;

/// A safetensors file in memory.
pub struct Fixture {
    pub name: String,
    pub metadata: HashMap<String, String>,
    bytes: Vec<u8>,
}

impl Fixture {
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let metadata = header.metadata().clone().unwrap_or_default();
        Self { name: path.file_stem().expect("a file name").to_string_lossy().into(), metadata, bytes }
    }

    pub fn text(&self, key: &str) -> &str {
        self.metadata.get(key).unwrap_or_else(|| panic!("{}: no metadata `{key}`", self.name))
    }

    pub fn number<T: std::str::FromStr>(&self, key: &str) -> T {
        let text = self.text(key);
        text.parse().unwrap_or_else(|_| panic!("{}: metadata `{key}` is `{text}`, not a number", self.name))
    }

    /// Shape and numbers.
    pub fn get(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let file = SafeTensors::deserialize(&self.bytes).expect("read before");
        let view = file.tensor(name).unwrap_or_else(|_| panic!("{}: no tensor `{name}`", self.name));
        assert_eq!(view.dtype(), Dtype::F32, "{}: `{name}`", self.name);
        let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        (view.shape().to_vec(), values.collect())
    }

    pub fn has(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.bytes).expect("read before").tensor(name).is_ok()
    }

    /// The names of its tensors.
    pub fn names(&self) -> Vec<String> {
        let file = SafeTensors::deserialize(&self.bytes).expect("read before");
        file.names().into_iter().map(ToString::to_string).collect()
    }

    pub fn integers(&self, name: &str) -> (Vec<usize>, Vec<i64>) {
        let file = SafeTensors::deserialize(&self.bytes).expect("read before");
        let view = file.tensor(name).unwrap_or_else(|_| panic!("{}: no tensor `{name}`", self.name));
        assert_eq!(view.dtype(), Dtype::I64, "{}: `{name}`", self.name);
        let values = view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().expect("eight bytes")));
        (view.shape().to_vec(), values.collect())
    }

    pub fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        let (shape, values) = self.get(name);
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}

/// The files in the folder `SNN_FIXTURES` (default: `default` in the repository) of which `wanted` is true, also
/// those in folders below; finding none is a failure.
pub fn fixtures(default: &str, wanted: impl Fn(&Fixture) -> bool) -> Vec<Fixture> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = match std::env::var_os("SNN_FIXTURES") {
        // Cargo runs tests in the folder of their crate; people think of the folder they stand in.
        Some(folder) if Path::new(&folder).exists() => PathBuf::from(folder),
        Some(folder) => repository.join(folder),
        None => repository.join(default),
    };
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let found: Vec<_> = files.iter().map(|path| Fixture::read(path)).filter(wanted).collect();
    assert!(!found.is_empty(), "no fixture of the wanted kind in {}", folder.display());
    found
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "safetensors") {
            files.push(path);
        }
    }
}

/// Waits until nothing is queued any more: the compiler of a software GPU must not be at work when the process ends.
pub fn finish(device: &Device) {
    device.sync().expect("the device finishes its work");
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec::<f32>().expect("an f32 tensor")
}

/// `‖a - b‖₂ / ‖b‖₂`, or `‖a‖₂` if `b` is zero.
pub fn relative_difference(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len(), "as many numbers");
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut a.iter().zip(b).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    assert!(difference.is_finite(), "a number is not finite");
    let scale = norm(&mut b.iter().map(|b| f64::from(*b)));
    if scale == 0.0 { difference } else { difference / scale }
}

/// Collects comparisons and fails at the end, with all that differ.
#[derive(Default)]
pub struct Comparison {
    pub worst: f64,
    failures: Vec<String>,
}

impl Comparison {
    pub fn close(&mut self, what: &str, found: &[f32], expected: &[f32], tolerance: f64) {
        let difference = relative_difference(found, expected);
        self.worst = self.worst.max(difference);
        if difference > tolerance {
            self.failures.push(format!("{what}: differs by {difference:.2e}, {tolerance:.0e} allowed"));
        }
    }

    /// A failure which is no difference between numbers.
    pub fn fail(&mut self, what: String) {
        self.failures.push(what);
    }

    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    pub fn finish(self) {
        assert!(self.failures.is_empty(), "\n{}", self.failures.join("\n"));
    }
}
