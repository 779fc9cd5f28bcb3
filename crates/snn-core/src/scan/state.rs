//! The state of a layer as a value.

use std::marker::PhantomData;

use burn::tensor::{Shape, Tensor, TensorCreationOptions, TensorData};

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
    /// `delay` outputs (zero) under way, on a device (`&device`) or also of a type (`(&device, DType::F64)`).
    pub fn resting(
        neuron: &N,
        parameters: &N::Parameters<f64>,
        shape: impl Into<Shape>,
        delay: usize,
        options: impl Into<TensorCreationOptions>,
    ) -> Self {
        let shape = shape.into();
        let rest = neuron.resting_state(parameters);
        let width = shape.num_elements();
        let mut values = vec![0.0f64; (state_count::<N>() + delay) * width];
        for field in 0..state_count::<N>() {
            values[field * width..][..width].fill(rest.get(field));
        }
        let rows = state_count::<N>() + delay;
        Self::from_packed(Tensor::from_data(TensorData::new(values, [rows, width]), options), shape)
    }

    /// The state of neurons of shape `[batch, features..]` whose fields have the numbers `rows`, `[features]` each, or
    /// `[1]` if all have the same; `delay` outputs (zero) are under way.
    #[track_caller]
    pub(crate) fn from_rows(rows: Vec<Tensor<1>>, shape: Shape, delay: usize) -> Self {
        let (batch, features): (usize, usize) = (shape[0], shape[1..].iter().product());
        let width = batch * features;
        let options = (rows[0].device(), rows[0].dtype());
        let mut packed: Vec<Tensor<2>> = Vec::new();
        for row in rows {
            let [numbers] = row.dims();
            assert!(
                numbers == 1 || numbers == features,
                "state: a learned beginning of {numbers} numbers for {features} features; as many are needed, or 1"
            );
            packed.push(row.reshape([1, numbers]).expand([batch, features]).reshape([1, width]));
        }
        if delay > 0 {
            packed.push(Tensor::zeros([delay, width], (&options.0, options.1)));
        }
        Self::from_packed(Tensor::cat(packed, 0), shape)
    }

    /// The same state with `value [batch, features..]` as the field called `name`: how a sequence begins with numbers of
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
    /// use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};
    ///
    /// let device = Device::flex();
    /// let neurons = Neurons::new(Lif::default(), LifParameters::new(Decay::Multiplier(0.5), InputScale::One, 1.0));
    /// let begin = neurons.resting([1, 2], &device).with_field("membrane", Tensor::<2>::from_data([[0.8, -0.4]], &device));
    /// let last = neurons.forward(Tensor::<3>::zeros([1, 1, 2], &device), Some(begin)).last;
    /// let membrane: Vec<f32> = last.field::<2>("membrane").into_data().iter::<f32>().collect();
    /// assert_eq!(membrane, [0.4, -0.2]);
    /// ```
    #[track_caller]
    pub fn with_field<const D: usize>(self, name: &str, value: Tensor<D>) -> Self {
        let (place, shape) = (Self::place(name), value.shape());
        assert_eq!(
            shape.to_vec(),
            self.shape.to_vec(),
            "state: the field `{name}` has shape {:?}, numbers of shape {:?} were given",
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
    fn place(name: &str) -> usize {
        let names = <N::State<f32> as Fields<f32>>::NAMES;
        names
            .iter()
            .position(|field| *field == name)
            .unwrap_or_else(|| panic!("state has no field `{name}`; it has {names:?}"))
    }

    /// The type of its numbers.
    pub(crate) fn dtype(&self) -> burn::tensor::DType {
        self.packed.dtype()
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
    #[track_caller]
    pub fn field<const D: usize>(&self, name: &str) -> Tensor<D> {
        self.row(Self::place(name))
    }

    /// The output which will leave `steps` steps from now (0: at the next step), of shape `[batch, features..]`.
    ///
    /// # Panics
    /// If fewer outputs are under way.
    #[track_caller]
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
