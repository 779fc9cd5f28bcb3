//! Matrix products with registers of 512 bits, in any number format that fits them, for inputs with or without noise.
//!
//! Both products are computed as `sums[column][lane] += left[depth][lane] * right[depth][column]`: the left matrix
//! lies across the lanes of a register, the right matrix is broadcast. Forward, lanes are rows (samples) and
//! the depth is the inputs; for the gradient of the weight, lanes are inputs and the depth is the rows.
//!
//! A noisy left matrix is drawn straight into the panel that the product reads, a piece that fits the
//! first-level cache, so that the noise costs its arithmetic and nothing else. The right matrix is rearranged
//! once per call (weight) or once per block of rows (gradient).
//!
//! Sums are cut into parts by the sizes alone, so that the result does not depend on the number of threads.

mod amx;
mod arranged;
mod bf16;
mod f32;
mod layout;
mod left;
mod registers;
#[cfg(test)]
mod tests;
mod transpose;

use std::arch::x86_64::{__m512, __m512i};
use std::mem::MaybeUninit;

use rayon::prelude::*;

pub(super) use self::amx::Amx;
pub(super) use self::arranged::{Arranged, Buffers};
pub(super) use self::bf16::Bf16;
pub(super) use self::f32::F32;
use layout::{Cut, Layout, Line, PANEL, Pieces, WIDTH, lines};
use left::Left;
pub(super) use registers::Registers;
pub(super) use transpose::transpose;
use transpose::write_rows;

use super::host::{ProductSizes, Rows, add_rows, total};
use crate::device::columns::Columns;
use crate::device::uninit::filled;

/// Time steps of one panel that one task computes.
const TASK_STEPS: usize = 8;
/// Parts in which gradients of the parameters are summed.
const PARTS: usize = 16;

/// A number format of which a register of 512 bits holds 16 words, each one or two numbers deep.
///
/// # Safety
/// A value exists only on a processor that has the instructions, and `vectorize` runs its argument with them enabled.
pub(crate) unsafe trait Format: Copy + Send + Sync + 'static {
    /// Numbers of the reduction in one word.
    const DEPTH: usize;

    /// Runs `work` with the instructions enabled.
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R;

    /// 16 words of `DEPTH` numbers each; the numbers of a word are neighbours: 0 and 1 are word 0.
    ///
    /// # Safety
    /// Inside `vectorize`.
    unsafe fn words(numbers: [__m512; 2]) -> __m512i;

    /// 16 words, the first number of each from `first`, the second, if there is one, from `second`.
    ///
    /// # Safety
    /// Inside `vectorize`.
    unsafe fn zip(first: __m512, second: __m512) -> __m512i;
}

/// How a format multiplies: register by register (`registers.rs`), or in a matrix unit (`amx.rs`).
pub(crate) trait Lanes: Format {
    /// Words of depth that are multiplied at a time: both matrices are filled up to whole units with zeros.
    const UNIT: usize;
    /// Columns of the right matrix that are multiplied at a time: it is filled up to so many with zeros, and sums have
    /// room for them.
    const COLUMNS: usize;

    /// Rows of depth of a row-major matrix with `columns` columns, as many as there are, in the order in which
    /// `multiply_add` reads them.
    ///
    /// # Safety
    /// Inside `vectorize`.
    unsafe fn arrange_right(result: &mut [u32], matrix: &[f32], columns: usize);

    /// `sums[column][lane] += left[word][lane] * right[word][column]` for all columns and the lanes of one panel.
    ///
    /// # Safety
    /// Inside `vectorize`.
    unsafe fn multiply_add(sums: &mut [Line], vectors: usize, left: &[Line], right: &[u32], columns: usize);
}

/// Columns of which there are `outputs`, filled up.
fn padded<L: Lanes>(outputs: usize) -> usize {
    outputs.next_multiple_of(L::COLUMNS)
}

/// Rows of the left matrix in one time step: all if there is no noise.
fn step_rows(sizes: ProductSizes, rows: Rows<'_>) -> usize {
    let (count, values) = match rows {
        Rows::Given(values) => (sizes.rows, values.len()),
        Rows::Flickering { input, batch, .. } => (batch, input.len()),
    };
    assert!(values == count * sizes.inputs, "{values} numbers of input, not {count} x {}", sizes.inputs);
    assert!(sizes.rows.is_multiple_of(count), "{} rows are no whole number of batches of {count}", sizes.rows);
    count
}

