//! The parameters of a neuron by name.

use snn_core::layer::{Neurons, Population};
use snn_core::neuron::{Decay, Neuron};
use snn_core::number::Fields;

use crate::error::{Error, Result, refuse};
use crate::keys::Keys;
use crate::setting::Setting;

/// The values of the parameters of neurons `N`: `defaults`, and those that are named.
pub(super) fn parameters<N: Neuron>(defaults: &N::Parameters<f64>, keys: &Keys) -> Result<N::Parameters<f64>> {
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
    Ok(N::Parameters::from_fn(|index| values[index]))
}

/// The neuron with its default parameters, and those that are named.
pub(super) fn plain<N: Neuron>(neuron: N, defaults: N::Parameters<f64>, keys: &Keys) -> Result<Population> {
    Ok(Neurons::new(neuron, parameters::<N>(&defaults, keys)?).into())
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
