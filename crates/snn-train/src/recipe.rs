//! Recipes: networks with a schedule under which they reach what they can.

use anyhow::{Result, bail};
use clap::ValueEnum;
use snn_data::{CLASSES, Dataset, Images};

use crate::config::{ModelKind, OptimizerKind, RunConfig, Schedule};
use crate::network::ConvLif;

/// A network with its schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Recipe {
    /// The article's network and schedule: three epochs, 90.8 % on MNIST.
    #[default]
    Article,
    /// Fully connected leaky integrate-and-fire layers, for accuracy.
    Dense,
    /// Spiking convolutions with integer spikes, for more accuracy.
    Conv,
}

impl Recipe {
    /// The recipe which `model` is of.
    pub fn of(model: ModelKind) -> Self {
        match model {
            ModelKind::Spiking | ModelKind::Dense => Self::Article,
            ModelKind::Lif => Self::Dense,
            ModelKind::Conv => Self::Conv,
        }
    }

    /// The network of this recipe: for the article one of its two, `of_chevalier2018`.
    pub fn model(self, of_chevalier2018: ModelKind) -> ModelKind {
        match self {
            Self::Article => of_chevalier2018,
            Self::Dense => ModelKind::Lif,
            Self::Conv => ModelKind::Conv,
        }
    }

    /// How many of `samples` training samples are held back for validation.
    pub fn validation_samples(self, samples: usize) -> usize {
        match self {
            Self::Article => 0,
            Self::Dense | Self::Conv => samples / 12,
        }
    }

    /// Refuses images which the network cannot see.
    pub fn check_images(self, dataset: &Dataset) -> Result<()> {
        let Images { rows, columns, .. } = dataset.train;
        if self == Self::Conv && (rows, columns) != (ConvLif::SIDE, ConvLif::SIDE) {
            bail!(
                "--recipe conv needs images of {0} x {0} pixels, these have {rows} x {columns}; try --recipe dense",
                ConvLif::SIDE
            );
        }
        Ok(())
    }

    /// The recipe's run for `dataset`, from which its validation samples are held back already. `model` chooses between
    /// the networks of the article.
    pub fn config(self, model: ModelKind, seed: u64, dataset: &Dataset) -> RunConfig {
        let inputs = dataset.train.size();
        let model = self.model(model);
        let article = RunConfig {
            dataset: dataset.name.clone(),
            dataset_md5: dataset.md5.clone(),
            train_samples: dataset.train.len(),
            validation_samples: dataset.validation.as_ref().map_or(0, Images::len),
            test_samples: dataset.test.len(),
            ..RunConfig::article(model, seed)
        };
        let accurate = RunConfig {
            schedule: Schedule::OneCycle,
            optimizer: OptimizerKind::Adam,
            momentum: 0.0,
            augment: true,
            batch_size: 100,
            ..article.clone()
        };
        match self {
            Self::Article => RunConfig { sizes: vec![inputs, 100, CLASSES], ..article },
            Self::Dense => RunConfig {
                sizes: vec![inputs, 512, CLASSES],
                time_steps: 8,
                epochs: 20,
                learning_rates: vec![2e-3],
                ..accurate
            },
            Self::Conv => {
                RunConfig { sizes: ConvLif::sizes(), time_steps: 2, epochs: 8, learning_rates: vec![2e-3], ..accurate }
            }
        }
    }
}
