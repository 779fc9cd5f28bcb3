//! The parts of a training step by themselves: the scan beside a copy, and synapses whose input is sparse.

use serde_json::Value;

use super::{number, report};

/// Their table.
pub fn table(program: &str) -> Result<String, String> {
    let mut table = String::from("| part | measured s | beside s |\n|---|---|---|\n");
    let scan = report(program, &["--work", "scan"])?;
    table += &format!(
        "| LIF scan, {} neurons, {} steps, forward and backward | {:.4}: {:.2} ns per neuron and step | copying as many \
         bytes: {:.4} |\n",
        scan["neurons"],
        scan["time_steps"],
        number(&scan, "/seconds/median")?,
        number(&scan, "/nanoseconds")?,
        number(&scan, "/copy_seconds/median")?
    );
    let sparse = report(program, &["--work", "sparse", "--hidden", "1000", "--batch-size", "100"])?;
    let levels = sparse["levels"].as_array().ok_or_else(|| format!("no levels in {sparse}"))?;
    let times = |level: &Value| -> Result<String, String> {
        Ok(format!(
            "{:.4} forward, {:.4} with backward",
            number(level, "/forward_seconds/median")?,
            number(level, "/step_seconds/median")?
        ))
    };
    let dense = times(levels.last().ok_or("no level was measured")?)?;
    for level in levels {
        table += &format!(
            "| synapse {} x {}, {} rows, {} % active | {} | all active: {dense} |\n",
            sparse["inputs"],
            sparse["outputs"],
            sparse["rows"],
            100.0 * number(level, "/active")?,
            times(level)?
        );
    }
    Ok(table)
}
