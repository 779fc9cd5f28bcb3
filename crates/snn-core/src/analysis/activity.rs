//! How often neurons fire.

use burn::tensor::{FloatDType, Tensor};

use crate::record::Recording;
use crate::sequence::Sequence;
use crate::sequence::domain;
use crate::sequence::sum::totals_of_columns;

/// From this share of steps on a neuron counts as saturated: it fires nearly always, and tells nothing.
pub const SATURATED: f32 = 0.95;

/// How often the neurons of a layer fired, over all samples and steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Time steps of a sample.
    pub steps: usize,
    /// Samples.
    pub samples: usize,
    /// Of each neuron, the share of steps at which its output was not zero: from 0 to 1; NaN if an output was.
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

    /// The neurons that never fired.
    pub fn silent(&self) -> Vec<usize> {
        self.neurons(|rate| rate == 0.0)
    }

    /// The neurons that fired at [nearly each](SATURATED) step.
    pub fn saturated(&self) -> Vec<usize> {
        self.neurons(|rate| rate >= SATURATED)
    }

    /// The neurons whose outputs were not all finite.
    pub fn not_numbers(&self) -> Vec<usize> {
        self.neurons(f32::is_nan)
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
/// # Panics
/// If there is no time step, no sample or no neuron.
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
#[doc(alias = "silent")]
#[doc(alias = "dead")]
#[track_caller]
pub fn activity<S: Sequence>(output: S) -> Activity {
    let (flat, _) = domain::flat("activity", output);
    let [steps, samples, features] = flat.dims();
    let counts = totals_of_columns(fired(flat).reshape([steps * samples, features]));
    let outputs = (steps * samples) as f64;
    Activity { steps, samples, rates: counts.into_iter().map(|count| (count / outputs) as f32).collect() }
}

/// 1 where an output is not zero, 0 where it is, NaN where it is NaN; without a gradient, in `f32` whatever its type.
pub(super) fn fired(output: Tensor<3>) -> Tensor<3> {
    let output = output.detach();
    let fired = output.clone().not_equal_elem(0.0).cast(FloatDType::F32);
    fired.mask_fill(output.is_nan(), f32::NAN)
}

/// Of each neuron, the share of steps at which its output was not zero; see [`activity`].
///
/// # Panics
/// As [`activity`].
#[track_caller]
pub fn firing_rates<S: Sequence>(output: S) -> Vec<f32> {
    activity(output).rates
}

/// How often the neurons of each population fired in a [`record`](crate::record::record), first to last.
///
/// # Panics
/// As [`activity`].
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::analysis::{activities, warnings};
/// use snn_core::layer::Neurons;
/// use snn_core::record::record;
///
/// let device = Device::flex();
/// let lif = Neurons::lif(0.9);
/// let (_, recording) = record(|| {
///     lif.forward(Tensor::<3>::full([20, 4, 5], 0.3, &device), None); // in the end 0.3 / (1 - 0.9) = 3 > 1
///     lif.forward(Tensor::<3>::full([20, 4, 5], 0.05, &device), None) // 0.5 < 1
/// });
/// let activities = activities(&recording);
/// assert!(activities[0].mean_rate() > 0.2);
/// assert!(warnings(&activities)[0].starts_with("layer 2: 5 of 5 neurons never fired"));
/// ```
#[track_caller]
pub fn activities(recording: &Recording) -> Vec<Activity> {
    let of = |population: &crate::record::NeuronsRecording| {
        let shape = [population.steps(), population.batch(), population.neurons()];
        activity(population.spikes.clone().reshape(shape))
    };
    recording.populations.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn a_neuron_whose_output_is_no_number_is_neither_silent_nor_active() {
        let output = Tensor::<3>::from_data([[[0.0, f32::NAN, 1.0]], [[0.0, 0.0, 1.0]]], &Device::flex());
        let activity = activity(output);
        assert!(activity.rates[1].is_nan() && activity.mean_rate().is_nan());
        assert_eq!((activity.silent(), activity.saturated(), activity.not_numbers()), (vec![0], vec![2], vec![1]));
    }

    #[test]
    #[should_panic(expected = "activity: a tensor of shape [0, 2, 3] has 0 time steps, at least 1 needed")]
    fn no_step_has_no_rate() {
        activity(Tensor::<3>::zeros([0, 2, 3], &Device::flex()));
    }
}
