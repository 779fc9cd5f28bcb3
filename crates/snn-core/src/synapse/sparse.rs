//! Products whose left matrix is mostly zero, as spikes are: their cost falls with activity.

/// Below this share of nonzero inputs, adding up rows beats the dense product.
const SPARSE_BELOW: f64 = 0.12;
/// Columns summed in registers at a time.
const CHUNK: usize = 64;

/// Outputs below which finding the nonzero elements costs more than multiplying the zeros.
const FEWEST_OUTPUTS: usize = 48;

/// Whether it pays to look at the nonzero elements alone, in a product with `outputs` outputs.
pub(super) fn is_sparse(values: &[f32], outputs: usize) -> bool {
    if outputs < FEWEST_OUTPUTS {
        return false;
    }
    // A sample decides: counting all of them would cost as much as it saves. Steps of the golden ratio, so that no
    // regular pattern of spikes hides from it.
    let seen = values.len().min(2048);
    let nonzero = (0..seen as u64)
        .filter(|sample| values[(sample.wrapping_mul(0x9e37_79b9_7f4a_7c15) % values.len() as u64) as usize] != 0.0)
        .count();
    (nonzero as f64) < SPARSE_BELOW * seen as f64
}

/// The nonzero elements of a matrix, line after line: of its rows, or of its columns.
#[derive(Default)]
pub(super) struct Nonzeros {
    /// Where each line begins in the two lists, and where the last one ends.
    starts: Vec<usize>,
    /// The place of each element in its line.
    places: Vec<u32>,
    values: Vec<f32>,
}

impl Nonzeros {
    /// Those of a row-major matrix, row by row.
    pub(super) fn of_rows(&mut self, matrix: &[f32], columns: usize) {
        self.starts.clear();
        self.places.clear();
        self.values.clear();
        for row in matrix.chunks_exact(columns) {
            self.starts.push(self.values.len());
            for (place, value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                self.places.push(place as u32);
                self.values.push(*value);
            }
        }
        self.starts.push(self.values.len());
    }

    /// The same elements column by column: the transpose of `rows`.
    pub(super) fn turned_over(&mut self, rows: &Self, columns: usize) {
        let mut next = vec![0usize; columns + 1];
        for place in &rows.places {
            next[*place as usize + 1] += 1;
        }
        for column in 0..columns {
            next[column + 1] += next[column];
        }
        self.starts.clear();
        self.starts.extend_from_slice(&next);
        self.places.resize(rows.places.len(), 0);
        self.values.resize(rows.values.len(), 0.0);
        for (row, range) in rows.starts.windows(2).enumerate() {
            for index in range[0]..range[1] {
                let column = rows.places[index] as usize;
                self.places[next[column]] = row as u32;
                self.values[next[column]] = rows.values[index];
                next[column] += 1;
            }
        }
    }

    /// `out[line] += sum of value x matrix[place]` over the elements of each line; both row-major, `columns` wide.
    #[inline(always)]
    pub(super) fn multiply_add(&self, out: &mut [f32], matrix: &[f32], columns: usize) {
        for (out, range) in out.chunks_exact_mut(columns).zip(self.starts.windows(2)) {
            let (places, values) = (&self.places[range[0]..range[1]], &self.values[range[0]..range[1]]);
            if values.is_empty() {
                continue;
            }
            let (whole, rest) = out.as_chunks_mut::<CHUNK>();
            let begin = whole.len() * CHUNK;
            for (chunk, out) in whole.iter_mut().enumerate() {
                let mut sums = *out;
                for (place, value) in places.iter().zip(values) {
                    let row = &matrix[*place as usize * columns + chunk * CHUNK..][..CHUNK];
                    for (sum, number) in sums.iter_mut().zip(row) {
                        *sum += value * number;
                    }
                }
                *out = sums;
            }
            for (place, value) in places.iter().zip(values) {
                let row = &matrix[*place as usize * columns + begin..][..rest.len()];
                for (sum, number) in rest.iter_mut().zip(row) {
                    *sum += value * number;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_give_the_dense_products() {
        // [3, 4] with a row and a column of zeros, times matrices 67 wide: one whole chunk and a rest.
        let left = [0.0, 2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 3.0, -1.0, 0.0, 0.5];
        let columns = 67;
        let number = |row: usize, column: usize| (row * 10 + column) as f32;
        let matrix =
            |rows: usize| -> Vec<f32> { (0..rows * columns).map(|i| number(i / columns, i % columns)).collect() };
        let (mut rows, mut turned) = (Nonzeros::default(), Nonzeros::default());
        rows.of_rows(&left, 4);
        turned.turned_over(&rows, 4);
        let mut product = vec![1.0; 3 * columns];
        rows.multiply_add(&mut product, &matrix(4), columns);
        let mut of_weight = vec![0.0; 4 * columns];
        turned.multiply_add(&mut of_weight, &matrix(3), columns);
        for column in 0..columns {
            for row in 0..3 {
                let sum: f32 = (0..4).map(|i| left[row * 4 + i] * number(i, column)).sum();
                assert_eq!(product[row * columns + column], 1.0 + sum);
            }
            for input in 0..4 {
                let sum: f32 = (0..3).map(|row| left[row * 4 + input] * number(row, column)).sum();
                assert_eq!(of_weight[input * columns + column], sum);
            }
        }
    }

    #[test]
    fn spikes_are_sparse_and_images_are_not() {
        let spikes: Vec<f32> = (0..10_000).map(|i| f32::from(u8::from(i % 20 == 0))).collect();
        assert!(is_sparse(&spikes, 100));
        assert!(!is_sparse(&spikes, 10));
        assert!(!is_sparse(&vec![0.5; 10_000], 100));
    }
}
