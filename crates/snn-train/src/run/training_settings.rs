//! `[training]`: how a network is trained.

use anyhow::{Result, bail};
use snn_core::synapse::Precision;
use snn_network::{Keys, Setting, none_of};

use crate::training::clipping::Clipping;
use crate::training::loss::Loss;
use crate::training::optimizer::OptimizerSettings;
use crate::training::rate_bounds::RateBounds;
use crate::training::schedule::Schedule;

/// How a network is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingSettings {
    /// Decides initial weights, order of the samples, and noise.
    pub seed: u64,
    /// How often all training samples are seen.
    pub epochs: usize,
    /// After how many epochs each earlier leg ended: one that was resumed with more epochs has several.
    pub legs: Vec<usize>,
    /// Samples per step of the optimizer.
    pub batch_size: usize,
    /// What is made small.
    pub loss: Loss,
    /// Bounds on firing rates, added to the loss.
    pub rate_bounds: Option<RateBounds>,
    /// What turns gradients into steps.
    pub optimizer: OptimizerSettings,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Learning rates, as `schedule` says.
    pub rates: Vec<f64>,
    /// This share of each parameter is added to its gradient.
    pub weight_decay: f64,
    /// How gradients are kept small.
    pub clipping: Option<Clipping>,
    /// The precision of the factors of linear maps.
    pub precision: Precision,
    /// How many time steps are in memory at once; `None`: all.
    pub segments: Option<usize>,
}

/// The names of precisions.
pub const PRECISIONS: [(&str, Precision); 2] = [("f32", Precision::F32), ("bf16", Precision::Bf16)];

/// The name of a precision.
pub fn precision_name(precision: Precision) -> &'static str {
    PRECISIONS.iter().find(|(_, other)| *other == precision).map_or("f32", |(name, _)| name)
}

impl TrainingSettings {
    /// Reads the table.
    pub fn read(entries: &[(String, Setting)]) -> Result<Self> {
        let keys = Keys::new("[training]", entries);
        let seed = match keys.get("seed") {
            None => 0,
            Some(Setting::Count(seed)) if *seed >= 0 => *seed as u64,
            Some(other) => bail!("[training]: `seed` is {other}, it needs a whole number from 0 to {}", i64::MAX),
        };
        let rates = match keys.get("rates") {
            None => vec![1e-3],
            Some(Setting::List(list)) => list.iter().map(|rate| number(rate, "rates")).collect::<Result<_>>()?,
            Some(other) => vec![number(other, "rates")?],
        };
        let precision = match keys.text("precision")? {
            None => Precision::F32,
            Some(name) => match PRECISIONS.iter().find(|(known, _)| *known == name) {
                Some((_, precision)) => *precision,
                None => bail!(none_of("[training]: precision", name, PRECISIONS.iter().map(|(name, _)| *name))),
            },
        };
        let legs = match keys.get("legs") {
            None => Vec::new(),
            Some(Setting::List(list)) => list
                .iter()
                .map(|leg| match leg {
                    Setting::Count(epochs) if *epochs > 0 => Ok(*epochs as usize),
                    other => bail!("[training]: `legs` has {other} in it, it needs whole numbers of epochs"),
                })
                .collect::<Result<_>>()?,
            Some(other) => bail!("[training]: `legs` is {other}, it needs a list of epochs"),
        };
        let settings = Self {
            seed,
            epochs: keys.positive("epochs")?.unwrap_or(10),
            legs,
            batch_size: keys.positive("batch_size")?.unwrap_or(100),
            loss: Loss::read(keys.get("loss"))?,
            rate_bounds: RateBounds::read(keys.get("rate_bounds"))?,
            optimizer: OptimizerSettings::read(keys.get("optimizer"))?,
            schedule: Schedule::read(keys.text("schedule")?)?,
            rates,
            weight_decay: keys.number("weight_decay")?.unwrap_or(0.0),
            clipping: Clipping::read(keys.get("clipping"))?,
            precision,
            segments: keys.positive("segments")?,
        };
        keys.finish()?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<()> {
        // Computed in f32, where larger numbers are infinite.
        let is_number = |number: f64| number >= 0.0 && (number as f32).is_finite();
        if self.rates.is_empty() || !self.rates.iter().all(|rate| is_number(*rate)) {
            bail!(
                "[training]: `rates` is {:?}, at least one learning rate is needed, none below 0 or above {:e}",
                self.rates,
                f32::MAX
            );
        }
        if self.schedule == Schedule::OneCycle && self.rates.len() != 1 {
            bail!("[training]: `rates` is {:?}, `schedule` one-cycle has exactly one rate, its highest", self.rates);
        }
        if !is_number(self.weight_decay) {
            bail!(
                "[training]: `weight_decay` is {}, it must not be below 0 or above {:e}",
                self.weight_decay,
                f32::MAX
            );
        }
        let ends: Vec<usize> = self.legs.iter().copied().chain([self.epochs]).collect();
        if !ends.is_sorted_by(|a, b| a < b) {
            bail!("[training]: `legs` is {:?} and `epochs` is {}, each leg must end later", self.legs, self.epochs);
        }
        Ok(())
    }

    /// What it says, for a file.
    pub fn entries(&self) -> Vec<(&'static str, Setting)> {
        let count = |count: usize| Setting::Count(count as i64);
        let mut entries = vec![("seed", Setting::Count(self.seed as i64)), ("epochs", count(self.epochs))];
        if !self.legs.is_empty() {
            entries.push(("legs", Setting::List(self.legs.iter().map(|leg| count(*leg)).collect())));
        }
        entries.extend([("batch_size", count(self.batch_size)), ("loss", self.loss.setting())]);
        entries.extend(self.rate_bounds.as_ref().map(|bounds| ("rate_bounds", bounds.setting())));
        entries.extend([
            ("optimizer", self.optimizer.setting()),
            ("schedule", self.schedule.name().into()),
            ("rates", self.rates.clone().into()),
            ("weight_decay", self.weight_decay.into()),
        ]);
        entries.extend(self.clipping.map(|clipping| ("clipping", clipping.setting())));
        entries.push(("precision", precision_name(self.precision).into()));
        entries.extend(self.segments.map(|steps| ("segments", count(steps))));
        entries
    }

    /// The learning rate of `batch` of `epoch`, both counted from 0; there are `batches` in an epoch.
    pub fn learning_rate(&self, epoch: usize, batch: usize, batches: usize) -> f64 {
        let begin = self.legs.iter().copied().filter(|end| *end <= epoch).max().unwrap_or(0);
        let end = self.legs.iter().copied().find(|end| *end > epoch).unwrap_or(self.epochs);
        self.schedule.rate(&self.rates, epoch, begin..end, batch, batches)
    }
}

/// A number in a list called `key`.
pub fn number(setting: &Setting, key: &str) -> Result<f64> {
    match setting {
        Setting::Number(number) => Ok(*number),
        Setting::Count(count) => Ok(*count as f64),
        other => bail!("[training]: `{key}` has {other} in it, it needs numbers"),
    }
}
