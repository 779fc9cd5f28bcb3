//! Spikes without a meaning: data for timing, of any shape.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::prelude::*;
use snn_core::noise::{NoiseSeed, derive_seed, uniform};

/// How often a feature of a sample's own class spikes, and how often any other one.
const RATES: [f32; 2] = [0.2, 0.02];

/// Spike trains drawn at random: each class has features of its own, which spike more often than the others.
///
/// A sample is a function of `seed` and its number alone.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use snn_data::RandomSpikes;
/// let spikes = RandomSpikes { shape: vec![20, 6], classes: 3, count: 10, seed: 0 };
/// let (sequence, labels) = spikes.batch(&[0, 4], &Device::flex());
/// assert_eq!((sequence.dims(), labels.into_data().iter::<i64>().collect::<Vec<_>>()), ([20, 2, 6], vec![0, 1]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RandomSpikes {
    /// `[time, features..]`
    pub shape: Vec<usize>,
    /// How many classes.
    pub classes: usize,
    /// How many samples.
    pub count: usize,
    /// Decides all of them.
    pub seed: u64,
}

impl RandomSpikes {
    /// Returns the number of time steps.
    pub fn steps(&self) -> usize {
        self.shape[0]
    }

    /// Returns the number of features, all axes together.
    pub fn features(&self) -> usize {
        self.shape[1..].iter().product()
    }

    /// Returns the class of a sample.
    pub fn label(&self, index: usize) -> usize {
        index % self.classes
    }

    /// Returns the samples `indices`, `[time, batch, features]`, and their labels, `[batch]`.
    pub fn batch(&self, indices: &[usize], device: &Device) -> (Tensor<3>, Tensor<1, Int>) {
        let (steps, features) = (self.steps(), self.features());
        let mut values = vec![0.0f32; steps * indices.len() * features];
        values.par_chunks_mut(features).enumerate().for_each(|(row, values)| {
            let (step, index) = (row / indices.len(), indices[row % indices.len()]);
            let key = NoiseSeed::new(derive_seed(self.seed, index as u64)).key(step);
            for (feature, value) in values.iter_mut().enumerate() {
                let own = feature * self.classes / features == self.label(index);
                *value = f32::from(uniform(key, feature as u32) < RATES[usize::from(!own)]);
            }
        });
        let labels: Vec<i64> = indices.iter().map(|index| self.label(*index) as i64).collect();
        (
            Tensor::from_data(TensorData::new(values, [steps, indices.len(), features]), device),
            Tensor::from_data(TensorData::new(labels, [indices.len()]), device),
        )
    }
}
