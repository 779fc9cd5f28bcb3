//! The order in which nodes run at a step, and the edges whose signals are heard one step later.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::components::{components, cycle, on_cycles};
use crate::error::{Error, Problem};
use crate::flat::{Flat, FlatNode, targets};
use crate::lint::{self, Lint};
use crate::node::Node;
use crate::parameters;
use crate::step::Step;

/// A flat graph that can be run step by step, and how.
///
/// At step `t` the nodes run in the [order](Self::components) that is given here. What arrives at a node is the sum over its
/// [sources](Self::sources); what a node sends at `t` is heard at `t`, unless the edge is late: then it is heard at `t + 1`.
///
/// - Before step 0 everything is at rest: `v = v_leak` (LI, LIF, CubaLI, CubaLIF), `v_reset` (IF), 0 (I); `i = 0`; delays hold 0. A late
///   edge carries at step 0 what its source sends then, so the bias of a recurrent Affine acts from step 0 on.
/// - A [Delay](crate::Delay) of at least one step in each of its elements cuts a cycle by itself: what it sends at `t` arrived
///   before, so in its component it runs first.
/// - In the cycles that are left, an edge is late if it does not lead away from the inputs: if its target is as near to an Input as
///   its source, or nearer, counted in edges. That depends on neither names nor order; each cycle has such an edge; and two populations
///   which drive each other are treated alike. With one neuron in a cycle nothing else is possible; with more, NIR leaves it open, and
///   [`Lint::LateEdges`] says what was decided.
///
/// ```
/// use snn_nir::{Array, Graph, Input, Li, Linear, Node, Output, Rule, Step};
///
/// let one = |value: f64| Array::vector(vec![value]);
/// let mut graph = Graph::new();
/// graph
///     .chain([
///         ("input", Node::from(Input { shape: vec![1] })),
///         ("v", Node::from(Li { tau: one(0.1), r: one(1.0), v_leak: one(0.0) })),
///         ("output", Node::from(Output { shape: vec![1] })),
///     ])?
///     .add("back", Linear { weight: Array::new([1, 1], vec![-0.5])? })?
///     .connect("v", "back")?
///     .connect("back", "v")?;
///
/// let checked = graph.check(Step::new(0.01, Rule::Exponential)?)?;
/// let order: Vec<Vec<&str>> = checked
///     .components()
///     .iter()
///     .map(|component| component.nodes().iter().map(|node| checked.nodes()[*node].name()).collect())
///     .collect();
/// assert_eq!(order, [vec!["input"], vec!["v", "back"], vec!["output"]]);
/// assert!(checked.components()[1].is_cyclic());
/// assert_eq!(checked.late_edges(), [("back", "v")]);
/// # Ok::<(), snn_nir::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checked<'a> {
    flat: Flat<'a>,
    step: Step,
    late: BTreeSet<(usize, usize)>,
    cuts: Vec<bool>,
    delays: BTreeMap<usize, Vec<usize>>,
    components: Vec<Component>,
    lints: Vec<Lint>,
}

/// Nodes that can only run together, step by step, or a single node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    nodes: Vec<usize>,
    cyclic: bool,
}

impl Component {
    /// Returns the places of the nodes in [`Checked::nodes`], in the order in which they run at a step.
    pub fn nodes(&self) -> &[usize] {
        &self.nodes
    }

    /// Tells whether there is a cycle, through a delay or not. A node without one can run over all steps at once.
    pub fn is_cyclic(&self) -> bool {
        self.cyclic
    }
}

/// Where a node hears something from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The place of the node that sends, in [`Checked::nodes`].
    pub node: usize,
    /// Whether it is heard one step later.
    pub late: bool,
}

impl<'a> Checked<'a> {
    pub(crate) fn new(flat: Flat<'a>, step: Step) -> Result<Self, Error> {
        let nodes = flat.nodes();
        let mut delays = BTreeMap::new();
        let mut cuts = vec![false; nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            parameters::check_step(node.name(), node.node(), step)?;
            if let Node::Delay(delay) = node.node() {
                let steps = parameters::delay_steps(node.name(), &delay.delay, step)?;
                cuts[at] = steps.iter().all(|steps| *steps >= 1);
                delays.insert(at, steps);
            }
        }
        let now: Vec<(usize, usize)> = flat.edges().iter().copied().filter(|(_, to)| !cuts[*to]).collect();
        check_loops(nodes, &now)?;
        let late = late(nodes, flat.edges(), &now);
        let components = ordered(nodes.len(), flat.edges(), |from, to| !cuts[to] && !late.contains(&(from, to)));
        let mut checked = Self { flat, step, late, cuts, delays, components, lints: Vec::new() };
        checked.lints = lint::of_checked(&checked);
        Ok(checked)
    }

