//! Time series: values over time, of one or several channels, as long as each is, with what is to be found out about them.
//!
//! | file | function |
//! |---|---|
//! | UCR and UEA archives, `.ts` | [`ts`] |
//! | tables, one row a series or one row a step | [`rows`], [`steps`] |
//! | NumPy `.npy` and `.npz` | [`Array::npy`], [`Npz`] |
//! | MATLAB 5 `.mat` | [`mat`] |
//! | the ECG of QTDB as spikes, with a label for each step | [`qtdb`] |

mod array;
mod csv;
mod mat;
mod npy;
mod npz;
mod set;
mod ts;
mod zip;

pub use array::Array;
pub use csv::{Delimiter, Label, Table, rows, steps};
pub use mat::{Variable, mat};
pub use npz::Npz;
pub use set::{Series, SeriesSet, Targets, qtdb};
pub use ts::ts;
