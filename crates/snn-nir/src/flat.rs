//! A graph without subgraphs: their nodes in their place, every shape known, every edge between two primitives.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::array::Array;
use crate::error::{Error, Problem};
use crate::graph::{Graph, check_name};
use crate::lint::Lint;
use crate::metadata::Metadata;
use crate::node::Node;
use crate::order::Checked;
use crate::step::Step;
use crate::{fields, lint, parameters, shape};

static NO_METADATA: Metadata = Metadata::new();

/// A graph whose subgraphs are inlined, checked as far as that needs no time step.
///
/// The nodes of a subgraph are named by a path, `rec/lif`; an edge to a subgraph goes to its Input, and one from it comes from its
/// Output, which stay in the graph as nodes that pass everything on. An edge that is there twice counts once.
///
/// ```
/// # use snn_nir::{Graph, Input, Node, Output};
/// let pass = |shape: usize| -> Result<Graph, snn_nir::Error> {
///     let mut graph = Graph::new();
///     graph.chain([
///         ("in", Node::from(Input { shape: vec![shape] })),
///         ("out", Node::from(Output { shape: vec![shape] })),
///     ])?;
///     Ok(graph)
/// };
/// let mut graph = Graph::new();
/// graph.chain([
///     ("input", Node::from(Input { shape: vec![3] })),
///     ("inner", Node::from(pass(3)?)),
///     ("output", Node::from(Output { shape: vec![3] })),
/// ])?;
///
/// let flat = graph.flat()?;
/// let names: Vec<&str> = flat.nodes().iter().map(|node| node.name()).collect();
/// assert_eq!(names, ["inner/in", "inner/out", "input", "output"]);
/// assert_eq!(flat.nodes()[3].input(), [3]);
/// # Ok::<(), snn_nir::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Flat<'a> {
    nodes: Vec<FlatNode<'a>>,
    edges: Vec<(usize, usize)>,
    sources: Vec<Vec<usize>>,
    repeated: Vec<(String, String)>,
}

/// A primitive in a [`Flat`] graph.
#[derive(Debug, Clone)]
pub struct FlatNode<'a> {
    name: String,
    node: &'a Node,
    metadata: &'a Metadata,
    outer: bool,
    input: Vec<usize>,
    output: Vec<usize>,
}

impl<'a> FlatNode<'a> {
    /// Returns the path of the node, such as `rec/lif`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the node. It is no subgraph.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// Returns the metadata of the node.
    pub fn metadata(&self) -> &'a Metadata {
        self.metadata
    }

    /// Tells whether data enter the whole graph here.
    pub fn is_input(&self) -> bool {
        self.outer && matches!(self.node, Node::Input(_))
    }

    /// Tells whether results leave the whole graph here.
    pub fn is_output(&self) -> bool {
        self.outer && matches!(self.node, Node::Output(_))
    }

    /// Returns the shape that arrives, without time and batch.
    pub fn input(&self) -> &[usize] {
        &self.input
    }

    /// Returns the shape that is sent, without time and batch.
    pub fn output(&self) -> &[usize] {
        &self.output
    }

    /// Returns a parameter of a neuron, a Scale, a Threshold or a Delay with one number for each element that arrives: a parameter of size
    /// one is spread, a missing `v_reset` is 0 and a missing `w_in` is 1. Nothing for what the node does not have.
    ///
    /// ```
    /// # use snn_nir::{Array, Graph, Input, Lif, Node, Output};
    /// let one = |value: f32| Array::vector(vec![value]);
    /// let lif = Lif { tau: one(0.5), r: one(1.0), v_leak: one(0.0), v_threshold: one(1.0), v_reset: None };
    /// let mut graph = Graph::new();
    /// graph.chain([
    ///     ("input", Node::from(Input { shape: vec![3] })),
    ///     ("lif", Node::from(lif)),
    ///     ("output", Node::from(Output { shape: vec![3] })),
    /// ])?;
    /// let flat = graph.flat()?;
    /// assert_eq!(flat.nodes()[1].each("tau").unwrap().to_f32(), [0.5, 0.5, 0.5]);
    /// assert_eq!(flat.nodes()[1].each("v_reset").unwrap().to_f32(), [0.0, 0.0, 0.0]);
    /// assert!(flat.nodes()[1].each("w_in").is_none());
    /// # Ok::<(), snn_nir::Error>(())
    /// ```
    pub fn each(&self, field: &str) -> Option<Array> {
        if !self.node.is_elementwise() {
            return None;
        }
        let given = self.node.parameters().into_iter().find(|(name, _)| *name == field);
        if let Some((_, array)) = given {
            return array.spread(&self.input);
        }
        let (_, fields) = fields::of(self.node.kind())?;
        let missing = match field {
            "v_reset" if fields.contains(&field) => 0.0,
            "w_in" if fields.contains(&field) => 1.0,
            _ => return None,
        };
        Array::scalar(missing).spread(&self.input)
    }
}

