//! From a tree to a graph: every field is asked for by its name, and what nobody asked for is an error.

use crate::array::{Array, Values};
use crate::error::{Error, Problem};
use crate::flat::Flat;
use crate::graph::Graph;
use crate::limits::Limits;
use crate::metadata::{Metadata, Value};
use crate::node::*;
use crate::tree::{Folder, Item, Unread};
use crate::{fields, file};

/// The graph in the bytes of a file.
pub(crate) fn graph(bytes: Vec<u8>, limits: Limits) -> Result<Graph, Error> {
    let file::Root { mut folder, names } = file::read(bytes, &["node", "version"], limits)?;
    let root = match folder.items.remove("node") {
        Some(Item::Folder(root)) => root,
        _ if crate::recording::is_marked(&folder) => return Err(Problem::RecordedData.into()),
        _ => return Err(Problem::NoGraph { found: names }.into()),
    };
    let mut graph = match node(root, "", limits.levels)?.0 {
        Node::Graph(graph) => graph,
        single => return Err(Problem::NotAGraph { kind: single.kind().to_owned() }.into()),
    };
    if let Some(Item::Text(_, texts)) = folder.items.get("version") {
        graph.version = texts.first().cloned();
    }
    fill_in(&mut graph);
    Ok(graph)
}

/// Fills in the shapes that convolutions lack, if the edges tell. What is wrong with a graph is said when it is checked.
pub(crate) fn fill_in(graph: &mut Graph) {
    if !lacks_input_shape(graph) {
        return;
    }
    let Ok(flat) = Flat::new(graph) else { return };
    let found: Vec<(String, Vec<usize>)> = flat
        .nodes()
        .iter()
        .filter(|node| matches!(node.node(), Node::Conv1d(_) | Node::Conv2d(_)))
        .map(|node| (node.name().to_owned(), node.input().to_vec()))
        .collect();
    for (path, shape) in found {
        match graph.at_path_mut(&path) {
            Some(Node::Conv1d(conv)) => conv.input_shape = Some(shape[1]),
            Some(Node::Conv2d(conv)) => conv.input_shape = Some([shape[1], shape[2]]),
            _ => {}
        }
    }
}

fn lacks_input_shape(graph: &Graph) -> bool {
    graph.nodes.values().any(|node| match node {
        Node::Conv1d(conv) => conv.input_shape.is_none(),
        Node::Conv2d(conv) => conv.input_shape.is_none(),
        Node::Graph(graph) => lacks_input_shape(graph),
        _ => false,
    })
}

impl Graph {
    /// The node at a path such as `rec/lif`.
    fn at_path_mut(&mut self, path: &str) -> Option<&mut Node> {
        match path.split_once('/') {
            None => self.nodes.get_mut(path),
            Some((first, rest)) => match self.nodes.get_mut(first)? {
                Node::Graph(graph) => graph.at_path_mut(rest),
                _ => None,
            },
        }
    }
}

/// A node and its metadata, which a graph keeps itself.
fn node(mut folder: Folder, path: &str, levels: usize) -> Result<(Node, Metadata), Error> {
    let kind = match folder.items.remove("type") {
        Some(Item::Text(_, texts)) if texts.len() == 1 => texts.into_iter().next().unwrap_or_default(),
        Some(other) => return Err(wrong(path, "type", &other, "a text is")),
        None => {
            let inside = |item: &Item| matches!(item, Item::Folder(inner) if inner.items.contains_key("type"));
            let hint = match folder.items.iter().find(|(_, item)| inside(item)) {
                Some((name, _)) if !path.is_empty() => {
                    format!(": was a node called `{}/{name}`? (HDF5 takes a `/` for a path; rename it)", last(path))
                }
                _ => String::new(),
            };
            return Err(Problem::NoType { node: path.to_owned(), hint }.into());
        }
    };
    let Some((kind, known)) = fields::of(&kind) else {
        return Err(Problem::UnknownType { node: path.to_owned(), kind }.into());
    };
    if let Some(field) = folder.items.keys().find(|field| *field != "metadata" && !known.contains(&field.as_str())) {
        return Err(Problem::UnknownField {
            node: path.to_owned(),
            kind,
            field: field.clone(),
            fields: known.to_vec(),
        }
        .into());
    }
    let beside = match folder.items.remove("metadata") {
        None => Metadata::new(),
        Some(Item::Folder(folder)) => metadata(folder, path)?,
        Some(other) => return Err(wrong(path, "metadata", &other, "a group is")),
    };
    let mut fields = Fields { folder, path, kind, known };
    if kind == "NIRGraph" {
        let mut graph = subgraph(&mut fields, levels)?;
        graph.metadata = beside;
        return Ok((graph.into(), Metadata::new()));
    }
    Ok((primitive(&mut fields)?, beside))
}

