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

    /// As long as `count` runs would take.
    pub fn times(self, count: usize) -> Self {
        let count = count as f64;
        Self { median: count * self.median, min: count * self.min, max: count * self.max }
    }
}

/// Runs `work` once to warm up and `runs` times for the record, each until the device is done.
///
/// `work` returns what it made, which lives until then: a backend with `fusion` does not compute what is dropped before.
pub fn time<R>(device: &Device, runs: usize, mut work: impl FnMut() -> R) -> Seconds {
    let mut once = || {
        let start = Instant::now();
        let result = work();
        // The work itself is judged by its result; an error of the device shows when that is read.
        device.sync().expect("the device finishes its work");
        let seconds = start.elapsed().as_secs_f64();
        drop(result);
        seconds
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
