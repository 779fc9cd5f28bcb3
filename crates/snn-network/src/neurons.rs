//! The table of neurons: name, and what is made of it.

use burn::tensor::Device;
use snn_core::layer::{Learning, Neurons, Population};
use snn_core::neuron::*;
use snn_core::number::{Fields, FixedF64};
use snn_core::surrogate::{ATan, AnySurrogate, Surrogate};

use crate::error::{Error, Result, refuse};
use crate::keys::{Keys, none_of};
use crate::setting::Setting;

/// The names of all neurons.
pub const NEURONS: &[&str] = &[
    "graded-lif",
    "lif",
    "cuba-lif",
    "integrate-and-fire",
    "leaky-integrator",
    "lapicque",
    "parametric-lif",
    "adaptive-lif",
    "adaptive-threshold",
    "alpha",
    "exponential-if",
    "adaptive-exponential",
    "quadratic-if",
    "adaptive-quadratic",
    "izhikevich",
    "resonate-and-fire",
    "sigma-delta",
    "integer-lif",
];

/// The population called `kind`, of `features` neurons.
pub(crate) fn population(kind: &str, keys: &Keys, features: usize, device: &Device) -> Result<Population> {
    let population = bare(kind, keys)?;
    let population = match keys.number("after_spike")? {
        None => population,
        Some(decay) if (0.0..1.0).contains(&decay) => population.with_after_spike(decay),
        Some(decay) => refuse!("{}: `after_spike` is {decay}, needs 0 <= after_spike < 1", keys.place),
    };
    let mut population = population.with_delay(keys.count("delay")?.unwrap_or(0));
    let way = [("transformed", Learning::Transformed), ("clamped", Learning::Clamped), ("raw", Learning::Raw)];
    let learning = keys.choice("learn_as", &way)?.unwrap_or_default();
    let width = if keys.flag("share_learned")?.unwrap_or(false) { 1 } else { features };
    let names = keys.texts("learn")?;
    for (place, name) in names.iter().enumerate() {
        let (parameters, states) = (population.parameter_names(), population.state_names());
        if names[..place].contains(name) {
            refuse!("{}: `learn` names `{name}` twice", keys.place);
        }
        if parameters.contains(name) {
            population = population.learn_as(name, learning, width, device);
        } else if states.contains(name) {
            population = population.learn_initial(name, width, device);
        } else {
            let place = format!("{}: a parameter or state to learn called", keys.place);
            return Err(none_of(&place, name, parameters.iter().chain(states).copied()));
        }
    }
    Ok(population)
}

/// The neuron with a surrogate that the compiler knows where that is the default one, else with one that is chosen at run time:
/// not every combination is compiled.
macro_rules! with_surrogate {
    ($keys:expr, |$surrogate:ident| $neuron:expr, $defaults:expr) => {{
        match surrogate($keys)? {
            AnySurrogate::ATan($surrogate) => plain($neuron, $defaults, $keys),
            $surrogate => plain($neuron, $defaults, $keys),
        }
    }};
}

