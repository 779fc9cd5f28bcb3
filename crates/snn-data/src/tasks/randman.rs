//! Smooth random manifolds: each class is a surface in the space of spike times, and its samples lie on it.
//!
//! ```text
//! f_n(x) = Π_d Σ_k k^-α a sin(2π (k b x_d + c)),   k = 1 .. K;  a, b, c uniform in [0, 1), their own for each (class, n, d, k)
//! time   = (f_n(x) - least) / (most - least), for a random x in the unit cube; least and most over 1,000 such x
//! ```
//!
//! `K` is where k^-α falls below 0.01. The larger α, the smoother. The random numbers are ours, so points differ from those of
//! other programs; the family of surfaces is the same.
//!
//! Source: Zenke, Vogels (2021), "The Remarkable Robustness of Surrogate Gradient Learning for Instilling Complex Function in
//! Spiking Neural Networks", doi:10.1162/neco_a_01367.

use crate::{Draws, Error};

/// Smooth random manifolds.
///
/// # Example
/// ```
/// use snn_data::tasks::Randman;
/// let task = Randman::default();
/// let prepared = task.prepare()?;
/// let (times, class) = prepared.sample(3);
/// assert_eq!((times.len(), class), (task.units, 3));
/// assert!(times.iter().all(|time| (0.0..=1.0).contains(time)));
/// # Ok::<(), snn_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Randman {
    /// How many classes.
    pub classes: usize,
    /// How many units, each of which spikes once.
    pub units: usize,
    /// Of how many dimensions the surfaces are.
    pub dimensions: usize,
    /// How smooth they are.
    pub alpha: f64,
    /// Decides all of it.
    pub seed: u64,
}

impl Default for Randman {
    /// Returns ten classes of 20 units, lines of smoothness 2.
    fn default() -> Self {
        Self { classes: 10, units: 20, dimensions: 1, alpha: 2.0, seed: 0 }
    }
}

/// Manifolds that are ready to be drawn from.
#[derive(Clone, Debug)]
pub struct Manifolds {
    task: Randman,
    terms: usize,
    /// The least value and the span of each unit of each class.
    ranges: Vec<(f64, f64)>,
}

impl Randman {
    /// Finds out in which range each unit of each class moves.
    ///
    /// # Errors
    /// [`Error::Setting`] without classes, units or dimensions, or if α is not from 0.5 to 10.
    pub fn prepare(&self) -> Result<Manifolds, Error> {
        if self.classes == 0 || self.units == 0 || self.dimensions == 0 || !(0.5..=10.0).contains(&self.alpha) {
            return Err(Error::setting(
                "Randman",
                format!("1 or more of all, α from 0.5 to 10 expected, found {self:?}"),
            ));
        }
        let terms = (libm::ceil(libm::pow(0.01, -1.0 / self.alpha)) as usize).clamp(1, 1000);
        let mut manifolds = Manifolds { task: *self, terms, ranges: Vec::new() };
        // The same points for all: those of a sample that is never drawn.
        let draws = Draws::new(self.seed, u64::MAX);
        let point = |index: u64| -> Vec<f64> {
            (0..self.dimensions as u64).map(|d| draws.uniform(index * self.dimensions as u64 + d)).collect()
        };
        let points: Vec<Vec<f64>> = (0..1000).map(point).collect();
        for class in 0..self.classes {
            for unit in 0..self.units {
                let values = points.iter().map(|point| manifolds.value(class, unit, point));
                let (least, most) = values.fold((f64::MAX, f64::MIN), |(least, most), v| (least.min(v), most.max(v)));
                manifolds.ranges.push((least, (most - least).max(f64::MIN_POSITIVE)));
            }
        }
        Ok(manifolds)
    }
}

impl Manifolds {
    /// Draws a sample: when each unit spikes, from 0 to 1, and the class. The classes take turns.
    pub fn sample(&self, index: usize) -> (Vec<f64>, usize) {
        let class = index % self.task.classes;
        let draws = Draws::new(self.task.seed, index as u64).stage(1);
        let point: Vec<f64> = (0..self.task.dimensions as u64).map(|d| draws.uniform(d)).collect();
        let time = |unit: usize| {
            let (least, span) = self.ranges[class * self.task.units + unit];
            ((self.value(class, unit, &point) - least) / span).clamp(0.0, 1.0)
        };
        ((0..self.task.units).map(time).collect(), class)
    }

    fn value(&self, class: usize, unit: usize, point: &[f64]) -> f64 {
        let draws = Draws::new(self.task.seed, class as u64).stage(2).stage(unit as u64);
        let factor = |(d, x): (usize, &f64)| -> f64 {
            let term = |k: usize| {
                let element = 3 * (d * self.terms + k) as u64;
                let [a, b, c] = [0, 1, 2].map(|part| draws.uniform(element + part));
                let k = (k + 1) as f64;
                libm::pow(k, -self.task.alpha) * a * libm::sin(std::f64::consts::TAU * (k * b * x + c))
            };
            (0..self.terms).map(term).sum()
        };
        point.iter().enumerate().map(factor).product()
    }
}
