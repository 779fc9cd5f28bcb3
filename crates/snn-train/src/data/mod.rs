//! Images of digits: MNIST from files or a download, or digits drawn by the program itself.

mod augment;
mod download;
mod idx;
pub mod synthetic;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::tensor::{Device, Int, Tensor, TensorData};
use clap::ValueEnum;
use rayon::prelude::*;

pub use augment::augmented;
pub use download::{MIRRORS, download};
pub use idx::{FileKind, Found, find, read_images, read_labels};

/// Which data set is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DatasetChoice {
    /// MNIST if it can be had, else the synthetic digits.
    #[default]
    Auto,
    /// MNIST, or an error.
    Mnist,
    /// Digits drawn by the program: strokes of 0 to 9, slanted, shifted and bent at random.
    Synthetic,
}

impl DatasetChoice {
    /// The choice which gives the data set called `name`, as configurations and reports name it.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "mnist" => Ok(Self::Mnist),
            "synthetic" => Ok(Self::Synthetic),
            _ => bail!("there is no data set `{name}`; there are `mnist` and `synthetic`"),
        }
    }
}

/// Where data comes from, and how much of it.
#[derive(Clone, Debug)]
pub struct DataOptions {
    /// Which data set.
    pub dataset: DatasetChoice,
    /// The folder with the MNIST files, or with a folder `mnist` which has them. `None`: that in the environment
    /// variable `SNN_DATA_DIR`, then the cache, then a download into the cache.
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
    fn default() -> Self {
        let mirrors = match std::env::var("SNN_MNIST_URL") {
            Ok(mirror) => vec![mirror],
            Err(_) => MIRRORS.iter().map(|mirror| (*mirror).to_owned()).collect(),
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

/// Images with their labels, for training and for the test.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// `"mnist"` or `"synthetic"`.
    pub name: String,
    /// A sentence for people: where it is from, and why it is this one.
    pub source: String,
    /// For training.
    pub train: Images,
    /// Held back from training, to judge each epoch by; none unless [`hold_back`](Dataset::hold_back) was asked to.
    pub validation: Option<Images>,
    /// For the test.
    pub test: Images,
}

impl Dataset {
    /// The same with the last `count` training samples held back for validation; 0 holds none back.
    ///
    /// # Panics
    /// If `count` is the number of training samples or more.
    pub fn hold_back(mut self, count: usize) -> Self {
        assert!(count < self.train.len(), "{count} of {} samples cannot be held back", self.train.len());
        if count > 0 {
            let kept = self.train.len() - count;
            self.validation = Some(Images {
                pixels: self.train.pixels.split_off(kept * self.train.size()),
                labels: self.train.labels.split_off(kept),
                ..self.train
            });
        }
        self
    }
}

/// Images with their labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Grey values, 0 to 255: `[images, rows, columns]`.
    pub pixels: Vec<u8>,
    /// The digit of each image, 0 to 9.
    pub labels: Vec<u8>,
    /// Pixels from top to bottom.
    pub rows: usize,
    /// Pixels from left to right.
    pub columns: usize,
}

impl Images {
    /// How many images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Numbers per image.
    pub fn size(&self) -> usize {
        self.rows * self.columns
    }

    /// The images `indices` as the networks see them, `pixel / 255 - 0.5`, `[images, rows x columns]`, and their
    /// labels.
    ///
    /// # Panics
    /// If an index is too large.
    pub fn batch(&self, indices: &[usize], device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        self.tensors(self.values(indices), indices, device)
    }

    /// The same, the images changed a little at random; `seed` and image decide how. See [`augmented`].
    pub fn augmented_batch(&self, indices: &[usize], seed: u64, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        self.tensors(augmented(self, indices, seed), indices, device)
    }

    fn values(&self, indices: &[usize]) -> Vec<f32> {
        let size = self.size();
        let mut values = vec![0.0f32; indices.len() * size];
        values.par_chunks_mut(size).zip(indices).for_each(|(row, index)| {
            for (value, pixel) in row.iter_mut().zip(&self.pixels[index * size..][..size]) {
                *value = f32::from(*pixel) / 255.0 - 0.5;
            }
        });
        values
    }

    fn tensors(&self, values: Vec<f32>, indices: &[usize], device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let labels: Vec<i64> = indices.iter().map(|index| i64::from(self.labels[*index])).collect();
        (
            Tensor::from_data(TensorData::new(values, [indices.len(), self.size()]), device),
            Tensor::from_data(TensorData::new(labels, [indices.len()]), device),
        )
    }

