//! Things cut into pieces of nearly the same size.

use std::ops::Range;

/// `total` things cut into `parts` pieces of nearly the same size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) total: usize,
    pub(super) parts: usize,
}

impl Cut {
    pub(super) fn of(total: usize, largest: usize) -> Self {
        Self { total, parts: total.div_ceil(largest).max(1) }
    }

    #[inline(always)]
    pub(super) fn part(self, index: usize) -> Range<usize> {
        index * self.total / self.parts..(index + 1) * self.total / self.parts
    }

    /// The size of the largest piece.
    pub(super) fn largest(self) -> usize {
        self.total.div_ceil(self.parts)
    }
}
