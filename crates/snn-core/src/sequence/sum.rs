//! Sums over time and samples that stay right however many terms there are.
//!
//! A backend may add one term after the other. In `f32` such a sum stops at 2²⁴ ones, and is wrong by percents long
//! before where the terms are no powers of two. Here short sums are added up, then sums of sums: the error grows with
//! the logarithm of the length. Every reduction over time or samples in readouts, losses, norms and analysis goes
//! through this file; a test looks.
//!
//! [`spread`] is the transpose: values repeated so that their *gradient* is summed in the same way.

use burn::tensor::{DType, Tensor, s};

/// So many terms are left to the backend's own sum: in `f32` they are right to 4·10⁻⁶ in whatever order.
const SHORT: usize = 128;

/// Rows up to which `f32` counts exactly.
const EXACT: usize = 1 << 24;

/// How a long axis of `n` elements is cut: into pieces of this length, the largest that leaves no rest.
fn piece(n: usize) -> usize {
    (16..=64).rev().find(|piece| n.is_multiple_of(*piece)).unwrap_or(64)
}

/// The length of the pieces in which an axis of `n` elements may be broadcast without a rest: short enough that the
/// gradient of what is broadcast may be left to the backend.
pub(crate) fn chunk(n: usize) -> usize {
    if n <= SHORT { n } else { (8..=SHORT).rev().find(|chunk| n.is_multiple_of(*chunk)).unwrap_or(1) }
}

/// The type in which sums of values of type `dtype` are computed: its own, but at least `f32`.
pub(crate) fn wide_type(dtype: DType) -> DType {
    match dtype {
        DType::F16 | DType::BF16 => DType::F32,
        other => other,
    }
}

/// The same values in the type in which they are summed.
pub(crate) fn wide<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    let dtype = wide_type(tensor.dtype());
    tensor.cast(dtype)
}

/// Σ over the middle axis: `[outer, n, inner] -> [outer, inner]`, in the type of `tensor`.
pub(crate) fn sum_middle(tensor: Tensor<3>) -> Tensor<2> {
    let [outer, n, inner] = tensor.dims();
    if n <= SHORT {
        return tensor.sum_dim(1).reshape([outer, inner]);
    }
    let piece = piece(n);
    let rest = n % piece;
    let whole = if rest == 0 { tensor.clone() } else { tensor.clone().slice(s![.., 0..n - rest, ..]) };
    let pieces = n / piece;
    let sums = whole.reshape([outer * pieces, piece, inner]).sum_dim(1).reshape([outer, pieces, inner]);
    let sum = sum_middle(sums);
    if rest == 0 { sum } else { sum + sum_middle(tensor.slice(s![.., n - rest..n, ..])) }
}

/// The same frame `[batch, features]` at each of `steps` steps: `[steps, batch, features]`, as [`spread`].
pub(crate) fn repeat_over_time(frame: Tensor<2>, steps: usize) -> Tensor<3> {
    let [batch, features] = frame.dims();
    if steps <= SHORT || !frame.device().is_autodiff() {
        return frame.unsqueeze::<3>().expand([steps, batch, features]);
    }
    spread(frame.reshape([1, batch * features]), steps).reshape([steps, batch, features])
}

/// The same values `n` times along a new middle axis: `[outer, inner] -> [outer, n, inner]`. Its gradient is
/// [`sum_middle`].
///
/// It takes no memory where there is no gradient, or `n` is short.
pub(crate) fn spread(tensor: Tensor<2>, n: usize) -> Tensor<3> {
    let [outer, inner] = tensor.dims();
    if n <= SHORT || !tensor.device().is_autodiff() {
        return tensor.unsqueeze_dim::<3>(1).expand([outer, n, inner]);
    }
    let piece = piece(n);
    let rest = n % piece;
    let pieces = spread(tensor.clone(), n / piece).reshape([outer * (n / piece), 1, inner]);
    let whole = pieces.expand([outer * (n / piece), piece, inner]).reshape([outer, n - rest, inner]);
    if rest == 0 { whole } else { Tensor::cat(vec![whole, spread(tensor, rest)], 1) }
}

/// Σ over time: `[time, batch, features] -> [batch, features]`.
///
/// `f16` and `bf16` are summed in `f32`; the result has the type of the sequence.
pub(crate) fn sum_over_time(sequence: Tensor<3>) -> Tensor<2> {
    let dtype = sequence.dtype();
    wide_sum_over_time(sequence).cast(dtype)
}

/// The mean over time: `[time, batch, features] -> [batch, features]`, as [`sum_over_time`].
pub(crate) fn mean_over_time(sequence: Tensor<3>) -> Tensor<2> {
    let (dtype, steps) = (sequence.dtype(), sequence.dims()[0]);
    wide_sum_over_time(sequence).div_scalar(steps as f64).cast(dtype)
}

fn wide_sum_over_time(sequence: Tensor<3>) -> Tensor<2> {
    let [steps, batch, features] = sequence.dims();
    sum_middle(wide(sequence).reshape([1, steps, batch * features])).reshape([batch, features])
}

