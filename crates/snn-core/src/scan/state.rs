//! The state of neurons as a value.

use std::marker::PhantomData;

use burn::tensor::{DType, Shape, Tensor, TensorCreationOptions, TensorData};

use super::erased::ErasedNeuron;
use crate::neuron::Neuron;
use crate::number::Fields;

/// What neurons of any kind carry from one call to the next: their state, and outputs in flight if the layer delays
/// them.
///
/// It is a value: a layer gives it back, and takes it again if the sequence goes on. Without it a sequence
/// begins at rest. So there is nothing to reset, and the next batch may have another size.
#[derive(Clone, Debug)]
pub struct PopulationState {
    /// `[states + delay, batch x features]`, and one row more if a layer has after-spikes
    packed: Tensor<2>,
    /// `[batch, features..]`
    shape: Shape,
    /// Whether the last row of `packed` is what after-spikes still have to take back.
    trace: bool,
    /// The names of the states, which are the first rows of `packed`.
    names: &'static [&'static str],
}

impl PopulationState {
    pub(crate) fn from_packed(neuron: &dyn ErasedNeuron, packed: Tensor<2>, shape: Shape) -> Self {
        Self { packed, shape, trace: false, names: neuron.state_names() }
    }

    /// The state of the neurons, and what their after-spikes still have to take back, `[1, batch x features]`.
    pub(crate) fn split_trace(self) -> (Self, Option<Tensor<2>>) {
        if !self.trace {
            return (self, None);
        }
        let [rows, width] = self.packed.dims();
        let trace = self.packed.clone().slice([rows - 1..rows, 0..width]);
        let packed = self.packed.slice([0..rows - 1, 0..width]);
        (Self { packed, trace: false, ..self }, Some(trace))
    }

    /// The same with what after-spikes still have to take back.
    pub(crate) fn with_trace(self, trace: Tensor<2>) -> Self {
        Self { packed: Tensor::cat(vec![self.packed, trace], 0), trace: true, ..self }
    }

    /// All its values: `[states + delay, batch x features]`, and one row more if a layer has after-spikes.
    pub fn packed(&self) -> Tensor<2> {
        self.packed.clone()
    }

    pub(crate) fn resting(
        neuron: &dyn ErasedNeuron,
        parameters: &[f64],
        shape: Shape,
        delay: usize,
        options: impl Into<TensorCreationOptions>,
    ) -> Self {
        let rest = neuron.resting(parameters);
        let (width, rows) = (shape.num_elements(), rest.len() + delay);
        let mut values = vec![0.0f64; rows * width];
        for (field, value) in rest.iter().enumerate() {
            values[field * width..][..width].fill(*value);
        }
        Self::from_packed(neuron, Tensor::from_data(TensorData::new(values, [rows, width]), options), shape)
    }

    /// The state of neurons of shape `[batch, features..]` whose fields have the values `rows`, `[features]` each, or
    /// `[1]` if all have the same; `delay` outputs (zero) are in flight.
    #[track_caller]
    pub(crate) fn from_rows(neuron: &dyn ErasedNeuron, rows: Vec<Tensor<1>>, shape: Shape, delay: usize) -> Self {
        let (batch, features): (usize, usize) = (shape[0], shape[1..].iter().product());
        let width = batch * features;
        let options = (rows[0].device(), rows[0].dtype());
        let mut packed: Vec<Tensor<2>> = Vec::new();
        for row in rows {
            let [values] = row.dims();
            assert!(
                values == 1 || values == features,
                "state: a learned beginning of {values} values for {features} features; as many are needed, or 1"
            );
            packed.push(row.reshape([1, values]).expand([batch, features]).reshape([1, width]));
        }
        if delay > 0 {
            packed.push(Tensor::zeros([delay, width], (&options.0, options.1)));
        }
        Self::from_packed(neuron, Tensor::cat(packed, 0), shape)
    }

