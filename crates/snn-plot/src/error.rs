//! What can go wrong while a figure is drawn.

use std::path::PathBuf;

/// Why a figure could not be drawn or written.
///
/// Displayed, it is one whole sentence with its cause, so there is nothing to look for in `source`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The font built into this crate was refused by the drawing library.
    #[error("the font built into this program cannot be read")]
    Font,
    /// Drawing a figure failed.
    #[error("figure {name}: {reason}")]
    Drawing {
        /// The figure's name.
        name: String,
        /// What went wrong.
        reason: String,
    },
    /// The file of a figure could not be written.
    #[error("figure {} cannot be written: {reason}", .path.display())]
    Writing {
        /// The figure's file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// Writing succeeded, but the file of the figure is not there.
    #[error("figure {} was not written", .path.display())]
    NotWritten {
        /// The figure's file.
        path: PathBuf,
    },
    /// There is no file format of that name.
    #[error("there is no file format `{name}` for figures; there are png and svg")]
    UnknownFormat {
        /// The name that was given.
        name: String,
    },
}
