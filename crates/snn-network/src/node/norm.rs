//! Norms, which stand between weights and neurons.

use burn::nn::BatchNorm;
use burn::tensor::{Device, Tensor};
use snn_core::norm::{
    BatchNormThroughTime, BatchNormThroughTimeConfig, BatchStatistics, ThresholdBatchNorm, ThresholdBatchNormConfig,
};

use super::{Building, Circumstances, Layer};
use crate::error::{Error, Result, refuse};
use crate::keys::{Keys, none_of};
use crate::signal::{Signal, Timing};
use crate::sizes;

/// The names of all norms.
pub const NORMS: &[&str] = &["threshold", "through-time"];

/// A norm.
#[derive(Clone, Debug)]
pub(crate) enum NormNode {
    /// Over batch, time and space; of what is constant in time, once.
    Threshold(ThresholdBatchNorm),
    /// Over batch and space, each time step by itself.
    ThroughTime(BatchNormThroughTime),
}

/// Where the statistics of a norm come from while it trains.
#[derive(Clone, Copy)]
pub(crate) enum Norming<'a> {
    /// From what it sees; whether they become running ones.
    Own { remember: bool },
    /// From all time steps, of which it sees a few.
    Given(&'a BatchStatistics),
}

pub(super) fn build(
    name: &str,
    keys: &Keys,
    (shape, timing): (&[usize], Timing),
    building: &Building,
) -> Result<(Layer, Timing)> {
    let place = &keys.place;
    let positive = |key: &'static str, default: f64| match keys.number(key)?.unwrap_or(default) {
        number if number > 0.0 && number.is_finite() => Ok(number),
        number => refuse!("{place}: `{key}` is {number}, needs a finite number above 0"),
    };
    let epsilon = positive("epsilon", 1e-5)?;
    let momentum = keys.number("momentum")?.unwrap_or(0.1);
    if !(0.0..=1.0).contains(&momentum) {
        refuse!("{place}: `momentum` is {momentum}, needs 0 <= momentum <= 1");
    }
    let channels = shape[0];
    match name {
        "threshold" => {
            let (threshold, alpha) = (positive("threshold", 1.0)?, positive("alpha", 1.0)?);
            let config = ThresholdBatchNormConfig { threshold, alpha, epsilon, momentum, channels };
            let timing = if timing == Timing::Flickering { Timing::Sequence } else { timing };
            Ok((Layer::Norm(NormNode::Threshold(config.init(building.device))), timing))
        }
        "through-time" => {
            if !timing.in_time() {
                refuse!("{place}: has a norm for each time step, what comes in has no time; put an encoder before it");
            }
            let steps = keys.positive("time_steps")?;
            let steps = steps.or(building.time_steps).ok_or_else(|| {
                Error::new(format!("{place}: `time_steps` is missing: as many as the longest sequence has"))
            })?;
            sizes::product(place, "norms", &[steps, channels])?;
            let config =
                BatchNormThroughTimeConfig { epsilon, momentum, ..BatchNormThroughTimeConfig::new(steps, channels) };
            Ok((Layer::Norm(NormNode::ThroughTime(config.init(building.device))), Timing::Sequence))
        }
        other => Err(none_of(&format!("{place}: norm"), other, NORMS.iter().copied())),
    }
}

impl NormNode {
    pub(super) fn apply(&self, signal: Signal, about: &Circumstances) -> Signal {
        let shape = about.shapes.0;
        let (channels, space) = (shape[0], shape[1..].iter().product::<usize>());
        let remember = !matches!(about.norming, Norming::Own { remember: false } | Norming::Given(_));
        let over_time = |sequence: Tensor<3>, norm: &dyn Fn(Tensor<4>) -> Tensor<4>| {
            let [steps, batch, features] = sequence.dims();
            let normed = norm(sequence.reshape([steps, batch, channels, space]));
            Signal::Sequence(normed.reshape([steps, batch, features]))
        };
        match (self, signal) {
            (Self::Threshold(norm), signal @ (Signal::Still(_) | Signal::Constant(..))) => signal.map(|frames| {
                let [batch, features] = frames.dims();
                once(&norm.norm, frames.reshape([batch, channels, space]), remember).reshape([batch, features])
            }),
            (Self::Threshold(norm), changing) => over_time(changing.into_sequence(), &|current| match about.norming {
                Norming::Given(statistics) if norm.trains_on(&current.device()) => {
                    norm.forward_with(current, statistics)
                }
                _ if remember => norm.forward(current),
                _ => norm.forward_unremembered(current),
            }),
            (Self::ThroughTime(norm), signal) => over_time(signal.into_sequence(), &|current| match remember {
                true => norm.forward_from(current, about.first),
                false => norm.forward_unremembered(current, about.first),
            }),
        }
    }

    /// What needs all time steps at once while it trains on `device`: nothing if each step is by itself.
    pub(crate) fn over_all_steps(&self, device: &Device) -> Option<&ThresholdBatchNorm> {
        match self {
            Self::Threshold(norm) => norm.trains_on(device).then_some(norm),
            Self::ThroughTime(_) => None,
        }
    }

    /// Trainable parameters.
    pub(crate) fn parameters(&self) -> usize {
        match self {
            Self::Threshold(norm) => norm.norm.gamma.dims()[0] + norm.norm.beta.dims()[0],
            Self::ThroughTime(norm) => norm.gamma.dims().iter().product(),
        }
    }
}

/// Burn's own norm; unless it is to `remember`, its running statistics are put back.
fn once(norm: &BatchNorm, frames: Tensor<3>, remember: bool) -> Tensor<3> {
    if remember {
        return norm.forward(frames);
    }
    let before = (norm.running_mean.value_sync(), norm.running_var.value_sync());
    let normed = norm.forward(frames);
    norm.running_mean.update(before.0);
    norm.running_var.update(before.1);
    norm.running_mean.value_sync();
    norm.running_var.value_sync();
    normed
}
