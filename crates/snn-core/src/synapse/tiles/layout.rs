//! How matrices are cut into panels, groups and pieces.

use std::ops::Range;

use super::Lanes;
pub(super) use crate::synapse::cut::Cut;
pub(super) use crate::synapse::line::{Line, WIDTH, lines};

/// Registers of the left matrix held at a time: a panel has so many times [`WIDTH`] lanes, or fewer.
pub(super) const PANEL: usize = 4;
/// Words of depth in a piece of a panel: `128 * 64 * 4` bytes fit the first-level cache.
const PIECE: usize = 128;

/// The words of depth in pieces of whole units, of which the last may be cut short by the end.
#[derive(Clone, Copy)]
pub(super) struct Pieces {
    words: usize,
    unit: usize,
    units: Cut,
}

impl Pieces {
    pub(super) fn of<L: Lanes>(words: usize) -> Self {
        Self { words, unit: L::UNIT, units: Cut::of(words.div_ceil(L::UNIT), PIECE / L::UNIT) }
    }

    pub(super) fn count(self) -> usize {
        self.units.parts
    }

    #[inline(always)]
    pub(super) fn part(self, index: usize) -> Range<usize> {
        let units = self.units.part(index);
        units.start * self.unit..self.words.min(units.end * self.unit)
    }

    /// Words of the largest piece, filled up to whole units.
    pub(super) fn largest(self) -> usize {
        self.units.largest() * self.unit
    }
}

/// How the left matrix lies in its source `[batch, inputs]`: numbers between neighbours in depth and in lanes.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) depth: usize,
    pub(super) depth_step: usize,
    pub(super) lanes: usize,
    pub(super) lane_step: usize,
}

impl Layout {
    /// Lanes are samples.
    pub(super) fn forward(batch: usize, inputs: usize) -> Self {
        Self { depth: inputs, depth_step: 1, lanes: batch, lane_step: inputs }
    }

    /// Lanes are inputs.
    pub(super) fn backward(batch: usize, inputs: usize) -> Self {
        Self { depth: batch, depth_step: inputs, lanes: inputs, lane_step: 1 }
    }

    pub(super) fn words<L: Lanes>(self) -> usize {
        self.depth.div_ceil(L::DEPTH)
    }

    pub(super) fn panels(self) -> Cut {
        Cut::of(self.lanes.div_ceil(WIDTH), PANEL)
    }
}
