//! From the keys of a node to what it does: shapes are inferred here.

use burn::module::Param;
use burn::nn::PaddingConfig1d;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv1dConfig, Conv2dConfig};
use burn::nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn::tensor::Device;
use snn_core::encode::{Delta, DeltaReference, Latency, LatencyLaw, ReceptiveFields};
use snn_core::init::{InputStatistics, WeightInit, weight_and_bias};
use snn_core::layer::{DelayConfig, InitialDelay, Population, Recurrent, RecurrentConfig};
use snn_core::noise::derive_seed;
use snn_core::norm::ThresholdBatchNormConfig;
use snn_core::number::FixedF64;
use snn_core::readout::Vote;
use snn_core::scan::ReturnStates;
use snn_core::synapse::Precision;

use super::{Encoder, Layer, LinearNode, NeuronsNode, ReadoutNode};
use crate::error::{Result, refuse};
use crate::keys::{Keys, none_of};
use crate::neurons::population;
use crate::setting::Setting;
use crate::signal::Timing;

/// The names of all kinds of nodes.
const KINDS: &[&str] = &[
    "encode", "linear", "conv1d", "conv2d", "pool", "flatten", "scale", "relu", "dropout", "norm", "delay", "neuron",
    "readout", "ensemble",
];

const ENCODERS: &[&str] = &["constant", "flicker", "bernoulli", "poisson", "latency", "receptive-fields", "delta"];

/// What building has seen so far.
pub(crate) struct Building<'a> {
    pub(crate) seed: u64,
    /// Whether only shapes are found out; all is made again afterwards.
    pub(crate) shapes_only: bool,
    /// Weights drawn so far: each set has a seed of its own.
    pub(crate) drawn: u64,
    pub(crate) device: &'a Device,
    pub(crate) precision: Precision,
    /// Inputs of the next weights, as far as they are known: for weights of a given firing rate.
    pub(crate) statistics: InputStatistics,
}

impl Building<'_> {
    fn next_seed(&mut self) -> u64 {
        let seed = derive_seed(self.seed, self.drawn);
        self.drawn += 1;
        seed
    }
}

