//! A file of spike trains: what is in it, and one sample after another.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hdf5_pure::{Dataset, Datatype, DatatypeByteOrder, VlenStringReadOptions};

use super::heap::{Heap, Reference};
use crate::shown;
use crate::stored::Stored;
use crate::{Error, Place};

/// The spikes of one sample, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpikeTrain {
    /// When, in seconds.
    pub times: Vec<f64>,
    /// In which channel; as many as times.
    pub units: Vec<u32>,
}

/// What a heap is read from.
trait Bytes: Read + Seek + Send {}
impl<T: Read + Seek + Send> Bytes for T {}

/// A file of spike trains (SHD, SSC), open for reading.
///
/// # Example
/// ```no_run
/// use std::path::Path;
/// use snn_data::spikes::SpikeFile;
///
/// let file = SpikeFile::open(Path::new("shd_train.h5"))?;
/// for index in 0..file.len() {
///     let train = file.train(index)?;
///     println!("{} spikes of class {}", train.times.len(), file.labels()[index]);
/// }
/// # Ok::<(), snn_data::Error>(())
/// ```
pub struct SpikeFile {
    path: Option<PathBuf>,
    heap: Mutex<Heap<Box<dyn Bytes>>>,
    times: Column,
    units: Column,
    labels: Vec<u32>,
    speakers: Option<Vec<u32>>,
    keys: Vec<String>,
}

/// One of the two arrays of rows: where the rows lie, and how their numbers are stored.
struct Column {
    rows: Vec<Reference>,
    stored: Stored,
}

const FORMAT: &str = "spike trains in HDF5";

/// How much larger than the file the references in it may be: what deflate can at most do.
const RATIO: u64 = 1032;
/// What is granted to any file: bytes of references and labels.
const GRANTED: u64 = 1 << 20;

fn wrong(place: &str, problem: impl Into<String>) -> Error {
    Error::Format { format: FORMAT, place: Place::Entry(format!("`{place}`")), problem: problem.into() }
}

fn damaged(place: &str, cause: impl std::fmt::Display) -> Error {
    wrong(
        place,
        format!("the file is damaged or holds what is not read: {}; copy or download it again", shown::cause(&cause)),
    )
}

