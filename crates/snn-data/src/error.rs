//! What can go wrong with data, each as one sentence: what was found, what was expected, where, and a way out.

use std::io;
use std::path::{Path, PathBuf};

use crate::dataset::{SYNTHETIC, UNKNOWN};
use crate::idx::FileKind;
use crate::known::Known;
use crate::options::DatasetChoice;
use crate::place::Place;

/// Why a data set could not be loaded.
///
/// Displayed, it is one whole sentence with its cause, so there is nothing to look for in `source`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No data set is called like that in configurations and reports.
    #[error("there is no data set `{name}`; there are {}, `{}` and `{}`", known_names(), SYNTHETIC, UNKNOWN)]
    UnknownDataset {
        /// The name that was given.
        name: String,
    },
    /// No [`DatasetChoice`] is called like that.
    #[error("there is no choice `{name}` of a data set; there are {}", choice_names())]
    UnknownChoice {
        /// The name that was given.
        name: String,
    },
    /// Fewer images are there than were asked for, or none were asked for.
    #[error("{wanted} {what} images were asked for, at least 1 and at most {available} can be had")]
    Count {
        /// How many images were asked for.
        wanted: usize,
        /// What they are for: `"training"` or `"test"`.
        what: &'static str,
        /// How many there are.
        available: usize,
    },
    /// The images would not fit into the machine's memory.
    #[error(
        "{images} images of {pixels} pixels need about {} GiB, this machine has {}; choose fewer --train-samples or \
         --test-samples",
        .needed >> 30,
        .available >> 30
    )]
    Memory {
        /// How many images were asked for.
        images: usize,
        /// Pixels of each image.
        pixels: usize,
        /// Bytes that they need.
        needed: u64,
        /// Bytes that the machine has.
        available: u64,
    },
    /// Synthetic digits were asked for, and a folder with images, too.
    #[error(
        "--data-dir {} names a folder with images, but synthetic digits are drawn by the program; leave --data-dir \
         out, or take the files with --dataset files",
        .folder.display()
    )]
    FolderForSynthetic {
        /// The folder.
        folder: PathBuf,
    },
    /// None of the four files is in the folder that was named.
    #[error(
        "--data-dir {}: none of the four MNIST files ({}, ...) is there, nor in a folder `mnist` or `MNIST/raw` below it{near_misses}",
        .folder.display(),
        FileKind::TrainImages.name()
    )]
    NothingInFolder {
        /// The folder.
        folder: PathBuf,
        /// A part of the sentence about files whose names are nearly right; empty if there are none.
        near_misses: String,
    },
    /// Some of the four files are in a folder, but not all of them.
    #[error(
        "{}: four MNIST files expected, {} found; {} {} missing, with or without .gz{near_misses}",
        .folder.display(),
        FileKind::ALL.len() - .missing.len(),
        names(.missing),
        if .missing.len() == 1 { "is" } else { "are" }
    )]
    MissingFiles {
        /// The folder.
        folder: PathBuf,
        /// The files that are not there.
        missing: Vec<FileKind>,
        /// A part of the sentence about files whose names are nearly right; empty if there are none.
        near_misses: String,
    },
    /// MNIST was asked for, but the folder that was named holds something else.
    #[error(
        "MNIST was asked for, but {} holds {found}; take these with --dataset files, or name a folder with the four \
         official files",
        .folder.display()
    )]
    NotMnist {
        /// The folder.
        folder: PathBuf,
        /// What is in it, for people.
        found: String,
    },
    /// MNIST was asked for, and is neither in a folder nor to be downloaded.
    #[error(
        "MNIST is not available: {reasons}; ways out: --data-dir FOLDER with the four official files, or \
         --dataset synthetic"
    )]
    NoMnist {
        /// Each place that was tried, and why it did not do.
        reasons: String,
    },
    /// Files were asked for, and no folder has them.
    #[error("there are no files: {reasons}; name the folder which has them with --data-dir FOLDER or SNN_DATA_DIR")]
    NoFiles {
        /// Each place that was tried, and why it did not do.
        reasons: String,
    },
    /// The cache of downloads does not hold MNIST.
    #[error("{} {problem}", .folder.display())]
    Cache {
        /// The folder of the cache.
        folder: PathBuf,
        /// The rest of the sentence: what is wrong with it, and a way out.
        problem: String,
    },
    /// The content of a file is not what it should be.
    #[error("{}: {problem}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What was expected, and what was found.
        problem: String,
    },
    /// No address gave one of the files of MNIST with the right content.
    #[error("no mirror gave {file} ({})", .failures.join("; "))]
    Download {
        /// The file's official name.
        file: &'static str,
        /// Each address that was tried, and what came from it.
        failures: Vec<String>,
    },
    /// The system refused to read or write a file, or to create a folder.
    #[error("{action} {}: {cause}", .path.display())]
    Io {
        /// What was tried, such as `"cannot read"`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
    /// What was read is not what its format asks for.
    #[error("{format}, {place}: {problem}")]
    Format {
        /// What it was read as, such as `"EVT3"`.
        format: &'static str,
        /// Where in it.
        place: Place,
        /// What was expected, what was found, and a way out.
        problem: String,
    },
    /// What was being read could not be read further: the disk or the network, not the content.
    #[error("{format}, {place}: reading broke off: {cause}")]
    Stream {
        /// What it was read as, such as `"EVT3"`.
        format: &'static str,
        /// Where in it.
        place: Place,
        /// The system's reason.
        cause: io::Error,
    },
    /// Something is wrong in a file.
    #[error("{}: {cause}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: Box<Error>,
    },
    /// A folder is not laid out as the data set that was looked for.
    #[error("{}: {problem}", .folder.display())]
    Layout {
        /// The folder.
        folder: PathBuf,
        /// What was expected, what was found, and a way out.
        problem: String,
    },
    /// A transform, a filter bank or a task was given settings which cannot be.
    #[error("{what}: {problem}")]
    Setting {
        /// What was to be done, such as `"voxel grid"`.
        what: &'static str,
        /// What was given, and what can be.
        problem: String,
    },
}

impl Error {
    /// Returns the same error with the file's name in front.
    pub fn in_file(self, path: &Path) -> Self {
        Self::File { path: path.to_owned(), cause: Box::new(self) }
    }

    /// Makes the error of a setting.
    pub(crate) fn setting(what: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting { what, problem: problem.into() }
    }
}

/// The names of all data sets that are known by their files.
fn known_names() -> String {
    Known::ALL.map(|known| format!("`{}`", known.name())).join(", ")
}

/// The names of all choices of a data set.
fn choice_names() -> String {
    DatasetChoice::ALL.map(|choice| format!("`{}`", choice.name())).join(", ")
}

/// The official names of `files`.
fn names(files: &[FileKind]) -> String {
    files.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}