fn bare(kind: &str, keys: &Keys) -> Result<Population> {
    match kind {
        "graded-lif" => {
            let resets = [("scaled", GradedLifReset::Scaled), ("subtracted", GradedLifReset::Subtracted)];
            let reset = keys.choice("reset", &resets)?.unwrap_or_default();
            plain(GradedLif { reset }, GradedLifParameters::default(), keys)
        }
        "lif" if keys.get("refractory").is_some() || keys.get("current_decay").is_some() => {
            let neuron = Lif { fire_reset: fire_reset(surrogate(keys)?, keys)? };
            finish(neuron, LifParameters::default(), keys)
        }
        "lif" => with_surrogate!(keys, |g| Lif { fire_reset: fire_reset(g, keys)? }, LifParameters::default()),
        "cuba-lif" => {
            let order = current_order(keys)?;
            with_surrogate!(
                keys,
                |g| CubaLif { neuron: Lif { fire_reset: fire_reset(g, keys)? }, order },
                CubaParameters::default()
            )
        }
        "integrate-and-fire" => with_surrogate!(
            keys,
            |g| IntegrateAndFire { fire_reset: fire_reset(g, keys)? },
            IntegrateAndFireParameters::default()
        ),
        "leaky-integrator" => plain(LeakyIntegrator::default(), LeakyIntegratorParameters::default(), keys),
        "lapicque" => {
            let dt = FixedF64(keys.number("dt")?.unwrap_or(1.0));
            with_surrogate!(keys, |g| Lapicque { fire_reset: fire_reset(g, keys)?, dt }, LapicqueParameters::default())
        }
        "parametric-lif" => {
            let inputs = [("scaled", ParametricInput::Scaled), ("unscaled", ParametricInput::Unscaled)];
            let input = keys.choice("input", &inputs)?.unwrap_or_default();
            with_surrogate!(
                keys,
                |g| ParametricLif { fire_reset: fire_reset(g, keys)?, input },
                ParametricLifParameters::default()
            )
        }
        "adaptive-lif" => with_surrogate!(
            keys,
            |g| AdaptiveLif { fire_reset: fire_reset(g, keys)? },
            AdaptiveLifParameters::default()
        ),
        "adaptive-threshold" => {
            let orders =
                [("compare-decay", ThresholdOrder::CompareDecay), ("decay-compare", ThresholdOrder::DecayCompare)];
            let order = keys.choice("order", &orders)?.unwrap_or_default();
            with_surrogate!(
                keys,
                |g| AdaptiveThreshold { fire_reset: fire_reset(g, keys)?, order },
                AdaptiveThresholdParameters::default()
            )
        }
        "alpha" => {
            let resets = [
                ("zero", AlphaReset::Zero),
                ("snntorch-subtract", AlphaReset::SnnTorchSubtract),
                ("none", AlphaReset::None),
            ];
            let reset = keys.choice("reset", &resets)?.unwrap_or_default();
            let comparison = comparison(keys)?;
            with_surrogate!(keys, |surrogate| Alpha { surrogate, comparison, reset }, AlphaParameters::default())
        }
        "exponential-if" => with_surrogate!(
            keys,
            |g| ExponentialIf { fire_reset: fire_reset(g, keys)? },
            ExponentialIfParameters::default()
        ),
        "adaptive-exponential" => {
            let dt = keys.number("dt")?.map_or(AdaptiveExponential::default().dt, FixedF64);
            with_surrogate!(
                keys,
                |g| AdaptiveExponential { fire_reset: value_reset(g, keys)?, dt },
                AdaptiveExponentialParameters::default()
            )
        }
        "quadratic-if" => with_surrogate!(
            keys,
            |g| QuadraticIf { fire_reset: fire_reset(g, keys)? },
            QuadraticIfParameters::default()
        ),
        "adaptive-quadratic" => with_surrogate!(
            keys,
            |g| AdaptiveQuadratic { fire_reset: fire_reset(g, keys)? },
            AdaptiveQuadraticParameters::default()
        ),
        "izhikevich" => {
            let ways = [("two-halves", IzhikevichSteps::TwoHalves), ("one", IzhikevichSteps::One)];
            let steps = keys.choice("steps", &ways)?.unwrap_or_default();
            let dt = keys.number("dt")?.map_or(Izhikevich::default().dt, FixedF64);
            with_surrogate!(
                keys,
                |g| Izhikevich { fire_reset: value_reset(g, keys)?, steps, dt },
                IzhikevichParameters::default()
            )
        }
        "resonate-and-fire" => with_surrogate!(
            keys,
            |g| ResonateAndFire { fire_reset: fire_reset(g, keys)? },
            ResonateAndFireParameters::default()
        ),
        "sigma-delta" => plain(SigmaDelta::default(), SigmaDeltaParameters::default(), keys),
        "integer-lif" => {
            let levels = keys.number("levels")?.map_or(IntegerLif::default().levels, FixedF64);
            let roundings = [("down", Rounding::Down), ("nearest", Rounding::Nearest)];
            let rounding = keys.choice("rounding", &roundings)?.unwrap_or(Rounding::Nearest);
            let gradient = reset_gradient(keys)?.unwrap_or_default();
            plain(IntegerLif { levels, rounding, gradient }, IntegerLifParameters::default(), keys)
        }
        other => Err(none_of(&format!("{}: neuron", keys.place), other, NEURONS.iter().copied())),
    }
}

