//! From options to a data set: files in a folder, MNIST from a download, or digits drawn by the program.

use std::path::{Path, PathBuf};

use crate::dataset::{Dataset, SYNTHETIC, UNKNOWN, title};
use crate::download::{Transfer, download};
use crate::find::{Found, find, near_misses};
use crate::idx::{self, FileKind, md5_of, read_images, read_labels};
use crate::images::{Images, SIDE};
use crate::known::{Known, recognised};
use crate::memory::require_images;
use crate::options::{DataOptions, DatasetChoice};
use crate::{Error, synthetic};

/// Loads the data set that `options` ask for.
///
/// # Errors
/// If what was asked for by name is not there, if files are there but incomplete or damaged, or if there are fewer images
/// than were asked for. Only [`DatasetChoice::Auto`] falls back on synthetic digits, and only where there are no files.
pub fn load(options: &DataOptions) -> Result<Dataset, Error> {
    load_with_progress(options, &mut |_| ())
}

/// Loads the data set that `options` ask for, and tells `progress` how far each file of a download is.
///
/// # Errors
/// As [`load`].
pub fn load_with_progress(options: &DataOptions, progress: &mut dyn FnMut(Transfer)) -> Result<Dataset, Error> {
    let mut dataset = match options.dataset {
        DatasetChoice::Synthetic => match &options.data_dir {
            Some(folder) => return Err(Error::FolderForSynthetic { folder: folder.clone() }),
            None => synthetic_digits(options, "as asked for")?,
        },
        DatasetChoice::Mnist => match files(options, progress)? {
            Search::Found(dataset) => *dataset,
            Search::Nothing { reasons } => return Err(Error::NoMnist { reasons }),
        },
        DatasetChoice::Files => match files(options, progress)? {
            Search::Found(dataset) => *dataset,
            Search::Nothing { reasons } => return Err(Error::NoFiles { reasons }),
        },
        DatasetChoice::Auto => match files(options, progress)? {
            Search::Found(dataset) => *dataset,
            Search::Nothing { reasons } => {
                synthetic_digits(options, &format!("because MNIST is not available: {reasons}"))?
            }
        },
    };
    dataset.train = dataset.train.first(options.train_samples, "training")?;
    dataset.test = dataset.test.first(options.test_samples, "test")?;
    Ok(dataset)
}

/// Draws the digits; `why` says why it is these.
fn synthetic_digits(options: &DataOptions, why: &str) -> Result<Dataset, Error> {
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

/// What a search for files ended with.
enum Search {
    /// The files which are there, or MNIST.
    Found(Box<Dataset>),
    /// Neither is there; why, for each place.
    Nothing { reasons: String },
}

/// Looks for files in the folder named, in that of the environment, and in the cache. Files which are there but wrong are an
/// error.
fn files(options: &DataOptions, progress: &mut dyn FnMut(Transfer)) -> Result<Search, Error> {
    if let Some(folder) = &options.data_dir {
        let Some(found) = find(folder)? else {
            return Err(Error::NothingInFolder { folder: folder.clone(), near_misses: near_misses(folder) });
        };
        let dataset = from_files(&found, folder)?;
        if options.dataset == DatasetChoice::Mnist && dataset.name != Known::Mnist.name() {
            return Err(Error::NotMnist { folder: folder.clone(), found: kind(&dataset).to_owned() });
        }
        return Ok(Search::Found(Box::new(dataset)));
    }
    let mut reasons = Vec::new();
    let nothing = |reasons: Vec<String>| Ok(Search::Nothing { reasons: reasons.join(", ") });
    if let Some(folder) = std::env::var_os("SNN_DATA_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from) {
        match find(&folder)?.map(|found| from_files(&found, &folder)).transpose()? {
            Some(other) if options.dataset == DatasetChoice::Mnist && other.name != Known::Mnist.name() => {
                reasons.push(format!("SNN_DATA_DIR={} holds {}", folder.display(), kind(&other)));
            }
            Some(dataset) => return Ok(Search::Found(Box::new(dataset))),
            None => {
                reasons.push(format!("SNN_DATA_DIR={} has no MNIST files{}", folder.display(), near_misses(&folder)));
            }
        }
    }
    if options.dataset == DatasetChoice::Files {
        if reasons.is_empty() {
            reasons.push("no folder is named".to_owned());
        }
        return nothing(reasons);
    }
    let Some(cache) = options.cache.clone().or_else(|| dirs::cache_dir().map(|folder| folder.join("snn/mnist"))) else {
        reasons.push("this user has no cache folder for a download".to_owned());
        return nothing(reasons);
    };
    if FileKind::ALL.iter().any(|kind| !cache.join(kind.name()).exists())
        && let Err(error) = download(&cache, &options.mirrors, progress)
    {
        reasons.push(error.to_string());
        return nothing(reasons);
    }
    let wrong = |problem: String| Error::Cache { folder: cache.clone(), problem };
    let found = find(&cache)?.ok_or_else(|| wrong("has no MNIST files after a download".to_owned()))?;
    let dataset = from_files(&found, &cache)?;
    if dataset.name != Known::Mnist.name() {
        return Err(wrong(format!("holds {}, but downloads of MNIST are kept there; delete it", kind(&dataset))));
    }
    Ok(Search::Found(Box::new(dataset)))
}

/// What is in files, for sentences which name their folder already.
fn kind(dataset: &Dataset) -> &str {
    Known::named(&dataset.name).map_or("unknown images", Known::title)
}

/// Reads the four files, and recognises the data set by their checksums.
fn from_files(found: &Found, folder: &Path) -> Result<Dataset, Error> {
    let mut sums = Vec::new();
    let mut images = |images: FileKind, labels: FileKind| -> Result<Images, Error> {
        let (image_path, label_path) = (found.path(images), found.path(labels));
        let (image_bytes, image_sums) = idx::read(image_path)?;
        let (label_bytes, label_sums) = idx::read(label_path)?;
        sums.extend([image_sums, label_sums]);
        let (pixels, rows, columns) = read_images(image_path, &image_bytes)?;
        let labels = read_labels(label_path, &label_bytes)?;
        let count = pixels.len() / (rows * columns);
        if count != labels.len() {
            let problem = format!(
                "as many labels as images in {} expected, {count}, found {}",
                image_path.display(),
                labels.len()
            );
            return Err(Error::Content { path: label_path.to_owned(), problem });
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
