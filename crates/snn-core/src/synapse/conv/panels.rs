//! The channels that lie across the lanes, in panels.

use std::ops::Range;

use super::registers::Registers;
use crate::synapse::cut::Cut;

/// Channels of one group that are computed together: some registers full, the last one perhaps not.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) group: usize,
    /// Channels of the group.
    pub(super) channels: Range<usize>,
    pub(super) vectors: usize,
}

/// All panels of all groups.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panels {
    groups: usize,
    channels: usize,
    lanes: usize,
    registers: Cut,
}

impl Panels {
    pub(super) fn of<R: Registers>(groups: usize, channels: usize) -> Self {
        Self { groups, channels, lanes: R::LANES, registers: Cut::of(channels.div_ceil(R::LANES), R::VECTORS) }
    }

    pub(super) fn count(&self) -> usize {
        self.groups * self.registers.parts
    }

    pub(super) fn get(&self, index: usize) -> Panel {
        let registers = self.registers.part(index % self.registers.parts);
        let channels = registers.start * self.lanes..self.channels.min(registers.end * self.lanes);
        Panel { group: index / self.registers.parts, channels, vectors: registers.len() }
    }

    /// Words of the longest line.
    pub(super) fn line(&self) -> usize {
        self.registers.largest() * self.lanes
    }
}
