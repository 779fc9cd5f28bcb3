//! `snn-train describe`

use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use serde::Serialize;
use snn_data::SIDE;
use snn_network::{InputShape, Network, Options};

use super::args::print_json;
use super::overrides::OverrideArgs;
use crate::observer::console::Console;
use crate::report::synops::{Activity, operations};
use crate::report::text;
use crate::run::data_settings::RANDOM_SPIKES;
use crate::run::file::RunFile;
use crate::run::network::time_steps;
use crate::run::recipe::{self, Recipe};
use crate::run::{RUN_FILE, Run};

/// Options of `describe`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A recipe's name, a file, or a run's folder [default: chevalier2018]
    #[arg(value_name = "RECIPE|FILE|RUN")]
    pub what: Option<String>,
    /// The shape of what comes in [default: that of the data set; 1,28,28 for images]
    #[arg(long, value_delimiter = ',', value_name = "SIZES", help_heading = "Network")]
    pub input: Vec<usize>,
    /// Overrides of the recipe.
    #[command(flatten)]
    pub overrides: OverrideArgs,
    /// Print exactly one JSON document on standard output
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// The JSON document of `describe --json`.
#[derive(Debug, Serialize)]
struct Document {
    recipe: String,
    input_shape: Vec<usize>,
    time_steps: usize,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    parameters: usize,
    states: usize,
    synaptic_operations: f64,
}

#[derive(Debug, Serialize)]
struct Node {
    name: String,
    kind: String,
    output_shape: Vec<usize>,
    parameters: usize,
    states: usize,
    /// Per sample, if each neuron spikes once in each step.
    synaptic_operations: f64,
}

#[derive(Debug, Serialize)]
struct Edge {
    from: String,
    to: String,
    delay: usize,
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = Console::new(args.json);
    let what = args.what.as_deref().unwrap_or(recipe::DEFAULT);
    let (name, mut document) = match Path::new(what).join(RUN_FILE).is_file() {
        true => {
            let run = Run::open(Path::new(what))?;
            (run.file.recipe, run.document)
        }
        false => {
            let recipe = Recipe::load(what)?;
            (recipe.name, recipe.document)
        }
    };
    for one in args.overrides.all()? {
        one.apply(&mut document, &name)?;
    }
    let run = RunFile::new(&name, &document).with_context(|| what.to_owned())?;
    let input = input(&run, &args.input)?;
    let options = Options { seed: run.training.seed, precision: run.training.precision };
    let network = Network::new(&run.network, &input, &options, &Device::flex())?;
    let steps = time_steps(&network, run.data.shape.first().copied());
    let summary = network.summary();
    let operations = operations(&summary, &input, steps, &Activity::Full);
    let nodes: Vec<Node> = summary
        .nodes
        .iter()
        .zip(&operations)
        .map(|(node, operations)| Node {
            name: node.name.clone(),
            kind: node.kind.clone(),
            output_shape: node.output_shape.clone(),
            parameters: node.parameters,
            states: node.states,
            synaptic_operations: *operations,
        })
        .collect();
    let edges =
        summary.edges.iter().map(|(from, to, delay)| Edge { from: from.clone(), to: to.clone(), delay: *delay });
    let (InputShape::Still(shape) | InputShape::Sequence(shape)) = &input;
    let document = Document {
        recipe: name,
        input_shape: shape.clone(),
        time_steps: steps,
        edges: edges.collect(),
        parameters: summary.parameters,
        states: nodes.iter().map(|node| node.states).sum(),
        synaptic_operations: nodes.iter().map(|node| node.synaptic_operations).sum(),
        nodes,
    };
    if args.json {
        return print_json(&document);
    }
    for line in table(&document) {
        console.line(&line);
    }
    Ok(())
}

/// The shape of what comes in: as asked for, else that of the data set.
fn input(run: &RunFile, asked: &[usize]) -> Result<InputShape> {
    if asked.contains(&0) {
        bail!("--input {asked:?}: a size is 0, at least 1 is needed");
    }
    let encodes = run.network.nodes.iter().any(|node| node.first().is_some_and(|(kind, _)| kind == "encode"));
    let has_neurons = run.network.nodes.iter().any(|node| node.first().is_some_and(|(kind, _)| kind == "neuron"));
    Ok(match (asked.is_empty(), run.data.name.as_str()) {
        (true, RANDOM_SPIKES) => InputShape::Sequence(run.data.shape[1..].to_vec()),
        (true, _) => InputShape::Still(vec![1, SIDE, SIDE]),
        (false, _) if encodes || !has_neurons => InputShape::Still(asked.to_vec()),
        (false, _) => InputShape::Sequence(asked.to_vec()),
    })
}

fn table(document: &Document) -> Vec<String> {
    let heads = ["node", "kind", "output shape", "parameters", "states", "synaptic operations"].map(str::to_owned);
    let row = |node: &Node| {
        [
            node.name.clone(),
            node.kind.clone(),
            format!("{:?}", node.output_shape),
            grouped(node.parameters as f64),
            grouped(node.states as f64),
            grouped(node.synaptic_operations),
        ]
    };
    let total = [
        "total".to_owned(),
        String::new(),
        String::new(),
        grouped(document.parameters as f64),
        grouped(document.states as f64),
        grouped(document.synaptic_operations),
    ];
    let rows: Vec<[String; 6]> =
        std::iter::once(heads).chain(document.nodes.iter().map(row)).chain(std::iter::once(total)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let mut lines = vec![format!(
        "{}: input {:?}, {} time step{}",
        document.recipe,
        document.input_shape,
        document.time_steps,
        if document.time_steps == 1 { "" } else { "s" }
    )];
    for [name, kind, shape, rest @ ..] in &rows {
        let mut line = format!("{name:<0$}  {kind:<1$}  {shape:<2$}", width(0), width(1), width(2));
        for (column, number) in rest.iter().enumerate() {
            line += &format!("  {number:>0$}", width(3 + column));
        }
        lines.push(line.trim_end().to_owned());
    }
    for Edge { from, to, delay } in document.edges.iter().filter(|edge| edge.delay > 0) {
        lines.push(format!("{from} -> {to}, {delay} step{} later", if *delay == 1 { "" } else { "s" }));
    }
    lines.push("states: carried from step to step; synaptic operations: at one spike per neuron and step".to_owned());
    lines
}

/// A whole number with a comma between thousands; a dash for nothing.
fn grouped(value: f64) -> String {
    if value == 0.0 { "-".to_owned() } else { text::grouped(value, ',') }
}