impl<'a> Flat<'a> {
    pub(crate) fn new(graph: &'a Graph) -> Result<Self, Error> {
        let mut inliner = Inliner { nodes: Vec::new(), edges: Vec::new(), repeated: Vec::new() };
        inliner.inline(graph, "")?;
        let Inliner { nodes, edges, repeated } = inliner;
        let mut sources = vec![Vec::new(); nodes.len()];
        for (from, to) in &edges {
            sources[*to].push(*from);
        }
        let mut flat = Self { nodes, edges, sources, repeated };
        flat.check_ends()?;
        flat.find_shapes()?;
        for node in &flat.nodes {
            parameters::check(node.name(), node.node)?;
        }
        Ok(flat)
    }

    /// Returns all nodes.
    pub fn nodes(&self) -> &[FlatNode<'a>] {
        &self.nodes
    }

    /// Returns all edges as places in [`nodes`](Self::nodes), each once.
    pub fn edges(&self) -> &[(usize, usize)] {
        &self.edges
    }

    /// Returns the places of the nodes from which a node hears. What they send is added.
    pub fn sources(&self, node: usize) -> &[usize] {
        &self.sources[node]
    }

    /// Returns what is worth a look, as far as that is about no time step.
    pub fn lints(&self) -> Vec<Lint> {
        lint::of_flat(self)
    }

