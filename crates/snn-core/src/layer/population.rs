//! A population of neurons of any kind: one concrete type, which holds the neuron as a trait object.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::module::{Param, ParamId};
use burn::tensor::{DType, Device, Shape, Tensor, TensorData};

use super::after_spike::with_after_spikes;
use super::definition::Definition;
use super::transform::{Learning, Transform};
use crate::device::Execution;
use crate::init::{InputStatistics, RateInit};
use crate::neuron::{Neuron, values_of};
use crate::recurrence::{Recurrence, RecurrentScan, recurrent_scan, step_by_step};
use crate::scan::{AnyNeuron, ByReference, PopulationOutput, PopulationState, ReturnStates, ScanOptions, run, tap};

/// Neurons of one kind, driven by an input current: [`Neurons`](super::Neurons) without the type of the neuron. Networks that are
/// put together while a program runs are made of these; both run the same code, so they have the same bits.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::{Neurons, Population};
/// use snn_core::neuron::{GradedLif, GradedLifParameters, Izhikevich, IzhikevichParameters};
///
/// let device = Device::flex();
/// let graded = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };
/// let populations: Vec<Population> = vec![
///     Neurons::new(GradedLif::default(), graded).into(),
///     Neurons::new(Izhikevich::default(), IzhikevichParameters::regular_spiking()).into(),
/// ];
/// for population in &populations {
///     assert_eq!(population.forward(Tensor::<3>::ones([8, 2, 3], &device), None).output.dims(), [8, 2, 3]);
/// }
/// ```
#[derive(Debug)]
pub struct Population {
    /// What is learned, in the order in which it was made learnable: `[features]` each, or `[1]`. See [`Learning`] for
    /// what it has to do with the parameter.
    pub learned: Vec<Param<Tensor<1>>>,
    pub(super) roles: Vec<Role>,
    neuron: AnyNeuron,
    constants: Vec<f64>,
    options: ScanOptions,
    after_spike: Option<f64>,
    /// Whether these neurons have an identity: see "Clones" of [`Neurons`](super::Neurons).
    pub(super) placed: AtomicBool,
}

/// What a learned tensor is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Role {
    /// Its name among the parameters of the module.
    pub(super) name: &'static str,
    pub(super) of: Of,
    transform: Transform,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of {
    Parameter(usize),
    InitialState(usize),
}

impl Population {
    /// Neurons which run by Burn's tensor operations on every device: no kernels are compiled for them, which where there are
    /// many kinds of neurons takes a compiler minutes.
    ///
    /// # Panics
    /// If a parameter is outside its range; later, if the fused execution is asked for by name.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::{Neurons, Population};
    /// use snn_core::neuron::{Izhikevich, IzhikevichParameters, Refractory};
    /// use snn_core::device::Execution;
    ///
    /// let (neuron, parameters) = (Refractory::new(Izhikevich::default(), 5), IzhikevichParameters::regular_spiking());
    /// let population = Population::by_reference(neuron, parameters);
    /// let typed = Neurons::new(neuron, parameters).with_execution(Execution::Reference);
    /// let current = Tensor::<3>::full([50, 1, 1], 20.0, &Device::flex());
    /// let (a, b) = (population.forward(current.clone(), None).output, typed.forward(current, None).output);
    /// assert_eq!((a - b).abs().sum().into_scalar::<f32>(), 0.0);
    /// ```
    #[track_caller]
    pub fn by_reference<N: Neuron>(neuron: N, parameters: N::Parameters<f64>) -> Self {
        let population = Self::new(Arc::new(ByReference(neuron)), values_of::<N>(&parameters));
        population.with_execution(Execution::Reference)
    }

    #[track_caller]
    pub(crate) fn new(neuron: AnyNeuron, constants: Vec<f64>) -> Self {
        for (index, value) in constants.iter().enumerate() {
            require_in_range(&neuron, index, *value);
        }
        Self {
            learned: Vec::new(),
            roles: Vec::new(),
            neuron,
            constants,
            options: ScanOptions::default(),
            after_spike: None,
            placed: AtomicBool::new(false),
        }
    }

