//! What functions take: each domain is enforced here, with one sentence, on every backend.
//!
//! Nothing in this file lets a NaN through: a comparison with NaN is false, and what is allowed is what compares true.

use burn::tensor::{DType, Device, Int, Shape, Tensor, TensorData};

use super::sum::wide_type;
use super::{Frame, Sequence};

/// A sequence `[time, batch, features]`, all feature axes as one, and the shape of a frame.
///
/// # Panics
/// If it has no step, no sample or no feature, or its type is not one of floating point.
#[track_caller]
pub(crate) fn flat<S: Sequence>(name: &str, sequence: S) -> (Tensor<3>, Shape) {
    not_empty(name, &sequence.axes(), &["time steps", "samples", "features"]);
    let (flat, shape) = sequence.into_flat();
    floating(name, &flat);
    (flat, shape)
}

/// The same of a tensor of which the axes are known.
#[track_caller]
pub(crate) fn sequence(name: &str, sequence: Tensor<3>) -> Tensor<3> {
    flat(name, sequence).0
}

/// A frame `[batch, features]`, all feature axes as one, and its shape.
///
/// # Panics
/// If it has no sample or no feature, or its type is not one of floating point.
#[track_caller]
pub(crate) fn frame<F: Frame>(name: &str, frame: F) -> (Tensor<2>, Shape) {
    not_empty(name, &frame.axes(), &["samples", "features"]);
    let (flat, shape) = frame.into_flat();
    floating(name, &flat);
    (flat, shape)
}

/// # Panics
/// If an axis of `shape` has length 0. `axes` are what the first ones and the last one hold.
#[track_caller]
pub(crate) fn not_empty(name: &str, shape: &[usize], axes: &[&str]) {
    if let Some(axis) = shape.iter().position(|length| *length == 0) {
        panic!(
            "{name}: a tensor of shape {shape:?} has 0 {}, at least 1 needed; leave empty ones out",
            axes[axis.min(axes.len() - 1)]
        );
    }
}

/// Refuses tensors that are not made of floating-point numbers, such as quantised ones.
#[track_caller]
pub(crate) fn require_float(what: &str, dtype: DType) {
    assert!(
        matches!(dtype, DType::F64 | DType::F32 | DType::Flex32 | DType::F16 | DType::BF16),
        "{what}: an input of type {dtype:?}, floating-point numbers are needed; dequantize or cast it"
    );
}

#[track_caller]
fn floating<const D: usize>(name: &str, tensor: &Tensor<D>) {
    let dtype = tensor.dtype();
    assert!(dtype.is_float(), "{name}: a tensor of {dtype:?}, one of floating point numbers needed; dequantize it");
}

/// # Panics
/// If `value` is not positive and finite.
#[track_caller]
pub(crate) fn positive(name: &str, what: &str, value: f64) {
    assert!(value > 0.0 && value < f64::INFINITY, "{name}: {what} is {value}, it must be positive and finite");
}

/// # Panics
/// If `value` is negative or not finite.
#[track_caller]
pub(crate) fn not_negative(name: &str, what: &str, value: f64) {
    assert!((0.0..f64::INFINITY).contains(&value), "{name}: {what} is {value}, it must be 0 or more, and finite");
}

/// # Panics
/// If `value` is not finite.
#[track_caller]
pub(crate) fn finite(name: &str, what: &str, value: f64) {
    assert!(value.is_finite(), "{name}: {what} is {value}, it must be a finite number");
}

/// # Panics
/// If `value` does not lie in [`low`, `high`].
#[track_caller]
pub(crate) fn between(name: &str, what: &str, value: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&value), "{name}: {what} is {value}, it must lie between {low} and {high}");
}

/// # Panics
/// If one of `values`, those of a tensor of shape `shape`, is not `allowed`: names the first, and where it is.
#[track_caller]
pub(crate) fn every(
    name: &str,
    what: &str,
    values: impl IntoIterator<Item = f64>,
    shape: &[usize],
    allowed: impl Fn(f64) -> bool,
    must: &str,
) {
    if let Some((place, value)) = values.into_iter().enumerate().find(|(_, value)| !allowed(*value)) {
        panic!("{name}: {what} at {:?} of {shape:?} is {value}, it must be {must}", index(place, shape));
    }
}

/// # Panics
/// If an element is not finite. It costs one look at each element on the device, and one answer.
#[track_caller]
pub(crate) fn every_finite<const D: usize>(name: &str, what: &str, tensor: &Tensor<D>) {
    let tensor = tensor.clone().detach();
    if tensor.clone().is_finite().bool_not().any().into_scalar::<bool>() {
        let shape = tensor.shape().to_vec();
        every(name, what, tensor.into_data().iter::<f64>(), &shape, f64::is_finite, "a finite number");
    }
}

/// Where the element at `place` of a tensor of shape `shape` is.
fn index(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|length| {
            let along = place % length;
            place /= length;
            along
        })
        .collect();
    index.reverse();
    index
}

/// The classes `targets [batch]` as indices `[batch, 1]` on `device`, in the type it uses for them.
///
/// They are read on the host: an index outside the classes is not an error on every backend, where it selects an element
/// which is not there.
///
/// # Panics
/// If there is not one target for each of `batch` samples, or one is not a class.
#[track_caller]
pub(crate) fn classes(
    name: &str,
    targets: Tensor<1, Int>,
    [batch, classes]: [usize; 2],
    device: &Device,
) -> Tensor<2, Int> {
    let [count] = targets.dims();
    assert_eq!(batch, count, "{name}: {batch} samples of {classes} classes, but {count} targets");
    let targets: Vec<i64> = targets.into_data().iter::<i64>().collect();
    if let Some((sample, target)) =
        targets.iter().enumerate().find(|(_, target)| !usize::try_from(**target).is_ok_and(|class| class < classes))
    {
        panic!(
            "{name}: the target of sample {sample} is {target}, but there are {classes} classes, 0 to {}; count \
             classes from 0, or give the last layer more neurons",
            classes as i64 - 1
        );
    }
    Tensor::from_data(TensorData::new(targets, [batch, 1]), device)
}

/// Whether each class is the target, `[batch, classes]`: 1 or 0, in the type in which `like` is summed.
#[track_caller]
pub(crate) fn one_hot(name: &str, targets: Tensor<1, Int>, like: &Tensor<2>) -> Tensor<2> {
    let ([batch, count], device) = (like.dims(), like.device());
    let targets = classes(name, targets, [batch, count], &device);
    let each: Vec<i64> = (0..count as i64).collect();
    let each = Tensor::<2, Int>::from_data(TensorData::new(each, [1, count]), &device);
    let right = each.expand([batch, count]).equal(targets.expand([batch, count]));
    right.float().cast(wide_type(like.dtype()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_axis_by_axis() {
        assert_eq!(index(0, &[2, 3, 4]), [0, 0, 0]);
        assert_eq!(index(23, &[2, 3, 4]), [1, 2, 3]);
        assert_eq!(index(5, &[2, 3, 4]), [0, 1, 1]);
    }

    #[test]
    fn one_class_is_a_class() {
        let device = Device::flex();
        let hot = one_hot("test", Tensor::from_data([0, 0], &device), &Tensor::zeros([2, 1], &device));
        assert_eq!(hot.into_data().iter::<f32>().collect::<Vec<_>>(), [1.0, 1.0]);
    }
}
