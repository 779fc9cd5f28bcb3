//! Synapses on the CPU: matrix products in blocks, with the noise drawn inside the block.
//!
//! Rows are cut into blocks whose input fits the second-level cache; each is multiplied by one thread. What is
//! summed over blocks (the gradients of weight and bias) is summed in a fixed number of parts, so that the
//! result does not depend on the number of threads.

use gemm::{Parallelism, gemm};
use rayon::prelude::*;

use super::sparse::{Nonzeros, is_sparse};
use crate::device::columns::Columns;
use crate::device::simd::vectorised;
use crate::noise::{self, NoiseSeed, uniform};

/// How many elements of input a block holds: about 400 kB.
const TILE: usize = 100_000;
/// Parts in which gradients of the parameters are summed.
const PARTS: usize = 16;
/// Rows that are added up before their sum is added to a longer one: a long sum in one go would lose its last digits.
const ROWS_AT_ONCE: usize = 64;

/// Sizes of a product `[rows, inputs] x [inputs, outputs]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProductSizes {
    pub(crate) rows: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

/// Where the rows of the left matrix come from.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// `[rows, inputs]`.
    Given(&'a [f32]),
    /// `[batch, inputs]`, repeated for each time step, each element times fresh noise.
    Flickering { input: &'a [f32], batch: usize, seed: NoiseSeed },
}

/// A matrix with the distances between its rows and columns.
#[derive(Clone, Copy)]
struct Strided<'a> {
    values: &'a [f32],
    row: usize,
    column: usize,
}

/// `out += a x b`, `out` row-major with `columns` columns, on this thread alone.
fn multiply_add(out: &mut [f32], columns: usize, inner: usize, a: Strided<'_>, b: Strided<'_>) {
    let rows = out.len() / columns;
    if rows == 0 || columns == 0 || inner == 0 {
        return;
    }
    assert!((rows - 1) * a.row + (inner - 1) * a.column < a.values.len(), "left matrix too small");
    assert!((inner - 1) * b.row + (columns - 1) * b.column < b.values.len(), "right matrix too small");
    // SAFETY: all three matrices are in bounds by the assertions, and `out` is borrowed mutably.
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            columns as isize,
            true,
            a.values.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.values.as_ptr(),
            b.column as isize,
            b.row as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// `out += rows x matrix`, all row-major, on this thread alone.
pub(super) fn multiply_rows(out: &mut [f32], outputs: usize, rows: &[f32], inputs: usize, matrix: &[f32]) {
    let rows = Strided { values: rows, row: inputs, column: 1 };
    multiply_add(out, outputs, inputs, rows, Strided { values: matrix, row: outputs, column: 1 });
}

/// A block of rows of the left matrix, made in `tile` if it does not exist in memory.
struct Block<'a> {
    first: usize,
    rows: usize,
    values: &'a [f32],
}

/// The blocks into which the rows of a product are cut. With noise, none crosses a time step.
#[derive(Clone, Copy)]
struct Blocks {
    per_step: usize,
    block_rows: usize,
    step_rows: usize,
    count: usize,
}

impl Blocks {
    fn new(sizes: ProductSizes, rows: Rows<'_>) -> Self {
        let step_rows = match rows {
            Rows::Given(_) => sizes.rows,
            Rows::Flickering { batch, .. } => batch,
        };
        let block_rows = (TILE / sizes.inputs.max(1)).clamp(16, 1024).min(step_rows.max(1));
        let per_step = step_rows.div_ceil(block_rows);
        Self { per_step, block_rows, step_rows, count: per_step * (sizes.rows / step_rows.max(1)) }
    }

    fn get<'a>(&self, index: usize, inputs: usize, rows: Rows<'a>, tile: &'a mut Vec<f32>) -> Block<'a> {
        let (step, part) = (index / self.per_step, index % self.per_step);
        let start = part * self.block_rows;
        let count = self.block_rows.min(self.step_rows - start);
        let range = start * inputs..(start + count) * inputs;
        let values = match rows {
            Rows::Given(values) => &values[range],
            Rows::Flickering { input, seed, .. } => {
                tile.resize(self.block_rows * inputs, 0.0);
                let tile = &mut tile[..count * inputs];
                let first = range.start as u32;
                noise::multiply(tile, &input[range], seed.key(step), first);
                &*tile
            }
        };
        Block { first: step * self.step_rows + start, rows: count, values }
    }
}