    /// The same neurons, each of whose spikes is followed by a smaller, longer negative signal that cancels it
    /// over time: [`AfterSpike`](crate::layer::AfterSpike) with κ = `decay`. It is part of the output only; the
    /// neurons themselves do not see it.
    ///
    /// # Panics
    /// If `decay` is not in [0, 1).
    #[track_caller]
    pub fn with_after_spike(mut self, decay: f64) -> Self {
        assert!((0.0..1.0).contains(&decay), "neurons: after-spike with decay {decay}, needs 0 <= decay < 1");
        self.after_spike = Some(decay);
        self
    }

    /// The same neurons, whose parameter called `name` is `value`.
    ///
    /// # Panics
    /// If the neuron has no such parameter, `value` lies outside its [range](crate::number::ParameterRange), or something is
    /// learnable already: what is learned starts from the parameters.
    #[track_caller]
    pub fn with_parameter(mut self, name: &str, value: f64) -> Self {
        assert!(self.roles.is_empty(), "neurons: `{name}` is set after something was made learnable; set it before");
        let place = self.place_of_parameter(name);
        require_in_range(&self.neuron, place, value);
        self.constants[place] = value;
        self
    }

    #[track_caller]
    fn place_of_parameter(&self, name: &str) -> usize {
        let names = self.neuron.parameter_names();
        names
            .iter()
            .position(|field| *field == name)
            .unwrap_or_else(|| panic!("neurons: no parameter `{name}`; there are {names:?}"))
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

    /// The same neurons, which return the states named by `return_states` with each call.
    pub fn with_return_states(mut self, return_states: ReturnStates) -> Self {
        self.options.return_states = return_states;
        self
    }

    /// The same neurons with an execution of your choice; see [`ScanOptions::execution`].
    pub fn with_execution(mut self, execution: Execution) -> Self {
        self.options.execution = Some(execution);
        self
    }

    /// The same neurons, whose parameter called `name` is learnable, starting from its constant: one value shared
    /// by all neurons (`features` 1) or one for each of `features` neurons.
    ///
    /// It is learned through a transform that keeps it in its [range](crate::number::ParameterRange);
    /// [`learn_as`](Self::learn_as) offers other ways.
    ///
    /// # Panics
    /// If the neuron has no such parameter, it is learnable already, `features` is 0, or it starts at a bound of its range,
    /// which the transform cannot reach.
    #[track_caller]
    pub fn learn(self, name: &str, features: usize, device: &Device) -> Self {
        self.learn_as(name, Learning::default(), features, device)
    }

    /// The same, learned as `learning` says.
    ///
    /// # Panics
    /// As [`learn`](Self::learn).
    #[track_caller]
    pub fn learn_as(self, name: &str, learning: Learning, features: usize, device: &Device) -> Self {
        let field = self.place_of_parameter(name);
        let start = self.constants[field];
        let range = self.neuron.range(field);
        let transform = Transform::new(learning, range, start);
        let role = Role { name: self.neuron.parameter_names()[field], of: Of::Parameter(field), transform };
        let Some(learned) = transform.inverse(start) else {
            panic!(
                "neurons: `{name}` starts at {start}, a bound of its range ({range}), where the {} transform through which it \
                 is learned never gets; start inside, or use Learning::Clamped or Learning::Raw",
                transform.name()
            );
        };
        self.with_learned(role, learned, features, device)
    }

    /// The same neurons, whose state called `name` is learnable where a sequence begins, starting from where it rests: one
    /// value shared by all neurons (`features` 1) or one for each of `features` neurons.
    ///
    /// # Panics
    /// If the neuron has no such state, its beginning is learnable already, or `features` is 0.
    #[track_caller]
    pub fn learn_initial(self, name: &str, features: usize, device: &Device) -> Self {
        let names = self.neuron.state_names();
        let field = names
            .iter()
            .position(|field| *field == name)
            .unwrap_or_else(|| panic!("neurons: no state `{name}`; there are {names:?}"));
        let start = self.neuron.resting(&self.constants)[field];
        let role = Role { name: names[field], of: Of::InitialState(field), transform: Transform::Identity };
        self.with_learned(role, start, features, device)
    }

    #[track_caller]
    fn with_learned(mut self, role: Role, start: f64, features: usize, device: &Device) -> Self {
        let name = role.name;
        assert!(!self.roles.iter().any(|other| other.of == role.of), "neurons: `{name}` is learnable already");
        assert!(features > 0, "neurons: `{name}` for 0 features, at least 1 needed");
        let widths = self.learned.iter().map(|learned| learned.dims()[0]);
        if let Some(other) = widths.filter(|width| *width != 1).find(|width| features != 1 && *width != features) {
            panic!(
                "neurons: `{name}` for {features} features, another learned parameter is for {other}; as many, or 1"
            );
        }
        let values = TensorData::new(vec![start as f32; features], [features]);
        self.learned.push(Param::from_data(values, device));
        self.roles.push(role);
        self
    }

    /// Another population of the same neurons: what is learned starts from the same values and goes its own way.
    pub fn apart(&self) -> Self {
        let copy = |learned: &Param<Tensor<1>>| {
            let value = learned.val();
            let trained = value.is_require_grad();
            Param::initialized(ParamId::new(), value.detach().set_require_grad(trained))
        };
        self.with(self.learned.iter().map(copy).collect(), false)
    }

    /// The same population as part of a layer: from now on a clone of it is the same population.
    pub(crate) fn placed(self) -> Self {
        let placed = self.apart();
        placed.placed.store(true, Ordering::Relaxed);
        placed
    }

    /// All but what is learned as it is here.
    pub(super) fn with(&self, learned: Vec<Param<Tensor<1>>>, placed: bool) -> Self {
        Self {
            learned,
            roles: self.roles.clone(),
            neuron: self.neuron.clone(),
            constants: self.constants.clone(),
            options: self.options,
            after_spike: self.after_spike,
            placed: AtomicBool::new(placed),
        }
    }

    pub(super) fn mapped(self, map: impl FnMut(Param<Tensor<1>>) -> Param<Tensor<1>>) -> Self {
        let mut rest = self;
        let learned = std::mem::take(&mut rest.learned);
        rest.learned = learned.into_iter().map(map).collect();
        rest.placed = AtomicBool::new(true);
        rest
    }

    /// The neuron and what is fixed about it, for instance `GradedLif { reset: Scaled }`.
    pub fn neuron(&self) -> String {
        format!("{:?}", self.neuron)
    }

    /// The names of the neuron's parameters.
    pub fn parameter_names(&self) -> &'static [&'static str] {
        self.neuron.parameter_names()
    }

