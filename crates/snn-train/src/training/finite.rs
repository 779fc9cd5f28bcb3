//! Numbers which are no numbers (NaN) or infinite: found before they spoil anything, and named with their place.
//!
//! They spread silently: a neuron may turn NaN into "no spike", argmax into a class, an average into NaN. So whatever is kept
//! or reported is looked at first.

use anyhow::{Context, Result};
use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::evaluate::FAILED;
use super::named::{ForEachParameter, replaced};
use crate::run::weights::Arrays;

/// The first of `values` which is not finite, with its place along each axis of `shape`: `NaN at [3, 17]`.
pub fn first_not_finite(values: &[f32], shape: &[usize]) -> Option<String> {
    let first = values.iter().position(|value| !value.is_finite())?;
    let mut rest = first;
    let mut place: Vec<usize> = shape
        .iter()
        .rev()
        .map(|size| {
            let along = rest % size;
            rest /= size;
            along
        })
        .collect();
    place.reverse();
    Some(format!("{} at {place:?}", values[first]))
}

/// The first number of `arrays` which is not finite: ``tensor `hidden.weight` is NaN at [3, 17]``.
pub fn in_arrays(arrays: &Arrays) -> Option<String> {
    let of = |(name, found): (&String, String)| format!("tensor `{name}` is {found}");
    arrays.iter().find_map(|(name, array)| Some((name, first_not_finite(&array.values, &array.shape)?))).map(of)
}

/// What is wrong with an evaluation: one of its numbers is not finite.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "{0}: the weights are finite, but so large that sums of them are not; train again with another --seed, a larger --batch-size, or \
     lower `rates` in run.toml"
)]
pub struct NotFinite(pub String);

/// The first parameter of `model`, which is on a device with autodiff, that is not finite: `` `hidden.weight` is NaN at [3, 17] ``.
pub fn in_weights<M: Module>(model: &M) -> Result<Option<String>> {
    let (_, found) = first(model, Vec::new(), Look { of: Of::Weights, ..Look::default() })?;
    Ok(found)
}

/// The value of `loss`, and the first gradient of a parameter of `model` that is not finite.
///
/// Each is looked at by itself: the norm of all of them together overflows in `f32` while each is still an ordinary number.
pub fn loss_and_gradients<M: Module>(
    model: &M,
    loss: Tensor<1>,
    gradients: &GradientsParams,
) -> Result<(f64, Option<String>)> {
    let (loss, found) = first(model, vec![loss], Look { of: Of::Gradients(gradients), ..Look::default() })?;
    Ok((f64::from(loss[0]), found))
}

/// The values of `others`, and the first place in what is looked at that is not finite.
fn first<M: Module>(model: &M, others: Vec<Tensor<1>>, mut look: Look) -> Result<(Vec<f32>, Option<String>)> {
    drop(replaced(model.clone(), &mut look));
    let count = others.len();
    // One number for each tensor, and one transfer for all of them.
    let all = others.into_iter().chain(std::mem::take(&mut look.sums)).collect();
    let mut values: Vec<f32> = Tensor::cat(all, 0).try_into_data().context(FAILED)?.iter::<f32>().collect();
    look.suspicious = values.split_off(count).iter().map(|sum| !sum.is_finite()).collect();
    if look.suspicious.contains(&true) {
        drop(replaced(model.clone(), &mut look));
    }
    Ok((values, look.found))
}

/// What is looked at.
#[derive(Clone, Copy, Default)]
enum Of<'a> {
    #[default]
    Weights,
    Gradients(&'a GradientsParams),
}

/// Goes through all tensors once to sum each: a sum is finite only if all its terms are. The sum of finite numbers may overflow too, so
/// those whose sum is not are looked at one by one, the second time.
#[derive(Default)]
struct Look<'a> {
    of: Of<'a>,
    sums: Vec<Tensor<1>>,
    suspicious: Vec<bool>,
    place: usize,
    found: Option<String>,
}

impl ForEachParameter for Look<'_> {
    fn replace<const D: usize>(&mut self, name: String, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let tensor = match self.of {
            Of::Weights => Some(param.val().inner()),
            Of::Gradients(gradients) => gradients.get::<D>(param.id),
        };
        let Some(tensor) = tensor else { return param };
        if self.suspicious.is_empty() {
            self.sums.push(tensor.sum());
        } else {
            if self.suspicious[self.place] && self.found.is_none() {
                let (shape, whose) =
                    (tensor.dims(), if matches!(self.of, Of::Weights) { "" } else { "the gradient of " });
                let values: Vec<f32> = tensor.into_data().iter::<f32>().collect();
                self.found = first_not_finite(&values, &shape).map(|found| format!("{whose}`{name}` is {found}"));
            }
            self.place += 1;
        }
        param
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    #[derive(Module, Debug)]
    struct Two {
        first: Param<Tensor<2>>,
        second: Param<Tensor<1>>,
    }

    fn two(first: [f32; 6], second: [f32; 2]) -> Two {
        let device = Device::flex().autodiff();
        Two {
            first: Param::from_data(TensorData::new(first.to_vec(), [2, 3]), &device),
            second: Param::from_data(TensorData::new(second.to_vec(), [2]), &device),
        }
    }

    #[test]
    fn the_first_number_which_is_none_is_named_with_its_place() {
        let weights = |first, second| in_weights(&two(first, second)).expect("it computes");
        assert_eq!(weights([0.0; 6], [1.0, -1.0]), None);
        // Their sum overflows; they do not.
        assert_eq!(weights([f32::MAX; 6], [f32::MIN, f32::MIN]), None);
        assert_eq!(
            weights([0.0, 0.0, 0.0, 0.0, f32::NAN, 0.0], [f32::NAN; 2]).as_deref(),
            Some("`first` is NaN at [1, 1]")
        );
        assert_eq!(weights([0.0; 6], [0.0, f32::NEG_INFINITY]).as_deref(), Some("`second` is -inf at [1]"));
        let both = [0.0, 0.0, f32::INFINITY, f32::NEG_INFINITY, 0.0, 0.0];
        assert_eq!(weights(both, [0.0; 2]).as_deref(), Some("`first` is inf at [0, 2]"));
        assert_eq!(first_not_finite(&[0.0; 4], &[2, 2]), None);
    }

    #[test]
    fn gradients_are_looked_at_as_weights_are() {
        let model = two([1.0; 6], [1.0, 0.0]);
        // The root has no derivative at 0.
        let loss = model.first.val().sum() + model.second.val().sqrt().sum();
        let look = |loss: Tensor<1>| {
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            loss_and_gradients(&model, loss.inner(), &gradients).expect("it computes")
        };
        assert_eq!(look(loss), (7.0, Some("the gradient of `second` is inf at [1]".to_owned())));
        assert_eq!(look(model.first.val().sum()), (6.0, None));
    }
}
