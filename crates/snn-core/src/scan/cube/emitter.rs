//! Numbers that emit operations: a neuron's step, called while a kernel is being expanded, becomes part of it.
//!
//! This file alone touches CubeCL's expansion interface.

use std::ops::{Add, Div, Mul, Neg, Sub};

use cubecl::ir::Scope;
use cubecl::prelude::*;

use crate::neuron::{Neuron, parameter_count, state_count};
use crate::number::{Fields as _, Scalar as Number};
use crate::scan::adjoint::{BackwardStep, Direction, adjoint};

#[cube]
fn emit_add(a: f32, b: f32) -> f32 {
    a + b
}
#[cube]
fn emit_sub(a: f32, b: f32) -> f32 {
    a - b
}
#[cube]
fn emit_mul(a: f32, b: f32) -> f32 {
    a * b
}
#[cube]
fn emit_div(a: f32, b: f32) -> f32 {
    a / b
}
#[cube]
fn emit_if_positive(condition: f32, then: f32, otherwise: f32) -> f32 {
    select(condition > 0.0f32, then, otherwise)
}
#[cube]
fn emit_if_not_negative(condition: f32, then: f32, otherwise: f32) -> f32 {
    select(condition >= 0.0f32, then, otherwise)
}
#[cube]
fn emit_exp(a: f32) -> f32 {
    a.exp()
}
#[cube]
fn emit_ln(a: f32) -> f32 {
    a.ln()
}
#[cube]
fn emit_sqrt(a: f32) -> f32 {
    a.sqrt()
}
#[cube]
fn emit_tanh(a: f32) -> f32 {
    a.tanh()
}
#[cube]
fn emit_sin(a: f32) -> f32 {
    a.sin()
}
#[cube]
fn emit_cos(a: f32) -> f32 {
    a.cos()
}
#[cube]
fn emit_floor(a: f32) -> f32 {
    a.floor()
}

type Expanded = NativeExpand<f32>;

/// A number of the kernel being expanded, or a constant, folded here and now.
///
/// The pointer is sound because such a number never leaves the `intrinsic!` block that made it, and the scope
/// outlives that block. Hence the type is private, and only ever the type argument of a neuron's step.
#[derive(Clone, Copy)]
enum Emitter {
    Constant(f32),
    Emitted(*const Scope, Expanded),
}
use Emitter::{Constant, Emitted};

impl Emitter {
    fn expanded(self) -> Expanded {
        match self {
            Constant(value) => value.into(),
            Emitted(_, value) => value,
        }
    }
    fn map(self, constant: impl Fn(f32) -> f32, emit: impl Fn(&Scope, Expanded) -> Expanded) -> Self {
        match self {
            Constant(value) => Constant(constant(value)),
            // SAFETY: see the type.
            Emitted(scope, value) => Emitted(scope, emit(unsafe { &*scope }, value)),
        }
    }
    fn zip(
        self,
        other: Self,
        constant: impl Fn(f32, f32) -> f32,
        emit: impl Fn(&Scope, Expanded, Expanded) -> Expanded,
    ) -> Self {
        match (self, other) {
            (Constant(a), Constant(b)) => Constant(constant(a, b)),
            (Emitted(scope, _), _) | (_, Emitted(scope, _)) => {
                // SAFETY: see the type.
                Emitted(scope, emit(unsafe { &*scope }, self.expanded(), other.expanded()))
            }
        }
    }
}

