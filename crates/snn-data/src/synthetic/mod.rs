//! Digits drawn by the program: the strokes of 0 to 9, each drawing with its own slant, thickness, size, place and
//! bend. Deterministic: an image depends on the seed and its number only.

mod glyphs;
mod pen;

use rayon::prelude::*;
use snn_core::noise::{NoiseSeed, derive_seed, uniform};

use crate::images::{CLASSES, Images, SIDE};
use glyphs::strokes;
use pen::{Canvas, Hand};

/// The number of training images unless asked otherwise: as many as MNIST has.
pub const TRAIN: usize = 60_000;
/// The number of test images unless asked otherwise: as many as MNIST has.
pub const TEST: usize = 10_000;

/// Draws images for training and for the test. No image is in both, and the first ones do not depend on how many there
/// are.
pub fn digits(train: usize, test: usize, seed: u64) -> (Images, Images) {
    (images(train, derive_seed(seed, 0)), images(test, derive_seed(seed, 1)))
}

fn images(count: usize, seed: u64) -> Images {
    let size = SIDE * SIDE;
    let mut pixels = vec![0; count * size];
    let mut labels = vec![0; count];
    pixels.par_chunks_mut(size).zip(&mut labels).enumerate().for_each(|(index, (pixels, label))| {
        let mut random = Random::new(derive_seed(seed, index as u64));
        *label = random.below(CLASSES) as u8;
        draw(*label, &mut random, pixels);
    });
    Images { pixels, labels, rows: SIDE, columns: SIDE }
}

fn draw(digit: u8, random: &mut Random, pixels: &mut [u8]) {
    let hand = Hand::new(random);
    let mut canvas = Canvas::new(hand.thickness());
    for stroke in hand.place(&strokes(digit, random)) {
        canvas.stroke(&stroke);
    }
    canvas.ink(hand.darkness(), pixels);
}

/// Random numbers one after another.
struct Random {
    key: u32,
    drawn: u32,
}

impl Random {
    fn new(seed: u64) -> Self {
        Self { key: NoiseSeed::new(seed).key(0), drawn: 0 }
    }

    /// Uniform between `low` and `high`.
    fn between(&mut self, low: f32, high: f32) -> f32 {
        self.drawn += 1;
        low + (high - low) * uniform(self.key, self.drawn)
    }

    /// Between `-width` and `width`, most often near 0.
    fn around_zero(&mut self, width: f32) -> f32 {
        (self.between(-width, width) + self.between(-width, width)) / 2.0
    }

    /// A whole number from 0 to `count - 1`.
    fn below(&mut self, count: usize) -> usize {
        (self.between(0.0, count as f32) as usize).min(count - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_depends_on_seed_and_number_only() {
        let (few, _) = digits(20, 1, 7);
        let (many, test) = digits(50, 50, 7);
        assert_eq!(few.pixels, many.pixels[..20 * 784]);
        assert_eq!(few.labels, many.labels[..20]);
        assert_ne!(many.pixels, test.pixels);
        assert_ne!(few.pixels, digits(20, 1, 8).0.pixels);
    }

    #[test]
    fn each_digit_is_drawn_about_equally_often_inside_the_frame() {
        let (images, _) = digits(2000, 1, 0);
        for digit in 0..10 {
            let count = images.labels.iter().filter(|label| **label == digit).count();
            assert!((140..260).contains(&count), "{count} drawings of {digit}");
        }
        for image in images.pixels.chunks(784) {
            let ink: u32 = image.iter().map(|pixel| u32::from(*pixel)).sum();
            let border: u32 =
                (0..28).flat_map(|i| [i, 756 + i, 28 * i, 28 * i + 27]).map(|i| u32::from(image[i])).sum();
            assert!((4_000..60_000).contains(&ink), "ink {ink}");
            assert!(border * 20 < ink, "{border} of {ink} at the border");
        }
    }

    #[test]
    fn drawings_of_a_digit_resemble_each_other_more_than_other_digits() {
        // The nearest of 1000 other drawings is of the same digit far more often than by chance (1 in 10), but
        // the hand differs enough that pixels alone do not settle it.
        let (images, tests) = digits(1000, 100, 0);
        let distance =
            |a: &[u8], b: &[u8]| -> i64 { a.iter().zip(b).map(|(a, b)| (i64::from(*a) - i64::from(*b)).pow(2)).sum() };
        let right = tests.pixels.chunks(784).zip(&tests.labels).filter(|(image, label)| {
            let nearest = (0..1000).min_by_key(|i| distance(image, &images.pixels[i * 784..][..784]));
            nearest.is_some_and(|i| images.labels[i] == **label)
        });
        let right = right.count();
        assert!((70..=100).contains(&right), "{right} of 100");
    }
}
