//! How data sets of recordings are laid out in folders: which files there are, and what each shows.
//!
//! | data set | layout | module |
//! |---|---|---|
//! | N-MNIST | `Train/0/00002.bin`, `Test/..` | [`nmnist`] |
//! | N-Caltech101 | `Caltech101/CLASS/image_0001.bin` | [`ncaltech101`] |
//! | DVS128 Gesture | `user01_fluorescent.aedat` and `user01_fluorescent_labels.csv`, `trials_to_train.txt`, `trials_to_test.txt` | [`gesture`] |
//! | Free Spoken Digit Dataset | `recordings/7_jackson_32.wav` | [`fsdd`] |
//!
//! Files are listed in a fixed order, whatever the file system's. A folder that is nearly right gets a sentence which says what
//! was found and what to do.

pub mod fsdd;
pub mod gesture;
mod look;
pub mod ncaltech101;
pub mod nmnist;

use std::path::PathBuf;

/// A file, and what it shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelledFile {
    /// The file.
    pub path: PathBuf,
    /// The class that it shows.
    pub label: usize,
}
