//! `checkpoint/state.safetensors`: everything needed to go on as if nothing had happened.
//!
//! One file, so that its parts always belong together: the parameters as `model.*`, the optimizer's state as
//! `optimizer.*`, and in the metadata the place in the schedule and the running sums.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::store::burn_pack::Scalar;
use serde::{Deserialize, Serialize};

use super::CHECKPOINT;
use super::file::{FORMAT, RunFile};
use super::files;
use super::report::Report;
use super::weights::{self, Arrays};
use crate::training::finite::in_arrays;
use crate::training::optimizer::OptimizerRecord;

const FILE: &str = "state.safetensors";
const MODEL: &str = "model.";
const OPTIMIZER: &str = "optimizer.";

/// Where training is, and what it has summed up so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Epochs done.
    pub epoch: usize,
    /// Batches of the next epoch done.
    pub batch: usize,
    /// Sum of the losses of this epoch's samples: the bits of an `f64`, because JSON is not exact.
    pub loss_sum_bits: u64,
    /// This epoch's correctly classified samples.
    pub correct: usize,
    /// Seconds spent on this epoch.
    pub seconds: f64,
    /// What the epochs done have achieved.
    pub report: Option<Report>,
}

impl Progress {
    /// Sum of the losses of this epoch's samples.
    pub fn loss_sum(&self) -> f64 {
        f64::from_bits(self.loss_sum_bits)
    }
}

/// A moment of training.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The parameters.
    pub model: Arrays,
    /// The optimizer's state.
    pub optimizer: OptimizerRecord,
    /// Where training is.
    pub progress: Progress,
}

/// Where the checkpoint of the run in `folder` is.
pub fn path(folder: &Path) -> PathBuf {
    folder.join(CHECKPOINT).join(FILE)
}

impl Checkpoint {
    /// What in it is not finite, if anything is: nobody wants to go on from there.
    pub fn not_finite(&self) -> Option<String> {
        let of_optimizer =
            || in_arrays(&self.optimizer.arrays).map(|found| format!("of the optimizer's state, {found}"));
        in_arrays(&self.model).or_else(of_optimizer)
    }

    /// Writes it; the older one stays until the new one is whole.
    ///
    /// # Errors
    /// If it cannot be written, or something in it is [not finite](Self::not_finite).
    pub fn save(&self, folder: &Path, run: &RunFile) -> Result<()> {
        if let Some(found) = self.not_finite() {
            bail!("the checkpoint {} stays as it was: {found}", path(folder).display());
        }
        let prefixed = |prefix: &'static str, arrays: &Arrays| {
            arrays.iter().map(move |(name, array)| (format!("{prefix}{name}"), array.clone())).collect::<Vec<_>>()
        };
        let arrays = prefixed(MODEL, &self.model).into_iter().chain(prefixed(OPTIMIZER, &self.optimizer.arrays));
        let metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_string()),
            ("model".to_owned(), run.recipe.clone()),
            ("progress".to_owned(), serde_json::to_string(&self.progress)?),
            ("scalars".to_owned(), serde_json::to_string(&self.optimizer.scalars)?),
        ]);
        files::write(&path(folder), &weights::encode(&arrays.collect(), metadata)?)
    }

    /// Reads that of the run in `folder`; `None` if it has none yet.
    pub fn load(folder: &Path, run: &RunFile) -> Result<Option<Self>> {
        let path = path(folder);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&path)?;
        let loaded = Self::decode(&bytes, run);
        loaded.map(Some).with_context(|| {
            format!(
                "the checkpoint {} cannot be used; start again with another --out, or delete it to begin this run anew",
                path.display()
            )
        })
    }

    fn decode(bytes: &[u8], run: &RunFile) -> Result<Self> {
        let (arrays, metadata) = weights::decode(bytes)?;
        weights::check_metadata(&metadata, run)?;
        let text = |key: &str| metadata.get(key).with_context(|| format!("it has no `{key}`"));
        let progress: Progress = serde_json::from_str(text("progress")?).context("its `progress` is damaged")?;
        let scalars: BTreeMap<String, Scalar> =
            serde_json::from_str(text("scalars")?).context("its `scalars` is damaged")?;
        if progress.epoch > run.training.epochs || progress.batch >= run.batches() {
            bail!(
                "it is at batch {} after {} epochs, the run has {} epochs of {} batches",
                progress.batch,
                progress.epoch,
                run.training.epochs,
                run.batches()
            );
        }
        if !progress.loss_sum().is_finite() {
            bail!("the losses of its epoch add up to {}, no number", progress.loss_sum());
        }
        let done = progress.report.as_ref().map_or(0, |report| report.epochs.len());
        if done != progress.epoch {
            bail!("it is after {} epochs, its report is of {done}", progress.epoch);
        }
        let mut parts = [Arrays::new(), Arrays::new()];
        for (name, array) in arrays {
            let (part, name) = match (name.strip_prefix(MODEL), name.strip_prefix(OPTIMIZER)) {
                (Some(name), _) => (0, name.to_owned()),
                (_, Some(name)) => (1, name.to_owned()),
                _ => bail!("tensor `{name}` is neither of the model nor of the optimizer"),
            };
            parts[part].insert(name, array);
        }
        let [model, optimizer] = parts;
        Ok(Self { model, optimizer: OptimizerRecord { arrays: optimizer, scalars }, progress })
    }
}