    /// The names of the neuron's states.
    pub fn state_names(&self) -> &'static [&'static str] {
        self.neuron.state_names()
    }

    /// The constants from which the parameters started, in the order of their names.
    pub fn constants(&self) -> &[f64] {
        &self.constants
    }

    /// The constant from which the parameter `name` started; `None` if the neuron has no such parameter.
    pub fn constant(&self, name: &str) -> Option<f64> {
        let place = self.neuron.parameter_names().iter().position(|parameter| *parameter == name)?;
        Some(self.constants[place])
    }

    /// The size of weights at which these neurons fire at the share `rate` of the steps:
    /// [`init::weights_for_rate`](crate::init::weights_for_rate).
    ///
    /// # Panics
    /// As that.
    #[track_caller]
    pub fn weights_for_rate(&self, input: InputStatistics, rate: f64) -> RateInit {
        self.try_weights_for_rate(input, rate).unwrap_or_else(|sentence| panic!("{sentence}"))
    }

    /// The same; a sentence if the neurons cannot fire that often.
    ///
    /// # Errors
    /// If they cannot.
    ///
    /// # Panics
    /// If the rate is not between 0 and 1, or nothing comes in.
    #[track_caller]
    pub fn try_weights_for_rate(&self, input: InputStatistics, rate: f64) -> Result<RateInit, String> {
        self.neuron.weights_for_rate(&self.constants, input, rate)
    }

    /// Whether the parameter `name` starts where it can be [learned](Self::learn_as) as `learning` says: not at a bound of its
    /// range that the transform never reaches.
    ///
    /// # Panics
    /// If the neuron has no such parameter.
    #[track_caller]
    pub fn can_learn_as(&self, name: &str, learning: Learning) -> bool {
        let names = self.neuron.parameter_names();
        let field = names
            .iter()
            .position(|field| *field == name)
            .unwrap_or_else(|| panic!("neurons: no parameter `{name}`; there are {names:?}"));
        let start = self.constants[field];
        Transform::new(learning, self.neuron.range(field), start).inverse(start).is_some()
    }

    /// The scan's options.
    pub fn options(&self) -> ScanOptions {
        self.options
    }

    /// What these neurons are, besides what is learned: saved with it, see [`Definition`].
    pub fn definition(&self) -> Definition {
        let mut text = format!("{:?};", self.neuron);
        for (field, name) in self.neuron.parameter_names().iter().enumerate() {
            match self.role(Of::Parameter(field)) {
                Some((_, role)) => text += &format!(" {name} learned ({}),", role.transform.name()),
                None => text += &format!(" {name} {},", self.constants[field]),
            }
        }
        for (field, name) in self.neuron.state_names().iter().enumerate() {
            if self.role(Of::InitialState(field)).is_some() {
                text += &format!(" initial {name} learned,");
            }
        }
        text += &format!(" delay {}", self.options.delay);
        if let Some(decay) = self.after_spike {
            text += &format!(", after-spike {decay}");
        }
        Definition::new(text)
    }

    fn role(&self, of: Of) -> Option<(usize, Role)> {
        self.roles.iter().position(|role| role.of == of).map(|place| (place, self.roles[place]))
    }

    /// The learned value of `of`, through its transform, `[features]` or `[1]`; `None` if it is not learned.
    fn value(&self, of: Of, dtype: DType) -> Option<Tensor<1>> {
        let (place, role) = self.role(of)?;
        let learned = self.learned[place].val();
        let learned = if matches!(learned.dtype(), DType::QFloat(_)) { learned.dequantize() } else { learned };
        Some(role.transform.apply(learned.cast(dtype)))
    }

    /// The parameters as a scan takes them: `[parameters, features]`, or `[parameters, 1]` if all are shared.
    pub fn parameters(&self, device: &Device) -> Tensor<2> {
        self.parameters_in(device, DType::F32)
    }

    /// The same in another type.
    pub(crate) fn parameters_in(&self, device: &Device, dtype: DType) -> Tensor<2> {
        let constants = |range: std::ops::Range<usize>, width: usize| {
            let values: Vec<f64> = range.clone().flat_map(|field| vec![self.constants[field]; width]).collect();
            Tensor::<2>::from_data(TensorData::new(values, [range.len(), width]), (device, dtype))
        };
        let learned: Vec<Option<Tensor<1>>> =
            (0..self.constants.len()).map(|field| self.value(Of::Parameter(field), dtype)).collect();
        let width = learned.iter().flatten().map(|row| row.dims()[0]).max().unwrap_or(1);
        if learned.iter().all(Option::is_none) {
            return constants(0..self.constants.len(), 1);
        }
        let rows = learned.into_iter().enumerate().map(|(field, row)| match row {
            None => constants(field..field + 1, width),
            Some(row) => {
                let row = row.unsqueeze::<2>();
                if row.dims()[1] == width { row } else { row.expand([1, width]) }
            }
        });
        Tensor::cat(rows.collect(), 0)
    }

    /// The state in which a sequence begins, for a batch of shape `[batch, features..]`: where the neurons rest, by what is
    /// learned of it now, or the [learned beginning](Self::learn_initial).
    #[track_caller]
    pub fn resting<const D: usize>(&self, shape: [usize; D], device: &Device) -> PopulationState {
        self.beginning(Shape::from(shape.to_vec()), &self.parameters(device))
    }

    #[track_caller]
    pub(crate) fn beginning(&self, shape: Shape, parameters: &Tensor<2>) -> PopulationState {
        let (device, dtype, delay) = (parameters.device(), parameters.dtype(), self.options.delay);
        if self.roles.is_empty() {
            return PopulationState::resting(&*self.neuron, &self.constants, shape, delay, (&device, dtype));
        }
        let mut rows = self.neuron.resting_rows(parameters.clone());
        for (field, row) in rows.iter_mut().enumerate() {
            if let Some(learned) = self.value(Of::InitialState(field), dtype) {
                *row = learned;
            }
        }
        PopulationState::from_rows(&*self.neuron, rows, shape, delay)
    }

    /// Runs through all time steps of `current [time, batch, features..]`; `None` starts at rest. See [`scan`](crate::scan::scan).
    ///
    /// # Panics
    /// As [`scan`](crate::scan::scan).
    #[track_caller]
    pub fn forward<const D: usize>(&self, current: Tensor<D>, state: Option<PopulationState>) -> PopulationOutput<D> {
        let parameters = self.parameters_in(&current.device(), current.dtype());
        let state = state.unwrap_or_else(|| self.beginning(frame_shape(&current), &parameters));
        self.forward_with(parameters, current, state)
    }

    /// The same with parameters made before, for callers who run one step after the other.
    #[track_caller]
    pub(crate) fn forward_with<const D: usize>(
        &self,
        parameters: Tensor<2>,
        current: Tensor<D>,
        state: PopulationState,
    ) -> PopulationOutput<D> {
        self.placed.store(true, Ordering::Relaxed);
        let (state, trace) = state.split_trace();
        let mut scanned = run(&self.neuron, current, parameters, state, self.options);
        if let Some(decay) = self.after_spike {
            let (output, trace) = with_after_spikes(scanned.output, decay, trace, self.options.execution);
            tap::after_spikes(&output, decay);
            scanned.output = output;
            scanned.last = scanned.last.with_trace(trace);
        }
        scanned
    }
}

