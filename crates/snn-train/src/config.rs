//! Everything that determines a run.

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use snn_core::neuron::ArticleReset;

use crate::factors::Factors;
use crate::network::ConvLif;

/// The version of the run folder's files; a folder of another version is refused.
pub const FORMAT: u32 = 1;

/// Which network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// The article's spiking network.
    #[default]
    Spiking,
    /// The article's network without spikes.
    Dense,
    /// Fully connected leaky integrate-and-fire layers: the recipe `dense`.
    #[value(skip)]
    Lif,
    /// Spiking convolutions: the recipe `conv`.
    #[value(skip)]
    Conv,
}

impl ModelKind {
    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spiking => "spiking",
            Self::Dense => "dense",
            Self::Lif => "lif",
            Self::Conv => "conv",
        }
    }

    /// Whether it has time steps.
    pub fn spikes(self) -> bool {
        self != Self::Dense
    }

    /// Whether it is one of the article's.
    pub fn is_of_article(self) -> bool {
        matches!(self, Self::Spiking | Self::Dense)
    }
}

/// Which algorithm turns gradients into steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerKind {
    /// Stochastic gradient descent with momentum, begun anew each epoch, as in the article.
    #[default]
    Sgd,
    /// Adam (Kingma and Ba, 2015).
    Adam,
}

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// The rates are those of the first epochs; the last one is kept for all further epochs.
    #[default]
    PerEpoch,
    /// From a tenth of the one rate up to it in the first tenth of all batches, then along half a cosine down to
    /// nothing: about that of Smith and Topin (2018), "Super-convergence".
    OneCycle,
}

/// What a spike does to the membrane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// The article's code: the membrane is scaled by 1 - penalty / threshold.
    #[default]
    Scaled,
    /// The article's text: penalty and spike are subtracted.
    Subtracted,
}

impl Reset {
    /// The library's name for it.
    pub fn of_article(self) -> ArticleReset {
        match self {
            Self::Scaled => ArticleReset::Scaled,
            Self::Subtracted => ArticleReset::Subtracted,
        }
    }
}

/// Everything that determines a run: two runs with the same configuration end with the same weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The version of the run folder's files, [`FORMAT`].
    pub format: u32,
    /// Which network.
    pub model: ModelKind,
    /// Numbers per layer, input first.
    pub sizes: Vec<usize>,
    /// What a spike does to the membrane.
    pub reset: Reset,
    /// The data set: `"mnist"` or `"synthetic"`.
    pub dataset: String,
    /// How many training samples, the first of the data set.
    pub train_samples: usize,
    /// How many test samples, the first of the data set.
    pub test_samples: usize,
    /// The backend: `"flex"`, `"ndarray"`, `"wgpu"` or `"cuda"`.
    pub backend: String,
    /// Threads of the CPU.
    pub threads: usize,
    /// How many training samples, those behind the first `train_samples`, are held back. If there are any, each epoch
    /// is judged by them, and the test set is opened once, after the last one.
    #[serde(default)]
    pub validation_samples: usize,
    /// Decides initial weights, order of the samples, and noise.
    pub seed: u64,
    /// How often all training samples are seen.
    pub epochs: usize,
    /// Samples per step of the optimizer.
    pub batch_size: usize,
    /// Time steps, T; 1 for a network without time.
    pub time_steps: usize,
    /// Learning rates, as `schedule` says.
    pub learning_rates: Vec<f64>,
    /// How the learning rate changes.
    #[serde(default)]
    pub schedule: Schedule,
    /// Which algorithm turns gradients into steps.
    #[serde(default)]
    pub optimizer: OptimizerKind,
    /// Momentum of [`OptimizerKind::Sgd`].
    pub momentum: f64,
    /// Whether training images are shifted, turned and scaled at random, anew each epoch.
    #[serde(default)]
    pub augment: bool,
    /// This share of each weight and bias is added to its gradient.
    #[serde(default)]
    pub weight_decay: f64,
    /// How much of the negative signal after a spike is left after one time step; `None`: there is none.
    #[serde(default)]
    pub after_spike: Option<f64>,
    /// The numbers in which the matrix products of the article's spiking network are multiplied.
    #[serde(default)]
    pub precision: Factors,
}

