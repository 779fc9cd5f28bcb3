//! A neuron that only measures a sequence: run once, from rest, in the type of the sequence.

use burn::tensor::{Shape, Tensor, TensorData};

use super::{NeuronsState, ScanOptions, scan, tap};
use crate::neuron::{Neuron, parameter_count, state_count};
use crate::number::Fields;

/// The output of `neuron` for `input [time, batch, features]`; unseen by recordings.
///
/// Constants and state are made from `f64` in the type of the input.
#[track_caller]
pub(crate) fn from_rest<N: Neuron>(neuron: N, constants: &N::Parameters<f64>, input: Tensor<3>) -> Tensor<3> {
    let ([_, batch, features], device, dtype) = (input.dims(), input.device(), input.dtype());
    let matrix = |values: Vec<f64>, shape: [usize; 2]| -> Tensor<2> {
        Tensor::from_data(TensorData::new(values, Shape::new(shape)).convert_dtype(dtype), (&device, dtype))
    };
    let parameters = (0..parameter_count::<N>()).map(|i| constants.get(i)).collect();
    let parameters = matrix(parameters, [parameter_count::<N>(), 1]);
    let (rest, width) = (neuron.resting_state(constants), batch * features);
    let rest = (0..state_count::<N>()).flat_map(|field| std::iter::repeat_n(rest.get(field), width)).collect();
    let rest = matrix(rest, [state_count::<N>(), width]);
    let rest = NeuronsState::from_packed(rest, Shape::from(vec![batch, features]));
    tap::unseen(|| scan(neuron, input, parameters, rest, ScanOptions::default()).output)
}
