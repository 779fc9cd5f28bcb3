//! The samples of a run: images, or sequences.

use anyhow::{Result, bail};
use burn::tensor::{Device, Int, Tensor};
use snn_data::{CLASSES, DataOptions, Dataset, Images, RandomSpikes, Transfer, load_with_progress, title};
use snn_network::InputShape;

use crate::run::data_settings::{DataSettings, RANDOM_SPIKES, Transform};

/// How many random spike trains there are unless asked otherwise: for training and for the test.
const RANDOM: [usize; 2] = [1000, 200];

/// What comes into a network.
#[derive(Clone, Debug)]
pub enum Input {
    /// `[batch, features]`
    Still(Tensor<2>),
    /// `[time, batch, features]`
    Sequence(Tensor<3>),
}

impl Input {
    /// The same beside the graph.
    pub fn inner(self) -> Self {
        match self {
            Self::Still(frame) => Self::Still(frame.inner()),
            Self::Sequence(sequence) => Self::Sequence(sequence.inner()),
        }
    }
}

/// Samples with their labels.
#[derive(Clone, Debug)]
pub enum Samples {
    /// Images.
    Images(Images),
    /// Spike trains.
    Spikes(RandomSpikes),
}

impl Samples {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Images(images) => images.len(),
            Self::Spikes(spikes) => spikes.count,
        }
    }

    /// The class of a sample.
    pub fn label(&self, index: usize) -> usize {
        match self {
            Self::Images(images) => usize::from(images.labels[index]),
            Self::Spikes(spikes) => spikes.label(index),
        }
    }

    /// The samples `indices` with their labels.
    pub fn batch(&self, indices: &[usize], device: &Device) -> (Input, Tensor<1, Int>) {
        match self {
            Self::Images(images) => {
                let (frames, labels) = images.batch(indices, device);
                (Input::Still(frames), labels)
            }
            Self::Spikes(spikes) => {
                let (sequence, labels) = spikes.batch(indices, device);
                (Input::Sequence(sequence), labels)
            }
        }
    }

    /// The same for training, changed by `transforms` at random as `seed` says.
    pub fn transformed(
        &self,
        indices: &[usize],
        transforms: &[Transform],
        seed: u64,
        device: &Device,
    ) -> (Input, Tensor<1, Int>) {
        match self {
            Self::Images(images) if transforms.contains(&Transform::Affine) => {
                let (frames, labels) = images.augmented_batch(indices, seed, device);
                (Input::Still(frames), labels)
            }
            _ => self.batch(indices, device),
        }
    }
}

/// A data set, cut into what is trained on, judged by, and tested with.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its name in files and reports.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Where it is from, and why it is this one.
    pub source: String,
    /// The checksum of images that have no name to be told by.
    pub md5: Option<String>,
    /// How many classes.
    pub classes: usize,
    /// What is trained on.
    pub train: Samples,
    /// What each epoch is judged by.
    pub validation: Option<Samples>,
    /// What is tested with.
    pub test: Samples,
}

impl Data {
    /// What comes into a network, without its batch.
    pub fn input(&self) -> InputShape {
        match &self.train {
            Samples::Images(images) => InputShape::Still(vec![1, images.rows, images.columns]),
            Samples::Spikes(spikes) => InputShape::Sequence(spikes.shape[1..].to_vec()),
        }
    }

    /// How many features come in at once, all axes together.
    pub fn input_features(&self) -> usize {
        match self.input() {
            InputShape::Still(shape) | InputShape::Sequence(shape) => shape.iter().product(),
        }
    }

    /// The time steps of a sample, if it is a sequence.
    pub fn steps(&self) -> Option<usize> {
        match &self.train {
            Samples::Images(_) => None,
            Samples::Spikes(spikes) => Some(spikes.steps()),
        }
    }

    /// What people call the samples.
    pub fn samples_are(&self) -> &'static str {
        match self.train {
            Samples::Images(_) => "images",
            Samples::Spikes(_) => "spike trains",
        }
    }

    /// Loads what `settings` ask for; `options` say where images are looked for. Nothing is held back yet.
    pub fn load(settings: &DataSettings, options: DataOptions, progress: &mut dyn FnMut(Transfer)) -> Result<Self> {
        let Some(dataset) = settings.choice()? else {
            if let Some(folder) = &options.data_dir {
                bail!("--data-dir {} has no effect where spikes are drawn at random; leave it out", folder.display());
            }
            return Ok(random_spikes(settings));
        };
        let options = DataOptions {
            dataset,
            data_dir: options.data_dir.or(settings.dir.clone()),
            train_samples: settings.train_samples,
            test_samples: settings.test_samples,
            ..options
        };
        let Dataset { name, title, source, md5, train, test, .. } = load_with_progress(&options, progress)?;
        let (train, test) = (Samples::Images(train), Samples::Images(test));
        Ok(Self { name, title, source, md5, classes: CLASSES, train, validation: None, test })
    }

    /// The same with the last `count` training samples held back for validation.
    pub fn hold_back(mut self, count: usize) -> Self {
        if count == 0 {
            return self;
        }
        self.validation = Some(match &mut self.train {
            Samples::Images(images) => Samples::Images(images.split_off(count)),
            Samples::Spikes(spikes) => {
                spikes.count -= count;
                Samples::Spikes(RandomSpikes { count, seed: spikes.seed + 2, ..spikes.clone() })
            }
        });
        self
    }
}

fn random_spikes(settings: &DataSettings) -> Data {
    let [train, test] = RANDOM;
    let classes = settings.classes.unwrap_or(10);
    let spikes =
        |count: usize, seed| Samples::Spikes(RandomSpikes { shape: settings.shape.clone(), classes, count, seed });
    Data {
        name: RANDOM_SPIKES.to_owned(),
        title: title(RANDOM_SPIKES),
        source: format!("random spikes of the shape {:?}, drawn by the program", settings.shape),
        md5: None,
        classes,
        train: spikes(settings.train_samples.unwrap_or(train), 0),
        validation: None,
        test: spikes(settings.test_samples.unwrap_or(test), 1),
    }
}
