//! Recorded activity: what nodes of a graph did, in NIR's data format (`nir.write_data`, `nir.read_data` of 1.0.8).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::array::{Array, Values};
use crate::error::{Error, Problem};
use crate::limits::Limits;
use crate::tree::{Attribute, Folder, Item};
use crate::{file, read, write};

/// What nodes of a graph did.
///
/// ```
/// use snn_nir::{Array, Observable, Recorded, Recording};
///
/// // One sample, three steps, two neurons.
/// let spikes = Array::new([1, 3, 2], vec![true, false, false, false, true, true])?;
/// let mut recording = Recording::default();
/// recording.record("lif", "spikes", Observable::Grid { data: spikes, dt: 1e-3 })?;
///
/// let again = Recording::from_bytes(&recording.to_bytes()?)?;
/// assert_eq!(again, recording);
/// let Some(Recorded::Node(observables)) = again.nodes.get("lif") else { panic!("it was recorded") };
/// let events = observables["spikes"].to_events()?;
/// assert!(matches!(events, Observable::Events { neurons: 2, .. }));
/// # Ok::<(), snn_nir::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    /// By the name of the node in its graph.
    pub nodes: BTreeMap<String, Recorded>,
}

/// What one node did.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// A primitive: what was observed, by name, such as `spikes` or `v`.
    Node(BTreeMap<String, Observable>),
    /// A subgraph.
    Graph(Recording),
}

/// One quantity of one node over time.
#[derive(Debug, Clone, PartialEq)]
pub enum Observable {
    /// A value at each step.
    Grid {
        /// `[samples, steps, neurons]`; truth values for spikes, numbers for what is measured.
        data: Array,
        /// The length of a step.
        dt: f64,
    },
    /// A list of events for each sample, as long as the longest: behind the last event the index is -1 and the time infinite.
    Events {
        /// Which neuron: `[samples, events]`.
        index: Array,
        /// When: `[samples, events]`.
        time: Array,
        /// With which value, if events have values: `[samples, events]`.
        value: Option<Array>,
        /// How many neurons there are.
        neurons: usize,
        /// When the recording ended.
        t_max: f64,
    },
}

impl Recording {
    /// Reads recorded activity from a file.
    ///
    /// # Errors
    ///
    /// [`Problem`]s of files, [`Problem::NotRecordedData`], [`Problem::Recorded`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path, Limits::default())
    }

    /// Reads recorded activity from a file which may declare no more than `limits`.
    ///
    /// Spikes of long recordings shrink much more than weights: a large one may need larger limits.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, limits: Limits) -> Result<Self, Error> {
        let path = path.as_ref();
        fs::read(path)
            .map_err(|cause| Error::from(Problem::Io { action: "cannot read", cause: cause.to_string() }))
            .and_then(|bytes| recording(bytes, limits))
            .map_err(|error| error.within(path))
    }

    /// Reads recorded activity from the bytes of a file.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_bytes_with(bytes, Limits::default())
    }

    /// Reads recorded activity from the bytes of a file which may declare no more than `limits`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_bytes_with(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        recording(bytes.to_vec(), limits)
    }

    /// Adds what was observed at a node.
    ///
    /// # Errors
    ///
    /// [`Problem::Recorded`] if shapes do not go together, or there is a subgraph of that name.
    pub fn record(&mut self, node: &str, name: &str, observable: Observable) -> Result<&mut Self, Error> {
        let place = format!("`{node}`, `{name}`");
        observable.check(&place)?;
        match self.nodes.entry(node.to_owned()).or_insert_with(|| Recorded::Node(BTreeMap::new())) {
            Recorded::Node(observables) => observables.insert(name.to_owned(), observable),
            Recorded::Graph(_) => return Err(wrong(&place, "belongs to a subgraph, not to a node".to_owned())),
        };
        Ok(self)
    }

    /// Returns the bytes of a file which `nir.read_data` reads: the same for equal recordings.
    ///
    /// # Errors
    ///
    /// [`Problem::Recorded`] if shapes do not go together, [`Problem::Name`], [`Problem::Write`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        file::write(&folder(self, "")?)
    }

    /// Writes a file; see [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    ///
    /// As [`to_bytes`](Self::to_bytes), and [`Problem::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        self.to_bytes().and_then(|bytes| write::replace(path, &bytes)).map_err(|error| error.within(path))
    }
}

