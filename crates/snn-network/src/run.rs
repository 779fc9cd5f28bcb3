//! How a network runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use burn::tensor::{Tensor, TensorCreationOptions};
use snn_core::noise::NoiseSeed;
use snn_core::record;
use snn_core::sequence::{Frame, Sequence};

use crate::graph::{Edge, Group};
use crate::network::{InputShape, Network, first_of_chain};
use crate::node::{Circumstances, Layer, NodeState, Sent};
use crate::signal::{Signal, Timing, last_steps};
use crate::state::NetworkState;

/// What a run of a network returns.
#[derive(Clone, Debug)]
pub struct NetworkRun {
    /// What the last node of the chain sends.
    pub output: Output,
    /// What leaves the nodes that were asked for, `[time, batch, features]`, by name.
    pub sent: BTreeMap<String, Tensor<3>>,
    /// The state after the last step.
    pub state: NetworkState,
}

/// What a network makes of its input, with all feature axes as one.
#[derive(Clone, Debug)]
pub enum Output {
    /// `[batch, features]`: of a network that ends behind a readout.
    Frame(Tensor<2>),
    /// `[time, batch, features]`: of a network without one.
    Sequence(Tensor<3>),
}

/// What comes into a network, with its batch.
#[derive(Clone, Debug)]
enum Input {
    Still(Tensor<2>),
    Sequence(Tensor<3>),
}

impl Network {
    /// The output `[batch, outputs]` for samples `[batch, features..]`; all of them at once, from the beginning.
    ///
    /// `noise` decides what encoders and dropout draw.
    ///
    /// # Panics
    /// If the network takes sequences, the shape is not that it was built for, or it ends without a readout.
    #[track_caller]
    pub fn forward<F: Frame>(&self, samples: F, noise: NoiseSeed) -> Tensor<2> {
        match self.run(samples, noise, &[]).output {
            Output::Frame(frame) => frame,
            Output::Sequence(_) => self.no_readout(),
        }
    }

    /// The same for sequences `[time, batch, features..]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    #[track_caller]
    pub fn forward_sequence<S: Sequence>(&self, sequence: S, noise: NoiseSeed) -> Tensor<2> {
        match self.run_sequence(sequence, noise, None, &[]).output {
            Output::Frame(frame) => frame,
            Output::Sequence(_) => self.no_readout(),
        }
    }

    #[track_caller]
    fn no_readout(&self) -> ! {
        panic!(
            "network: ends with `{}`, which sends a sequence; add {{ readout = .. }}, or take the sequence from `run`",
            self.nodes[self.output].name
        )
    }

    /// A run over all time steps of samples `[batch, features..]`, with what leaves the nodes `keep`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward), and if there is no node of a name in `keep`.
    #[track_caller]
    pub fn run<F: Frame>(&self, samples: F, noise: NoiseSeed, keep: &[&str]) -> NetworkRun {
        let steps = self.time_steps().unwrap_or(1);
        self.run_steps(samples, noise, steps, None, keep)
    }

    /// The same for the next `steps` time steps only, going on from `state`; `None` begins.
    ///
    /// # Panics
    /// As [`run`](Self::run), and if no steps or more than there are left are asked for.
    #[track_caller]
    pub fn run_steps<F: Frame>(
        &self,
        samples: F,
        noise: NoiseSeed,
        steps: usize,
        state: Option<NetworkState>,
        keep: &[&str],
    ) -> NetworkRun {
        let axes = samples.axes();
        let InputShape::Still(shape) = &self.input else {
            panic!("network: takes sequences of {:?}, got samples; use `run_sequence`", self.input)
        };
        check_shape(shape, &axes[1..]);
        let state = state.unwrap_or_default();
        let all = self.time_steps().unwrap_or(1);
        assert!(
            steps > 0 && state.steps + steps <= all,
            "network: {steps} time steps asked for after {}, there are {all} in all",
            state.steps
        );
        self.execute(Input::Still(samples.into_flat().0), noise, steps, state, keep)
    }

    /// A run over a sequence `[time, batch, features..]`, going on from `state`; `None` begins.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    #[track_caller]
    pub fn run_sequence<S: Sequence>(
        &self,
        sequence: S,
        noise: NoiseSeed,
        state: Option<NetworkState>,
        keep: &[&str],
    ) -> NetworkRun {
        let axes = sequence.axes();
        let InputShape::Sequence(shape) = &self.input else {
            panic!("network: takes samples of {:?}, got a sequence; use `run`", self.input)
        };
        check_shape(shape, &axes[2..]);
        self.execute(Input::Sequence(sequence.into_flat().0), noise, axes[0], state.unwrap_or_default(), keep)
    }

    /// The time steps its encoder makes of a sample; `None` if it has none, or takes sequences.
    pub fn time_steps(&self) -> Option<usize> {
        self.nodes.iter().find_map(|node| match node.layer {
            Layer::Encode { steps, .. } if steps > 0 => Some(steps),
            _ => None,
        })
    }

