//! `snn-train bench`

use anyhow::{Result, bail};
use burn::tensor::{DType, Device};
use clap::ValueEnum;
use serde::Serialize;
use snn_core::device::Execution;
use snn_core::layer::Neurons;
use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};
use snn_data::SIDE;
use snn_network::{InputShape, Network};

use super::args::{ComputeArgs, open_backend, positive, print_json, set_threads, size};
use super::overrides::OverrideArgs;
use crate::bench::{self, Limit, Product, ScanTimes, Seconds, SparseTimes, peak_resident_mib, resident_mib, steps};
use crate::observer::console::Console;
use crate::report::synops::{Activity, operations};
use crate::run::data_settings::RANDOM_SPIKES;
use crate::run::file::RunFile;
use crate::run::network::{build, time_steps};
use crate::run::recipe::{self, Recipe};
use crate::run::training_settings::precision_name;

/// What is timed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Work {
    /// One training step of a network, beside its bare matrix products and the drawing of its noise
    #[default]
    Step,
    /// The scan alone, forward and backward, beside copying the bytes it touches
    Scan,
    /// A synapse whose input is spikes, at 1, 5, 20 and 100 % activity
    Sparse,
}

/// Options of `bench`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What is timed
    #[arg(long, value_enum, default_value_t)]
    work: Work,
    /// The network, with --work step: a recipe's name or a file [default: chevalier2018]
    #[arg(long, value_name = "NAME|FILE.toml")]
    recipe: Option<String>,
    /// Hidden neurons [default: the recipe's; 100 with other work]
    #[arg(long, value_parser = size, value_name = "COUNT")]
    hidden: Option<usize>,
    /// Time steps per sample [default: the recipe's; 128 with other work]
    #[arg(long, value_parser = size, value_name = "COUNT")]
    time_steps: Option<usize>,
    /// Batch size; with --work scan the samples, with --work sparse the rows per time step [default: the recipe's; 1000 with other work]
    #[arg(long, value_parser = size, value_name = "COUNT")]
    batch_size: Option<usize>,
    /// How often the work is timed, after one run to warm up
    #[arg(long, value_parser = positive, default_value_t = 5, value_name = "COUNT")]
    steps: usize,
    /// Precision of the factors of linear layers, with --work step: f32 or bf16 [default: f32]
    #[arg(long, value_parser = ["f32", "bf16"], value_name = "NAME")]
    precision: Option<String>,
    /// With --work step, train with at most so many time steps in memory: less memory, forward runs twice
    #[arg(long, value_parser = size, value_name = "STEPS")]
    segments: Option<usize>,
    /// With --work step, the share of the inputs that are not zero: spikes of a sequence, pixels of an image [default: 2 %, and 20 %
    /// of a class's own features, of a sequence; 100 % of an image]
    #[arg(long, value_parser = share, value_name = "0..1")]
    input_density: Option<f64>,
    /// Where and how to compute.
    #[command(flatten)]
    compute: ComputeArgs,
}

/// A share that is not nothing.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= 1.0 => Ok(value),
        _ => Err("a share above 0, at most 1, is needed".to_owned()),
    }
}

/// The JSON document of `bench --json`.
#[derive(Clone, Debug, Serialize)]
struct StepDocument {
    recipe: String,
    model: String,
    backend: String,
    path: &'static str,
    time_steps: usize,
    batch_size: usize,
    segments: Option<usize>,
    input_density: Option<f64>,
    precision: &'static str,
    steps: usize,
    step_seconds: Seconds,
    /// The matrix products of convolutions are those with all patches of the image in memory.
    limit_seconds: Limit,
    /// The largest resident memory up to the last step, and that before the network was made; the limit, which holds
    /// all noisy inputs in memory, is measured afterwards.
    peak_rss_mib: Option<f64>,
    idle_rss_mib: Option<f64>,
    threads: usize,
}

