//! N-Caltech101: `Caltech101/CLASS/image_0001.bin`; a folder for each class, named after it.
//!
//! There is no official split. The classes are numbered in the order of their names, and one of them, `BACKGROUND_Google`, is
//! what is none of the others. Source: Orchard, Jayawant, Cohen, Thakor (2015), doi:10.3389/fnins.2015.00437.

use std::path::Path;

use super::LabelledFile;
use super::look::{candidates, contents, entries, name, stem_and_ending, wrong};
use crate::Error;

/// How many classes the whole set has, the background among them.
pub const CLASSES: usize = 101;

/// Classes and files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What the classes are called, in order.
    pub classes: Vec<String>,
    /// The recordings, class by class.
    pub files: Vec<LabelledFile>,
}

/// Lists the recordings.
///
/// `folder` is that which has the classes' folders, or one with a folder `Caltech101` or `N-Caltech101` which has them. Some of
/// the classes do, too.
///
/// # Errors
/// [`Error::Layout`] if it is laid out otherwise, with what was found; [`Error::Io`] if a folder cannot be read.
pub fn list(folder: &Path) -> Result<Listing, Error> {
    let expected = "N-Caltech101 has a folder for each class, such as `accordion`, of files such as `image_0001.bin`";
    let mut places = candidates(folder, &["Caltech101", "N-Caltech101", "NCALTECH101"])?;
    // Tonic keeps `Caltech101` in a folder of its own.
    for place in places.split_off(1) {
        places.extend(candidates(&place, &["Caltech101"])?);
    }
    places.reverse();
    for place in places {
        let (mut classes, mut files) = (Vec::new(), Vec::new());
        for class in entries(&place)?.into_iter().filter(|path| path.is_dir()) {
            let (label, before) = (classes.len(), files.len());
            for path in entries(&class)? {
                let (stem, ending) = stem_and_ending(&path);
                if ending == "bin" && stem.starts_with("image_") && path.is_file() {
                    files.push(LabelledFile { path, label });
                }
            }
            if files.len() > before {
                classes.push(name(&class));
            }
        }
        if classes.len() > 1 {
            return Ok(Listing { classes, files });
        }
    }
    let alone = entries(folder)?.iter().any(|path| name(path).starts_with("image_"));
    let hint = if alone { "; name the folder above" } else { "" };
    Err(wrong(folder, format!("{expected}, but found {}{hint}", contents(folder))))
}
