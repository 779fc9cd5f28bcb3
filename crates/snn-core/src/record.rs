//! Recording: what every population of neurons did while a closure ran, without touching the model.
//!
//! [`record`] opens a tap; every [`scan`](crate::scan::scan) which runs in the same thread until the closure ends
//! leaves a [`NeuronsRecording`] there. So any Burn model which contains our layers can be recorded, as it is. Off, a
//! scan reads one thread-local flag and nothing else.
//!
//! # Example
//! ```
//! use burn::tensor::{Device, Tensor};
//! use snn_core::layer::SpikingStackConfig;
//! use snn_core::neuron::GradedLifReset;
//! use snn_core::noise::NoiseSeed;
//! use snn_core::record::record;
//!
//! let device = Device::flex();
//! let block = SpikingStackConfig { sizes: vec![6, 5, 3], time_steps: 8, ..SpikingStackConfig::chevalier2018(0) }
//!     .init_chevalier2018(GradedLifReset::Scaled, &device);
//! let (logits, recording) = record(|| block.forward(Tensor::ones([4, 6], &device), NoiseSeed::new(0)));
//! assert_eq!(logits.dims(), [4, 3]);
//! assert_eq!(recording.populations.len(), 2);
//! assert_eq!(recording.populations[0].state::<3>("membrane").dims(), [8, 4, 5]);
//! ```

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use burn::tensor::{Gradients, Shape, Tensor};

use crate::scan::{AnyNeuron, Execution, PopulationOutput, PopulationState, ReturnStates, ScanOptions, run_unrecorded};

thread_local! {
    /// How many recordings are open in this thread: the one thing a scan reads when none is.
    static OPEN: Cell<usize> = const { Cell::new(0) };
    /// The open recordings, outermost first.
    static TAPS: RefCell<Vec<Tap>> = const { RefCell::new(Vec::new()) };
    /// What the populations which run now are called.
    static NAME: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `run`; populations that are recorded in it are called `name`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{Lif, LifParameters};
/// use snn_core::record::{named, record};
///
/// let neurons = Neurons::new(Lif::default(), LifParameters::default());
/// let current = Tensor::<3>::ones([8, 1, 2], &Device::flex());
/// let (_, recording) = record(|| named("hidden", || neurons.forward(current, None)));
/// assert_eq!(recording.populations[0].name.as_deref(), Some("hidden"));
/// ```
pub fn named<R>(name: &str, run: impl FnOnce() -> R) -> R {
    if !is_recording() {
        return run();
    }
    struct Restore(Option<String>);
    impl Drop for Restore {
        fn drop(&mut self) {
            NAME.replace(self.0.take());
        }
    }
    let _restore = Restore(NAME.replace(Some(name.to_owned())));
    run()
}

struct Tap {
    gradients: bool,
    populations: Vec<NeuronsRecording>,
}

/// Closes the innermost recording when dropped, also when the closure panicked.
struct OpenTap;

impl OpenTap {
    fn new(gradients: bool) -> Self {
        TAPS.with_borrow_mut(|taps| taps.push(Tap { gradients, populations: Vec::new() }));
        OPEN.set(OPEN.get() + 1);
        Self
    }
}
impl Drop for OpenTap {
    fn drop(&mut self) {
        OPEN.set(OPEN.get() - 1);
        let tap = TAPS.with_borrow_mut(Vec::pop);
        // What ran inside ran inside the recording around it, too.
        if let Some(tap) = tap {
            TAPS.with_borrow_mut(|taps| {
                if let Some(outer) = taps.last_mut() {
                    outer.populations.extend(tap.populations);
                }
            });
        }
    }
}

/// Runs `run` and records every population of neurons which runs in it, in this thread, in the order of the
/// calls. It changes no result and no gradient: what is recorded is beside the graph.
///
/// Recordings may be nested; the outer one sees everything. See the [module](self) for an example.
pub fn record<R>(run: impl FnOnce() -> R) -> (R, Recording) {
    record_with(false, run)
}

/// The same, and the gradient of a loss with respect to each population's input current and output can be asked
/// for afterwards: [`NeuronsRecording::current_gradient`], [`NeuronsRecording::output_gradient`]. They come out of the
/// backward pass which trains.
///
/// # Panics
/// At the first scan whose input is on a device without autodiff.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{GradedLif, GradedLifParameters};
/// use snn_core::record::record_gradients;
///
/// let device = Device::flex().autodiff();
/// let neurons = Neurons::new(GradedLif::default(), GradedLifParameters { decay: 0.5, threshold: 1.0, penalty: 1.5 });
/// let current = Tensor::<3>::from_data([[[0.8]], [[0.8]]], &device); // u = 0.8, 1.2: a spike at step 1
/// let (output, recording) = record_gradients(|| neurons.forward(current, None).output);
/// let gradients = output.sum().backward();
/// let of_current = recording.populations[0].current_gradient::<3>(&gradients);
/// assert_eq!(of_current.into_data().iter::<f32>().collect::<Vec<_>>(), [0.5, 1.0]);
/// ```
pub fn record_gradients<R>(run: impl FnOnce() -> R) -> (R, Recording) {
    record_with(true, run)
}

fn record_with<R>(gradients: bool, run: impl FnOnce() -> R) -> (R, Recording) {
    let open = OpenTap::new(gradients);
    let result = run();
    let populations = TAPS.with_borrow(|taps| taps.last().map_or(Vec::new(), |tap| tap.populations.clone()));
    drop(open);
    (result, Recording { populations })
}

/// What all populations did during one [`record`].
#[derive(Clone, Debug)]
pub struct Recording {
    /// The populations in the order in which they ran; one which ran twice is there twice.
    pub populations: Vec<NeuronsRecording>,
}

/// What one population of neurons did in one call. Row `t` of all its tensors is step `t` of the neurons: what
/// came in, what they sent, what they were left with. None of them carries a graph.
#[derive(Clone)]
pub struct NeuronsRecording {
    /// What it was [called](named).
    pub name: Option<String>,
    /// The neuron and what is fixed about it, for instance `GradedLif { reset: Scaled }`.
    pub neuron: String,
    /// How many steps late the output leaves.
    pub delay: usize,
    /// κ of the [after-spike](crate::layer::AfterSpike) which the layer adds, if it does.
    pub after_spike: Option<f64>,
    /// How the scan ran.
    pub execution: Execution,
    shape: Shape,
    state_names: &'static [&'static str],
    parameter_names: &'static [&'static str],
    parameters: Tensor<2>,
    pub(crate) current: Tensor<2>,
    pub(crate) spikes: Tensor<2>,
    arriving: Tensor<2>,
    output: Tensor<2>,
    states: Vec<Tensor<2>>,
    resting: Vec<Tensor<2>>,
    replay: Arc<dyn Fn(Tensor<2>) -> Tensor<2> + Send + Sync>,
    probes: Option<Probes>,
}