fn subgraph(fields: &mut Fields, levels: usize) -> Result<Graph, Error> {
    let Some(deeper) = levels.checked_sub(1) else {
        // Counted from the top, so that the sentence names the limit and not what is left of it.
        let levels = fields.path.matches('/').count() + 1;
        return Err(Problem::TooDeep { levels }.into());
    };
    let mut graph = Graph::new();
    let prefix = if fields.path.is_empty() { String::new() } else { format!("{}/", fields.path) };
    for (name, item) in fields.folder("nodes")?.items {
        let Item::Folder(folder) = item else {
            return Err(Problem::NodeIsData { graph: fields.path.to_owned(), name }.into());
        };
        let (node, beside) = node(folder, &format!("{prefix}{name}"), deeper)?;
        if !beside.is_empty() {
            graph.beside.insert(name.clone(), beside);
        }
        graph.nodes.insert(name, node);
    }
    graph.edges = fields.edges()?;
    Ok(graph)
}

fn primitive(fields: &mut Fields) -> Result<Node, Error> {
    Ok(match fields.kind {
        "Input" => Input { shape: fields.shape("shape")? }.into(),
        "Output" => Output { shape: fields.shape("shape")? }.into(),
        "Affine" => Affine { weight: fields.array("weight")?, bias: fields.array("bias")? }.into(),
        "Linear" => Linear { weight: fields.array("weight")? }.into(),
        "Scale" => Scale { scale: fields.array("scale")? }.into(),
        "Conv1d" => Conv1d {
            input_shape: fields.optional_sizes("input_shape")?.map(|[size]| size),
            weight: fields.array("weight")?,
            stride: fields.sizes("stride").map(|[size]| size)?,
            padding: match fields.padding()? {
                Padding::Size([size]) => Padding::Size(size),
                Padding::Same => Padding::Same,
                Padding::Valid => Padding::Valid,
            },
            dilation: fields.sizes("dilation").map(|[size]| size)?,
            groups: fields.sizes("groups").map(|[size]| size)?,
            bias: fields.array("bias")?,
        }
        .into(),
        "Conv2d" => Conv2d {
            input_shape: fields.optional_sizes("input_shape")?,
            weight: fields.array("weight")?,
            stride: fields.sizes("stride")?,
            padding: fields.padding()?,
            dilation: fields.sizes("dilation")?,
            groups: fields.sizes("groups").map(|[size]| size)?,
            bias: fields.array("bias")?,
        }
        .into(),
        "SumPool2d" => SumPool2d {
            kernel_size: fields.sizes("kernel_size")?,
            stride: fields.sizes("stride")?,
            padding: fields.sizes("padding")?,
        }
        .into(),
        "AvgPool2d" => AvgPool2d {
            kernel_size: fields.sizes("kernel_size")?,
            stride: fields.sizes("stride")?,
            padding: fields.sizes("padding")?,
        }
        .into(),
        "Flatten" => Flatten {
            input_type: fields.has("input_type").then(|| fields.shape("input_type")).transpose()?,
            start_dim: fields.integer("start_dim")?,
            end_dim: fields.integer("end_dim")?,
        }
        .into(),
        "Delay" => Delay { delay: fields.array("delay")? }.into(),
        "Threshold" => Threshold { threshold: fields.array("threshold")? }.into(),
        "I" => I { r: fields.array("r")? }.into(),
        "IF" => If {
            r: fields.array("r")?,
            v_threshold: fields.array("v_threshold")?,
            v_reset: fields.optional_array("v_reset")?,
        }
        .into(),
        "LI" => Li { tau: fields.array("tau")?, r: fields.array("r")?, v_leak: fields.array("v_leak")? }.into(),
        "LIF" => Lif {
            tau: fields.array("tau")?,
            r: fields.array("r")?,
            v_leak: fields.array("v_leak")?,
            v_threshold: fields.array("v_threshold")?,
            v_reset: fields.optional_array("v_reset")?,
        }
        .into(),
        "CubaLI" => CubaLi {
            tau_syn: fields.array("tau_syn")?,
            tau_mem: fields.array("tau_mem")?,
            r: fields.array("r")?,
            v_leak: fields.array("v_leak")?,
            w_in: fields.optional_array("w_in")?,
        }
        .into(),
        _ => CubaLif {
            tau_syn: fields.array("tau_syn")?,
            tau_mem: fields.array("tau_mem")?,
            r: fields.array("r")?,
            v_leak: fields.array("v_leak")?,
            v_threshold: fields.array("v_threshold")?,
            v_reset: fields.optional_array("v_reset")?,
            w_in: fields.optional_array("w_in")?,
        }
        .into(),
    })
}