/// A neuron in its refractory period and behind its synaptic current. Compiled for `lif` only: each wrapper multiplies what there
/// is to compile.
fn finish<N: Neuron>(neuron: N, defaults: N::Parameters<f64>, keys: &Keys) -> Result<Population> {
    let current = keys.number("current_decay")?;
    match (current, refractory_steps(keys)?) {
        (None, None) => plain(neuron, defaults, keys),
        (None, Some(steps)) => plain(refractory(neuron, steps, keys)?, defaults, keys),
        (Some(current_decay), steps) => {
            let neuron = SynapticCurrent { neuron, order: current_order(keys)? };
            let defaults = SynapticCurrentParameters { neuron: defaults, current_decay };
            match steps {
                None => plain(neuron, defaults, keys),
                Some(steps) => plain(refractory(neuron, steps, keys)?, defaults, keys),
            }
        }
    }
}

fn refractory_steps(keys: &Keys) -> Result<Option<u32>> {
    Ok(keys.count("refractory")?.map(|steps| steps as u32))
}

fn refractory<N: Neuron>(neuron: N, steps: u32, keys: &Keys) -> Result<Refractory<N>> {
    let ways = [
        ("membrane", RefractoryHold::Membrane),
        ("everything", RefractoryHold::Everything),
        ("nothing", RefractoryHold::Nothing),
    ];
    let held = keys.choice("refractory_hold", &ways)?.unwrap_or_default();
    Ok(Refractory { held, ..Refractory::new(neuron, steps) })
}

fn current_order(keys: &Keys) -> Result<SynapticCurrentOrder> {
    let orders = [
        ("decay-jump-act", SynapticCurrentOrder::DecayJumpAct),
        ("jump-act-decay", SynapticCurrentOrder::JumpActDecay),
        ("act-decay-jump", SynapticCurrentOrder::ActDecayJump),
    ];
    Ok(keys.choice("current_order", &orders)?.unwrap_or_default())
}

/// The neuron with its default parameters, and those that are named.
fn plain<N: Neuron>(neuron: N, defaults: N::Parameters<f64>, keys: &Keys) -> Result<Population> {
    let mut values = Vec::new();
    for (index, name) in <N::Parameters<f64> as Fields<f64>>::NAMES.iter().enumerate() {
        let value = match keys.get(name) {
            Some(Setting::Table(entries)) if name.ends_with("decay") => decay(&keys.place, name, entries)?,
            // A word says how, a number says where to.
            Some(Setting::Text(_)) if *name == "reset" => defaults.get(index),
            _ => keys.number(name)?.unwrap_or_else(|| defaults.get(index)),
        };
        let range = <N::Parameters<f64> as Fields<f64>>::range(index);
        if !range.contains(value) {
            refuse!("{}: `{name}` is {value}, its range is: {range}", keys.place);
        }
        values.push(value);
    }
    Ok(Neurons::new(neuron, N::Parameters::from_fn(|index| values[index])).into())
}

/// `{ tau = 20.0, dt = 1.0 }`: what is left of a membrane after one time step, exactly or by Euler's method.
fn decay(place: &str, name: &str, entries: &[(String, Setting)]) -> Result<f64> {
    let keys = Keys::new(format!("{place}, `{name}`"), entries);
    let tau = keys.number("tau")?.ok_or_else(|| Error::new(format!("{}: `tau` is missing", keys.place)))?;
    let dt = keys.number("dt")?.unwrap_or(1.0);
    let euler = keys.flag("euler")?.unwrap_or(false);
    keys.finish()?;
    if !(tau > 0.0 && dt > 0.0 && dt.is_finite()) {
        refuse!("{}: tau is {tau} and dt is {dt}, both must be positive", keys.place);
    }
    if euler && dt > tau {
        refuse!(
            "{}: tau is {tau}, shorter than dt, {dt}, where Euler's method overshoots; leave `euler` out",
            keys.place
        );
    }
    Ok(if euler { Decay::Euler { tau, dt } } else { Decay::Exact { tau, dt } }.factor())
}