/// Zeros which were added to a current and an output, so that their gradients can be asked for.
#[derive(Clone)]
struct Probes {
    current: Tensor<2>,
    output: Tensor<2>,
}

impl NeuronsRecording {
    /// `[time, batch, features..]`
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Time steps.
    pub fn steps(&self) -> usize {
        self.shape[0]
    }

    /// Samples.
    pub fn batch(&self) -> usize {
        self.shape[1]
    }

    /// Neurons: all feature axes as one.
    pub fn neurons(&self) -> usize {
        self.shape[2..].iter().product()
    }

    /// The same with all feature axes as one, `[time, batch, neurons]`: how a picture shows feature maps.
    pub fn flattened(&self) -> Self {
        Self { shape: Shape::from(vec![self.steps(), self.batch(), self.neurons()]), ..self.clone() }
    }

    /// The names of the states.
    pub fn state_names(&self) -> &'static [&'static str] {
        self.state_names
    }

    /// The value of the parameter `name` of the first neuron, or `None` if the neuron has no such parameter.
    pub fn parameter(&self, name: &str) -> Option<f32> {
        let row = self.parameter_names.iter().position(|field| *field == name)?;
        self.parameters.clone().slice([row..row + 1, 0..1]).into_data().iter::<f32>().next()
    }

    /// The input current.
    pub fn current<const D: usize>(&self) -> Tensor<D> {
        self.current.clone().reshape(self.shape.clone())
    }

    /// The spikes at the step at which they were fired, whatever the axonal delay.
    pub fn spikes<const D: usize>(&self) -> Tensor<D> {
        self.spikes.clone().reshape(self.shape.clone())
    }

    /// The spikes at the step at which they leave, late by the axonal delay: when the next layer receives them.
    pub fn arriving_spikes<const D: usize>(&self) -> Tensor<D> {
        self.arriving.clone().reshape(self.shape.clone())
    }

    /// The output as it left: late by the axonal delay, with what a layer adds to it (an after-spike).
    pub fn output<const D: usize>(&self) -> Tensor<D> {
        self.output.clone().reshape(self.shape.clone())
    }

    /// The state `name` after each step, reset included.
    ///
    /// # Panics
    /// If the neuron has no such state.
    pub fn state<const D: usize>(&self, name: &str) -> Tensor<D> {
        self.states[self.field(name)].clone().reshape(self.shape.clone())
    }

    /// The state `name` before each step; its first row is the state at which the call began.
    ///
    /// # Panics
    /// If the neuron has no such state.
    pub fn state_before<const D: usize>(&self, name: &str) -> Tensor<D> {
        let field = self.field(name);
        let (steps, width) = (self.steps(), self.states[field].dims()[1]);
        let earlier = self.states[field].clone().slice([0..steps - 1, 0..width]);
        let rows = if steps == 1 {
            self.resting[field].clone()
        } else {
            Tensor::cat(vec![self.resting[field].clone(), earlier], 0)
        };
        rows.reshape(self.shape.clone())
    }

    fn field(&self, name: &str) -> usize {
        self.state_names.iter().position(|field| *field == name).unwrap_or_else(|| {
            panic!("recording: {} has no state `{name}`; it has {:?}", self.neuron, self.state_names)
        })
    }

    /// Runs the same neurons, from the same state, over another current `[time, batch x features]`, and returns
    /// their output `[time, batch x features]`: late by the delay, differentiable as in training.
    pub fn replay(&self, current: Tensor<2>) -> Tensor<2> {
        (self.replay)(current)
    }

    /// The derivative of a loss with respect to the input current at each step, zero if it does not depend on it.
    ///
    /// # Panics
    /// If the population was not recorded by [`record_gradients`].
    pub fn current_gradient<const D: usize>(&self, gradients: &Gradients) -> Tensor<D> {
        self.gradient(|probes| &probes.current, gradients).reshape(self.shape.clone())
    }

    /// The derivative of a loss with respect to the output as it left, zero if it does not depend on it.
    ///
    /// # Panics
    /// If the population was not recorded by [`record_gradients`].
    pub fn output_gradient<const D: usize>(&self, gradients: &Gradients) -> Tensor<D> {
        self.gradient(|probes| &probes.output, gradients).reshape(self.shape.clone())
    }

    fn gradient(&self, of: impl Fn(&Probes) -> &Tensor<2>, gradients: &Gradients) -> Tensor<2> {
        let probes = self.probes.as_ref().expect("a gradient was asked for; record with `record_gradients`");
        of(probes).grad(gradients).unwrap_or_else(|| self.current.zeros_like())
    }
}

