//! The IDX files in which MNIST is published, gzip or not.
//!
//! A file is a magic number (`0x0000_0803` for images, `0x0000_0801` for labels), one size per axis, and one byte
//! per number; all big-endian, 32 bits. Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

use std::path::Path;

use anyhow::{Context, Result, bail};
use md5::{Digest, Md5};

use super::CLASSES;
use super::gzip::decompress;
use super::known::Sums;

/// Pixels per side: the networks and figures are made for it.
pub const SIDE: usize = 28;

/// The four files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// 60,000 images.
    TrainImages,
    /// Their labels.
    TrainLabels,
    /// 10,000 images.
    TestImages,
    /// Their labels.
    TestLabels,
}

impl FileKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::TrainImages, Self::TrainLabels, Self::TestImages, Self::TestLabels];

    /// The official name, without `.gz`.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainImages => "train-images-idx3-ubyte",
            Self::TrainLabels => "train-labels-idx1-ubyte",
            Self::TestImages => "t10k-images-idx3-ubyte",
            Self::TestLabels => "t10k-labels-idx1-ubyte",
        }
    }
}

/// MD5 in hexadecimal digits.
pub fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The content of a file, decompressed if it is compressed (whatever its name says), and its checksums.
pub fn read(path: &Path) -> Result<(Vec<u8>, Sums)> {
    let file = crate::files::read(path)?;
    let of_file = md5_of(&file);
    let content = decompress(file)
        .with_context(|| format!("{}: a whole gzip file expected, found a damaged one", path.display()))?;
    let sums = Sums { content: md5_of(&content), file: of_file };
    Ok((content, sums))
}

/// Grey values, rows and columns from the bytes of an image file; `path` is for messages.
pub fn read_images(path: &Path, bytes: &[u8]) -> Result<(Vec<u8>, usize, usize)> {
    let ([count, rows, columns], pixels) = read_array(path, bytes, "images")?;
    if (rows, columns) != (SIDE, SIDE) {
        bail!("{}: images of {SIDE} x {SIDE} pixels expected, found {rows} x {columns}", path.display());
    }
    if count == 0 {
        bail!("{}: at least 1 image expected, found 0", path.display());
    }
    Ok((pixels.to_vec(), rows, columns))
}

/// Labels from the bytes of a label file; `path` is for messages.
pub fn read_labels(path: &Path, bytes: &[u8]) -> Result<Vec<u8>> {
    let ([_], labels) = read_array(path, bytes, "labels")?;
    if let Some((place, label)) = labels.iter().enumerate().find(|(_, label)| usize::from(**label) >= CLASSES) {
        bail!("{}: labels from 0 to {} expected, found {label} at place {place}", path.display(), CLASSES - 1);
    }
    Ok(labels.to_vec())
}

fn read_array<'a, const AXES: usize>(path: &Path, bytes: &'a [u8], what: &str) -> Result<([usize; AXES], &'a [u8])> {
    let path = path.display();
    let word = |index: usize| -> Option<usize> {
        let word = bytes.get(4 * index..4 * index + 4)?;
        Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]) as usize)
    };
    let (header, magic) = (4 * (AXES + 1), 0x0000_0800 + AXES);
    let truncated = || format!("{path}: a header of {header} bytes expected, found {} bytes in all", bytes.len());
    let found = word(0).with_context(truncated)?;
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
        bail!("{path}: magic number {magic:#010x} of {what} expected, found {found:#010x}{hint}");
    }
    let mut sizes = [0; AXES];
    for (axis, size) in sizes.iter_mut().enumerate() {
        *size = word(axis + 1).with_context(truncated)?;
    }
    let data = &bytes[header..];
    let expected = sizes.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
    if expected != Some(data.len()) {
        let expected = expected.map_or("more than this machine can count".to_owned(), |count| count.to_string());
        bail!("{path}: {expected} bytes after the header expected for {what} of sizes {sizes:?}, found {}", data.len());
    }
    Ok((sizes, data))
}
