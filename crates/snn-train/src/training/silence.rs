//! What is wrong with the activity of a network, and where numbers stop being numbers.

use anyhow::{Context, Result};
use snn_core::analysis::{activity, warnings};
use snn_core::noise::NoiseSeed;
use snn_core::record::{NeuronsRecording, Recording, record};
use snn_network::Network;

use super::data::Input;
use super::evaluate::{FAILED, run};
use super::finite::first_not_finite;

/// What is wrong with the activity of a network in its first step, and what to change.
pub fn warnings_of_first_step(network: &Network, recording: &Recording) -> Vec<String> {
    // Spikes at the step at which they were fired: one which is still under way was fired all the same.
    let fired = |population: &NeuronsRecording| activity(population.flattened().spikes::<3>());
    let must_spike =
        |name: &str| network.population_summaries().iter().any(|info| info.name == name && info.must_spike);
    let layers: Vec<_> = recording
        .populations
        .iter()
        .filter(|population| population.name.as_deref().is_some_and(must_spike))
        .map(fired)
        .collect();
    let least = network.least_time_steps();
    match layers.first() {
        Some(first) if first.steps < least => vec![format!(
            "{} time step{} too few, at least {least} are needed: spikes leave, or membranes are read out, one step late or more, so \
             no spike reaches the logits in time ({} of {} neurons of layer 1 fired; their spikes are still under way). Take more \
             --time-steps.",
            first.steps,
            if first.steps == 1 { " is" } else { "s are" },
            first.rates.len() - first.silent().len(),
            first.rates.len()
        )],
        _ => warnings(&layers),
    }
}

/// The first current on the way through the network that is not finite; `None` if all are.
pub fn first_not_finite_current(network: &Network, input: Input, noise: NoiseSeed) -> Result<Option<String>> {
    let (_, recording) = record(|| run(network, input, noise, &[]));
    for population in recording.populations.iter().map(NeuronsRecording::flattened) {
        let current = population.current::<3>();
        let shape = current.dims();
        let values: Vec<f32> = current.try_into_data().context(FAILED)?.iter::<f32>().collect();
        if let Some(found) = first_not_finite(&values, &shape) {
            let name = population.name.as_deref().unwrap_or("a population");
            return Ok(Some(format!("the current into `{name}` is {found} ([time step, sample, neuron])")));
        }
    }
    Ok(None)
}
