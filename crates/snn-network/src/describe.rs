//! What a program wants to say of a network's neurons, and how long an input takes to its end.

use std::collections::BTreeMap;

use burn::nn::{PaddingConfig1d, PaddingConfig2d};
use snn_core::layer::Population;

use crate::graph::Edge;
use crate::network::Network;
use crate::node::{Layer, NeuronsNode};

/// The neurons of one node of a [`Network`].
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationSummary {
    /// The name of the node.
    pub name: String,
    /// The kind of neuron, as in a file: `lif`.
    pub kind: String,
    /// How many there are.
    pub neurons: usize,
    /// Whether what they send are spikes; a leaky integrator sends its membrane.
    pub spikes: bool,
    /// Synaptic operations which one spike causes: products with a weight in the maps up to the next neurons, or to the
    /// output, and in recurrent weights. An average over the neurons where they differ, as at the edges of a convolution.
    pub fan_out: f64,
    /// How many time steps late their output leaves.
    pub delay: usize,
    /// Whether the network is blind if they are silent: every path to the output goes through their spikes. It is not so for
    /// neurons of which a state is read out, or around which another path leads.
    pub must_spike: bool,
}

impl Network {
    /// The neurons of each node that has any, in the order of the file.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Device;
    /// use snn_network::{InputShape, Network, NetworkFile, Options};
    /// let file: NetworkFile = "nodes = [{ linear = 5 }, { neuron = 'lif', delay = 1, name = 'hidden' }, { linear = 3 }, \
    ///     { neuron = 'leaky-integrator' }, { readout = 'mean', of = 'membrane' }]".parse()?;
    /// let network = Network::new(&file, &InputShape::Sequence(vec![4]), &Options::default(), &Device::flex())?;
    /// let [hidden, top] = network.population_summaries().try_into().unwrap();
    /// assert_eq!((hidden.name.as_str(), hidden.neurons, hidden.fan_out, hidden.must_spike), ("hidden", 5, 3.0, true));
    /// assert_eq!((top.kind.as_str(), top.spikes, top.must_spike), ("leaky-integrator", false, false));
    /// assert_eq!(network.least_time_steps(), 2);
    /// # Ok::<(), snn_network::Error>(())
    /// ```
    pub fn population_summaries(&self) -> Vec<PopulationSummary> {
        let described = self.nodes.iter().enumerate().filter_map(|(place, node)| {
            let Layer::Neurons(neurons) = &node.layer else { return None };
            let kind = node.kind.strip_prefix("neuron ").unwrap_or(&node.kind).to_owned();
            let (count, spikes) = (node.shapes.1.iter().product(), kind != "leaky-integrator");
            let recurrent = match neurons {
                NeuronsNode::Plain(_) => 0.0,
                NeuronsNode::Recurrent(_) => count as f64,
            };
            Some(PopulationSummary {
                name: node.name.clone(),
                neurons: count,
                spikes,
                fan_out: recurrent + self.operations_behind(place, &mut vec![place]),
                delay: neurons.population().options().delay,
                must_spike: spikes && !self.reaches_output_without_spikes_of(place),
                kind,
            })
        });
        described.collect()
    }

    /// The least number of time steps after which a change of the input reaches the output: 1, and the delays on the fastest
    /// path. A state that is read out of neurons whose output is late is that before the step, which is one more.
    pub fn least_time_steps(&self) -> usize {
        let mut late: BTreeMap<usize, usize> = BTreeMap::from([(self.entrance, 0)]);
        // As often as there are nodes: no fastest path is longer.
        for _ in 0..self.nodes.len() {
            for edge in &self.edges {
                let Some(before) = late.get(&edge.from).copied() else { continue };
                let now = before + edge.delay + self.time_in(edge);
                let known = late.entry(edge.to).or_insert(now);
                *known = now.min(*known);
            }
        }
        1 + late.get(&self.output).copied().unwrap_or(0)
    }

