//! N-MNIST: `Train/0/00002.bin`, `Test/9/00010.bin`; a folder for each digit.
//!
//! Source: Orchard, Jayawant, Cohen, Thakor (2015), doi:10.3389/fnins.2015.00437.

use std::path::Path;

use super::LabelledFile;
use super::look::{candidates, contents, entries, name, stem_and_ending, wrong};
use crate::{Error, Split};

/// Columns and rows of the recordings.
pub const SIZE: (u16, u16) = (34, 34);
/// How many digits.
pub const CLASSES: usize = 10;
/// Recordings of the whole set for training.
pub const TRAIN: usize = 60_000;
/// Recordings of the whole set for the test.
pub const TEST: usize = 10_000;

/// Lists the recordings of a part, by the number of the image in MNIST that each shows, which is its file's name.
///
/// `folder` is that which has `Train` and `Test`, or one with a folder `nmnist` which has them. A part of the whole set does,
/// too.
///
/// # Errors
/// [`Error::Layout`] if it is laid out otherwise, with what was found; [`Error::Io`] if a folder cannot be read.
pub fn list(folder: &Path, split: Split) -> Result<Vec<LabelledFile>, Error> {
    let wanted = match split {
        Split::Train => "Train",
        Split::Test => "Test",
    };
    let expected = "N-MNIST has folders `Train` and `Test`, each with folders `0` to `9` of files such as `00002.bin`";
    let mut part = None;
    for candidate in candidates(folder, &["nmnist"])? {
        part = entries(&candidate)?
            .into_iter()
            .find(|path| path.is_dir() && name(path).to_lowercase() == wanted.to_lowercase());
        if part.is_some() {
            break;
        }
    }
    let Some(part) = part else {
        let digits = entries(folder)?.iter().filter(|path| digit(path).is_some()).count();
        let hint = if digits > 0 { "; the folder above may be the right one" } else { "" };
        return Err(wrong(folder, format!("{expected}, but there is no `{wanted}`: found {}{hint}", contents(folder))));
    };
    let mut files = Vec::new();
    for path in entries(&part)? {
        let Some(label) = digit(&path).filter(|_| path.is_dir()) else {
            return Err(wrong(&part, format!("{expected}, but found `{}`; move it elsewhere", name(&path))));
        };
        for path in entries(&path)? {
            let (stem, ending) = stem_and_ending(&path);
            let number = stem.parse::<u64>().ok().filter(|_| ending == "bin" && path.is_file());
            let Some(number) = number else {
                let folder = path.parent().unwrap_or(&part);
                return Err(wrong(folder, format!("{expected}, but found `{}`; move it elsewhere", name(&path))));
            };
            files.push((number, LabelledFile { path, label }));
        }
    }
    if files.is_empty() {
        return Err(wrong(&part, format!("{expected}, but there are no files: found {}", contents(&part))));
    }
    files.sort_by_key(|(number, file)| (*number, file.label));
    Ok(files.into_iter().map(|(_, file)| file).collect())
}

/// The digit that a folder is for.
fn digit(path: &Path) -> Option<usize> {
    name(path).parse().ok().filter(|digit| *digit < CLASSES && name(path).len() == 1)
}
