//! Which data set is wanted, where it comes from, and how much of it.

use std::path::PathBuf;
use std::str::FromStr;

use crate::Error;
use crate::dataset::{SYNTHETIC, UNKNOWN};
use crate::download::MIRRORS;
use crate::known::Known;

/// Which data set is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DatasetChoice {
    /// The files in the folder named, else MNIST if it can be had, else the synthetic digits.
    #[default]
    Auto,
    /// MNIST, or an error.
    Mnist,
    /// Digits drawn by the program: strokes of 0 to 9, slanted, shifted and bent at random.
    Synthetic,
    /// Four files like those of MNIST in the folder named, whatever they show, or an error.
    Files,
}

impl DatasetChoice {
    /// All choices.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Mnist, Self::Synthetic, Self::Files];

    /// Returns the choice's own name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Mnist => "mnist",
            Self::Synthetic => "synthetic",
            Self::Files => "files",
        }
    }

    /// Returns the choice which gives the data set called `name` in configurations and reports (see [`Dataset::name`]).
    ///
    /// # Errors
    /// [`Error::UnknownDataset`] if no data set is called like that.
    ///
    /// [`Dataset::name`]: crate::Dataset::name
    pub fn named(name: &str) -> Result<Self, Error> {
        match (name, Known::named(name)) {
            (SYNTHETIC, _) => Ok(Self::Synthetic),
            (_, Some(Known::Mnist)) => Ok(Self::Mnist),
            (UNKNOWN, _) | (_, Some(_)) => Ok(Self::Files),
            _ => Err(Error::UnknownDataset { name: name.to_owned() }),
        }
    }
}

impl FromStr for DatasetChoice {
    type Err = Error;

    /// Finds the choice whose own name is `name`.
    ///
    /// # Errors
    /// [`Error::UnknownChoice`] if there is none.
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.name() == name)
            .ok_or_else(|| Error::UnknownChoice { name: name.to_owned() })
    }
}

/// Where data comes from, and how much of it.
#[derive(Clone, Debug)]
pub struct DataOptions {
    /// Which data set.
    pub dataset: DatasetChoice,
    /// The folder with the four files, or with a folder `mnist` or `MNIST/raw` which has them; see [`find`](crate::find()).
    /// `None`: that in the environment variable `SNN_DATA_DIR`, then the cache, then a download into the cache.
    pub data_dir: Option<PathBuf>,
    /// Only the first training samples.
    pub train_samples: Option<usize>,
    /// Only the first test samples.
    pub test_samples: Option<usize>,
    /// Where downloads are kept. `None`: `snn/mnist` in the user's cache folder.
    pub cache: Option<PathBuf>,
    /// Addresses to download from, in order.
    pub mirrors: Vec<String>,
    /// The seed of the synthetic digits.
    pub synthetic_seed: u64,
}

impl Default for DataOptions {
    /// Returns the options for all of whatever can be had, downloaded from [`MIRRORS`], or from the address in the
    /// environment variable `SNN_MNIST_URL` if there is one.
    fn default() -> Self {
        let mirrors = match std::env::var_os("SNN_MNIST_URL").filter(|mirror| !mirror.is_empty()) {
            Some(mirror) => vec![mirror.to_string_lossy().into_owned()],
            None => MIRRORS.iter().map(|mirror| (*mirror).to_owned()).collect(),
        };
        Self {
            dataset: DatasetChoice::default(),
            data_dir: None,
            train_samples: None,
            test_samples: None,
            cache: None,
            mirrors,
            synthetic_seed: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_found_by_its_own_name_and_by_that_of_its_data_set() {
        for choice in DatasetChoice::ALL {
            assert_eq!(choice.name().parse::<DatasetChoice>().expect("a choice"), choice);
        }
        let sentence = "fashion-mnist".parse::<DatasetChoice>().expect_err("a data set").to_string();
        assert!(sentence.contains("`fashion-mnist`") && sentence.contains("`auto`, `mnist`"), "{sentence}");
        for (name, choice) in [
            ("mnist", DatasetChoice::Mnist),
            ("fashion-mnist", DatasetChoice::Files),
            ("kmnist", DatasetChoice::Files),
            ("unknown", DatasetChoice::Files),
            ("synthetic", DatasetChoice::Synthetic),
        ] {
            assert_eq!(DatasetChoice::named(name).expect("a data set"), choice);
        }
        let sentence = DatasetChoice::named("auto").expect_err("no data set").to_string();
        let expected =
            "there is no data set `auto`; there are `mnist`, `fashion-mnist`, `kmnist`, `synthetic` and `unknown`";
        assert_eq!(sentence, expected);
    }
}
