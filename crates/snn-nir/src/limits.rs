//! How much a file may ask for before it is refused.

/// What a file may declare. Files come from strangers: one of a few kilobytes can declare terabytes, or contain itself.
///
/// ```
/// use snn_nir::{Graph, Limits};
///
/// let limits = Limits { bytes: 1 << 34, ..Limits::default() };
/// # let mut graph = Graph::new();
/// # let bytes = graph.to_bytes()?;
/// let graph = Graph::from_bytes_with(&bytes, limits)?;
/// # Ok::<(), snn_nir::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Graphs inside graphs.
    pub levels: usize,
    /// Groups and datasets.
    pub objects: usize,
    /// Bytes of all arrays together, unpacked. A file may always hold [`RATIO`](Self::RATIO) times its own length; this is what a short
    /// file may hold beyond that.
    pub bytes: u64,
}

impl Limits {
    /// How many times its length a file may unpack to, beyond [`bytes`](Self::bytes). Trained weights hardly shrink at all.
    pub const RATIO: u64 = 32;
    /// The largest ratio of which deflate is capable: what declares more than that cannot be in the file.
    pub(crate) const DEFLATE: u64 = 1032;
}

impl Default for Limits {
    /// 16 levels, a million objects, 64 MiB.
    fn default() -> Self {
        Self { levels: 16, objects: 1_000_000, bytes: 64 << 20 }
    }
}
