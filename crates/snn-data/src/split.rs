//! Which part of a data set: that for training or that for the test.

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// What is learned from.
    Train,
    /// What is judged by.
    Test,
}
