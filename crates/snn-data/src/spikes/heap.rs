//! HDF5's global heap, where rows of any length lie: from a reference to its bytes.
//!
//! ```text
//! reference    number of elements: 32 bits, address of a collection, index of an object in it: 32 bits
//! collection   `GCOL`, version 1, 3 bytes, size of the collection; then objects
//! object       index: 16 bits, count of references: 16, 4 bytes, size; bytes, padded to a multiple of 8
//! ```
//!
//! Addresses and sizes have as many bytes as the file says. Source: HDF5 File Format Specification, section III.E.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

/// A file's global heap.
pub struct Heap<R> {
    reader: R,
    length: u64,
    /// Where addresses count from.
    base: u64,
    /// Bytes of an address and of a size.
    address: usize,
    size: usize,
    /// The collections that were looked into last, the latest first: where each is, and its objects.
    recent: Vec<(u64, Objects)>,
}

/// Place and size of each object of a collection.
type Objects = HashMap<u32, (u64, u64)>;

/// How many collections are remembered: times and units of a sample are read in turn, and may lie in two.
const RECENT: usize = 2;

/// A row: how many elements, and where.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    pub count: u32,
    address: u64,
    index: u32,
}

/// The little-endian number in a few bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What the format calls an object whose index is 0: the rest is free.
const FREE: u32 = 0;

impl<R: Read + Seek> Heap<R> {
    pub fn new(mut reader: R, base: u64, address: u8, size: u8) -> std::io::Result<Self> {
        let length = reader.seek(SeekFrom::End(0))?;
        let (address, size) = (usize::from(address).min(8), usize::from(size).min(8));
        Ok(Self { reader, length, base, address, size, recent: Vec::new() })
    }

    /// Bytes of a reference.
    pub fn reference_size(&self) -> usize {
        8 + self.address
    }

    pub fn reference(&self, bytes: &[u8]) -> Reference {
        let (count, rest) = bytes.split_at(4);
        let (address, index) = rest.split_at(self.address);
        Reference { count: number(count) as u32, address: number(address), index: number(index) as u32 }
    }

    /// Reads the elements that `reference` names, of `element` bytes each.
    ///
    /// The error is the rest of a sentence. What is held is at most the file's length.
    pub fn read(&mut self, reference: Reference, element: usize) -> Result<Vec<u8>, String> {
        if reference.count == 0 {
            return Ok(Vec::new());
        }
        let collection = reference
            .address
            .checked_add(self.base)
            .filter(|place| *place < self.length)
            .ok_or_else(|| format!("a row inside the file expected, found one at byte {}", reference.address))?;
        match self.recent.iter().position(|(place, _)| *place == collection) {
            Some(known) => self.recent[..=known].rotate_right(1),
            None => {
                let objects = self.objects(collection)?;
                self.recent.truncate(RECENT - 1);
                self.recent.insert(0, (collection, objects));
            }
        }
        let objects = &self.recent[0].1;
        let expected = u64::from(reference.count) * element as u64;
        let Some((place, size)) = objects.get(&reference.index).copied() else {
            return Err(format!("object {} expected in the heap at byte {collection}, found none", reference.index));
        };
        if size < expected {
            return Err(format!("{expected} bytes of a row expected at byte {place}, found {size}"));
        }
        self.at(place, expected as usize)
    }

    fn at(&mut self, place: u64, count: usize) -> Result<Vec<u8>, String> {
        if place.checked_add(count as u64).is_none_or(|end| end > self.length) {
            return Err(format!("{count} bytes expected at byte {place}, the file ends at {}", self.length));
        }
        let mut bytes = vec![0; count];
        let read = self.reader.seek(SeekFrom::Start(place)).and_then(|_| self.reader.read_exact(&mut bytes));
        read.map_err(|error| format!("reading broke off at byte {place}: {error}"))?;
        Ok(bytes)
    }

    /// Finds the objects of a collection.
    fn objects(&mut self, collection: u64) -> Result<Objects, String> {
        let mut objects = Objects::new();
        let head = self.at(collection, 8 + self.size)?;
        if &head[..4] != b"GCOL" || head[4] != 1 {
            return Err(format!("a heap (`GCOL`, version 1) expected at byte {collection}, found something else"));
        }
        let end = collection.checked_add(number(&head[8..])).filter(|end| *end <= self.length);
        let end =
            end.ok_or_else(|| format!("a heap inside the file expected at byte {collection}, found a longer one"))?;
        let head_size = 8 + self.size as u64;
        let mut place = collection + head_size;
        while place + head_size <= end {
            let head = self.at(place, head_size as usize)?;
            let (index, size) = (number(&head[..2]) as u32, number(&head[8..]));
            if index == FREE {
                break;
            }
            let data = place + head_size;
            let next = size.checked_next_multiple_of(8).and_then(|size| data.checked_add(size));
            // The padding behind the last object may be missing.
            if data.checked_add(size).is_none_or(|last| last > end) {
                return Err(format!("an object inside its heap expected at byte {place}, found one of {size} bytes"));
            }
            objects.insert(index, (data, size));
            place = next.unwrap_or(end);
        }
        Ok(objects)
    }
}
