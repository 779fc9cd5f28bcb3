//! How often neurons fire.

use burn::tensor::Tensor;

use crate::record::Recording;
use crate::sequence::Sequence;

/// From this share of steps on a neuron counts as saturated: it fires nearly always, and tells nothing.
pub const SATURATED: f32 = 0.95;

/// How often the neurons of a layer fired, over all samples and steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Time steps of a sample.
    pub steps: usize,
    /// Samples.
    pub samples: usize,
    /// Of each neuron, the share of steps at which its output was not zero: from 0 to 1.
    pub rates: Vec<f32>,
}

impl Activity {
    /// The mean over neurons of their rates.
    pub fn mean_rate(&self) -> f64 {
        self.rates.iter().map(|rate| f64::from(*rate)).sum::<f64>() / self.rates.len().max(1) as f64
    }

    /// Spikes of all neurons for each sample.
    pub fn spikes_per_sample(&self) -> f64 {
        self.mean_rate() * (self.rates.len() * self.steps) as f64
    }

    /// The neurons which never fired.
    pub fn silent(&self) -> Vec<usize> {
        self.neurons(|rate| rate == 0.0)
    }

    /// The neurons which fired at [nearly each](SATURATED) step.
    pub fn saturated(&self) -> Vec<usize> {
        self.neurons(|rate| rate >= SATURATED)
    }

    fn neurons(&self, wanted: impl Fn(f32) -> bool) -> Vec<usize> {
        self.rates.iter().enumerate().filter(|(_, rate)| wanted(**rate)).map(|(neuron, _)| neuron).collect()
    }
}

/// How often each neuron of a layer fired, given its output.
///
/// # Shapes
/// `output [time, batch, features..]`; neurons are counted over all feature axes, row by row
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::analysis::activity;
/// // Two steps, one sample, three neurons; a graded spike counts as one.
/// let output = Tensor::<3>::from_data([[[0.0, 1.0, 0.0]], [[0.0, 1.0, 0.3]]], &Device::flex());
/// let activity = activity(output);
/// assert_eq!(activity.rates, [0.0, 1.0, 0.5]);
/// assert_eq!((activity.silent(), activity.saturated()), (vec![0], vec![1]));
/// assert_eq!(activity.spikes_per_sample(), 3.0);
/// ```
pub fn activity<S: Sequence>(output: S) -> Activity {
    let (flat, _) = output.into_flat();
    let [steps, samples, features] = flat.dims();
    let fired: Tensor<2> = flat.detach().not_equal_elem(0.0).float().reshape([steps * samples, features]);
    Activity { steps, samples, rates: fired.mean_dim(0).into_data().iter::<f32>().collect() }
}

/// Of each neuron, the share of steps at which its output was not zero; see [`activity`].
pub fn firing_rates<S: Sequence>(output: S) -> Vec<f32> {
    activity(output).rates
}

/// How often the neurons of each population fired in a [`record`](crate::record::record), first to last.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::analysis::{activities, warnings};
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};
/// use snn_core::record::record;
///
/// let device = Device::flex();
/// let lif = Neurons::new(Lif::default(), LifParameters::new(Decay::Multiplier(0.9), InputScale::One, 1.0));
/// let (_, recording) = record(|| {
///     lif.forward(Tensor::<3>::full([20, 4, 5], 0.3, &device), None); // in the end 0.3 / (1 - 0.9) = 3 > 1
///     lif.forward(Tensor::<3>::full([20, 4, 5], 0.05, &device), None) // 0.5 < 1
/// });
/// let activities = activities(&recording);
/// assert!(activities[0].mean_rate() > 0.2);
/// assert!(warnings(&activities)[0].starts_with("layer 2: 5 of 5 neurons never fired"));
/// ```
pub fn activities(recording: &Recording) -> Vec<Activity> {
    let of = |population: &crate::record::Population| {
        let shape = [population.steps(), population.batch(), population.neurons()];
        activity(population.spikes.clone().reshape(shape))
    };
    recording.populations.iter().map(of).collect()
}
