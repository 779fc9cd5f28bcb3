//! The program: see `snn_train::commands`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    keep_buffers();
    snn_train::commands::main()
}

/// Tells the allocator to keep freed memory for a second instead of a hundredth. A training step needs the same large
/// buffers again and again; giving them back to the system in between costs a tenth of its time in page faults.
fn keep_buffers() {
    unsafe extern "C" {
        fn mi_option_set(option: std::ffi::c_int, value: std::ffi::c_long);
    }
    /// `mi_option_purge_delay`: milliseconds until freed memory is given back.
    const PURGE_DELAY: std::ffi::c_int = 15;
    // SAFETY: a C function without preconditions, in the library linked as the global allocator.
    unsafe { mi_option_set(PURGE_DELAY, 1000) };
}
