//! From a file to a graph: names, the chain, the edges besides it, and what arrives at each node.

use std::collections::BTreeMap;

use snn_core::layer::Population;

use crate::error::{Result, refuse};
use crate::file::NetworkFile;
use crate::graph::Edge;
use crate::keys::none_of;
use crate::network::{InputShape, Node};
use crate::node::Layer;
use crate::setting::Setting;
use crate::signal::Timing;

/// The nodes of a file by their places, and how they are connected.
pub(crate) struct Connections {
    pub(crate) names: Vec<String>,
    pub(crate) edges: Vec<Edge>,
    /// The node at which the input arrives.
    pub(crate) entrance: usize,
    /// The node whose output is the network's.
    pub(crate) output: usize,
}

/// What is known of what leaves nodes: shape and timing.
pub(crate) type Known = BTreeMap<usize, (Vec<usize>, Timing)>;

impl Connections {
    /// Those of `file`.
    ///
    /// # Errors
    /// If names are missing, there twice, or an edge is none.
    pub(crate) fn new(file: &NetworkFile) -> Result<Self> {
        edges(file, names(file)?)
    }

    /// What arrives at a node; `None` if that is not known yet. Of a cycle which is closed behind a delay something must be
    /// found out before all is known: then it need not be `complete`.
    pub(crate) fn incoming(
        &self,
        place: usize,
        known: &Known,
        input: &InputShape,
        complete: bool,
    ) -> Result<Option<(Vec<usize>, Timing)>> {
        let Self { names, edges, entrance, .. } = self;
        let mut found: Option<(Vec<usize>, Timing, String)> = None;
        if place == *entrance {
            found = Some(match input {
                InputShape::Still(shape) => (shape.clone(), Timing::Still, "the input".to_owned()),
                InputShape::Sequence(shape) => (shape.clone(), Timing::Sequence, "the input".to_owned()),
            });
        }
        for edge in edges.iter().filter(|edge| edge.to == place) {
            let Some((shape, timing)) = known.get(&edge.from) else {
                if edge.delay > 0 || !complete {
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

    /// The neurons right behind a node, if they were made in the first pass.
    pub(crate) fn driven(&self, place: usize, nodes: &[Option<Node>]) -> Option<Population> {
        let mut here = place;
        loop {
            here = self.edges.iter().find(|edge| edge.from == here && edge.delay == 0)?.to;
            match &nodes[here].as_ref()?.layer {
                Layer::Neurons(neurons) => return Some(neurons.population().clone()),
                Layer::Flatten | Layer::MaxPool(_) | Layer::AvgPool(_) | Layer::Norm(_) | Layer::Dropout { .. } => {}
                _ => return None,
            }
        }
    }
}

fn names(file: &NetworkFile) -> Result<Vec<String>> {
    if file.nodes.is_empty() {
        refuse!("network: there are no nodes, at least one is needed");
    }
    let mut names: Vec<String> = Vec::new();
    for (place, keys) in file.nodes.iter().enumerate() {
        if keys.is_empty() {
            refuse!("network: node {} is empty, needs {{ kind = .., .. }}", place + 1);
        }
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

/// The chain and the edges besides it.
fn edges(file: &NetworkFile, names: Vec<String>) -> Result<Connections> {
    let place = |name: &str, edge: &str| match names.iter().position(|other| other == name) {
        Some(place) => Ok(place),
        None => Err(none_of(&format!("network: edge {edge}: a node"), name, names.iter().map(String::as_str))),
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
    let (Some(entrance), Some(output)) = (chain.first().copied(), chain.last().copied()) else {
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
    Ok(Connections { names, edges, entrance, output })
}
