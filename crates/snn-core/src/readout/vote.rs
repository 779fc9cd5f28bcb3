//! Several neurons for each class.

use burn::tensor::Tensor;

use crate::sequence::domain;
use crate::sequence::sum::{mean_of_rows, sum_of_rows};

/// How the neurons of a class are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Vote {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
}

/// Population vote: the last axis holds an ensemble of `neurons / classes` neurons for each class, side by side.
///
/// ```text
/// y[c] = Σ_j x[c k + j]  (or the mean)        j = 0 .. k-1,  k = neurons / classes
/// ```
///
/// With more neurons for each class a decision needs fewer time steps, and one silent neuron less matters.
///
/// # Shapes
/// `input [.., classes x k]`, result `[.., classes]`
///
/// # Gradient
/// Exact.
///
/// # Panics
/// If the last axis is not a multiple of `classes`, or the input is empty.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::readout::{Vote, vote};
/// let counts = Tensor::<2>::from_data([[1.0, 2.0, 3.0, 10.0, 20.0, 60.0]], &Device::flex());
/// let means: Vec<f32> = vote(counts, 2, Vote::Mean).into_data().iter::<f32>().collect();
/// assert_eq!(means, [2.0, 30.0]);
/// ```
#[doc(alias = "VotingLayer")]
#[doc(alias = "population_code")]
#[track_caller]
pub fn vote<const D: usize>(input: Tensor<D>, classes: usize, vote: Vote) -> Tensor<D> {
    let mut shape = input.shape();
    domain::not_empty("vote", &shape, &["samples or steps", "neurons"]);
    let neurons = shape[D - 1];
    assert!(
        classes > 0 && neurons.is_multiple_of(classes),
        "vote: {neurons} neurons cannot be shared evenly by {classes} classes; make their number a multiple"
    );
    let rows = shape.num_elements() / neurons;
    let ensembles = input.reshape([rows * classes, neurons / classes]);
    let result = match vote {
        Vote::Mean => mean_of_rows(ensembles),
        Vote::Sum => sum_of_rows(ensembles),
    };
    shape[D - 1] = classes;
    result.reshape(shape)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn each_class_hears_its_own_neurons_at_every_step() {
        let input =
            Tensor::<1>::from_data([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &Device::flex()).reshape([2, 1, 4]);
        let sums: Vec<f32> = vote(input, 2, Vote::Sum).into_data().iter::<f32>().collect();
        assert_eq!(sums, [3.0, 7.0, 11.0, 15.0]);
    }

    #[test]
    #[should_panic(expected = "vote: 7 neurons cannot be shared evenly by 2 classes")]
    fn neurons_which_do_not_divide_are_refused() {
        vote(Tensor::<2>::zeros([1, 7], &Device::flex()), 2, Vote::Mean);
    }
}
