//! A population of neurons as a Burn module.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::after_spike::with_after_spikes;
use crate::neuron::{Fields, Neuron, parameter_count};
use crate::scan::{LayerState, Path, Record, ScanOptions, Scanned, scan};

/// Neurons of one kind, driven by an input current. Their parameters are constants unless made
/// [learnable](Neurons::learn); only what is learned is a parameter of the module, and saved with it.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{Article, ArticleParameters};
///
/// let device = Device::flex();
/// let constants = ArticleParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };
/// let neurons = Neurons::new(Article::default(), constants).with_delay(1);
/// let current = Tensor::<3>::ones([128, 4, 10], &device); // [time, batch, features]
/// let scanned = neurons.forward(current.clone(), None);
/// // The state is a value: hand it on, and the sequence goes on.
/// let later = neurons.forward(current, Some(scanned.last));
/// assert_eq!(later.output.dims(), [128, 4, 10]);
/// ```
#[derive(Module, Debug)]
pub struct Neurons<N: Neuron> {
    /// The learned parameters, in the order in which they were made learnable: `[features]` each, or `[1]`.
    pub learned: Vec<Param<Tensor<1>>>,
    #[module(skip)]
    learned_fields: Vec<usize>,
    #[module(skip)]
    neuron: N,
    #[module(skip)]
    constants: Vec<f64>,
    #[module(skip)]
    options: ScanOptions,
    #[module(skip)]
    after_spike: Option<f64>,
}

impl<N: Neuron> Neurons<N> {
    /// Neurons with the parameters `constants`.
    pub fn new(neuron: N, constants: N::Parameters<f64>) -> Self {
        Self {
            learned: Vec::new(),
            learned_fields: Vec::new(),
            neuron,
            constants: (0..parameter_count::<N>()).map(|i| constants.get(i)).collect(),
            options: ScanOptions::default(),
            after_spike: None,
        }
    }

    /// The same neurons, each of whose spikes is followed by a smaller, longer negative signal which cancels it
    /// over time: [`AfterSpike`](crate::layer::AfterSpike) with κ = `decay`. It is part of the output only; the
    /// neurons themselves do not see it.
    ///
    /// # Panics
    /// If `decay` is not in [0, 1).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    /// use snn_core::neuron::{Article, ArticleParameters};
    ///
    /// let constants = ArticleParameters { decay: 0.0, threshold: 1.0, penalty: 1.5 };
    /// let neurons = Neurons::new(Article::default(), constants).with_after_spike(0.5);
    /// let current = Tensor::<3>::from_data([[[2.0]], [[0.0]], [[0.0]], [[0.0]]], &Device::flex());
    /// let output: Vec<f32> = neurons.forward(current, None).output.into_data().iter::<f32>().collect();
    /// assert_eq!(output, [1.0, -0.5, -0.25, -0.125]);
    /// ```
    pub fn with_after_spike(mut self, decay: f64) -> Self {
        assert!((0.0..1.0).contains(&decay), "neurons: after-spike with decay {decay}, needs 0 <= decay < 1");
        self.after_spike = Some(decay);
        self
    }

    /// κ of the after-spike, if there is one.
    pub fn after_spike(&self) -> Option<f64> {
        self.after_spike
    }

    /// The same neurons, whose output leaves `steps` steps late (axonal delay).
    pub fn with_delay(mut self, steps: usize) -> Self {
        self.options.delay = steps;
        self
    }

    /// The same neurons, which return the states named by `record` with each call.
    pub fn with_record(mut self, record: Record) -> Self {
        self.options.record = record;
        self
    }

    /// The same neurons on a path of one's choice; see [`ScanOptions::path`].
    pub fn with_path(mut self, path: Path) -> Self {
        self.options.path = Some(path);
        self
    }

    /// The same neurons, the parameter called `name` learnable, starting from its constant: one value shared
    /// by all neurons (`features` 1) or one for each of `features` neurons.
    ///
    /// # Panics
    /// If the neuron has no such parameter, or it is learnable already.
    pub fn learn(mut self, name: &str, features: usize, device: &Device) -> Self {
        let names = <N::Parameters<f32> as Fields<f32>>::NAMES;
        let field = names
            .iter()
            .position(|field| *field == name)
            .unwrap_or_else(|| panic!("neurons: no parameter `{name}`; there are {names:?}"));
        assert!(!self.learned_fields.contains(&field), "neurons: parameter `{name}` is learnable already");
        let values = vec![self.constants[field] as f32; features];
        self.learned.push(Param::from_data(TensorData::new(values, [features]), device));
        self.learned_fields.push(field);
        self
    }

    /// The neuron.
    pub fn neuron(&self) -> &N {
        &self.neuron
    }

    /// The constants from which the neurons started.
    pub fn constants(&self) -> N::Parameters<f64> {
        N::Parameters::from_fn(|i| self.constants[i])
    }

    /// The scan's options.
    pub fn options(&self) -> ScanOptions {
        self.options
    }

    /// The parameters as a scan takes them: `[parameters, features]`, or `[parameters, 1]` if all are shared.
    pub fn parameters(&self, device: &Device) -> Tensor<2> {
        let width = self.learned.iter().map(|learned| learned.dims()[0]).max().unwrap_or(1);
        let constant = |field: usize| {
            let row = vec![self.constants[field] as f32; width];
            Tensor::<2>::from_data(TensorData::new(row, [1, width]), device)
        };
        if self.learned.is_empty() {
            return Tensor::cat((0..self.constants.len()).map(constant).collect(), 0);
        }
        let rows = (0..self.constants.len())
            .map(|field| match self.learned_fields.iter().position(|learned| *learned == field) {
                None => constant(field),
                Some(place) => {
                    let row = self.learned[place].val().unsqueeze::<2>();
                    if row.dims()[1] == width { row } else { row.expand([1, width]) }
                }
            })
            .collect();
        Tensor::cat(rows, 0)
    }

    /// The state at rest for a batch of shape `[batch, features..]`.
    pub fn resting<const D: usize>(&self, shape: [usize; D], device: &Device) -> LayerState<N> {
        LayerState::resting(&self.neuron, &self.constants(), shape, self.options.delay, device)
    }

    /// Runs through all time steps of `current [time, batch, features..]`; `None` starts at rest. See [`scan`].
    pub fn forward<const D: usize>(&self, current: Tensor<D>, state: Option<LayerState<N>>) -> Scanned<N, D> {
        let device = current.device();
        let state = state.unwrap_or_else(|| {
            let shape = current.shape()[1..].to_vec();
            LayerState::resting(&self.neuron, &self.constants(), shape, self.options.delay, &device)
        });
        self.forward_with(self.parameters(&device), current, state)
    }

    /// The same with parameters made before, for callers who run one step after the other.
    pub(crate) fn forward_with<const D: usize>(
        &self,
        parameters: Tensor<2>,
        current: Tensor<D>,
        state: LayerState<N>,
    ) -> Scanned<N, D> {
        let (state, owed) = state.split_owed();
        let mut scanned = scan(self.neuron, current, parameters, state, self.options);
        if let Some(decay) = self.after_spike {
            let (output, owed) = with_after_spikes(scanned.output, decay, owed, self.options.path);
            crate::record::after_spikes(&output, decay);
            scanned.output = output;
            scanned.last = scanned.last.with_owed(owed);
        }
        scanned
    }
}
