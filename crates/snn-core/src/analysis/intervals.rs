//! How regularly neurons fire.

use burn::tensor::Tensor;

use crate::sequence::domain;

/// Of the intervals between successive spikes: how many, how long, how irregular.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IntervalStatistics {
    /// How many intervals.
    pub count: usize,
    /// Their mean length in steps; 0 without intervals.
    pub mean: f64,
    /// Their coefficient of variation, standard deviation / mean: 0 for a clock, 1 for a Poisson process (in steps,
    /// `sqrt(1 - p)` if each has a spike with probability p); 0 without intervals.
    pub cv: f64,
}

/// The intervals of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// Of each neuron, over all samples.
    pub neurons: Vec<IntervalStatistics>,
    /// Of all neurons together. A mixture of clocks of different speeds is not regular.
    pub all: IntervalStatistics,
}

/// Sums from which the statistics follow: integers, so that no digit of the variance cancels.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: usize,
    sum: u128,
    squares: u128,
}

impl Sums {
    fn add(&mut self, interval: usize) {
        let interval = interval as u128;
        self.count += 1;
        self.sum += interval;
        self.squares += interval * interval;
    }

    fn merge(self, other: Self) -> Self {
        Self { count: self.count + other.count, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }

    fn statistics(self) -> IntervalStatistics {
        if self.count == 0 {
            return IntervalStatistics::default();
        }
        // count² times the variance, never negative
        let spread = self.count as u128 * self.squares - self.sum * self.sum;
        IntervalStatistics {
            count: self.count,
            mean: self.sum as f64 / self.count as f64,
            cv: (spread as f64).sqrt() / self.sum as f64,
        }
    }
}

/// The intervals between successive spikes of each neuron. None crosses from one sample to the next.
///
/// # Shapes
/// `spikes [time, batch, features]`; what is not zero is a spike
///
/// # Panics
/// If there is no time step, no sample or no neuron, or an output is NaN.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::analysis::inter_spike_intervals;
/// // Spikes at 0, 2, 4, 7: intervals 2, 2, 3, mean 7/3, variance 17/3 - 49/9 = 2/9.
/// let spikes = Tensor::<1>::from_data([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0], &Device::flex()).reshape([8, 1, 1]);
/// let all = inter_spike_intervals(spikes).all;
/// assert_eq!(all.count, 3);
/// assert!((all.mean - 7.0 / 3.0).abs() < 1e-12);
/// assert!((all.cv - (2.0f64 / 9.0).sqrt() / (7.0 / 3.0)).abs() < 1e-12);
/// ```
#[track_caller]
pub fn inter_spike_intervals(spikes: Tensor<3>) -> Intervals {
    let spikes = domain::sequence("inter-spike intervals", spikes);
    let [_, batch, features] = spikes.dims();
    let width = batch * features;
    let mut last: Vec<Option<usize>> = vec![None; width];
    let mut sums = vec![Sums::default(); features];
    for (place, spike) in spikes.detach().into_data().iter::<f64>().enumerate() {
        if spike == 0.0 {
            continue;
        }
        let (step, column) = (place / width, place % width);
        assert!(
            !spike.is_nan(),
            "inter-spike intervals: the output of neuron {} of sample {} is NaN at step {step}, which is neither a spike \
             nor none; look for where it becomes one first",
            column % features,
            column / features
        );
        if let Some(before) = last[column].replace(step) {
            sums[column % features].add(step - before);
        }
    }
    Intervals {
        neurons: sums.iter().map(|sums| sums.statistics()).collect(),
        all: sums.into_iter().fold(Sums::default(), Sums::merge).statistics(),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::encode::{SpikeGradient, bernoulli};
    use crate::noise::NoiseSeed;

    #[test]
    fn a_clock_has_no_variation_and_samples_are_apart() {
        // Neuron 0 fires at every second step in both samples, neuron 1 once in each.
        let mut train = vec![0.0f32; 8 * 2 * 2];
        for step in (0..8).step_by(2) {
            (train[step * 4], train[step * 4 + 2]) = (1.0, 1.0);
        }
        (train[4 + 1], train[5 * 4 + 3]) = (1.0, 1.0);
        let spikes = Tensor::<1>::from_data(train.as_slice(), &Device::flex()).reshape([8, 2, 2]);
        let found = inter_spike_intervals(spikes);
        assert_eq!(found.neurons[0], IntervalStatistics { count: 6, mean: 2.0, cv: 0.0 });
        assert_eq!(found.neurons[1], IntervalStatistics::default());
        assert_eq!(found.all.count, 6);
    }

    #[test]
    fn spikes_drawn_at_random_vary_as_a_geometric_distribution() {
        let p = 0.2f64;
        let input = Tensor::<2>::full([8, 1], p, &Device::flex());
        let all = inter_spike_intervals(bernoulli(input, 5000, NoiseSeed::new(1), SpikeGradient::None)).all;
        assert!((all.mean - 1.0 / p).abs() < 0.2, "{all:?}");
        assert!((all.cv - (1.0 - p).sqrt()).abs() < 0.04, "{all:?}");
    }

    #[test]
    fn long_intervals_keep_their_variation() {
        let mut sums = Sums::default();
        for interval in [100_000_000_000, 100_000_000_001, 100_000_000_002] {
            sums.add(interval);
        }
        // Their variance is 2/3; sums of squares in f64 would leave nothing of it, or anything.
        let expected = (2.0f64 / 3.0).sqrt() / 100_000_000_001.0;
        assert!((sums.statistics().cv / expected - 1.0).abs() < 1e-12, "{:?}", sums.statistics());
    }

    #[test]
    #[should_panic(expected = "the output of neuron 1 of sample 0 is NaN at step 1")]
    fn what_is_no_number_ends_no_interval() {
        inter_spike_intervals(Tensor::from_data([[[1.0, 0.0]], [[1.0, f32::NAN]]], &Device::flex()));
    }

    #[test]
    fn the_smallest_numbers_are_spikes() {
        let device = Device::flex();
        let spikes = burn::tensor::TensorData::new(vec![1e-300f64, 0.0, 1e-300], [3, 1, 1]);
        let spikes = Tensor::from_data(spikes, (&device, burn::tensor::DType::F64));
        assert_eq!(inter_spike_intervals(spikes).all.count, 1);
    }
}
