//! Random numbers without a state: a number is a function of (seed, step, element).
//!
//! Hence every backend draws the same noise from the same seed, in any order, and the backward pass can draw
//! it again instead of keeping it. All arithmetic is on 32 bits, which every GPU has.

use crate::device::simd::vectorised;

/// Which noise: a seed and the time step at which a sequence begins.
///
/// A sequence that is run in pieces draws the same noise as the whole if each piece begins at its own step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoiseSeed {
    /// The seed.
    pub seed: u64,
    /// The time step of the first row.
    pub first_step: usize,
}

impl NoiseSeed {
    /// The noise of `seed` from step 0 on.
    pub fn new(seed: u64) -> Self {
        Self { seed, first_step: 0 }
    }

    /// The same noise, from `steps` steps later on.
    pub fn later(self, steps: usize) -> Self {
        Self { first_step: self.first_step + steps, ..self }
    }

    /// The key of row `row`: what [`uniform`] needs beside the element.
    pub fn key(self, row: usize) -> u32 {
        step_key(self.seed as u32, (self.seed >> 32) as u32, (self.first_step + row) as u32)
    }
}

/// A bijection of 32 bits in which each bit of the input changes about half of the output.
///
/// Two multiplications and three shifts; the constants are those of Chris Wellons, "Prospecting for hash
/// functions" (2018), public domain.
#[inline(always)]
fn mix(mut z: u32) -> u32 {
    z ^= z >> 16;
    z = z.wrapping_mul(0x21f0_aaad);
    z ^= z >> 15;
    z = z.wrapping_mul(0x735a_2d97);
    z ^ (z >> 15)
}

/// The key of one time step.
#[inline(always)]
fn step_key(seed_low: u32, seed_high: u32, step: u32) -> u32 {
    mix(mix(mix(step.wrapping_add(0x9e37_79b9)) ^ seed_low).wrapping_add(seed_high))
}

/// A number in [0, 1), uniform, with 24 random bits: that of `element` at the step of `key`.
#[inline(always)]
pub fn uniform(key: u32, element: u32) -> f32 {
    let bits = mix(element.wrapping_mul(0x9e37_79b9) ^ key);
    (bits >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// `out[i] = input[i] x noise`, the noise that of elements `first_element..` at the step of `key`; with the best
/// instructions the processor has.
///
/// # Panics
/// If the two lengths differ.
pub fn multiply(out: &mut [f32], input: &[f32], key: u32, first_element: u32) {
    assert_eq!(out.len(), input.len(), "noise: as many values out as in");
    vectorised(
        #[inline(always)]
        || {
            for (index, (out, input)) in out.iter_mut().zip(input).enumerate() {
                *out = uniform(key, first_element.wrapping_add(index as u32)) * input;
            }
        },
    );
}

/// A new seed for each `index`, for instance one for each training step.
pub fn derive_seed(seed: u64, index: u64) -> u64 {
    // The finaliser of SplitMix64 (Steele, Lea, Flood 2014), public domain.
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(feature = "cube")]
pub(crate) mod cube {
    //! The same arithmetic inside kernels.

    use cubecl::prelude::*;

    #[cube]
    fn mix(value: u32) -> u32 {
        let a = (value ^ (value >> 16u32)) * 0x21f0_aaadu32;
        let b = (a ^ (a >> 15u32)) * 0x735a_2d97u32;
        b ^ (b >> 15u32)
    }

    #[cube]
    pub(crate) fn step_key(seed_low: u32, seed_high: u32, step: u32) -> u32 {
        mix((mix(mix(step + 0x9e37_79b9u32) ^ seed_low)) + seed_high)
    }

    #[cube]
    pub(crate) fn uniform(key: u32, element: u32) -> f32 {
        let bits = mix((element * 0x9e37_79b9u32) ^ key);
        f32::cast_from(bits >> 8u32) * (1.0f32 / 16_777_216.0f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlation(pairs: impl Iterator<Item = (f32, f32)> + Clone) -> f64 {
        let count = pairs.clone().count() as f64;
        let sum: f64 = pairs.map(|(a, b)| (f64::from(a) - 0.5) * (f64::from(b) - 0.5)).sum();
        sum / count * 12.0
    }

    #[test]
    fn is_uniform_and_independent_of_neighbours_steps_and_seeds() {
        let count = 200_000u32;
        let at = |seed: u64, step: usize, element: u32| uniform(NoiseSeed::new(seed).key(step), element);
        let values: Vec<f32> = (0..count).map(|element| at(1, 0, element)).collect();
        let mut bins = [0u32; 100];
        for value in &values {
            assert!((0.0..1.0).contains(value));
            bins[(value * 100.0) as usize] += 1;
        }
        let expected = f64::from(count) / 100.0;
        let chi_squared: f64 = bins.iter().map(|bin| (f64::from(*bin) - expected).powi(2) / expected).sum();
        assert!((50.0..150.0).contains(&chi_squared), "chi squared of 99 degrees of freedom: {chi_squared}");
        // Five standard deviations of a correlation of so many pairs.
        let bound = 5.0 / f64::from(count).sqrt();
        for lag in [1, 2, 28, 784] {
            let neighbours = correlation((0..count - lag).map(|e| (values[e as usize], values[(e + lag) as usize])));
            assert!(neighbours.abs() < bound, "lag {lag}: {neighbours}");
        }
        let steps = correlation((0..count).map(|element| (at(1, 0, element), at(1, 1, element))));
        let seeds = correlation((0..count).map(|element| (at(1, 0, element), at(2, 0, element))));
        let high = correlation((0..count).map(|element| (at(1, 0, element), at(1 << 40, 0, element))));
        assert!(steps.abs() < bound && seeds.abs() < bound && high.abs() < bound, "{steps} {seeds} {high}");
        let over_time = correlation((0..count as usize).map(|step| (at(1, step, 5), at(1, step + 1, 5))));
        assert!(over_time.abs() < bound, "{over_time}");
    }

    #[test]
    fn a_sequence_in_pieces_draws_the_noise_of_the_whole() {
        let whole = NoiseSeed::new(9);
        assert_eq!(whole.later(3).key(4), whole.key(7));
        assert_ne!(whole.key(0), whole.key(1));
    }
}
