//! Nodes which feed each other run step by step.

use std::collections::{BTreeMap, VecDeque};

use burn::tensor::{Tensor, TensorCreationOptions};
use snn_core::record;
use snn_core::sequence::Sequence;

use super::call::Call;
use crate::graph::Edge;
use crate::node::{Layer, NodeState, Sent};
use crate::signal::Signal;

impl Call<'_> {
    /// Nodes which feed each other, step by step.
    pub(super) fn cycle(&mut self, members: &[usize], mut entering: Option<Signal>) {
        let network = self.network;
        let inside = |edge: &Edge| members.contains(&edge.from) && members.contains(&edge.to);
        // What comes from outside is cut into steps beforehand.
        let mut outside: BTreeMap<usize, VecDeque<Tensor<2>>> = BTreeMap::new();
        for place in members {
            let entering = if *place == network.entrance { entering.take() } else { None };
            let sum = self.sum(*place, entering.map(Sent::from), |edge| !members.contains(&edge.from));
            if let Some(sum) = sum {
                outside.insert(*place, sum.signal.into_sequence().frames().into());
            }
        }
        let like = outside.values().next().and_then(|frames| frames.front()).expect("something enters a cycle");
        let (batch, options) = (like.dims()[0], TensorCreationOptions::from((&like.device(), like.dtype())));
        // What is under way on the edges inside.
        let mut under_way: BTreeMap<usize, VecDeque<Tensor<2>>> = BTreeMap::new();
        for (index, edge) in network.edges.iter().enumerate().filter(|(_, edge)| edge.delay > 0 && inside(edge)) {
            let features = network.nodes[edge.from].shapes.1.iter().product::<usize>();
            let frames = match self.state.edges.remove(&index) {
                Some(sent) => sent.frames().into(),
                None => vec![Tensor::zeros([batch, features], options.clone()); edge.delay].into(),
            };
            under_way.insert(index, frames);
        }
        let recording = record::is_recording();
        let mut currents: BTreeMap<usize, Vec<Tensor<3>>> = BTreeMap::new();
        let begin: BTreeMap<usize, NodeState> =
            members.iter().filter_map(|place| Some((*place, self.state.nodes.get(place)?.clone()))).collect();
        let mut steps: BTreeMap<usize, Vec<Sent>> = BTreeMap::new();
        for step in 0..self.count {
            let mut now: BTreeMap<usize, Sent> = BTreeMap::new();
            for place in members {
                let mut sum: Option<Sent> =
                    outside.get_mut(place).and_then(VecDeque::pop_front).map(|frame| step_of(frame).into());
                for (index, edge) in network.edges.iter().enumerate() {
                    if edge.to != *place || !inside(edge) {
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
                let sent = record::unrecorded(|| self.apply(*place, arriving, self.first + step, 1));
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
            self.state.edges.insert(index, Tensor::stack(frames.into(), 0));
        }
        for (place, sent) in steps {
            self.sent[place] = Some(joined(sent));
            if let (true, Layer::Neurons(_)) = (recording, &network.nodes[place].layer) {
                // The same once more, all steps at once, so that a recording sees one population and not its steps.
                let current = Signal::Sequence(Tensor::cat(currents.remove(&place).expect("recorded"), 0));
                let about = self.about(place, self.first, self.count);
                network.nodes[place].layer.apply(current.into(), begin.get(&place).cloned(), &about);
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