/// The mean of each row: `[rows, n] -> [rows]`, as [`sum_over_time`].
pub(crate) fn mean_of_rows(matrix: Tensor<2>) -> Tensor<1> {
    let (dtype, [rows, n]) = (matrix.dtype(), matrix.dims());
    sum_middle(wide(matrix).reshape([rows, n, 1])).reshape([rows]).div_scalar(n as f64).cast(dtype)
}

/// The sum of each row: `[rows, n] -> [rows]`, as [`sum_over_time`].
pub(crate) fn sum_of_rows(matrix: Tensor<2>) -> Tensor<1> {
    let (dtype, [rows, n]) = (matrix.dtype(), matrix.dims());
    sum_middle(wide(matrix).reshape([rows, n, 1])).reshape([rows]).cast(dtype)
}

/// The mean of each column: `[n, columns] -> [columns]`, as [`sum_over_time`].
pub(crate) fn mean_of_columns(matrix: Tensor<2>) -> Tensor<1> {
    let (dtype, [n, columns]) = (matrix.dtype(), matrix.dims());
    sum_middle(wide(matrix).reshape([1, n, columns])).reshape([columns]).div_scalar(n as f64).cast(dtype)
}

/// The mean of all elements, `[1]`, as [`sum_over_time`].
pub(crate) fn mean_of_all<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let n = tensor.shape().num_elements();
    mean_of_rows(tensor.reshape([1, n]))
}

/// Σ of each column of `[n, columns]`, on the host. Exact where the elements are 0 and 1, up to 2⁵³ of them.
pub(crate) fn totals_of_columns(matrix: Tensor<2>) -> Vec<f64> {
    let [n, columns] = matrix.dims();
    let matrix = wide(matrix.detach());
    let mut totals = vec![0.0; columns];
    for start in (0..n).step_by(EXACT) {
        let end = n.min(start + EXACT);
        let part = if n <= EXACT { matrix.clone() } else { matrix.clone().slice(s![start..end, ..]) };
        let sums = sum_middle(part.reshape([1, end - start, columns])).into_data();
        for (total, sum) in totals.iter_mut().zip(sums.iter::<f64>()) {
            *total += sum;
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use burn::tensor::Device;

    use super::*;

    #[test]
    fn lengths_with_and_without_a_rest_are_summed_to_the_last_number() {
        for n in [1, 2, 127, 128, 129, 131, 1000, 1024, 4099, 100_003] {
            let values: Vec<f32> = (0..2 * n).map(|i| (i % 7) as f32).collect();
            let sums = |outer: usize, inner: usize| -> Vec<f64> {
                let x = Tensor::<1>::from_data(values.as_slice(), &Device::flex()).reshape([outer, n, inner]);
                sum_middle(x).into_data().iter::<f64>().collect()
            };
            let expected = |of: &dyn Fn(usize) -> usize| -> Vec<f64> {
                (0..2).map(|which| (0..2 * n).filter(|i| of(*i) == which).map(|i| f64::from(values[i])).sum()).collect()
            };
            assert_eq!(sums(2, 1), expected(&|i| i / n), "{n}, rows");
            assert_eq!(sums(1, 2), expected(&|i| i % 2), "{n}, columns");
        }
    }

    #[test]
    fn the_gradient_of_a_sum_is_one_and_that_of_a_repetition_the_sum() {
        let device = Device::flex().autodiff();
        for n in [5, 128, 129, 300, 100_003] {
            let x = Tensor::<3>::ones([2, n, 3], &device).require_grad();
            let gradient = x.grad(&sum_middle(x.clone()).mul_scalar(2.0).sum().backward()).expect("a gradient");
            assert!(gradient.into_data().iter::<f32>().all(|g| g == 2.0), "{n}");
            let x = Tensor::<2>::ones([2, 3], &device).require_grad();
            let gradient = x.grad(&spread(x.clone(), n).sum().backward()).expect("a gradient");
            assert!(gradient.into_data().iter::<f32>().all(|g| g == n as f32), "{n}");
        }
    }

    #[test]
    fn spreading_repeats() {
        for device in [Device::flex(), Device::flex().autodiff()] {
            let x = Tensor::<2>::from_data([[1.0, 2.0], [3.0, 4.0]], &device);
            for n in [3, 131, 200] {
                let expected: Vec<f32> = [[1.0, 2.0].repeat(n), [3.0, 4.0].repeat(n)].concat();
                let found: Vec<f32> = spread(x.clone(), n).into_data().iter::<f32>().collect();
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn nobody_else_reduces_over_time_or_samples() {
        // In tests a sum may be Burn's.
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for folder in ["readout", "loss", "norm", "analysis", "encode"] {
            for entry in std::fs::read_dir(source.join(folder)).expect("the folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    continue;
                }
                let text = std::fs::read_to_string(&path).expect("a source file");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
                {
                    for reduction in
                        [".sum_dim(", ".sum_dims(", ".mean_dim(", ".mean()", ".sum()", ".var(", "batch_norm_train("]
                    {
                        assert!(
                            !line.contains(reduction),
                            "{}:{}: `{reduction}..`; use crate::sequence::sum, which stays right for long sequences",
                            path.display(),
                            number + 1
                        );
                    }
                }
            }
        }
    }
}
