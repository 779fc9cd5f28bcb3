//! How regularly neurons fire.

use burn::tensor::Tensor;

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

/// Sums from which the statistics follow.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: usize,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, interval: usize) {
        self.count += 1;
        self.sum += interval as f64;
        self.squares += (interval * interval) as f64;
    }

    fn merge(self, other: Self) -> Self {
        Self { count: self.count + other.count, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }

    fn statistics(self) -> IntervalStatistics {
        if self.count == 0 {
            return IntervalStatistics::default();
        }
        let mean = self.sum / self.count as f64;
        let variance = (self.squares / self.count as f64 - mean * mean).max(0.0);
        IntervalStatistics { count: self.count, mean, cv: variance.sqrt() / mean }
    }
}

/// The intervals between successive spikes of each neuron. None crosses from one sample to the next.
///
/// # Shapes
/// `spikes [time, batch, features]`; what is not zero is a spike
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
pub fn inter_spike_intervals(spikes: Tensor<3>) -> Intervals {
    let [_, batch, features] = spikes.dims();
    let width = batch * features;
    let mut last: Vec<Option<usize>> = vec![None; width];
    let mut sums = vec![Sums::default(); features];
    for (place, spike) in spikes.detach().into_data().iter::<f32>().enumerate() {
        if spike == 0.0 {
            continue;
        }
        let (step, column) = (place / width, place % width);
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
}
