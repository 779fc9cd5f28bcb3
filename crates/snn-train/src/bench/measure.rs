//! Clocks and memory.

use std::time::Instant;

use burn::tensor::Device;
use serde::Serialize;

/// Seconds of several runs of the same work.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Seconds {
    /// The middle one.
    pub median: f64,
    /// The fastest.
    pub min: f64,
    /// The slowest.
    pub max: f64,
}

impl Seconds {
    /// Of `runs` runs, at least one.
    pub fn of(mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        Self { median: runs[runs.len() / 2], min: runs[0], max: runs[runs.len() - 1] }
    }
}

/// Runs `work` once to warm up and `runs` times for the record, each until the device is done.
pub fn time(device: &Device, runs: usize, mut work: impl FnMut()) -> Seconds {
    let mut once = || {
        let start = Instant::now();
        work();
        // The work itself is judged by its result; an error of the device shows when that is read.
        device.sync().expect("the device finishes its work");
        start.elapsed().as_secs_f64()
    };
    once();
    Seconds::of((0..runs).map(|_| once()).collect())
}

fn status(field: &str) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: f64 = line.trim_start_matches(':').split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// The resident memory of this process now, in MiB; `None` where the system does not tell.
pub fn resident_mib() -> Option<f64> {
    status("VmRSS")
}

/// The largest resident memory of this process so far, in MiB.
pub fn peak_resident_mib() -> Option<f64> {
    status("VmHWM")
}