impl Observable {
    /// Returns spikes on a grid as events: a spike at step `t` has the time `t dt`. Events stay as they are.
    ///
    /// # Errors
    ///
    /// [`Problem::Recorded`] if the grid holds numbers, not truth values.
    pub fn to_events(&self) -> Result<Self, Error> {
        let Self::Grid { data, dt } = self else { return Ok(self.clone()) };
        self.check("grid")?;
        let (Values::Bool(spikes), &[samples, steps, neurons]) = (data.values(), data.shape()) else {
            return Err(wrong("grid", "holds numbers; events can be made of truth values".to_owned()));
        };
        let events: Vec<Vec<(usize, usize)>> = (0..samples)
            .map(|sample| {
                let places = (0..steps).flat_map(|step| (0..neurons).map(move |neuron| (step, neuron)));
                places.filter(|(step, neuron)| spikes[(sample * steps + step) * neurons + neuron]).collect()
            })
            .collect();
        let longest = events.iter().map(Vec::len).max().unwrap_or_default();
        let mut index = vec![-1i64; samples * longest];
        let mut time = vec![f64::INFINITY; samples * longest];
        for (sample, events) in events.iter().enumerate() {
            for (at, (step, neuron)) in events.iter().enumerate() {
                index[sample * longest + at] = *neuron as i64;
                time[sample * longest + at] = *step as f64 * dt;
            }
        }
        let shape = [samples, longest];
        Ok(Self::Events {
            index: Array::new(shape, index)?,
            time: Array::new(shape, time)?,
            value: None,
            neurons,
            t_max: steps as f64 * dt,
        })
    }

    fn check(&self, place: &str) -> Result<(), Error> {
        match self {
            Self::Grid { data, .. } if data.shape().len() != 3 => {
                Err(wrong(place, format!("has shape {:?}, [samples, steps, neurons] is needed", data.shape())))
            }
            Self::Grid { .. } => Ok(()),
            Self::Events { index, time, value, .. } => {
                let all = [Some(index), Some(time), value.as_ref()];
                match all.into_iter().flatten().find(|array| array.shape() != index.shape()) {
                    Some(other) => Err(wrong(
                        place,
                        format!(
                            "has shapes {:?} and {:?}, the same for indices, times and values is needed",
                            index.shape(),
                            other.shape()
                        ),
                    )),
                    None => Ok(()),
                }
            }
        }
    }
}

const MARK: &str = "__type__";

/// Whether the root of a file says that it is recorded data.
pub(crate) fn is_marked(root: &Folder) -> bool {
    matches!(root.attributes.get(MARK), Some(Attribute::Text(mark)) if mark == "NIRGraphData")
}

fn wrong(place: &str, what: String) -> Error {
    Problem::Recorded { place: place.to_owned(), what }.into()
}

fn recording(bytes: Vec<u8>, limits: Limits) -> Result<Recording, Error> {
    let file::Root { folder, names } = file::read(bytes, &["nodes"], limits)?;
    if !is_marked(&folder) {
        let graph = names.iter().any(|name| name == "node");
        let hint =
            if graph { "it holds a graph: read it with `Graph::open`" } else { "was it written by `nir.write_data`?" };
        return Err(Problem::NotRecordedData { hint }.into());
    }
    graph(folder, "")
}

fn inner(mut folder: Folder, name: &str, place: &str) -> Result<Folder, Error> {
    match folder.items.remove(name) {
        Some(Item::Folder(folder)) => Ok(folder),
        _ => Err(wrong(place, format!("has no group `{name}`"))),
    }
}

fn graph(folder: Folder, path: &str) -> Result<Recording, Error> {
    let mut recording = Recording::default();
    for (name, item) in inner(folder, "nodes", if path.is_empty() { "graph" } else { path })?.items {
        let path = if path.is_empty() { format!("`{name}`") } else { format!("{path}, `{name}`") };
        let Item::Folder(folder) = item else { return Err(wrong(&path, "is no group".to_owned())) };
        let recorded = match mark(&folder) {
            "NIRGraphData" => Recorded::Graph(graph(folder, &path)?),
            "NIRNodeData" => {
                let mut observables = BTreeMap::new();
                for (name, item) in inner(folder, "observables", &path)?.items {
                    let path = format!("{path}, `{name}`");
                    let Item::Folder(folder) = item else { return Err(wrong(&path, "is no group".to_owned())) };
                    observables.insert(name, observable(folder, &path)?);
                }
                Recorded::Node(observables)
            }
            other => {
                return Err(wrong(&path, format!("has the type `{other}`, `NIRNodeData` or `NIRGraphData` is needed")));
            }
        };
        recording.nodes.insert(name, recorded);
    }
    Ok(recording)
}

