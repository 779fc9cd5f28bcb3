//! What is wrong with a network file.

/// What is wrong with a network, in one sentence: the place, what was found, and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    /// With this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// What this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Refuses with a sentence.
macro_rules! refuse {
    ($($format:tt)*) => { return Err($crate::error::Error::new(format!($($format)*))) };
}
pub(crate) use refuse;
