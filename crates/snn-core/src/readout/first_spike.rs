//! When neurons spiked first.

use burn::tensor::Tensor;

use crate::scan::{LayerState, ScanOptions, scan_unrecorded, shared_parameters};
use crate::sequence::{Frame, Sequence};

crate::neuron! {
    /// Waits for the first spike: tells at each step how much of it was spent waiting.
    struct Waiting
    parameters WaitingParameters {
        /// How long a step is.
        time_step,
    }
    state WaitingState {
        /// 1 until the first spike, 0 from then on.
        waiting,
    }
    fn step(&self, p, state, spike) {
        let waiting = state.waiting * (S::constant(1.0) - spike);
        (p.time_step * waiting, WaitingState { waiting })
    }
    fn resting_state(&self, _p) { WaitingState { waiting: S::constant(1.0) } }
}

/// The time of the first spike of each neuron, in steps: 0 if at the first step, `T` if there was none.
///
/// ```text
/// t* = Σ_t Π_{k <= t} (1 - s[k])
/// ```
///
/// # Shapes
/// `spikes [time, batch, features..]`, result `[batch, features..]`
///
/// # Gradient
/// Of the formula, exactly. With respect to `s[k]` it is what would change if that spike were taken away or put
/// there: minus the time from `k` to the next spike after it (or to `T`) if there is none before `k`, zero
/// otherwise. So the first spike is pushed by how long the neuron would otherwise have waited, a neuron which
/// never spiked is drawn to every step, and the more the earlier. If `s` are probabilities, `t*` is the expected
/// time.
///
/// # Panics
/// If there is no time step.
///
/// # Source
/// The formula is the survival function of a waiting time, summed; none of the peers uses it.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::readout::first_spike_time;
/// let device = Device::flex().autodiff();
/// // One neuron, which spikes at steps 1 and 3 of 5.
/// let spikes = Tensor::<3>::from_data([[[0.0]], [[1.0]], [[0.0]], [[1.0]], [[0.0]]], &device).require_grad();
/// let time = first_spike_time(spikes.clone());
/// let gradient = spikes.grad(&time.clone().sum().backward()).unwrap();
/// assert_eq!(time.into_scalar::<f32>(), 1.0);
/// // A spike at step 0 would make it 0 (-1); without that of step 1 it would be 3, two steps later (-2).
/// assert_eq!(gradient.into_data().iter::<f32>().collect::<Vec<_>>(), [-1.0, -2.0, 0.0, 0.0, 0.0]);
/// ```
pub fn first_spike_time<S: Sequence>(spikes: S) -> S::Frame {
    let (flat, shape) = spikes.into_flat();
    let (neuron, constants, device) = (Waiting {}, WaitingParameters { time_step: 1.0 }, flat.device());
    let [_, batch, features] = flat.dims();
    let rest = LayerState::resting(&neuron, &constants, [batch, features], 0, &device);
    let parameters = shared_parameters::<Waiting>(&constants, &device).cast(flat.dtype());
    let waited = scan_unrecorded(neuron, flat, parameters, rest, ScanOptions::default()).output;
    Frame::from_flat(waited.sum_dim(0).squeeze_dim(0), &shape)
}

/// The time of the first spike of each neuron, as numbers on the host: `None` where there was none. For
/// evaluation; row after row, `[batch][features]`.
pub fn first_spike_times(spikes: Tensor<3>) -> Vec<Vec<Option<usize>>> {
    let [steps, _, features] = spikes.dims();
    let times: Vec<f32> = first_spike_time(spikes.detach()).into_data().iter::<f32>().collect();
    let time = |t: &f32| (*t < steps as f32).then_some(*t as usize);
    times.chunks(features.max(1)).map(|row| row.iter().map(time).collect()).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn a_neuron_without_a_spike_waits_for_all_steps() {
        let spikes = Tensor::<3>::zeros([4, 2, 3], &Device::flex());
        let times: Vec<f32> = first_spike_time(spikes.clone()).into_data().iter::<f32>().collect();
        assert_eq!(times, [4.0; 6]);
        assert_eq!(first_spike_times(spikes), vec![vec![None; 3]; 2]);
    }

    #[test]
    fn the_gradient_is_the_effect_of_one_spike_more_or_less() {
        let device = Device::flex().autodiff();
        let trains = [[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]];
        for train in trains {
            let time = |train: [f32; 4]| {
                first_spike_time(Tensor::<1>::from_data(train, &device).reshape([4, 1, 1])).into_scalar::<f32>()
            };
            let spikes = Tensor::<1>::from_data(train, &device).reshape([4, 1, 1]).require_grad();
            let gradient = spikes.grad(&first_spike_time(spikes.clone()).sum().backward()).expect("a gradient");
            for (step, found) in gradient.into_data().iter::<f32>().enumerate() {
                let (mut with, mut without) = (train, train);
                (with[step], without[step]) = (1.0, 0.0);
                assert_eq!(found, time(with) - time(without), "{train:?}, step {step}");
            }
        }
    }
}
