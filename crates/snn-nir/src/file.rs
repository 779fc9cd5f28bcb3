//! HDF5: bytes to a tree and back. The only file that knows the crate which reads and writes HDF5.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hdf5_pure::{
    AttrValue, DType, Dataset, Datatype, DatatypeByteOrder, EnumTypeBuilder, File, FileBuilder, FormatError, Group,
    GroupBuilder, Layout, LibVer, Source, VlenStringReadOptions, make_i8_type,
};

use crate::array::{Array, Values};
use crate::error::{Error, Problem};
use crate::limits::Limits;
use crate::links;
use crate::tree::{Attribute, Folder, Item, Unread};

/// The root of a file: what was asked for, and the names of everything.
pub(crate) struct Root {
    pub(crate) folder: Folder,
    pub(crate) names: Vec<String>,
}

/// Levels of graphs that are read at most, whatever is asked for: each takes some of the stack.
const MOST_LEVELS: usize = 64;

/// Reads the items of `bytes` called as in `wanted`, with all that is in them.
pub(crate) fn read(bytes: Vec<u8>, wanted: &[&str], limits: Limits) -> Result<Root, Error> {
    if bytes.is_empty() {
        return Err(Problem::Empty.into());
    }
    if !hdf5_pure::is_hdf5_bytes(&bytes) {
        let begins: String = bytes.iter().take(12).flat_map(|byte| byte.escape_ascii()).map(char::from).collect();
        return Err(Problem::NotHdf5 { begins: format!("\"{begins}\"") }.into());
    }
    if let Some(link) = links::find(&bytes) {
        return Err(link.into());
    }
    // Broken files have been found on which the reader overflows; with checks on arithmetic that is a panic.
    let bytes = Arc::new(bytes);
    catch_unwind(AssertUnwindSafe(|| Reader::new(&bytes, limits)?.root(wanted)))
        .unwrap_or_else(|_| Err(Problem::Damaged { cause: "its parts contradict each other".to_owned() }.into()))
}

struct Reader {
    file: File,
    length: u64,
    limits: Limits,
    objects: Cell<usize>,
    bytes: Cell<u64>,
    attributed: Cell<bool>,
}

/// The bytes of a file, handed out as often as its arrays may be large, and no more: a short file can refer to one place a million times,
/// and attributes are read without being asked how large they are.
struct Metered {
    bytes: Arc<Vec<u8>>,
    left: AtomicU64,
}

impl Source for Metered {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        let spend = |left: u64| left.checked_sub(buffer.len() as u64);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_err() {
            return Err(FormatError::Source("the file refers to the same places again and again".to_owned()));
        }
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let part = start.checked_add(buffer.len()).and_then(|end| self.bytes.get(start..end)).ok_or_else(|| {
            FormatError::UnexpectedEof { expected: start.saturating_add(buffer.len()), available: self.bytes.len() }
        })?;
        buffer.copy_from_slice(part);
        Ok(())
    }
}

impl Reader {
    fn new(bytes: &Arc<Vec<u8>>, limits: Limits) -> Result<Self, Error> {
        let length = bytes.len() as u64;
        let most = limits.bytes.max(length.saturating_mul(Limits::RATIO));
        let metered = Metered { bytes: Arc::clone(bytes), left: AtomicU64::new(most) };
        let file = File::from_source(metered).map_err(damaged)?;
        let written = file.superblock().eof_address;
        if length < written {
            return Err(Problem::Damaged { cause: format!("it has {length} bytes, {written} were written") }.into());
        }
        // No object takes less than 32 bytes; where there are more, groups contain each other.
        let objects = limits.objects.min(length as usize / 32 + 64);
        Ok(Self {
            file,
            length,
            limits,
            objects: Cell::new(objects),
            bytes: Cell::new(most),
            attributed: Cell::new(false),
        })
    }

    fn root(&self, wanted: &[&str]) -> Result<Root, Error> {
        let root = self.file.root();
        let attributes = self.attributes(&root)?;
        // Graphs have none; nobody asks for those of others.
        self.attributed.set(!attributes.is_empty());
        let mut folder = Folder { items: BTreeMap::new(), attributes };
        let mut names = Vec::new();
        for (name, dataset) in root.iter_datasets().map_err(damaged)? {
            if wanted.contains(&name.as_str()) {
                self.insert(&mut folder, "the file", name.clone(), |reader| Ok(reader.dataset(&dataset)))?;
            }
            names.push(name);
        }
        for (name, group) in root.iter_groups().map_err(damaged)? {
            if wanted.contains(&name.as_str()) {
                self.insert(&mut folder, "the file", name.clone(), |reader| {
                    Ok(Item::Folder(reader.folder(&group, 1)?))
                })?;
            }
            names.push(name);
        }
        names.sort();
        Ok(Root { folder, names })
    }

