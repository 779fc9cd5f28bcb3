//! Where in a file something is: what an error names so that one can look there.

use std::fmt;

/// Where in a file something is.
///
/// # Example
/// ```
/// use snn_data::Place;
/// assert_eq!(Place::Byte(12_345).to_string(), "byte 12345");
/// assert_eq!(Place::Line(3).to_string(), "line 3");
/// assert_eq!(Place::Entry("`labels`".to_owned()).to_string(), "`labels`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// So many bytes after the file's first one.
    Byte(u64),
    /// A line, the first one being line 1.
    Line(u64),
    /// A named part of the file.
    Entry(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(offset) => write!(f, "byte {offset}"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Entry(name) => write!(f, "{name}"),
        }
    }
}
