//! Training images shifted, turned and scaled at random.

use rayon::prelude::*;
use snn_core::noise::{NoiseSeed, uniform};

use crate::images::Images;

/// Largest shift along each axis, in pixels.
const SHIFT: f32 = 1.5;
/// Largest turn, in radians: eight degrees.
const TURN: f32 = 8.0 * std::f32::consts::PI / 180.0;
/// Largest change of size, as a share.
const SCALE: f32 = 0.08;

/// Returns the images `indices` as networks see them, `[images, rows x columns]`, each one shifted by up to one and a half
/// pixels along each axis, turned by up to eight degrees and scaled by up to 8 %. `seed` and the image decide how.
///
/// # Panics
/// If an index is too large.
pub fn augmented(images: &Images, indices: &[usize], seed: u64) -> Vec<f32> {
    let size = images.size();
    let mut values = vec![0.0f32; indices.len() * size];
    let key = NoiseSeed::new(seed).key(0);
    values.par_chunks_mut(size).zip(indices).for_each(|(row, index)| {
        let random = |which: u32| 2.0 * uniform(key, *index as u32 * 4 + which) - 1.0;
        let (sin, cos) = (TURN * random(0)).sin_cos();
        let scale = 1.0 / (1.0 + SCALE * random(1));
        let middle = [(images.rows - 1) as f32 / 2.0, (images.columns - 1) as f32 / 2.0];
        let shift = [SHIFT * random(2), SHIFT * random(3)];
        for (place, value) in row.iter_mut().enumerate() {
            // Where this pixel was before: the inverse of the change.
            let y = (place / images.columns) as f32 - middle[0] - shift[0];
            let x = (place % images.columns) as f32 - middle[1] - shift[1];
            let from = [scale * (cos * y - sin * x) + middle[0], scale * (sin * y + cos * x) + middle[1]];
            *value = between_pixels(images, *index, from) / 255.0 - 0.5;
        }
    });
    values
}

/// The grey value at a place between pixels, bilinear; black outside.
fn between_pixels(images: &Images, index: usize, [y, x]: [f32; 2]) -> f32 {
    let pixels = &images.pixels[index * images.size()..][..images.size()];
    let at = |y: f32, x: f32| {
        let inside = y >= 0.0 && x >= 0.0 && y < images.rows as f32 && x < images.columns as f32;
        if inside { f32::from(pixels[y as usize * images.columns + x as usize]) } else { 0.0 }
    };
    let (top, left) = (y.floor(), x.floor());
    let (down, right) = (y - top, x - left);
    let upper = (1.0 - right) * at(top, left) + right * at(top, left + 1.0);
    let lower = (1.0 - right) * at(top + 1.0, left) + right * at(top + 1.0, left + 1.0);
    (1.0 - down) * upper + down * lower
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two images of a spot two pixels wide.
    fn spots() -> Images {
        let mut pixels = vec![0; 2 * 400];
        for place in [9 * 20 + 9, 9 * 20 + 10, 10 * 20 + 9, 10 * 20 + 10] {
            pixels[place] = 255;
            pixels[400 + place] = 255;
        }
        Images { pixels, labels: vec![0, 1], rows: 20, columns: 20 }
    }

    #[test]
    fn a_place_between_pixels_is_their_mean_by_distance() {
        let images = Images { pixels: vec![0, 100, 200, 40], labels: vec![0], rows: 2, columns: 2 };
        assert_eq!(between_pixels(&images, 0, [0.0, 1.0]), 100.0);
        assert_eq!(between_pixels(&images, 0, [0.5, 0.0]), 100.0);
        assert_eq!(between_pixels(&images, 0, [0.5, 0.5]), 85.0);
        assert_eq!(between_pixels(&images, 0, [0.0, 1.5]), 50.0, "half of it is outside");
        assert_eq!(between_pixels(&images, 0, [-1.0, 0.0]), 0.0);
    }

    #[test]
    fn images_are_moved_a_little_and_differently() {
        let images = spots();
        let moved = augmented(&images, &[0, 1, 0], 7);
        assert_eq!(moved[..400], moved[800..], "seed and image decide");
        assert_ne!(moved[..400], moved[400..800]);
        assert_ne!(moved[..400], augmented(&images, &[0], 8)[..]);
        for seed in 0..50 {
            let moved = augmented(&images, &[0], seed);
            let mass: f32 = moved.iter().map(|value| value + 0.5).sum();
            let mean = |place: &dyn Fn(usize) -> usize| {
                moved.iter().enumerate().map(|(at, value)| (value + 0.5) * place(at) as f32).sum::<f32>() / mass
            };
            let (y, x) = (mean(&|at| at / 20), mean(&|at| at % 20));
            assert!((y - 9.5).abs() <= SHIFT + 0.1 && (x - 9.5).abs() <= SHIFT + 0.1, "seed {seed}: {y}, {x}");
            assert!((2.5..6.0).contains(&mass), "four pixels stay about four: {mass}");
        }
    }
}
