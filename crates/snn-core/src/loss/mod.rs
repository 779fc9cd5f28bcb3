//! Losses: how far the spikes or membranes of the last layer are from their targets.
//!
//! | loss | of | target |
//! |---|---|---|
//! | [`rate_cross_entropy`], [`count_cross_entropy`] | spikes | class |
//! | [`membrane_cross_entropy`] | membranes, [mean, last, maximum](crate::readout::Readout) | class |
//! | [`tet`] | outputs at each step | class |
//! | [`first_spike_cross_entropy`] | first spike | class |
//! | [`first_spike_mean_square`] | first spike | time |
//! | [`mean_square_count`] | spikes | class |
//! | [`van_rossum`] | spikes | spikes |
//! | [`firing_rate_at_least`], [`firing_rate_at_most`] | spikes | none: added to another loss |
//!
//! Sequences are `[time, batch, features]`, classes `[batch]`; every loss is one value, a mean over the batch.
//! Gradients flow into spikes as into any value; what they do there is the neuron's surrogate's business. A loss has the
//! type of its sequence; of `f16` and `bf16` it is computed in `f32` and rounded once, at the end. Targets are read on the
//! host, to be refused there if they are no classes (or no times): on a GPU that waits for it.

mod cross_entropy;
mod first_spike;
mod mean_square;
mod rate_bounds;
mod tet;
mod van_rossum;

pub use cross_entropy::{count_cross_entropy, max_membrane_cross_entropy, membrane_cross_entropy, rate_cross_entropy};
pub use first_spike::{first_spike_cross_entropy, first_spike_mean_square};
pub use mean_square::mean_square_count;
pub use rate_bounds::{firing_rate_at_least, firing_rate_at_most};
pub use tet::{Tet, tet};
pub use van_rossum::{van_rossum, van_rossum_distance};

#[cfg(test)]
mod testing {
    //! What the tests of the losses share.

    use burn::tensor::{Device, Tensor};

    /// Compares the gradient of a smooth loss with central differences at `values`, of shape `[steps, 2, 3]`.
    pub(super) fn gradient_is_the_finite_difference(name: &str, values: &[f32], loss: impl Fn(Tensor<3>) -> Tensor<1>) {
        let device = Device::flex().autodiff();
        let tensor = |values: &[f32]| Tensor::<1>::from_data(values, &device).reshape([values.len() / 6, 2, 3]);
        let input = tensor(values).require_grad();
        let gradient = input.grad(&loss(input.clone()).backward()).expect("a gradient");
        let gradient: Vec<f32> = gradient.into_data().iter::<f32>().collect();
        let largest = gradient.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 1e-3, "{name}: the gradient is nowhere larger than {largest}");
        for (place, found) in gradient.iter().enumerate() {
            let moved = |by: f32| {
                let mut values = values.to_vec();
                values[place] += by;
                loss(tensor(&values)).into_scalar::<f32>()
            };
            let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!(
                (difference - found).abs() < 2e-2 * largest,
                "{name}, place {place}: {found}, expected {difference}"
            );
        }
    }

    /// Numbers without a pattern, in [0.1, 0.9].
    pub(super) fn some_numbers(count: usize) -> Vec<f32> {
        let key = crate::noise::NoiseSeed::new(11).key(0);
        (0..count).map(|place| 0.1 + 0.8 * crate::noise::uniform(key, place as u32)).collect()
    }
}
