//! From a graph to the tree of a file, as `nir` 1.0.8 lays it out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::array::{Array, Values};
use crate::error::{Error, Problem};
use crate::flat::Flat;
use crate::graph::{Graph, NIR_VERSION, check_name};
use crate::metadata::{Metadata, Value};
use crate::node::{Conv1d, Conv2d, Node, Padding};
use crate::tree::{Folder, Item};

/// The tree of a file with `graph`.
pub(crate) fn tree(graph: &Graph) -> Result<Folder, Error> {
    let version = graph.version().unwrap_or(NIR_VERSION);
    let mut shapes = InputShapes { graph, found: None };
    Ok(Folder::default()
        .with("version", Item::text(version))
        .with("node", Item::Folder(subgraph(graph, "", &mut shapes)?)))
}

/// Writes `bytes` beside `path` and puts them in its place: whoever reads meanwhile has the old file or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |cause: std::io::Error| Error::from(Problem::Io { action: "cannot write", cause: cause.to_string() });
    let mut beside = path.as_os_str().to_owned();
    // Browsers have no processes.
    let process = if cfg!(target_family = "wasm") { 0 } else { std::process::id() };
    beside.push(format!(".{process}.part"));
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|cause| {
        let _ = fs::remove_file(&beside);
        failed(cause)
    })
}

/// The shapes that arrive at convolutions, found out once and only if one does not say its own.
struct InputShapes<'a> {
    graph: &'a Graph,
    found: Option<Result<BTreeMap<String, Vec<usize>>, String>>,
}

impl InputShapes<'_> {
    fn of(&mut self, path: &str) -> Result<Vec<usize>, Error> {
        let found = self.found.get_or_insert_with(|| match Flat::new(self.graph) {
            Ok(flat) => Ok(flat.nodes().iter().map(|node| (node.name().to_owned(), node.input().to_vec())).collect()),
            Err(error) => Err(error.to_string()),
        });
        let shape = found
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|found| found.get(path).cloned().ok_or_else(|| "it is not in the flat graph".to_owned()));
        shape.map_err(|cause| Problem::InputShape { node: path.to_owned(), cause }.into())
    }
}

fn subgraph(graph: &Graph, path: &str, shapes: &mut InputShapes) -> Result<Folder, Error> {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut nodes = Folder::default();
    for (name, node) in graph.nodes() {
        check_name(path, name)?;
        let full = format!("{prefix}{name}");
        let mut folder = match node {
            Node::Graph(inner) => subgraph(inner, &full, shapes)?,
            node => primitive(node, &full, shapes)?,
        };
        if let Some(beside) = graph.beside.get(name).filter(|beside| !beside.is_empty()) {
            folder = folder.with("metadata", Item::Folder(metadata(beside, &full)?));
        }
        nodes = nodes.with(name, Item::Folder(folder));
    }
    let mut seen = BTreeSet::new();
    let mut ends = Vec::new();
    for (from, to) in graph.edges() {
        graph.check_edge(path, from, to)?;
        if seen.insert((from, to)) {
            ends.extend([from.clone(), to.clone()]);
        }
    }
    let mut folder = Folder::default()
        .with("type", Item::text("NIRGraph"))
        .with("nodes", Item::Folder(nodes))
        .with("edges", Item::Text(vec![seen.len(), 2], ends));
    if !graph.metadata.is_empty() {
        folder = folder.with("metadata", Item::Folder(metadata(&graph.metadata, path)?));
    }
    Ok(folder)
}

fn primitive(node: &Node, path: &str, shapes: &mut InputShapes) -> Result<Folder, Error> {
    let mut folder = Folder::default().with("type", Item::text(node.kind()));
    for (field, array) in node.parameters() {
        folder = folder.with(field, Item::Numbers(array.clone()));
    }
    Ok(match node {
        Node::Input(node) => folder.with("shape", sizes(&node.shape)),
        Node::Output(node) => folder.with("shape", sizes(&node.shape)),
        Node::Conv1d(Conv1d { input_shape, stride, padding, dilation, groups, .. }) => {
            let length = match input_shape {
                Some(length) => *length,
                None => shapes.of(path)?[1],
            };
            folder
                .with("input_shape", size(length))
                .with("stride", size(*stride))
                .with("padding", padded(*padding, size))
                .with("dilation", size(*dilation))
                .with("groups", size(*groups))
        }
        Node::Conv2d(Conv2d { input_shape, stride, padding, dilation, groups, .. }) => {
            let area = match input_shape {
                Some(area) => *area,
                None => shapes.of(path).map(|shape| [shape[1], shape[2]])?,
            };
            folder
                .with("input_shape", sizes(&area))
                .with("stride", sizes(stride))
                .with("padding", padded(*padding, |size| sizes(&size)))
                .with("dilation", sizes(dilation))
                .with("groups", size(*groups))
        }
        Node::SumPool2d(node) => folder
            .with("kernel_size", sizes(&node.kernel_size))
            .with("stride", sizes(&node.stride))
            .with("padding", sizes(&node.padding)),
        Node::AvgPool2d(node) => folder
            .with("kernel_size", sizes(&node.kernel_size))
            .with("stride", sizes(&node.stride))
            .with("padding", sizes(&node.padding)),
        Node::Flatten(node) => {
            let folder = folder.with("start_dim", integer(node.start_dim)).with("end_dim", integer(node.end_dim));
            match &node.input_type {
                Some(shape) => folder.with("input_type", sizes(shape)),
                None => folder,
            }
        }
        _ => folder,
    })
}

fn integers(shape: Vec<usize>, values: Vec<i64>) -> Item {
    Item::Numbers(Array::new(shape, Values::I64(values)).expect("one value for each place"))
}

fn integer(value: i64) -> Item {
    integers(Vec::new(), vec![value])
}

fn size(size: usize) -> Item {
    integer(size as i64)
}

fn sizes(sizes: &[usize]) -> Item {
    integers(vec![sizes.len()], sizes.iter().map(|size| *size as i64).collect())
}

fn padded<S>(padding: Padding<S>, size: impl Fn(S) -> Item) -> Item {
    match padding {
        Padding::Size(sizes) => size(sizes),
        Padding::Same => Item::text("same"),
        Padding::Valid => Item::text("valid"),
    }
}

fn metadata(metadata_: &Metadata, path: &str) -> Result<Folder, Error> {
    let mut folder = Folder::default();
    for (name, value) in metadata_ {
        let refuse = |found: String| Problem::Metadata { node: path.to_owned(), key: name.clone(), found };
        if check_name("", name).is_err() {
            return Err(refuse("called by a name which HDF5 does not take".to_owned()).into());
        }
        let item = match value {
            Value::Text(text) => Item::text(text),
            Value::Texts(shape, texts) if crate::array::size(shape) == Some(texts.len()) => {
                Item::Text(shape.clone(), texts.clone())
            }
            Value::Texts(shape, texts) => {
                return Err(refuse(format!("{} texts for a shape of {shape:?}", texts.len())).into());
            }
            Value::Numbers(array) => Item::Numbers(array.clone()),
            Value::Map(inner) => Item::Folder(metadata(inner, path)?),
            Value::Other(kind) => return Err(refuse(kind.clone()).into()),
        };
        folder = folder.with(name, item);
    }
    Ok(folder)
}
