//! The commands: one file each. This one parses, dispatches, and says what went wrong.

mod args;
mod bench;
mod compare;
mod describe;
mod evaluate;
mod overrides;
mod panics;
mod plot;
mod seeds;
mod stdp;
mod train;
mod values;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::training::interrupt::{self, Interrupted};

/// What people do first.
const EXAMPLES: &str = "\
Examples:
  snn-train                                              the network of Chevalier (2018)
  snn-train train --recipe spiking-conv                  spiking convolutions, for accuracy
  snn-train train --recipe mine.toml --set hidden.linear=200
  snn-train train --recipe lif-mlp --seeds 0..4          mean and deviation of five seeds
  snn-train describe mine.toml                           nodes, shapes, parameters
  snn-train compare chevalier2018 lif-mlp                networks beside each other
  snn-train train --out runs/chevalier2018-seed0 --resume --epochs 6";

#[derive(Debug, Parser)]
#[command(
    name = "snn-train",
    version,
    about = "Train, evaluate, draw and explain spiking neural networks",
    long_about = "Train, evaluate, draw and explain spiking neural networks.\n\nWithout a command: `train`, the network of \
                  Chevalier (2018) with its schedule.",
    after_help = EXAMPLES,
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
    /// Train a network: a recipe by name or file
    #[command(after_help = EXAMPLES)]
    Train(train::Args),
    /// Train several recipes beside each other; the article's two unless asked otherwise
    Compare(compare::Args),
    /// Show what a network is made of: nodes, shapes, parameters, states, synaptic operations
    Describe(describe::Args),
    /// Test a trained network
    Evaluate(evaluate::Args),
    /// Draw what a network does with one test sample, and how it learned
    Plot(plot::Args),
    /// Measure what backpropagation does to a synapse as a function of spike times, beside STDP
    Stdp(stdp::Args),
    /// Time one training step beside its own limit
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
        Ok(Err(error)) if error.is::<Interrupted>() => {
            eprintln!("{error}");
            return ExitCode::from(interrupt::CODE);
        }
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
        Command::Describe(args) => describe::run(args),
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
