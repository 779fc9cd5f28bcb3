//! Metadata: what files say beyond NIR, of nodes and of graphs, kept but not interpreted.

use std::collections::BTreeMap;

use crate::array::Array;

/// Names and values beside a node or a graph.
pub type Metadata = BTreeMap<String, Value>;

/// One value of [`Metadata`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Text.
    Text(String),
    /// Several texts, row-major in a shape.
    Texts(Vec<usize>, Vec<String>),
    /// A number (shape `[]`) or numbers.
    Numbers(Array),
    /// More names and values: a dictionary in Python.
    Map(Metadata),
    /// A value whose type is none of these, and what that type is. It is not kept: writing it is an error.
    Other(String),
}

impl Value {
    /// Returns the text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number, if it is a single one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Numbers(array) if array.len() == 1 => Some(array.get(0)),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Numbers(Array::scalar(number))
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Numbers(array)
    }
}
