//! Ctrl-C: the batch is finished, a checkpoint written, and one line says how to go on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from now on. The second one ends the program at once.
pub fn listen() -> Result<()> {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    if LISTENING.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(CODE.into());
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether training was asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// The exit code of a program that was interrupted.
pub const CODE: u8 = 130;

/// Training was interrupted, its checkpoint written.
#[derive(Debug, thiserror::Error)]
#[error("interrupted after batch {batch} of epoch {epoch}; go on with: snn-train train --out {folder} --resume")]
pub struct Interrupted {
    epoch: usize,
    batch: usize,
    folder: String,
}

impl Interrupted {
    /// After `batch` batches of `epoch`, counted from 1.
    pub fn new(epoch: usize, batch: usize, folder: &Path) -> Self {
        Self { epoch, batch, folder: folder.display().to_string() }
    }
}
