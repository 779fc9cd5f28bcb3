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
    if others.windows(2).any(|pair| pair == ["--recipe", "chevalier2018-dense"]) {
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

/// The file as text.
#[track_caller]
pub fn text(path: impl AsRef<Path>) -> String {
    String::from_utf8(bytes(path)).expect("text")
}

/// Writes a file, and the folders above it.
#[track_caller]
pub fn write(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    let path = path.as_ref();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// What a command printed as its one JSON document.
#[track_caller]
pub fn document(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&succeed(folder, arguments).stdout).expect("one JSON document")
}

/// What stands behind `key` in a run file: behind `key = `, or, if that is the name or the only one of the kind of a node, its line.
#[track_caller]
pub fn get(path: impl AsRef<Path>, key: &str) -> String {
    let text = text(path);
    let line = text.lines().nth(line_of(&text, key)).expect("a line");
    line.strip_prefix(&format!("{key} = ")).unwrap_or(line.trim().trim_end_matches(',')).to_owned()
}

/// Writes `value` where [`get`] finds what stands behind `key`.
#[track_caller]
pub fn set(path: impl AsRef<Path>, key: &str, value: &str) {
    let mut lines: Vec<String> = text(&path).lines().map(str::to_owned).collect();
    let line = line_of(&lines.join("\n"), key);
    lines[line] = if is_node(&lines[line]) { format!("  {value},") } else { format!("{key} = {value}") };
    write(path, lines.join("\n") + "\n");
}

fn is_node(line: &str) -> bool {
    line.starts_with("  { ")
}

#[track_caller]
fn line_of(text: &str, key: &str) -> usize {
    let is_key = |line: &str| line.starts_with(&format!("{key} = "));
    let is_called = |line: &str| line.contains(&format!("name = \"{key}\"")) || is_key(&line[4..]);
    let found = |line: &&str| if is_node(line) { is_called(line) } else { is_key(line) };
    assert_eq!(text.lines().filter(found).count(), 1, "one line of `{key}` expected:\n{text}");
    text.lines().position(|line| found(&line)).expect("a line")
}

/// The tensors in the weights of the run in `folder`: name, shape and bytes.
#[track_caller]
pub fn tensors(folder: &Path) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let file = bytes(folder.join("weights.safetensors"));
    let tensors = safetensors::SafeTensors::deserialize(&file).expect("tensors");
    let mut all: Vec<_> =
        tensors.tensors().into_iter().map(|(name, view)| (name, view.shape().to_vec(), view.data().to_vec())).collect();
    all.sort();
    all
}

/// Starts the program and lets it run, without its words.
pub fn start(folder: &Path, arguments: &[&str]) -> std::process::Child {
    std::process::Command::new(assert_cmd::cargo::cargo_bin!("snn-train"))
        .current_dir(folder)
        .args(arguments)
        .env_remove("SNN_DATA_DIR")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Waits until `path` was written for the `count`th time since now, while `child` is running.
#[track_caller]
pub fn wait_for(child: &mut std::process::Child, path: &Path, count: usize) {
    let changed = || std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let begin = std::time::Instant::now();
    let mut last = changed();
    let mut seen = 0;
    while seen < count {
        assert!(begin.elapsed() < Duration::from_secs(120), "{} is not written", path.display());
        assert!(child.try_wait().expect("a status").is_none(), "it ended before {} was written", path.display());
        let now = changed();
        if now != last {
            seen += 1;
            last = now;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// The lines of the history of the run in `folder`, the epochs' without their times.
#[track_caller]
pub fn history(folder: &Path) -> Vec<Value> {
    let text = text(folder.join("history.jsonl"));
    assert!(text.ends_with('\n'), "the last line is whole");
    text.lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).expect("JSON");
            line.as_object_mut().expect("a table").remove("seconds");
            line
        })
        .collect()
}

/// A number in a document.
#[track_caller]
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
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
