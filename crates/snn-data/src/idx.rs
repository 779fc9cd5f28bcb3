//! The IDX files in which MNIST is published, gzip or not.
//!
//! A file is a magic number (`0x0000_0803` for images, `0x0000_0801` for labels), one size per axis, and one byte
//! per number; all big-endian, 32 bits. Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

use std::path::Path;

use md5::{Digest, Md5};

use crate::gzip::decompress;
use crate::images::{CLASSES, SIDE};
use crate::known::Sums;
use crate::{Error, files};

/// One of the four files of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// The training images; MNIST has 60,000.
    TrainImages,
    /// Their labels.
    TrainLabels,
    /// The test images; MNIST has 10,000.
    TestImages,
    /// Their labels.
    TestLabels,
}

impl FileKind {
    /// All four files.
    pub const ALL: [Self; 4] = [Self::TrainImages, Self::TrainLabels, Self::TestImages, Self::TestLabels];

    /// Returns the file's official name, without `.gz`.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainImages => "train-images-idx3-ubyte",
            Self::TrainLabels => "train-labels-idx1-ubyte",
            Self::TestImages => "t10k-images-idx3-ubyte",
            Self::TestLabels => "t10k-labels-idx1-ubyte",
        }
    }
}

/// Returns the MD5 checksum in hexadecimal digits.
pub fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The error of a file whose content is not what it should be.
fn wrong(path: &Path, problem: String) -> Error {
    Error::Content { path: path.to_owned(), problem }
}

/// Returns the content of a file, decompressed if it is compressed (whatever its name says), and its checksums.
pub fn read(path: &Path) -> Result<(Vec<u8>, Sums), Error> {
    let file = files::read(path)?;
    let of_file = md5_of(&file);
    let content = decompress(file)
        .map_err(|error| wrong(path, format!("a whole gzip file expected, found a damaged one: {error}")))?;
    let sums = Sums { content: md5_of(&content), file: of_file };
    Ok((content, sums))
}

/// Returns grey values, rows and columns from the bytes of an image file; `path` is for messages.
///
/// # Errors
/// [`Error::Content`] if it is no IDX file of images, if its size is not what its header says, or if the images are not of
/// 28 x 28 pixels.
pub fn read_images(path: &Path, bytes: &[u8]) -> Result<(Vec<u8>, usize, usize), Error> {
    let ([count, rows, columns], pixels) = read_array(path, bytes, "images")?;
    if (rows, columns) != (SIDE, SIDE) {
        let problem = format!("images of {SIDE} x {SIDE} pixels expected, found {rows} x {columns}");
        return Err(wrong(path, problem));
    }
    if count == 0 {
        return Err(wrong(path, "at least 1 image expected, found 0".to_owned()));
    }
    Ok((pixels.to_vec(), rows, columns))
}

/// Returns the labels from the bytes of a label file; `path` is for messages.
///
/// # Errors
/// [`Error::Content`] if it is no IDX file of labels, if its size is not what its header says, or if a label is no class.
pub fn read_labels(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let ([_], labels) = read_array(path, bytes, "labels")?;
    if let Some((place, label)) = labels.iter().enumerate().find(|(_, label)| usize::from(**label) >= CLASSES) {
        let problem = format!("labels from 0 to {} expected, found {label} at place {place}", CLASSES - 1);
        return Err(wrong(path, problem));
    }
    Ok(labels.to_vec())
}

/// Returns the sizes of the axes and the numbers of an IDX file of bytes; `what` it holds is for messages.
fn read_array<'a, const AXES: usize>(
    path: &Path,
    bytes: &'a [u8],
    what: &str,
) -> Result<([usize; AXES], &'a [u8]), Error> {
    let word = |index: usize| -> Option<usize> {
        let word = bytes.get(4 * index..4 * index + 4)?;
        Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]) as usize)
    };
    let (header, magic) = (4 * (AXES + 1), 0x0000_0800 + AXES);
    let truncated = || wrong(path, format!("a header of {header} bytes expected, found {} bytes in all", bytes.len()));
    let found = word(0).ok_or_else(truncated)?;
    if found != magic {
        let hint = match found {
            0x0801 => " (a file of labels)",
            0x0803 => " (a file of images)",
            // The third byte tells the type, the last one how many axes there are.
            0x0900..0x0a00 => " (signed bytes, unsigned ones are needed)",
            0x0b00..0x0f00 => " (numbers of several bytes, single bytes are needed)",
            0x0800..0x0900 => " (another number of axes)",
            _ if (found as u32).swap_bytes() as usize == magic => " (its bytes stand in reverse order)",
            _ => "",
        };
        let problem = format!("magic number {magic:#010x} of {what} expected, found {found:#010x}{hint}");
        return Err(wrong(path, problem));
    }
    let mut sizes = [0; AXES];
    for (axis, size) in sizes.iter_mut().enumerate() {
        *size = word(axis + 1).ok_or_else(truncated)?;
    }
    let data = &bytes[header..];
    let expected = sizes.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
    if expected != Some(data.len()) {
        let expected = expected.map_or("more than this machine can count".to_owned(), |count| count.to_string());
        let found = data.len();
        let problem =
            format!("{expected} bytes after the header expected for {what} of sizes {sizes:?}, found {found}");
        return Err(wrong(path, problem));
    }
    Ok((sizes, data))
}