    /// The same state with `value [batch, features..]` as the field called `name`.
    ///
    /// # Gradient
    /// With respect to `value`, exactly.
    ///
    /// # Panics
    /// If the neuron has no such field, or `value` is not of the state's shape.
    #[track_caller]
    pub fn with_field<const D: usize>(self, name: &str, value: Tensor<D>) -> Self {
        let (place, shape) = (self.place(name), value.shape());
        assert_eq!(
            shape.to_vec(),
            self.shape.to_vec(),
            "state: the field `{name}` has shape {:?}, a value of shape {:?} was given",
            self.shape.to_vec(),
            shape.to_vec()
        );
        let [rows, width] = self.packed.dims();
        let mut pieces = Vec::new();
        if place > 0 {
            pieces.push(self.packed.clone().slice([0..place, 0..width]));
        }
        pieces.push(value.reshape([1, width]).cast(self.packed.dtype()));
        if place + 1 < rows {
            pieces.push(self.packed.clone().slice([place + 1..rows, 0..width]));
        }
        Self { packed: Tensor::cat(pieces, 0), ..self }
    }

    #[track_caller]
    fn place(&self, name: &str) -> usize {
        self.names
            .iter()
            .position(|field| *field == name)
            .unwrap_or_else(|| panic!("state has no field `{name}`; it has {:?}", self.names))
    }

    /// The type of its values.
    pub(crate) fn dtype(&self) -> DType {
        self.packed.dtype()
    }

    /// The names of its fields.
    pub fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// The shape of each field: `[batch, features..]`.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How many outputs are in flight.
    pub fn delay(&self) -> usize {
        self.packed.dims()[0] - self.names.len() - usize::from(self.trace)
    }

    /// The field called `name`, of shape `[batch, features..]`.
    ///
    /// # Panics
    /// If the neuron has no such field, or `D` is not the rank of [`shape`](Self::shape).
    #[track_caller]
    pub fn field<const D: usize>(&self, name: &str) -> Tensor<D> {
        self.row(self.place(name))
    }

    /// The output that will leave `steps` steps from now (0: at the next step), of shape `[batch, features..]`.
    ///
    /// # Panics
    /// If fewer outputs are in flight.
    #[track_caller]
    pub fn in_flight<const D: usize>(&self, steps: usize) -> Tensor<D> {
        let delay = self.delay();
        assert!(steps < delay, "output {steps} steps ahead asked for, {delay} are in flight");
        self.row(self.names.len() + steps)
    }

    fn row<const D: usize>(&self, row: usize) -> Tensor<D> {
        self.packed.clone().slice([row..row + 1]).reshape(self.shape.clone())
    }

    /// The same state with other values, of the shape of [`packed`](Self::packed).
    pub fn map(self, map: impl FnOnce(Tensor<2>) -> Tensor<2>) -> Self {
        Self { packed: map(self.packed), ..self }
    }

    /// The same values as a fresh start of a graph, on the autodiff device, which receives a gradient.
    pub fn leaf(self) -> Self {
        self.map(|packed| Tensor::from_inner(packed).require_grad())
    }

    /// The same values outside autodiff.
    pub fn inner(self) -> Self {
        self.map(Tensor::inner)
    }

    /// The same values on the same device with autodiff.
    pub(crate) fn autodiff(self) -> Self {
        self.map(Tensor::autodiff)
    }

    /// The same values without their history: no gradient flows through them to earlier calls. This is
    /// truncated backpropagation through time.
    #[doc(alias = "detach_net")]
    #[doc(alias = "detach_hidden")]
    #[doc(alias = "TBPTT")]
    pub fn detach(self) -> Self {
        self.map(Tensor::detach)
    }
}

/// What neurons `N` carry from one call to the next: a [`PopulationState`] which no other neurons take.
#[derive(Clone, Debug)]
pub struct NeuronsState<N: Neuron> {
    state: PopulationState,
    _neuron: PhantomData<N>,
}

