//! MATLAB 5 files: variables of real numbers, compressed or not.
//!
//! ```text
//! file       text: 116 bytes, 8 bytes, version 0x0100: 16 bits, `IM` (little-endian) or `MI`
//! element    type, size: 32 bits each, bytes, padded to a multiple of 8; or size and type: 16 bits each, 4 bytes
//! variable   element 14 of elements: flags, lengths of the axes, name, numbers; 15: the same, compressed by zlib
//! ```
//!
//! The first axis is the fastest in the file; in what is returned it is the last. Source: MathWorks, "MAT-File Format".

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::ZlibDecoder;

use super::Array;
use crate::events::source::Source;
use crate::shown::{cause, shown};
use crate::stored::Stored;
use crate::{Error, Place};

/// A variable of a MATLAB file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// What it is called.
    pub name: String,
    /// Its numbers.
    pub array: Array,
}

const FORMAT: &str = "MATLAB 5";
const MATRIX: u64 = 14;
const COMPRESSED: u64 = 15;
/// What deflate can at most do, and what is granted to any variable.
const RATIO: u64 = 1032;
const GRANTED: u64 = 1 << 12;

/// Reads the variables of a MATLAB 5 file which are arrays of real numbers; others (text, cells, structures, complex and
/// sparse ones) are passed over. What is held is at most 3 x 1032 times the file's size.
///
/// # Errors
/// [`Error::Io`] if it cannot be opened; [`Error::File`] with what is wrong in it, in particular if it is of version 7.3, which is
/// HDF5.
pub fn mat(path: &Path) -> Result<Vec<Variable>, Error> {
    let file = File::open(path).map_err(|cause| Error::Io { action: "cannot read", path: path.to_owned(), cause })?;
    read(BufReader::new(file)).map_err(|error| error.in_file(path))
}

/// Reads a MATLAB 5 file from anything.
pub(crate) fn read(reader: impl Read) -> Result<Vec<Variable>, Error> {
    let mut source = Source::new(reader);
    source.format = FORMAT;
    let head = source.peek(128)?.to_vec();
    if head.starts_with(b"MATLAB 7.3") || head.starts_with(b"\x89HDF") {
        return Err(source.wrong(0, "version 5 expected, found 7.3; save it with `save -v7`"));
    }
    let big = match head.get(124..128) {
        Some([0, 1, b'I', b'M']) => false,
        Some([1, 0, b'M', b'I']) => true,
        _ => {
            return Err(source.wrong(
                0,
                "a MATLAB 5 file (version 0x0100 at byte 124) expected, found another; save it with `save -v7`",
            ));
        }
    };
    source.skip(128);
    let number = |bytes: &[u8]| {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    };
    let mut variables = Vec::new();
    loop {
        let offset = source.offset();
        let Some(tag) = source.word::<8>()? else { return Ok(variables) };
        let (kind, size) = (number(&tag[..4]), number(&tag[4..]));
        match kind {
            MATRIX | COMPRESSED => {
                let bytes = source.bytes(size)?;
                let wrong = |problem: String| Error::Format { format: FORMAT, place: Place::Byte(offset), problem };
                let variable = match kind {
                    MATRIX => variable(&bytes, &number, big),
                    _ => {
                        let limit = size * RATIO + GRANTED;
                        let mut unpacked = Vec::new();
                        let read = ZlibDecoder::new(bytes.as_slice()).take(limit).read_to_end(&mut unpacked);
                        read.map_err(|error| {
                            wrong(format!(
                                "a whole compressed variable expected, found a damaged one: {}",
                                cause(&error)
                            ))
                        })?;
                        // Inside is one element again.
                        match unpacked.get(..8).map(|tag| (number(&tag[..4]), number(&tag[4..]))) {
                            Some((MATRIX, size)) if size <= unpacked.len() as u64 - 8 => {
                                variable(&unpacked[8..8 + size as usize], &number, big)
                            }
                            Some((MATRIX, size)) => {
                                Err(format!("{size} bytes of a variable expected, found {}", unpacked.len() - 8))
                            }
                            _ => Ok(None),
                        }
                    }
                };
                variables.extend(variable.map_err(wrong)?);
            }
            0..=31 => source.pass(size)?,
            other => {
                let problem = format!("the type of a variable expected, found {other}; the file is damaged");
                return Err(source.wrong(offset, problem));
            }
        }
    }
}

/// The type and the bytes of the element at the begin of `bytes`, and what follows it.
fn element<'a>(bytes: &'a [u8], number: &dyn Fn(&[u8]) -> u64) -> Result<(u64, &'a [u8], &'a [u8]), String> {
    let cut =
        || format!("an element inside its variable expected, found a longer one ({} bytes are left)", bytes.len());
    let tag = bytes.get(..8).ok_or_else(cut)?;
    let first = number(&tag[..4]);
    // A small element has its size in the upper half of its first word.
    if first >> 16 != 0 {
        let (kind, size) = (first & 0xffff, (first >> 16) as usize);
        let data = tag.get(4..4 + size).ok_or_else(cut)?;
        return Ok((kind, data, &bytes[8..]));
    }
    let size = usize::try_from(number(&tag[4..])).map_err(|_| cut())?;
    let data = bytes.get(8..8usize.checked_add(size).ok_or_else(cut)?).ok_or_else(cut)?;
    let next = (8 + size).next_multiple_of(8).min(bytes.len());
    Ok((first, data, &bytes[next..]))
}

/// A variable from its elements; `None` if it holds no real numbers.
fn variable(bytes: &[u8], number: &dyn Fn(&[u8]) -> u64, big: bool) -> Result<Option<Variable>, String> {
    let (_, flags, rest) = element(bytes, number)?;
    let flags = flags.get(..4).map(number).ok_or("flags of a variable expected, found none")?;
    // Classes 6 to 15 are the numbers; bit 11 marks complex ones.
    if !(6..=15).contains(&(flags & 0xff)) || flags & 0x800 != 0 {
        return Ok(None);
    }
    let (_, lengths, rest) = element(rest, number)?;
    let shape: Vec<usize> = lengths.chunks_exact(4).map(|length| number(length) as usize).collect();
    let (_, name, rest) = element(rest, number)?;
    let name = shown(&String::from_utf8_lossy(name));
    let (kind, data, _) = element(rest, number)?;
    let stored = match kind {
        1 => Stored::whole_of(1, true, big),
        2 => Stored::whole_of(1, false, big),
        3 => Stored::whole_of(2, true, big),
        4 => Stored::whole_of(2, false, big),
        5 => Stored::whole_of(4, true, big),
        6 => Stored::whole_of(4, false, big),
        7 => Stored::float_of(4, big),
        9 => Stored::float_of(8, big),
        12 => Stored::whole_of(8, true, big),
        13 => Stored::whole_of(8, false, big),
        _ => None,
    };
    let stored = stored.ok_or_else(|| format!("numbers in `{name}` expected, found elements of type {kind}"))?;
    let size = shape.iter().try_fold(stored.size, |size, length| size.checked_mul(*length));
    if size != Some(data.len()) || shape.len() > 32 {
        return Err(format!(
            "numbers for the shape {shape:?} expected in `{name}`, found {} bytes; the file is damaged",
            data.len()
        ));
    }
    Ok(Some(Variable { name, array: Array::from_first_fastest(shape, stored, data.to_vec()) }))
}
