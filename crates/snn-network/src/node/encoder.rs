//! How a sample becomes a sequence.

use snn_core::encode::{self, Delta, DeltaReference, Latency, LatencyLaw, ReceptiveFields, SpikeGradient};

use super::{Building, Circumstances, Layer, NodeState, Sent};
use crate::error::{Result, refuse};
use crate::keys::{Keys, none_of};
use crate::signal::{Signal, Timing};
use crate::sizes;

/// The names of all encoders.
pub const ENCODERS: &[&str] = &["constant", "flicker", "bernoulli", "poisson", "latency", "receptive-fields", "delta"];

/// How a sample becomes a sequence.
#[derive(Clone, Debug)]
pub(crate) enum Encoder {
    Constant,
    Flicker,
    Bernoulli(SpikeGradient),
    Poisson {
        time_step: f64,
        gradient: SpikeGradient,
    },
    Latency(Latency),
    /// Spikes, one for each field of each number.
    ReceptiveFields(ReceptiveFields),
    /// What the fields respond, as a constant current.
    Responses(ReceptiveFields),
    /// Of a sequence.
    Delta(Delta),
}

/// The encoder called `name`, the shape of what leaves it, and when it leaves.
pub(super) fn build(
    name: &str,
    keys: &Keys,
    (shape, timing): (&[usize], Timing),
    building: &Building,
) -> Result<(Layer, Vec<usize>, Timing)> {
    let place = &keys.place;
    if name == "delta" {
        if !timing.in_time() {
            refuse!("{place}: encodes the changes of a sequence, what comes in is one sample");
        }
        return Ok((Layer::Encode { encoder: delta(keys)?, steps: 0 }, shape.to_vec(), Timing::Sequence));
    }
    let Some(encoder) = of_samples(name, keys)? else {
        return Err(none_of(&format!("{place}: encoder"), name, ENCODERS.iter().copied()));
    };
    match timing {
        Timing::Still => {}
        Timing::ReadOut => {
            refuse!("{place}: comes behind a readout, where a sequence has ended; it cannot begin again")
        }
        _ => refuse!("{place}: encodes one sample, what comes in is a sequence already; leave it out"),
    }
    let steps = keys.required("time_steps")?;
    if let Some(other) = building.time_steps.filter(|other| *other != steps) {
        refuse!("{place}: encodes {steps} time steps, another encoder {other}; they must be as many");
    }
    let (encoder, timing, fields) = match encoder {
        Encoder::Latency(latency) => (Encoder::Latency(Latency { steps, ..latency }), Timing::Sequence, 1),
        Encoder::ReceptiveFields(fields) => (encoder, Timing::Sequence, fields.fields),
        Encoder::Responses(fields) => (encoder, Timing::Constant, fields.fields),
        Encoder::Constant => (encoder, Timing::Constant, 1),
        Encoder::Flicker => (encoder, Timing::Flickering, 1),
        other => (other, Timing::Sequence, 1),
    };
    let shape = match fields {
        1 => shape.to_vec(),
        _ => vec![sizes::product(place, "fields", &[sizes::product(place, "features", shape)?, fields])?],
    };
    Ok((Layer::Encode { encoder, steps }, shape, timing))
}

/// A number that must be finite and above zero.
fn above_zero(keys: &Keys, key: &'static str, default: f64) -> Result<f64> {
    match keys.number(key)?.unwrap_or(default) {
        number if number > 0.0 && number.is_finite() => Ok(number),
        number => refuse!("{}: `{key}` is {number}, needs a finite number above 0", keys.place),
    }
}

fn finite(keys: &Keys, key: &'static str) -> Result<Option<f64>> {
    match keys.number(key)? {
        Some(number) if !number.is_finite() => refuse!("{}: `{key}` is {number}, needs a finite number", keys.place),
        other => Ok(other),
    }
}

