//! One training step: loss and gradients of a batch.

use anyhow::Result;
use burn::optim::GradientsParams;
use burn::tensor::{Int, Tensor};
use snn_core::noise::NoiseSeed;
use snn_network::{Network, Output};

use super::data::Input;
use super::evaluate::run;
use crate::run::training_settings::TrainingSettings;

/// What one batch says about a network.
pub struct Step {
    /// `[batch, classes]`, beside the graph.
    pub logits: Tensor<2>,
    /// The mean loss, `[1]`, beside the graph.
    pub loss: Tensor<1>,
    /// Its gradients.
    pub gradients: GradientsParams,
}

/// Forward and backward.
pub fn step(
    network: &Network,
    settings: &TrainingSettings,
    input: Input,
    labels: Tensor<1, Int>,
    noise: NoiseSeed,
) -> Result<Step> {
    let Some(every) = settings.segments else { return whole(network, settings, input, labels, noise) };
    let mut kept = None;
    let loss = |logits: Tensor<2>| {
        kept = Some(logits.clone().inner());
        settings.loss.of(Output::Frame(logits), labels).mean()
    };
    let (loss, gradients) = match input {
        Input::Still(frame) => network.gradients_in_segments(frame, noise, every, loss)?,
        Input::Sequence(sequence) => network.gradients_of_sequence_in_segments(sequence, noise, every, loss)?,
    };
    Ok(Step { logits: kept.expect("the loss was computed"), loss: loss.inner(), gradients })
}

fn whole(
    network: &Network,
    settings: &TrainingSettings,
    input: Input,
    labels: Tensor<1, Int>,
    noise: NoiseSeed,
) -> Result<Step> {
    let bounded = match &settings.rate_bounds {
        None => Vec::new(),
        Some(bounds) => bounds.populations(network)?,
    };
    let names: Vec<&str> = bounded.iter().map(String::as_str).collect();
    let run = run(network, input, noise, &names);
    let logits = settings.loss.logits(run.output.clone()).inner();
    let mut loss = settings.loss.of(run.output, labels).mean();
    if let Some(bounds) = &settings.rate_bounds {
        for spikes in run.sent.into_values() {
            loss = loss + bounds.penalty(spikes);
        }
    }
    let gradients = GradientsParams::from_grads(loss.backward(), network);
    Ok(Step { logits, loss: loss.inner(), gradients })
}
