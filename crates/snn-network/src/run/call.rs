//! One call of a network: its groups in their order.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, s};
use snn_core::noise::NoiseSeed;
use snn_core::norm::BatchStatistics;

use super::recurrence::Loop;
use crate::graph::{Edge, Group};
use crate::network::Network;
use crate::node::{Circumstances, Layer, NormNode, Norming, Sent};
use crate::signal::{Signal, Timing, last_steps};
use crate::state::NetworkState;

/// What comes into a network, with its batch.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Still(Tensor<2>),
    Sequence(Tensor<3>),
}

impl Input {
    /// The part of it that arrives in `count` steps from step `first` on.
    pub(crate) fn part(&self, first: usize, count: usize) -> Self {
        match self {
            Self::Still(frame) => Self::Still(frame.clone()),
            Self::Sequence(sequence) => Self::Sequence(sequence.clone().slice(s![first..first + count])),
        }
    }
}

/// Which norms take what they see into their running statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remember {
    All,
    /// Those which see another thing at each step; what is the same at all of them is not to be counted twice.
    Changing,
    Nothing,
}

/// What a call does besides running.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Of norms over all time steps, of which the call sees a part.
    pub(crate) statistics: BTreeMap<usize, BatchStatistics>,
    pub(crate) remember: Remember,
    /// Nodes which do not run: what arrives at them is handed back. What depends on them does not run, either.
    pub(crate) taps: Vec<usize>,
    /// Nodes whose output is handed back; that of the network always is.
    pub(crate) keep: Vec<usize>,
}

impl Plan {
    /// Everything, all time steps of it.
    pub(crate) fn whole(keep: Vec<usize>) -> Self {
        Self { statistics: BTreeMap::new(), remember: Remember::All, taps: Vec::new(), keep }
    }
}

/// One call of a network.
pub(crate) struct Call<'a> {
    pub(super) network: &'a Network,
    plan: &'a Plan,
    noise: NoiseSeed,
    pub(super) first: usize,
    pub(super) count: usize,
    /// What the nodes sent: `None` before they ran, if they do not run, and when nothing needs it any more.
    pub(crate) sent: Vec<Option<Sent>>,
    /// What arrived where the plan has a tap.
    pub(crate) tapped: BTreeMap<usize, Signal>,
    pub(crate) state: NetworkState,
}

impl<'a> Call<'a> {
    /// Runs `count` steps, going on from `state`.
    pub(crate) fn run(
        network: &'a Network,
        input: &Input,
        noise: NoiseSeed,
        count: usize,
        state: NetworkState,
        plan: &'a Plan,
    ) -> Self {
        let mut call = Self {
            network,
            plan,
            noise,
            first: state.steps,
            count,
            sent: vec![None; network.nodes.len()],
            tapped: BTreeMap::new(),
            state,
        };
        let mut input = Some(match input.clone() {
            Input::Still(frame) => Signal::Still(frame),
            Input::Sequence(sequence) => Signal::Sequence(sequence),
        });
        for (index, group) in network.groups.iter().enumerate() {
            let members = group.members();
            let entering = if members.contains(&network.entrance) { input.take() } else { None };
            match group {
                _ if !call.reached(members) => {}
                Group::One(place) => call.one(*place, entering),
                Group::Cycle(members) => match Loop::of(network, members) {
                    Some(of) => call.recurrence(&of, entering),
                    None => call.cycle(members, entering),
                },
            }
            call.forget(index);
        }
        call.state.steps += count;
        call
    }

    /// Whether all that comes from outside into `members` is there.
    fn reached(&self, members: &[usize]) -> bool {
        let inside = |place: &usize| members.contains(place);
        let enters = |edge: &&Edge| inside(&edge.to) && !inside(&edge.from);
        self.network.edges.iter().filter(enters).all(|edge| self.sent[edge.from].is_some())
    }

