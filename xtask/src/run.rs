//! Running other programs, and showing how.

use std::process::{Command, Stdio};

/// Runs `cargo <command> <arguments>` in the repository.
pub fn cargo(command: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    let line = format!("cargo {command} {}", arguments.join(" "));
    eprintln!("$ {line}");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .arg(command)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(repository())
        .status()
        .map_err(|error| format!("`{line}` did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

/// Runs `program` and returns what it wrote to standard output.
pub fn output(program: &str, arguments: &[String]) -> Result<String, String> {
    let line = format!("{program} {}", arguments.join(" "));
    eprintln!("$ {line}");
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{line}` did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{line}` failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("`{line}` did not write text: {error}"))
}

/// The folder of the workspace.
pub fn repository() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
