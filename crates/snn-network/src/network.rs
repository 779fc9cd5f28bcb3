//! A network: nodes and edges, built from a file.

use burn::tensor::Device;
use snn_core::init::InputStatistics;
use snn_core::layer::Population;
use snn_core::synapse::Precision;

use crate::connect::{Connections, Known};
use crate::error::{Result, refuse};
use crate::file::NetworkFile;
use crate::graph::{Edge, Group, groups, order};
use crate::keys::{Keys, none_of};
use crate::node::{Building, Layer, layer};
use crate::setting::Setting;
use crate::signal::Timing;
use crate::sizes;

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
    /// The precision of the factors of linear maps and convolutions.
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
    /// When what comes in comes.
    pub(crate) timing: Timing,
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
    /// The node at which the input arrives.
    pub(crate) entrance: usize,
    /// The node whose output is the network's.
    pub(crate) output: usize,
    pub(crate) output_timing: Timing,
    pub(crate) input: InputShape,
    pub(crate) file: NetworkFile,
    pub(crate) precision: Precision,
}

impl Network {
    /// The network of `file` for inputs of the shape `input`.
    ///
    /// # Errors
    /// If a kind, key or name does not exist, a parameter is outside its range, shapes do not fit, or edges close a cycle in
    /// which nothing takes time: one sentence with the place, what was found, and what would do.
    pub fn new(file: &NetworkFile, input: &InputShape, options: &Options, device: &Device) -> Result<Self> {
        let (InputShape::Still(shape) | InputShape::Sequence(shape)) = input;
        if shape.is_empty() || shape.contains(&0) {
            refuse!("network: an input of the shape {shape:?}, at least one axis and one number are needed");
        }
        let connections = Connections::new(file)?;
        let order = order(&connections.names, &connections.edges)?;
        let groups = groups(&order, &connections.edges);
        let mut building = Building {
            seed: options.seed,
            shapes_only: true,
            drawn: 0,
            device,
            precision: options.precision,
            statistics: statistics(),
            time_steps: time_steps(file),
        };
        let mut known = Known::new();
        let mut nodes: Vec<Option<Node>> = vec![None; connections.names.len()];
        // Shapes first; once more, because what an edge with a delay sends is known only then; then weights, which are drawn in
        // the order of the file.
        for (shapes_only, places) in [(true, &order), (true, &order), (false, &(0..connections.names.len()).collect())]
        {
            building = Building { shapes_only, drawn: 0, statistics: statistics(), ..building };
            build(file, &connections, input, places, &mut building, &mut known, &mut nodes)?;
        }
        let Connections { edges, output, entrance, .. } = connections;
        let nodes: Vec<Node> = nodes.into_iter().flatten().collect();
        let (_, output_timing) = known[&output];
        check_delayed(&nodes, &edges, &known)?;
        let (input, file) = (input.clone(), file.clone());
        let precision = options.precision;
        let mut network = Self { nodes, edges, groups, entrance, output, output_timing, input, file, precision };
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
            let of = match &self.nodes[place].layer {
                Layer::Readout { of, .. } => of.clone(),
                Layer::Ensemble(ensemble) => ensemble.needs_state().map(str::to_owned),
                _ => None,
            };
            let Some(of) = of else { continue };
            let name = self.nodes[place].name.clone();
            let sources: Vec<Edge> = self.edges.iter().copied().filter(|edge| edge.to == place).collect();
            let [source] = sources.as_slice() else {
                refuse!("node `{name}`: reads out `{of}` of {} nodes, it needs exactly one", sources.len());
            };
            if source.delay > 0 {
                refuse!("node `{name}`: reads out `{of}` over an edge of {} steps, it needs one without", source.delay);
            }
            let node = &mut self.nodes[source.from];
            let Layer::Neurons(neurons) = &node.layer else {
                refuse!(
                    "node `{name}`: reads out `{of}` of `{}`, which has no states; put it right behind neurons",
                    node.name
                );
            };
            let states = neurons.population().state_names();
            if !states.contains(&of.as_str()) {
                let place = format!("node `{name}`: a state of `{}` called", node.name);
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

/// What is assumed of the input: numbers uniform in 0 .. 1.
fn statistics() -> InputStatistics {
    InputStatistics::constants(1.0 / 3.0)
}

/// The time steps of the first encoder which names them.
fn time_steps(file: &NetworkFile) -> Option<usize> {
    let encoders = file.nodes.iter().filter(|keys| keys.first().is_some_and(|(kind, _)| kind == "encode"));
    let steps = encoders.flatten().find(|(key, _)| key == "time_steps").map(|(_, setting)| setting);
    match steps {
        Some(Setting::Count(steps)) => usize::try_from(*steps).ok(),
        _ => None,
    }
}

/// Makes the nodes `places`, each when what comes in is known.
fn build(
    file: &NetworkFile,
    connections: &Connections,
    input: &InputShape,
    places: &[usize],
    building: &mut Building,
    known: &mut Known,
    nodes: &mut [Option<Node>],
) -> Result<()> {
    let names = &connections.names;
    let (mut waiting, mut complete) = (places.to_vec(), true);
    while !waiting.is_empty() {
        let mut next = None;
        for (index, place) in waiting.iter().enumerate() {
            if let Some(arriving) = connections.incoming(*place, known, input, complete)? {
                next = Some((index, arriving));
                break;
            }
        }
        let Some((index, (shape, timing))) = next else {
            if !complete {
                refuse!(
                    "network: nothing reaches {}; connect it to the chain",
                    waiting.iter().map(|place| format!("`{}`", names[*place])).collect::<Vec<_>>().join(", ")
                );
            }
            complete = false;
            continue;
        };
        complete = true;
        let place = waiting.remove(index);
        let neurons = connections.driven(place, nodes);
        let (made, timing) = node(file, place, names, (&shape, timing), neurons.as_ref(), building)?;
        known.insert(place, (made.shapes.1.clone(), timing));
        nodes[place] = Some(made);
    }
    Ok(())
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
    let before = incoming.1;
    let (layer, out, timing) = layer(kind, main, &keys, incoming, neurons, building)?;
    keys.finish()?;
    let kind = match main {
        Setting::Text(word) => format!("{kind} {word}"),
        _ => kind.clone(),
    };
    Ok((Node { name: names[place].clone(), kind, layer, shapes: (shape, out), timing: before }, timing))
}

/// Shapes of edges with a delay, which were not known when their target was made.
fn check_delayed(nodes: &[Node], edges: &[Edge], known: &Known) -> Result<()> {
    for edge in edges.iter().filter(|edge| edge.delay > 0) {
        let (from, to) = (&nodes[edge.from], &nodes[edge.to]);
        let place = format!("network: edge `{}` -> `{}`", from.name, to.name);
        sizes::product(&place, "numbers are under way,", &[edge.delay, from.shapes.1.iter().product()])?;
        if from.shapes.1 != to.shapes.0 {
            refuse!(
                "{place}: what leaves `{}` has the shape {:?}, `{}` takes {:?}",
                from.name,
                from.shapes.1,
                to.name,
                to.shapes.0
            );
        }
        if !known[&edge.from].1.in_time() {
            refuse!("{place} is {} steps long, but what leaves `{}` has no time", edge.delay, from.name);
        }
    }
    Ok(())
}
