//! The tap: what listens to the scans of a thread. Recordings are made of it.
//!
//! Closed, a scan reads one thread-local flag and nothing else.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use burn::tensor::{Shape, Tensor};

use super::erased::AnyNeuron;
use super::plan::ReturnStates;
use super::run::{PopulationOutput, ScanOptions, run_unseen};
use super::state::PopulationState;
use crate::device::Execution;

thread_local! {
    /// How many taps are open in this thread: the one thing a scan reads when none is.
    static OPEN: Cell<usize> = const { Cell::new(0) };
    /// The open taps, outermost first.
    static TAPS: RefCell<Vec<Tap>> = const { RefCell::new(Vec::new()) };
    /// What the populations that run now are called.
    static NAME: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// One scan: what came in, what went out, in matrices `[time, batch x features]` beside the graph.
#[derive(Clone)]
pub(crate) struct TappedScan {
    pub(crate) name: Option<String>,
    pub(crate) neuron: String,
    pub(crate) delay: usize,
    pub(crate) after_spike: Option<f64>,
    pub(crate) execution: Execution,
    pub(crate) shape: Shape,
    pub(crate) state_names: &'static [&'static str],
    pub(crate) parameter_names: &'static [&'static str],
    pub(crate) parameters: Tensor<2>,
    pub(crate) current: Tensor<2>,
    pub(crate) spikes: Tensor<2>,
    pub(crate) arriving: Tensor<2>,
    pub(crate) output: Tensor<2>,
    pub(crate) states: Vec<Tensor<2>>,
    pub(crate) resting: Vec<Tensor<2>>,
    pub(crate) replay: Replay,
    pub(crate) probes: Option<Probes>,
}

/// The same neurons from the same state over another current `[time, batch x features]`.
pub(crate) type Replay = Arc<dyn Fn(Tensor<2>) -> Tensor<2> + Send + Sync>;

/// Zeros that were added to a current and an output, so that their gradients can be read.
#[derive(Clone)]
pub(crate) struct Probes {
    pub(crate) current: Tensor<2>,
    pub(crate) output: Tensor<2>,
}

struct Tap {
    gradients: bool,
    scans: Vec<TappedScan>,
}

/// Closes the innermost tap when dropped, also when the closure panicked.
struct OpenTap;

impl OpenTap {
    fn new(gradients: bool) -> Self {
        TAPS.with_borrow_mut(|taps| taps.push(Tap { gradients, scans: Vec::new() }));
        OPEN.set(OPEN.get() + 1);
        Self
    }
}
impl Drop for OpenTap {
    fn drop(&mut self) {
        OPEN.set(OPEN.get() - 1);
        let tap = TAPS.with_borrow_mut(Vec::pop);
        // What ran inside ran inside the tap around it, too.
        if let Some(tap) = tap {
            TAPS.with_borrow_mut(|taps| {
                if let Some(outer) = taps.last_mut() {
                    outer.scans.extend(tap.scans);
                }
            });
        }
    }
}

/// Runs `run` and returns the scans that ran in it, in this thread, in the order of the calls. `gradients`: the gradients of
/// their inputs and outputs can be read afterwards.
pub(crate) fn tapped<R>(gradients: bool, run: impl FnOnce() -> R) -> (R, Vec<TappedScan>) {
    let open = OpenTap::new(gradients);
    let result = run();
    let scans = TAPS.with_borrow(|taps| taps.last().map_or(Vec::new(), |tap| tap.scans.clone()));
    drop(open);
    (result, scans)
}

/// Whether a tap is open in this thread.
#[inline(always)]
pub(crate) fn is_open() -> bool {
    OPEN.get() > 0
}

/// Runs `run` unseen by the open taps.
pub(crate) fn unseen<R>(run: impl FnOnce() -> R) -> R {
    struct Reopen(usize);
    impl Drop for Reopen {
        fn drop(&mut self) {
            OPEN.set(self.0);
        }
    }
    let _reopen = Reopen(OPEN.replace(0));
    run()
}

/// Runs `run`; the scans that are seen in it are called `name`.
pub(crate) fn named<R>(name: &str, run: impl FnOnce() -> R) -> R {
    if !is_open() {
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

/// Tells the innermost tap that a layer added after-spikes to the output of the population that ran last.
pub(crate) fn after_spikes<const D: usize>(output: &Tensor<D>, decay: f64) {
    if !is_open() {
        return;
    }
    TAPS.with_borrow_mut(|taps| {
        if let Some(scan) = taps.last_mut().and_then(|tap| tap.scans.last_mut()) {
            let shape = scan.output.shape();
            scan.output = output.clone().inner().reshape(shape);
            scan.after_spike = Some(decay);
        }
    });
}

/// Runs a scan and leaves what it did in the innermost tap.
pub(crate) fn run_tapped<const D: usize>(
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
    let mut scanned = run_unseen(neuron, input, parameters, state, options);
    let spikes = spikes(&scanned, options.delay, matrix);
    let output = scanned.output.clone().inner().reshape(matrix);
    let states = match options.return_states {
        ReturnStates::AfterStep => scanned.states.iter().map(|state| state.clone().inner().reshape(matrix)).collect(),
        ReturnStates::BeforeStep => after_steps(&scanned, matrix),
        // The scan returned none. A second one beside the graph does; the first stays as it is without us.
        ReturnStates::Nothing => {
            let options = ScanOptions { return_states: ReturnStates::AfterStep, ..options };
            let (parameters, state) = constant.clone();
            let again = run_unseen(neuron, current.clone(), parameters, state, options);
            again.states.into_iter().map(|state| state.reshape(matrix)).collect()
        }
    };
    let output_probe = wants_gradients.then(|| probe(&scanned.output));
    if let Some(probe) = &output_probe {
        scanned.output = scanned.output + probe.clone().reshape(shape.clone());
    }

    let (parameters, state) = constant;
    let packed = state.packed();
    let scan = TappedScan {
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
                run_unseen(&neuron, input, parameters, state, options).output.reshape(matrix)
            }
        }),
        shape,
        probes: current_probe.zip(output_probe).map(|(current, output)| Probes { current, output }),
    };
    TAPS.with_borrow_mut(|taps| {
        if let Some(tap) = taps.last_mut() {
            tap.scans.push(scan);
        }
    });
    scanned
}

/// The output without its delay: the outputs in flight at the end complete it.
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
