//! Random numbers without a state: a number is a function of (seed, sample, stage, element).
//!
//! So a sample is changed in the same way whatever the thread or the order in which samples are made, and on every machine:
//! logarithm and cosine are those of `libm`, not the system's.

use snn_core::noise::derive_seed;

/// The random numbers of one sample.
///
/// # Example
/// ```
/// use snn_data::Draws;
/// let draws = Draws::new(7, 42);
/// assert_eq!(draws.uniform(3), Draws::new(7, 42).uniform(3));
/// assert_ne!(draws.uniform(3), draws.stage(1).uniform(3));
/// assert!((0..100).all(|element| draws.below(element, 10) < 10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Draws {
    key: u64,
}

impl Draws {
    /// The numbers of a sample; `seed` stands for the whole run, or for an epoch of it.
    pub fn new(seed: u64, sample: u64) -> Self {
        Self { key: derive_seed(seed, sample) }
    }

    /// Other numbers of the same sample, for another thing that is done to it. Things that follow each other need stages of
    /// their own, or else they draw the same numbers.
    pub fn stage(self, stage: u64) -> Self {
        Self { key: derive_seed(self.key ^ 0x5742_4c53_9d31_c1a7, stage) }
    }

    /// Returns 64 random bits.
    pub fn bits(self, element: u64) -> u64 {
        derive_seed(self.key, element)
    }

    /// Returns a number in [0, 1), uniform, with 53 random bits.
    pub fn uniform(self, element: u64) -> f64 {
        (self.bits(element) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Returns a whole number from 0 to `count - 1`; 0 if `count` is 0. It is uniform up to 1 in 2^64 / `count`.
    pub fn below(self, element: u64, count: u64) -> u64 {
        ((u128::from(self.bits(element)) * u128::from(count)) >> 64) as u64
    }

    /// Returns a number of the standard normal distribution, by the method of Box and Muller (1958).
    pub fn normal(self, element: u64) -> f64 {
        // From (0, 1], so that the logarithm is finite.
        let radius = 1.0 - self.uniform(element.wrapping_mul(2));
        let angle = self.uniform(element.wrapping_mul(2).wrapping_add(1));
        libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(std::f64::consts::TAU * angle)
    }

    /// Returns the numbers from 0 to `count - 1` in a random order, by the method of Fisher and Yates.
    pub fn permutation(self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last as u64, last as u64 + 1) as usize);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let draws = Draws::new(1, 2);
        let count = 100_000;
        let mean = |of: &dyn Fn(u64) -> f64| (0..count).map(of).sum::<f64>() / count as f64;
        // Five standard deviations of a mean of so many.
        let bound = 5.0 / (count as f64).sqrt();
        assert!((mean(&|i| draws.uniform(i)) - 0.5).abs() < 0.29 * bound);
        assert!(mean(&|i| draws.normal(i)).abs() < bound);
        assert!((mean(&|i| draws.normal(i).powi(2)) - 1.0).abs() < 1.5 * bound);
        assert!((mean(&|i| draws.normal(i) * draws.normal(i + 1))).abs() < bound);
        assert!((mean(&|i| draws.below(i, 7) as f64) - 3.0).abs() < 2.0 * bound);
        let mut order = draws.permutation(1000);
        assert_ne!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        order.sort_unstable();
        assert!(order.into_iter().eq(0..1000));
    }

    #[test]
    fn the_bits_stay_as_they_are() {
        let draws = Draws::new(0, 0);
        assert_eq!([draws.bits(0), draws.stage(1).bits(0)].map(|bits| bits >> 32), EXPECTED);
    }

    /// Written down once: whoever changes them changes every augmented sample.
    const EXPECTED: [u64; 2] = [2_802_244_911, 2_256_420_624];
}
