//! Yin-Yang: points in the plane, and in which of three parts of the sign each lies.
//!
//! ```text
//! the sign    a disc of radius R around (R, R); dots of radius r around (R/2, R) and (3R/2, R)
//! dot   2     less than r from the middle of a dot
//! yang  1     not a dot, and: at most R/2 from (R/2, R), or above the middle (y > R) and more than R/2 from (3R/2, R)
//! yin   0     the rest
//! ```
//!
//! A sample is drawn as its authors do: first a class, then points until one is of that class. With their seeds, 42, 41 and 40,
//! and NumPy's generator, these are the published points.
//!
//! Source: Kriener, Göltz, Petrovici (2022), "The Yin-Yang dataset", doi:10.1145/3517343.3517380.

use super::mersenne::Mersenne;
use crate::Error;

/// A point, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YinYangPoint {
    /// From left to right, from 0 to 2R.
    pub x: f64,
    /// From bottom to top.
    pub y: f64,
    /// 0 yin, 1 yang, 2 dot.
    pub class: usize,
}

impl YinYangPoint {
    /// Returns what a network sees: `x, y, 1 - x, 1 - y`, so that all samples have the same sum.
    pub fn features(&self) -> [f64; 4] {
        [self.x, self.y, 1.0 - self.x, 1.0 - self.y]
    }

    /// Returns when each of four inputs spikes: `early + feature · (late - early)`.
    pub fn spike_times(&self, early: f64, late: f64) -> [f64; 4] {
        self.features().map(|feature| early + feature * (late - early))
    }
}

/// The Yin-Yang data set.
///
/// # Example
/// ```
/// use snn_data::tasks::YinYang;
/// let points = YinYang::TEST.points(1000)?;
/// assert_eq!((points[0].x, points[0].y), (0.23409664559563403, 0.4017249751828972));
/// # Ok::<(), snn_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YinYang {
    /// The radius of the dots.
    pub small: f64,
    /// The radius of the sign.
    pub big: f64,
    /// The seed of NumPy's `RandomState`.
    pub seed: u32,
}

impl YinYang {
    /// The published set for training: 5,000 points.
    pub const TRAIN: Self = Self { small: 0.1, big: 0.5, seed: 42 };
    /// The published set for validation: 1,000 points.
    pub const VALIDATION: Self = Self { seed: 41, ..Self::TRAIN };
    /// The published set for the test: 1,000 points.
    pub const TEST: Self = Self { seed: 40, ..Self::TRAIN };
    /// What the classes are called.
    pub const CLASSES: [&str; 3] = ["yin", "yang", "dot"];

    /// Draws the first `count` points.
    ///
    /// # Errors
    /// [`Error::Setting`] if there are no such dots in such a sign.
    pub fn points(&self, count: usize) -> Result<Vec<YinYangPoint>, Error> {
        // Much smaller dots would be looked for too long.
        if !(self.big > 0.0 && self.big.is_finite() && self.small >= 0.01 * self.big && self.small < 0.5 * self.big) {
            let problem = format!(
                "a radius of the dots from 1 % to 50 % of that of the sign expected, found {} and {}",
                self.small, self.big
            );
            return Err(Error::setting("Yin-Yang", problem));
        }
        let mut random = Mersenne::new(self.seed);
        let mut point = || {
            let wanted = random.below(3) as usize;
            loop {
                let (x, y) = (random.uniform() * 2.0 * self.big, random.uniform() * 2.0 * self.big);
                if let Some(class) = self.class(x, y).filter(|class| *class == wanted) {
                    return YinYangPoint { x, y, class };
                }
            }
        };
        Ok((0..count).map(|_| point()).collect())
    }

    /// Returns in which part a point lies; `None` outside of the sign.
    pub fn class(&self, x: f64, y: f64) -> Option<usize> {
        let from = |centre: f64| ((x - centre) * (x - centre) + (y - self.big) * (y - self.big)).sqrt();
        if from(self.big) > self.big {
            return None;
        }
        let (left, right) = (from(0.5 * self.big), from(1.5 * self.big));
        if left < self.small || right < self.small {
            return Some(2);
        }
        // Exactly on the rim of the right dot is yang, on that of the left one yin.
        let yang = right <= self.small
            || (left > self.small && left <= 0.5 * self.big)
            || (y > self.big && right > 0.5 * self.big);
        Some(usize::from(yang))
    }
}
