//! NumPy's `.npy`: a line of text that says kind, order and shape, then the numbers.
//!
//! ```text
//! 0x93 `NUMPY`, version: 2 bytes, length of the text: 16 bits (version 1) or 32, little-endian
//! {'descr': '<f8', 'fortran_order': False, 'shape': (5000, 4), }
//! ```
//!
//! Source: NumPy Enhancement Proposal 1.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::Array;
use crate::events::source::Source;
use crate::shown::shown;
use crate::stored::Stored;
use crate::{Error, Place};

const FORMAT: &str = "NPY";
const MAGIC: &[u8] = b"\x93NUMPY";
/// The longest text that is read.
const TEXT: u64 = 1 << 16;

impl Array {
    /// Reads a `.npy` file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened; [`Error::File`] with what is wrong in it.
    pub fn npy(path: &Path) -> Result<Self, Error> {
        let file =
            File::open(path).map_err(|cause| Error::Io { action: "cannot read", path: path.to_owned(), cause })?;
        Self::read_npy(BufReader::new(file)).map_err(|error| error.in_file(path))
    }

    /// Reads a `.npy` file from anything. What is held is at most twice its size.
    ///
    /// # Errors
    /// [`Error::Format`] if it is no such file, is cut off, holds something else than real numbers (records, objects, text,
    /// complex numbers), or if anything follows the numbers.
    pub fn read_npy(reader: impl Read) -> Result<Self, Error> {
        let mut source = Source::new(reader);
        source.format = FORMAT;
        if source.peek(MAGIC.len())? != MAGIC {
            let found: String = source.peek(8)?.iter().flat_map(|byte| byte.escape_ascii()).map(char::from).collect();
            return Err(source
                .wrong(0, format!("a NumPy array (`\\x93NUMPY`) expected, found `{found}`; save it with numpy.save")));
        }
        source.skip(MAGIC.len());
        let version = source.bytes(2)?[0];
        let length = match version {
            1 => source.bytes(2)?.iter().rev().fold(0, |length, byte| length << 8 | u64::from(*byte)),
            2 | 3 => source.bytes(4)?.iter().rev().fold(0, |length, byte| length << 8 | u64::from(*byte)),
            other => return Err(source.wrong(6, format!("version 1, 2 or 3 expected, found {other}"))),
        };
        let begin = source.offset();
        if length > TEXT {
            return Err(source.wrong(begin, format!("a text of at most {TEXT} bytes expected, found {length}")));
        }
        let text = String::from_utf8_lossy(&source.bytes(length)?).into_owned();
        let wrong = |problem: String| Error::Format { format: FORMAT, place: Place::Byte(begin), problem };
        let value = |key: &str| {
            let (_, after) = text.split_once(&format!("'{key}'"))?;
            Some(after.trim_start().strip_prefix(':')?.trim_start())
        };
        let (Some(descr), Some(order), Some(shape)) = (value("descr"), value("fortran_order"), value("shape")) else {
            let text = shown(&text);
            return Err(wrong(format!("`descr`, `fortran_order` and `shape` expected, found `{text}`")));
        };
        let kind = descr.strip_prefix('\'').and_then(|descr| descr.split('\'').next()).unwrap_or(descr);
        let stored = stored(kind).ok_or_else(|| {
            let kind = shown(kind);
            wrong(format!("booleans, whole numbers or floats expected, found `{kind}`; convert them with astype"))
        })?;
        let first_fastest = match order {
            order if order.starts_with("True") => true,
            order if order.starts_with("False") => false,
            _ => return Err(wrong("`fortran_order` True or False expected, found something else".to_owned())),
        };
        let lengths = shape.strip_prefix('(').and_then(|shape| shape.split_once(')')).map(|(lengths, _)| lengths);
        let shape: Option<Vec<usize>> = lengths.and_then(|lengths| {
            let lengths = lengths.split(',').map(str::trim).filter(|length| !length.is_empty());
            lengths.map(|length| length.trim_end_matches('L').parse().ok()).collect()
        });
        let size = shape
            .as_ref()
            .and_then(|shape| shape.iter().try_fold(stored.size, |size, length| size.checked_mul(*length)));
        let (Some(shape), Some(size)) = (shape, size) else {
            return Err(wrong(
                "a shape of whole numbers that this machine can count expected, found another".to_owned(),
            ));
        };
        if shape.len() > 32 {
            return Err(wrong(format!("at most 32 axes expected, found {}", shape.len())));
        }
        let bytes = source.bytes(size as u64)?;
        if !source.peek(1)?.is_empty() {
            let problem =
                format!("the end expected after {size} bytes of the shape {shape:?}, found more; the file is damaged");
            return Err(source.wrong(source.offset(), problem));
        }
        Ok(match first_fastest {
            true => Self::from_first_fastest(shape, stored, bytes),
            false => Self { shape, stored, bytes },
        })
    }
}

/// How NumPy's name of a kind stores numbers.
fn stored(kind: &str) -> Option<Stored> {
    let mut letters = kind.chars();
    let big = match letters.next()? {
        '<' | '|' | '=' => false,
        '>' => true,
        _ => return None,
    };
    let (letter, size) = (letters.next()?, letters.as_str().parse().ok()?);
    match letter {
        'b' if size == 1 => Stored::whole_of(1, false, big),
        'u' => Stored::whole_of(size, false, big),
        'i' => Stored::whole_of(size, true, big),
        'f' => Stored::float_of(size, big),
        _ => None,
    }
}
