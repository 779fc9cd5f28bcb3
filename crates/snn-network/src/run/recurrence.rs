//! Neurons and one linear map that feed each other: the recurrent layer, all time steps in one operation.

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use snn_core::layer::{Population, Recurrent};
use snn_core::record;
use snn_core::synapse::{Precision, linear};

use super::call::Call;
use crate::graph::Edge;
use crate::network::Network;
use crate::node::{Layer, LinearNode, NeuronsNode, NodeState, Sent};
use crate::signal::Signal;

/// A cycle of neurons and one linear map, in which one step passes.
pub(super) struct Loop<'a> {
    neurons: usize,
    population: &'a Population,
    map: usize,
    linear: &'a LinearNode,
    /// The edge on which the step passes.
    late: usize,
}

impl<'a> Loop<'a> {
    /// The loop that these nodes are, if they are one.
    pub(super) fn of(network: &'a Network, members: &[usize]) -> Option<Self> {
        let [a, b] = members else { return None };
        let (neurons, map) = match (&network.nodes[*a].layer, &network.nodes[*b].layer) {
            (Layer::Neurons(_), Layer::Linear(_)) => (*a, *b),
            (Layer::Linear(_), Layer::Neurons(_)) => (*b, *a),
            _ => return None,
        };
        let (Layer::Neurons(NeuronsNode::Plain(population)), Layer::Linear(linear)) =
            (&network.nodes[neurons].layer, &network.nodes[map].layer)
        else {
            return None;
        };
        let edges = |from: usize, to: usize| {
            let between = move |(_, edge): &(usize, &Edge)| edge.from == from && edge.to == to;
            network.edges.iter().enumerate().filter(between).collect::<Vec<_>>()
        };
        // What else arrives at the map would have to go through it first.
        let into_map = network.edges.iter().filter(|edge| edge.to == map).count();
        let ([there], [back], [], 1) =
            (&edges(neurons, map)[..], &edges(map, neurons)[..], &edges(neurons, neurons)[..], into_map)
        else {
            return None;
        };
        if there.1.delay + back.1.delay != 1 || linear.precision != Precision::F32 || map == network.entrance {
            return None;
        }
        let late = if there.1.delay == 1 { there.0 } else { back.0 };
        Some(Self { neurons, population, map, linear, late })
    }
}

impl Call<'_> {
    /// Runs a loop through all time steps.
    pub(super) fn recurrence(&mut self, of: &Loop, entering: Option<Signal>) {
        let network = self.network;
        let outside = self.sum(of.neurons, entering.map(Sent::from), |edge| edge.from != of.map);
        let mut current = outside.expect("something enters a cycle").signal.into_sequence();
        let [steps, batch, features] = current.dims();
        let device: Device = current.device();
        let nothing = || Tensor::<2>::zeros([batch, features], (&device, current.dtype()));
        let weight = of.linear.weight.val();
        let bias = of.linear.bias.as_ref().map_or_else(|| Tensor::zeros([features], &device), |bias| bias.val());
        let under_way = self.state.edges.remove(&of.late).map(|sent| sent.squeeze_dim::<2>(0));
        // What is under way are spikes, or what the map made of them, in which case it must not be mapped again.
        let before_map = network.edges[of.late].to == of.map;
        let feedback = match (before_map, under_way) {
            (true, Some(spikes)) => spikes,
            (true, None) => nothing(),
            (false, mapped) => {
                let first = mapped.unwrap_or_else(nothing) - bias.clone().unsqueeze();
                let silent = Tensor::zeros([steps - 1, batch, features], (&device, current.dtype()));
                let parts = if steps == 1 { vec![first.unsqueeze()] } else { vec![first.unsqueeze(), silent] };
                current = current + Tensor::cat(parts, 0);
                Tensor::zeros([batch, features], (&device, current.dtype()))
            }
        };
        let state = match self.state.nodes.remove(&of.neurons) {
            Some(NodeState::Neurons(state)) => state,
            Some(other) => unreachable!("neurons with the state {other:?}"),
            None => of.population.resting([batch, features], &device),
        };
        let recurrent = Recurrent {
            weight: of.linear.weight.clone(),
            bias: of.linear.bias.clone().unwrap_or_else(|| Param::from_tensor(bias.clone())),
            neurons: of.population.clone(),
        };
        let name = &network.nodes[of.neurons].name;
        let (run, last) = record::named(name, || recurrent.forward(current, Some((state, feedback.clone()))));
        let mapped = |spikes: Tensor<3>| linear(spikes, weight.clone(), bias.clone());
        if self.wanted(of) {
            let heard = match (before_map, steps) {
                (false, _) => run.output.clone(),
                (true, 1) => feedback.unsqueeze(),
                (true, _) => Tensor::cat(vec![feedback.unsqueeze(), run.output.clone().narrow(0, 0, steps - 1)], 0),
            };
            self.sent[of.map] = Some(Signal::Sequence(mapped(heard)).into());
        }
        let last = last.unsqueeze::<3>();
        self.state.edges.insert(of.late, if before_map { last } else { mapped(last) });
        self.state.nodes.insert(of.neurons, NodeState::Neurons(run.last));
        let states = of.population.state_names().iter().copied().zip(run.states).collect();
        self.sent[of.neurons] = Some(Sent { signal: Signal::Sequence(run.output), states });
    }

    /// Whether anybody else needs what the map of a loop sends.
    fn wanted(&self, of: &Loop) -> bool {
        let network = self.network;
        let leaves = |edge: &Edge| edge.from == of.map && edge.to != of.neurons;
        self.keeps(of.map) || network.output == of.map || network.edges.iter().any(leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InputShape, NetworkFile, Options};

    fn is_loop(nodes: &str, edges: &str) -> bool {
        let text = format!(
            "nodes = [{{ linear = 6 }}, {nodes}, {{ readout = 'mean' }}, {{ linear = 6, name = 'back' }}]\nedges = [{edges}]"
        );
        let file: NetworkFile = text.parse().expect("a file");
        let network = Network::new(&file, &InputShape::Sequence(vec![3]), &Options::default(), &Device::flex());
        let network = network.unwrap_or_else(|error| panic!("{error}"));
        network.groups.iter().any(|group| Loop::of(&network, group.members()).is_some())
    }

    #[test]
    fn one_population_and_one_map_in_which_one_step_passes_are_a_loop() {
        let low = "{ neuron = 'lif', name = 'low' }";
        assert!(is_loop(low, "['low', 'back', { delay = 1 }], ['back', 'low']"));
        assert!(is_loop(low, "['low', 'back'], ['back', 'low', { delay = 1 }]"));
        assert!(!is_loop(low, "['low', 'back', { delay = 1 }], ['back', 'low', { delay = 1 }]"), "two steps");
        assert!(
            !is_loop(low, "['low', 'back', { delay = 1 }], ['back', 'low'], ['low', 'low', { delay = 1 }]"),
            "two ways"
        );
        let recurrent = "{ neuron = 'lif', name = 'low', recurrent = true }";
        assert!(!is_loop(recurrent, "['low', 'back', { delay = 1 }], ['back', 'low']"), "two recurrences");
    }
}