    #[track_caller]
    fn execute(
        &self,
        input: Input,
        noise: NoiseSeed,
        count: usize,
        mut state: NetworkState,
        keep: &[&str],
    ) -> NetworkRun {
        for name in keep {
            assert!(self.names().any(|other| other == *name), "network: there is no node `{name}` to keep");
        }
        let mut call = Call { network: self, noise, first: state.steps, count, sent: vec![None; self.nodes.len()] };
        let mut input = Some(match input {
            Input::Still(frame) => Signal::Still(frame),
            Input::Sequence(sequence) => Signal::Sequence(sequence),
        });
        let entrance = first_of_chain(&self.edges, self.nodes.len());
        for group in &self.groups {
            match group {
                Group::One(place) => {
                    let entering = if *place == entrance { input.take() } else { None };
                    let arriving = call.arriving(*place, entering, &mut state);
                    let node_state = state.nodes.remove(place);
                    let (sent, after) =
                        self.apply(*place, arriving, node_state, &call.about(*place, call.first, count));
                    keep_state(&mut state, *place, after);
                    call.sent[*place] = Some(sent);
                }
                Group::Cycle(members) => {
                    let entering = if members.contains(&entrance) { input.take() } else { None };
                    call.cycle(members, entrance, entering, &mut state);
                }
            }
        }
        state.steps += count;
        let mut sent = BTreeMap::new();
        for (place, name) in self.names().enumerate() {
            if keep.contains(&name) {
                let signal = call.sent[place].clone().expect("every node has run").signal;
                sent.insert(name.to_owned(), signal.into_sequence());
            }
        }
        let output = call.sent[self.output].take().expect("every node has run").signal;
        let output = match (output, self.output_timing) {
            (Signal::Still(frame), _) => Output::Frame(frame),
            (signal, Timing::Still) => unreachable!("an output in time where none was expected: {signal:?}"),
            (signal, _) => Output::Sequence(signal.into_sequence()),
        };
        NetworkRun { output, sent, state }
    }

    fn apply(
        &self,
        place: usize,
        arriving: Sent,
        state: Option<NodeState>,
        about: &Circumstances,
    ) -> (Sent, Option<NodeState>) {
        self.nodes[place].layer.apply(arriving, state, about)
    }
}

#[track_caller]
fn check_shape(wanted: &[usize], found: &[usize]) {
    assert!(
        wanted == found || (wanted.iter().product::<usize>() == found.iter().product::<usize>() && found.len() == 1),
        "network: built for inputs of the shape {wanted:?}, got {found:?}"
    );
}

fn keep_state(state: &mut NetworkState, place: usize, after: Option<NodeState>) {
    if let Some(after) = after {
        state.nodes.insert(place, after);
    }
}

/// One call of a network.
struct Call<'a> {
    network: &'a Network,
    noise: NoiseSeed,
    first: usize,
    count: usize,
    sent: Vec<Option<Sent>>,
}

