//! What a network carries from one call to the next.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use snn_core::scan::PopulationState;

use crate::network::Network;
use crate::node::{NodeState, ReadoutState};

/// What a [`Network`](crate::Network) carries from one call to the next: the state of each node that has one, what is under way
/// on edges with a delay, and how many steps have passed.
///
/// It is a value: handed on, a sequence goes on as if it had not been cut; without it, one begins.
#[derive(Clone, Debug, Default)]
pub struct NetworkState {
    pub(crate) nodes: BTreeMap<usize, NodeState>,
    /// `[delay, batch, features]` of each edge that has a delay, the oldest first.
    pub(crate) edges: BTreeMap<usize, Tensor<3>>,
    pub(crate) steps: usize,
}

impl NetworkState {
    /// How many time steps have passed.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The state of the neurons of the node `name` of `network`; `None` if it has none.
    pub fn neurons(&self, network: &Network, name: &str) -> Option<&PopulationState> {
        let place = network.names().position(|other| other == name)?;
        match self.nodes.get(&place)? {
            NodeState::Neurons(state) | NodeState::Recurrent(state, _) => Some(state),
            _ => None,
        }
    }

    /// The same numbers without their history: truncated backpropagation through time.
    pub fn detach(self) -> Self {
        self.map(&mut |_, tensor| tensor.detach())
    }

    /// The same state with what `map` makes of each of its tensors, all of them as matrices.
    pub(crate) fn map(self, map: &mut dyn FnMut(Part, Tensor<2>) -> Tensor<2>) -> Self {
        let cube = |part: Part, tensor: Tensor<3>, map: &mut dyn FnMut(Part, Tensor<2>) -> Tensor<2>| {
            let [steps, batch, features] = tensor.dims();
            map(part, tensor.reshape([steps * batch, features])).reshape([steps, batch, features])
        };
        let nodes = self.nodes.into_iter().map(|(place, state)| {
            let part = Part::Node(place);
            let state = match state {
                NodeState::Neurons(state) => NodeState::Neurons(state.map(|packed| map(part, packed))),
                NodeState::Recurrent(state, output) => {
                    let state = state.map(|packed| map(part, packed));
                    NodeState::Recurrent(state, map(Part::Second(place), output))
                }
                NodeState::Delay(state) => NodeState::Delay(state.map(|sent| cube(part, sent, &mut *map))),
                NodeState::Readout(state) => {
                    let waiting = state.waiting.map(|waiting| map(Part::Second(place), waiting));
                    NodeState::Readout(ReadoutState { seen: map(part, state.seen), waiting, counted: state.counted })
                }
                NodeState::Delta(reference) => NodeState::Delta(map(part, reference)),
            };
            (place, state)
        });
        let nodes = nodes.collect();
        let under_way = self.edges.into_iter();
        let edges = under_way.map(|(place, sent)| (place, cube(Part::Edge(place), sent, &mut *map))).collect();
        Self { nodes, edges, steps: self.steps }
    }
}

/// A tensor of a state: that of a node, a second one that it has (what recurrent neurons sent last, what has not fired yet), or
/// what is under way on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Node(usize),
    Second(usize),
    Edge(usize),
}