impl<N: Neuron> NeuronsState<N> {
    pub(crate) fn new(state: PopulationState) -> Self {
        Self { state, _neuron: PhantomData }
    }

    pub(crate) fn from_packed(packed: Tensor<2>, shape: Shape) -> Self {
        Self::new(PopulationState { packed, shape, trace: false, names: <N::State<f32> as Fields<f32>>::NAMES })
    }

    /// The same without the type of its neurons.
    pub(crate) fn erased(self) -> PopulationState {
        self.state
    }

    pub(crate) fn packed(&self) -> Tensor<2> {
        self.state.packed()
    }

    /// The state of rest of neurons of shape `[batch, features..]` with the same parameters each, and with
    /// `delay` outputs (zero) in flight, on a device (`&device`) or also of a type (`(&device, DType::F64)`).
    pub fn resting(
        neuron: &N,
        parameters: &N::Parameters<f64>,
        shape: impl Into<Shape>,
        delay: usize,
        options: impl Into<TensorCreationOptions>,
    ) -> Self {
        let parameters = crate::neuron::values_of::<N>(parameters);
        Self::new(PopulationState::resting(neuron, &parameters, shape.into(), delay, options))
    }

    /// The same state with `value [batch, features..]` as the field called `name`: how a sequence begins with values of
    /// your own, which may be learned, or those of another run.
    ///
    /// # Gradient
    /// With respect to `value`, exactly.
    ///
    /// # Panics
    /// If the neuron has no such field, or `value` is not of the state's shape.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    ///
    /// let device = Device::flex();
    /// let neurons = Neurons::lif(0.5);
    /// let begin = neurons.resting([1, 2], &device).with_field("membrane", Tensor::<2>::from_data([[0.8, -0.4]], &device));
    /// let last = neurons.forward(Tensor::<3>::zeros([1, 1, 2], &device), Some(begin)).last;
    /// let membrane: Vec<f32> = last.field::<2>("membrane").into_data().iter::<f32>().collect();
    /// assert_eq!(membrane, [0.4, -0.2]);
    /// ```
    #[track_caller]
    pub fn with_field<const D: usize>(self, name: &str, value: Tensor<D>) -> Self {
        Self::new(self.state.with_field(name, value))
    }

    /// The shape of each field: `[batch, features..]`.
    pub fn shape(&self) -> &Shape {
        self.state.shape()
    }

    /// How many outputs are in flight.
    pub fn delay(&self) -> usize {
        self.state.delay()
    }

    /// The field called `name`, of shape `[batch, features..]`.
    ///
    /// # Panics
    /// If the neuron has no such field, or `D` is not the rank of [`shape`](Self::shape).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    ///
    /// let current = Tensor::<3>::from_data([[[0.8, 0.4]]], &Device::flex()); // one step, two neurons
    /// let last = Neurons::lif(0.9).forward(current, None).last;
    /// let membrane: Tensor<2> = last.field("membrane");
    /// assert_eq!(membrane.into_data().iter::<f32>().collect::<Vec<_>>(), [0.8, 0.4]);
    /// ```
    #[track_caller]
    pub fn field<const D: usize>(&self, name: &str) -> Tensor<D> {
        self.state.field(name)
    }

    /// The output that will leave `steps` steps from now (0: at the next step), of shape `[batch, features..]`.
    ///
    /// # Panics
    /// If fewer outputs are in flight.
    #[track_caller]
    pub fn in_flight<const D: usize>(&self, steps: usize) -> Tensor<D> {
        self.state.in_flight(steps)
    }

    /// The same values as a fresh start of a graph, on the autodiff device, which receives a gradient.
    pub(crate) fn leaf(self) -> Self {
        Self::new(self.state.leaf())
    }

    /// The same values without their history: no gradient flows through them to earlier calls. This is
    /// truncated backpropagation through time.
    pub fn detach(self) -> Self {
        Self::new(self.state.detach())
    }
}