    /// How many steps later what reaches a node leaves it on this edge.
    fn time_in(&self, edge: &Edge) -> usize {
        match &self.nodes[edge.from].layer {
            Layer::Neurons(neurons) => {
                let population = neurons.population();
                let delay = population.options().delay;
                let leaves = if self.reads_a_state(edge.to) { delay.min(1) } else { delay };
                leaves + usize::from(acts_one_step_late(population))
            }
            Layer::Delay(delay) => {
                let delays = delay.delays.val().into_data();
                let shortest = delays.iter::<f64>().fold(f64::INFINITY, f64::min);
                shortest.clamp(0.0, delay.longest() as f64).floor() as usize
            }
            _ => 0,
        }
    }

    fn reads_a_state(&self, place: usize) -> bool {
        matches!(self.nodes[place].layer, Layer::Readout { of: Some(_), .. })
    }

    /// Whether a path leads from the input to the output on which no spike of the neurons at `place` is needed.
    fn reaches_output_without_spikes_of(&self, place: usize) -> bool {
        let mut reached = vec![false; self.nodes.len()];
        let mut open = vec![self.entrance];
        while let Some(here) = open.pop() {
            if std::mem::replace(&mut reached[here], true) {
                continue;
            }
            let leaves = self.edges.iter().filter(|edge| edge.from == here);
            open.extend(leaves.map(|edge| edge.to).filter(|to| here != place || self.reads_a_state(*to)));
        }
        // What is sent at the very end is the output itself.
        reached[self.output] && self.output != place
    }

    /// Synaptic operations which one number that leaves the node `place` causes. `path` holds the nodes on the way, for maps
    /// which feed each other.
    fn operations_behind(&self, place: usize, path: &mut Vec<usize>) -> f64 {
        let leaves = self.edges.iter().filter(|edge| edge.from == place && !self.reads_a_state(edge.to));
        let targets: Vec<usize> = leaves.map(|edge| edge.to).collect();
        targets.into_iter().map(|to| self.operations_in(to, path)).sum()
    }

    fn operations_in(&self, place: usize, path: &mut Vec<usize>) -> f64 {
        let node = &self.nodes[place];
        if path.contains(&place) || matches!(node.layer, Layer::Neurons(_)) {
            return 0.0;
        }
        path.push(place);
        let behind = self.operations_behind(place, path);
        path.pop();
        // To how many windows one number of an axis goes, on average.
        let along = |axis: usize, window: [usize; 4]| {
            let [kernel, stride, padding, dilation] = window;
            let (length, windows) = (node.shapes.0[1 + axis], node.shapes.1[1 + axis]);
            let taps = (0..windows).flat_map(|window| (0..kernel).map(move |tap| window * stride + tap * dilation));
            taps.filter(|place| (padding..padding + length).contains(place)).count() as f64 / length as f64
        };
        let on_both = |kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2], dilation: [usize; 2]| {
            (0..2).map(|i| along(i, [kernel[i], stride[i], padding[i], dilation[i]])).product::<f64>()
        };
        let maps = |groups: usize| node.shapes.1[0] as f64 / groups as f64;
        match &node.layer {
            Layer::Linear(_) => node.shapes.1.iter().product::<usize>() as f64 * (1.0 + behind),
            Layer::Conv1d(conv) => {
                let PaddingConfig1d::Explicit(padding, _) = conv.padding else { unreachable!("padding is explicit") };
                let reached = along(0, [conv.kernel_size, conv.stride, padding, conv.dilation]);
                maps(conv.groups) * reached * (1.0 + behind)
            }
            Layer::Conv2d(conv) => {
                let PaddingConfig2d::Explicit(rows, columns, ..) = conv.padding else {
                    unreachable!("padding is explicit")
                };
                let reached = on_both(conv.kernel_size, conv.stride, [rows, columns], conv.dilation);
                maps(conv.groups) * reached * (1.0 + behind)
            }
            Layer::MaxPool(pool) => on_both(pool.kernel_size, pool.stride, [0, 0], [1, 1]) * behind,
            Layer::AvgPool(pool) => on_both(pool.kernel_size, pool.stride, [0, 0], [1, 1]) * behind,
            _ => behind,
        }
    }
}

/// Whether an input acts at the next step only, as behind a synaptic current of that order.
fn acts_one_step_late(population: &Population) -> bool {
    population.neuron().contains("ActDecayJump")
}
