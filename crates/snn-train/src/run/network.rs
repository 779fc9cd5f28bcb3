//! From a run's file to its network.

use anyhow::{Result, anyhow, bail};
use burn::tensor::Device;
use snn_network::{InputShape, Network, Options};

use super::file::RunFile;
use super::training_settings::precision_name;

/// The network of `run` with its initial weights, for inputs of the shape `input` and so many `classes`.
///
/// # Errors
/// If it does not fit the data, its loss, or the device.
pub fn build(run: &RunFile, input: &InputShape, classes: usize, device: &Device) -> Result<Network> {
    let precision = run.training.precision;
    let name = precision_name(precision);
    precision.available(device).map_err(|reason| anyhow!("--precision {name}: {reason}"))?;
    let options = Options { seed: run.training.seed, precision };
    let network = Network::new(&run.network, input, &options, device)?;
    let found: usize = network.output_shape().iter().product();
    if found != classes {
        bail!(
            "the network of {} ends with the shape {:?}, {found} features, but the data has {classes} classes; let its last layer have \
             {classes}",
            run.recipe,
            network.output_shape()
        );
    }
    run.training.loss.check(network.output_is_sequence())?;
    if let Some(bounds) = &run.training.rate_bounds {
        bounds.populations(&network)?;
    }
    if let Some(every) = run.training.segments {
        if network.output_is_sequence() {
            bail!(
                "[training]: segments of {every} steps need a network that ends with a readout; add {{ readout = .. }}"
            );
        }
        if network.populations().next().is_none() {
            bail!("[training]: `segments` does not apply to {}: it has no time steps; leave it out", run.recipe);
        }
        if run.training.rate_bounds.is_some() {
            bail!(
                "[training]: `rate_bounds` need all time steps at once, and do not go with `segments`; leave one out"
            );
        }
    }
    Ok(network)
}

/// The time steps of a sample: those of the encoder, else those of the sequences which come in.
pub fn time_steps(network: &Network, data_steps: Option<usize>) -> usize {
    network.time_steps().or(data_steps).unwrap_or(1)
}
