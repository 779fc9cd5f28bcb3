//! Ensembles: several neurons for each class, which share an answer or a gradient.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

use crate::sequence::domain;
use crate::sequence::sum::sum_of_rows;

/// Cuts the last axis into ensembles: `[rows, classes, k]`.
#[track_caller]
fn ensembles<const D: usize>(name: &str, input: Tensor<D>, classes: usize) -> (Tensor<3>, [usize; D]) {
    let shape = input.dims();
    domain::not_empty(name, &input.shape(), &["samples or steps", "neurons"]);
    let neurons = shape[D - 1];
    assert!(
        classes > 0 && neurons.is_multiple_of(classes),
        "{name}: {neurons} neurons cannot be shared evenly by {classes} classes; make their number a multiple"
    );
    let rows = shape.iter().product::<usize>() / neurons;
    let mut result = shape;
    result[D - 1] = classes;
    (input.reshape([rows, classes, neurons / classes]), result)
}

/// The sum of each ensemble's members: `[rows, classes, 1]`.
fn of_members(members: Tensor<3>) -> Tensor<3> {
    let [rows, classes, k] = members.dims();
    sum_of_rows(members.reshape([rows * classes, k])).reshape([rows, classes, 1])
}

/// Mixture of softmaxes: the logarithm of the mean probability that the members of an ensemble give to each class.
///
/// ```text
/// y[c] = ln( 1/k Σ_j softmax_c(x[·, j])[c] )        x[c, j] = input[c k + j],  j = 0 .. k-1
/// ```
///
/// Member `j` of all classes together is one softmax. The softmax of the result is the result: a cross-entropy of it is that of the
/// mixture. Unlike a mean of logits, the mixture is not limited in rank.
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
/// # Source
/// Yang, Dai, Salakhutdinov, Cohen (2018), "Breaking the softmax bottleneck", arXiv 1711.03953, equation 5, with equal weights;
/// named for ensembles of spiking neurons by Chevalier (2018).
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::readout::mixture_of_softmaxes;
/// // Two classes, two members: the first is undecided, the second gives class 1 three times the probability of class 0.
/// let logits = Tensor::<2>::from_data([[0.0, 0.0, 0.0, 3.0f32.ln()]], &Device::flex());
/// let mixture: Vec<f32> = mixture_of_softmaxes(logits, 2).exp().into_data().iter::<f32>().collect();
/// assert!((mixture[0] - 0.375).abs() < 1e-6 && (mixture[1] - 0.625).abs() < 1e-6); // (0.5 + 0.25) / 2
/// ```
#[track_caller]
pub fn mixture_of_softmaxes<const D: usize>(input: Tensor<D>, classes: usize) -> Tensor<D> {
    let (members, shape) = ensembles("mixture of softmaxes", input, classes);
    let [rows, _, k] = members.dims();
    let each = log_softmax(members, 1); // [rows, classes, k]
    // Shifted by the largest, which no exponential overflows.
    let largest = each.clone().detach().max_dim(2);
    let sum = of_members((each - largest.clone()).exp()).log() + largest;
    sum.reshape([rows, classes]).sub_scalar((k as f64).ln()).reshape(shape)
}

/// The sum of an ensemble's outputs, whose gradient goes to the inner states of all its members instead of to those that fired.
///
/// ```text
/// y[c]         = Σ_j o[c, j]
/// n[c, j]      = v⁺[c, j] / Σ_i v⁺[c, i] · Σ_i o[c, i]        v⁺ = max(v, 0);  Σ_j n[c, j] = y[c]
/// ∂L/∂v[c, j]  = ∂L/∂y[c] · n[c, j],    ∂L/∂o[c, j] = 0
/// ```
///
/// The inner states are normalised to the sum of what the ensemble sends, and each member gets a gradient in proportion: as soon as one of
/// them fires, all with a positive state learn. Where none fires, or no state is positive, there is no gradient.
///
/// # Shapes
/// `output` and `state` `[.., classes x k]`, the members of a class side by side; result `[.., classes]`
///
/// # Gradient
/// As above: not the derivative of the result, on purpose.
///
/// # Panics
/// If the shapes differ, the last axis is not a multiple of `classes`, or the input is empty.
///
/// # Source
/// The idea: Chevalier (2018), "Spiking Neural Network (SNN) with PyTorch", section on Blake Richards ("normalizing the sum of all inner
/// states to the sum of the amplitude of the output activations to attribute some of the gradients back to all neurons of the
/// ensemble").
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::readout::shared_ensemble;
/// let device = Device::flex().autodiff();
/// let state = Tensor::<2>::from_data([[0.25, 0.75, 0.5, -1.0]], &device).require_grad();
/// let output = Tensor::<2>::from_data([[0.0, 2.0, 0.0, 0.0]], &device); // one member of class 0 fires
/// let sum = shared_ensemble(output, state.clone(), 2);
/// assert_eq!(sum.clone().into_data().iter::<f32>().collect::<Vec<_>>(), [2.0, 0.0]);
/// let gradients = sum.sum().backward();
/// let of_state: Vec<f32> = state.grad(&gradients).unwrap().into_data().iter::<f32>().collect();
/// assert_eq!(of_state, [0.5, 1.5, 0.0, 0.0]);
/// ```
#[track_caller]
pub fn shared_ensemble<const D: usize>(output: Tensor<D>, state: Tensor<D>, classes: usize) -> Tensor<D> {
    let name = "shared ensemble";
    assert!(
        output.dims() == state.dims(),
        "{name}: outputs of shape {:?}, states of shape {:?}; they must be those of the same neurons",
        output.dims(),
        state.dims()
    );
    let (outputs, shape) = ensembles(name, output, classes);
    let (states, _) = ensembles(name, state, classes);
    let [rows, _, _] = outputs.dims();
    let sum = of_members(outputs.detach()); // [rows, classes, 1]
    let positive = states.clone().detach().clamp_min(0.0);
    let all = of_members(positive.clone());
    let none = all.clone().equal_elem(0.0);
    let shares = positive / all.mask_fill(none, 1.0) * sum.clone();
    // Worth nothing, but with the gradient that is wanted.
    let through = of_members((states.clone() - states.detach()) * shares);
    (sum + through).reshape([rows, classes]).reshape(shape)
}
