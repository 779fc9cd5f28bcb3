//! Ctrl-C: the batch is finished, a checkpoint written, and one line says how to go on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from now on. The second one ends the program at once.
pub fn listen() {
    #[cfg(unix)]
    // SAFETY: the handler only touches an atomic, and `signal` with the default action, which may be called in a handler.
    unsafe {
        libc::signal(libc::SIGINT, on_interrupt as *const () as libc::sighandler_t);
    }
}

#[cfg(unix)]
extern "C" fn on_interrupt(signal: libc::c_int) {
    ASKED.store(true, Ordering::Relaxed);
    // SAFETY: as above.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
    }
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
