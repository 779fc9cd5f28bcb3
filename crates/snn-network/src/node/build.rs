//! From the keys of a node to what it does: shapes are inferred here.

use snn_core::init::WeightInit;
use snn_core::layer::{DelayConfig, InitialDelay, Population, Recurrent, RecurrentConfig};

use super::ensemble::Ensemble;
use super::maps::{self, LinearNode, number};
use super::{Building, Layer, NeuronsNode, ReadoutNode, encoder, norm};
use crate::error::{Error, Result, refuse};
use crate::keys::{Keys, none_of};
use crate::neurons::population;
use crate::setting::Setting;
use crate::signal::Timing;
use crate::sizes;

/// The names of all kinds of nodes.
const KINDS: &[&str] = &[
    "encode", "linear", "conv1d", "conv2d", "pool", "flatten", "scale", "relu", "dropout", "norm", "delay", "neuron",
    "readout", "ensemble",
];

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
    let place = keys.place.as_str();
    let features = sizes::product(place, "numbers come in,", shape)?;
    let count = || match main {
        Setting::Count(count) if *count > 0 && *count <= i64::from(u32::MAX) => Ok(*count as usize),
        other => refuse!("{place}: `{kind}` is {other}, needs a whole number from 1 to {}", u32::MAX),
    };
    let word = || match main {
        Setting::Text(text) => Ok(text.as_str()),
        other => refuse!("{place}: `{kind}` is {}, needs a name", other.kind()),
    };
    let same = |layer: Layer| (layer, shape.to_vec(), after_map(timing));
    let (layer, out, timing) = match kind {
        "encode" => encoder::build(word()?, keys, (shape, timing), building)?,
        "linear" => {
            let outputs = count()?;
            let linear = LinearNode::new(keys, [features, outputs], neurons, building)?;
            (Layer::Linear(linear), vec![outputs], after_map(timing))
        }
        "conv1d" | "conv2d" => {
            let axes = if kind == "conv1d" { 1 } else { 2 };
            let (layer, out) = maps::convolution(axes, count()?, keys, shape, neurons, building)?;
            (layer, out, after_map(timing))
        }
        "pool" => {
            let (layer, out) = maps::pool(word()?, keys, shape)?;
            (layer, out, after_map(timing))
        }
        "flatten" | "relu" if *main != Setting::Flag(true) => refuse!("{place}: `{kind}` is {main}, needs true"),
        "flatten" => (Layer::Flatten, vec![features], timing),
        "relu" => same(Layer::Relu),
        "scale" => {
            let factor = number(main, place, kind)?;
            let offset = keys.number("offset")?.unwrap_or(0.0);
            if !(factor.is_finite() && offset.is_finite()) {
                refuse!("{place}: scale {factor} and offset {offset}, finite numbers are needed");
            }
            same(Layer::Scale { factor, offset })
        }
        "dropout" => {
            let probability = number(main, place, kind)?;
            if !(0.0..1.0).contains(&probability) {
                refuse!("{place}: the probability is {probability}, needs 0 <= dropout < 1");
            }
            (Layer::Dropout { probability }, shape.to_vec(), timing)
        }
        "norm" => {
            let (layer, timing) = norm::build(word()?, keys, (shape, timing), building)?;
            (layer, shape.to_vec(), timing)
        }
        "delay" => (delay(main, keys, features, timing, building)?, shape.to_vec(), Timing::Sequence),
        "neuron" => {
            match timing {
                Timing::Still => refuse!(
                    "{place}: neurons need a sequence, what comes in is one sample; put {{ encode = .., time_steps = .. }} before it"
                ),
                Timing::ReadOut => {
                    refuse!("{place}: neurons need a sequence, which has ended at the readout before it")
                }
                _ => {}
            }
            (Layer::Neurons(neurons_node(word()?, keys, features, building)?), shape.to_vec(), Timing::Sequence)
        }
        "readout" => {
            if !timing.in_time() {
                refuse!("{place}: reads out a sequence, what comes in has no time any more");
            }
            let name = word()?;
            let of = keys.text("of")?.filter(|of| *of != "output").map(str::to_owned);
            let vote = match name {
                "vote" => Some(Ensemble::new(keys.positive("ensemble")?.unwrap_or(1), keys, features, false)?),
                _ => None,
            };
            let readout = ReadoutNode::new(name, keys)?;
            if let Some(steps) = building.time_steps.filter(|steps| readout.begin >= *steps) {
                refuse!("{place}: `begin` is {}, of {steps} time steps at least one must be left", readout.begin);
            }
            let classes = vote.as_ref().map_or(features, |vote| vote.classes);
            (Layer::Readout { readout, of, vote }, vec![classes], Timing::ReadOut)
        }
        "ensemble" => {
            let ensemble = Ensemble::new(count()?, keys, features, timing.in_time())?;
            let classes = ensemble.classes;
            (Layer::Ensemble(ensemble), vec![classes], after_map(timing))
        }
        other => return Err(none_of(&format!("{place}: kind of node"), other, KINDS.iter().copied())),
    };
    sizes::product(place, "numbers go out,", &out)?;
    Ok((layer, out, timing))
}

