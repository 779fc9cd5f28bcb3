//! ZIP archives, as far as NumPy writes them: parts that are stored or deflated, found by the list at the end.
//!
//! ```text
//! end     `PK\5\6` .. number of parts, size and place of the list
//! list    `PK\1\2` .. method, checksum, sizes, name, place of the part
//! part    `PK\3\4` .. name, further fields, bytes
//! ```
//!
//! Source: PKWARE, "APPNOTE".

use std::io::{Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;

use crate::shown::shown;
use crate::{Error, Place};

const FORMAT: &str = "ZIP";

/// One part of an archive.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    method: u16,
    sum: u32,
    packed: u64,
    pub size: u64,
    place: u64,
}

/// What deflate can at most do; a part that claims more is refused.
const RATIO: u64 = 1032;
/// The longest list and the longest comment that are looked at.
const LIST: u64 = 1 << 26;
const COMMENT: u64 = 1 << 16;

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn wrong(place: u64, problem: impl Into<String>) -> Error {
    Error::Format { format: FORMAT, place: Place::Byte(place), problem: problem.into() }
}

/// Reads bytes that are known to lie inside.
fn at(reader: &mut (impl Read + Seek), place: u64, count: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; count as usize];
    let read = reader.seek(SeekFrom::Start(place)).and_then(|_| reader.read_exact(&mut bytes));
    read.map_err(|cause| Error::Stream { format: FORMAT, place: Place::Byte(place), cause })?;
    Ok(bytes)
}

/// Lists the parts of an archive.
pub fn parts(reader: &mut (impl Read + Seek)) -> Result<Vec<Part>, Error> {
    let broken = |cause| Error::Stream { format: FORMAT, place: Place::Byte(0), cause };
    let length = reader.seek(SeekFrom::End(0)).map_err(broken)?;
    let window = length.min(COMMENT + 22);
    let tail = at(reader, length - window, window)?;
    let end = (0..tail.len().saturating_sub(21)).rev().find(|place| tail[*place..].starts_with(b"PK\x05\x06"));
    let Some(end) = end else {
        return Err(wrong(
            length,
            "the list of a ZIP archive expected at the end, found none; copy it again, it may be cut off",
        ));
    };
    let field = |from: usize, count: usize| number(&tail[end + from..end + from + count]);
    let (count, size, place) = (field(10, 2), field(12, 4), field(16, 4));
    if place == 0xffff_ffff || size > LIST || place.checked_add(size).is_none_or(|end| end > length) {
        return Err(wrong(
            length - window + end as u64,
            "a list inside a file of less than 4 GiB expected, found another",
        ));
    }
    let list = at(reader, place, size)?;
    let mut parts = Vec::new();
    let mut from = 0usize;
    for _ in 0..count {
        let head = list.get(from..from + 46).filter(|head| head.starts_with(b"PK\x01\x02"));
        let Some(head) = head else {
            return Err(wrong(
                place + from as u64,
                format!("{count} entries of the list expected, found {}", parts.len()),
            ));
        };
        let of = |from: usize, count: usize| number(&head[from..from + count]);
        let (name, extra, comment) = (of(28, 2) as usize, of(30, 2) as usize, of(32, 2) as usize);
        let next = from + 46 + name + extra + comment;
        let Some(bytes) = list.get(from + 46..from + 46 + name).filter(|_| next <= list.len()) else {
            return Err(wrong(place + from as u64, "an entry inside the list expected, found a longer one"));
        };
        let part = Part {
            name: shown(&String::from_utf8_lossy(bytes)),
            method: of(10, 2) as u16,
            sum: of(16, 4) as u32,
            packed: of(20, 4),
            size: of(24, 4),
            place: of(42, 4),
        };
        if of(8, 2) & 1 == 1 {
            return Err(wrong(
                place + from as u64,
                format!("`{}` is encrypted, save it without a password", part.name),
            ));
        }
        if part.size > part.packed.saturating_mul(RATIO) || part.packed > length {
            let problem = format!(
                "`{}` is said to grow from {} bytes to {}, at most {RATIO} times as much can be; the file is damaged",
                part.name, part.packed, part.size
            );
            return Err(wrong(place + from as u64, problem));
        }
        parts.push(part);
        from = next;
    }
    Ok(parts)
}

/// Opens a part; what is read is checked against size and checksum at its end.
pub fn open<'a, R: Read + Seek>(reader: &'a mut R, part: &Part) -> Result<impl Read + use<'a, R>, Error> {
    let broken = |cause| Error::Stream { format: FORMAT, place: Place::Byte(part.place), cause };
    let length = reader.seek(SeekFrom::End(0)).map_err(broken)?;
    if part.place.checked_add(30).is_none_or(|end| end > length) {
        return Err(wrong(part.place, format!("`{}` inside the file expected, found outside", part.name)));
    }
    let head = at(reader, part.place, 30)?;
    if !head.starts_with(b"PK\x03\x04") {
        return Err(wrong(part.place, format!("the begin of `{}` expected, found something else", part.name)));
    }
    let data = part.place + 30 + number(&head[26..28]) + number(&head[28..30]);
    reader.seek(SeekFrom::Start(data)).map_err(broken)?;
    let packed = reader.take(part.packed);
    let unpacked: Box<dyn Read + 'a> = match part.method {
        0 => Box::new(packed),
        8 => Box::new(DeflateDecoder::new(packed)),
        other => {
            let problem =
                format!("`{}` stored or deflated expected, found method {other}; save it with numpy.savez", part.name);
            return Err(wrong(part.place, problem));
        }
    };
    Ok(Checked { reader: unpacked, left: part.size, sum: flate2::Crc::new(), expected: part.sum })
}

/// A reader that ends with an error if not all was as the list said.
struct Checked<R> {
    reader: R,
    left: u64,
    sum: flate2::Crc,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let wrong = |problem: &str| Err(std::io::Error::new(std::io::ErrorKind::InvalidData, problem.to_owned()));
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            if self.reader.read(&mut [0])? != 0 {
                return wrong("it unpacks to more than its list says");
            }
            return if self.sum.sum() == self.expected {
                Ok(0)
            } else {
                wrong("its checksum is another one; it is damaged")
            };
        }
        let count = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.reader.read(&mut buffer[..count])?;
        if count == 0 {
            return wrong("it unpacks to less than its list says");
        }
        self.sum.update(&buffer[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}
