//! Delta encoder: spikes where a signal changes.

use burn::tensor::{Tensor, s};

use crate::sequence::domain;
use crate::sequence::{Frame, Sequence};

/// What a signal is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeltaReference {
    /// The signal one step before: spikes tell a fast change, a slow one is never seen.
    #[default]
    Previous,
    /// A level that follows the signal by one threshold with each spike (send on delta): whatever the
    /// change is, the spikes add up to it, as far as one spike each step can follow.
    Followed,
}

/// Spikes where a signal has changed by at least a threshold.
///
/// ```text
/// s[t] = +1 if x[t] - r[t] >= θ,  -1 if r[t] - x[t] >= θ,  else 0
/// r[t+1] = x[t]               compared with the previous step
/// r[t+1] = r[t] + θ s[t]      followed
/// ```
///
/// # Shapes
/// input `[time, batch, features..]`, output the same, every value exactly -1, 0 or 1 (0 or 1 if only rises count)
///
/// # Gradient
/// None: the input is data.
///
/// # Source
/// Followed: Miskowicz (2006), "Send-on-delta concept: an event-based data reporting strategy", Sensors 6;
/// event cameras: Lichtsteiner, Posch, Delbruck (2008), doi 10.1109/JSSC.2007.914337.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor, s};
/// use snn_core::encode::{Delta, DeltaReference};
/// let signal = Tensor::<3>::from_data([[[0.0]], [[0.6]], [[1.2]], [[1.2]], [[0.0]]], &Device::flex());
/// let encode = |reference| {
///     let delta = Delta { threshold: 0.5, off_spikes: true, reference };
///     delta.encode(signal.clone(), None).spikes.into_data().iter::<f32>().collect::<Vec<_>>()
/// };
/// assert_eq!(encode(DeltaReference::Previous), [0.0, 1.0, 1.0, 0.0, -1.0]);
/// // The level is 0, 0, 0.5, 1, 1: the last fall of 1.2 is one spike now, and one at the next step.
/// assert_eq!(encode(DeltaReference::Followed), [0.0, 1.0, 1.0, 0.0, -1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delta {
    /// θ: the change that makes a spike.
    pub threshold: f64,
    /// Whether a fall makes a spike of -1.
    pub off_spikes: bool,
    /// What the signal is compared with.
    pub reference: DeltaReference,
}

/// What a [`Delta`] returns.
#[derive(Clone, Debug)]
pub struct DeltaOutput<F: Frame> {
    /// The spikes, `[time, batch, features..]`.
    pub spikes: F::Sequence,
    /// What the next step will be compared with, `[batch, features..]`: hand it on, and the signal goes on.
    pub reference: F,
}

impl Delta {
    /// The spikes of `signal`; `reference` is what the first step is compared with (`None`: with itself, so that
    /// it makes no spike).
    ///
    /// # Panics
    /// If the threshold is not positive and finite, shapes differ, a number of the signal or the reference is not finite,
    /// or there is no time step, no sample or no feature. Each value is looked at once on the device, which has to
    /// answer.
    #[track_caller]
    pub fn encode<S: Sequence>(&self, signal: S, reference: Option<S::Frame>) -> DeltaOutput<S::Frame> {
        let (name, threshold) = ("delta encoder", self.threshold);
        domain::positive(name, "the threshold", threshold);
        let (flat, shape) = domain::flat(name, signal);
        let ([steps, batch, features], dtype) = (flat.dims(), flat.dtype());
        let flat = flat.detach();
        domain::every_finite(name, "the signal", &flat);
        let first = match reference {
            None => flat.clone().slice(s![0..1]),
            Some(reference) => {
                let (reference, given) = domain::frame(name, reference);
                assert_eq!(
                    given.to_vec(),
                    shape.to_vec(),
                    "{name}: the reference has shape {:?}, a step of the signal {:?}",
                    given.to_vec(),
                    shape.to_vec()
                );
                domain::every_finite(name, "the reference", &reference);
                reference.detach().cast(dtype).unsqueeze()
            }
        };
        let spikes_of = |change: Tensor<3>| {
            let rises = change.clone().greater_equal_elem(threshold).float();
            let spikes = if self.off_spikes { rises - change.lower_equal_elem(-threshold).float() } else { rises };
            spikes.cast(dtype)
        };
        let (spikes, last) = match self.reference {
            DeltaReference::Previous => {
                let last = flat.clone().slice(s![steps - 1..steps]);
                let before =
                    if steps == 1 { first } else { Tensor::cat(vec![first, flat.clone().slice(s![0..steps - 1])], 0) };
                (spikes_of(flat - before), last)
            }
            DeltaReference::Followed => {
                let mut level = first;
                let mut spikes = Vec::with_capacity(steps);
                for step in 0..steps {
                    let now = flat.clone().slice(s![step..step + 1]);
                    let spike = spikes_of(now - level.clone());
                    level = level + spike.clone().mul_scalar(threshold);
                    spikes.push(spike);
                }
                (Tensor::cat(spikes, 0), level)
            }
        };
        DeltaOutput {
            spikes: Sequence::from_flat(spikes, &shape),
            reference: Frame::from_flat(last.reshape([batch, features]), &shape),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn signal(values: &[f32]) -> Tensor<3> {
        Tensor::<1>::from_data(values, &Device::flex()).reshape([values.len(), 1, 1])
    }

    fn values(spikes: Tensor<3>) -> Vec<f32> {
        spikes.into_data().iter::<f32>().collect()
    }

    #[test]
    fn a_slow_rise_is_seen_by_a_followed_level_only() {
        let ramp = signal(&[0.0, 0.25, 0.5, 0.75, 1.0, 1.25]);
        let delta = |reference| Delta { threshold: 0.5, off_spikes: false, reference };
        assert_eq!(values(delta(DeltaReference::Previous).encode(ramp.clone(), None).spikes), [0.0; 6]);
        let followed = delta(DeltaReference::Followed).encode(ramp, None);
        assert_eq!(values(followed.spikes), [0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        assert_eq!(followed.reference.into_scalar::<f32>(), 1.0);
    }

    #[test]
    fn without_falls_only_rises_spike() {
        let delta = Delta { threshold: 1.0, off_spikes: false, reference: DeltaReference::Previous };
        assert_eq!(values(delta.encode(signal(&[0.0, 1.0, 0.0, 5.0]), None).spikes), [0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn a_signal_in_pieces_spikes_as_the_whole() {
        let whole = [0.0, 0.6, 1.9, 1.2, -0.4, 0.1, 3.0];
        for reference in [DeltaReference::Previous, DeltaReference::Followed] {
            let delta = Delta { threshold: 0.5, off_spikes: true, reference };
            let expected = values(delta.encode(signal(&whole), None).spikes);
            let first = delta.encode(signal(&whole[..3]), None);
            let second = delta.encode(signal(&whole[3..]), Some(first.reference));
            assert_eq!([values(first.spikes), values(second.spikes)].concat(), expected, "{reference:?}");
        }
    }

    #[test]
    #[should_panic(expected = "delta encoder: the signal at [2, 0, 0] of [3, 1, 1] is NaN, it must be a finite number")]
    fn a_signal_with_a_gap_is_refused() {
        Delta { threshold: 1.0, off_spikes: true, reference: DeltaReference::Followed }
            .encode(signal(&[0.0, 1.0, f32::NAN]), None);
    }
}
