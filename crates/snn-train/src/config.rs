//! Everything that determines a run.

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use snn_core::neuron::ArticleReset;

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
}

impl ModelKind {
    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spiking => "spiking",
            Self::Dense => "dense",
        }
    }
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
    /// Decides initial weights, order of the samples, and noise.
    pub seed: u64,
    /// How often all training samples are seen.
    pub epochs: usize,
    /// Samples per step of the optimizer.
    pub batch_size: usize,
    /// Time steps, T; 1 for a network without time.
    pub time_steps: usize,
    /// Learning rates of the first epochs; the last one is kept for all further epochs.
    pub learning_rates: Vec<f64>,
    /// Momentum of the optimizer, which starts anew each epoch.
    pub momentum: f64,
    /// This share of each weight and bias is added to its gradient.
    #[serde(default)]
    pub weight_decay: f64,
    /// How much of the negative signal after a spike is left after one time step; `None`: there is none.
    #[serde(default)]
    pub after_spike: Option<f64>,
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
            backend: "flex".to_owned(),
            threads: 1,
            seed,
            epochs: 3,
            batch_size: 1000,
            time_steps: match model {
                ModelKind::Spiking => 128,
                ModelKind::Dense => 1,
            },
            learning_rates: vec![0.1, 0.05, 0.01],
            momentum: 0.5,
            weight_decay: 0.0,
            after_spike: None,
        }
    }

    /// The learning rate of `epoch`, counted from 0.
    pub fn learning_rate(&self, epoch: usize) -> f64 {
        self.learning_rates[epoch.min(self.learning_rates.len() - 1)]
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
