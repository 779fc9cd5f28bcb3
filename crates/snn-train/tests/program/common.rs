//! Running the program, and looking at what it left behind.

use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A new folder, gone after the test.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The program, in `folder`, on one thread, without any of the user's own data, cache or net.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("snn-train"));
    command
        .current_dir(folder)
        .args(arguments)
        // A call which never ends fails, and is named; the slowest takes some seconds.
        .timeout(Duration::from_secs(240))
        .env_remove("SNN_DATA_DIR")
        .env_remove("RUST_BACKTRACE")
        .env("SNN_MNIST_URL", "http://127.0.0.1:9/")
        .env("XDG_CACHE_HOME", folder.join("cache"))
        // Without it, Mesa prints a line of its own.
        .env("XDG_RUNTIME_DIR", folder);
    command
}

/// Options of a training which takes a moment: 4 batches per epoch.
pub const TINY: [&str; 16] = [
    "--dataset",
    "synthetic",
    "--backend",
    "flex",
    "--threads",
    "1",
    "--train-samples",
    "160",
    "--test-samples",
    "60",
    "--batch-size",
    "40",
    "--time-steps",
    "8",
    "--epochs",
    "2",
];

/// `command` with the options of [`TINY`] and others. A network without spikes is not asked for time steps, which it refuses.
pub fn tiny<'a>(command: &'a str, others: &[&'a str]) -> Vec<&'a str> {
    let mut options = TINY.to_vec();
    if others.windows(2).any(|pair| pair == ["--model", "dense"]) {
        let place = options.iter().position(|option| *option == "--time-steps").expect("the time steps");
        options.drain(place..place + 2);
    }
    [&[command], &options[..], others].concat()
}

/// What a successful call printed.
pub struct Printed {
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program, which must succeed.
#[track_caller]
pub fn succeed(folder: &Path, arguments: &[&str]) -> Printed {
    printed(&mut program(folder, arguments))
}

/// Runs `command`, which must succeed.
#[track_caller]
pub fn printed(command: &mut Command) -> Printed {
    let output = command.assert().success().get_output().clone();
    Printed {
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Runs the program, which must fail with exit code `code` and one sentence; returns the sentence.
#[track_caller]
pub fn fail(folder: &Path, arguments: &[&str], code: i32) -> String {
    failed(&mut program(folder, arguments), code)
}

/// Runs `command`, which must fail with exit code `code`; returns its last line on standard error, and checks that
/// it is the only error there.
#[track_caller]
pub fn failed(command: &mut Command, code: i32) -> String {
    let output = command.assert().failure().code(code).get_output().clone();
    let stderr = String::from_utf8(output.stderr).expect("text");
    let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "one sentence expected:\n{stderr}");
    assert_eq!(stderr.lines().last(), Some(errors[0]), "nothing after the sentence:\n{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    errors[0].to_owned()
}

/// The file's bytes.
#[track_caller]
pub fn bytes(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// The file as JSON.
#[track_caller]
pub fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&bytes(path)).expect("JSON")
}

/// A report without its times, which differ from run to run.
pub fn timeless(mut report: Value) -> Value {
    for epoch in report["epochs"].as_array_mut().expect("epochs") {
        let seconds = epoch.as_object_mut().expect("an epoch").remove("seconds");
        assert!(seconds.expect("seconds").as_f64().expect("a number") > 0.0);
    }
    report
}

/// Every file below `folder` with its content, to see that nothing changed.
pub fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push((path.display().to_string(), bytes(&path))) }
        }
    }
    files.sort();
    files
}

/// The backends beside flex, and whether this build has them.
pub const OTHERS: [(&str, bool); 3] =
    [("ndarray", cfg!(feature = "ndarray")), ("wgpu", cfg!(feature = "wgpu")), ("cuda", cfg!(feature = "cuda"))];

/// Whether a test must fail if `backend` is compiled in and has no device here.
pub fn is_required(backend: &str) -> bool {
    std::env::var_os(format!("SNN_REQUIRE_{}", backend.to_uppercase())).is_some()
}
