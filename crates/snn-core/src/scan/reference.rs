//! The reference: the same step on Burn tensors, differentiated by Burn's own autodiff.
//!
//! It runs on every device, knows nothing of [`Dual`](crate::number::Dual), and is therefore what the
//! hand-made backward scans are compared with.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use burn::tensor::activation::sigmoid;
use burn::tensor::{Bool, Tensor};

use super::declared::declared;
use super::plan::{ReturnStates, Sizes};
use crate::neuron::Neuron;
use crate::number::{Fields, Scalar};

thread_local! {
    /// Numbers are `Copy`, tensors are not: a number is a place in this list.
    static TENSORS: RefCell<Vec<Tensor<1>>> = const { RefCell::new(Vec::new()) };
}

/// Forgets, when dropped, the tensors that were listed since it was made.
struct Scope(usize);

impl Scope {
    fn open() -> Self {
        Self(TENSORS.with_borrow(Vec::len))
    }
}
impl Drop for Scope {
    fn drop(&mut self) {
        TENSORS.with_borrow_mut(|tensors| tensors.truncate(self.0));
    }
}

/// A row of a Burn tensor, or a constant, as a neuron's number.
#[derive(Clone, Copy, Debug)]
enum TensorNumber {
    Constant(f64),
    Listed(usize),
}
use TensorNumber::{Constant, Listed};

fn listed(tensor: Tensor<1>) -> TensorNumber {
    TENSORS.with_borrow_mut(|tensors| {
        tensors.push(tensor);
        Listed(tensors.len() - 1)
    })
}

fn at(place: usize) -> Tensor<1> {
    TENSORS.with_borrow(|tensors| tensors[place].clone())
}

impl TensorNumber {
    fn tensor(self, like: &Tensor<1>) -> Tensor<1> {
        match self {
            Constant(value) => like.zeros_like().add_scalar(value),
            Listed(place) => at(place),
        }
    }
    fn map(self, constant: impl Fn(f64) -> f64, tensor: impl Fn(Tensor<1>) -> Tensor<1>) -> Self {
        match self {
            Constant(value) => Constant(constant(value)),
            Listed(place) => listed(tensor(at(place))),
        }
    }
}

fn chosen(condition: Tensor<1, Bool>, then: TensorNumber, otherwise: TensorNumber, like: &Tensor<1>) -> TensorNumber {
    listed(otherwise.tensor(like).mask_where(condition, then.tensor(like)))
}

macro_rules! impl_operator {
    ($operator:ident, $method:ident) => {
        impl $operator for TensorNumber {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                match (self, other) {
                    (Constant(a), Constant(b)) => Constant(a.$method(b)),
                    (Listed(a), b) => {
                        let a = at(a);
                        let b = b.tensor(&a);
                        listed(a.$method(b))
                    }
                    (a, Listed(b)) => {
                        let b = at(b);
                        listed(a.tensor(&b).$method(b))
                    }
                }
            }
        }
    };
}
impl_operator!(Add, add);
impl_operator!(Sub, sub);
impl_operator!(Mul, mul);
impl_operator!(Div, div);

impl Neg for TensorNumber {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(|a| -a, Tensor::neg)
    }
}

impl Scalar for TensorNumber {
    fn constant(value: f64) -> Self {
        Constant(value)
    }
    fn if_positive(self, then: Self, otherwise: Self) -> Self {
        match self {
            Constant(value) => {
                if value > 0.0 {
                    then
                } else {
                    otherwise
                }
            }
            Listed(place) => chosen(at(place).greater_elem(0.0), then, otherwise, &at(place)),
        }
    }
    fn if_not_negative(self, then: Self, otherwise: Self) -> Self {
        match self {
            Constant(value) => {
                if value >= 0.0 {
                    then
                } else {
                    otherwise
                }
            }
            Listed(place) => chosen(at(place).greater_equal_elem(0.0), then, otherwise, &at(place)),
        }
    }
    fn along(self, forward: Self, slope: Self) -> Self {
        match self {
            Constant(_) => forward,
            Listed(place) => {
                let of = at(place);
                let (forward, slope) = (forward.tensor(&of), slope.tensor(&of));
                listed(declared(of, forward, slope))
            }
        }
    }
    fn detach(self) -> Self {
        self.map(|a| a, Tensor::detach)
    }
    fn surrogate(self, forward: Self, slope: impl FnOnce(Self) -> Self) -> Self {
        let spike = forward.detach();
        self.along(spike, slope(spike))
    }
    fn sigmoid(self) -> Self {
        // Burn's own makes a number of what is none, on some devices.
        self.map(|a| a.sigmoid(), |a| sigmoid(a.clone()).mask_where(a.clone().is_nan(), a))
    }
    fn exp(self) -> Self {
        self.map(f64::exp, Tensor::exp)
    }
    fn ln(self) -> Self {
        self.map(f64::ln, Tensor::log)
    }
    fn sqrt(self) -> Self {
        self.map(f64::sqrt, Tensor::sqrt)
    }
    fn tanh(self) -> Self {
        self.map(f64::tanh, Tensor::tanh)
    }
    fn sin(self) -> Self {
        self.map(f64::sin, Tensor::sin)
    }
    fn cos(self) -> Self {
        self.map(f64::cos, Tensor::cos)
    }
    fn floor(self) -> Self {
        self.map(f64::floor, |a| a.floor().detach())
    }
}