/// All rows of `matrix [inputs, outputs]` in the order in which products read them, piece by piece.
fn arrange<L: Lanes>(format: L, matrix: &[f32], inputs: usize, outputs: usize) -> Vec<u32> {
    let (words, columns) = (inputs.div_ceil(L::DEPTH), padded::<L>(outputs));
    let pieces = Pieces::of::<L>(words);
    let mut right = vec![0u32; words.next_multiple_of(L::UNIT) * columns + WIDTH];
    for piece in (0..pieces.count()).map(|piece| pieces.part(piece)) {
        let matrix = &matrix[piece.start * L::DEPTH * outputs..inputs.min(piece.end * L::DEPTH) * outputs];
        let to = &mut right[piece.start * columns..];
        format.vectorize(
            #[inline(always)]
            // SAFETY: inside `vectorize`.
            || unsafe { L::arrange_right(to, matrix, outputs) },
        );
    }
    right
}

/// `rows x weight + bias`: `[rows, outputs]`.
pub(crate) fn forward<L: Lanes>(
    format: L,
    sizes: ProductSizes,
    rows: Rows<'_>,
    weight: &[f32],
    bias: &[f32],
) -> Vec<f32> {
    let ProductSizes { inputs, outputs, .. } = sizes;
    assert!(weight.len() == inputs * outputs && bias.len() == outputs, "weight and bias do not fit {sizes:?}");
    if sizes.rows * outputs == 0 || inputs == 0 {
        return bias.repeat(sizes.rows);
    }
    let batch = step_rows(sizes, rows);
    let layout = Layout::forward(batch, inputs);
    let (panels, columns) = (layout.panels(), padded::<L>(outputs));
    let pieces = Pieces::of::<L>(layout.words::<L>());
    let left = Left::new::<L>(rows, layout);
    let right = arrange(format, weight, inputs, outputs);
    let tasks = Cut::of(sizes.rows / batch, TASK_STEPS);
    let buffers = || (lines(pieces.largest() * PANEL * WIDTH), lines(columns * PANEL * WIDTH));
    let multiply = |result: &mut [MaybeUninit<f32>]| {
        let out = Columns::new(result, outputs);
        (0..panels.parts * tasks.parts).into_par_iter().for_each_init(buffers, |(tile, sums), task| {
            let panel = panels.part(task / tasks.parts);
            let (vectors, first) = (panel.len(), panel.start * WIDTH);
            let count = (panel.end * WIDTH).min(batch) - first;
            for step in tasks.part(task % tasks.parts) {
                // SAFETY: each task has its own rows: those of its panel at its steps.
                let out = unsafe { out.rows(step * batch + first, count) };
                format.vectorize(
                    #[inline(always)]
                    || {
                        let sums = &mut sums[..columns * vectors];
                        for (sums, bias) in sums.chunks_exact_mut(vectors).zip(bias) {
                            sums.fill(Line([*bias; WIDTH]));
                        }
                        for piece in (0..pieces.count()).map(|piece| pieces.part(piece)) {
                            let words = piece.len().next_multiple_of(L::UNIT);
                            let tile = &mut tile[..words * vectors];
                            let right = &right[piece.start * columns..(piece.start + words) * columns];
                            // SAFETY: inside `vectorize`.
                            unsafe {
                                left.fill::<L>(tile, layout, &panel, &piece, step);
                                L::multiply_add(sums, vectors, tile, right, outputs);
                            }
                        }
                        // SAFETY: inside `vectorize`.
                        unsafe { write_rows(out, outputs, sums, vectors) };
                    },
                );
            }
        });
    };
    // SAFETY: the tasks write all rows of all steps, each row in full.
    unsafe { filled(sizes.rows * outputs, multiply) }
}