fn delta(keys: &Keys) -> Result<Encoder> {
    let references = [("previous", DeltaReference::Previous), ("followed", DeltaReference::Followed)];
    Ok(Encoder::Delta(Delta {
        threshold: above_zero(keys, "threshold", 0.1)?,
        off_spikes: keys.flag("off_spikes")?.unwrap_or(true),
        reference: keys.choice("reference", &references)?.unwrap_or(DeltaReference::Previous),
    }))
}

fn of_samples(name: &str, keys: &Keys) -> Result<Option<Encoder>> {
    let gradient = || {
        let ways = [("none", SpikeGradient::None), ("straight-through", SpikeGradient::StraightThrough)];
        Ok(keys.choice("gradient", &ways)?.unwrap_or_default())
    };
    Ok(Some(match name {
        "constant" => Encoder::Constant,
        "flicker" => Encoder::Flicker,
        "bernoulli" => Encoder::Bernoulli(gradient()?),
        "poisson" => Encoder::Poisson { time_step: above_zero(keys, "time_step", 1.0)?, gradient: gradient()? },
        "latency" => {
            let law = match keys.number("threshold")? {
                None => LatencyLaw::Linear,
                Some(threshold) if threshold > 0.0 && threshold < 1.0 - 1e-7 => LatencyLaw::Logarithmic { threshold },
                Some(other) => refuse!("{}: `threshold` is {other}, needs 0 < threshold < 1 - 1e-7", keys.place),
            };
            Encoder::Latency(Latency { steps: 1, law, silent_up_to: finite(keys, "silent_up_to")? })
        }
        "receptive-fields" => {
            let count = keys.required("fields")?;
            let (low, high) = (finite(keys, "low")?.unwrap_or(0.0), finite(keys, "high")?.unwrap_or(1.0));
            if count < 3 || low >= high || !(high - low).is_finite() {
                refuse!(
                    "{}: {count} fields from {low} to {high}, needs at least 3, and a range that rises",
                    keys.place
                );
            }
            let fields = ReceptiveFields { fields: count, low, high, beta: above_zero(keys, "beta", 1.5)? };
            match keys.flag("currents")?.unwrap_or(false) {
                true => Encoder::Responses(fields),
                false => Encoder::ReceptiveFields(fields),
            }
        }
        _ => return Ok(None),
    }))
}

impl Encoder {
    /// What it makes of `signal`; `steps` are those of a whole sequence.
    pub(super) fn apply(
        &self,
        steps: usize,
        signal: Signal,
        state: Option<NodeState>,
        about: &Circumstances,
    ) -> (Sent, Option<NodeState>) {
        let (count, noise) = (about.count, about.noise.later(about.first));
        let frame = match (signal, self) {
            (Signal::Still(frame), _) => frame,
            (signal, Self::Delta(delta)) => {
                let before = state.map(|state| match state {
                    NodeState::Delta(reference) => reference,
                    other => unreachable!("a delta encoder with the state {other:?}"),
                });
                let encoded = delta.encode(signal.into_sequence(), before);
                return (Signal::Sequence(encoded.spikes).into(), Some(NodeState::Delta(encoded.reference)));
            }
            (other, _) => unreachable!("an encoder of samples before which stands {other:?}"),
        };
        // What is encoded as a whole is cut afterwards.
        let part = |whole: burn::tensor::Tensor<3>| match count == steps {
            true => Signal::Sequence(whole),
            false => Signal::Sequence(whole.narrow(0, about.first, count)),
        };
        let signal = match self {
            Self::Constant => Signal::Constant(frame, count),
            Self::Flicker => Signal::Flickering(frame, count, noise),
            Self::Bernoulli(gradient) => Signal::Sequence(encode::bernoulli(frame, count, noise, *gradient)),
            Self::Poisson { time_step, gradient } => {
                Signal::Sequence(encode::poisson(frame, *time_step, count, noise, *gradient))
            }
            Self::Latency(latency) => part(latency.encode(frame)),
            Self::ReceptiveFields(fields) => part(fields.spikes(frame, steps)),
            Self::Responses(fields) => Signal::Constant(fields.respond(frame), count),
            Self::Delta(_) => unreachable!("a delta encoder before which stands a sample"),
        };
        (signal.into(), None)
    }
}
