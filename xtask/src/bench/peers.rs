//! Other people's programs on the same work, and reading what they print.

use super::Options;
use crate::run::output;

/// Training steps of each peer in each round, as many as ours; the median counts.
const STEPS: &[&str] = &["--steps", "5"];

/// What a peer prints; nothing if none of the Pythons has it.
pub fn run(options: &Options, arguments: &[&str]) -> Result<Option<String>, String> {
    let Some(scripts) = &options.scripts else { return Ok(None) };
    let mut whole = vec![format!("{scripts}/{}", arguments[0])];
    whole.extend(arguments[1..].iter().chain(STEPS).map(ToString::to_string));
    for python in &options.python {
        match output(python, &whole) {
            Ok(text) if text.contains("step median") => return Ok(Some(text)),
            Ok(text) => eprintln!("{python} {}: {text}", whole.join(" ")),
            Err(sentence) => eprintln!("{sentence}"),
        }
    }
    eprintln!("{}: not installed in any --python, left out", arguments.join(" "));
    Ok(None)
}

/// The seconds behind `step median` in what a peer's program printed.
pub fn seconds(text: &str) -> Result<f64, String> {
    let behind = text.split("step median").nth(1).and_then(|rest| rest.split_whitespace().next());
    behind.and_then(|number| number.parse().ok()).ok_or_else(|| format!("no `step median` in: {text}"))
}

/// The peak resident memory in MiB which a peer's program printed.
pub fn memory(text: &str) -> Option<f64> {
    text.split("peak RSS").nth(1)?.split_whitespace().next()?.parse().ok()
}
