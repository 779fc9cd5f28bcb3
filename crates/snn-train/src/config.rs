//! Everything that determines a run.

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use snn_core::neuron::GradedLifReset;
use snn_data::{CLASSES, Known, SIDE};

use crate::factors::Factors;
use crate::network::ConvLif;

/// Pixels of an image.
const PIXELS: usize = SIDE * SIDE;
/// The article's momentum.
const ARTICLE_MOMENTUM: f64 = 0.5;
/// Larger counts are mistakes, and their products would be beyond counting.
const MOST: usize = u32::MAX as usize;

/// The version of the run folder's files; a folder of another version is refused.
pub const FORMAT: u32 = 1;

/// Which network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// The article's spiking network.
    #[default]
    Spiking,
    /// The article's network without spikes (ReLU).
    Dense,
    /// Fully connected leaky integrate-and-fire layers: `--recipe dense`.
    #[value(skip)]
    Lif,
    /// Spiking convolutions: `--recipe conv`.
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

    /// What it is, for sentences; none of them is just "dense", which a model and a recipe are called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Spiking => "the article's spiking network (--model spiking)",
            Self::Dense => "the network without spikes (ReLU, --model dense)",
            Self::Lif => "the LIF network of --recipe dense",
            Self::Conv => "the spiking convolutional network of --recipe conv",
        }
    }

    /// Whether it has time steps.
    pub fn spikes(self) -> bool {
        self != Self::Dense
    }

    /// Whether it is one of the article's.
    pub fn is_of_chevalier2018(self) -> bool {
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
    pub fn of_chevalier2018(self) -> GradedLifReset {
        match self {
            Self::Scaled => GradedLifReset::Scaled,
            Self::Subtracted => GradedLifReset::Subtracted,
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
    /// The data set: `"mnist"`, `"fashion-mnist"`, `"kmnist"`, `"synthetic"` or `"unknown"`.
    pub dataset: String,
    /// Of unknown images, the checksum of their files: what tells them from other ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_md5: Option<String>,
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
            sizes: vec![PIXELS, 100, CLASSES],
            reset: Reset::Scaled,
            dataset: Known::Mnist.name().to_owned(),
            dataset_md5: None,
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
            momentum: ARTICLE_MOMENTUM,
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
                let batches = self.batches() as f64;
                let done = (epoch as f64 * batches + batch as f64) / (self.epochs as f64 * batches);
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
        for (name, count) in counts.into_iter().chain([("validation_samples", self.validation_samples)]) {
            if count > MOST {
                bail!("`{name}` is {count}, at most {MOST} is possible");
            }
        }
        if self.sizes.len() < 2 || self.sizes.contains(&0) {
            bail!("`sizes` is {:?}, at least two layers of at least one number are needed", self.sizes);
        }
        if (self.sizes[0], self.sizes[self.sizes.len() - 1]) != (PIXELS, CLASSES) {
            bail!(
                "`sizes` is {:?}, images of {PIXELS} pixels need {PIXELS} first, and {CLASSES} classes need {CLASSES} last",
                self.sizes
            );
        }
        let known = match self.model {
            ModelKind::Conv => self.sizes == ConvLif::sizes(),
            ModelKind::Lif => self.sizes.len() >= 3,
            ModelKind::Spiking | ModelKind::Dense => true,
        };
        if !known {
            bail!("`sizes` is {:?}, which is no network of model {}", self.sizes, self.model.name());
        }
        // Computed in f32, where larger numbers are infinite and a number nearly 1 is 1.
        let is_number = |number: f64| number >= 0.0 && (number as f32).is_finite();
        let is_share = |number: f64| number >= 0.0 && (number as f32) < 1.0;
        if self.learning_rates.is_empty() || !self.learning_rates.iter().all(|rate| is_number(*rate)) {
            bail!(
                "`learning_rates` is {:?}, at least one rate is needed, none below 0 or above {:e}",
                self.learning_rates,
                f32::MAX
            );
        }
        if self.schedule == Schedule::OneCycle && self.learning_rates.len() != 1 {
            bail!(
                "`learning_rates` is {:?}, `schedule` one_cycle has exactly one rate, its highest",
                self.learning_rates
            );
        }
        if !is_share(self.momentum) {
            bail!("`momentum` is {}, it must be at least 0 and below 1", self.momentum);
        }
        if !is_number(self.weight_decay) {
            bail!("`weight_decay` is {}, it must not be below 0 or above {:e}", self.weight_decay, f32::MAX);
        }
        if let Some(decay) = self.after_spike.filter(|decay| !is_share(*decay)) {
            bail!("`after_spike` is {decay}, it must be at least 0 and below 1");
        }
        self.refuse_fields_without_a_use()
    }

    /// Refuses fields which say something that the run would not do.
    fn refuse_fields_without_a_use(&self) -> Result<()> {
        let is_of_chevalier2018 = self.model == ModelKind::Spiking;
        let adam = self.optimizer == OptimizerKind::Adam;
        // Earlier versions wrote the article's momentum into runs with Adam.
        let momentum = adam && self.momentum != 0.0 && self.momentum != ARTICLE_MOMENTUM;
        let (reset, after_spike, precision) = (Reset::default(), None, Factors::default());
        let without_a_use = [
            ("time_steps", format!("{}", self.time_steps), "1", !self.model.spikes() && self.time_steps != 1),
            ("reset", format!("{:?}", self.reset), "scaled", !is_of_chevalier2018 && self.reset != reset),
            (
                "after_spike",
                format!("{:?}", self.after_spike),
                "null",
                !is_of_chevalier2018 && self.after_spike != after_spike,
            ),
            ("precision", format!("{:?}", self.precision), "f32", !is_of_chevalier2018 && self.precision != precision),
            ("momentum", format!("{}", self.momentum), "0", momentum),
        ];
        match without_a_use.into_iter().find(|(.., refused)| *refused) {
            Some((field, value, instead, _)) => bail!(
                "`{field}` is {value}, which {} with {:?} has no use for; write {instead}",
                self.model.title(),
                self.optimizer
            ),
            None => Ok(()),
        }
    }
}
