//! The commands which people and CI run: `cargo xtask <command>`.

mod bench;
mod folders;
mod run;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test     layout, formatting and all tests, on flex, ndarray and wgpu (what CI runs)
cargo xtask check    the same, with clippy and the documentation
cargo xtask bench    the benchmark table of BENCHMARKS.md; see `cargo xtask bench --help`
";

/// The one feature set in which everything is built and tested, so that Burn is compiled once.
pub const EVERYTHING: &[&str] = &["--workspace", "--features", "snn-train/ndarray,snn-train/wgpu"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("test") => test(),
        Some("check") => check(),
        Some("bench") => bench::bench(&arguments[1..]),
        None | Some("--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("no command `{other}`; there are:\n{HELP}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Cheapest first, so that a failure shows early.
fn test() -> Result<(), String> {
    tidy::tidy()?;
    run::cargo("fmt", &["--all", "--check"], &[])?;
    if std::env::var_os("SNN_DATA_DIR").is_none() {
        eprintln!("xtask: SNN_DATA_DIR is not set: the tests which need real MNIST will say so and not run");
    }
    run::cargo("test", EVERYTHING, &[])
}

fn check() -> Result<(), String> {
    tidy::tidy()?;
    run::cargo("fmt", &["--all", "--check"], &[])?;
    run::cargo("clippy", &[EVERYTHING, &["--all-targets", "--", "-D", "warnings"]].concat(), &[])?;
    run::cargo("doc", &[EVERYTHING, &["--no-deps"]].concat(), &[("RUSTDOCFLAGS", "-D warnings")])?;
    test()
}