impl SpikeFile {
    /// Opens a file. Labels and references are read, and no spikes yet.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened; [`Error::File`] with what is wrong in it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let refused = |cause| Error::Io { action: "cannot read", path: path.to_owned(), cause };
        let file = File::open(path).map_err(refused)?;
        let mut magic = [0; 8];
        let length = file.metadata().map_err(refused)?.len();
        let begun = (&file).read(&mut magic).map_err(refused)?;
        let mut opened = Self::read(Box::new(file), length, &magic[..begun], || hdf5_pure::File::open_streaming(path))
            .map_err(|error| error.in_file(path))?;
        opened.path = Some(path.to_owned());
        Ok(opened)
    }

    /// Reads a file that is in memory already.
    ///
    /// # Errors
    /// [`Error::Format`] with what is wrong in it.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        let (length, magic) = (bytes.len() as u64, bytes[..bytes.len().min(8)].to_vec());
        let copy = Box::new(Cursor::new(bytes.clone()));
        Self::read(copy, length, &magic, || hdf5_pure::File::from_bytes(bytes))
    }

    fn read(
        bytes: Box<dyn Bytes>,
        length: u64,
        magic: &[u8],
        open: impl FnOnce() -> Result<hdf5_pure::File, hdf5_pure::Error>,
    ) -> Result<Self, Error> {
        // A user block may stand in front of the file, so only what is certainly something else is named.
        if let Some(found) = stranger(magic) {
            let problem = format!("an HDF5 file expected, found {found}; name the unpacked .h5 file");
            return Err(Error::Format { format: FORMAT, place: Place::Byte(0), problem });
        }
        // The library has been seen to overflow on broken files; where overflow is checked, that is a panic.
        catch_unwind(AssertUnwindSafe(|| Self::read_inside(bytes, length, open)))
            .unwrap_or_else(|_| Err(damaged("the file", "its parts contradict each other")))
    }

    fn read_inside(
        bytes: Box<dyn Bytes>,
        length: u64,
        open: impl FnOnce() -> Result<hdf5_pure::File, hdf5_pure::Error>,
    ) -> Result<Self, Error> {
        let file = open().map_err(|error| damaged("the file", error))?;
        let block = file.superblock();
        let base = block.base_address.get();
        let heap =
            Heap::new(bytes, base, block.offset_size, block.length_size).map_err(|error| damaged("the file", error))?;
        let part = |place: &str| {
            let found = file.dataset(place);
            found.map_err(|error| match names(&file) {
                Some(names) if !names.is_empty() => wrong(
                    place,
                    format!("an array of this name expected, the file has {names}; name a file of SHD or SSC"),
                ),
                _ => damaged(place, error),
            })
        };
        let times = rows(&heap, &part("spikes/times")?, "spikes/times", length)?;
        let units = rows(&heap, &part("spikes/units")?, "spikes/units", length)?;
        if units.stored.is_float() {
            return Err(wrong("spikes/units", "whole numbers expected, found floats"));
        }
        let count = times.rows.len() as u64;
        same_rows("spikes/units", units.rows.len() as u64, count)?;
        let labels = whole(&part("labels")?, "labels", length, count)?;
        let speakers = match file.dataset("extra/speaker") {
            Ok(dataset) => Some(whole(&dataset, "extra/speaker", length, count)?),
            Err(_) => None,
        };
        let limits = VlenStringReadOptions::new().with_max_elements(4096).with_max_payload_bytes(1 << 20);
        let keys = file.dataset("extra/keys").ok();
        let keys = keys.filter(|keys| {
            let size = keys.element_size().unwrap_or(u64::MAX);
            fits(keys, length, size) && chunk_fits(keys, length)
        });
        // Names of fixed length are no longer ones.
        let keys = keys.and_then(|keys| keys.read_vlen_strings(limits).or_else(|_| keys.read_string()).ok());
        let keys = keys.unwrap_or_default();
        Ok(Self { path: None, heap: Mutex::new(heap), times, units, labels, speakers, keys })
    }

    /// Returns how many samples there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the class of each sample.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Returns who spoke each sample, where the file tells.
    pub fn speakers(&self) -> Option<&[u32]> {
        self.speakers.as_deref()
    }

    /// Returns what the classes are called; empty where the file does not tell.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Returns how many spikes a sample has, without reading them.
    ///
    /// # Panics
    /// If there is no such sample.
    pub fn spikes(&self, index: usize) -> usize {
        self.times.rows[index].count as usize
    }

    /// Reads the spikes of a sample.
    ///
    /// # Errors
    /// [`Error::Format`] if its row is damaged: if it lies outside of the file, if there are not as many units as times, if a
    /// time is negative or no number, or a unit negative.
    ///
    /// # Panics
    /// If there is no such sample.
    pub fn train(&self, index: usize) -> Result<SpikeTrain, Error> {
        self.read_train(index).map_err(|error| match &self.path {
            Some(path) => error.in_file(path),
            None => error,
        })
    }

    fn read_train(&self, index: usize) -> Result<SpikeTrain, Error> {
        let row = |name: &str| format!("{name}` row `{index}");
        let (times, units) = (self.times.rows[index], self.units.rows[index]);
        if times.count != units.count {
            let problem =
                format!("as many units as times expected, {}, found {}; the file is damaged", times.count, units.count);
            return Err(wrong(&row("spikes/units"), problem));
        }
        // A thread that stopped while it held the heap left no harm there: each reading begins at its own place.
        let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
        let (times_stored, units_stored) = (self.times.stored, self.units.stored);
        let times = heap.read(times, times_stored.size).map_err(|error| wrong(&row("spikes/times"), error))?;
        let units = heap.read(units, units_stored.size).map_err(|error| wrong(&row("spikes/units"), error))?;
        drop(heap);
        let time = |bytes: &[u8]| {
            let time = times_stored.float(bytes);
            if time >= 0.0 && time.is_finite() {
                return Ok(time);
            }
            Err(wrong(
                &row("spikes/times"),
                format!("times of 0 s or more expected, found {time}; the file is damaged"),
            ))
        };
        let unit = |bytes: &[u8]| {
            units_stored.whole(bytes).and_then(|unit| u32::try_from(unit).ok()).ok_or_else(|| {
                wrong(&row("spikes/units"), "channels from 0 on expected, found another number; the file is damaged")
            })
        };
        Ok(SpikeTrain {
            times: times.chunks_exact(times_stored.size).map(time).collect::<Result<_, _>>()?,
            units: units.chunks_exact(units_stored.size).map(unit).collect::<Result<_, _>>()?,
        })
    }
}

/// What a file is that is certainly no HDF5.
fn stranger(magic: &[u8]) -> Option<&'static str> {
    match magic {
        [] => Some("an empty file"),
        [0x1f, 0x8b, ..] => Some("a gzip file"),
        [b'P', b'K', 3, 4, ..] => Some("a ZIP archive"),
        [b'<', ..] => Some("a page of the web"),
        _ => None,
    }
}

/// What is at the top of the file, for a sentence.
fn names(file: &hdf5_pure::File) -> Option<String> {
    let root = file.root();
    let mut names: Vec<String> = root.iter_datasets().ok()?.map(|(name, _)| name).take(8).collect();
    names.extend(root.iter_groups().ok()?.map(|(name, _)| format!("{name}/")).take(8));
    Some(names.iter().map(|name| format!("`{}`", shown::shown(name))).collect::<Vec<_>>().join(", "))
}

/// Whether an array of elements of `size` bytes may be unpacked from a file of `length` bytes.
fn fits(dataset: &Dataset, length: u64, size: u64) -> bool {
    let Ok(shape) = dataset.shape() else { return false };
    let bytes = shape.iter().try_fold(size, |bytes, count| bytes.checked_mul(*count));
    bytes.is_some_and(|bytes| bytes <= length.saturating_mul(RATIO).max(GRANTED))
}

