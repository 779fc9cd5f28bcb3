//! How the targets of a convolution are cut into tiles, by the sizes alone.

use std::ops::Range;

use crate::synapse::cut::Cut;

/// Targets of one channel in a tile: with 64 channels they fill a quarter of a common second-level cache.
const PLACES: usize = 256;

/// A part of the targets: a few whole images, or a part of one.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    pub(super) samples: Range<usize>,
    pub(super) y: Range<usize>,
    pub(super) x: Range<usize>,
    /// Which part of the images that is.
    pub(super) part: usize,
}

impl Tile {
    /// Targets of one channel of one image.
    pub(super) fn places(&self) -> usize {
        self.y.len() * self.x.len()
    }

    /// Runs of targets that are neighbours in a channel `width` wide: where each begins in the channel, and its length.
    pub(super) fn runs(&self, width: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (y, x) = (self.y.clone(), self.x.clone());
        let whole = x.len() == width;
        let (count, length) = if whole { (1, y.len() * width) } else { (y.len(), x.len()) };
        (0..count).map(move |run| ((y.start + run) * width + x.start, length))
    }
}

/// Samples in whole units, of which the last may be cut short by the end.
#[derive(Clone, Copy, Debug)]
struct Samples {
    total: usize,
    unit: usize,
    units: Cut,
}

impl Samples {
    fn part(self, index: usize) -> Range<usize> {
        let units = self.units.part(index);
        units.start * self.unit..self.total.min(units.end * self.unit)
    }

    fn largest(self) -> usize {
        self.total.min(self.units.largest() * self.unit)
    }
}

/// All tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiling {
    samples: Samples,
    y: Cut,
    x: Cut,
}

impl Tiling {
    /// Tiles of whole multiples of `unit` samples, as far as there are so many.
    pub(super) fn new(samples: usize, unit: usize, height: usize, width: usize) -> Self {
        let units = samples.div_ceil(unit);
        let samples =
            Samples { total: samples, unit, units: Cut::of(units, (PLACES / (unit * height * width)).max(1)) };
        Self { samples, y: Cut::of(height, (PLACES / width).max(1)), x: Cut::of(width, PLACES) }
    }

    pub(super) fn count(&self) -> usize {
        self.samples.units.parts * self.parts()
    }

    pub(super) fn get(&self, index: usize) -> Tile {
        let (samples, part) = (self.samples.part(index / self.parts()), index % self.parts());
        let (y, x) = (self.y.part(part / self.x.parts), self.x.part(part % self.x.parts));
        Tile { samples, y, x, part }
    }

    /// The parts into which each image is cut, tiles of the first samples.
    pub(super) fn of_one_image(&self) -> impl Iterator<Item = Tile> + use<> {
        let tiling = *self;
        (0..tiling.parts()).map(move |part| tiling.get(part))
    }

    fn parts(&self) -> usize {
        self.y.parts * self.x.parts
    }

    /// Images of the largest tile.
    pub(super) fn samples(&self) -> usize {
        self.samples.largest()
    }

    /// Targets of one channel of the largest tile.
    pub(super) fn places(&self) -> usize {
        self.samples.largest() * self.y.largest() * self.x.largest()
    }
}
