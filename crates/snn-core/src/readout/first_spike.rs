//! When neurons spiked first.

use burn::tensor::Tensor;

use crate::scan::from_rest;
use crate::sequence::domain;
use crate::sequence::sum::{sum_over_time, wide};
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
        let (waiting, zero) = (state.waiting, S::constant(0.0));
        // Zero; its derivative is what a larger spike takes away. Of an infinite spike it is NaN, and selected away.
        let change = spike.detach() - spike;
        let finite_change = (S::constant(1.0) - change.detach()).if_positive(change, zero);
        let after_a_spike = waiting.detach() * finite_change;
        // Without a spike, that is, with one of 0, the wait goes on, or ended before. A NaN ends up here, too: unless all
        // is over, nobody knows.
        let after_none = waiting.if_positive(waiting - spike, waiting);
        let waiting = spike.abs().if_positive(after_a_spike, after_none);
        (p.time_step * waiting, WaitingState { waiting })
    }
    fn resting_state(&self, _p) { WaitingState { waiting: S::constant(1.0) } }
}

/// The time of the first spike of each neuron, in steps: 0 if at the first step, `T` if there was none.
///
/// ```text
/// t* = Σ_t Π_{k <= t} (1 - f[k])        f[k] = 1 if s[k] ≠ 0, else 0
/// ```
///
/// What is not zero is a spike, be it binary, graded, a count or negative. A NaN is neither: if it comes before the
/// first spike, the time is NaN; after it nothing matters.
///
/// # Shapes
/// `spikes [time, batch, features..]`, result `[batch, features..]`
///
/// # Types
/// That of the spikes, in which the result is rounded: `f16` holds every time up to 2048, `bf16` up to 256, `f32` up to
/// 16 777 216. [`first_spike_times`] are integers.
///
/// # Gradient
/// Of the formula, with `df/ds = 1`. With respect to `s[k]` it is what would change if that spike were taken away or put
/// there: minus the time from `k` to the next spike after it (or to `T`) if there is none before `k`, zero
/// otherwise. So the first spike is pushed by how long the neuron would otherwise have waited, a neuron which
/// never spiked is drawn to every step, and the more the earlier. A graded spike is pushed as if it were 1: its size
/// does not change the time. (Of an infinite spike it is zero.)
///
/// # Panics
/// If there is no time step, no sample or no feature.
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
#[doc(alias = "SpikesToTimesDecoder")]
#[track_caller]
pub fn first_spike_time<S: Sequence>(spikes: S) -> S::Frame {
    let (flat, shape) = domain::flat("first spike time", spikes);
    let dtype = flat.dtype();
    let waited = from_rest(Waiting {}, &WaitingParameters { time_step: 1.0 }, wide(flat));
    Frame::from_flat(sum_over_time(waited).cast(dtype), &shape)
}

/// The time of the first spike of each neuron, as values on the host: `None` where there was none. For
/// evaluation; row after row, `[batch][features]`.
///
/// What is not zero is a spike. All outputs are read on the host.
///
/// # Panics
/// If there is no time step, no sample or no feature, or a NaN comes before the first spike of a neuron.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::readout::first_spike_times;
/// // Three steps, one sample, two neurons: the second is silent.
/// let spikes = Tensor::<3>::from_data([[[0.0, 0.0]], [[0.3, 0.0]], [[1.0, 0.0]]], &Device::flex());
/// assert_eq!(first_spike_times(spikes), [[Some(1), None]]);
/// ```
#[track_caller]
pub fn first_spike_times(spikes: Tensor<3>) -> Vec<Vec<Option<usize>>> {
    let spikes = domain::sequence("first spike times", spikes);
    let [_, batch, features] = spikes.dims();
    let mut times = vec![None; batch * features];
    for (place, spike) in spikes.detach().into_data().iter::<f64>().enumerate() {
        let (step, neuron) = (place / times.len(), place % times.len());
        if spike == 0.0 || times[neuron].is_some() {
            continue;
        }
        assert!(
            !spike.is_nan(),
            "first spike times: the output of neuron {} of sample {} is NaN at step {step}, before any spike; look for \
             where it becomes one first",
            neuron % features,
            neuron / features
        );
        times[neuron] = Some(step);
    }
    times.chunks(features).map(<[_]>::to_vec).collect()
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

    fn times(spikes: &[f32]) -> (f32, Vec<f32>) {
        let device = Device::flex().autodiff();
        let spikes = Tensor::<1>::from_data(spikes, &device).reshape([spikes.len(), 1, 1]).require_grad();
        let time = first_spike_time(spikes.clone());
        let gradient = spikes.grad(&time.clone().sum().backward()).expect("a gradient");
        (time.into_scalar::<f32>(), gradient.into_data().iter::<f32>().collect())
    }

    #[test]
    fn a_spike_of_any_size_and_sign_is_a_spike_and_is_pushed_as_one() {
        let binary = times(&[0.0, 1.0, 0.0, 1.0, 1.0]);
        assert_eq!(binary, (1.0, vec![-1.0, -2.0, 0.0, 0.0, 0.0]));
        for graded in [[0.0, 2.0, 0.0, 2.0, 2.0], [0.0, 0.25, 0.0, 1e-30, 0.44], [-0.0, -3.0, 0.0, 7.0, -0.5]] {
            assert_eq!(times(&graded), binary, "{graded:?}");
        }
        assert_eq!(times(&[0.0, f32::INFINITY, 0.0]), (1.0, vec![-1.0, 0.0, 0.0]));
    }

    #[test]
    fn a_nan_before_the_first_spike_makes_the_time_one() {
        assert!(times(&[0.0, f32::NAN, 0.0, 1.0]).0.is_nan());
        assert!(times(&[0.0, 0.0, f32::NAN]).0.is_nan());
        assert_eq!(times(&[0.0, 1.0, f32::NAN]).0, 1.0);
    }

    #[test]
    fn times_on_the_host_are_those_of_the_first_number_which_is_not_zero() {
        let at = |x: [f64; 4]| {
            let data = burn::tensor::TensorData::new(x.to_vec(), [4, 1, 1]);
            first_spike_times(Tensor::from_data(data, (&Device::flex(), burn::tensor::DType::F64)))[0][0]
        };
        assert_eq!(at([0.0, 0.0, 1e-300, 1.0]), Some(2));
        assert_eq!(at([-0.0, 0.0, 0.0, 0.0]), None);
        assert_eq!(at([0.0, -2.0, f64::NAN, 0.0]), Some(1));
    }

    #[test]
    #[should_panic(expected = "the output of neuron 0 of sample 1 is NaN at step 1, before any spike")]
    fn a_nan_has_no_time_on_the_host() {
        first_spike_times(Tensor::from_data([[[1.0], [0.0]], [[0.0], [f32::NAN]]], &Device::flex()));
    }
}
