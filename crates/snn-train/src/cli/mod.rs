//! The commands: one file each. This one parses, dispatches, and says what went wrong.

pub mod bench;
pub mod compare;
pub mod evaluate;
mod options;
mod panics;
pub mod plot;
pub mod shared;
pub mod stdp;
pub mod train;
mod values;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "snn-train",
    version,
    about = "Train, evaluate, draw and explain spiking neural networks",
    long_about = "Train, evaluate, draw and explain spiking neural networks.\n\nWithout a command: `train`, the article's \
                  network with the article's schedule.",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: train::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a network; the article's network and schedule unless asked otherwise.
    Train(train::Args),
    /// Train the article's spiking network beside the one without spikes (ReLU), as the article does.
    Compare(compare::Args),
    /// Test a trained network.
    Evaluate(evaluate::Args),
    /// Draw what a network does with one test image, and how it learned.
    Plot(plot::Args),
    /// Measure what backpropagation does to a synapse as a function of spike times, beside STDP.
    Stdp(stdp::Args),
    /// Time one training step beside its own limit.
    Bench(bench::Args),
}

/// The whole program. Errors are one sentence on standard error, and exit code 1 (2 if the command line cannot be
/// understood).
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            // Help and version.
            let _gone = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{}", one_line(&error.to_string()));
            return ExitCode::from(2);
        }
    };
    // The library panics with one sentence where it is misused; people get that sentence as any other.
    let sentence = match panics::caught(|| run(cli)) {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        Ok(Err(error)) => format!("{error:#}"),
        Err(panic) => panic,
    };
    eprintln!("error: {}", one_line(&sentence));
    ExitCode::FAILURE
}

fn run(cli: Cli) -> Result<()> {
    match cli.command.unwrap_or(Command::Train(cli.train)) {
        Command::Train(args) => train::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Plot(args) => plot::run(args),
        Command::Stdp(args) => stdp::run(args),
        Command::Bench(args) => bench::run(args),
    }
}

/// A message without line breaks, and without clap's usage text.
fn one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let kept = lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let mut text = String::new();
    for line in kept {
        match text.chars().last() {
            None => (),
            Some(':' | ';' | ',') => text.push(' '),
            Some(_) if line.starts_with('[') => text.push(' '),
            Some(_) => text.push_str("; "),
        }
        text.push_str(line);
    }
    text
}
