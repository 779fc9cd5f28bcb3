//! A run is a folder: configuration, report, weights, checkpoint.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;

use crate::checkpoint;
use crate::config::{FORMAT, RunConfig};
use crate::files;
use crate::model::Model;
use crate::report::Report;
use crate::weights;

/// The configuration's file in a run folder.
pub const CONFIG: &str = "config.json";
/// The report's file.
pub const REPORT: &str = "report.json";
/// The weights' file.
pub const WEIGHTS: &str = "weights.safetensors";
/// The folder of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// The lock of a run which is being trained.
const LOCK: &str = "lock";

/// What in `folder` a new run would overwrite; `None` if there is nothing.
pub fn occupied_by(folder: &Path) -> Option<&'static str> {
    // The checkpoint itself: its folder may hold nothing but the lock of a run which never began.
    let checkpoint = checkpoint::path(folder).exists().then_some(CHECKPOINT);
    [CONFIG, REPORT, WEIGHTS].into_iter().find(|name| folder.join(name).exists()).or(checkpoint)
}

/// Keeps other processes from training in `folder` as long as the returned file is open. Creates the folder.
pub fn lock(folder: &Path) -> Result<File> {
    let folder_of_lock = folder.join(CHECKPOINT);
    files::create_folder(&folder_of_lock)?;
    let path = folder_of_lock.join(LOCK);
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("{} is being trained by another process; wait for it, or choose another --out", folder.display())
        }
        // A file system without locks is no reason not to train.
        Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// A run on disk.
#[derive(Clone, Debug)]
pub struct Run {
    /// What determines it.
    pub config: RunConfig,
    /// What it has achieved; `None` before the end of its first epoch.
    pub report: Option<Report>,
    /// Where it is.
    pub folder: PathBuf,
}

impl Run {
    /// Opens the run in `folder`.
    pub fn open(folder: &Path) -> Result<Self> {
        if !folder.is_dir() {
            bail!("there is no run in {}: no such folder; `snn-train train --out FOLDER` makes one", folder.display());
        }
        let path = folder.join(CONFIG);
        if !path.exists() {
            bail!(
                "there is no run in {}: it has no {CONFIG}; `snn-train train --out FOLDER` makes one",
                folder.display()
            );
        }
        let config = read_config(&path)?;
        let report = folder.join(REPORT);
        let report = if report.exists() { Some(files::read_json(&report)?) } else { None };
        Ok(Self { config, report, folder: folder.to_owned() })
    }

    /// Its network with the trained weights.
    pub fn load_model(&self, device: &Device) -> Result<Model> {
        let path = self.folder.join(WEIGHTS);
        if !path.exists() {
            bail!(
                "{} has no {WEIGHTS} yet: no epoch has ended; `snn-train train --out {0} --resume` goes on",
                self.folder.display()
            );
        }
        self.config.precision.require(device)?;
        weights::load(Model::init(&self.config, device), &self.config, &path, device)
    }
}

fn read_config(path: &Path) -> Result<RunConfig> {
    // The version first: the fields of another version may be others.
    let value: serde_json::Value = files::read_json(path)?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    if format != Some(u64::from(FORMAT)) {
        let found = format.map_or("none".to_owned(), |format| format.to_string());
        bail!(
            "{} has format {found}, this version of snn-train reads format {FORMAT}; use the version which wrote it, \
             or another --out",
            path.display()
        );
    }
    let config: RunConfig = serde_json::from_value(value).with_context(|| format!("{} is damaged", path.display()))?;
    config.validate().with_context(|| format!("{} is damaged", path.display()))?;
    Ok(config)
}
