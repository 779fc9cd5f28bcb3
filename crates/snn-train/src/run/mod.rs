//! A run is a folder: what determines it, what it achieved, its weights, its checkpoint, its history.

pub mod checkpoint;
pub mod data_settings;
pub mod document;
pub mod file;
pub mod files;
pub mod network;
pub mod recipe;
pub mod report;
pub mod training_settings;
pub mod weights;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use snn_network::{InputShape, Network};

use document::Document;
use file::RunFile;
use report::Report;

/// What determines a run: its file in the folder.
pub const RUN_FILE: &str = "run.toml";
/// The report's file.
pub const REPORT: &str = "report.json";
/// The weights' file.
pub const WEIGHTS: &str = "weights.safetensors";
/// What happened in each batch.
pub const HISTORY: &str = "history.jsonl";
/// The folder of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// The lock of a run which is being trained.
const LOCK: &str = "lock";

/// What in `folder` a new run would overwrite; `None` if there is nothing.
pub fn occupied_by(folder: &Path) -> Option<&'static str> {
    // The checkpoint itself: its folder may hold nothing but the lock of a run which never began.
    let checkpoint = checkpoint::path(folder).exists().then_some(CHECKPOINT);
    [RUN_FILE, REPORT, WEIGHTS].into_iter().find(|name| folder.join(name).exists()).or(checkpoint)
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
    pub file: RunFile,
    /// The same before it was understood, for overrides.
    pub document: Document,
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
        let path = folder.join(RUN_FILE);
        if !path.exists() {
            bail!(
                "there is no run in {}: it has no {RUN_FILE}; `snn-train train --out FOLDER` makes one",
                folder.display()
            );
        }
        let text =
            String::from_utf8(files::read(&path)?).ok().with_context(|| format!("{} is damaged", path.display()))?;
        let (file, document) = RunFile::parse(&text).with_context(|| format!("{} is damaged", path.display()))?;
        let report = folder.join(REPORT);
        let report = if report.exists() { Some(files::read_json(&report)?) } else { None };
        Ok(Self { file, document, report, folder: folder.to_owned() })
    }

    /// Its network with the trained weights, for inputs of the shape `input`.
    pub fn load_network(&self, input: &InputShape, classes: usize, device: &Device) -> Result<Network> {
        let path = self.folder.join(WEIGHTS);
        if !path.exists() {
            bail!(
                "{} has no {WEIGHTS} yet: no epoch has ended; `snn-train train --out {0} --resume` goes on",
                self.folder.display()
            );
        }
        weights::load(network::build(&self.file, input, classes, device)?, &self.file, &path, device)
    }
}
