//! A weight arranged once, for the many small products of neurons that hear each other: one for each time step.

use super::host::multiply_rows;
use super::sparse::{Nonzeros, is_sparse};
#[cfg(target_arch = "x86_64")]
use super::tiles::{Arranged, Buffers, F32};
use crate::device::simd::vectorised;

/// Rows below which one row of the matrix after the other is added up: no more than that is read of it anyway.
const FEWEST_ROWS: usize = 4;

/// A matrix `[inputs, outputs]`, and the same as the processor's registers read it.
pub(crate) struct Prepared<'a> {
    matrix: &'a [f32],
    inputs: usize,
    outputs: usize,
    #[cfg(target_arch = "x86_64")]
    arranged: Option<Arranged<F32>>,
}

/// Memory that the products of one thread use again.
#[derive(Default)]
pub(crate) struct Scratch {
    nonzeros: Nonzeros,
    #[cfg(target_arch = "x86_64")]
    buffers: Buffers,
    #[cfg(target_arch = "x86_64")]
    product: Vec<f32>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(matrix: &'a [f32], inputs: usize, outputs: usize) -> Self {
        assert!(matrix.len() == inputs * outputs, "a matrix of {} values is not {inputs} x {outputs}", matrix.len());
        Self {
            matrix,
            inputs,
            outputs,
            #[cfg(target_arch = "x86_64")]
            arranged: F32::detect().map(|format| Arranged::new(format, matrix, inputs, outputs)),
        }
    }

    /// `out += rows x matrix`, both row-major, on this thread alone. The fewer of the values in `rows` are nonzero, the
    /// less it costs.
    pub(crate) fn multiply_add(&self, out: &mut [f32], rows: &[f32], scratch: &mut Scratch) {
        if rows.len() < FEWEST_ROWS * self.inputs || is_sparse(rows, self.outputs) {
            let nonzeros = &mut scratch.nonzeros;
            nonzeros.of_rows(rows, self.inputs);
            vectorised(
                #[inline(always)]
                || nonzeros.multiply_add(out, self.matrix, self.outputs),
            );
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(arranged) = &self.arranged {
            let Scratch { buffers, product, .. } = scratch;
            product.resize(out.len(), 0.0);
            arranged.multiply(product, rows, buffers);
            vectorised(
                #[inline(always)]
                || {
                    for (out, product) in out.iter_mut().zip(&*product) {
                        *out += product;
                    }
                },
            );
            return;
        }
        multiply_rows(out, self.outputs, rows, self.inputs, self.matrix);
    }
}

/// `[columns, rows]` of a row-major `[rows, columns]`.
pub(crate) fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    let rows = matrix.len() / columns;
    let mut result = vec![0.0f32; matrix.len()];
    for (column, line) in result.chunks_exact_mut(rows).enumerate() {
        for (value, from) in line.iter_mut().zip(matrix[column..].iter().step_by(columns)) {
            *value = *from;
        }
    }
    result
}