impl Add for Emitter {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b, emit_add::expand)
    }
}
impl Sub for Emitter {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b, emit_sub::expand)
    }
}
impl Mul for Emitter {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        match (self, other) {
            (Constant(1.0), number) | (number, Constant(1.0)) => number,
            _ => self.zip(other, |a, b| a * b, emit_mul::expand),
        }
    }
}
impl Div for Emitter {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b, emit_div::expand)
    }
}
impl Neg for Emitter {
    type Output = Self;
    fn neg(self) -> Self {
        Constant(0.0) - self
    }
}
impl Number for Emitter {
    fn constant(value: f64) -> Self {
        Constant(value as f32)
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
            Emitted(scope, condition) => Emitted(
                scope,
                // SAFETY: see the type.
                emit_if_positive::expand(unsafe { &*scope }, condition, then.expanded(), otherwise.expanded()),
            ),
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
            Emitted(scope, condition) => Emitted(
                scope,
                // SAFETY: see the type.
                emit_if_not_negative::expand(unsafe { &*scope }, condition, then.expanded(), otherwise.expanded()),
            ),
        }
    }
    fn along(self, forward: Self, _slope: Self) -> Self {
        forward
    }
    fn detach(self) -> Self {
        self
    }
    fn surrogate(self, forward: Self, _slope: impl FnOnce(Self) -> Self) -> Self {
        forward
    }
    fn exp(self) -> Self {
        self.map(f32::exp, emit_exp::expand)
    }
    fn ln(self) -> Self {
        self.map(f32::ln, emit_ln::expand)
    }
    fn sqrt(self) -> Self {
        self.map(f32::sqrt, emit_sqrt::expand)
    }
    fn tanh(self) -> Self {
        self.map(f32::tanh, emit_tanh::expand)
    }
    fn sin(self) -> Self {
        self.map(f32::sin, emit_sin::expand)
    }
    fn cos(self) -> Self {
        self.map(f32::cos, emit_cos::expand)
    }
    fn floor(self) -> Self {
        self.map(f32::floor, emit_floor::expand)
    }
}
#[cube]
pub(super) fn step<N: Neuron>(
    input: f32,
    parameters: &Sequence<f32>,
    state: &mut Sequence<f32>,
    #[comptime] neuron: N,
) -> f32 {
    intrinsic!(|scope| {
        let here = scope as *const Scope;
        let before = N::State::<Emitter>::from_fn(|i| Emitted(here, *state.__expand_index_method(scope, i.into())));
        let parameters =
            N::Parameters::<Emitter>::from_fn(|i| Emitted(here, *parameters.__expand_index_method(scope, i.into())));
        let (spike, after) = neuron.step(&parameters, before, Emitted(here, input));
        for i in 0..state_count::<N>() {
            state.__expand_insert_method(scope, i, after.get(i).expanded());
        }
        spike.expanded()
    })
}

/// Gradients of input, states and (if wanted) parameters of one step, in this order.
#[cube]
pub(super) fn step_gradients<N: Neuron>(
    input: f32,
    spike: f32,
    spike_gradient: f32,
    parameters: &Sequence<f32>,
    state: &Sequence<f32>,
    state_gradient: &Sequence<f32>,
    #[comptime] neuron: N,
    #[comptime] with_parameters: bool,
) -> Sequence<f32> {
    intrinsic!(|scope| {
        let here = scope as *const Scope;
        let at = |list: &SequenceExpand<f32>, i: usize| Emitted(here, *list.__expand_index_method(scope, i.into()));
        let recorded = BackwardStep {
            parameters: N::Parameters::<Emitter>::from_fn(|i| at(parameters, i)),
            state: N::State::<Emitter>::from_fn(|i| at(state, i)),
            input: Emitted(here, input),
            spike: Emitted(here, spike),
            spike_gradient: Emitted(here, spike_gradient),
            state_gradient: N::State::<Emitter>::from_fn(|i| at(state_gradient, i)),
        };
        let mut directions = vec![Direction::Input];
        directions.extend((0..state_count::<N>()).map(Direction::State));
        if with_parameters {
            directions.extend((0..parameter_count::<N>()).map(Direction::Parameter));
        }
        let mut gradients = Sequence::<f32>::__expand_new(scope);
        for direction in directions {
            let gradient = adjoint::<N, Emitter>(&neuron, direction, &recorded);
            gradients.__expand_push_method(scope, gradient.expanded());
        }
        gradients
    })
}
