//! `snn-train bench`

use anyhow::{Result, bail};
use burn::tensor::{DType, Device};
use clap::ValueEnum;
use serde::Serialize;
use snn_core::device::Execution;
use snn_core::layer::{Neurons, SpikingLinearConfig, SpikingStackConfig};
use snn_core::neuron::{
    Decay, GradedLifReset, InputScale, LeakyIntegrator, LeakyIntegratorParameters, Lif, LifParameters,
};
use snn_data::{CLASSES, SIDE};

use super::shared::{ComputeArgs, open_backend, positive, print_json, set_threads, size};
use crate::bench::{
    self, LifNet, Limit, ScanTimes, Seconds, SparseTimes, Steppable, peak_resident_mib, resident_mib, steps,
};
use crate::console::Console;
use crate::factors::Factors;

/// Pixels of the images.
const INPUTS: usize = SIDE * SIDE;

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

/// Which network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The article's network
    #[default]
    Article,
    /// Leaky integrate-and-fire with a surrogate gradient and a leaky readout, as other libraries are timed
    Lif,
}

/// Options of `bench`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What is timed
    #[arg(long, value_enum, default_value_t)]
    work: Work,
    /// The neurons, with --work step [default: article]
    #[arg(long, value_enum)]
    neuron: Option<Kind>,
    /// Hidden neurons
    #[arg(long, value_parser = size, default_value_t = 100, value_name = "COUNT")]
    hidden: usize,
    /// Time steps per image
    #[arg(long, value_parser = size, default_value_t = 128, value_name = "COUNT")]
    time_steps: usize,
    /// Images per step; with --work scan the samples, with --work sparse the rows per time step
    #[arg(long, value_parser = size, default_value_t = 1000, value_name = "COUNT")]
    batch_size: usize,
    /// How often the work is timed, after one run to warm up
    #[arg(long, value_parser = positive, default_value_t = 5, value_name = "COUNT")]
    steps: usize,
    /// The numbers in which products are multiplied, with --work step [default: f32]
    #[arg(long, value_enum)]
    precision: Option<Factors>,
    /// With --work step, train in segments of this many time steps: less memory, forward runs twice
    #[arg(long, value_parser = size, value_name = "STEPS")]
    segment: Option<usize>,
    /// Where and how to compute.
    #[command(flatten)]
    compute: ComputeArgs,
}

/// The JSON document of `bench --json`.
#[derive(Clone, Debug, Serialize)]
struct StepDocument {
    model: &'static str,
    neuron: &'static str,
    backend: String,
    path: &'static str,
    hidden: usize,
    time_steps: usize,
    batch_size: usize,
    segment: Option<usize>,
    precision: Factors,
    steps: usize,
    step_seconds: Seconds,
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
    args.precision.unwrap_or_default().require(&backend.device)?;
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
        // The scan which is timed is that of LIF neurons.
        ("--neuron", args.neuron.is_some_and(|neuron| (args.work, neuron) != (Work::Scan, Kind::Lif))),
        ("--precision", args.precision.is_some()),
        ("--segment", args.segment.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => bail!("{option} does not apply to --work {work}; leave it out, or take --work step"),
        None => Ok(()),
    }
}

fn step(args: &Args, device: &Device, backend: &str, threads: usize, console: &Console) -> Result<()> {
    let autodiff = device.clone().autodiff();
    // Whatever the backend needs to run at all belongs to the idle program.
    device.sync().map_err(|error| anyhow::anyhow!("{backend} does not answer: {error:?}"))?;
    let idle_rss_mib = resident_mib();
    let (neuron, precision) = (args.neuron.unwrap_or_default(), args.precision.unwrap_or_default());
    let seconds = match neuron {
        Kind::Article => {
            let config = SpikingStackConfig {
                sizes: vec![INPUTS, args.hidden, CLASSES],
                time_steps: args.time_steps,
                ..SpikingStackConfig::chevalier2018(0)
            };
            let mut net = config.init_chevalier2018(GradedLifReset::Scaled, &autodiff);
            let layers = net.layers.into_iter().map(|layer| layer.with_precision(precision.precision()));
            net.layers = layers.collect();
            time_steps(args, net, &autodiff)?
        }
        Kind::Lif => time_steps(args, lif_net(args, precision, &autodiff), &autodiff)?,
    };
    let peak_rss_mib = peak_resident_mib();
    let limit = bench::limit(device, &[INPUTS, args.hidden, CLASSES], args.time_steps, args.batch_size, args.steps);
    let document = StepDocument {
        model: "spiking",
        neuron: match neuron {
            Kind::Article => "article",
            Kind::Lif => "lif",
        },
        backend: backend.to_owned(),
        path: Execution::on(device, DType::F32).name(),
        hidden: args.hidden,
        time_steps: args.time_steps,
        batch_size: args.batch_size,
        segment: args.segment,
        precision,
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

fn time_steps<M: Steppable>(args: &Args, model: M, device: &Device) -> Result<Seconds> {
    let (seconds, _loss) = steps(model, device, args.batch_size, INPUTS, args.segment, args.steps)?;
    Ok(seconds)
}

fn lif_neurons() -> Neurons<Lif> {
    Neurons::new(Lif::default(), LifParameters::new(Decay::Multiplier(0.9), InputScale::One, 1.0))
}

fn lif_net(args: &Args, precision: Factors, device: &Device) -> LifNet {
    let precision = precision.precision();
    let hidden = SpikingLinearConfig::new(INPUTS, args.hidden).init(lif_neurons(), device).with_precision(precision);
    let leaky = LeakyIntegratorParameters::new(Decay::Multiplier(0.9), InputScale::One);
    let readout = SpikingLinearConfig::new(args.hidden, CLASSES)
        .with_seed(Some(1))
        .init(Neurons::new(LeakyIntegrator::default(), leaky), device);
    LifNet::new(hidden, readout, args.time_steps)
}

fn scan(args: &Args, device: &Device, backend: &str, console: &Console) -> Result<()> {
    #[derive(Serialize)]
    struct Document {
        work: &'static str,
        backend: String,
        #[serde(flatten)]
        times: ScanTimes,
    }
    snn_core::device::check_size(device, "bench", args.time_steps, args.batch_size, args.hidden)
        .map_err(anyhow::Error::msg)?;
    let times = bench::scan(device, &lif_neurons(), args.time_steps, args.batch_size, args.hidden, args.steps);
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
    // Both are at most 100,000.
    let rows = args.time_steps * args.batch_size;
    if rows.checked_mul(args.hidden).is_none_or(|numbers| numbers > 1 << 30) {
        bail!(
            "bench: {rows} rows of {} spikes are too many, 2^30 numbers at most; use a smaller --batch-size",
            args.hidden
        );
    }
    let levels = bench::sparse(device, rows, args.hidden, args.hidden, args.steps);
    for level in &levels {
        console.line(&format!(
            "{:>5.1} % active: forward {:.4} s, forward and backward {:.4} s",
            100.0 * level.active,
            level.forward_seconds.median,
            level.step_seconds.median
        ));
    }
    let document = Document {
        work: "sparse",
        backend: backend.to_owned(),
        rows,
        inputs: args.hidden,
        outputs: args.hidden,
        levels,
    };
    if args.compute.json { print_json(&document) } else { Ok(()) }
}
