//! The random streams of a run: one number decides all of them, and none of them shares its numbers with another.

use snn_core::noise::derive_seed;

/// What random numbers are needed for, besides the initial weights (which take the run's seed itself).
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
enum Stream {
    TrainingNoise = 0x7261_696e,
    Shuffle = 0x7368_7566,
    EvaluationNoise = 0x6576_616c,
    Augmentation = 0x6175_676d,
}

/// The seed of the noise of training step `step`, counted from 0 over all epochs.
pub fn training_noise(seed: u64, step: u64) -> u64 {
    derive_seed(derive_seed(seed, Stream::TrainingNoise as u64), step)
}

/// The seed of the order of the samples in epoch `epoch`, counted from 0.
pub fn shuffle(seed: u64, epoch: u64) -> u64 {
    derive_seed(derive_seed(seed, Stream::Shuffle as u64), epoch)
}

/// The seed of the noise of batch `batch` of an evaluation: the same for all runs and epochs, so that they are
/// judged alike.
pub fn evaluation_noise(batch: u64) -> u64 {
    derive_seed(Stream::EvaluationNoise as u64, batch)
}

/// The seed of the changes made to the training samples in epoch `epoch`, counted from 0.
pub fn augmentation(seed: u64, epoch: u64) -> u64 {
    derive_seed(derive_seed(seed, Stream::Augmentation as u64), epoch)
}

/// The numbers `0..count` in an order decided by `seed` (Fisher and Yates, in Durstenfeld's form).
pub fn permutation(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        // The high half of a product is uniform in 0..=last, up to one part in 2^64 / last.
        let random = u128::from(derive_seed(seed, last as u64));
        let other = (random * (last as u128 + 1)) >> 64;
        order.swap(last, other as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_has_each_number_once_and_depends_on_its_seed() {
        let order = permutation(1000, shuffle(0, 0));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert_eq!(order, permutation(1000, shuffle(0, 0)));
        let places_kept = |other: Vec<usize>| order.iter().zip(other).filter(|(a, b)| **a == *b).count();
        assert!(places_kept(permutation(1000, shuffle(0, 1))) < 10);
        assert!(places_kept(permutation(1000, shuffle(1, 0))) < 10);
        assert!(places_kept((0..1000).collect()) < 10);
    }

    #[test]
    fn each_place_gets_each_number_equally_often() {
        // 6 orders of 3 numbers, 1000 expected of each; 5 standard deviations are 145.
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..6000 {
            *counts.entry(permutation(3, shuffle(seed, 0))).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (855..1145).contains(count)), "{counts:?}");
    }

    #[test]
    fn streams_differ() {
        let seeds = [
            training_noise(0, 0),
            training_noise(0, 1),
            training_noise(1, 0),
            shuffle(0, 0),
            augmentation(0, 0),
            evaluation_noise(0),
        ];
        for (index, seed) in seeds.iter().enumerate() {
            assert!(!seeds[index + 1..].contains(seed));
        }
    }
}