    /// Drops what no later group needs.
    fn forget(&mut self, done: usize) {
        let network = self.network;
        let later = |place: usize| network.groups[done + 1..].iter().any(|group| group.members().contains(&place));
        for place in 0..network.nodes.len() {
            let kept = place == network.output || self.plan.keep.contains(&place);
            if !kept && !network.edges.iter().any(|edge| edge.from == place && later(edge.to)) {
                self.sent[place] = None;
            }
        }
    }

    /// Whether what the node sends is handed back.
    pub(super) fn keeps(&self, place: usize) -> bool {
        self.plan.keep.contains(&place)
    }

    fn one(&mut self, place: usize, entering: Option<Signal>) {
        let arriving = self.arriving(place, entering);
        if self.plan.taps.contains(&place) {
            self.tapped.insert(place, arriving.signal);
            return;
        }
        let sent = self.apply(place, arriving, self.first, self.count);
        self.sent[place] = Some(sent);
    }

    /// Runs a node, `count` steps from step `first` on, and keeps its state.
    pub(super) fn apply(&mut self, place: usize, arriving: Sent, first: usize, count: usize) -> Sent {
        let before = self.state.nodes.remove(&place);
        let about = self.about(place, first, count);
        let (sent, after) = self.network.nodes[place].layer.apply(arriving, before, &about);
        if let Some(after) = after {
            self.state.nodes.insert(place, after);
        }
        sent
    }

    pub(super) fn about(&self, place: usize, first: usize, count: usize) -> Circumstances<'a> {
        let node = &self.network.nodes[place];
        let shapes = (node.shapes.0.as_slice(), node.shapes.1.as_slice());
        let norming = match self.plan.statistics.get(&place) {
            Some(statistics) => Norming::Given(statistics),
            None => Norming::Own { remember: self.remembers(place) },
        };
        Circumstances {
            name: &node.name,
            place,
            shapes,
            noise: self.noise,
            first,
            count,
            norming,
            precision: self.network.precision,
        }
    }

    fn remembers(&self, place: usize) -> bool {
        let node = &self.network.nodes[place];
        match self.plan.remember {
            Remember::All => true,
            Remember::Nothing => false,
            Remember::Changing => {
                matches!(node.timing, Timing::Sequence | Timing::Flickering)
                    || matches!(node.layer, Layer::Norm(NormNode::ThroughTime(_)))
            }
        }
    }

    /// All that arrives at a node from nodes which have run.
    fn arriving(&mut self, place: usize, entering: Option<Signal>) -> Sent {
        let outside = |_: &Edge| true;
        self.sum(place, entering.map(Sent::from), outside).expect("something arrives at every node")
    }

    /// `sum`, and what edges into a node bring which `counted` lets through.
    pub(super) fn sum(&mut self, place: usize, mut sum: Option<Sent>, counted: impl Fn(&Edge) -> bool) -> Option<Sent> {
        let network = self.network;
        for (index, edge) in network.edges.iter().enumerate().filter(|(_, edge)| edge.to == place && counted(edge)) {
            let sent = self.sent[edge.from].clone().expect("what comes before has run");
            let sent = if edge.delay == 0 { sent } else { self.delayed(sent.signal, index, *edge).into() };
            sum = Some(match sum {
                None => sent,
                Some(sum) => sum.signal.plus(sent.signal).into(),
            });
        }
        sum
    }

    /// What leaves an edge with a delay.
    fn delayed(&mut self, signal: Signal, index: usize, edge: Edge) -> Signal {
        let sequence = signal.into_sequence();
        let [steps, batch, features] = sequence.dims();
        let edges = &mut self.state.edges;
        let before = edges
            .remove(&index)
            .unwrap_or_else(|| Tensor::zeros([edge.delay, batch, features], (&sequence.device(), sequence.dtype())));
        let all = Tensor::cat(vec![before, sequence], 0);
        edges.insert(index, last_steps(&all, edge.delay));
        Signal::Sequence(all.narrow(0, 0, steps))
    }
}
