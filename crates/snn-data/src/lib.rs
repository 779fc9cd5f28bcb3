//! Image data sets for Burn models: MNIST and data sets in files like its own, or digits drawn by this crate itself.
//!
//! [`load`](load()) finds the files in a folder, or downloads MNIST into a cache, or draws synthetic digits, as [`DataOptions`]
//! say. What it returns is a [`Dataset`] of [`Images`], which make [batches](Images::batch) of tensors. A data set is
//! recognised by the checksums of its files, never by its folder's name.
//!
//! What spikes or changes over time has modules of its own, in plain numbers and iterators:
//!
//! | module | what |
//! |---|---|
//! | [`events`] | recordings of event cameras: AEDAT 2, 3, 4, EVT2, EVT2.1, EVT3, DAT, the 40 bits of N-MNIST |
//! | [`spikes`] | spike trains in HDF5: SHD, SSC |
//! | [`layout`] | folders of N-MNIST, N-Caltech101, DVS128 Gesture, spoken digits |
//! | [`sound`] | WAV, log-mel, spikes at changes, an ear |
//! | [`series`] | time series of any length: `.ts`, tables, NumPy, MATLAB 5 |
//! | [`tasks`] | Yin-Yang, Randman, pixel by pixel, store and recall, delayed XOR: no file needed |
//! | [`transform`] | events sliced, filtered, moved, mixed, made into frames |
//!
//! The crate prints nothing and knows no command line: the progress of a download goes to a callback
//! ([`load_with_progress`]), and what goes wrong is an [`Error`], displayed as one sentence.
//!
//! ```
//! use burn::tensor::Device;
//! use snn_data::{DataOptions, DatasetChoice, load};
//!
//! let options = DataOptions {
//!     dataset: DatasetChoice::Synthetic,
//!     train_samples: Some(20),
//!     test_samples: Some(5),
//!     ..DataOptions::default()
//! };
//! let dataset = load(&options)?;
//! let (images, labels) = dataset.train.batch(&[0, 7, 19], &Device::flex());
//! assert_eq!((images.dims(), labels.dims()), ([3, 28 * 28], [3]));
//! # Ok::<(), snn_data::Error>(())
//! ```

mod augment;
mod dataset;
mod download;
mod error;
pub mod events;
mod files;
mod find;
mod gzip;
mod idx;
mod images;
mod known;
pub mod layout;
mod load;
mod memory;
mod options;
mod place;
mod random;
mod random_spikes;
pub mod series;
mod shown;
pub mod sound;
pub mod spikes;
mod split;
mod stored;
pub mod synthetic;
pub mod tasks;
pub mod transform;

pub use augment::augmented;
pub use dataset::{Dataset, SYNTHETIC, UNKNOWN, title};
pub use download::{MIRRORS, Transfer, download};
pub use error::Error;
pub use find::{Found, find};
pub use idx::{FileKind, read_images, read_labels};
pub use images::{CLASSES, Images, SIDE};
pub use known::Known;
pub use load::{load, load_with_progress};
pub use memory::total_memory;
pub use options::{DataOptions, DatasetChoice};
pub use place::Place;
pub use random::Draws;
pub use random_spikes::RandomSpikes;
pub use split::Split;
