//! A network: nodes and edges, built from a file.

use std::collections::BTreeMap;

use burn::tensor::Device;
use snn_core::init::InputStatistics;
use snn_core::layer::Population;
use snn_core::synapse::Precision;

use crate::error::{Result, refuse};
use crate::file::NetworkFile;
use crate::graph::{Edge, Group, groups, order};
use crate::keys::{Keys, none_of};
use crate::node::{Building, Layer, layer};
use crate::setting::Setting;
use crate::signal::Timing;

/// What comes into a network, without its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputShape {
    /// One sample of this shape, for instance `[channels, rows, columns]`.
    Still(Vec<usize>),
    /// A sequence whose steps have this shape.
    Sequence(Vec<usize>),
}

/// What a network is built with besides its file.
#[derive(Clone, Debug)]
pub struct Options {
    /// Decides the initial weights: the same ones on every backend.
    pub seed: u64,
    /// The precision of the factors of linear maps.
    pub precision: Precision,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 0, precision: Precision::F32 }
    }
}

/// One node of a [`Network`].
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) layer: Layer,
    /// The shapes of what comes in and of what goes out, without time and batch.
    pub(crate) shapes: (Vec<usize>, Vec<usize>),
}

/// A network which was written as data: a Burn module, trained like any other.
///
/// Nodes without a memory compute what is constant in time once. A chain runs node by node over all time steps; nodes which
/// feed each other run step by step. The names of the parameters are `node.weight`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::noise::NoiseSeed;
/// use snn_network::{InputShape, Network, NetworkFile, Options};
///
/// let file: NetworkFile = r#"
/// nodes = [
///   { encode = "flicker", time_steps = 16 },
///   { linear = 5, name = "hidden" },
///   { neuron = "graded-lif", decay = 0.9, threshold = 1.0, penalty = 1.5, delay = 1 },
///   { linear = 3 },
///   { neuron = "graded-lif", decay = 0.9, threshold = 1.0, penalty = 1.5, delay = 1 },
///   { readout = "mean", of = "membrane" },
/// ]"#.parse()?;
/// let device = Device::flex();
/// let network = Network::new(&file, &InputShape::Still(vec![6]), &Options::default(), &device)?;
/// let logits = network.forward(Tensor::<2>::ones([4, 6], &device), NoiseSeed::new(0));
/// assert_eq!(logits.dims(), [4, 3]);
/// # Ok::<(), snn_network::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) groups: Vec<Group>,
    /// The node whose output is the network's.
    pub(crate) output: usize,
    pub(crate) output_timing: Timing,
    pub(crate) input: InputShape,
    pub(crate) file: NetworkFile,
}

impl Network {
    /// The network of `file` for inputs of the shape `input`.
    ///
    /// # Errors
    /// If a kind, key or name does not exist, a parameter is outside its range, shapes do not fit, or edges close a cycle in
    /// which nothing takes time: one sentence with the place, what was found, and what would do.
    pub fn new(file: &NetworkFile, input: &InputShape, options: &Options, device: &Device) -> Result<Self> {
        let names = names(file)?;
        let (edges, output) = edges(file, &names)?;
        let order = order(&names, &edges)?;
        let groups = groups(&order, &edges);
        let mut building = Building {
            seed: options.seed,
            shapes_only: true,
            drawn: 0,
            device,
            precision: options.precision,
            statistics: statistics(),
        };
        // Weights are drawn in the order of the file, so shapes are found out first.
        let mut known: BTreeMap<usize, (Vec<usize>, Timing)> = BTreeMap::new();
        let mut nodes: Vec<Option<Node>> = vec![None; names.len()];
        for pass in [Pass::Shapes, Pass::Weights] {
            let places = if pass == Pass::Shapes { order.clone() } else { (0..names.len()).collect() };
            building.drawn = 0;
            building.shapes_only = pass == Pass::Shapes;
            building.statistics = statistics();
            let mut waiting = places;
            while !waiting.is_empty() {
                let before = waiting.len();
                let mut later = Vec::new();
                for place in waiting {
                    let Some((shape, timing)) = incoming(place, &edges, &known, &names, input)? else {
                        later.push(place);
                        continue;
                    };
                    let neurons = driven(place, &edges, &nodes);
                    let (made, timing) = node(file, place, &names, (&shape, timing), neurons.as_ref(), &mut building)?;
                    known.insert(place, (made.shapes.1.clone(), timing));
                    nodes[place] = Some(made);
                }
                if later.len() == before {
                    refuse!(
                        "network: nothing reaches {}; connect it to the chain",
                        later.iter().map(|place| format!("`{}`", names[*place])).collect::<Vec<_>>().join(", ")
                    );
                }
                waiting = later;
            }
        }
        let nodes: Vec<Node> = nodes.into_iter().flatten().collect();
        let (_, output_timing) = known[&output];
        check_delayed(&nodes, &edges, &known)?;
        let mut network =
            Self { nodes, edges, groups, output, output_timing, input: input.clone(), file: file.clone() };
        network.return_states()?;
        Ok(network)
    }

