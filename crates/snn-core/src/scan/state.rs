//! The state of a layer as a value.

use std::marker::PhantomData;

use burn::tensor::{Device, Shape, Tensor, TensorData};

use crate::neuron::{Fields, Neuron, state_count};

/// What neurons `N` carry from one call to the next: their state, and outputs under way if the layer delays
/// them.
///
/// It is a value: a layer gives it back, and takes it again if the sequence goes on. Without it a sequence
/// begins at rest. So there is nothing to reset, and the next batch may have another size.
#[derive(Clone, Debug)]
pub struct LayerState<N: Neuron> {
    /// `[states + delay, batch x features]`, and one row more if a layer has after-spikes
    packed: Tensor<2>,
    /// `[batch, features..]`
    shape: Shape,
    /// Whether the last row of `packed` is what after-spikes still have to take back.
    owed: bool,
    _neuron: PhantomData<N>,
}

impl<N: Neuron> LayerState<N> {
    pub(crate) fn from_packed(packed: Tensor<2>, shape: Shape) -> Self {
        Self { packed, shape, owed: false, _neuron: PhantomData }
    }

    /// The state of the neurons, and what their after-spikes still have to take back, `[1, batch x features]`.
    pub(crate) fn split_owed(self) -> (Self, Option<Tensor<2>>) {
        if !self.owed {
            return (self, None);
        }
        let [rows, width] = self.packed.dims();
        let owed = self.packed.clone().slice([rows - 1..rows, 0..width]);
        let packed = self.packed.slice([0..rows - 1, 0..width]);
        (Self { packed, owed: false, ..self }, Some(owed))
    }

    /// The same with what after-spikes still have to take back.
    pub(crate) fn with_owed(self, owed: Tensor<2>) -> Self {
        Self { packed: Tensor::cat(vec![self.packed, owed], 0), owed: true, ..self }
    }

    pub(crate) fn packed(&self) -> Tensor<2> {
        self.packed.clone()
    }

    /// The state of rest of neurons of shape `[batch, features..]` with the same parameters each, and with
    /// `delay` outputs (zero) under way.
    pub fn resting(
        neuron: &N,
        parameters: &N::Parameters<f64>,
        shape: impl Into<Shape>,
        delay: usize,
        device: &Device,
    ) -> Self {
        let shape = shape.into();
        let rest = neuron.resting_state(parameters);
        let width = shape.num_elements();
        let mut values = vec![0.0f32; (state_count::<N>() + delay) * width];
        for field in 0..state_count::<N>() {
            values[field * width..][..width].fill(rest.get(field) as f32);
        }
        let rows = state_count::<N>() + delay;
        Self::from_packed(Tensor::from_data(TensorData::new(values, [rows, width]), device), shape)
    }

    /// The shape of each field: `[batch, features..]`.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How many outputs are under way.
    pub fn delay(&self) -> usize {
        self.packed.dims()[0] - state_count::<N>() - usize::from(self.owed)
    }

    /// The field called `name`, of shape `[batch, features..]`.
    ///
    /// # Panics
    /// If the neuron has no such field, or `D` is not the rank of [`shape`](Self::shape).
    pub fn field<const D: usize>(&self, name: &str) -> Tensor<D> {
        let names = <N::State<f32> as Fields<f32>>::NAMES;
        let row = names
            .iter()
            .position(|field| *field == name)
            .unwrap_or_else(|| panic!("state has no field `{name}`; it has {names:?}"));
        self.row(row)
    }

    /// The output which will leave `steps` steps from now (0: at the next step), of shape `[batch, features..]`.
    ///
    /// # Panics
    /// If fewer outputs are under way.
    pub fn under_way<const D: usize>(&self, steps: usize) -> Tensor<D> {
        let delay = self.delay();
        assert!(steps < delay, "output {steps} steps ahead asked for, {delay} are under way");
        self.row(state_count::<N>() + steps)
    }

    /// The same numbers as a fresh start of a graph, on the autodiff device, which receives a gradient.
    pub(crate) fn leaf(self) -> Self {
        Self { packed: Tensor::from_inner(self.packed).require_grad(), ..self }
    }

    fn row<const D: usize>(&self, row: usize) -> Tensor<D> {
        self.packed.clone().slice([row..row + 1]).reshape(self.shape.clone())
    }

    /// The same numbers outside autodiff.
    pub(crate) fn inner(self) -> Self {
        Self { packed: self.packed.inner(), ..self }
    }

    /// The same numbers on the same device with autodiff.
    pub(crate) fn autodiff(self) -> Self {
        Self { packed: self.packed.autodiff(), ..self }
    }

    /// The same numbers without their history: no gradient flows through them to earlier calls. This is
    /// truncated backpropagation through time.
    pub fn detach(self) -> Self {
        Self { packed: self.packed.detach(), ..self }
    }
}
