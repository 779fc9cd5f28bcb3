//! A refractory period and a synaptic current around a neuron.
//!
//! Each wrapper multiplies what there is to compile. Kernels are compiled for those around `lif`; around other neurons they run
//! by Burn's tensor operations: the same numbers, more slowly.

use snn_core::layer::{Neurons, Population};
use snn_core::neuron::{
    Neuron, Refractory, RefractoryGradient, RefractoryHold, SynapticCurrent, SynapticCurrentParameters,
};

use super::fire::current_order;
use super::parameters::parameters;
use crate::error::{Result, refuse};
use crate::keys::Keys;

/// How a population runs.
pub(super) trait Runs {
    fn population<N: Neuron>(neuron: N, parameters: N::Parameters<f64>) -> Population;
}

/// By kernels, where the device has them.
pub(super) struct Fused;
/// By Burn's tensor operations, on every device.
pub(super) struct ByReference;

impl Runs for Fused {
    fn population<N: Neuron>(neuron: N, parameters: N::Parameters<f64>) -> Population {
        Neurons::new(neuron, parameters).into()
    }
}
impl Runs for ByReference {
    fn population<N: Neuron>(neuron: N, parameters: N::Parameters<f64>) -> Population {
        Population::by_reference(neuron, parameters)
    }
}

/// In its refractory period, behind its synaptic current, or both; `None` if neither is asked for.
pub(super) fn both<R: Runs, N: Neuron>(
    neuron: N,
    defaults: N::Parameters<f64>,
    keys: &Keys,
) -> Result<Option<Population>> {
    let Some(current_decay) = keys.number("current_decay")? else { return period::<R, N>(neuron, defaults, keys) };
    let neuron = SynapticCurrent { neuron, order: current_order(keys)? };
    let defaults = SynapticCurrentParameters { neuron: defaults, current_decay };
    if let Some(population) = period::<R, _>(neuron, defaults, keys)? {
        return Ok(Some(population));
    }
    let defaults = SynapticCurrentParameters { current_decay, ..defaults };
    Ok(Some(R::population(neuron, parameters::<SynapticCurrent<N>>(&defaults, keys)?)))
}

/// In its refractory period; `None` if there is none.
pub(super) fn period<R: Runs, N: Neuron>(
    neuron: N,
    defaults: N::Parameters<f64>,
    keys: &Keys,
) -> Result<Option<Population>> {
    let Some(steps) = keys.count("refractory")? else { return Ok(None) };
    let holds = [
        ("membrane", RefractoryHold::Membrane),
        ("everything", RefractoryHold::Everything),
        ("nothing", RefractoryHold::Nothing),
    ];
    let gradients = [("cut", RefractoryGradient::Cut), ("norse", RefractoryGradient::Norse)];
    let neuron = Refractory {
        held: keys.choice("refractory_hold", &holds)?.unwrap_or_default(),
        gradient: keys.choice("refractory_gradient", &gradients)?.unwrap_or_default(),
        ..Refractory::new(neuron, steps as u32)
    };
    Ok(Some(R::population(neuron, parameters::<Refractory<N>>(&defaults, keys)?)))
}

/// Behind its synaptic current; `None` if there is none. It has no refractory period.
pub(super) fn current<N: Neuron>(neuron: N, defaults: N::Parameters<f64>, keys: &Keys) -> Result<Option<Population>> {
    if keys.get("refractory").is_some() {
        refuse!(
            "{}: has no `refractory` period, which begins with a spike that is 0 or 1; these neurons send other numbers",
            keys.place
        );
    }
    let Some(current_decay) = keys.number("current_decay")? else { return Ok(None) };
    let neuron = SynapticCurrent { neuron, order: current_order(keys)? };
    let defaults = SynapticCurrentParameters { neuron: defaults, current_decay };
    Ok(Some(ByReference::population(neuron, parameters::<SynapticCurrent<N>>(&defaults, keys)?)))
}

/// Refuses a synaptic current in front of neurons which have one.
pub(super) fn has_its_own_current(keys: &Keys) -> Result<()> {
    match keys.get("current_decay") {
        None => Ok(()),
        Some(_) => {
            refuse!("{}: `current_decay` puts a current before the neurons, and these have their own", keys.place)
        }
    }
}
