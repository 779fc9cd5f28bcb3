//! Images of digits: MNIST from files or a download, or digits drawn by the program itself.

mod augment;
mod download;
mod find;
mod gzip;
mod idx;
mod known;
pub mod synthetic;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::tensor::{Device, Int, Tensor, TensorData};
use clap::ValueEnum;
use rayon::prelude::*;

use crate::memory::require_images;

pub use augment::augmented;
pub use download::{MIRRORS, download};
pub use find::{Found, find};
pub use idx::{FileKind, SIDE, read_images, read_labels};
pub use known::Known;

use find::near_misses;
use idx::md5_of;
use known::recognised;

/// What an image may show: ten digits, or ten kinds of something else.
pub const CLASSES: usize = 10;

/// The name in configurations and reports of digits drawn by the program.
pub const SYNTHETIC: &str = "synthetic";
/// The name in configurations and reports of images which are no data set this program knows.
pub const UNKNOWN: &str = "unknown";

/// Which data set is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
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
    /// The choice which gives the data set called `name`, as configurations and reports name it.
    pub fn named(name: &str) -> Result<Self> {
        match (name, Known::named(name)) {
            (SYNTHETIC, _) => Ok(Self::Synthetic),
            (_, Some(Known::Mnist)) => Ok(Self::Mnist),
            (UNKNOWN, _) | (_, Some(_)) => Ok(Self::Files),
            _ => {
                let known = Known::ALL.map(|known| format!("`{}`", known.name())).join(", ");
                bail!("there is no data set `{name}`; there are {known}, `{SYNTHETIC}` and `{UNKNOWN}`")
            }
        }
    }
}

