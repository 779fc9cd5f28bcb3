//! A data set: images for training and for the test, with the name it is known by.

use crate::images::Images;
use crate::known::Known;

/// The name in configurations and reports of digits drawn by the program.
pub const SYNTHETIC: &str = "synthetic";
/// The name in configurations and reports of images which are no data set this program knows.
pub const UNKNOWN: &str = "unknown";

/// Images with their labels, for training and for the test.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its name in configurations and reports: `"mnist"`, `"fashion-mnist"` or `"kmnist"` if its content is one of these,
    /// `"synthetic"`, or `"unknown"`.
    pub name: String,
    /// What it is, for people; unknown images are told by their folder.
    pub title: String,
    /// A sentence for people: where it is from, and why it is this one.
    pub source: String,
    /// The checksum of all four files, of images which have no name to be told by.
    pub md5: Option<String>,
    /// The images for training.
    pub train: Images,
    /// The images held back from training, to judge each epoch by; none unless [`hold_back`](Dataset::hold_back) took some.
    pub validation: Option<Images>,
    /// The images for the test.
    pub test: Images,
}

impl Dataset {
    /// Returns the same data set with the last `count` training samples held back for validation; 0 holds none back.
    ///
    /// # Panics
    /// If `count` is the number of training samples or more.
    pub fn hold_back(mut self, count: usize) -> Self {
        assert!(count < self.train.len(), "{count} of {} samples cannot be held back", self.train.len());
        if count > 0 {
            self.validation = Some(self.train.split_off(count));
        }
        self
    }
}

/// Returns what people call the data set which is called `name` in reports; what is not real says so.
pub fn title(name: &str) -> String {
    match (name, Known::named(name)) {
        (_, Some(known)) => known.title().to_owned(),
        (SYNTHETIC, _) => "synthetic digits, drawn by the program (not MNIST)".to_owned(),
        (UNKNOWN, _) => "unknown images (not MNIST)".to_owned(),
        (other, _) => other.to_owned(),
    }
}
