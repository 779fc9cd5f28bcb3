//! The IDX files in which MNIST is published, gzip or not.
//!
//! A file is a magic number (`0x0000_0803` for images, `0x0000_0801` for labels), one size per axis, and one byte
//! per number; all big-endian, 32 bits. Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use md5::{Digest, Md5};

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

    /// MD5 of the official file's content, not compressed.
    pub fn md5(self) -> &'static str {
        match self {
            Self::TrainImages => "6bbc9ace898e44ae57da46a324031adb",
            Self::TrainLabels => "a25bea736e30d166cdddb491f175f624",
            Self::TestImages => "2646ac647ad5339dbf082846283269ea",
            Self::TestLabels => "27ae3e4e09519cfbb04c329615203637",
        }
    }

    /// Whether `bytes`, not compressed, are the official file.
    pub fn is_official(self, bytes: &[u8]) -> bool {
        md5_of(bytes) == self.md5()
    }
}

/// MD5 in hexadecimal digits.
pub fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the four files are.
#[derive(Clone, Debug)]
pub struct Found([PathBuf; 4]);

impl Found {
    /// The path of one of them.
    pub fn path(&self, kind: FileKind) -> &Path {
        &self.0[kind as usize]
    }
}

/// The four files in `folder`, or in `mnist` below it, each compressed or not. `None` if none is there; some but
/// not all is an error.
pub fn find(folder: &Path) -> Result<Option<Found>> {
    for folder in [folder.to_owned(), folder.join("mnist")] {
        let files = FileKind::ALL.map(|kind| {
            let plain = folder.join(kind.name());
            let compressed = folder.join(format!("{}.gz", kind.name()));
            [plain, compressed].into_iter().find(|path| path.is_file())
        });
        if files.iter().all(Option::is_none) {
            continue;
        }
        let missing: Vec<_> = FileKind::ALL.iter().zip(&files).filter(|(_, file)| file.is_none()).collect();
        if let Some((kind, _)) = missing.first() {
            bail!(
                "{}: four MNIST files expected, {} found; {} is missing, with or without .gz",
                folder.display(),
                4 - missing.len(),
                kind.name()
            );
        }
        return Ok(Some(Found(files.map(Option::unwrap_or_default))));
    }
    Ok(None)
}

/// The bytes of a file, decompressed if it is compressed (whatever its name says).
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = crate::files::read(path)?;
    decompress(bytes).with_context(|| format!("{}: a whole gzip file expected, found a damaged one", path.display()))
}

/// `bytes`, decompressed if they are compressed.
pub fn decompress(bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
    Ok(plain)
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
    if let Some((place, label)) = labels.iter().enumerate().find(|(_, label)| **label > 9) {
        bail!("{}: labels from 0 to 9 expected, found {label} at place {place}", path.display());
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
