//! The table of neurons: name, and what is made of it.

use snn_core::layer::Population;
use snn_core::neuron::*;
use snn_core::number::FixedF64;
use snn_core::surrogate::AnySurrogate;

use super::NEURONS;
use super::fire::{comparison, current_order, fire_reset, fixed, reset_gradient, value_reset};
use super::parameters::plain;
use super::surrogate::surrogate;
use super::wrap::{ByReference, Fused, both, current, has_its_own_current, period};
use crate::error::Result;
use crate::keys::{Keys, none_of};

/// Spiking neurons: wrapped if that is asked for; else with a surrogate that the compiler knows where that is the default one,
/// or one that is chosen at run time. Not every combination is compiled.
macro_rules! spiking {
    ($keys:expr, $wrapped:expr, |$surrogate:ident| $neuron:expr, $defaults:expr) => {{
        let chosen = surrogate($keys)?;
        let wrapped = {
            let $surrogate = chosen;
            $wrapped($neuron, $defaults, $keys)?
        };
        match (wrapped, chosen) {
            (Some(population), _) => Ok(population),
            (None, AnySurrogate::ATan($surrogate)) => plain($neuron, $defaults, $keys),
            (None, $surrogate) => plain($neuron, $defaults, $keys),
        }
    }};
}

/// Neurons whose output is no spike of 0 or 1.
macro_rules! graded {
    ($keys:expr, $neuron:expr, $defaults:expr) => {
        match current($neuron, $defaults, $keys)? {
            Some(population) => Ok(population),
            None => plain($neuron, $defaults, $keys),
        }
    };
}

/// Neurons of the kind `kind`.
pub(super) fn neurons(kind: &str, keys: &Keys) -> Result<Population> {
    match kind {
        "graded-lif" => {
            let resets = [("scaled", GradedLifReset::Scaled), ("subtracted", GradedLifReset::Subtracted)];
            let reset = keys.choice("reset", &resets)?.unwrap_or_default();
            graded!(keys, GradedLif { reset }, GradedLifParameters::default())
        }
        "lif" => {
            spiking!(keys, both::<Fused, _>, |g| Lif { fire_reset: fire_reset(g, keys)? }, LifParameters::default())
        }
        "cuba-lif" => {
            let order = current_order(keys)?;
            spiking!(
                keys,
                period::<Fused, _>,
                |g| CubaLif { neuron: Lif { fire_reset: fire_reset(g, keys)? }, order },
                CubaParameters::default()
            )
        }
        "integrate-and-fire" => spiking!(
            keys,
            both::<ByReference, _>,
            |g| IntegrateAndFire { fire_reset: fire_reset(g, keys)? },
            IntegrateAndFireParameters::default()
        ),
        "leaky-integrator" => graded!(keys, LeakyIntegrator::default(), LeakyIntegratorParameters::default()),
        "lapicque" => {
            let dt = fixed(keys, "dt", FixedF64(1.0))?;
            spiking!(
                keys,
                both::<ByReference, _>,
                |g| Lapicque { fire_reset: fire_reset(g, keys)?, dt },
                LapicqueParameters::default()
            )
        }
        "parametric-lif" => {
            let inputs = [("scaled", ParametricInput::Scaled), ("unscaled", ParametricInput::Unscaled)];
            let input = keys.choice("input", &inputs)?.unwrap_or_default();
            spiking!(
                keys,
                both::<ByReference, _>,
                |g| ParametricLif { fire_reset: fire_reset(g, keys)?, input },
                ParametricLifParameters::default()
            )
        }
        "adaptive-lif" => spiking!(
            keys,
            both::<ByReference, _>,
            |g| AdaptiveLif { fire_reset: fire_reset(g, keys)? },
            AdaptiveLifParameters::default()
        ),
        "adaptive-threshold" => {
            let orders =
                [("compare-decay", ThresholdOrder::CompareDecay), ("decay-compare", ThresholdOrder::DecayCompare)];
            let order = keys.choice("order", &orders)?.unwrap_or_default();
            spiking!(
                keys,
                both::<ByReference, _>,
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
            has_its_own_current(keys)?;
            spiking!(
                keys,
                period::<ByReference, _>,
                |surrogate| Alpha { surrogate, comparison, reset },
                AlphaParameters::default()
            )
        }
        "exponential-if" => spiking!(
            keys,
            both::<ByReference, _>,
            |g| ExponentialIf { fire_reset: fire_reset(g, keys)? },
            ExponentialIfParameters::default()
        ),
        "adaptive-exponential" => {
            let dt = fixed(keys, "dt", AdaptiveExponential::default().dt)?;
            spiking!(
                keys,
                both::<ByReference, _>,
                |g| AdaptiveExponential { fire_reset: value_reset(g, keys)?, dt },
                AdaptiveExponentialParameters::default()
            )
        }
        "quadratic-if" => spiking!(
            keys,
            both::<ByReference, _>,
            |g| QuadraticIf { fire_reset: fire_reset(g, keys)? },
            QuadraticIfParameters::default()
        ),
        "adaptive-quadratic" => spiking!(
            keys,
            both::<ByReference, _>,
            |g| AdaptiveQuadratic { fire_reset: fire_reset(g, keys)? },
            AdaptiveQuadraticParameters::default()
        ),
        "izhikevich" => {
            let ways = [("two-halves", IzhikevichSteps::TwoHalves), ("one", IzhikevichSteps::One)];
            let steps = keys.choice("steps", &ways)?.unwrap_or_default();
            let dt = fixed(keys, "dt", Izhikevich::default().dt)?;
            spiking!(
                keys,
                both::<ByReference, _>,
                |g| Izhikevich { fire_reset: value_reset(g, keys)?, steps, dt },
                IzhikevichParameters::default()
            )
        }
        "resonate-and-fire" => {
            has_its_own_current(keys)?;
            spiking!(
                keys,
                period::<ByReference, _>,
                |g| ResonateAndFire { fire_reset: fire_reset(g, keys)? },
                ResonateAndFireParameters::default()
            )
        }
        "sigma-delta" => graded!(keys, SigmaDelta::default(), SigmaDeltaParameters::default()),
        "integer-lif" => {
            let levels = fixed(keys, "levels", IntegerLif::default().levels)?;
            let roundings = [("down", Rounding::Down), ("nearest", Rounding::Nearest)];
            let rounding = keys.choice("rounding", &roundings)?.unwrap_or(Rounding::Nearest);
            let gradient = reset_gradient(keys)?.unwrap_or_default();
            graded!(keys, IntegerLif { levels, rounding, gradient }, IntegerLifParameters::default())
        }
        other => Err(none_of(&format!("{}: neuron", keys.place), other, NEURONS.iter().copied())),
    }
}
