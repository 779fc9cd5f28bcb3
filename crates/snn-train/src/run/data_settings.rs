//! `[data]`: what a network is trained on.

use std::path::PathBuf;

use anyhow::{Result, bail};
use snn_data::{DatasetChoice, Known, SYNTHETIC, UNKNOWN};
use snn_network::{Keys, Setting, none_of};

/// The name of spikes without a meaning, for timing.
pub const RANDOM_SPIKES: &str = "random-spikes";

/// What is held back from training, to judge each epoch by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Validation {
    /// So many samples, the last ones.
    Samples(usize),
    /// This share of the training samples.
    Share(f64),
}

/// What is changed in training samples, anew each epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// Images are shifted, turned and scaled a little at random.
    Affine,
}

const TRANSFORMS: [(&str, Transform); 1] = [("affine", Transform::Affine)];

/// What a network is trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSettings {
    /// `"auto"`, `"mnist"`, `"fashion-mnist"`, `"kmnist"`, `"files"`, `"synthetic"`, `"unknown"` or `"random-spikes"`.
    pub name: String,
    /// Of unknown images, the checksum of their files: what tells them from other ones.
    pub md5: Option<String>,
    /// Where the files are.
    pub dir: Option<PathBuf>,
    /// Only the first training samples; in a run: how many there are.
    pub train_samples: Option<usize>,
    /// Only the first test samples; in a run: how many there are.
    pub test_samples: Option<usize>,
    /// What is held back, of all training samples.
    pub validation: Validation,
    /// What is changed in training samples.
    pub transforms: Vec<Transform>,
    /// Of random spikes: `[time, features..]`.
    pub shape: Vec<usize>,
    /// Of random spikes: how many classes.
    pub classes: Option<usize>,
}

impl DataSettings {
    /// Reads the table.
    pub fn read(entries: &[(String, Setting)]) -> Result<Self> {
        let keys = Keys::new("[data]", entries);
        let name = keys.text("name")?.unwrap_or("auto").to_owned();
        let known = ["auto", "files", SYNTHETIC, UNKNOWN, RANDOM_SPIKES];
        let known = || known.into_iter().chain(Known::ALL.map(Known::name));
        if !known().any(|other| other == name) {
            bail!(none_of("[data]: data set", &name, known()));
        }
        let validation = match (keys.count("validation_samples")?, keys.number("validation")?) {
            (Some(samples), None) => Validation::Samples(samples),
            (None, Some(share)) if (0.0..1.0).contains(&share) => Validation::Share(share),
            (None, Some(share)) => bail!("[data]: `validation` is {share}, it needs a share from 0 to below 1"),
            (None, None) => Validation::Samples(0),
            (Some(_), Some(_)) => bail!("[data]: `validation` and `validation_samples` say the same; leave one out"),
        };
        let mut transforms = Vec::new();
        for name in keys.texts("transforms")? {
            match TRANSFORMS.iter().find(|(known, _)| *known == name) {
                Some((_, transform)) if transforms.contains(transform) => {
                    bail!("[data]: `transforms` has {name} twice")
                }
                Some((_, transform)) => transforms.push(*transform),
                None => bail!(none_of("[data]: transform", name, TRANSFORMS.iter().map(|(name, _)| *name))),
            }
        }
        let shape = match keys.get("shape") {
            None => Vec::new(),
            Some(Setting::List(list)) => list
                .iter()
                .map(|size| match size {
                    Setting::Count(size) if (1..=1_000_000).contains(size) => Ok(*size as usize),
                    other => {
                        bail!("[data]: `shape` has {other} in it, it needs whole numbers from 1 on: [time, features..]")
                    }
                })
                .collect::<Result<_>>()?,
            Some(other) => bail!("[data]: `shape` is {other}, it needs a list: [time, features..]"),
        };
        let settings = Self {
            md5: keys.text("md5")?.map(str::to_owned),
            dir: keys.text("dir")?.map(PathBuf::from),
            train_samples: keys.positive("train_samples")?,
            test_samples: keys.positive("test_samples")?,
            validation,
            transforms,
            shape,
            classes: keys.positive("classes")?,
            name,
        };
        keys.finish()?;
        settings.check()?;
        Ok(settings)
    }

    /// Refuses keys that would have no effect.
    pub fn check(&self) -> Result<()> {
        let spikes = self.name == RANDOM_SPIKES;
        let useless = [
            ("shape", !self.shape.is_empty() && !spikes, "is of random-spikes"),
            ("classes", self.classes.is_some() && !spikes, "is of random-spikes"),
            ("dir", self.dir.is_some() && (spikes || self.name == SYNTHETIC), "is of files"),
            ("transforms", !self.transforms.is_empty() && spikes, "is of images"),
            ("md5", self.md5.is_some() && self.name != UNKNOWN, "is of unknown images"),
        ];
        if let Some((key, _, why)) = useless.into_iter().find(|(_, useless, _)| *useless) {
            bail!("[data]: `{key}` {why}, and has no effect with name = \"{}\"; leave it out", self.name);
        }
        if spikes && self.shape.len() < 2 {
            bail!("[data]: `shape` is {:?}, random-spikes needs shape = [time, features..]", self.shape);
        }
        Ok(())
    }

    /// What it says, for a file.
    pub fn entries(&self) -> Vec<(&'static str, Setting)> {
        let count = |count: usize| Setting::Count(count as i64);
        let mut entries = vec![("name", self.name.as_str().into())];
        entries.extend(self.md5.as_deref().map(|md5| ("md5", md5.into())));
        entries.extend(self.dir.as_ref().map(|dir| ("dir", Setting::Text(dir.display().to_string()))));
        entries.extend(self.train_samples.map(|samples| ("train_samples", count(samples))));
        entries.extend(self.test_samples.map(|samples| ("test_samples", count(samples))));
        entries.push(match self.validation {
            Validation::Samples(samples) => ("validation_samples", count(samples)),
            Validation::Share(share) => ("validation", share.into()),
        });
        let transforms: Vec<Setting> = TRANSFORMS
            .iter()
            .filter(|(_, transform)| self.transforms.contains(transform))
            .map(|(name, _)| Setting::from(*name))
            .collect();
        entries.push(("transforms", Setting::List(transforms)));
        if !self.shape.is_empty() {
            entries.push(("shape", Setting::List(self.shape.iter().map(|size| count(*size)).collect())));
        }
        entries.extend(self.classes.map(|classes| ("classes", count(classes))));
        entries
    }

    /// How many of `samples` training samples are held back.
    pub fn held_back(&self, samples: usize) -> Result<usize> {
        let count = match self.validation {
            Validation::Samples(count) => count,
            Validation::Share(share) => (share * samples as f64).round() as usize,
        };
        if count >= samples {
            bail!(
                "[data]: {count} of {samples} training samples would be held back for validation, at least one must be left"
            );
        }
        Ok(count)
    }

    /// The images that are looked for; `None`: none are, spikes are drawn.
    pub fn choice(&self) -> Result<Option<DatasetChoice>> {
        Ok(match self.name.as_str() {
            RANDOM_SPIKES => None,
            "auto" => Some(DatasetChoice::Auto),
            "files" => Some(DatasetChoice::Files),
            name => Some(DatasetChoice::named(name)?),
        })
    }
}