/// The fields of one node.
struct Fields<'a> {
    folder: Folder,
    path: &'a str,
    kind: &'static str,
    known: &'static [&'static str],
}

impl Fields<'_> {
    fn has(&self, field: &str) -> bool {
        self.folder.items.contains_key(field)
    }

    fn take(&mut self, field: &str) -> Result<Item, Error> {
        self.folder.items.remove(field).ok_or_else(|| {
            Problem::MissingField {
                node: self.path.to_owned(),
                kind: self.kind,
                field: field.to_owned(),
                fields: self.known.to_vec(),
            }
            .into()
        })
    }

    fn folder(&mut self, field: &str) -> Result<Folder, Error> {
        match self.take(field)? {
            Item::Folder(folder) => Ok(folder),
            other => Err(wrong(self.path, field, &other, "a group is")),
        }
    }

    fn array(&mut self, field: &str) -> Result<Array, Error> {
        match self.take(field)? {
            Item::Numbers(array) => Ok(array),
            other => Err(wrong(self.path, field, &other, NUMBERS)),
        }
    }

    fn optional_array(&mut self, field: &str) -> Result<Option<Array>, Error> {
        if self.has(field) { self.array(field).map(Some) } else { Ok(None) }
    }

    /// Whole numbers of any sign.
    fn integers(&mut self, field: &str) -> Result<Vec<i64>, Error> {
        let array = self.array(field)?;
        let whole = |index: usize| {
            let number = array.get(index);
            // Beyond this, floats have no fractions, and no size is that large.
            if number.fract() == 0.0 && number.abs() < 9.0e15 {
                return Ok(number as i64);
            }
            Err(self.not(field, array.show(index), "a whole number is"))
        };
        match array.values() {
            Values::I64(values) => Ok(values.clone()),
            _ => (0..array.len()).map(whole).collect(),
        }
    }

    fn integer(&mut self, field: &str) -> Result<i64, Error> {
        let integers = self.integers(field)?;
        match integers[..] {
            [integer] => Ok(integer),
            _ => Err(self.not(field, format!("{} numbers", integers.len()), "one is")),
        }
    }

    /// Sizes of axes: not negative.
    fn shape(&mut self, field: &str) -> Result<Vec<usize>, Error> {
        let integers = self.integers(field)?;
        integers
            .iter()
            .map(|size| usize::try_from(*size))
            .collect::<Result<_, _>>()
            .map_err(|_| self.not(field, format!("{integers:?}"), "sizes which are not negative are"))
    }

    /// `N` sizes; a single one stands for all.
    fn sizes<const N: usize>(&mut self, field: &str) -> Result<[usize; N], Error> {
        let sizes = self.shape(field)?;
        if let [size] = sizes[..] {
            return Ok([size; N]);
        }
        <[usize; N]>::try_from(sizes).map_err(|sizes| {
            let wanted = if N == 1 { "one number is".to_owned() } else { format!("one number or {N} are") };
            self.not(field, format!("{sizes:?}"), &wanted)
        })
    }

    fn optional_sizes<const N: usize>(&mut self, field: &str) -> Result<Option<[usize; N]>, Error> {
        if self.has(field) { self.sizes(field).map(Some) } else { Ok(None) }
    }

    fn padding<const N: usize>(&mut self) -> Result<Padding<[usize; N]>, Error> {
        if let Some(Item::Text(_, texts)) = self.folder.items.get("padding") {
            let found = texts.join(", ");
            return match found.as_str() {
                "same" => Ok(Padding::Same),
                "valid" => Ok(Padding::Valid),
                _ => Err(self.not("padding", format!("`{found}`"), "`same`, `valid` or numbers are")),
            };
        }
        self.sizes("padding").map(Padding::Size)
    }

    fn edges(&mut self) -> Result<Vec<(String, String)>, Error> {
        let (shape, texts) = match self.take("edges")? {
            Item::Text(shape, texts) => (shape, texts),
            // A graph without edges is an empty array of numbers in Python.
            Item::Numbers(array) if array.is_empty() => (array.shape().to_vec(), Vec::new()),
            other => return Err(wrong(self.path, "edges", &other, "pairs of names are")),
        };
        let pairs = shape.len() == 2 && shape[1] == 2;
        if !texts.is_empty() && !pairs {
            return Err(Problem::EdgesNotPairs { graph: self.path.to_owned(), shape }.into());
        }
        let mut texts = texts.into_iter();
        Ok(std::iter::from_fn(|| Some((texts.next()?, texts.next()?))).collect())
    }

    fn not(&self, field: &str, found: String, wanted: &str) -> Error {
        Problem::Field { node: self.path.to_owned(), field: field.to_owned(), found, wanted: wanted.to_owned() }.into()
    }
}