/// The gradients of weight `[inputs, outputs]` and bias `[outputs]`, given that of the result.
pub(crate) fn parameter_gradients<L: Lanes>(
    format: L,
    sizes: ProductSizes,
    rows: Rows<'_>,
    gradient: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let ProductSizes { inputs, outputs, .. } = sizes;
    assert!(gradient.len() == sizes.rows * outputs, "a gradient of {} numbers does not fit {sizes:?}", gradient.len());
    if sizes.rows == 0 || outputs == 0 || inputs == 0 {
        return (vec![0.0; inputs * outputs], vec![0.0; outputs]);
    }
    let batch = step_rows(sizes, rows);
    let layout = Layout::backward(batch, inputs);
    let (panels, columns) = (layout.panels(), padded::<L>(outputs));
    let pieces = Pieces::of::<L>(layout.words::<L>());
    let left = Left::new::<L>(rows, layout);
    let blocks = sizes.rows / batch * pieces.count();
    let parts = Cut { total: blocks, parts: PARTS.min(blocks) };
    let mut parts: Vec<(Vec<Line>, Vec<f64>)> = (0..parts.parts)
        .into_par_iter()
        .map(|part| {
            let (mut sums, mut bias) = (lines(columns * panels.total * WIDTH), vec![0.0f64; outputs]);
            let mut tile = lines(pieces.largest() * PANEL * WIDTH);
            let mut right = vec![0u32; pieces.largest() * columns + WIDTH];
            let mut rows_sum = Vec::new();
            for block in parts.part(part) {
                let (step, piece) = (block / pieces.count(), pieces.part(block % pieces.count()));
                let words = piece.len().next_multiple_of(L::UNIT);
                let start = step * batch + piece.start * L::DEPTH;
                let end = step * batch + batch.min(piece.end * L::DEPTH);
                let gradient = &gradient[start * outputs..end * outputs];
                format.vectorize(
                    #[inline(always)]
                    || {
                        add_rows(&mut bias, gradient, &mut rows_sum);
                        // SAFETY: inside `vectorize`.
                        unsafe { L::arrange_right(&mut right, gradient, outputs) };
                        for panel in (0..panels.parts).map(|panel| panels.part(panel)) {
                            let tile = &mut tile[..words * panel.len()];
                            let sums = &mut sums[panel.start * columns..panel.end * columns];
                            // SAFETY: inside `vectorize`.
                            unsafe {
                                left.fill::<L>(tile, layout, &panel, &piece, step);
                                L::multiply_add(sums, panel.len(), tile, &right, outputs);
                            }
                        }
                    },
                );
            }
            (sums, bias)
        })
        .collect();
    let bias = total(parts.iter_mut().map(|(_, bias)| std::mem::take(bias)), outputs);
    let ((sums, _), others) = parts.split_first_mut().expect("at least one part");
    sums.par_chunks_mut(1024).enumerate().for_each(|(index, sums)| {
        for (other, _) in others.iter() {
            for (sums, other) in sums.iter_mut().zip(&other[index * 1024..]) {
                for (sum, other) in sums.0.iter_mut().zip(other.0) {
                    *sum += other;
                }
            }
        }
    });
    let turn_over = |weight: &mut [MaybeUninit<f32>]| {
        for panel in (0..panels.parts).map(|panel| panels.part(panel)) {
            let out = &mut weight[panel.start * WIDTH * outputs..inputs.min(panel.end * WIDTH) * outputs];
            let sums = &sums[panel.start * columns..panel.end * columns];
            format.vectorize(
                #[inline(always)]
                // SAFETY: inside `vectorize`.
                || unsafe { write_rows(out, outputs, sums, panel.len()) },
            );
        }
    };
    // SAFETY: the panels have all rows.
    let weight = unsafe { filled(inputs * outputs, turn_over) };
    (weight, bias)
}

/// The gradient of the input `[rows, inputs]`, given that of the result.
pub(crate) fn input_gradient<L: Lanes>(format: L, sizes: ProductSizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    let ProductSizes { inputs, outputs, .. } = sizes;
    let mut transposed = vec![0.0f32; weight.len()];
    for (output, row) in transposed.chunks_exact_mut(inputs.max(1)).enumerate() {
        for (number, weight) in row.iter_mut().zip(weight[output..].iter().step_by(outputs)) {
            *number = *weight;
        }
    }
    let sizes = ProductSizes { inputs: outputs, outputs: inputs, ..sizes };
    forward(format, sizes, Rows::Given(gradient), &transposed, &vec![0.0; inputs])
}
