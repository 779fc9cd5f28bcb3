//! Memory in lines of one register of 512 bits.

/// Lanes of 32 bits in a register of 512 bits.
pub(super) const WIDTH: usize = 16;

/// A register's worth of memory, aligned, so that no load crosses a cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(super) [f32; WIDTH]);

pub(super) fn lines(numbers: usize) -> Vec<Line> {
    vec![Line([0.0; WIDTH]); numbers.div_ceil(WIDTH)]
}
