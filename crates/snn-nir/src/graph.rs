//! A graph: nodes by name, edges, metadata; read from a file, put together, or taken apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::error::{Error, Problem};
use crate::flat::Flat;
use crate::limits::Limits;
use crate::lint::Lint;
use crate::metadata::Metadata;
use crate::node::Node;
use crate::order::Checked;
use crate::step::Step;
use crate::{file, read, write};

/// The release of NIR whose form is written.
pub const NIR_VERSION: &str = "1.0.8";

/// A graph of NIR.
///
/// A graph is what a file says: it may mean nothing. [`check`](Self::check) tells. Two graphs are equal if their nodes, their metadata
/// and the sets of their edges are: the order of edges says nothing in NIR, and an edge that is there twice counts once.
///
/// ```
/// use snn_nir::{Affine, Array, Graph, Input, Lif, Output, Rule, Step};
///
/// let each = |value: f32| Array::vector(vec![value; 2]);
/// let mut graph = Graph::new();
/// graph
///     .add("input", Input { shape: vec![3] })?
///     .add("fc", Affine { weight: Array::new([2, 3], vec![0.5f32; 6])?, bias: each(0.0) })?
///     .add("lif", Lif { tau: each(0.01), r: each(1.0), v_leak: each(0.0), v_threshold: each(1.0), v_reset: None })?
///     .add("output", Output { shape: vec![2] })?
///     .connect("input", "fc")?
///     .connect("fc", "lif")?
///     .connect("lif", "output")?;
///
/// let bytes = graph.to_bytes()?;
/// assert_eq!(Graph::from_bytes(&bytes)?, graph);
///
/// let checked = graph.check(Step::new(1e-3, Rule::Euler)?)?;
/// assert_eq!(checked.node("lif").unwrap().output(), [2]);
/// # Ok::<(), snn_nir::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) beside: BTreeMap<String, Metadata>,
    pub(crate) edges: Vec<(String, String)>,
    pub(crate) metadata: Metadata,
    pub(crate) version: Option<String>,
}

impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        let edges = |graph: &Self| graph.edges.iter().cloned().collect::<BTreeSet<_>>();
        self.nodes == other.nodes
            && self.beside == other.beside
            && self.metadata == other.metadata
            && edges(self) == edges(other)
    }
}