impl Population {
    /// Runs through all time steps of `current [time, batch, neurons]`, to which what these neurons sent comes back. No tap
    /// sees it.
    #[track_caller]
    pub(crate) fn recurrent(
        &self,
        parameters: Tensor<2>,
        current: Tensor<3>,
        recurrence: Recurrence,
        state: PopulationState,
    ) -> RecurrentScan {
        let possible = Execution::on(&current.device(), current.dtype());
        let execution = self.options.execution.unwrap_or(possible);
        if self.after_spike.is_none() && execution == Execution::Fused && possible == Execution::Fused {
            self.placed.store(true, Ordering::Relaxed);
            return recurrent_scan(&self.neuron, current, recurrence, parameters, state, self.options);
        }
        step_by_step(current, recurrence, state, |current, state| {
            tap::unseen(|| self.forward_with(parameters.clone(), current, state))
        })
    }
}

#[track_caller]
fn require_in_range(neuron: &AnyNeuron, index: usize, value: f64) {
    let range = neuron.range(index);
    assert!(
        range.contains(value),
        "neurons: the parameter `{}` of {neuron:?} is {value}, its range is: {range}",
        neuron.parameter_names()[index]
    );
}

/// The shape of one time step.
#[track_caller]
fn frame_shape<const D: usize>(sequence: &Tensor<D>) -> Shape {
    assert!(D >= 3, "neurons: an input of {D} axes, [time, batch, features..] is needed");
    Shape::from(sequence.shape()[1..].to_vec())
}