/// Whether one piece of an array may be.
fn chunk_fits(dataset: &Dataset, length: u64) -> bool {
    let size = dataset.element_size().unwrap_or(u64::MAX);
    let Ok(Some(shape)) = dataset.chunk_shape() else { return true };
    let bytes = shape.iter().try_fold(size, |bytes, count| bytes.checked_mul(*count));
    bytes.is_some_and(|bytes| bytes <= length.saturating_mul(RATIO).max(GRANTED))
}

/// How many rows an array with one axis has, if it may be read at all.
fn checked_rows(dataset: &Dataset, place: &str, length: u64) -> Result<u64, Error> {
    let shape = dataset.shape().map_err(|error| damaged(place, error))?;
    let [count] = shape[..] else {
        return Err(wrong(place, format!("one axis expected, found the shape {shape:?}")));
    };
    let size = dataset.element_size().map_err(|error| damaged(place, error))?;
    if !fits(dataset, length, size) || !chunk_fits(dataset, length) {
        let problem =
            format!("as many rows as a file of {length} bytes can hold expected, found {count}; the file is damaged");
        return Err(wrong(place, problem));
    }
    Ok(count)
}

/// Refuses another number of rows than of times.
fn same_rows(place: &str, count: u64, expected: u64) -> Result<(), Error> {
    if count == expected {
        return Ok(());
    }
    Err(wrong(
        place,
        format!("as many rows as in `spikes/times` expected, {expected}, found {count}; the file is damaged"),
    ))
}

/// Reads whole numbers, one for each of `count` samples.
fn whole(dataset: &Dataset, place: &str, length: u64, count: u64) -> Result<Vec<u32>, Error> {
    same_rows(place, checked_rows(dataset, place, length)?, count)?;
    let datatype = dataset.datatype().map_err(|error| damaged(place, error))?;
    let stored = stored(&datatype)
        .filter(|stored| !stored.is_float())
        .ok_or_else(|| wrong(place, format!("whole numbers expected, found {}", kind(&datatype))))?;
    let bytes = dataset.read_raw().map_err(|error| damaged(place, error))?;
    let numbers = bytes.chunks_exact(stored.size).enumerate().map(|(row, bytes)| {
        let number = stored.whole(bytes).and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| wrong(place, format!("numbers from 0 on expected, found another one in row {row}")))
    });
    numbers.collect()
}

/// Reads where the rows of an array lie.
fn rows(heap: &Heap<Box<dyn Bytes>>, dataset: &Dataset, place: &str, length: u64) -> Result<Column, Error> {
    let count = checked_rows(dataset, place, length)?;
    let datatype = dataset.datatype().map_err(|error| damaged(place, error))?;
    let Datatype::VariableLength { is_string: false, base_type, .. } = &datatype else {
        return Err(wrong(place, format!("rows of any length expected, found {}", kind(&datatype))));
    };
    let stored = stored(base_type).ok_or_else(|| {
        wrong(place, format!("floats of 16, 32 or 64 bits or whole numbers expected, found {}", kind(base_type)))
    })?;
    let bytes = dataset.read_raw().map_err(|error| damaged(place, error))?;
    let size = heap.reference_size();
    if bytes.len() as u64 != count * size as u64 {
        return Err(damaged(
            place,
            format!("{count} references of {size} bytes expected, found {} bytes", bytes.len()),
        ));
    }
    Ok(Column { rows: bytes.chunks_exact(size).map(|bytes| heap.reference(bytes)).collect(), stored })
}

/// How a type stores numbers; `None` if it is not one that is read.
fn stored(datatype: &Datatype) -> Option<Stored> {
    let big = |order: &DatatypeByteOrder| match order {
        DatatypeByteOrder::LittleEndian => Some(false),
        DatatypeByteOrder::BigEndian => Some(true),
        DatatypeByteOrder::Vax => None,
    };
    match datatype {
        Datatype::FloatingPoint { size, byte_order, layout } => {
            // Other floats exist, such as bfloat16.
            let is_ieee =
                matches!((size, layout.exponent_size, layout.mantissa_size), (2, 5, 10) | (4, 8, 23) | (8, 11, 52));
            Stored::float_of(*size as usize, big(byte_order)?).filter(|_| is_ieee)
        }
        Datatype::FixedPoint { size, byte_order, layout } => {
            let is_whole = u32::from(layout.bit_precision) == 8 * size;
            Stored::whole_of(*size as usize, layout.signed, big(byte_order)?).filter(|_| is_whole)
        }
        _ => None,
    }
}

/// What a type is, for a sentence.
fn kind(datatype: &Datatype) -> &'static str {
    match datatype {
        Datatype::FixedPoint { .. } => "whole numbers of another kind",
        Datatype::FloatingPoint { .. } => "floats of another kind",
        Datatype::String { .. } => "text",
        Datatype::VariableLength { is_string: true, .. } => "texts",
        Datatype::VariableLength { .. } => "rows of any length",
        Datatype::Compound { .. } => "records",
        _ => "something else",
    }
}