fn mark(folder: &Folder) -> &str {
    match folder.attributes.get(MARK) {
        Some(Attribute::Text(mark)) => mark,
        _ => "",
    }
}

fn observable(mut folder: Folder, path: &str) -> Result<Observable, Error> {
    let number = |name: &str| match folder.attributes.get(name) {
        Some(Attribute::Number(number)) => Ok(*number),
        Some(Attribute::Integer(integer)) => Ok(*integer as f64),
        _ => Err(wrong(path, format!("has no number `{name}`"))),
    };
    let observable = match mark(&folder) {
        "TimeGriddedData" => {
            let dt = number("dt")?;
            Observable::Grid { data: array(&mut folder, "data", path)?, dt }
        }
        kind @ ("EventData" | "ValuedEventData") => {
            let valued = kind == "ValuedEventData";
            let (neurons, t_max) = (number("n_neurons")?, number("t_max")?);
            if !(neurons >= 0.0 && neurons.fract() == 0.0) {
                return Err(wrong(path, format!("has {neurons} neurons, which is no number of neurons")));
            }
            Observable::Events {
                index: array(&mut folder, "idx", path)?,
                time: array(&mut folder, "time", path)?,
                value: valued.then(|| array(&mut folder, "value", path)).transpose()?,
                neurons: neurons as usize,
                t_max,
            }
        }
        other => {
            let wanted = "`TimeGriddedData`, `EventData` or `ValuedEventData` is needed";
            return Err(wrong(path, format!("has the type `{other}`, {wanted}")));
        }
    };
    observable.check(path)?;
    Ok(observable)
}

fn array(folder: &mut Folder, name: &str, path: &str) -> Result<Array, Error> {
    match folder.items.remove(name) {
        Some(Item::Numbers(array)) => Ok(array),
        Some(other) => Err(read::wrong(path.trim_matches('`'), name, &other, "numbers are")),
        None => Err(wrong(path, format!("has no `{name}`"))),
    }
}

fn folder(recording: &Recording, path: &str) -> Result<Folder, Error> {
    let mut nodes = Folder::default();
    for (name, recorded) in &recording.nodes {
        crate::graph::check_name(path, name)?;
        let full = format!("{path}{}{name}", if path.is_empty() { "" } else { "/" });
        let folder = match recorded {
            Recorded::Graph(graph) => folder(graph, &full)?,
            Recorded::Node(observables) => {
                let mut inside = Folder::default();
                for (name, observable) in observables {
                    crate::graph::check_name(&full, name)?;
                    observable.check(&format!("`{full}`, `{name}`"))?;
                    inside = inside.with(name, Item::Folder(written(observable)));
                }
                marked("NIRNodeData").with("observables", Item::Folder(inside))
            }
        };
        nodes = nodes.with(name, Item::Folder(folder));
    }
    Ok(marked("NIRGraphData").with("nodes", Item::Folder(nodes)))
}

fn written(observable: &Observable) -> Folder {
    match observable {
        Observable::Grid { data, dt } => {
            let mut folder = marked("TimeGriddedData").with("data", Item::Numbers(data.clone()));
            folder.attributes.insert("dt".to_owned(), Attribute::Number(*dt));
            folder
        }
        Observable::Events { index, time, value, neurons, t_max } => {
            let kind = if value.is_some() { "ValuedEventData" } else { "EventData" };
            let mut folder =
                marked(kind).with("idx", Item::Numbers(index.clone())).with("time", Item::Numbers(time.clone()));
            if let Some(value) = value {
                folder = folder.with("value", Item::Numbers(value.clone()));
            }
            folder.attributes.insert("n_neurons".to_owned(), Attribute::Integer(*neurons as i64));
            folder.attributes.insert("t_max".to_owned(), Attribute::Number(*t_max));
            folder
        }
    }
}

fn marked(kind: &str) -> Folder {
    let mut folder = Folder::default();
    folder.attributes.insert(MARK.to_owned(), Attribute::Text(kind.to_owned()));
    folder
}
