//! NumPy's `.npz`: named arrays in a ZIP archive.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use super::Array;
use super::zip::{self, Part};
use crate::shown::list;
use crate::{Error, Place};

/// An archive of named arrays; each is read when it is asked for.
///
/// # Example
/// ```no_run
/// use std::path::Path;
/// use snn_data::series::{Npz, SeriesSet};
/// let mut file = Npz::open(Path::new("braille.npz"))?;
/// let set = SeriesSet::from_arrays(&file.array("x")?, &file.array("y")?)?;
/// # Ok::<(), snn_data::Error>(())
/// ```
pub struct Npz<R> {
    reader: R,
    parts: Vec<Part>,
}

impl Npz<BufReader<File>> {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened; [`Error::File`] if it is no ZIP archive.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file =
            File::open(path).map_err(|cause| Error::Io { action: "cannot read", path: path.to_owned(), cause })?;
        Self::read(BufReader::new(file)).map_err(|error| error.in_file(path))
    }
}

impl<R: Read + Seek> Npz<R> {
    /// Reads an archive from anything.
    ///
    /// # Errors
    /// [`Error::Format`] if it is no ZIP archive, or one which cannot be.
    pub fn read(mut reader: R) -> Result<Self, Error> {
        let parts = zip::parts(&mut reader)?;
        Ok(Self { reader, parts })
    }

    /// Returns the names of the arrays, in the order of the file.
    pub fn names(&self) -> Vec<&str> {
        self.parts.iter().filter_map(|part| part.name.strip_suffix(".npy")).collect()
    }

    /// Reads an array. What is held is at most 2 x 1032 times the file's size, which is what deflate can at most do.
    ///
    /// # Errors
    /// [`Error::Format`] if there is none of this name (the names that there are, are said), or it is damaged.
    pub fn array(&mut self, name: &str) -> Result<Array, Error> {
        let entry = || Place::Entry(format!("`{name}`"));
        let Some(part) = self.parts.iter().find(|part| part.name.strip_suffix(".npy") == Some(name)).cloned() else {
            let problem = format!("an array of this name expected, the file has {}", list(self.names()));
            return Err(Error::Format { format: "NPZ", place: entry(), problem });
        };
        let reader = zip::open(&mut self.reader, &part)?;
        Array::read_npy(reader).map_err(|error| Error::Format {
            format: "NPZ",
            place: entry(),
            problem: error.to_string(),
        })
    }
}