    fn folder(&self, group: &Group, depth: usize) -> Result<Folder, Error> {
        // A graph is two groups, itself and `nodes`; the rest is for metadata inside metadata.
        let levels = self.limits.levels.min(MOST_LEVELS);
        if depth > 2 * levels + 6 {
            return Err(Problem::TooDeep { levels }.into());
        }
        let attributes = if self.attributed.get() { self.attributes(group)? } else { BTreeMap::new() };
        let mut folder = Folder { items: BTreeMap::new(), attributes };
        for (name, dataset) in group.iter_datasets().map_err(damaged)? {
            self.insert(&mut folder, "a group", name, |reader| Ok(reader.dataset(&dataset)))?;
        }
        for (name, inner) in group.iter_groups().map_err(damaged)? {
            self.insert(&mut folder, "a group", name, |reader| Ok(Item::Folder(reader.folder(&inner, depth + 1)?)))?;
        }
        Ok(folder)
    }

    /// Puts what `read` returns into `folder`, and counts it.
    fn insert(
        &self,
        folder: &mut Folder,
        place: &str,
        name: String,
        read: impl FnOnce(&Self) -> Result<Item, Error>,
    ) -> Result<(), Error> {
        let left = self.objects.get();
        if left == 0 {
            let objects = self.limits.objects.min(self.length as usize / 32 + 64);
            return Err(Problem::TooMany { objects }.into());
        }
        self.objects.set(left - 1);
        let item = read(self)?;
        if folder.items.insert(name.clone(), item).is_some() {
            return Err(Problem::SameName { place: place.to_owned(), name }.into());
        }
        Ok(())
    }

    fn attributes(&self, group: &Group) -> Result<BTreeMap<String, Attribute>, Error> {
        let read: HashMap<String, AttrValue> = group.attrs().map_err(damaged)?;
        let known = read.into_iter().filter_map(|(name, value)| {
            let value = if let Some(text) = value.as_str() {
                Attribute::Text(text.to_owned())
            } else if let Some(integer) = value.as_i64() {
                Attribute::Integer(integer)
            } else {
                Attribute::Number(value.as_f64()?)
            };
            Some((name, value))
        });
        Ok(known.collect())
    }

    fn dataset(&self, dataset: &Dataset) -> Item {
        self.try_dataset(dataset).unwrap_or_else(Item::Unread)
    }

    fn try_dataset(&self, dataset: &Dataset) -> Result<Item, Unread> {
        if matches!(dataset.layout().map_err(unread)?, Layout::Virtual) {
            return Err(Unread::Elsewhere("other datasets (a virtual dataset)"));
        }
        let declared = dataset.shape().map_err(unread)?;
        let width = dataset.element_size().map_err(unread)?;
        let kind = dataset.dtype().map_err(unread)?;
        // What is unpacked at once is a chunk, which may be larger than the array.
        if let Some(chunk) = dataset.chunk_shape().map_err(unread)? {
            self.possible(&chunk, width)?;
        }
        let count = self.possible(&declared, width)?;
        // Such a dataset has a type and no place for values, not even for one.
        if declared.is_empty() && matches!(dataset.layout(), Ok(Layout::Contiguous { size: 0, .. })) {
            return Err(Unread::Type("empty".to_owned()));
        }
        let shape: Vec<usize> = declared.iter().map(|size| *size as usize).collect();
        let numbers = |values: Values| {
            Array::new(shape.clone(), values)
                .map(Item::Numbers)
                .map_err(|_| Unread::Damaged("it holds fewer values than it declares".to_owned()))
        };
        match kind {
            DType::F32 => {
                self.charge(&declared, count, 4)?;
                numbers(Values::F32(dataset.read_f32().map_err(unread)?))
            }
            DType::F64 => {
                self.charge(&declared, count, 8)?;
                numbers(Values::F64(dataset.read_f64().map_err(unread)?))
            }
            DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U8 | DType::U16 | DType::U32 => {
                self.charge(&declared, count, 8)?;
                numbers(Values::I64(dataset.read_i64().map_err(unread)?))
            }
            DType::U64 => {
                self.charge(&declared, count, 16)?;
                let values = dataset.read_u64().map_err(unread)?;
                numbers(match values.iter().map(|value| i64::try_from(*value)).collect() {
                    Ok(values) => Values::I64(values),
                    Err(_) => Values::F64(values.iter().map(|value| *value as f64).collect()),
                })
            }
            DType::Enum(names) => {
                let truth =
                    width == 1 && names.len() == 2 && names.iter().all(|name| name == "FALSE" || name == "TRUE");
                self.charge(&declared, count, if truth { 2 } else { 8 })?;
                numbers(if truth {
                    Values::Bool(dataset.read_raw().map_err(unread)?.into_iter().map(|value| value != 0).collect())
                } else {
                    Values::I64(dataset.read_i64().map_err(unread)?)
                })
            }
            DType::Other(kind) if matches!(*kind, Datatype::FloatingPoint { size: 2, .. }) => {
                self.charge(&declared, count, 6)?;
                numbers(Values::F32(halves(&dataset.read_raw().map_err(unread)?, &kind)?))
            }
            DType::String => {
                self.charge(&declared, count, width.saturating_add(24))?;
                let texts = dataset.read_string().map_err(unread)?;
                self.text(shape, texts)
            }
            DType::VariableLengthString => {
                self.charge(&declared, count, 40)?;
                let left = usize::try_from(self.bytes.get()).unwrap_or(usize::MAX);
                let options =
                    VlenStringReadOptions::new().with_max_elements(count as usize).with_max_payload_bytes(left);
                let texts = dataset.read_vlen_strings(options).map_err(unread)?;
                self.charge(&declared, texts.iter().map(|text| text.len() as u64).sum(), 1)?;
                self.text(shape, texts)
            }
            other => Err(Unread::Type(described(&other))),
        }
    }