    /// Checks what depends on the time step, and finds the order in which the nodes run.
    ///
    /// # Errors
    ///
    /// [`Problem`]s of numbers and cycles.
    pub fn check(self, step: Step) -> Result<Checked<'a>, Error> {
        Checked::new(self, step)
    }

    /// Edges that are in the file more than once, by the names of their ends.
    pub(crate) fn repeated(&self) -> &[(String, String)] {
        &self.repeated
    }

    fn check_ends(&self) -> Result<(), Error> {
        if !self.nodes.iter().any(FlatNode::is_input) {
            return Err(Problem::NoInput.into());
        }
        if !self.nodes.iter().any(FlatNode::is_output) {
            return Err(Problem::NoOutput.into());
        }
        for (at, node) in self.nodes.iter().enumerate() {
            match self.sources[at].first() {
                Some(from) if node.is_input() => {
                    let (from, input) = (self.nodes[*from].name.clone(), node.name.clone());
                    return Err(Problem::EdgeIntoInput { from, input }.into());
                }
                None if !node.is_input() => {
                    return Err(Problem::NothingLeadsTo { node: node.name.clone(), kind: node.node.kind() }.into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Follows the edges from the inputs; a cycle is entered by whichever edge arrives first, and the others must agree.
    fn find_shapes(&mut self) -> Result<(), Error> {
        let targets = targets(self.nodes.len(), &self.edges);
        let mut known = vec![false; self.nodes.len()];
        let mut ready = VecDeque::new();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            if let (true, Node::Input(input)) = (node.is_input(), node.node) {
                node.input.clone_from(&input.shape);
                known[at] = true;
                ready.push_back(at);
            }
        }
        while let Some(at) = ready.pop_front() {
            let from: Vec<String> = self.sources[at]
                .iter()
                .filter(|from| known[**from])
                .map(|from| self.nodes[*from].name.clone())
                .collect();
            let node = &self.nodes[at];
            self.nodes[at].output = shape::output(node.node, &node.name, &from, &node.input)?;
            for to in &targets[at] {
                if !known[*to] {
                    known[*to] = true;
                    self.nodes[*to].input = self.nodes[at].output.clone();
                    ready.push_back(*to);
                }
            }
        }
        if let Some(at) = known.iter().position(|known| !known) {
            return Err(Problem::NoInputLeadsTo {
                node: self.nodes[at].name.clone(),
                kind: self.nodes[at].node.kind(),
                sources: self.sources[at].iter().map(|from| format!("`{}`", self.nodes[*from].name)).collect(),
            }
            .into());
        }
        for (at, sources) in self.sources.iter().enumerate() {
            let Some((first, others)) = sources.split_first() else { continue };
            for other in others {
                let (first, other) = (&self.nodes[*first], &self.nodes[*other]);
                if first.output != other.output {
                    return Err(Problem::Sum {
                        node: self.nodes[at].name.clone(),
                        from: first.name.clone(),
                        first: first.output.clone(),
                        and: other.name.clone(),
                        second: other.output.clone(),
                    }
                    .into());
                }
            }
        }
        Ok(())
    }
}

/// Where the edges from each of `count` nodes go.
pub(crate) fn targets(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut targets = vec![Vec::new(); count];
    for (from, to) in edges {
        targets[*from].push(*to);
    }
    targets
}

struct Inliner<'a> {
    nodes: Vec<FlatNode<'a>>,
    edges: Vec<(usize, usize)>,
    repeated: Vec<(String, String)>,
}

impl<'a> Inliner<'a> {
    /// Adds all that is in `graph`, and returns the places of its Inputs and Outputs.
    fn inline(&mut self, graph: &'a Graph, path: &str) -> Result<(Vec<usize>, Vec<usize>), Error> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        // Where an edge to each node arrives, and where one from it begins.
        let mut ends: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for (name, node) in graph.nodes() {
            check_name(path, name)?;
            let full = format!("{prefix}{name}");
            if let Node::Graph(inner) = node {
                let (entrances, exits) = self.inline(inner, &full)?;
                let ([entrance], [exit]) = (&entrances[..], &exits[..]) else {
                    let names = |places: &[usize]| places.iter().map(|at| self.nodes[*at].name.clone()).collect();
                    let (inputs, outputs) = (names(&entrances), names(&exits));
                    return Err(Problem::SubgraphEnds { graph: full, inputs, outputs }.into());
                };
                ends.insert(name, (*entrance, *exit));
                continue;
            }
            let at = self.nodes.len();
            match node {
                Node::Input(_) => inputs.push(at),
                Node::Output(_) => outputs.push(at),
                _ => {}
            }
            self.nodes.push(FlatNode {
                name: full,
                node,
                metadata: graph.node_metadata(name).unwrap_or(&NO_METADATA),
                outer: path.is_empty(),
                input: Vec::new(),
                output: Vec::new(),
            });
            ends.insert(name, (at, at));
        }
        let mut seen = BTreeSet::new();
        for (from, to) in graph.edges() {
            graph.check_edge(path, from, to)?;
            if seen.insert((from, to)) {
                self.edges.push((ends[from.as_str()].1, ends[to.as_str()].0));
            } else {
                self.repeated.push((format!("{prefix}{from}"), format!("{prefix}{to}")));
            }
        }
        Ok((inputs, outputs))
    }
}
