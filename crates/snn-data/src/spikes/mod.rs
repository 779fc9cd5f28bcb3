//! Recorded spike trains in HDF5: Spiking Heidelberg Digits (SHD), Spiking Speech Commands (SSC), and files like them.
//!
//! ```text
//! spikes/times    one row a sample, of any length: floats of 16, 32 or 64 bits, seconds
//! spikes/units    one row a sample, of the same length: whole numbers, which channel (0 to 699)
//! labels          one whole number a sample
//! extra/speaker   one whole number a sample; may be absent
//! extra/keys      what the labels mean; may be absent
//! ```
//!
//! Only labels and the references to the rows are held, and where the rows of the last two heaps lie; a row is read when it is asked
//! for, from any thread.
//!
//! Source: Cramer, Stradmann, Schemmel, Zenke (2022), "The Heidelberg Spiking Data Sets for the Systematic Evaluation of
//! Spiking Neural Networks", doi:10.1109/TNNLS.2020.3044364.

mod file;
mod heap;

pub use file::{SpikeFile, SpikeTrain};
