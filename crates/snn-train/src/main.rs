//! Train, evaluate, draw and explain spiking neural networks with one command.
//!
//! `cli` turns a command line into a recipe and overrides; a recipe (`run::recipe`) with its data is a run file (`run::file`), which
//! determines everything; `training` trains, and tells `observer`s what happens; `report` and `stdp` look at what came of it. A run is a
//! folder (`run`).

mod backend;
mod bench;
mod cli;
mod observer;
mod report;
mod run;
mod stdp;
mod training;

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    keep_buffers();
    cli::main()
}

/// Tells the allocator to keep freed memory a little longer. A training step needs the same large buffers again and again,
/// and giving them back to the system in between costs page faults; but kept for seconds, they add up to more than the
/// step needs: 280 MiB instead of 220 with the article's network, for a twentieth of the time.
fn keep_buffers() {
    unsafe extern "C" {
        fn mi_option_set(option: std::ffi::c_int, value: std::ffi::c_long);
    }
    /// `mi_option_purge_delay`: milliseconds until freed memory is given back; ten times as many for large buffers.
    const PURGE_DELAY: std::ffi::c_int = 15;
    // SAFETY: a C function without preconditions, in the library linked as the global allocator.
    unsafe { mi_option_set(PURGE_DELAY, 50) };
}