/// Where data comes from, and how much of it.
#[derive(Clone, Debug)]
pub struct DataOptions {
    /// Which data set.
    pub dataset: DatasetChoice,
    /// The folder with the four files, or with a folder `mnist` or `MNIST/raw` which has them; see [`find`]. `None`: that in
    /// the environment variable `SNN_DATA_DIR`, then the cache, then a download into the cache.
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
    /// The class of each image, 0 to 9: the digit it shows.
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

/// How people call the data set which is called `name` in reports; what is not real says so.
pub fn title(name: &str) -> String {
    match (name, Known::named(name)) {
        (_, Some(known)) => known.title().to_owned(),
        (SYNTHETIC, _) => "synthetic digits, drawn by the program (not MNIST)".to_owned(),
        (UNKNOWN, _) => "unknown images (not MNIST)".to_owned(),
        (other, _) => other.to_owned(),
    }
}

/// The data set `options` ask for.
pub fn load(options: &DataOptions) -> Result<Dataset> {
    let mut dataset = match options.dataset {
        DatasetChoice::Synthetic => match &options.data_dir {
            Some(folder) => bail!(
                "--data-dir {} names a folder with images, but synthetic digits are drawn by the program; leave --data-dir \
                 out, or take the files with --dataset files",
                folder.display()
            ),
            None => synthetic_digits(options, "as asked for")?,
        },
        DatasetChoice::Mnist => match files(options)? {
            Ok(dataset) => dataset,
            Err(reason) => bail!(
                "MNIST cannot be had: {reason}; ways out: --data-dir FOLDER with the four official files, or \
                 --dataset synthetic"
            ),
        },
        DatasetChoice::Files => match files(options)? {
            Ok(dataset) => dataset,
            Err(reason) => bail!(
                "there are no files: {reason}; name the folder which has them with --data-dir FOLDER or SNN_DATA_DIR"
            ),
        },
        DatasetChoice::Auto => match files(options)? {
            Ok(dataset) => dataset,
            Err(reason) => synthetic_digits(options, &format!("because MNIST cannot be had: {reason}"))?,
        },
    };
    dataset.train = dataset.train.first(options.train_samples, "training")?;
    dataset.test = dataset.test.first(options.test_samples, "test")?;
    Ok(dataset)
}

fn synthetic_digits(options: &DataOptions, why: &str) -> Result<Dataset> {
    let train = options.train_samples.unwrap_or(synthetic::TRAIN);
    let test = options.test_samples.unwrap_or(synthetic::TEST);
    require_images(train.saturating_add(test), SIDE * SIDE)?;
    let (train, test) = synthetic::digits(train, test, options.synthetic_seed);
    Ok(Dataset {
        name: SYNTHETIC.to_owned(),
        title: title(SYNTHETIC),
        source: format!("synthetic digits, drawn by the program, {why}"),
        md5: None,
        train,
        validation: None,
        test,
    })
}

/// The files which are there, or MNIST, or the reason why there is neither. Files which are there but wrong are an error.
fn files(options: &DataOptions) -> Result<Result<Dataset, String>> {
    if let Some(folder) = &options.data_dir {
        let found = find(folder)?.with_context(|| {
            format!(
                "--data-dir {}: none of the four MNIST files ({}, ...) is there, nor in a folder `mnist` or `MNIST/raw` below it{}",
                folder.display(),
                FileKind::TrainImages.name(),
                near_misses(folder)
            )
        })?;
        let dataset = from_files(&found, folder)?;
        if options.dataset == DatasetChoice::Mnist && dataset.name != Known::Mnist.name() {
            bail!(
                "MNIST was asked for, but {} holds {}; take these with --dataset files, or name a folder with the four \
                 official files",
                folder.display(),
                kind(&dataset)
            );
        }
        return Ok(Ok(dataset));
    }
    let mut reasons = Vec::new();
    if let Some(folder) = std::env::var_os("SNN_DATA_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from) {
        match find(&folder)?.map(|found| from_files(&found, &folder)).transpose()? {
            Some(other) if options.dataset == DatasetChoice::Mnist && other.name != Known::Mnist.name() => {
                reasons.push(format!("SNN_DATA_DIR={} holds {}", folder.display(), kind(&other)));
            }
            Some(dataset) => return Ok(Ok(dataset)),
            None => {
                reasons.push(format!("SNN_DATA_DIR={} has no MNIST files{}", folder.display(), near_misses(&folder)));
            }
        }
    }
    if options.dataset == DatasetChoice::Files {
        if reasons.is_empty() {
            reasons.push("no folder is named".to_owned());
        }
        return Ok(Err(reasons.join(", ")));
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
    let dataset = from_files(&found, &cache)?;
    if dataset.name != Known::Mnist.name() {
        bail!("{} holds {}, but downloads of MNIST are kept there; delete it", cache.display(), kind(&dataset));
    }
    Ok(Ok(dataset))
}

/// What is in files, for sentences which name their folder already.
fn kind(dataset: &Dataset) -> &str {
    Known::named(&dataset.name).map_or("unknown images", Known::title)
}

fn from_files(found: &Found, folder: &Path) -> Result<Dataset> {
    let mut sums = Vec::new();
    let mut images = |images: FileKind, labels: FileKind| -> Result<Images> {
        let (image_path, label_path) = (found.path(images), found.path(labels));
        let (image_bytes, image_sums) = idx::read(image_path)?;
        let (label_bytes, label_sums) = idx::read(label_path)?;
        sums.extend([image_sums, label_sums]);
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
    let contents: Vec<&str> = sums.iter().map(|sums| sums.content.as_str()).collect();
    let all = md5_of(contents.concat().as_bytes());
    let known = <[_; 4]>::try_from(sums).ok().and_then(|sums| recognised(&sums));
    let folder = folder.display();
    let (name, title, source, md5) = match known {
        Some(known) => (known.name(), title(known.name()), format!("{} from {folder}", known.title()), None),
        None => (
            UNKNOWN,
            format!("unknown images in {folder} (not MNIST)"),
            format!("unknown images, four files named like those of MNIST from {folder} (other checksums)"),
            Some(all),
        ),
    };
    Ok(Dataset { name: name.to_owned(), title, source, md5, train, validation: None, test })
}
