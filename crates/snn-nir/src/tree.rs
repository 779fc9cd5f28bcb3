//! A file as a tree of folders and data, whatever its storage: what stands between HDF5 and graphs.

use std::collections::BTreeMap;

use crate::array::Array;

/// A group of HDF5.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    pub(crate) items: BTreeMap<String, Item>,
    pub(crate) attributes: BTreeMap<String, Attribute>,
}

/// What a folder holds.
#[derive(Debug)]
pub(crate) enum Item {
    Folder(Folder),
    Numbers(Array),
    Text(Vec<usize>, Vec<String>),
    /// Something of which nothing was read, and why.
    Unread(Unread),
}

/// Why something was not read. It is an error only if somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The type is neither a number nor text: what it is.
    Type(String),
    /// It lies in another file or is put together from other places: what it is.
    Elsewhere(&'static str),
    /// It declares more than can be there or than is allowed: the shape, and which of the two.
    Size(Vec<u64>, String),
    /// It is stored in a way that is not read: which.
    Storage(String),
    /// It cannot be read: the cause.
    Damaged(String),
}

/// An attribute of a folder: recorded data has them, graphs have none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Attribute {
    Text(String),
    Number(f64),
    Integer(i64),
}

impl Folder {
    pub(crate) fn with(mut self, name: &str, item: Item) -> Self {
        self.items.insert(name.to_owned(), item);
        self
    }
}

impl Item {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Vec::new(), vec![text.to_owned()])
    }
}
