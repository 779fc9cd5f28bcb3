//! `weights.safetensors`: the trained parameters and nothing else.
//!
//! | tensor | shape | what |
//! |---|---|---|
//! | `NODE.weight` of a `linear` node | `[inputs, outputs]`, row by row | its synapses |
//! | `NODE.weight` of a `conv2d` node | `[channels out, channels in, rows, columns]` | its kernels, as in PyTorch |
//! | `NODE.bias` | `[outputs]` | the bias of either |
//! | `NODE.norm.gamma`, `.beta` | `[channels]` | scale and shift of a norm |
//! | `NODE.norm.running_mean`, `.running_var` | `[channels]` | the statistics with which it is used |
//! | `NODE.decay`, `NODE.threshold`, .. | `[neurons]` | learned parameters of neurons |
//!
//! NODE is the node's name in the network file. All are `F32`, little-endian. PyTorch's `Linear` has the transposed weight,
//! `[outputs, inputs]`. Metadata: `format` (the version of the run folder, `2`) and `model` (the recipe's name). In Python:
//!
//! ```text
//! from safetensors.numpy import load_file
//! weights = load_file("runs/chevalier2018-seed0/weights.safetensors")
//! weights["hidden.weight"].shape  # (784, 100)
//! ```

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use snn_network::Network;

use super::file::{FORMAT, RunFile};
use super::files;
use crate::training::finite::in_arrays;
use crate::training::named::{ForEachParameter, replaced};

/// Numbers with their shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The shape, slowest axis first.
    pub shape: Vec<usize>,
    /// The numbers, last axis fastest.
    pub values: Vec<f32>,
}

/// Named arrays.
pub type Arrays = BTreeMap<String, Array>;

/// The parameters of `model` by name.
pub fn arrays(model: &Network) -> Arrays {
    let mut collector = Collector::default();
    // Until a model is asked for inference, the running statistics which its norms show are one update behind.
    drop(replaced(model.valid(), &mut collector));
    collector.arrays
}

/// `model` with the parameters in `arrays` instead of its own.
pub fn with_arrays(model: Network, arrays: Arrays, device: &Device) -> Result<Network> {
    let mut loader = Loader { arrays, device, problem: None };
    let model = replaced(model, &mut loader);
    if let Some(problem) = loader.problem {
        bail!(problem);
    }
    if let Some(name) = loader.arrays.keys().next() {
        bail!("tensor `{name}` is not part of the model");
    }
    Ok(model)
}

/// Writes the parameters of `model`.
///
/// # Errors
/// If one of them is not finite; the older file stays.
pub fn save(model: &Network, run: &RunFile, path: &Path) -> Result<()> {
    let metadata = HashMap::from([("format".to_owned(), FORMAT.to_string()), ("model".to_owned(), run.recipe.clone())]);
    let arrays = arrays(model);
    if let Some(found) = in_arrays(&arrays) {
        bail!("{} stays as it was: {found}", path.display());
    }
    files::write(path, &encode(&arrays, metadata)?)
}

/// Reads parameters into `model`, which is that of `run`.
pub fn load(model: Network, run: &RunFile, path: &Path, device: &Device) -> Result<Network> {
    let bytes = files::read(path)?;
    let loaded = || -> Result<Network> {
        let (arrays, metadata) = decode(&bytes)?;
        check_metadata(&metadata, run)?;
        with_arrays(model, arrays, device)
    };
    loaded().with_context(|| {
        let folder = path.parent().unwrap_or(path).display();
        format!(
            "{} cannot be used; `snn-train train --out {folder} --resume` writes it anew if the checkpoint is whole",
            path.display()
        )
    })
}

/// Refuses files of another version or of another model: those of several networks have the same shapes.
pub fn check_metadata(metadata: &HashMap<String, String>, run: &RunFile) -> Result<()> {
    let found = |key: &str| metadata.get(key).map_or("none", String::as_str);
    if found("format") != FORMAT.to_string() {
        bail!("it has format {}, this version of snn-train reads format {FORMAT}", found("format"));
    }
    if found("model") != run.recipe {
        bail!("it is of model {}, the run's model is {}", found("model"), run.recipe);
    }
    Ok(())
}

/// A safetensors file with `arrays` in it.
pub fn encode(arrays: &Arrays, metadata: HashMap<String, String>) -> Result<Vec<u8>> {
    let bytes: Vec<Vec<u8>> =
        arrays.values().map(|array| array.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views: Vec<(&String, TensorView)> = arrays
        .iter()
        .zip(&bytes)
        .map(|((name, array), bytes)| Ok((name, TensorView::new(Dtype::F32, array.shape.clone(), bytes)?)))
        .collect::<Result<_, safetensors::SafeTensorError>>()?;
    in_fixed_order(&safetensors::serialize(views, Some(metadata))?)
}

/// The same file with its header in alphabetic order, so that equal weights make equal files: metadata is a hash
/// map, and comes in another order each time.
fn in_fixed_order(file: &[u8]) -> Result<Vec<u8>> {
    let (length, rest) = file.split_first_chunk::<8>().context("a safetensors file begins with eight bytes")?;
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let entries: BTreeMap<String, BTreeMap<String, serde_json::Value>> = serde_json::from_slice(header)?;
    let mut header = serde_json::to_vec(&entries)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok([&(header.len() as u64).to_le_bytes(), header.as_slice(), data].concat())
}

/// What is in a safetensors file.
///
/// # Errors
/// If it is damaged, or a number in it is not finite.
pub fn decode(bytes: &[u8]) -> Result<(Arrays, HashMap<String, String>)> {
    let damaged = "it is no safetensors file, or damaged";
    let (_, header) = SafeTensors::read_metadata(bytes).context(damaged)?;
    let file = SafeTensors::deserialize(bytes).context(damaged)?;
    let mut arrays = Arrays::new();
    for (name, view) in file.tensors() {
        if view.dtype() != Dtype::F32 {
            bail!("tensor `{name}` has type {:?}, F32 expected", view.dtype());
        }
        let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        arrays.insert(name, Array { shape: view.shape().to_vec(), values });
    }
    if let Some(found) = in_arrays(&arrays) {
        bail!("{found}, every number in it must be finite");
    }
    Ok((arrays, header.metadata().clone().unwrap_or_default()))
}

#[derive(Default)]
struct Collector {
    arrays: Arrays,
}

impl ForEachParameter for Collector {
    fn replace<const D: usize>(&mut self, name: String, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        self.arrays.insert(name, Array { shape, values: tensor.into_data().iter::<f32>().collect() });
        param
    }
}

struct Loader<'a> {
    arrays: Arrays,
    device: &'a Device,
    problem: Option<String>,
}

impl ForEachParameter for Loader<'_> {
    fn replace<const D: usize>(&mut self, name: String, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let expected = param.dims().to_vec();
        let Some(array) = self.arrays.remove(&name) else {
            self.problem.get_or_insert(format!("tensor `{name}` of shape {expected:?} is missing"));
            return param;
        };
        if array.shape != expected {
            let found = array.shape;
            self.problem.get_or_insert(format!("tensor `{name}` has shape {found:?}, the model needs {expected:?}"));
            return param;
        }
        let value = Tensor::from_data(TensorData::new(array.values, array.shape), self.device);
        let value = if param.is_require_grad() { value.require_grad() } else { value };
        Param::initialized(param.id, value)
    }
}