/// What a node of the kind `kind` is, whose first key stands for `main`: the layer, its output's shape and timing.
/// `neurons` are those which its weights drive, if it has weights and something is known of them.
pub(crate) fn layer(
    kind: &str,
    main: &Setting,
    keys: &Keys,
    (shape, timing): (&[usize], Timing),
    neurons: Option<&Population>,
    building: &mut Building,
) -> Result<(Layer, Vec<usize>, Timing)> {
    let features: usize = shape.iter().product();
    let place = keys.place.clone();
    let count = || match main {
        Setting::Count(count) if *count > 0 && *count <= i64::from(u32::MAX) => Ok(*count as usize),
        other => refuse!("{place}: `{kind}` is {}, needs a whole number of at least 1", other),
    };
    let word = || match main {
        Setting::Text(text) => Ok(text.as_str()),
        other => refuse!("{place}: `{kind}` is {}, needs a name", other.kind()),
    };
    let spatial = |axes: usize| match shape.len() == axes + 1 {
        true => Ok(()),
        false => refuse!(
            "{place}: comes after a shape of {shape:?}, needs [channels, {}]",
            ["length", "rows, columns"][axes - 1]
        ),
    };
    Ok(match kind {
        "encode" => {
            let name = word()?;
            let encoder = encoder(name, keys)?;
            if matches!(encoder, Encoder::Delta(_)) {
                if timing == Timing::Still {
                    refuse!("{place}: encodes the changes of a sequence, what comes in is one sample");
                }
                return Ok((Layer::Encode { encoder, steps: 0 }, shape.to_vec(), Timing::Sequence));
            }
            if timing.in_time() {
                refuse!("{place}: encodes one sample, what comes in is a sequence already; leave it out");
            }
            let steps = keys.required("time_steps")?;
            let shape = match &encoder {
                Encoder::ReceptiveFields(fields) => vec![features * fields.fields],
                Encoder::Latency(_) => shape.to_vec(),
                _ => shape.to_vec(),
            };
            let encoder = match encoder {
                Encoder::Latency(latency) => Encoder::Latency(Latency { steps, ..latency }),
                other => other,
            };
            let timing = match encoder {
                Encoder::Constant => Timing::Constant,
                Encoder::Flicker => Timing::Flickering,
                _ => Timing::Sequence,
            };
            (Layer::Encode { encoder, steps }, shape, timing)
        }
        "linear" => {
            let outputs = count()?;
            let init = init(keys, neurons, building)?.unwrap_or(WeightInit::XavierUniform);
            let with_bias = keys.flag("bias")?.unwrap_or(true);
            let (weight, bias) = weight_and_bias(init, features, outputs, building.next_seed(), building.device);
            let linear = LinearNode { weight, bias: with_bias.then_some(bias), precision: building.precision };
            (Layer::Linear(linear), vec![outputs], if timing == Timing::Flickering { Timing::Sequence } else { timing })
        }
        "conv2d" => {
            spatial(2)?;
            let outputs = count()?;
            let kernel = keys.pair("kernel")?.unwrap_or([3, 3]);
            let stride = keys.pair("stride")?.unwrap_or([1, 1]);
            let padding = keys.pair("padding")?.unwrap_or([0, 0]);
            let dilation = keys.pair("dilation")?.unwrap_or([1, 1]);
            let groups = groups(keys, shape[0], outputs)?;
            let with_bias = keys.flag("bias")?.unwrap_or(true);
            let rows = window(&place, shape[1], kernel[0], stride[0], padding[0], dilation[0])?;
            let columns = window(&place, shape[2], kernel[1], stride[1], padding[1], dilation[1])?;
            let inputs = shape[0] / groups * kernel[0] * kernel[1];
            let init = init(keys, neurons, building)?.unwrap_or(WeightInit::XavierUniform);
            let (weight, bias) = weight_and_bias(init, inputs, outputs, building.next_seed(), building.device);
            let mut conv = Conv2dConfig::new([shape[0], outputs], kernel)
                .with_stride(stride)
                .with_dilation(dilation)
                .with_groups(groups)
                .with_padding(PaddingConfig2d::Explicit(padding[0], padding[1], padding[0], padding[1]))
                .with_bias(with_bias)
                .init(building.device);
            let weight = weight.val().transpose().reshape([outputs, shape[0] / groups, kernel[0], kernel[1]]);
            conv.weight = Param::from_data(weight.into_data(), building.device);
            conv.bias = with_bias.then_some(bias);
            (Layer::Conv2d(conv), vec![outputs, rows, columns], after_map(timing))
        }
        "conv1d" => {
            spatial(1)?;
            let outputs = count()?;
            let kernel = keys.positive("kernel")?.unwrap_or(3);
            let stride = keys.positive("stride")?.unwrap_or(1);
            let padding = keys.count("padding")?.unwrap_or(0);
            let dilation = keys.positive("dilation")?.unwrap_or(1);
            let groups = groups(keys, shape[0], outputs)?;
            let with_bias = keys.flag("bias")?.unwrap_or(true);
            let length = window(&place, shape[1], kernel, stride, padding, dilation)?;
            let inputs = shape[0] / groups * kernel;
            let init = init(keys, neurons, building)?.unwrap_or(WeightInit::XavierUniform);
            let (weight, bias) = weight_and_bias(init, inputs, outputs, building.next_seed(), building.device);
            let mut conv = Conv1dConfig::new(shape[0], outputs, kernel)
                .with_stride(stride)
                .with_dilation(dilation)
                .with_groups(groups)
                .with_padding(PaddingConfig1d::Explicit(padding, padding))
                .with_bias(with_bias)
                .init(building.device);
            let weight = weight.val().transpose().reshape([outputs, shape[0] / groups, kernel]);
            conv.weight = Param::from_data(weight.into_data(), building.device);
            conv.bias = with_bias.then_some(bias);
            (Layer::Conv1d(conv), vec![outputs, length], after_map(timing))
        }
        "pool" => {
            spatial(2)?;
            let size = keys.pair("size")?.unwrap_or([2, 2]);
            let stride = keys.pair("stride")?.unwrap_or(size);
            let rows = window(&place, shape[1], size[0], stride[0], 0, 1)?;
            let columns = window(&place, shape[2], size[1], stride[1], 0, 1)?;
            let layer = match word()? {
                "max" => Layer::MaxPool(MaxPool2dConfig::new(size).with_strides(stride).init()),
                "avg" => Layer::AvgPool(AvgPool2dConfig::new(size).with_strides(stride).init()),
                other => return Err(none_of(&format!("{place}: pool"), other, ["max", "avg"].into_iter())),
            };
            (layer, vec![shape[0], rows, columns], after_map(timing))
        }
        "flatten" | "relu" => {
            if *main != Setting::Flag(true) {
                refuse!("{place}: `{kind}` is {}, needs true", main);
            }
            match kind {
                "flatten" => (Layer::Flatten, vec![features], timing),
                _ => (Layer::Relu, shape.to_vec(), after_map(timing)),
            }
        }
        "scale" => {
            let factor = number(main, &place, kind)?;
            let offset = keys.number("offset")?.unwrap_or(0.0);
            if !(factor.is_finite() && offset.is_finite()) {
                refuse!("{place}: scale {factor} and offset {offset}, finite numbers are needed");
            }
            (Layer::Scale { factor, offset }, shape.to_vec(), after_map(timing))
        }
        "dropout" => {
            let probability = number(main, &place, kind)?;
            if !(0.0..1.0).contains(&probability) {
                refuse!("{place}: the probability is {probability}, needs 0 <= dropout < 1");
            }
            (Layer::Dropout { probability }, shape.to_vec(), timing)
        }
        "norm" => {
            match word()? {
                "threshold" => {}
                other => return Err(none_of(&format!("{place}: norm"), other, ["threshold"].into_iter())),
            }
            let threshold = keys.number("threshold")?.unwrap_or(1.0);
            let mut config = ThresholdBatchNormConfig::new(shape[0], threshold);
            config.alpha = keys.number("alpha")?.unwrap_or(config.alpha);
            config.epsilon = keys.number("epsilon")?.unwrap_or(config.epsilon);
            config.momentum = keys.number("momentum")?.unwrap_or(config.momentum);
            (Layer::Norm(config.init(building.device)), shape.to_vec(), after_map(timing))
        }
        "delay" => {
            if !timing.in_time() {
                refuse!("{place}: delays a sequence, what comes in is one sample; put an encoder before it");
            }
            let learned = keys.flag("learn")?.unwrap_or(false);
            let steps = match main {
                Setting::Count(steps) if *steps >= 0 => *steps as f64,
                Setting::Number(steps) if *steps >= 0.0 => *steps,
                other => refuse!("{place}: `delay` is {}, needs a number of steps of at least 0", other),
            };
            let longest = keys.positive("longest")?.unwrap_or((steps.ceil() as usize).max(1));
            if steps > longest as f64 {
                refuse!("{place}: a delay of {steps} steps, the longest is {longest}");
            }
            let width = if learned { features } else { 1 };
            let config = DelayConfig::new(width, longest).with_initial(InitialDelay::Steps(steps));
            let mut delay = config.init(building.device);
            if !learned {
                delay.delays = delay.delays.set_require_grad(false);
            }
            (Layer::Delay(delay), shape.to_vec(), Timing::Sequence)
        }
        "neuron" => {
            if !timing.in_time() {
                refuse!(
                    "{place}: neurons need a sequence, what comes in is one sample; put {{ encode = .., time_steps = .. }} before it"
                );
            }
            let neurons = population(word()?, keys, features, building.device)?;
            let layer = match keys.flag("recurrent")?.unwrap_or(false) {
                false => NeuronsNode::Plain(neurons),
                true => {
                    let config = RecurrentConfig::new(features).with_seed(Some(building.next_seed()));
                    NeuronsNode::Recurrent(Recurrent::of_population(config, neurons, building.device))
                }
            };
            (Layer::Neurons(layer), shape.to_vec(), Timing::Sequence)
        }
        "readout" => {
            if !timing.in_time() {
                refuse!("{place}: reads out a sequence, what comes in has no time any more");
            }
            let name = word()?;
            let of = keys.text("of")?.filter(|of| *of != "output").map(str::to_owned);
            if name == "vote" {
                refuse!("{place}: a vote is {{ ensemble = k }}, before or behind a readout over time");
            }
            (Layer::Readout { readout: ReadoutNode::new(name, keys)?, of }, vec![features], Timing::Still)
        }
        "ensemble" => {
            let size = count()?;
            if !features.is_multiple_of(size) {
                refuse!(
                    "{place}: {features} features cannot be cut into ensembles of {size}; take a multiple of {size}"
                );
            }
            let ways = [("mean", Vote::Mean), ("sum", Vote::Sum)];
            let how = keys.choice("vote", &ways)?.unwrap_or(Vote::Mean);
            let classes = features / size;
            (Layer::Ensemble { classes, how }, vec![classes], after_map(timing))
        }
        other => return Err(none_of(&format!("{place}: kind of node"), other, KINDS.iter().copied())),
    })
}

