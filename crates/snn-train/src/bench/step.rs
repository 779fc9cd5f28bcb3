//! One training step of a network, repeated.

use anyhow::{Result, bail, ensure};
use burn::tensor::{Device, Int, Tensor, TensorData};
use snn_core::noise::{NoiseSeed, derive_seed, uniform};
use snn_data::RandomSpikes;
use snn_network::{InputShape, Network};

use super::measure::{Seconds, time};
use crate::run::training_settings::TrainingSettings;
use crate::training::data::Input;
use crate::training::finite::{in_weights, loss_and_gradients};
use crate::training::step::step;

/// A batch of noise with arbitrary labels: the time of a step does not depend on them. Of its values the share `density` is not
/// zero.
fn batch(
    input: &InputShape,
    steps: usize,
    batch: usize,
    classes: usize,
    density: Option<f64>,
    device: &Device,
) -> (Input, Tensor<1, Int>) {
    let present = |place: usize| {
        density.is_none_or(|density| {
            f64::from(uniform(NoiseSeed::new(3).key(place >> 24), place as u32 & 0xff_ffff)) < density
        })
    };
    match input {
        InputShape::Still(shape) => {
            let features: usize = shape.iter().product();
            let key = NoiseSeed::new(2).key(0);
            let values: Vec<f32> =
                (0..batch * features).map(|i| if present(i) { uniform(key, i as u32) - 0.5 } else { 0.0 }).collect();
            let labels: Vec<i64> = (0..batch).map(|i| (i * 7 % classes) as i64).collect();
            let frames = Tensor::from_data(TensorData::new(values, [batch, features]), device);
            (Input::Still(frames), Tensor::from_data(TensorData::new(labels, [batch]), device))
        }
        InputShape::Sequence(shape) => {
            let shape = [&[steps], shape.as_slice()].concat();
            if density.is_some() {
                let features: usize = shape[1..].iter().product();
                let values: Vec<f32> =
                    (0..steps * batch * features).map(|place| f32::from(u8::from(present(place)))).collect();
                let labels: Vec<i64> = (0..batch).map(|i| (i * 7 % classes) as i64).collect();
                let sequence = Tensor::from_data(TensorData::new(values, [steps, batch, features]), device);
                return (Input::Sequence(sequence), Tensor::from_data(TensorData::new(labels, [batch]), device));
            }
            let spikes = RandomSpikes { shape, classes, count: batch, seed: 2 };
            let (sequence, labels) = spikes.batch(&(0..batch).collect::<Vec<_>>(), device);
            (Input::Sequence(sequence), labels)
        }
    }
}

/// Seconds of `runs` training steps: forward, backward, a step of the optimizer, and a look whether loss, gradients and weights are
/// finite, as `train` does it.
pub fn steps(
    mut network: Network,
    settings: &TrainingSettings,
    time_steps: usize,
    density: Option<f64>,
    device: &Device,
    runs: usize,
) -> Result<Seconds> {
    let mut optimizer = settings.optimizer.build(settings.weight_decay, settings.clipping);
    let classes: usize = network.output_shape().iter().product();
    let (input, labels) = batch(&network.input().clone(), time_steps, settings.batch_size, classes, density, device);
    let (mut number, mut last, mut found) = (0, f64::NAN, None::<String>);
    let mut once = || -> Result<()> {
        let noise = NoiseSeed::new(derive_seed(0, number));
        number += 1;
        let learned = step(&network, settings, input.clone(), labels.clone(), noise)?;
        let (loss, bad_gradient) = loss_and_gradients(&network, learned.loss, &learned.gradients)?;
        network = optimizer.step(settings.learning_rate(0, 0, 1), network.clone(), learned.gradients);
        last = loss;
        found = found.take().or(bad_gradient).or(in_weights(&network)?);
        Ok(())
    };
    let mut failed = None;
    let seconds = time(device, runs, || failed = once().err().or(failed.take()));
    if let Some(error) = failed {
        return Err(error);
    }
    ensure!(last.is_finite(), "bench: the loss after {runs} steps is {last}, not a number");
    if let Some(found) = found {
        bail!("bench: in {runs} steps {found}");
    }
    Ok(seconds)
}
