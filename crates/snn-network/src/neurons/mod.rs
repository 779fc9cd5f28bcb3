//! From the name and keys of a neuron to a population.

mod fire;
mod parameters;
mod surrogate;
mod table;
mod wrap;

use burn::tensor::Device;
use snn_core::layer::{Learning, Population};

use crate::error::{Result, refuse};
use crate::keys::{Keys, none_of};

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
    let population = table::neurons(kind, keys)?;
    let population = match keys.number("after_spike")? {
        None => population,
        // Also in f32: at 1 it would have no effect.
        Some(decay) if (0.0..1.0).contains(&decay) && (decay as f32) < 1.0 => population.with_after_spike(decay),
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
            if !population.can_learn_as(name, learning) {
                refuse!(
                    "{}: `{name}` starts at a bound of its range, which is never left when it is learned so; start inside, or \
                     write learn_as = \"clamped\" or \"raw\"",
                    keys.place
                );
            }
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