/// Adds the rows of `matrix` to `sum`, in short pieces; `piece` is memory to use again.
#[inline(always)]
pub(super) fn add_rows(sum: &mut [f64], matrix: &[f32], piece: &mut Vec<f32>) {
    piece.clear();
    piece.resize(sum.len(), 0.0);
    for rows in matrix.chunks(ROWS_AT_ONCE * sum.len()) {
        for row in rows.chunks_exact(sum.len()) {
            add_scaled(piece, 1.0, row);
        }
        add_piece(sum, piece);
    }
}

/// Adds a piece to a longer sum, and begins the next piece.
#[inline(always)]
fn add_piece(sum: &mut [f64], piece: &mut [f32]) {
    for (sum, piece) in sum.iter_mut().zip(piece) {
        *sum += f64::from(std::mem::take(piece));
    }
}

/// The sums of the parts, rounded once.
pub(super) fn total(parts: impl IntoIterator<Item = Vec<f64>>, length: usize) -> Vec<f32> {
    let mut total = vec![0.0f64; length];
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            *total += part;
        }
    }
    total.into_iter().map(|value| value as f32).collect()
}

#[inline(always)]
fn add_scaled(out: &mut [f32], factor: f32, row: &[f32]) {
    for (out, value) in out.iter_mut().zip(row) {
        *out += factor * value;
    }
}

/// `rows x weight + bias`: `[rows, outputs]`.
pub(crate) fn forward(sizes: ProductSizes, rows: Rows<'_>, weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let ProductSizes { inputs, outputs, .. } = sizes;
    let mut result = vec![0.0f32; sizes.rows * outputs];
    let out = Columns::new(&mut result, outputs);
    let blocks = Blocks::new(sizes, rows);
    let weight = Strided { values: weight, row: outputs, column: 1 };
    (0..blocks.count).into_par_iter().for_each_init(
        Default::default,
        |(tile, nonzeros): &mut (Vec<f32>, Nonzeros), index| {
            let block = blocks.get(index, inputs, rows, tile);
            // SAFETY: each block has its own rows.
            let out = unsafe { out.rows(block.first, block.rows) };
            for row in out.chunks_exact_mut(outputs) {
                row.copy_from_slice(bias);
            }
            if matches!(rows, Rows::Given(_)) && is_sparse(block.values, outputs) {
                nonzeros.of_rows(block.values, inputs);
                vectorised(
                    #[inline(always)]
                    || nonzeros.multiply_add(out, weight.values, outputs),
                );
            } else {
                let input = Strided { values: block.values, row: inputs, column: 1 };
                multiply_add(out, outputs, inputs, input, weight);
            }
        },
    );
    result
}

/// The gradients of weight `[inputs, outputs]` and bias `[outputs]`, given that of the result.
pub(crate) fn parameter_gradients(sizes: ProductSizes, rows: Rows<'_>, gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let ProductSizes { inputs, outputs, .. } = sizes;
    let blocks = Blocks::new(sizes, rows);
    let parts = PARTS.min(blocks.count.max(1));
    let sums: Vec<(Vec<f32>, Vec<f64>)> = (0..parts)
        .into_par_iter()
        .map(|part| {
            let (mut weight, mut bias) = (vec![0.0f32; inputs * outputs], vec![0.0f64; outputs]);
            let (mut tile, mut piece) = (Vec::new(), Vec::new());
            let (mut by_row, mut by_input) = (Nonzeros::default(), Nonzeros::default());
            for index in part * blocks.count / parts..(part + 1) * blocks.count / parts {
                let block = blocks.get(index, inputs, rows, &mut tile);
                let gradient = &gradient[block.first * outputs..][..block.rows * outputs];
                let sparse = matches!(rows, Rows::Given(_)) && is_sparse(block.values, outputs);
                vectorised(
                    #[inline(always)]
                    || {
                        add_rows(&mut bias, gradient, &mut piece);
                        if sparse {
                            by_row.of_rows(block.values, inputs);
                            by_input.turned_over(&by_row, inputs);
                            by_input.multiply_add(&mut weight, gradient, outputs);
                        }
                    },
                );
                if !sparse {
                    let input = Strided { values: block.values, row: 1, column: inputs };
                    let gradient = Strided { values: gradient, row: outputs, column: 1 };
                    multiply_add(&mut weight, outputs, block.rows, input, gradient);
                }
            }
            (weight, bias)
        })
        .collect();
    let (weights, biases): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
    let mut weights = weights.into_iter();
    let mut weight = weights.next().expect("at least one part");
    for part in weights {
        add_scaled(&mut weight, 1.0, &part);
    }
    (weight, total(biases, outputs))
}

