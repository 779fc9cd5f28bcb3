//! The program: see `snn_train::commands`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    keep_buffers();
    snn_train::commands::main()
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
