//! Measurements: one training step beside its own limit, the scan beside a copy, synapses beside their activity.

mod limit;
mod measure;
mod scan;
mod sparse;
mod step;

pub use limit::{Limit, Product, limit};
pub use measure::{Seconds, peak_resident_mib, resident_mib};
pub use scan::{ScanTimes, scan};
pub use sparse::{SparseTimes, sparse};
pub use step::steps;