impl fmt::Debug for NeuronsRecording {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NeuronsRecording")
            .field("neuron", &self.neuron)
            .field("shape", &self.shape.to_vec())
            .field("states", &self.state_names)
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}

/// Whether a recording is open in this thread. Each scan asks once; it is all that recording costs when it is off.
///
/// # Example
/// ```
/// use snn_core::record::{is_recording, record};
/// assert!(!is_recording());
/// assert!(record(is_recording).0);
/// ```
#[inline(always)]
pub fn is_recording() -> bool {
    OPEN.get() > 0
}

/// Runs `run` unseen by the recordings which are open.
pub fn unrecorded<R>(run: impl FnOnce() -> R) -> R {
    struct Reopen(usize);
    impl Drop for Reopen {
        fn drop(&mut self) {
            OPEN.set(self.0);
        }
    }
    let _reopen = Reopen(OPEN.replace(0));
    run()
}

/// Tells the innermost recording that a layer added after-spikes to the output of the population which ran last.
pub(crate) fn after_spikes<const D: usize>(output: &Tensor<D>, decay: f64) {
    if !is_recording() {
        return;
    }
    TAPS.with_borrow_mut(|taps| {
        if let Some(population) = taps.last_mut().and_then(|tap| tap.populations.last_mut()) {
            let shape = population.output.shape();
            population.output = output.clone().inner().reshape(shape);
            population.after_spike = Some(decay);
        }
    });
}

