//! A right matrix arranged once, for many products with few rows each, on one thread each.

use std::mem::MaybeUninit;

use super::layout::{Layout, Line, PANEL, Pieces, WIDTH, lines};
use super::left::Left;
use super::transpose::write_rows;
use super::{Lanes, arrange, padded};

/// The matrix `[inputs, outputs]`, ready for products.
pub(in crate::synapse) struct Arranged<L> {
    format: L,
    inputs: usize,
    outputs: usize,
    right: Vec<u32>,
}

/// Memory that products use again.
#[derive(Default)]
pub(in crate::synapse) struct Buffers {
    tile: Vec<Line>,
    sums: Vec<Line>,
}

impl<L: Lanes> Arranged<L> {
    pub(in crate::synapse) fn new(format: L, matrix: &[f32], inputs: usize, outputs: usize) -> Self {
        assert!(matrix.len() == inputs * outputs, "a matrix of {} values is not {inputs} x {outputs}", matrix.len());
        Self { format, inputs, outputs, right: arrange(format, matrix, inputs, outputs) }
    }

    /// `out = rows x matrix`, both row-major.
    pub(in crate::synapse) fn multiply(&self, out: &mut [f32], rows: &[f32], buffers: &mut Buffers) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let batch = rows.len() / inputs;
        assert!(rows.len() == batch * inputs && out.len() == batch * outputs, "rows and result do not fit the matrix");
        let layout = Layout::forward(batch, inputs);
        let (panels, columns) = (layout.panels(), padded::<L>(outputs));
        let pieces = Pieces::of::<L>(layout.words::<L>());
        let Buffers { tile, sums } = buffers;
        if tile.is_empty() {
            (*tile, *sums) = (lines(pieces.largest() * PANEL * WIDTH), lines(columns * PANEL * WIDTH));
        }
        let left = Left::Given(rows);
        self.format.vectorize(
            #[inline(always)]
            || {
                for panel in (0..panels.parts).map(|panel| panels.part(panel)) {
                    let (vectors, first) = (panel.len(), panel.start * WIDTH);
                    let count = (panel.end * WIDTH).min(batch) - first;
                    let sums = &mut sums[..columns * vectors];
                    sums.fill(Line([0.0; WIDTH]));
                    for piece in (0..pieces.count()).map(|piece| pieces.part(piece)) {
                        let words = piece.len().next_multiple_of(L::UNIT);
                        let tile = &mut tile[..words * vectors];
                        let right = &self.right[piece.start * columns..(piece.start + words) * columns];
                        // SAFETY: inside `vectorize`.
                        unsafe {
                            left.fill::<L>(tile, layout, &panel, &piece, 0);
                            L::multiply_add(sums, vectors, tile, right, outputs);
                        }
                    }
                    let out = &mut out[first * outputs..(first + count) * outputs];
                    // SAFETY: inside `vectorize`; the slice stays initialised, since only values are written to it.
                    unsafe {
                        let out = &mut *(std::ptr::from_mut(out) as *mut [MaybeUninit<f32>]);
                        write_rows(out, outputs, sums, vectors);
                    }
                }
            },
        );
    }
}