/// The gradient of the input `[rows, inputs]`, given that of the result.
pub(crate) fn input_gradient(sizes: ProductSizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    let ProductSizes { inputs, outputs, .. } = sizes;
    let mut result = vec![0.0f32; sizes.rows * inputs];
    let block_rows = (TILE / inputs.max(outputs).max(1)).clamp(16, 1024);
    let transposed = Strided { values: weight, row: 1, column: outputs };
    result.par_chunks_mut((block_rows * inputs).max(1)).enumerate().for_each(|(index, out)| {
        let rows = out.len() / inputs;
        let gradient = &gradient[index * block_rows * outputs..][..rows * outputs];
        multiply_add(out, inputs, outputs, Strided { values: gradient, row: outputs, column: 1 }, transposed);
    });
    result
}

/// The gradient of a flickering input `[batch, inputs]`: that of its noisy copies times their noise, summed
/// over time. With a weight, `gradient` is that of the product `[steps x batch, outputs]`; without, that of the
/// noisy copies themselves.
pub(crate) fn flicker_input_gradient(
    (steps, batch, inputs): (usize, usize, usize),
    weight: Option<(&[f32], usize)>,
    gradient: &[f32],
    seed: NoiseSeed,
) -> Vec<f32> {
    let mut result = vec![0.0f32; batch * inputs];
    let block_rows = (TILE / inputs.max(1)).clamp(1, 1024);
    result.par_chunks_mut((block_rows * inputs).max(1)).enumerate().for_each(|(index, out)| {
        let (start, rows) = (index * block_rows, out.len() / inputs);
        let mut tile = vec![0.0f32; if weight.is_some() { rows * inputs } else { 0 }];
        let (mut piece, mut sums) = (vec![0.0f32; out.len()], vec![0.0f64; out.len()]);
        for step in 0..steps {
            let first = step * batch + start;
            let noisy: &[f32] = match weight {
                Some((weight, outputs)) => {
                    tile.fill(0.0);
                    let gradient = &gradient[first * outputs..][..rows * outputs];
                    let transposed = Strided { values: weight, row: 1, column: outputs };
                    let gradient = Strided { values: gradient, row: outputs, column: 1 };
                    multiply_add(&mut tile, inputs, outputs, gradient, transposed);
                    &tile
                }
                None => &gradient[first * inputs..][..rows * inputs],
            };
            let (key, element) = (seed.key(step), (start * inputs) as u32);
            vectorised(
                #[inline(always)]
                || {
                    for (index, (piece, gradient)) in piece.iter_mut().zip(noisy).enumerate() {
                        *piece += uniform(key, element.wrapping_add(index as u32)) * gradient;
                    }
                    if (step + 1) % ROWS_AT_ONCE == 0 {
                        add_piece(&mut sums, &mut piece);
                    }
                },
            );
        }
        add_piece(&mut sums, &mut piece);
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = sum as f32;
        }
    });
    result
}

/// `input [batch x inputs]` repeated for each time step, each element times fresh noise.
pub(crate) fn flicker(input: &[f32], steps: usize, seed: NoiseSeed) -> Vec<f32> {
    let mut result = vec![0.0f32; steps * input.len()];
    result.par_chunks_mut(input.len().max(1)).enumerate().for_each(|(step, row)| {
        noise::multiply(row, input, seed.key(step), 0);
    });
    result
}
