//! A network as data.

use std::str::FromStr;

use crate::error::{Error, Result, refuse};
use crate::keys::Keys;
use crate::setting::Setting;

/// A network as data: nodes in the order of the chain, and the edges besides it.
///
/// ```text
/// nodes = [
///   { encode = "flicker", time_steps = 128 },     # the first key names the kind of node
///   { linear = 100, name = "hidden" },
///   { neuron = "lif", decay = 0.9 },
///   { readout = "spike-rate" },
/// ]
/// edges = [["a", "b"], ["b", "a", { delay = 1 }]]  # where it is no chain
/// ```
///
/// # Example
/// ```
/// use snn_network::NetworkFile;
/// let file: NetworkFile = "nodes = [{ linear = 3 }, { neuron = 'lif' }, { readout = 'spike-rate' }]".parse()?;
/// let built = NetworkFile::new().node("linear", 3).node("neuron", "lif").node("readout", "spike-rate");
/// assert_eq!(file, built);
/// assert_eq!(file.to_string().parse::<NetworkFile>()?, file);
/// # Ok::<(), snn_network::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkFile {
    /// The nodes, each with its keys in the order in which they were written.
    pub nodes: Vec<Vec<(String, Setting)>>,
    /// The edges besides the chain.
    pub edges: Vec<EdgeFile>,
}

/// An edge besides the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeFile {
    /// The node from which it comes.
    pub from: String,
    /// The node to which it goes.
    pub to: String,
    /// How many steps later what leaves `from` arrives at `to`.
    pub delay: usize,
}

impl NetworkFile {
    /// A network without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more node, whose first key is `kind`.
    pub fn node(mut self, kind: &str, setting: impl Into<Setting>) -> Self {
        self.nodes.push(vec![(kind.to_owned(), setting.into())]);
        self
    }

    /// The same, a further key of the last node set.
    ///
    /// # Panics
    /// If there is no node yet.
    #[track_caller]
    pub fn set(mut self, key: &str, setting: impl Into<Setting>) -> Self {
        let node = self.nodes.last_mut().expect("a node of which a key is set");
        node.push((key.to_owned(), setting.into()));
        self
    }

    /// The same with one more edge, `delay` steps long.
    pub fn edge(mut self, from: &str, to: &str, delay: usize) -> Self {
        self.edges.push(EdgeFile { from: from.to_owned(), to: to.to_owned(), delay });
        self
    }

    /// The network in the table `[network]` of a file, or at its top level.
    ///
    /// # Errors
    /// If there is a key besides `nodes` and `edges`, or one of them is not what it should be.
    pub fn from_settings(entries: &[(String, Setting)]) -> Result<Self> {
        let keys = Keys::new("network", entries);
        let nodes = match keys.get("nodes") {
            Some(Setting::List(nodes)) => nodes,
            Some(other) => refuse!("network: `nodes` is {}, needs a list of nodes", other.kind()),
            None => refuse!("network: there are no `nodes`; write nodes = [{{ linear = 10 }}, ..]"),
        };
        let edges = match keys.get("edges") {
            None => &[],
            Some(Setting::List(edges)) => edges.as_slice(),
            Some(other) => refuse!("network: `edges` is {}, needs a list of edges", other.kind()),
        };
        keys.finish()?;
        let nodes = nodes.iter().enumerate().map(|(place, node)| match node {
            Setting::Table(keys) if !keys.is_empty() => Ok(keys.clone()),
            other => refuse!("network: node {} is {}, needs {{ kind = .., .. }}", place + 1, other.kind()),
        });
        Ok(Self { nodes: nodes.collect::<Result<_>>()?, edges: edges.iter().map(edge).collect::<Result<_>>()? })
    }
}

fn edge(setting: &Setting) -> Result<EdgeFile> {
    const FORM: &str = "an edge is [\"from\", \"to\"] or [\"from\", \"to\", { delay = 1 }]";
    let Setting::List(parts) = setting else { refuse!("network: an edge is {}; {FORM}", setting.kind()) };
    let (from, to, rest) = match parts.as_slice() {
        [Setting::Text(from), Setting::Text(to), rest @ ..] if rest.len() <= 1 => (from, to, rest),
        _ => refuse!("network: {} is no edge; {FORM}", setting),
    };
    let delay = match rest {
        [Setting::Table(entries)] => {
            let keys = Keys::new(format!("edge `{from}` -> `{to}`"), entries);
            let delay = keys.count("delay")?.unwrap_or(0);
            keys.finish()?;
            delay
        }
        [] => 0,
        _ => refuse!("edge `{from}` -> `{to}`: {FORM}"),
    };
    Ok(EdgeFile { from: from.clone(), to: to.clone(), delay })
}

impl FromStr for NetworkFile {
    type Err = Error;

    /// Reads TOML: `nodes` and `edges`, in a table `[network]` or at the top level.
    fn from_str(text: &str) -> Result<Self> {
        let entries = Setting::parse(text).map_err(|error| Error::new(format!("network: {error}")))?;
        match entries.as_slice() {
            [(name, Setting::Table(network))] if name == "network" => Self::from_settings(network),
            _ => Self::from_settings(&entries),
        }
    }
}

impl std::fmt::Display for NetworkFile {
    /// As TOML, one line for each node.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "nodes = [")?;
        for node in &self.nodes {
            writeln!(formatter, "  {},", Setting::Table(node.clone()))?;
        }
        writeln!(formatter, "]")?;
        if self.edges.is_empty() {
            return Ok(());
        }
        let edges = self.edges.iter().map(|EdgeFile { from, to, delay }| {
            let mut edge = vec![Setting::from(from.as_str()), Setting::from(to.as_str())];
            if *delay > 0 {
                edge.push(Setting::from([("delay", *delay as i64)]));
            }
            Setting::List(edge)
        });
        writeln!(formatter, "edges = {}", Setting::List(edges.collect()))
    }
}