    fn text(&self, shape: Vec<usize>, texts: Vec<String>) -> Result<Item, Unread> {
        if crate::array::size(&shape) != Some(texts.len()) {
            return Err(Unread::Damaged("it holds fewer texts than it declares".to_owned()));
        }
        Ok(Item::Text(shape, texts))
    }

    /// How many values `shape` has, if the file can hold so many, each of `width` bytes.
    fn possible(&self, shape: &[u64], width: u64) -> Result<u64, Unread> {
        let count = if shape.contains(&0) {
            Some(0)
        } else {
            shape.iter().try_fold(1u64, |product, size| product.checked_mul(*size))
        };
        let bytes = count.and_then(|count| count.checked_mul(width));
        let most = self.length.saturating_mul(Limits::DEFLATE);
        if shape.iter().any(|size| usize::try_from(*size).is_err()) || bytes.is_none_or(|bytes| bytes > most) {
            return Err(Unread::Size(shape.to_vec(), "more than the file can hold".to_owned()));
        }
        Ok(count.unwrap_or_default())
    }

    /// Takes memory for `count` values of `width` bytes from what the file may use.
    fn charge(&self, shape: &[u64], count: u64, width: u64) -> Result<(), Unread> {
        let left = self.bytes.get();
        match count.checked_mul(width).and_then(|bytes| left.checked_sub(bytes)) {
            Some(left) => {
                self.bytes.set(left);
                Ok(())
            }
            None => {
                let most = self.limits.bytes.max(self.length.saturating_mul(Limits::RATIO));
                let reason =
                    format!("more than a file of this length may unpack to: {most} bytes in all (`Limits::bytes`)");
                Err(Unread::Size(shape.to_vec(), reason))
            }
        }
    }
}

/// Half precision, which the HDF5 crate hands out as bytes.
fn halves(raw: &[u8], kind: &Datatype) -> Result<Vec<f32>, Unread> {
    let Datatype::FloatingPoint { byte_order, layout, .. } = kind else {
        return Err(Unread::Type("a float of two bytes".to_owned()));
    };
    // Exponent and mantissa are 5 and 10 bits in IEEE's half precision, 8 and 7 in bfloat16.
    let (exponent_bits, mantissa_bits) = (u32::from(layout.exponent_size), u32::from(layout.mantissa_size));
    if exponent_bits + mantissa_bits != 15 || u32::from(layout.exponent_location) != mantissa_bits {
        return Err(Unread::Type("a float of two bytes in an unusual layout".to_owned()));
    }
    let decode = |bits: u16| {
        let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
        let exponent = i32::from(bits >> mantissa_bits & ((1 << exponent_bits) - 1));
        let mantissa = f64::from(bits & ((1 << mantissa_bits) - 1)) / f64::from(1u32 << mantissa_bits);
        let bias = (1i32 << (exponent_bits - 1)) - 1;
        let value = if exponent == (1 << exponent_bits) - 1 {
            if mantissa == 0.0 { f64::INFINITY } else { f64::NAN }
        } else if exponent == 0 {
            mantissa * f64::powi(2.0, 1 - bias)
        } else {
            (1.0 + mantissa) * f64::powi(2.0, exponent - bias)
        };
        (sign * value) as f32
    };
    let big = matches!(byte_order, DatatypeByteOrder::BigEndian);
    let pairs = raw.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    Ok(pairs.map(|pair| decode(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })).collect())
}