impl Graph {
    /// Makes a graph without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a graph from a file.
    ///
    /// # Errors
    ///
    /// [`Problem`]s of files and of what nodes are made of; each sentence begins with `path`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path, Limits::default())
    }

    /// Reads a graph from a file which may declare no more than `limits`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, limits: Limits) -> Result<Self, Error> {
        let path = path.as_ref();
        let read = |path: &Path| {
            let bytes = fs::read(path)
                .map_err(|cause| Error::from(Problem::Io { action: "cannot read", cause: cause.to_string() }))?;
            read::graph(bytes, limits)
        };
        read(path).map_err(|error| error.within(path))
    }

    /// Reads a graph from the bytes of a file.
    ///
    /// Where a convolution does not say the shape of its input, it is filled in if the edges tell.
    ///
    /// # Errors
    ///
    /// [`Problem`]s of files and of what nodes are made of.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_bytes_with(bytes, Limits::default())
    }

    /// Reads a graph from the bytes of a file which may declare no more than `limits`.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Self::from_bytes).
    pub fn from_bytes_with(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        read::graph(bytes.to_vec(), limits)
    }

    /// Returns the bytes of a file with this graph: the same for equal graphs built or read in the same way.
    ///
    /// The file is in the form of NIR 1.0.8, which releases 1.0.7 and 1.0.8 read. An edge that is there twice is written once. A graph
    /// is written as it is, meaningful or not; [`for_python`](Self::for_python) tells what `nir.read` will not take.
    ///
    /// # Errors
    ///
    /// [`Problem::Name`], [`Problem::NoSuchNode`], [`Problem::InputShape`], [`Problem::Metadata`], [`Problem::Write`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        file::write(&write::tree(self)?)
    }

    /// Writes a file with this graph; see [`to_bytes`](Self::to_bytes). A file which is there is replaced when the new one is complete.
    ///
    /// # Errors
    ///
    /// As [`to_bytes`](Self::to_bytes), and [`Problem::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        self.to_bytes().and_then(|bytes| write::replace(path, &bytes)).map_err(|error| error.within(path))
    }

    /// Adds a node.
    ///
    /// # Errors
    ///
    /// [`Problem::Name`] if `name` is empty, `.`, or holds a `/` or a zero; [`Problem::NodeTaken`].
    pub fn add(&mut self, name: impl Into<String>, node: impl Into<Node>) -> Result<&mut Self, Error> {
        let name = name.into();
        check_name("", &name)?;
        if self.nodes.contains_key(&name) {
            return Err(Problem::NodeTaken { graph: String::new(), name }.into());
        }
        self.nodes.insert(name, node.into());
        Ok(self)
    }

    /// Adds an edge between two nodes which are there. An edge that is added twice counts once.
    ///
    /// # Errors
    ///
    /// [`Problem::NoSuchNode`].
    pub fn connect(&mut self, from: impl Into<String>, to: impl Into<String>) -> Result<&mut Self, Error> {
        let (from, to) = (from.into(), to.into());
        self.check_edge("", &from, &to)?;
        self.edges.push((from, to));
        Ok(self)
    }

    /// Adds nodes one behind the other, with the edges between them.
    ///
    /// ```
    /// use snn_nir::{Graph, Input, Node, Output};
    ///
    /// let mut graph = Graph::new();
    /// graph.chain([
    ///     ("input", Node::from(Input { shape: vec![2] })),
    ///     ("output", Node::from(Output { shape: vec![2] })),
    /// ])?;
    /// assert_eq!(graph.edges(), [("input".to_owned(), "output".to_owned())]);
    /// # Ok::<(), snn_nir::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn chain<S: Into<String>>(&mut self, nodes: impl IntoIterator<Item = (S, Node)>) -> Result<&mut Self, Error> {
        let mut before: Option<String> = None;
        for (name, node) in nodes {
            let name = name.into();
            self.add(name.clone(), node)?;
            if let Some(before) = before.replace(name.clone()) {
                self.connect(before, name)?;
            }
        }
        Ok(self)
    }

    /// Returns all nodes in the order of their names.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// Returns the node called `name`.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.get(name)
    }

    /// Returns the node called `name` to be changed.
    pub fn node_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.nodes.get_mut(name)
    }

    /// Returns the edges in the order in which they were read or added.
    pub fn edges(&self) -> &[(String, String)] {
        &self.edges
    }

    /// Returns the edges to be changed. They are looked at when the graph is checked or written.
    pub fn edges_mut(&mut self) -> &mut Vec<(String, String)> {
        &mut self.edges
    }

    /// Returns the release of NIR that wrote the file, if it says so.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the metadata of the graph.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Returns the metadata of the graph to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Returns the metadata of a node; a subgraph has its own [`metadata`](Self::metadata).
    pub fn node_metadata(&self, name: &str) -> Option<&Metadata> {
        match self.nodes.get(name)? {
            Node::Graph(graph) => Some(&graph.metadata),
            _ => self.beside.get(name),
        }
    }

    /// Returns the metadata of a node to be changed, or nothing if there is no such node.
    pub fn node_metadata_mut(&mut self, name: &str) -> Option<&mut Metadata> {
        match self.nodes.get_mut(name)? {
            Node::Graph(graph) => Some(&mut graph.metadata),
            _ => Some(self.beside.entry(name.to_owned()).or_default()),
        }
    }

    /// Inlines all subgraphs, and finds the shape of everything: what does not depend on a time step.
    ///
    /// # Errors
    ///
    /// [`Problem`]s of names and edges, of shapes, and of numbers as far as they are about no time step.
    pub fn flat(&self) -> Result<Flat<'_>, Error> {
        Flat::new(self)
    }

    /// Checks everything, and finds the order in which the nodes run at a step.
    ///
    /// # Errors
    ///
    /// As [`flat`](Self::flat), and [`Problem`]s of numbers and cycles.
    pub fn check(&self, step: Step) -> Result<Checked<'_>, Error> {
        self.flat()?.check(step)
    }

    /// Tells what of this graph the reader in Python, `nir.read` of releases 1.0.7 and 1.0.8, refuses unless it is called with
    /// `type_check=False`, although it is valid.
    ///
    /// # Errors
    ///
    /// As [`flat`](Self::flat).
    pub fn for_python(&self) -> Result<Vec<Lint>, Error> {
        Ok(crate::lint::for_python(&self.flat()?))
    }

    /// An error if an edge names what is not there.
    pub(crate) fn check_edge(&self, graph: &str, from: &str, to: &str) -> Result<(), Error> {
        for end in [from, to] {
            if !self.nodes.contains_key(end) {
                return Err(Problem::NoSuchNode {
                    graph: graph.to_owned(),
                    from: from.to_owned(),
                    to: to.to_owned(),
                    missing: end.to_owned(),
                    hint: self.hint(end),
                }
                .into());
            }
        }
        Ok(())
    }

    /// What may have been meant by `missing`: the nearest name, or all if they are few.
    fn hint(&self, missing: &str) -> String {
        const FEW: usize = 12;
        let near = self.nodes.keys().map(|name| (distance(missing, name), name)).min();
        let mut hint = match near {
            Some((distance, name)) if 2 * distance <= missing.chars().count().max(2) => {
                format!("did you mean `{name}`? ")
            }
            _ => String::new(),
        };
        let names: Vec<&str> = self.nodes.keys().map(String::as_str).collect();
        if names.len() <= FEW {
            hint += &format!("nodes: {}", names.join(", "));
        } else {
            hint += &format!("there are {} nodes", names.len());
        }
        hint
    }
}

/// An error if `name` cannot be the name of a node.
pub(crate) fn check_name(graph: &str, name: &str) -> Result<(), Error> {
    let why = match name {
        "" => "it is empty",
        "." => "HDF5 takes it for the group itself",
        _ if name.contains('/') => "HDF5 takes a `/` for a path; use a dot",
        _ if name.contains('\0') => "HDF5 ends names at a zero",
        _ => return Ok(()),
    };
    Err(Problem::Name { graph: graph.to_owned(), name: name.to_owned(), why }.into())
}

/// How many letters have to be put in, taken out or changed to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for column in 0..b.len() {
            let changed = diagonal + usize::from(letter != b[column]);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn letters_to_change() {
        assert_eq!(distance("lif", "lif1"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
