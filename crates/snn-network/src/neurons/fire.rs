//! How neurons fire and are reset.

use snn_core::neuron::{Comparison, FireReset, Reset, ResetGradient, ResetTiming, SynapticCurrentOrder};
use snn_core::number::FixedF64;
use snn_core::surrogate::Surrogate;

use crate::error::{Result, refuse};
use crate::keys::Keys;
use crate::setting::Setting;

/// A number which is fixed when a neuron is made, finite and above 0.
pub(super) fn fixed(keys: &Keys, key: &'static str, default: FixedF64) -> Result<FixedF64> {
    match keys.number(key)?.unwrap_or(default.0) {
        number if number > 0.0 && number.is_finite() => Ok(FixedF64(number)),
        number => refuse!("{}: `{key}` is {number}, needs a finite number above 0", keys.place),
    }
}

pub(super) fn current_order(keys: &Keys) -> Result<SynapticCurrentOrder> {
    let orders = [
        ("decay-jump-act", SynapticCurrentOrder::DecayJumpAct),
        ("jump-act-decay", SynapticCurrentOrder::JumpActDecay),
        ("act-decay-jump", SynapticCurrentOrder::ActDecayJump),
    ];
    Ok(keys.choice("current_order", &orders)?.unwrap_or_default())
}

pub(super) fn comparison(keys: &Keys) -> Result<Comparison> {
    let comparisons = [("above", Comparison::Above), ("at-or-above", Comparison::AtOrAbove)];
    Ok(keys.choice("fires", &comparisons)?.unwrap_or_default())
}

pub(super) fn reset_gradient(keys: &Keys) -> Result<Option<ResetGradient>> {
    keys.choice("reset_gradient", &[("detached", ResetGradient::Detached), ("attached", ResetGradient::Attached)])
}

pub(super) fn fire_reset<G: Surrogate>(surrogate: G, keys: &Keys) -> Result<FireReset<G>> {
    fire_reset_from(FireReset::new(surrogate), keys)
}

/// Of neurons whose membrane has units of its own: a spike sets it to their parameter `reset`.
pub(super) fn value_reset<G: Surrogate>(surrogate: G, keys: &Keys) -> Result<FireReset<G>> {
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