/// What a type is, for sentences.
fn described(kind: &DType) -> String {
    match kind {
        DType::Compound(fields) if fields.len() == 2 && fields[0].0 == "r" && fields[1].0 == "i" => {
            "complex".to_owned()
        }
        DType::Compound(_) => "a compound of several fields".to_owned(),
        DType::ObjectReference => "a reference to another object".to_owned(),
        DType::Array(..) => "an array in each element".to_owned(),
        DType::Other(kind) => match **kind {
            Datatype::VariableLength { .. } => "a list of varying length in each element".to_owned(),
            Datatype::Opaque { .. } => "opaque bytes".to_owned(),
            Datatype::Reference { .. } => "a reference".to_owned(),
            Datatype::BitField { .. } => "a bit field".to_owned(),
            _ => "a number of an unusual size".to_owned(),
        },
        _ => "of an unusual type".to_owned(),
    }
}

/// The error of the HDF5 crate in our words.
fn damaged(error: hdf5_pure::Error) -> Error {
    Problem::Damaged { cause: cause(&error) }.into()
}

fn unread(error: hdf5_pure::Error) -> Unread {
    let hdf5_pure::Error::Format(format) = &error else { return Unread::Damaged(cause(&error)) };
    match format {
        FormatError::UnsupportedExternalStorage => Unread::Elsewhere("another file"),
        // What HDF5 2.0 writes when it is asked for its newest format.
        FormatError::InvalidLayoutVersion(version @ 5..) => Unread::Storage(format!("layout version {version}")),
        FormatError::UnsupportedFilter(filter) => Unread::Storage(format!("filter {filter}")),
        FormatError::ChunkedReadError(text) if text.contains("version 2 B-tree") => {
            Unread::Storage("chunks in a version 2 B-tree".to_owned())
        }
        _ => Unread::Damaged(cause(&error)),
    }
}

fn cause(error: &hdf5_pure::Error) -> String {
    let text = error.to_string();
    // An address of all ones stands for none: that number would help nobody.
    if text.contains("18446744073709551") { "an address in it leads nowhere".to_owned() } else { text }
}

/// Writes a file with `root` as its root.
pub(crate) fn write(root: &Folder) -> Result<Vec<u8>, Error> {
    let failed = |error: hdf5_pure::Error| Error::from(Problem::Write { cause: error.to_string() });
    let mut file = FileBuilder::new();
    // The format of HDF5 1.8, which everything reads.
    file.with_libver_bounds(LibVer::Earliest, LibVer::V18);
    for (name, value) in &root.attributes {
        file.set_attr(name, attribute(value));
    }
    for (name, item) in &root.items {
        match item {
            Item::Folder(folder) => {
                let group = fill(file.create_group(name), folder)?;
                file.add_group(group.finish());
            }
            Item::Numbers(array) => numbers(file.create_dataset(name), array)?,
            Item::Text(shape, texts) => text(file.create_dataset(name), shape, texts),
            Item::Unread(_) => {}
        }
    }
    file.finish().map_err(failed)
}

fn fill(mut group: GroupBuilder, folder: &Folder) -> Result<GroupBuilder, Error> {
    for (name, value) in &folder.attributes {
        group.set_attr(name, attribute(value));
    }
    for (name, item) in &folder.items {
        match item {
            Item::Folder(inner) => {
                let inner = fill(group.create_group(name), inner)?;
                group.add_group(inner.finish());
            }
            Item::Numbers(array) => numbers(group.create_dataset(name), array)?,
            Item::Text(shape, texts) => text(group.create_dataset(name), shape, texts),
            Item::Unread(_) => {}
        }
    }
    Ok(group)
}

fn attribute(value: &Attribute) -> AttrValue {
    match value {
        Attribute::Text(text) => AttrValue::VarLenString(text.clone()),
        Attribute::Number(number) => AttrValue::F64(*number),
        Attribute::Integer(integer) => AttrValue::I64(*integer),
    }
}

fn wide(shape: &[usize]) -> Vec<u64> {
    shape.iter().map(|size| *size as u64).collect()
}

fn numbers(dataset: &mut hdf5_pure::DatasetBuilder, array: &Array) -> Result<(), Error> {
    let shape = wide(array.shape());
    match array.values() {
        Values::F32(values) => dataset.with_f32_data(values).with_shape(&shape),
        Values::F64(values) => dataset.with_f64_data(values).with_shape(&shape),
        Values::I64(values) => dataset.with_i64_data(values).with_shape(&shape),
        Values::Bool(values) => {
            // As h5py stores NumPy's truth values.
            let kind = EnumTypeBuilder::with_base(make_i8_type()).value("FALSE", 0).value("TRUE", 1).build();
            let kind = kind.map_err(|error| Problem::Write { cause: error.to_string() })?;
            let bytes: Vec<u8> = values.iter().map(|value| u8::from(*value)).collect();
            dataset.with_enum_u8_data(kind, &bytes).with_shape(&shape)
        }
    };
    Ok(())
}

fn text(dataset: &mut hdf5_pure::DatasetBuilder, shape: &[usize], texts: &[String]) {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    dataset.with_vlen_strings(&texts).with_shape(&wide(shape));
}