/// Noise which is not drawn yet is drawn before a map.
fn after_map(timing: Timing) -> Timing {
    if timing == Timing::Flickering { Timing::Sequence } else { timing }
}

/// Delays: fixed, learned, or learned from a random beginning.
fn delay(main: &Setting, keys: &Keys, features: usize, timing: Timing, building: &mut Building) -> Result<Layer> {
    let place = &keys.place;
    if !timing.in_time() {
        refuse!("{place}: delays a sequence, what comes in is one sample; put an encoder before it");
    }
    let learned = keys.flag("learn")?.unwrap_or(false);
    let longest = keys.positive("longest")?;
    let (initial, longest) = match main {
        Setting::Text(word) if word == "random" => {
            let longest = longest.ok_or_else(|| Error::new(format!("{place}: `longest` is missing")))?;
            (InitialDelay::Uniform { seed: Some(building.next_seed()) }, longest)
        }
        Setting::Text(word) => refuse!("{place}: `delay` is `{word}`, needs a number of steps, or \"random\""),
        _ => {
            let steps = number(main, place, "delay")?;
            if !(0.0..=f64::from(u32::MAX)).contains(&steps) {
                refuse!("{place}: `delay` is {steps}, needs a number of steps from 0 to {}", u32::MAX);
            }
            let longest = longest.unwrap_or((steps.ceil() as usize).max(1));
            if steps > longest as f64 {
                refuse!("{place}: a delay of {steps} steps, the longest is {longest}");
            }
            (InitialDelay::Steps(steps), longest)
        }
    };
    sizes::product(place, "numbers are under way,", &[longest, features])?;
    let each = learned || matches!(initial, InitialDelay::Uniform { .. });
    let config = DelayConfig::new(if each { features } else { 1 }, longest).with_initial(initial);
    let mut delay = config.init(building.device);
    if !learned {
        delay.delays = delay.delays.set_require_grad(false);
    }
    Ok(Layer::Delay(delay))
}

fn neurons_node(kind: &str, keys: &Keys, features: usize, building: &mut Building) -> Result<NeuronsNode> {
    let neurons = population(kind, keys, features, building.device)?;
    let late = neurons.options().delay;
    sizes::product(&keys.place, "outputs are under way,", &[late.max(1), features])?;
    if !keys.flag("recurrent")?.unwrap_or(false) {
        return Ok(NeuronsNode::Plain(neurons));
    }
    sizes::product(&keys.place, "recurrent weights", &[features, features])?;
    let init = building.init("recurrent_init", keys, None)?.unwrap_or(WeightInit::XavierUniform);
    let size = if building.shapes_only { 1 } else { features };
    let config = RecurrentConfig { neurons: size, initializer: init, seed: Some(building.next_seed()) };
    Ok(NeuronsNode::Recurrent(Recurrent::of_population(config, neurons, building.device)))
}