impl RunConfig {
    /// The article's run of `model`: its network, its schedule, all of MNIST; on one thread of the CPU.
    pub fn article(model: ModelKind, seed: u64) -> Self {
        Self {
            format: FORMAT,
            model,
            sizes: vec![784, 100, 10],
            reset: Reset::Scaled,
            dataset: "mnist".to_owned(),
            train_samples: 60_000,
            test_samples: 10_000,
            validation_samples: 0,
            backend: "flex".to_owned(),
            threads: 1,
            seed,
            epochs: 3,
            batch_size: 1000,
            time_steps: match model {
                ModelKind::Dense => 1,
                _ => 128,
            },
            learning_rates: vec![0.1, 0.05, 0.01],
            schedule: Schedule::PerEpoch,
            optimizer: OptimizerKind::Sgd,
            momentum: 0.5,
            augment: false,
            weight_decay: 0.0,
            after_spike: None,
            precision: Factors::F32,
        }
    }

    /// The learning rate of `batch` of `epoch`, both counted from 0.
    pub fn learning_rate(&self, epoch: usize, batch: usize) -> f64 {
        let rate = |epoch: usize| self.learning_rates[epoch.min(self.learning_rates.len() - 1)];
        match self.schedule {
            Schedule::PerEpoch => rate(epoch),
            Schedule::OneCycle => {
                const RISE: f64 = 0.1;
                let done = (epoch * self.batches() + batch) as f64 / (self.epochs * self.batches()) as f64;
                if done < RISE {
                    rate(0) * (0.1 + 0.9 * done / RISE)
                } else {
                    rate(0) * (1.0 + (std::f64::consts::PI * (done - RISE) / (1.0 - RISE)).cos()) / 2.0
                }
            }
        }
    }

    /// All training images that are needed, those held back for validation with them.
    pub fn training_images(&self) -> usize {
        self.train_samples + self.validation_samples
    }

    /// Optimizer steps per epoch.
    pub fn batches(&self) -> usize {
        self.train_samples.div_ceil(self.batch_size)
    }

    /// Says what is impossible about it.
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("epochs", self.epochs),
            ("batch_size", self.batch_size),
            ("time_steps", self.time_steps),
            ("train_samples", self.train_samples),
            ("test_samples", self.test_samples),
            ("threads", self.threads),
        ];
        for (name, count) in counts {
            if count == 0 {
                bail!("`{name}` is 0, at least 1 is needed");
            }
        }
        if self.sizes.len() < 2 || self.sizes.contains(&0) {
            bail!("`sizes` is {:?}, at least two layers of at least one number are needed", self.sizes);
        }
        let known = match self.model {
            ModelKind::Conv => self.sizes == ConvLif::sizes(),
            ModelKind::Lif => self.sizes.len() >= 3,
            ModelKind::Spiking | ModelKind::Dense => true,
        };
        if !known {
            bail!("`sizes` is {:?}, which is no network of model {}", self.sizes, self.model.name());
        }
        if self.learning_rates.is_empty() || self.learning_rates.iter().any(|rate| !rate.is_finite() || *rate < 0.0) {
            bail!("`learning_rates` is {:?}, at least one rate is needed, none below 0", self.learning_rates);
        }
        if !(0.0..1.0).contains(&self.momentum) {
            bail!("`momentum` is {}, it must be at least 0 and below 1", self.momentum);
        }
        if !self.weight_decay.is_finite() || self.weight_decay < 0.0 {
            bail!("`weight_decay` is {}, it must not be below 0", self.weight_decay);
        }
        if let Some(decay) = self.after_spike.filter(|decay| !(0.0..1.0).contains(decay)) {
            bail!("`after_spike` is {decay}, it must be at least 0 and below 1");
        }
        Ok(())
    }
}