impl<'a> Call<'a> {
    fn about(&self, place: usize, first: usize, count: usize) -> Circumstances<'a> {
        let node = &self.network.nodes[place];
        let shapes = (node.shapes.0.as_slice(), node.shapes.1.as_slice());
        Circumstances { name: &node.name, place, shapes, noise: self.noise, first, count }
    }

    /// All that arrives at a node from nodes which have run.
    fn arriving(&self, place: usize, entering: Option<Signal>, state: &mut NetworkState) -> Sent {
        let mut sum: Option<Sent> = entering.map(Sent::from);
        for (index, edge) in self.network.edges.iter().enumerate().filter(|(_, edge)| edge.to == place) {
            let sent = self.sent[edge.from].clone().expect("what comes before has run");
            let sent = if edge.delay == 0 { sent } else { delayed(sent.signal, index, *edge, state).into() };
            sum = Some(match sum {
                None => sent,
                Some(sum) => sum.signal.plus(sent.signal).into(),
            });
        }
        sum.expect("something arrives at every node")
    }

    /// Nodes which feed each other, step by step.
    fn cycle(&mut self, members: &[usize], entrance: usize, entering: Option<Signal>, state: &mut NetworkState) {
        let network = self.network;
        let inside: BTreeSet<usize> = members.iter().copied().collect();
        // What comes from outside is cut into steps beforehand.
        let mut outside: BTreeMap<usize, VecDeque<Tensor<2>>> = BTreeMap::new();
        let mut entering = entering;
        for place in members {
            let mut sum = if *place == entrance { entering.take() } else { None };
            for (index, edge) in network.edges.iter().enumerate() {
                if edge.to != *place || inside.contains(&edge.from) {
                    continue;
                }
                let signal = self.sent[edge.from].clone().expect("what comes before has run").signal;
                let signal = if edge.delay == 0 { signal } else { delayed(signal, index, *edge, state) };
                sum = Some(match sum {
                    None => signal,
                    Some(sum) => sum.plus(signal),
                });
            }
            if let Some(sum) = sum {
                outside.insert(*place, sum.into_sequence().frames().into());
            }
        }
        let like = outside.values().next().and_then(|frames| frames.front()).expect("something enters a cycle");
        let (batch, options) = (like.dims()[0], TensorCreationOptions::from((&like.device(), like.dtype())));
        // What is under way on the edges inside.
        let mut under_way: BTreeMap<usize, VecDeque<Tensor<2>>> = BTreeMap::new();
        for (index, edge) in network.edges.iter().enumerate() {
            if edge.delay > 0 && inside.contains(&edge.from) && inside.contains(&edge.to) {
                let features = network.nodes[edge.from].shapes.1.iter().product::<usize>();
                let frames = match state.edges.remove(&index) {
                    Some(sent) => sent.frames().into(),
                    None => vec![Tensor::zeros([batch, features], options.clone()); edge.delay].into(),
                };
                under_way.insert(index, frames);
            }
        }
        let recording = record::is_recording();
        let mut currents: BTreeMap<usize, Vec<Tensor<3>>> = BTreeMap::new();
        let begin: BTreeMap<usize, NodeState> =
            members.iter().filter_map(|place| Some((*place, state.nodes.get(place)?.clone()))).collect();
        let mut steps: BTreeMap<usize, Vec<Sent>> = BTreeMap::new();
        for step in 0..self.count {
            let mut now: BTreeMap<usize, Sent> = BTreeMap::new();
            for place in members {
                let mut sum: Option<Sent> =
                    outside.get_mut(place).and_then(VecDeque::pop_front).map(|frame| step_of(frame).into());
                for (index, edge) in network.edges.iter().enumerate() {
                    if edge.to != *place || !inside.contains(&edge.from) {
                        continue;
                    }
                    let sent = match edge.delay {
                        0 => now[&edge.from].clone(),
                        _ => {
                            step_of(under_way.get_mut(&index).and_then(VecDeque::pop_front).expect("under way")).into()
                        }
                    };
                    sum = Some(match sum {
                        None => sent,
                        Some(sum) => sum.signal.plus(sent.signal).into(),
                    });
                }
                let arriving = sum.expect("something arrives at every node");
                if recording {
                    currents.entry(*place).or_default().push(arriving.signal.clone().into_sequence());
                }
                let about = self.about(*place, self.first + step, 1);
                let node_state = state.nodes.remove(place);
                let (sent, after) = record::unrecorded(|| network.apply(*place, arriving, node_state, &about));
                keep_state(state, *place, after);
                now.insert(*place, sent);
            }
            for (index, frames) in &mut under_way {
                let sequence = now[&network.edges[*index].from].signal.clone().into_sequence();
                frames.push_back(sequence.squeeze_dim(0));
            }
            for (place, sent) in now {
                steps.entry(place).or_default().push(sent);
            }
        }
        for (index, frames) in under_way {
            state.edges.insert(index, Tensor::stack(frames.into(), 0));
        }
        for (place, sent) in steps {
            self.sent[place] = Some(joined(sent));
            if let (true, Layer::Neurons(_)) = (recording, &network.nodes[place].layer) {
                // The same once more, all steps at once, so that a recording sees one population and not its steps.
                let current = Signal::Sequence(Tensor::cat(currents.remove(&place).expect("recorded"), 0));
                let about = self.about(place, self.first, self.count);
                network.apply(place, current.into(), begin.get(&place).cloned(), &about);
            }
        }
    }
}

fn step_of(frame: Tensor<2>) -> Signal {
    Signal::Sequence(frame.unsqueeze_dim(0))
}

/// The steps of a cycle as one sequence.
fn joined(steps: Vec<Sent>) -> Sent {
    let (mut signals, mut states) = (Vec::new(), BTreeMap::<&'static str, Vec<Tensor<3>>>::new());
    let mut last = None;
    for sent in steps {
        match sent.signal {
            // Of a readout the last step is what it made of all.
            Signal::Still(frame) => last = Some(frame),
            signal => signals.push(signal.into_sequence()),
        }
        for (name, state) in sent.states {
            states.entry(name).or_default().push(state);
        }
    }
    let signal = match last {
        Some(frame) => Signal::Still(frame),
        None => Signal::Sequence(Tensor::cat(signals, 0)),
    };
    Sent { signal, states: states.into_iter().map(|(name, steps)| (name, Tensor::cat(steps, 0))).collect() }
}

/// What leaves an edge with a delay.
fn delayed(signal: Signal, index: usize, edge: Edge, state: &mut NetworkState) -> Signal {
    let sequence = signal.into_sequence();
    let [steps, batch, features] = sequence.dims();
    let before = state
        .edges
        .remove(&index)
        .unwrap_or_else(|| Tensor::zeros([edge.delay, batch, features], (&sequence.device(), sequence.dtype())));
    let all = Tensor::cat(vec![before, sequence], 0);
    state.edges.insert(index, last_steps(&all, edge.delay));
    Signal::Sequence(all.narrow(0, 0, steps))
}
