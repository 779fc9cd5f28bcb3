//! Memory for lines of any register's width.

use crate::synapse::line::{Line, WIDTH, lines};

/// Numbers that begin at a line of the cache.
pub(super) struct Buffer(Vec<Line>);

impl Buffer {
    /// So many zeros, and as many more as fill the last line.
    pub(super) fn zeros(numbers: usize) -> Self {
        Self(lines(numbers))
    }

    pub(super) fn numbers(&self) -> &[f32] {
        // SAFETY: a line is `WIDTH` numbers and nothing else.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * WIDTH) }
    }

    pub(super) fn numbers_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above; the buffer is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * WIDTH) }
    }
}
