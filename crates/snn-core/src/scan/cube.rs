//! The scans on a GPU: one kernel forward, one backward, generic over the neuron.
//!
//! A thread takes one column through all time steps. The neuron's step is *called* while the kernel is being
//! expanded, on [`Emitter`] numbers which append each operation to the kernel. This file alone touches
//! CubeCL's expansion interface.

use std::ops::{Add, Div, Mul, Neg, Sub};

use burn::backend::fusion::custom::TensorSpec;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::calculate_cube_count_elemwise;
use cubecl::ir::Scope;
use cubecl::prelude::*;

use super::plan::{Cotangent, Record, ScanPlan, Sizes};
use crate::neuron::{
    Direction, Fields as _, Neuron, Recorded, Scalar as Number, adjoint, parameter_count, state_count,
};

// -------------------------------------------------------------------------------- numbers which emit operations

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
/// The pointer is sound because such a number never leaves the `intrinsic!` block which made it, and the scope
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

// --------------------------------------------------------------------- the neuron's step, inside a kernel

#[cube]
fn step<N: Neuron>(input: f32, parameters: &Sequence<f32>, state: &mut Sequence<f32>, #[comptime] neuron: N) -> f32 {
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
fn step_gradients<N: Neuron>(
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
        let recorded = Recorded {
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

#[cube]
fn cells(#[comptime] count: usize) -> Sequence<RuntimeCell<f32>> {
    let mut cells = Sequence::<RuntimeCell<f32>>::new();
    #[unroll]
    for _ in 0..count {
        cells.push(RuntimeCell::<f32>::new(0.0f32));
    }
    cells
}

#[cube]
fn read(cells: &Sequence<RuntimeCell<f32>>, #[comptime] count: usize) -> Sequence<f32> {
    let mut values = Sequence::<f32>::new();
    #[unroll]
    for i in 0..count {
        values.push(cells.index(i).read());
    }
    values
}

#[cube]
fn column_of(matrix: &Tensor<f32>, #[comptime] rows: usize, width: usize, column: usize) -> Sequence<f32> {
    let mut values = Sequence::<f32>::new();
    #[unroll]
    for i in 0..rows {
        values.push(matrix[i * width + column]);
    }
    values
}

// ------------------------------------------------------------------------------------------------- kernels

/// What a kernel writes to, or reads from, the states tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kept {
    Nothing,
    Before,
    After,
}

#[cube(launch)]
fn forward_kernel<N: Neuron>(
    input: &Tensor<f32>,
    parameters: &Tensor<f32>,
    initial: &Tensor<f32>,
    output: &mut Tensor<f32>,
    states: &mut Tensor<f32>,
    last: &mut Tensor<f32>,
    steps: u32,
    width: u32,
    parameter_width: u32,
    delay: u32,
    #[comptime] neuron: N,
    #[comptime] kept: Kept,
) {
    let column = ABSOLUTE_POS;
    let (steps, width, delay) = (steps as usize, width as usize, delay as usize);
    let parameter_width = parameter_width as usize;
    if column >= width {
        terminate!();
    }
    let count = comptime!(state_count::<N>());
    let parameters =
        column_of(parameters, comptime!(parameter_count::<N>()), parameter_width, column % parameter_width);
    let state = cells(count);
    #[unroll]
    for i in 0..count {
        state.index(i).store(initial[i * width + column]);
    }
    for row in 0..delay {
        let under_way = initial[(count + row) * width + column];
        if row < steps {
            output[row * width + column] = under_way;
        } else {
            last[(count + row - steps) * width + column] = under_way;
        }
    }
    for t in 0..steps {
        let mut next = read(&state, count);
        if comptime!(kept == Kept::Before) {
            #[unroll]
            for i in 0..count {
                states[(i * steps + t) * width + column] = *next.index(i);
            }
        }
        let spike = step::<N>(input[t * width + column], &parameters, &mut next, neuron);
        let row = t + delay;
        if row < steps {
            output[row * width + column] = spike;
        } else {
            last[(count + row - steps) * width + column] = spike;
        }
        #[unroll]
        for i in 0..count {
            let value = *next.index(i);
            state.index(i).store(value);
            if comptime!(kept == Kept::After) {
                states[(i * steps + t) * width + column] = value;
            }
        }
    }
    #[unroll]
    for i in 0..count {
        last[i * width + column] = state.index(i).read();
    }
}

#[cube(launch)]
fn backward_kernel<N: Neuron>(
    input: &Tensor<f32>,
    parameters: &Tensor<f32>,
    initial: &Tensor<f32>,
    output: &Tensor<f32>,
    states: &Tensor<f32>,
    last: &Tensor<f32>,
    gradient: &Tensor<f32>,
    input_gradient: &mut Tensor<f32>,
    parameter_gradient: &mut Tensor<f32>,
    initial_gradient: &mut Tensor<f32>,
    steps: u32,
    width: u32,
    parameter_width: u32,
    delay: u32,
    #[comptime] neuron: N,
    #[comptime] before: bool,
    #[comptime] of_output: bool,
    #[comptime] of_states: bool,
    #[comptime] of_last: bool,
    #[comptime] with_parameters: bool,
) {
    let column = ABSOLUTE_POS;
    let (steps, width, delay) = (steps as usize, width as usize, delay as usize);
    let parameter_width = parameter_width as usize;
    if column >= width {
        terminate!();
    }
    let count = comptime!(state_count::<N>());
    let parameter_count = comptime!(parameter_count::<N>());
    let parameters = column_of(parameters, parameter_count, parameter_width, column % parameter_width);
    let state_gradient = cells(count);
    let sums = cells(parameter_count);
    if of_last {
        #[unroll]
        for i in 0..count {
            state_gradient.index(i).store(gradient[i * width + column]);
        }
    }
    for back in 0..steps {
        let t = steps - 1 - back;
        let row = t + delay;
        // The spike sent at this step, and what the loss says of it.
        let spike = RuntimeCell::<f32>::new(0.0f32);
        let spike_gradient = RuntimeCell::<f32>::new(0.0f32);
        if row < steps {
            spike.store(output[row * width + column]);
            if of_output {
                spike_gradient.store(gradient[row * width + column]);
            }
        } else {
            spike.store(last[(count + row - steps) * width + column]);
            if of_last {
                spike_gradient.store(gradient[(count + row - steps) * width + column]);
            }
        }
        let mut state = Sequence::<f32>::new();
        #[unroll]
        for i in 0..count {
            if before {
                state.push(states[(i * steps + t) * width + column]);
            } else {
                // Both sides of a select are read: keep the index inside at step 0.
                let earlier = (i * steps + max(t, 1usize) - 1) * width + column;
                state.push(select(t > 0, states[earlier], initial[i * width + column]));
            }
            if comptime!(of_states && !before) {
                let sum = state_gradient.index(i).read() + gradient[(i * steps + t) * width + column];
                state_gradient.index(i).store(sum);
            }
        }
        let gradients = step_gradients::<N>(
            input[t * width + column],
            spike.read(),
            spike_gradient.read(),
            &parameters,
            &state,
            &read(&state_gradient, count),
            neuron,
            with_parameters,
        );
        input_gradient[t * width + column] = *gradients.index(0usize);
        #[unroll]
        for i in 0..count {
            let mut value = *gradients.index(comptime!(1 + i));
            if comptime!(of_states && before) {
                value += gradient[(i * steps + t) * width + column];
            }
            state_gradient.index(i).store(value);
        }
        if with_parameters {
            #[unroll]
            for i in 0..parameter_count {
                sums.index(i).store(sums.index(i).read() + *gradients.index(comptime!(1 + count + i)));
            }
        }
    }
    #[unroll]
    for i in 0..count {
        initial_gradient[i * width + column] = state_gradient.index(i).read();
    }
    for row in 0..delay {
        let under_way = RuntimeCell::<f32>::new(0.0f32);
        if row < steps {
            if of_output {
                under_way.store(gradient[row * width + column]);
            }
        } else if of_last {
            under_way.store(gradient[(count + row - steps) * width + column]);
        }
        initial_gradient[(count + row) * width + column] = under_way.read();
    }
    if with_parameters {
        #[unroll]
        for i in 0..parameter_count {
            parameter_gradient[i * width + column] = sums.index(i).read();
        }
    }
}

// ------------------------------------------------------------------------------------------------- launches

/// Tensors of a forward launch.
pub struct Forward {
    input: CubeTensor,
    parameters: CubeTensor,
    initial: CubeTensor,
    output: CubeTensor,
    states: CubeTensor,
    last: CubeTensor,
    kept: Kept,
}

/// Tensors of a backward launch.
pub struct Backward {
    saved: Saved,
    gradient: CubeTensor,
    input_gradient: CubeTensor,
    parameter_gradient: CubeTensor,
    initial_gradient: CubeTensor,
    with_parameters: bool,
}

/// What the backward pass needs of the forward one.
pub struct Saved {
    pub(crate) input: CubeTensor,
    pub(crate) parameters: CubeTensor,
    pub(crate) initial: CubeTensor,
    pub(crate) output: CubeTensor,
    pub(crate) states: CubeTensor,
    pub(crate) last: CubeTensor,
}

/// A fresh tensor on the device of `like`.
pub(crate) fn empty(like: &CubeTensor, shape: Shape) -> CubeTensor {
    let handle = like.client.empty(shape.num_elements() * size_of::<f32>());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, DType::F32)
}

pub(crate) fn forward<N: Neuron>(neuron: &N, sizes: &Sizes, tensors: Forward) {
    let client = tensors.input.client.clone();
    let dim = CubeDim::new(&client, sizes.width);
    forward_kernel::launch::<N>(
        &client,
        calculate_cube_count_elemwise(&client, sizes.width, dim),
        dim,
        tensors.input.into_tensor_arg(),
        tensors.parameters.into_tensor_arg(),
        tensors.initial.into_tensor_arg(),
        tensors.output.into_tensor_arg(),
        tensors.states.into_tensor_arg(),
        tensors.last.into_tensor_arg(),
        sizes.steps as u32,
        sizes.width as u32,
        sizes.parameter_width as u32,
        sizes.delay as u32,
        *neuron,
        tensors.kept,
    );
}

pub(crate) fn backward<N: Neuron>(neuron: &N, sizes: &Sizes, record: Record, cotangent: Cotangent, tensors: Backward) {
    let Saved { input, parameters, initial, output, states, last } = tensors.saved;
    let client = input.client.clone();
    let dim = CubeDim::new(&client, sizes.width);
    backward_kernel::launch::<N>(
        &client,
        calculate_cube_count_elemwise(&client, sizes.width, dim),
        dim,
        input.into_tensor_arg(),
        parameters.into_tensor_arg(),
        initial.into_tensor_arg(),
        output.into_tensor_arg(),
        states.into_tensor_arg(),
        last.into_tensor_arg(),
        tensors.gradient.into_tensor_arg(),
        tensors.input_gradient.into_tensor_arg(),
        tensors.parameter_gradient.into_tensor_arg(),
        tensors.initial_gradient.into_tensor_arg(),
        sizes.steps as u32,
        sizes.width as u32,
        sizes.parameter_width as u32,
        sizes.delay as u32,
        *neuron,
        record == Record::BeforeStep,
        cotangent == Cotangent::Output,
        cotangent == Cotangent::States,
        cotangent == Cotangent::Last,
        tensors.with_parameters,
    );
}

fn kept(plan: &ScanPlan) -> Kept {
    match plan.record {
        Record::BeforeStep => Kept::Before,
        Record::AfterStep => Kept::After,
        Record::Nothing if plan.differentiate => Kept::After,
        Record::Nothing => Kept::Nothing,
    }
}

fn states_shape(plan: &ScanPlan, sizes: &Sizes) -> Shape {
    match kept(plan) {
        Kept::Nothing => Shape::new([1, 1]),
        _ => Shape::new([sizes.states * sizes.steps, sizes.width]),
    }
}

pub(crate) fn scan(
    plan: &ScanPlan,
    sizes: &Sizes,
    input: CubeTensor,
    parameters: CubeTensor,
    initial: CubeTensor,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let [input, parameters, initial] = [input, parameters, initial].map(into_contiguous);
    let output = empty(&input, Shape::new([sizes.steps, sizes.width]));
    let states = empty(&input, states_shape(plan, sizes));
    let last = empty(&input, Shape::new([sizes.state_rows(), sizes.width]));
    let (kept, results) = (kept(plan), (output.clone(), states.clone(), last.clone()));
    plan.neuron.cube_forward(sizes, Forward { input, parameters, initial, output, states, last, kept });
    results
}

pub(crate) fn scan_backward(
    plan: &ScanPlan,
    sizes: &Sizes,
    saved: Saved,
    gradient: CubeTensor,
    cotangent: Cotangent,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let Saved { input, parameters, initial, output, states, last } = saved;
    let [input, parameters, initial, output, states, last] =
        [input, parameters, initial, output, states, last].map(into_contiguous);
    let with_parameters = plan.parameter_gradient;
    let parameters_shape = Shape::new([sizes.parameters, sizes.parameter_width]);
    let input_gradient = empty(&input, Shape::new([sizes.steps, sizes.width]));
    let initial_gradient = empty(&input, Shape::new([sizes.state_rows(), sizes.width]));
    let by_column = if with_parameters { Shape::new([sizes.parameters, sizes.width]) } else { Shape::new([1, 1]) };
    let parameter_gradient = empty(&input, by_column);
    let results = (input_gradient.clone(), parameter_gradient.clone(), initial_gradient.clone());
    let saved = Saved { input, parameters, initial, output, states, last };
    plan.neuron.cube_backward(
        sizes,
        plan.record,
        cotangent,
        Backward {
            saved,
            gradient: into_contiguous(gradient),
            input_gradient,
            parameter_gradient,
            initial_gradient,
            with_parameters,
        },
    );
    let (input_gradient, by_column, initial_gradient) = results;
    let parameter_gradient = if with_parameters {
        sum_shared(by_column, sizes)
    } else {
        // Nobody will read it, but it has to have its shape.
        empty(&input_gradient, parameters_shape)
    };
    (input_gradient, parameter_gradient, initial_gradient)
}

/// Sums the gradients of the columns which share a parameter.
fn sum_shared(by_column: CubeTensor, sizes: &Sizes) -> FloatTensor<CubeBackend> {
    let (rows, shared) = (sizes.parameters, sizes.parameter_width);
    let grouped = CubeBackend::float_reshape(by_column, Shape::new([rows, sizes.width / shared, shared]));
    let summed = CubeBackend::float_sum_dim(grouped, 1);
    CubeBackend::float_reshape(summed, Shape::new([rows, shared]))
}

// --------------------------------------------------------- shapes of the results, for Burn's lazy execution

pub(crate) fn forward_specs(
    input: &TensorSpec,
    parameters: &TensorSpec,
    initial: &TensorSpec,
    plan: &ScanPlan,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    let sizes = plan.sizes(input.shape[0], input.shape[1], parameters.shape[1]);
    let states = TensorSpec::new(states_shape(plan, &sizes), input.dtype);
    (input.clone(), states, initial.clone())
}

pub(crate) fn backward_specs(
    input: &TensorSpec,
    parameters: &TensorSpec,
    initial: &TensorSpec,
    _output: &TensorSpec,
    _states: &TensorSpec,
    _last: &TensorSpec,
    _gradient: &TensorSpec,
    _cotangent: &Cotangent,
    _plan: &ScanPlan,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    (input.clone(), parameters.clone(), initial.clone())
}
