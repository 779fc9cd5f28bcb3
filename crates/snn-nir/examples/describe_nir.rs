//! What is in a NIR file: nodes in the order in which they run, shapes, late edges, and what is worth a look.
//!
//! ```text
//! cargo run -p snn-nir --example describe_nir -- fixtures/nir/hand/recurrent.nir 1e-3 euler
//! ```

use std::process::ExitCode;

use snn_nir::{Error, Graph, Rule, Step};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, dt, rule] = &arguments[..] else {
        eprintln!(
            "a file, a time step in the unit of its time constants, and a rule (euler, exponential, zoh) are needed"
        );
        return ExitCode::FAILURE;
    };
    match describe(path, dt.parse().unwrap_or(f64::NAN), rule) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn describe(path: &str, dt: f64, rule: &str) -> Result<(), Error> {
    let step = Step::new(dt, rule.parse::<Rule>()?)?;
    let graph = Graph::open(path)?;
    println!("written by NIR {}", graph.version().unwrap_or("of an unknown release"));
    let checked = graph.check(step)?;
    for component in checked.components() {
        for at in component.nodes() {
            let node = &checked.nodes()[*at];
            let sources: Vec<String> = checked
                .sources(*at)
                .map(|source| {
                    format!("{}{}", checked.nodes()[source.node].name(), if source.late { " (late)" } else { "" })
                })
                .collect();
            let cycle = if component.is_cyclic() { "* " } else { "  " };
            let shapes = format!("{:?} -> {:?}", node.input(), node.output());
            println!("{cycle}{:<20} {:<10} {shapes:<28} <- {}", node.name(), node.node().kind(), sources.join(" + "));
        }
    }
    for lint in checked.lints() {
        println!("note: {lint}");
    }
    for lint in graph.for_python()? {
        println!("for Python: {lint}");
    }
    Ok(())
}