    /// Returns the flat graph.
    pub fn flat(&self) -> &Flat<'a> {
        &self.flat
    }

    /// Returns the step for which the graph was checked.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Returns all nodes. Everywhere else, a node is its place in here.
    pub fn nodes(&self) -> &[FlatNode<'a>] {
        self.flat.nodes()
    }

    /// Returns the node with the path `name`.
    pub fn node(&self, name: &str) -> Option<&FlatNode<'a>> {
        self.nodes().iter().find(|node| node.name() == name)
    }

    /// Returns the places of the nodes where data enter.
    pub fn inputs(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes().len()).filter(|at| self.nodes()[*at].is_input())
    }

    /// Returns the places of the nodes where results leave.
    pub fn outputs(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes().len()).filter(|at| self.nodes()[*at].is_output())
    }

    /// Returns the components in the order in which they run: an edge between two of them leads to the later one.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Returns the places of all nodes in the order in which they run at a step.
    pub fn order(&self) -> impl Iterator<Item = usize> + '_ {
        self.components.iter().flat_map(|component| component.nodes.iter().copied())
    }

    /// Goes through what a node hears.
    pub fn sources(&self, node: usize) -> impl ExactSizeIterator<Item = Source> + '_ {
        self.flat.sources(node).iter().map(move |from| Source { node: *from, late: self.late.contains(&(*from, node)) })
    }

    /// Returns the late edges by the names of their ends, in the order of these.
    pub fn late_edges(&self) -> Vec<(&str, &str)> {
        let names = |(from, to): &(usize, usize)| (self.nodes()[*from].name(), self.nodes()[*to].name());
        let mut edges: Vec<_> = self.late.iter().map(names).collect();
        edges.sort_unstable();
        edges
    }

    /// Returns the steps that each element of a Delay takes, row-major in the shape of its `delay`; nothing for other nodes.
    pub fn delay_steps(&self, node: usize) -> Option<&[usize]> {
        self.delays.get(&node).map(Vec::as_slice)
    }

    /// Tells whether a node is a Delay of at least one step in each element: it sends before it hears.
    pub fn cuts(&self, node: usize) -> bool {
        self.cuts[node]
    }

    /// Returns what is worth a look.
    pub fn lints(&self) -> &[Lint] {
        &self.lints
    }
}

/// Each cycle has a neuron in it, or a delay of a step, whose edges `now` lacks.
fn check_loops(nodes: &[FlatNode], now: &[(usize, usize)]) -> Result<(), Error> {
    let at_once: Vec<(usize, usize)> =
        now.iter().copied().filter(|(from, _)| !nodes[*from].node().is_neuron()).collect();
    let component = components(nodes.len(), &at_once);
    let Some(start) = on_cycles(&component, &at_once).iter().position(|on| *on) else { return Ok(()) };
    let places = cycle(start, &component, &at_once);
    let names: Vec<String> = places.iter().map(|at| nodes[*at].name().to_owned()).collect();
    for at in places {
        if let Node::Delay(delay) = nodes[at].node() {
            let shortest = (0..delay.delay.len()).min_by(|a, b| delay.delay.get(*a).total_cmp(&delay.delay.get(*b)));
            let value = shortest.map_or_else(String::new, |at| delay.delay.show(at));
            return Err(Problem::ZeroDelayLoop { cycle: names, delay: nodes[at].name().to_owned(), value }.into());
        }
    }
    Err(Problem::AlgebraicLoop { cycle: names }.into())
}

/// The edges on cycles that do not lead away from the inputs.
fn late(nodes: &[FlatNode], edges: &[(usize, usize)], now: &[(usize, usize)]) -> BTreeSet<(usize, usize)> {
    let component = components(nodes.len(), now);
    let targets = targets(nodes.len(), edges);
    let mut distance = vec![usize::MAX; nodes.len()];
    let mut ready: VecDeque<usize> = (0..nodes.len()).filter(|at| nodes[*at].is_input()).collect();
    for at in &ready {
        distance[*at] = 0;
    }
    while let Some(at) = ready.pop_front() {
        for to in &targets[at] {
            if distance[*to] == usize::MAX {
                distance[*to] = distance[at] + 1;
                ready.push_back(*to);
            }
        }
    }
    // An edge inside a component lies on a cycle; it joins two nodes, or one with itself.
    let is_late = |(from, to): &(usize, usize)| component[*from] == component[*to] && distance[*to] <= distance[*from];
    now.iter().copied().filter(is_late).collect()
}

/// The components of the whole graph in order, the nodes of each ordered by the edges which are heard at once.
fn ordered(count: usize, edges: &[(usize, usize)], at_once: impl Fn(usize, usize) -> bool) -> Vec<Component> {
    let component = components(count, edges);
    let cyclic = on_cycles(&component, edges);
    let mut members = vec![Vec::new(); component.iter().max().map_or(0, |most| most + 1)];
    let inside: Vec<(usize, usize)> =
        edges.iter().copied().filter(|(from, to)| component[*from] == component[*to] && at_once(*from, *to)).collect();
    let targets = targets(count, &inside);
    let mut waits = vec![0usize; count];
    for (_, to) in &inside {
        waits[*to] += 1;
    }
    let mut ready: VecDeque<usize> = (0..count).filter(|at| waits[*at] == 0).collect();
    while let Some(at) = ready.pop_front() {
        members[component[at]].push(at);
        for to in &targets[at] {
            waits[*to] -= 1;
            if waits[*to] == 0 {
                ready.push_back(*to);
            }
        }
    }
    debug_assert_eq!(members.iter().map(Vec::len).sum::<usize>(), count, "late edges cut every cycle");
    // Components are numbered against the edges.
    let component = |nodes: Vec<usize>| Component { cyclic: nodes.iter().any(|at| cyclic[*at]), nodes };
    members.into_iter().rev().map(component).collect()
}