const NUMBERS: &str = "real numbers are";

/// The error for an item which is not what it should be.
pub(crate) fn wrong(node: &str, field: &str, item: &Item, wanted: &str) -> Error {
    let (node, field) = (node.to_owned(), field.to_owned());
    let found = match item {
        Item::Folder(_) => "a group".to_owned(),
        Item::Numbers(array) => format!("numbers of shape {:?}", array.shape()),
        Item::Text(..) => "text".to_owned(),
        Item::Unread(Unread::Type(found)) => found.clone(),
        Item::Unread(Unread::Elsewhere(elsewhere)) => {
            return Problem::Elsewhere { node, field, elsewhere: (*elsewhere).to_owned() }.into();
        }
        Item::Unread(Unread::Size(shape, reason)) => {
            return Problem::TooLarge { node, field, shape: shape.clone(), reason: reason.clone() }.into();
        }
        Item::Unread(Unread::Storage(cause)) => return Problem::Storage { node, field, cause: cause.clone() }.into(),
        Item::Unread(Unread::Damaged(cause)) => {
            return Problem::FieldDamaged { node, field, cause: cause.clone() }.into();
        }
    };
    Problem::Field { node, field, found, wanted: wanted.to_owned() }.into()
}

fn metadata(folder: Folder, path: &str) -> Result<Metadata, Error> {
    let value = |name: &str, item: Item| {
        Ok(match item {
            Item::Folder(folder) => Value::Map(metadata(folder, path)?),
            Item::Numbers(array) => Value::Numbers(array),
            Item::Text(shape, mut texts) if shape.is_empty() => Value::Text(texts.pop().unwrap_or_default()),
            Item::Text(shape, texts) => Value::Texts(shape, texts),
            Item::Unread(Unread::Type(kind)) => Value::Other(kind),
            unread => return Err(wrong(path, &format!("metadata/{name}"), &unread, "")),
        })
    };
    folder.items.into_iter().map(|(name, item)| Ok((name.clone(), value(&name, item)?))).collect()
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