fn after_map(timing: Timing) -> Timing {
    if timing == Timing::Flickering { Timing::Sequence } else { timing }
}

fn number(main: &Setting, place: &str, kind: &str) -> Result<f64> {
    match main {
        Setting::Number(number) => Ok(*number),
        Setting::Count(count) => Ok(*count as f64),
        other => refuse!("{place}: `{kind}` is {}, needs a number", other.kind()),
    }
}

fn groups(keys: &Keys, inputs: usize, outputs: usize) -> Result<usize> {
    let groups = keys.positive("groups")?.unwrap_or(1);
    if !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        refuse!("{}: {inputs} channels in and {outputs} out cannot be cut into {groups} groups", keys.place);
    }
    Ok(groups)
}

/// How many windows there are along one axis.
fn window(place: &str, length: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> Result<usize> {
    if kernel == 0 || stride == 0 || dilation == 0 {
        refuse!("{place}: kernel {kernel}, stride {stride} and dilation {dilation}, at least 1 of each is needed");
    }
    let (padded, reach) = (length + 2 * padding, dilation * (kernel - 1) + 1);
    if reach > padded {
        refuse!("{place}: a window of {reach} is longer than the axis of {length} with a padding of {padding}");
    }
    Ok((padded - reach) / stride + 1)
}

/// `init = "xavier"`, `"torch"`, `{ gain = 1.0 }` or `{ rate = 0.15 }`.
fn init(keys: &Keys, neurons: Option<&Population>, building: &mut Building) -> Result<Option<WeightInit>> {
    let place = format!("{}, `init`", keys.place);
    Ok(Some(match keys.get("init") {
        None => return Ok(None),
        Some(Setting::Text(name)) => match name.as_str() {
            "xavier" => WeightInit::XavierUniform,
            "torch" => WeightInit::TorchLinear,
            other => {
                return Err(none_of(&place, other, ["xavier", "torch", "{ gain = .. }", "{ rate = .. }"].into_iter()));
            }
        },
        Some(Setting::Table(entries)) => {
            let inner = Keys::new(place.clone(), entries);
            let (gain, rate) = (inner.number("gain")?, inner.number("rate")?);
            inner.finish()?;
            match (gain, rate) {
                (Some(gain), None) if gain > 0.0 && gain.is_finite() => WeightInit::Gain(FixedF64(gain)),
                (None, Some(rate)) if rate > 0.0 && rate < 1.0 => {
                    // The neurons are not made yet, and these weights are not kept.
                    if building.shapes_only {
                        return Ok(None);
                    }
                    let Some(neurons) = neurons else {
                        refuse!("{place}: a firing rate needs neurons right behind these weights")
                    };
                    let found = neurons.weights_for_rate(building.statistics, rate);
                    building.statistics = found.output;
                    found.init
                }
                _ => refuse!("{place}: needs {{ gain = .. }}, above 0, or {{ rate = .. }}, between 0 and 1"),
            }
        }
        Some(other) => refuse!("{place} is {}, needs a name or a table", other.kind()),
    }))
}

fn encoder(name: &str, keys: &Keys) -> Result<Encoder> {
    Ok(match name {
        "constant" => Encoder::Constant,
        "flicker" => Encoder::Flicker,
        "bernoulli" => Encoder::Bernoulli,
        "poisson" => Encoder::Poisson { time_step: keys.number("time_step")?.unwrap_or(1.0) },
        "latency" => {
            let law = match keys.number("threshold")? {
                None => LatencyLaw::Linear,
                Some(threshold) => LatencyLaw::Logarithmic { threshold },
            };
            Encoder::Latency(Latency { steps: 1, law, silent_up_to: keys.number("silent_up_to")? })
        }
        "receptive-fields" => Encoder::ReceptiveFields(ReceptiveFields {
            fields: keys.required("fields")?,
            low: keys.number("low")?.unwrap_or(0.0),
            high: keys.number("high")?.unwrap_or(1.0),
            beta: keys.number("beta")?.unwrap_or(1.5),
        }),
        "delta" => {
            let references = [("previous", DeltaReference::Previous), ("followed", DeltaReference::Followed)];
            Encoder::Delta(Delta {
                threshold: keys.number("threshold")?.unwrap_or(0.1),
                off_spikes: keys.flag("off_spikes")?.unwrap_or(true),
                reference: keys.choice("reference", &references)?.unwrap_or(DeltaReference::Previous),
            })
        }
        other => return Err(none_of(&format!("{}: encoder", keys.place), other, ENCODERS.iter().copied())),
    })
}

impl NeuronsNode {
    /// The same neurons, which return their states: after each step, or before it where their output is late, so that what is
    /// read out of a membrane is as late as what is sent.
    pub(crate) fn returning_states(self) -> Self {
        let mode = |population: &Population| match population.options().delay {
            0 => ReturnStates::AfterStep,
            _ => ReturnStates::BeforeStep,
        };
        match self {
            Self::Plain(population) => {
                let mode = mode(&population);
                Self::Plain(population.with_return_states(mode))
            }
            Self::Recurrent(mut recurrent) => {
                let mode = mode(&recurrent.neurons);
                recurrent.neurons = recurrent.neurons.with_return_states(mode);
                Self::Recurrent(recurrent)
            }
        }
    }
}