/// Runs a scan and leaves what it did in the innermost recording.
pub(crate) fn run_recorded<const D: usize>(
    neuron: &AnyNeuron,
    mut input: Tensor<D>,
    parameters: Tensor<2>,
    state: PopulationState,
    options: ScanOptions,
) -> PopulationOutput<D> {
    let wants_gradients = TAPS.with_borrow(|taps| taps.last().is_some_and(|tap| tap.gradients));
    let shape = input.shape();
    let matrix = [shape[0], shape[1..].iter().product::<usize>()];
    let probe = |of: &Tensor<D>| {
        assert!(
            of.is_autodiff(),
            "record_gradients: the population {neuron:?} runs on {:?} without autodiff; use `device.autodiff()`",
            of.device()
        );
        of.clone().detach().reshape(matrix).zeros_like().require_grad()
    };
    let current_probe = wants_gradients.then(|| probe(&input));
    if let Some(probe) = &current_probe {
        input = input + probe.clone().reshape(shape.clone());
    }

    let current = input.clone().inner();
    let constant = (parameters.clone().inner(), state.clone().inner());
    let mut scanned = run_unrecorded(neuron, input, parameters, state, options);
    let spikes = spikes(&scanned, options.delay, matrix);
    let output = scanned.output.clone().inner().reshape(matrix);
    let states = match options.return_states {
        ReturnStates::AfterStep => scanned.states.iter().map(|state| state.clone().inner().reshape(matrix)).collect(),
        ReturnStates::BeforeStep => after_steps(&scanned, matrix),
        // The scan returned none. A second one beside the graph does; the first stays as it is without us.
        ReturnStates::Nothing => {
            let options = ScanOptions { return_states: ReturnStates::AfterStep, ..options };
            let (parameters, state) = constant.clone();
            let again = run_unrecorded(neuron, current.clone(), parameters, state, options);
            again.states.into_iter().map(|state| state.reshape(matrix)).collect()
        }
    };
    let output_probe = wants_gradients.then(|| probe(&scanned.output));
    if let Some(probe) = &output_probe {
        scanned.output = scanned.output + probe.clone().reshape(shape.clone());
    }

    let (parameters, state) = constant;
    let packed = state.packed();
    let population = NeuronsRecording {
        name: NAME.with_borrow(Clone::clone),
        neuron: format!("{neuron:?}"),
        delay: options.delay,
        after_spike: None,
        execution: options.execution.unwrap_or_else(|| Execution::on(&current.device(), current.dtype())),
        state_names: neuron.state_names(),
        parameter_names: neuron.parameter_names(),
        parameters: parameters.clone(),
        current: current.reshape(matrix),
        spikes,
        arriving: output.clone(),
        output,
        states,
        resting: (0..neuron.counts().0).map(|row| packed.clone().slice([row..row + 1, 0..matrix[1]])).collect(),
        replay: Arc::new({
            let (shape, neuron) = (shape.clone(), neuron.clone());
            move |current| {
                let (parameters, state, options) = (
                    parameters.clone().autodiff(),
                    state.clone().autodiff(),
                    ScanOptions { return_states: ReturnStates::Nothing, ..options },
                );
                let input = current.autodiff().reshape::<D, _>(shape.clone());
                run_unrecorded(&neuron, input, parameters, state, options).output.reshape(matrix)
            }
        }),
        shape,
        probes: current_probe.zip(output_probe).map(|(current, output)| Probes { current, output }),
    };
    TAPS.with_borrow_mut(|taps| {
        if let Some(tap) = taps.last_mut() {
            tap.populations.push(population);
        }
    });
    scanned
}

/// The output without its delay: what the outputs under way at the end make whole.
fn spikes<const D: usize>(scanned: &PopulationOutput<D>, delay: usize, matrix: [usize; 2]) -> Tensor<2> {
    let output = scanned.output.clone().inner().reshape(matrix);
    if delay == 0 {
        return output;
    }
    let [steps, width] = matrix;
    let last = scanned.last.clone().inner().packed();
    let states = scanned.last.names().len();
    let in_flight = last.slice([states..states + delay, 0..width]);
    Tensor::cat(vec![output, in_flight], 0).slice([delay..delay + steps, 0..width])
}

/// The states after each step, from those before each step and the last.
fn after_steps<const D: usize>(scanned: &PopulationOutput<D>, matrix: [usize; 2]) -> Vec<Tensor<2>> {
    let [steps, width] = matrix;
    let last = scanned.last.clone().inner().packed();
    let fields = scanned.states.iter().enumerate().map(|(field, before)| {
        let last = last.clone().slice([field..field + 1, 0..width]);
        if steps == 1 {
            return last;
        }
        let before = before.clone().inner().reshape(matrix).slice([1..steps, 0..width]);
        Tensor::cat(vec![before, last], 0)
    });
    fields.collect()
}