/// Runs the command.
pub fn run(args: Args) -> Result<()> {
    let console = args.compute.console();
    refuse_options_of_other_work(&args)?;
    let threads = set_threads(args.compute.threads)?;
    let backend = open_backend(args.compute.backend.unwrap_or_default(), &console)?;
    match args.work {
        Work::Step => step(&args, &backend.device, backend.name, threads, &console),
        Work::Scan => scan(&args, &backend.device, backend.name, &console),
        Work::Sparse => sparse(&args, &backend.device, backend.name, &console),
    }
}

/// Only a training step has a network to choose, products to multiply in another precision, and segments.
fn refuse_options_of_other_work(args: &Args) -> Result<()> {
    let work = match args.work {
        Work::Step => return Ok(()),
        Work::Scan => "scan",
        Work::Sparse => "sparse",
    };
    let given = [
        ("--recipe", args.recipe.is_some()),
        ("--precision", args.precision.is_some()),
        ("--segments", args.segments.is_some()),
        ("--input-density", args.input_density.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => bail!("{option} does not apply to --work {work}; leave it out, or take --work step"),
        None => Ok(()),
    }
}

/// The recipe with the options of the command.
fn recipe(args: &Args) -> Result<RunFile> {
    let mut recipe = Recipe::load(args.recipe.as_deref().unwrap_or(recipe::DEFAULT))?;
    let overrides = OverrideArgs {
        hidden: args.hidden.into_iter().collect(),
        time_steps: args.time_steps,
        batch_size: args.batch_size,
        precision: args.precision.clone(),
        segments: args.segments,
        ..OverrideArgs::default()
    };
    for one in overrides.all()? {
        one.apply(&mut recipe.document, &recipe.name)?;
    }
    RunFile::new(&recipe.name, &recipe.document)
}

fn step(args: &Args, device: &Device, backend: &str, threads: usize, console: &Console) -> Result<()> {
    let file = recipe(args)?;
    let input = match file.data.name.as_str() {
        RANDOM_SPIKES => InputShape::Sequence(file.data.shape[1..].to_vec()),
        _ => InputShape::Still(vec![1, SIDE, SIDE]),
    };
    let autodiff = device.clone().autodiff();
    // Whatever the backend needs to run at all belongs to the idle program.
    device.sync().map_err(|error| anyhow::anyhow!("{backend} does not answer: {error:?}"))?;
    let idle_rss_mib = resident_mib();
    let classes = file.data.classes.unwrap_or(10);
    let network = build(&file, &input, classes, &autodiff)?;
    let sample_steps = time_steps(&network, file.data.shape.first().copied());
    let (layers, noise) = products(&network, sample_steps, file.training.batch_size);
    let seconds = steps(network, &file.training, sample_steps, args.input_density, &autodiff, args.steps)?;
    let peak_rss_mib = peak_resident_mib();
    let limit = bench::limit(device, &layers, noise, args.steps);
    let document = StepDocument {
        recipe: file.recipe.clone(),
        model: file.recipe.clone(),
        backend: backend.to_owned(),
        path: Execution::on(device, DType::F32).name(),
        time_steps: sample_steps,
        batch_size: file.training.batch_size,
        segments: file.training.segments,
        input_density: args.input_density,
        precision: precision_name(file.training.precision),
        steps: args.steps,
        step_seconds: seconds,
        limit_seconds: limit,
        peak_rss_mib,
        idle_rss_mib,
        threads,
    };
    console.line(&format!(
        "one training step: median {:.3} s, min {:.3}, max {:.3} ({} steps)",
        seconds.median, seconds.min, seconds.max, args.steps
    ));
    console.line(&format!(
        "its limit: {:.3} s of bare matrix products + {:.3} s of drawing noise = {:.3} s; the step takes {:.2} of it",
        limit.matmul,
        limit.noise,
        limit.total,
        seconds.median / limit.total
    ));
    if let (Some(peak), Some(idle)) = (peak_rss_mib, idle_rss_mib) {
        console.line(&format!("memory: {peak:.0} MiB at most, {:.0} above the idle program", peak - idle));
    }
    if args.compute.json { print_json(&document) } else { Ok(()) }
}

/// The matrix products of a step, and steps, batch and features of an input which flickers. A convolution is the product of all
/// patches with its kernels.
fn products(network: &Network, steps: usize, batch: usize) -> (Vec<Product>, Option<[usize; 3]>) {
    let summary = network.summary();
    let operations = operations(&summary, network.input(), steps, &Activity::Full);
    let mut layers: Vec<Product> = Vec::new();
    for (node, operations) in summary.nodes.iter().zip(operations).filter(|(node, _)| node.synaptic_operations > 0) {
        let all: usize = node.output_shape.iter().product();
        let outputs = if node.kind.starts_with("conv") { node.output_shape[0] } else { all };
        let times = (operations / node.synaptic_operations as f64).round() as usize;
        let of_input = !layers.is_empty();
        let (rows, inputs) = (times * batch * (all / outputs), node.synaptic_operations / all);
        layers.push(Product { rows, inputs, outputs, of_input });
    }
    let (InputShape::Still(shape) | InputShape::Sequence(shape)) = network.input();
    let flickers = summary.nodes.iter().any(|node| node.kind == "encode flicker");
    (layers, flickers.then(|| [steps, batch, shape.iter().product()]))
}

fn lif_neurons() -> Neurons<Lif> {
    Neurons::new(Lif::default(), LifParameters::new(Decay::Multiplier(0.9), InputScale::One, 1.0))
}

/// Hidden neurons, time steps and batch size of work which is no network's.
fn sizes(args: &Args) -> [usize; 3] {
    [args.hidden.unwrap_or(100), args.time_steps.unwrap_or(128), args.batch_size.unwrap_or(1000)]
}

fn scan(args: &Args, device: &Device, backend: &str, console: &Console) -> Result<()> {
    #[derive(Serialize)]
    struct Document {
        work: &'static str,
        backend: String,
        #[serde(flatten)]
        times: ScanTimes,
    }
    let [hidden, time_steps, batch_size] = sizes(args);
    snn_core::device::check_size(device, "bench", time_steps, batch_size, hidden).map_err(anyhow::Error::msg)?;
    let times = bench::scan(device, &lif_neurons(), time_steps, batch_size, hidden, args.steps);
    console.line(&format!(
        "LIF scan of {} neurons, {} steps, forward and backward: {:.4} s = {:.3} ns per neuron and step; copying as many \
         bytes: {:.4} s",
        times.neurons, times.time_steps, times.seconds.median, times.nanoseconds, times.copy_seconds.median
    ));
    let document = Document { work: "scan", backend: backend.to_owned(), times };
    if args.compute.json { print_json(&document) } else { Ok(()) }
}

fn sparse(args: &Args, device: &Device, backend: &str, console: &Console) -> Result<()> {
    #[derive(Serialize)]
    struct Document {
        work: &'static str,
        backend: String,
        rows: usize,
        inputs: usize,
        outputs: usize,
        levels: Vec<SparseTimes>,
    }
    let [hidden, time_steps, batch_size] = sizes(args);
    // Both are at most 100,000.
    let rows = time_steps * batch_size;
    if rows.checked_mul(hidden).is_none_or(|values| values > 1 << 30) {
        bail!("bench: {rows} rows of {hidden} spikes are too many, 2^30 values at most; use a smaller --batch-size");
    }
    let levels = bench::sparse(device, rows, hidden, hidden, args.steps);
    for level in &levels {
        console.line(&format!(
            "{:>5.1} % active: forward {:.4} s, forward and backward {:.4} s",
            100.0 * level.active,
            level.forward_seconds.median,
            level.step_seconds.median
        ));
    }
    let document =
        Document { work: "sparse", backend: backend.to_owned(), rows, inputs: hidden, outputs: hidden, levels };
    if args.compute.json { print_json(&document) } else { Ok(()) }
}
