//! Spike timing: what backpropagation does to a synapse as a function of the times of spikes. The classical rule to compare it
//! with is [`PairStdp`](crate::learning::PairStdp).
//!
//! Everywhere here `Δ = t_post - t_pre`: how many steps the presynaptic spike *arrives* before the postsynaptic
//! neuron fires. `Δ = 0` is the same step, in which an arriving spike still helps to fire; `Δ < 0` is too late.
//! The axonal delay lies between firing and arriving, so it shifts nothing.
//!
//! - [`influence`]: `K(Δ)`, the mean of `∂o[t] / ∂i[t-Δ]` over the spikes `o[t]`, by the backward pass that trains;
//! - [`predicted_influence`]: the same from decay and reset alone, over the same spikes;
//! - [`weight_change`]: what one training step does to the weight, for each pair of spikes.

mod influence;
mod statistics;
mod weight_change;

pub use influence::{Sampling, influence, influence_factor, predicted_influence};
pub use statistics::{correlation, fitted_time_constant};
pub use weight_change::{gradient_of_spikes, weight_change};

/// A quantity as a function of `Δ = t_post - t_pre`, averaged over spikes or pairs of spikes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimingCurve {
    /// `-window ..= window`.
    pub deltas: Vec<i64>,
    /// The mean at each delta; 0 where nothing was seen.
    pub mean: Vec<f64>,
    /// The mean of the absolute value at each delta.
    pub magnitude: Vec<f64>,
    /// How many spikes or pairs the mean is over.
    pub pairs: Vec<u64>,
}

/// Sums from which a [`TimingCurve`] is made.
struct Sums {
    window: usize,
    sum: Vec<f64>,
    magnitude: Vec<f64>,
    pairs: Vec<u64>,
}

impl Sums {
    fn new(window: usize) -> Self {
        let width = 2 * window + 1;
        Self { window, sum: vec![0.0; width], magnitude: vec![0.0; width], pairs: vec![0; width] }
    }

    /// Every delta with the row `step - delta`, as far as it is one of `steps` rows, and its place in the sums.
    fn earlier(window: usize, step: usize, steps: usize) -> impl Iterator<Item = (usize, usize)> {
        // Place `p` is delta `p - window`, so the row is `step + window - p`.
        (0..2 * window + 1).filter_map(move |place| {
            let row = (step + window).checked_sub(place)?;
            (row < steps).then_some((place, row))
        })
    }

    fn curve(self) -> TimingCurve {
        let mean = |sums: &[f64]| {
            let pairs = self.pairs.iter();
            sums.iter().zip(pairs).map(|(sum, pairs)| if *pairs == 0 { 0.0 } else { sum / *pairs as f64 }).collect()
        };
        let window = self.window as i64;
        TimingCurve {
            deltas: (-window..=window).collect(),
            mean: mean(&self.sum),
            magnitude: mean(&self.magnitude),
            pairs: self.pairs,
        }
    }
}