fn comparison(keys: &Keys) -> Result<Comparison> {
    let comparisons = [("above", Comparison::Above), ("at-or-above", Comparison::AtOrAbove)];
    Ok(keys.choice("fires", &comparisons)?.unwrap_or_default())
}

fn reset_gradient(keys: &Keys) -> Result<Option<ResetGradient>> {
    keys.choice("reset_gradient", &[("detached", ResetGradient::Detached), ("attached", ResetGradient::Attached)])
}

fn fire_reset<G: Surrogate>(surrogate: G, keys: &Keys) -> Result<FireReset<G>> {
    fire_reset_from(FireReset::new(surrogate), keys)
}

/// Of neurons whose membrane has units of its own: a spike sets it to their parameter `reset`.
fn value_reset<G: Surrogate>(surrogate: G, keys: &Keys) -> Result<FireReset<G>> {
    fire_reset_from(FireReset { reset: Reset::Value, ..FireReset::new(surrogate) }, keys)
}

fn fire_reset_from<G: Surrogate>(default: FireReset<G>, keys: &Keys) -> Result<FireReset<G>> {
    let resets = [("subtract", Reset::Subtract), ("zero", Reset::Zero), ("value", Reset::Value), ("none", Reset::None)];
    let timings = [
        ("same-step", ResetTiming::SameStep),
        ("next-step", ResetTiming::NextStep),
        ("before-next-step", ResetTiming::BeforeNextStep),
        ("snntorch-same-step", ResetTiming::SnnTorchSameStep),
    ];
    let reset = match keys.get("reset") {
        // A number is where a spike sets the membrane to.
        Some(Setting::Number(_) | Setting::Count(_)) => Some(Reset::Value),
        _ => keys.choice("reset", &resets)?,
    };
    Ok(FireReset {
        surrogate: default.surrogate,
        comparison: comparison(keys)?,
        reset: reset.unwrap_or(default.reset),
        timing: keys.choice("reset_timing", &timings)?.unwrap_or(default.timing),
        gradient: reset_gradient(keys)?.unwrap_or(default.gradient),
    })
}

/// `surrogate = "fast-sigmoid"`, `{ fast-sigmoid = 25.0 }` or `{ fast-sigmoid = { slope = 25.0 } }`.
fn surrogate(keys: &Keys) -> Result<AnySurrogate> {
    let (name, numbers) = match keys.get("surrogate") {
        None => return Ok(ATan::default().into()),
        Some(Setting::Text(name)) => (name, None),
        Some(Setting::Table(entries)) if entries.len() == 1 => (&entries[0].0, Some(&entries[0].1)),
        Some(_) => refuse!("{}: `surrogate` needs a name, or {{ name = number }}", keys.place),
    };
    let mut surrogate = AnySurrogate::named(name)
        .ok_or_else(|| none_of(&format!("{}: surrogate", keys.place), name, AnySurrogate::NAMES.iter().copied()))?;
    let place = format!("{}, surrogate `{name}`", keys.place);
    let mut fields = surrogate.numbers();
    match numbers {
        None => {}
        Some(Setting::Table(entries)) => {
            let keys = Keys::new(place.clone(), entries);
            for (field, value) in &mut fields {
                if let Some(number) = keys.number(field)? {
                    **value = number;
                }
            }
            keys.finish()?;
        }
        Some(number) => match (number, fields.first_mut()) {
            (Setting::Number(number), Some((_, value))) => **value = *number,
            (Setting::Count(number), Some((_, value))) => **value = *number as f64,
            (_, None) => refuse!("{place} has no numbers"),
            (other, _) => refuse!("{place} is {}, needs a number or a table of numbers", other.kind()),
        },
    }
    if let Some((field, value)) = surrogate.numbers().into_iter().find(|(_, value)| !value.is_finite()) {
        refuse!("{place}: `{field}` is {value}, needs a finite number");
    }
    Ok(surrogate)
}