/// The rows of a matrix. Halving it again and again keeps the cost of the backward pass at `n log n`: the
/// gradient of a slice is as large as what it was cut from.
fn rows(matrix: Tensor<2>, into: &mut Vec<Tensor<1>>) {
    let [count, width] = matrix.dims();
    match count {
        0 => {}
        1 => into.push(matrix.reshape([width])),
        _ => {
            rows(matrix.clone().slice([0..count / 2, 0..width]), into);
            rows(matrix.slice([count / 2..count, 0..width]), into);
        }
    }
}

fn rows_of(matrix: Tensor<2>) -> Vec<Tensor<1>> {
    let mut list = Vec::new();
    rows(matrix, &mut list);
    list
}

/// The state in which neurons with `parameters [parameters, features or 1]` rest: `[features or 1]` for each field.
pub(crate) fn resting_rows<N: Neuron>(neuron: &N, parameters: Tensor<2>) -> Vec<Tensor<1>> {
    let _scope = Scope::open();
    let rows = rows_of(parameters);
    let like = rows[0].clone();
    let rows: Vec<_> = rows.into_iter().map(listed).collect();
    let rest = neuron.resting_state(&N::Parameters::<TensorNumber>::from_fn(|i| rows[i]));
    (0..N::State::<TensorNumber>::COUNT).map(|i| rest.get(i).tensor(&like)).collect()
}

/// Output, recorded states (if any) and last state; shapes as in [`Sizes`].
pub(crate) fn reference<N: Neuron>(
    neuron: &N,
    sizes: &Sizes,
    return_states: ReturnStates,
    input: Tensor<2>,
    parameters: Tensor<2>,
    initial: Tensor<2>,
) -> (Tensor<2>, Option<Tensor<2>>, Tensor<2>) {
    let _scope = Scope::open();
    let parameters = parameters.repeat_dim(1, sizes.width / sizes.parameter_width);
    let parameters: Vec<_> = rows_of(parameters).into_iter().map(listed).collect();
    let parameters = N::Parameters::<TensorNumber>::from_fn(|i| parameters[i]);
    let mut initial = rows_of(initial);
    let mut emitted = initial.split_off(sizes.states);
    let like = initial[0].clone();
    let initial: Vec<_> = initial.into_iter().map(listed).collect();
    let mut state = N::State::<TensorNumber>::from_fn(|i| initial[i]);
    let mut recorded = vec![Vec::new(); sizes.states];
    let tensors = |state: &N::State<TensorNumber>| -> Vec<Tensor<1>> {
        (0..sizes.states).map(|i| state.get(i).tensor(&like)).collect()
    };
    for input in rows_of(input) {
        let before = tensors(&state);
        let (spike, after) = neuron.step(&parameters, state, listed(input));
        state = after;
        emitted.push(spike.tensor(&like));
        let kept = match return_states {
            ReturnStates::Nothing => continue,
            ReturnStates::BeforeStep => before,
            ReturnStates::AfterStep => tensors(&state),
        };
        for (list, tensor) in recorded.iter_mut().zip(kept) {
            list.push(tensor);
        }
    }
    let in_flight = emitted.split_off(sizes.steps);
    let last: Vec<_> = tensors(&state).into_iter().chain(in_flight).collect();
    let states = (return_states != ReturnStates::Nothing).then(|| Tensor::stack(recorded.concat(), 0));
    (Tensor::stack(emitted, 0), states, Tensor::stack(last, 0))
}
