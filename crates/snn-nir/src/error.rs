//! What can go wrong, each as one sentence: what was found, what was expected, where, and a way out.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a file could not be read or written, or a graph means nothing.
///
/// Displayed, it is one whole sentence, which begins with the file's name if there is one. [`problem`](Self::problem) is the same for
/// programs.
///
/// ```
/// use snn_nir::{Graph, Problem};
///
/// let error = Graph::from_bytes(b"").unwrap_err();
/// assert!(matches!(error.problem(), Problem::Empty));
/// assert_eq!(error.to_string(), "the file is empty: a NIR file is an HDF5 file");
/// ```
#[derive(Debug)]
pub struct Error {
    file: Option<PathBuf>,
    problem: Box<Problem>,
}

impl Error {
    /// Returns what the problem is.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns the file in which the problem is, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The same error, said of `file`.
    pub(crate) fn within(mut self, file: &Path) -> Self {
        self.file = Some(file.to_owned());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self { file: None, problem: Box::new(problem) }
    }
}

/// What is wrong. The fields are what the sentence says; a `node` is named by its path, such as `rec/lif`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the sentence above each variant says what its fields are")]
pub enum Problem {
    // ---- files ----
    /// The system refused to read or write.
    #[error("{action}: {cause}")]
    Io { action: &'static str, cause: String },
    /// There is nothing in the file.
    #[error("the file is empty: a NIR file is an HDF5 file")]
    Empty,
    /// The file does not begin as HDF5 files do.
    #[error("not an HDF5 file, which a NIR file is: it begins with {begins}")]
    NotHdf5 { begins: String },
    /// HDF5, but broken.
    #[error("the file is damaged or incomplete: {cause}; copy or export it again")]
    Damaged { cause: String },
    /// A link which names another place or another file.
    #[error("`{name}` is {kind} link to {target}: links are not followed; export the graph with its nodes in place")]
    Link { name: String, kind: &'static str, target: String },
    /// Graphs inside graphs without end.
    #[error("the graph contains itself, or graphs are nested deeper than {levels} levels (`Limits::levels`)")]
    TooDeep { levels: usize },
    /// More groups and datasets than are allowed or can be.
    #[error(
        "the graph contains itself, or the file holds more than {objects} objects, which is more than its length or \
         `Limits::objects` allows (and 16 levels at most are read)"
    )]
    TooMany { objects: usize },
    /// Two objects in one group with the same name.
    #[error("{place}: two objects are called `{name}`; the file is damaged")]
    SameName { place: String, name: String },
    /// HDF5, but no graph.
    #[error("this HDF5 file has no group `node`: not a NIR file (it holds {})", list(.found))]
    NoGraph { found: Vec<String> },
    /// Recorded activity, where a graph was wanted.
    #[error("this file holds recorded data (NIRGraphData), not a graph: read it with `Recording::open`")]
    RecordedData,
    /// A graph or another file, where recorded activity was wanted.
    #[error("this file holds no recorded data (its root is not marked as NIRGraphData): {hint}")]
    NotRecordedData { hint: &'static str },
    /// Recorded data in a form which NIR does not have.
    #[error("the recorded {place} {what}")]
    Recorded { place: String, what: String },
    /// A single node, where a graph was wanted.
    #[error("the file holds a single {kind}, not a NIRGraph: put it into a graph with an Input and an Output")]
    NotAGraph { kind: String },

    // ---- what nodes are made of ----
    /// A group among the nodes which says not what it is.
    #[error("{} has no `type`{hint}", node_at(.node))]
    NoType { node: String, hint: String },
    /// A type which NIR does not have.
    #[error("{} has the type `{kind}`, which is none of NIR's 19 ({})", node_at(.node), list(crate::node::KINDS))]
    UnknownType { node: String, kind: String },
    /// A field which the type does not have.
    #[error("{} ({kind}) has the field `{field}`, which {kind} does not have (fields: {})", node_at(.node), list(.fields))]
    UnknownField { node: String, kind: &'static str, field: String, fields: Vec<&'static str> },
    /// A field which the type needs.
    #[error("{} ({kind}) has no `{field}`, which {kind} needs (fields: {})", node_at(.node), list(.fields))]
    MissingField { node: String, kind: &'static str, field: String, fields: Vec<&'static str> },
    /// A field of the wrong type or shape, or with a value that is not possible.
    #[error("{}: `{field}` is {found}, {wanted} needed", node_at(.node))]
    Field { node: String, field: String, found: String, wanted: String },
    /// A field whose values lie somewhere else.
    #[error("{}: `{field}` lies in {elsewhere}, which is not followed; export the graph with its values in the file", node_at(.node))]
    Elsewhere { node: String, field: String, elsewhere: String },
    /// A field which declares more than the file can hold or than is allowed.
    #[error("{}: `{field}` declares {} values, {reason}", node_at(.node), times(.shape))]
    TooLarge { node: String, field: String, shape: Vec<u64>, reason: String },
    /// A field in a form of HDF5 that is not read here.
    #[error("{}: `{field}` is stored in a form of HDF5 that is not read here ({cause}); write the file with the defaults of h5py", node_at(.node))]
    Storage { node: String, field: String, cause: String },
    /// A field whose values cannot be read.
    #[error("{}: `{field}` cannot be read, the file is damaged: {cause}", node_at(.node))]
    FieldDamaged { node: String, field: String, cause: String },
    /// Something in the place of nodes that is not a node.
    #[error("{}: `{name}` is no group, and nodes are groups", graph_at(.graph))]
    NodeIsData { graph: String, name: String },
    /// An array which has not as many values as its shape says.
    #[error("{values} values do not fill the shape {shape:?}")]
    ArrayLength { shape: Vec<usize>, values: usize },

    // ---- names and edges ----
    /// A name which HDF5 would take for something else.
    #[error("{}: `{name}` cannot be the name of a node: {why}", graph_at(.graph))]
    Name { graph: String, name: String, why: &'static str },
    /// A name which is taken.
    #[error("{}: there is a node `{name}` already", graph_at(.graph))]
    NodeTaken { graph: String, name: String },
    /// Edges which are no pairs.
    #[error("{}: edges have shape {shape:?}, pairs of names are needed: [edges, 2]", graph_at(.graph))]
    EdgesNotPairs { graph: String, shape: Vec<usize> },
    /// An edge whose end is no node.
    #[error("{}: the edge `{from}` -> `{to}` names `{missing}`, which is no node ({hint})", graph_at(.graph))]
    NoSuchNode { graph: String, from: String, to: String, missing: String, hint: String },
    /// No way in.
    #[error("the graph has no Input node; add one, and an edge from it")]
    NoInput,
    /// No way out.
    #[error("the graph has no Output node; add one, and an edge to it")]
    NoOutput,
    /// A subgraph whose way in or out is not clear.
    #[error(
        "subgraph `{graph}` has {} and {}: one Input and one Output are needed, else an edge to or from it would be ambiguous",
        counted(.inputs, "input"), counted(.outputs, "output")
    )]
    SubgraphEnds { graph: String, inputs: Vec<String>, outputs: Vec<String> },
    /// A node to which no edge leads.
    #[error("nothing leads to node `{node}` ({kind}); connect it or take it out")]
    NothingLeadsTo { node: String, kind: &'static str },
    /// A node which no input reaches.
    #[error("no Input leads to node `{node}` ({kind}): it hears only itself and {}; connect it or take it out", list(.sources))]
    NoInputLeadsTo { node: String, kind: &'static str, sources: Vec<String> },
    /// An edge into the place where data come from.
    #[error("the edge `{from}` -> `{input}` leads into an Input of the whole graph, which hears nothing but data")]
    EdgeIntoInput { from: String, input: String },

    // ---- shapes ----
    /// A shape which a node does not take.
    #[error("node `{node}`: shape {arrives:?} arrives from {}, {takes}", ticked(.from))]
    Shape { node: String, from: Vec<String>, arrives: Vec<usize>, takes: String },
    /// Channels which a convolution does not take.
    #[error(
        "node `{node}`: {arrives} channel{} {} from {}, weight {weight:?} with {groups} group{} takes {takes}",
        plural(*.arrives), if *.arrives == 1 { "arrives" } else { "arrive" }, ticked(.from), plural(*.groups)
    )]
    Channels { node: String, from: Vec<String>, arrives: usize, weight: Vec<usize>, groups: usize, takes: usize },
    /// Signals which cannot be added.
    #[error(
        "node `{node}`: shapes {first:?} from `{from}` and {second:?} from `{and}` arrive together, they cannot be added"
    )]
    Sum { node: String, from: String, first: Vec<usize>, and: String, second: Vec<usize> },
    /// Parameters of one node which do not fit each other.
    #[error("node `{node}`: {what}")]
    Parameters { node: String, what: String },

    // ---- numbers ----
    /// A parameter which is not a number.
    #[error("node `{node}`: {field} is {value}{place}, a finite number is needed")]
    NotFinite { node: String, field: &'static str, value: String, place: String },
    /// A time constant which is not positive.
    #[error("node `{node}`: {field} is {value}{place}, it must be positive")]
    NotPositive { node: String, field: &'static str, value: String, place: String },
    /// A time constant which is shorter than the step.
    #[error(
        "node `{node}`: {field} is {value}{place}, less than the time step {dt}: Euler's method would be unstable (use \
         a step of at most {value}, or the exponential rule{hint})"
    )]
    StepTooLong { node: String, field: &'static str, value: String, place: String, dt: f64, hint: &'static str },
    /// A delay into the future.
    #[error("node `{node}`: a delay of {value}{place} is not possible")]
    NegativeDelay { node: String, value: String, place: String },
    /// A delay which is no whole number of steps.
    #[error(
        "node `{node}`: a delay of {value}{place} is {steps} steps of {dt}, not a whole number; choose a step that divides it"
    )]
    FractionalDelay { node: String, value: String, place: String, steps: String, dt: f64 },
    /// A delay which no machine holds.
    #[error(
        "node `{node}`: a delay of {value}{place} is {steps} steps of {dt}, more than {most}; is the step too short?"
    )]
    LongDelay { node: String, value: String, place: String, steps: String, dt: f64, most: usize },
    /// A time step which is none.
    #[error(
        "a time step of {dt} is not possible: a positive, finite number in the unit of the graph's time constants is needed"
    )]
    TimeStep { dt: f64 },
    /// A rule which there is not.
    #[error("there is no rule `{name}`; there are `euler`, `exponential` and `zoh`")]
    UnknownRule { name: String },

    // ---- cycles ----
    /// A cycle in which nothing takes time.
    #[error("the cycle {} has no neuron and no delay in it: its outputs depend on themselves at once", circle(.cycle))]
    AlgebraicLoop { cycle: Vec<String> },
    /// A cycle in which a delay takes no time.
    #[error("the cycle {} has no neuron in it, and only a Delay of zero steps (`{delay}`: {value}): its outputs depend on themselves at once", circle(.cycle))]
    ZeroDelayLoop { cycle: Vec<String>, delay: String, value: String },

    // ---- writing ----
    /// A convolution whose input is not known.
    #[error(
        "node `{node}`: `input_shape` is not set and does not follow from the edges ({cause}); readers in Python need it"
    )]
    InputShape { node: String, cause: String },
    /// Metadata which cannot be written.
    #[error("{}: the metadata `{key}` is {found}, which is not kept; take it out", node_at(.node))]
    Metadata { node: String, key: String, found: String },
    /// HDF5 cannot hold it.
    #[error("cannot be written: {cause}")]
    Write { cause: String },
}