    /// Only the first `count` images; `None` keeps all. `what` is for the message if there are fewer.
    fn first(mut self, count: Option<usize>, what: &str) -> Result<Self> {
        let Some(count) = count else { return Ok(self) };
        if count == 0 || count > self.len() {
            bail!("{count} {what} images were asked for, at least 1 and at most {} can be had", self.len());
        }
        self.pixels.truncate(count * self.size());
        self.labels.truncate(count);
        Ok(self)
    }
}

/// The data set `options` ask for.
pub fn load(options: &DataOptions) -> Result<Dataset> {
    let mut dataset = match options.dataset {
        DatasetChoice::Synthetic => synthetic_digits(options, "as asked for")?,
        DatasetChoice::Mnist => match mnist(options)? {
            Ok(dataset) => dataset,
            Err(reason) => bail!(
                "MNIST cannot be had: {reason}; ways out: --data-dir FOLDER with the four official files, or \
                 --dataset synthetic"
            ),
        },
        DatasetChoice::Auto => match mnist(options)? {
            Ok(dataset) => dataset,
            Err(reason) => synthetic_digits(options, &format!("because MNIST cannot be had: {reason}"))?,
        },
    };
    dataset.train = dataset.train.first(options.train_samples, "training")?;
    dataset.test = dataset.test.first(options.test_samples, "test")?;
    Ok(dataset)
}

fn synthetic_digits(options: &DataOptions, why: &str) -> Result<Dataset> {
    let (train, test) = synthetic::digits(
        options.train_samples.unwrap_or(synthetic::TRAIN),
        options.test_samples.unwrap_or(synthetic::TEST),
        options.synthetic_seed,
    );
    let source = format!("synthetic digits, drawn by the program, {why}");
    Ok(Dataset { name: "synthetic".to_owned(), source, train, validation: None, test })
}

/// MNIST, or the reason why there is none. Files which are there but wrong are an error.
fn mnist(options: &DataOptions) -> Result<Result<Dataset, String>> {
    if let Some(folder) = &options.data_dir {
        let found = find(folder)?.with_context(|| {
            format!(
                "--data-dir {}: none of the four MNIST files ({}, ...) is there, nor in a folder `mnist` below it",
                folder.display(),
                FileKind::TrainImages.name()
            )
        })?;
        return from_files(&found, folder).map(Ok);
    }
    let mut reasons = Vec::new();
    if let Some(folder) = std::env::var_os("SNN_DATA_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from) {
        match find(&folder)? {
            Some(found) => return from_files(&found, &folder).map(Ok),
            None => reasons.push(format!("SNN_DATA_DIR={} has no MNIST files", folder.display())),
        }
    }
    let Some(cache) = options.cache.clone().or_else(|| dirs::cache_dir().map(|folder| folder.join("snn/mnist"))) else {
        reasons.push("this user has no cache folder for a download".to_owned());
        return Ok(Err(reasons.join(", ")));
    };
    if FileKind::ALL.iter().any(|kind| !cache.join(kind.name()).exists())
        && let Err(error) = download(&cache, &options.mirrors)
    {
        reasons.push(format!("{error:#}"));
        return Ok(Err(reasons.join(", ")));
    }
    let found = find(&cache)?.with_context(|| format!("{} has no MNIST files after a download", cache.display()))?;
    from_files(&found, &cache).map(Ok)
}

fn from_files(found: &Found, folder: &Path) -> Result<Dataset> {
    let mut official = true;
    let mut images = |images: FileKind, labels: FileKind| -> Result<Images> {
        let (image_path, label_path) = (found.path(images), found.path(labels));
        let image_bytes = idx::read(image_path)?;
        let label_bytes = idx::read(label_path)?;
        official &= images.is_official(&image_bytes) && labels.is_official(&label_bytes);
        let (pixels, rows, columns) = read_images(image_path, &image_bytes)?;
        let labels = read_labels(label_path, &label_bytes)?;
        let count = pixels.len() / (rows * columns);
        if count != labels.len() {
            bail!(
                "{}: as many labels as images in {} expected, {count}, found {}",
                label_path.display(),
                image_path.display(),
                labels.len()
            );
        }
        Ok(Images { pixels, labels, rows, columns })
    };
    let train = images(FileKind::TrainImages, FileKind::TrainLabels)?;
    let test = images(FileKind::TestImages, FileKind::TestLabels)?;
    let note = if official { "" } else { " (not the official files: other checksums)" };
    let source = format!("MNIST from {}{note}", folder.display());
    Ok(Dataset { name: "mnist".to_owned(), source, train, validation: None, test })
}