    /// The file it was built from.
    pub fn file(&self) -> &NetworkFile {
        &self.file
    }

    /// What comes in.
    pub fn input(&self) -> &InputShape {
        &self.input
    }

    /// The shape of what the network sends, without time and batch.
    pub fn output_shape(&self) -> &[usize] {
        &self.nodes[self.output].shapes.1
    }

    /// Whether what the network sends is a sequence: it ends without a readout.
    pub fn output_is_sequence(&self) -> bool {
        self.output_timing.in_time()
    }

    /// The names of its nodes, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.name.as_str())
    }

    /// Neurons of which a state is read out return it.
    fn return_states(&mut self) -> Result<()> {
        for place in 0..self.nodes.len() {
            let Layer::Readout { of: Some(of), .. } = &self.nodes[place].layer else { continue };
            let (of, name) = (of.clone(), self.nodes[place].name.clone());
            let sources: Vec<Edge> = self.edges.iter().copied().filter(|edge| edge.to == place).collect();
            let [source] = sources.as_slice() else {
                refuse!("node `{name}` (readout): reads out `{of}` of {} nodes, it needs exactly one", sources.len());
            };
            if source.delay > 0 {
                refuse!(
                    "node `{name}` (readout): reads out `{of}` over an edge of {} steps, it needs one without",
                    source.delay
                );
            }
            let node = &mut self.nodes[source.from];
            let Layer::Neurons(neurons) = &node.layer else {
                refuse!(
                    "node `{name}` (readout): reads out `{of}` of `{}`, which has no states; put it right behind neurons",
                    node.name
                );
            };
            let states = neurons.population().state_names();
            if !states.contains(&of.as_str()) {
                let place = format!("node `{name}` (readout): a state of `{}` called", node.name);
                return Err(none_of(&place, &of, states.iter().copied().chain(["output"])));
            }
            node.layer = Layer::Neurons(neurons.clone().returning_states());
        }
        Ok(())
    }

    /// The neurons of each node which has any, by the node's name.
    pub fn populations(&self) -> impl Iterator<Item = (&str, &Population)> {
        self.nodes.iter().filter_map(|node| match &node.layer {
            Layer::Neurons(neurons) => Some((node.name.as_str(), neurons.population())),
            _ => None,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Shapes,
    Weights,
}

/// What is assumed of the input: numbers uniform in 0 .. 1.
fn statistics() -> InputStatistics {
    InputStatistics::constants(1.0 / 3.0)
}

fn names(file: &NetworkFile) -> Result<Vec<String>> {
    if file.nodes.is_empty() {
        refuse!("network: there are no nodes, at least one is needed");
    }
    let mut names: Vec<String> = Vec::new();
    for (place, keys) in file.nodes.iter().enumerate() {
        let name = match keys.iter().find(|(key, _)| key == "name") {
            None => format!("node{}", place + 1),
            Some((_, Setting::Text(name))) if !name.is_empty() && !name.contains('.') => name.clone(),
            Some((_, other)) => {
                refuse!("network: node {} has the name {}, needs a word without a dot", place + 1, other)
            }
        };
        if let Some(other) = names.iter().position(|earlier| *earlier == name) {
            refuse!("network: nodes {} and {} are both called `{name}`; names must differ", other + 1, place + 1);
        }
        names.push(name);
    }
    Ok(names)
}

/// The chain and the edges besides it; the node whose output is the network's.
fn edges(file: &NetworkFile, names: &[String]) -> Result<(Vec<Edge>, usize)> {
    let place = |name: &str, edge: &str| match names.iter().position(|other| other == name) {
        Some(place) => Ok(place),
        None => {
            Err(none_of(&format!("network: edge {edge} names a node which"), name, names.iter().map(String::as_str)))
        }
    };
    let mut besides = Vec::new();
    for edge in &file.edges {
        let text = format!("`{}` -> `{}`", edge.from, edge.to);
        let found = Edge { from: place(&edge.from, &text)?, to: place(&edge.to, &text)?, delay: edge.delay };
        if besides.iter().any(|other: &Edge| (other.from, other.to) == (found.from, found.to)) {
            refuse!("network: edge {text} is there twice; edges into one node add up, so scale instead");
        }
        besides.push(found);
    }
    // What stands behind the last readout, is reached by an edge and sends over one, is no part of the chain.
    let last_readout = file.nodes.iter().rposition(|keys| keys.first().is_some_and(|(kind, _)| kind == "readout"));
    let in_chain = |node: usize| -> Result<bool> {
        let flag = file.nodes[node].iter().find(|(key, _)| key == "chain").map(|(_, setting)| setting);
        match flag {
            Some(Setting::Flag(flag)) => return Ok(*flag),
            Some(other) => refuse!("node `{}`: `chain` is {}, needs true or false", names[node], other.kind()),
            None => {}
        }
        let behind = last_readout.is_some_and(|readout| node > readout);
        let reached = besides.iter().any(|edge| edge.to == node) && besides.iter().any(|edge| edge.from == node);
        Ok(!(behind && reached))
    };
    let chain: Vec<usize> = (0..names.len())
        .filter_map(|node| match in_chain(node) {
            Ok(true) => Some(Ok(node)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        })
        .collect::<Result<_>>()?;
    let (Some(_), Some(output)) = (chain.first(), chain.last()) else {
        refuse!("network: no node is part of the chain, the input has nowhere to go");
    };
    let mut edges: Vec<Edge> = chain.windows(2).map(|pair| Edge { from: pair[0], to: pair[1], delay: 0 }).collect();
    for edge in besides {
        match edges.iter().find(|other| (other.from, other.to) == (edge.from, edge.to)) {
            Some(_) => refuse!(
                "network: edge `{}` -> `{}` is part of the chain already; leave it out",
                names[edge.from],
                names[edge.to]
            ),
            None => edges.push(edge),
        }
    }
    Ok((edges, *output))
}

/// What arrives at a node; `None` if that is not known yet.
fn incoming(
    place: usize,
    edges: &[Edge],
    known: &BTreeMap<usize, (Vec<usize>, Timing)>,
    names: &[String],
    input: &InputShape,
) -> Result<Option<(Vec<usize>, Timing)>> {
    let mut found: Option<(Vec<usize>, Timing, String)> = None;
    if !edges.iter().any(|edge| edge.to == place && edge.delay == 0) && first_of_chain(edges, names.len()) == place {
        found = Some(match input {
            InputShape::Still(shape) => (shape.clone(), Timing::Still, "the input".to_owned()),
            InputShape::Sequence(shape) => (shape.clone(), Timing::Sequence, "the input".to_owned()),
        });
    }
    for edge in edges.iter().filter(|edge| edge.to == place) {
        let Some((shape, timing)) = known.get(&edge.from) else {
            if edge.delay > 0 {
                continue;
            }
            return Ok(None);
        };
        if edge.delay > 0 && !timing.in_time() {
            refuse!(
                "network: edge `{}` -> `{}` is {} steps long, but what leaves `{0}` has no time",
                names[edge.from],
                names[place],
                edge.delay
            );
        }
        let timing = if edge.delay > 0 { Timing::Sequence } else { *timing };
        found = Some(match found {
            None => (shape.clone(), timing, format!("`{}`", names[edge.from])),
            Some((other, other_timing, from)) => {
                let fits = other == *shape;
                let Some(both) = other_timing.and(timing).filter(|_| fits) else {
                    if fits {
                        refuse!(
                            "node `{}`: {from} and `{}` do not add up, one is a sequence and the other has no time",
                            names[place],
                            names[edge.from]
                        );
                    }
                    refuse!(
                        "node `{}`: {from} sends the shape {other:?}, `{}` sends {shape:?}; they must be the same to add up",
                        names[place],
                        names[edge.from]
                    );
                };
                (other, both, from)
            }
        });
    }
    Ok(found.map(|(shape, timing, _)| (shape, timing)))
}

/// The node at which the input arrives.
pub(crate) fn first_of_chain(edges: &[Edge], nodes: usize) -> usize {
    (0..nodes).find(|node| !edges.iter().any(|edge| edge.to == *node && edge.delay == 0)).unwrap_or(0)
}

/// The neurons right behind a node, if they were made in the first pass.
fn driven(place: usize, edges: &[Edge], nodes: &[Option<Node>]) -> Option<Population> {
    let mut here = place;
    loop {
        here = edges.iter().find(|edge| edge.from == here && edge.delay == 0)?.to;
        match &nodes[here].as_ref()?.layer {
            Layer::Neurons(neurons) => return Some(neurons.population().clone()),
            Layer::Flatten | Layer::MaxPool(_) | Layer::AvgPool(_) | Layer::Norm(_) | Layer::Dropout { .. } => {}
            _ => return None,
        }
    }
}

fn node(
    file: &NetworkFile,
    place: usize,
    names: &[String],
    incoming: (&[usize], Timing),
    neurons: Option<&Population>,
    building: &mut Building,
) -> Result<(Node, Timing)> {
    let entries = &file.nodes[place];
    let (kind, main) = &entries[0];
    let keys = Keys::new(format!("node `{}` ({kind})", names[place]), &entries[1..]);
    keys.get("name");
    keys.get("chain");
    let shape = incoming.0.to_vec();
    let (layer, out, timing) = layer(kind, main, &keys, incoming, neurons, building)?;
    keys.finish()?;
    let kind = match main {
        Setting::Text(word) => format!("{kind} {word}"),
        _ => kind.clone(),
    };
    Ok((Node { name: names[place].clone(), kind, layer, shapes: (shape, out) }, timing))
}

/// Shapes of edges with a delay, which were not known when their target was made.
fn check_delayed(nodes: &[Node], edges: &[Edge], known: &BTreeMap<usize, (Vec<usize>, Timing)>) -> Result<()> {
    for edge in edges.iter().filter(|edge| edge.delay > 0) {
        let (from, to) = (&nodes[edge.from], &nodes[edge.to]);
        if from.shapes.1 != to.shapes.0 {
            refuse!(
                "network: edge `{}` -> `{}`: what leaves `{0}` has the shape {:?}, `{1}` takes {:?}",
                from.name,
                to.name,
                from.shapes.1,
                to.shapes.0
            );
        }
        if !known[&edge.from].1.in_time() {
            refuse!(
                "network: edge `{}` -> `{}` is {} steps long, but what leaves `{0}` has no time",
                from.name,
                to.name,
                edge.delay
            );
        }
    }
    Ok(())
}