/// `node `lif``, or the graph itself for an empty path.
fn node_at(path: &str) -> String {
    if path.is_empty() { "the graph".to_owned() } else { format!("node `{path}`") }
}

/// `subgraph `rec``, or the graph itself for an empty path.
fn graph_at(path: &str) -> String {
    if path.is_empty() { "the graph".to_owned() } else { format!("subgraph `{path}`") }
}

fn list<T: AsRef<str>>(names: &[T]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

fn ticked(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

fn circle(names: &[String]) -> String {
    names.iter().chain(names.first()).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" -> ")
}

fn counted(names: &[String], what: &str) -> String {
    match names.len() {
        0 => format!("0 {what}s"),
        1 => format!("1 {what} ({})", list(names)),
        count => format!("{count} {what}s ({})", list(names)),
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn times(shape: &[u64]) -> String {
    if shape.is_empty() {
        return "1".to_owned();
    }
    shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" x ")
}

/// `number` with six digits at most, for sentences.
pub(crate) fn short(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let magnitude = number.abs().log10().floor();
    if (-5.0..15.0).contains(&magnitude) {
        let decimals = (5.0 - magnitude).clamp(0.0, 12.0) as usize;
        let text = format!("{number:.decimals$}");
        return if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    }
    format!("{number:.5e}")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn six_digits_are_enough() {
        assert_eq!(short(1.500_000_04), "1.5");
        assert_eq!(short(1000.0), "1000");
        assert_eq!(short(0.000_123_456_789), "0.000123457");
        assert_eq!(short(1.0e-9), "1.00000e-9");
    }
}
