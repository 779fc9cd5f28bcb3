//! Everything that determines a run: `run.toml`, which is a recipe, too.

use std::fmt;

use anyhow::{Context, Result, bail};
use snn_network::{Keys, NetworkFile, Setting};

use super::data_settings::DataSettings;
use super::document::Document;
use super::recipe::check_name;
use super::training_settings::TrainingSettings;

/// The version of the run folder's files; a folder of another version is refused.
pub const FORMAT: i64 = 2;

/// Where a run computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The backend: `"flex"`, `"ndarray"`, `"wgpu"` or `"cuda"`.
    pub backend: String,
    /// Threads of the CPU.
    pub threads: usize,
}

/// Everything that determines a run: two runs with the same file end with the same weights.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFile {
    /// The name of the recipe, and of the network in folders and reports.
    pub recipe: String,
    /// The network.
    pub network: NetworkFile,
    /// How it is trained.
    pub training: TrainingSettings,
    /// What it is trained on.
    pub data: DataSettings,
    /// Where it computes; `None` in a recipe.
    pub machine: Option<Machine>,
}

impl RunFile {
    /// Understands `document`, whose recipe is called `name`.
    pub fn new(name: &str, document: &Document) -> Result<Self> {
        check_name(name)?;
        let keys = Keys::new("run file", document.entries());
        for key in ["format", "recipe", "training", "data", "machine"] {
            keys.get(key);
        }
        let Some(network) = keys.get("network") else { bail!("there is no network: write [network] nodes = [..]") };
        keys.finish()?;
        let Setting::Table(network) = network else {
            bail!("`network` is {network}, it needs a table with nodes = [..]")
        };
        let machine = document.table("machine")?;
        let run = Self {
            recipe: name.to_owned(),
            network: NetworkFile::from_settings(network)?,
            training: TrainingSettings::read(document.table("training")?)?,
            data: DataSettings::read(document.table("data")?)?,
            machine: if machine.is_empty() { None } else { Some(Machine::read(machine)?) },
        };
        Ok(run)
    }

    /// Reads the file of a run.
    pub fn parse(text: &str) -> Result<(Self, Document)> {
        let document = Document::parse(text)?;
        // The version first: the keys of another version may be others.
        if document.get("format") != Some(&Setting::Count(FORMAT)) {
            let found = document.get("format").map_or("none".to_owned(), ToString::to_string);
            bail!(
                "it has format {found}, this version of snn-train reads format {FORMAT}; use the version which wrote it, or \
                 another --out"
            );
        }
        let Some(Setting::Text(name)) = document.get("recipe") else { bail!("it does not name its `recipe`") };
        let run = Self::new(name, &document)?;
        if run.machine.is_none() {
            bail!("it has no table [machine] with `backend` and `threads`");
        }
        match (run.data.train_samples, run.data.test_samples) {
            (Some(samples), Some(_)) => run.data.held_back(samples)?,
            _ => bail!("[data]: `train_samples` and `test_samples` are missing; a run says how many there are"),
        };
        Ok((run, document))
    }

    /// Where it computes.
    pub fn machine(&self) -> Result<&Machine> {
        self.machine.as_ref().context("the run does not say where it computes")
    }

    /// Training samples that are learned from: those held back are not.
    pub fn trained_samples(&self) -> usize {
        let samples = self.data.train_samples.unwrap_or(1);
        samples - self.data.held_back(samples).unwrap_or(0)
    }

    /// Optimizer steps per epoch.
    pub fn batches(&self) -> usize {
        self.trained_samples().div_ceil(self.training.batch_size)
    }
}

impl Machine {
    fn read(entries: &[(String, Setting)]) -> Result<Self> {
        let keys = Keys::new("[machine]", entries);
        let backend = keys.text("backend")?.context("[machine]: `backend` is missing")?.to_owned();
        let threads = keys.positive("threads")?.context("[machine]: `threads` is missing")?;
        keys.finish()?;
        crate::backend::Backend::named(&backend)?;
        Ok(Self { backend, threads })
    }
}

impl fmt::Display for RunFile {
    /// As TOML.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "# Everything that determines a run. It is a recipe, too: snn-train train --recipe THIS_FILE"
        )?;
        writeln!(formatter, "format = {FORMAT}\nrecipe = {}\n", Setting::from(self.recipe.as_str()))?;
        write!(formatter, "[network]\n{}", self.network)?;
        table(formatter, "training", &self.training.entries())?;
        table(formatter, "data", &self.data.entries())?;
        match &self.machine {
            None => Ok(()),
            Some(Machine { backend, threads }) => table(
                formatter,
                "machine",
                &[("backend", backend.as_str().into()), ("threads", Setting::Count(*threads as i64))],
            ),
        }
    }
}

fn table(formatter: &mut fmt::Formatter<'_>, name: &str, entries: &[(&'static str, Setting)]) -> fmt::Result {
    writeln!(formatter, "\n[{name}]")?;
    entries.iter().try_for_each(|(key, setting)| writeln!(formatter, "{key} = {setting}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::recipe::{Recipe, names};

    #[test]
    fn every_recipe_is_what_its_run_file_says() {
        for name in names() {
            let recipe = Recipe::load(name).expect("a recipe");
            let mut run = RunFile::new(name, &recipe.document).expect("a run");
            run.machine = Some(Machine { backend: "flex".to_owned(), threads: 2 });
            (run.data.train_samples, run.data.test_samples) = (Some(1200), Some(100));
            let (again, _) = RunFile::parse(&run.to_string()).expect("its own text");
            assert_eq!(run, again);
        }
    }

    #[test]
    fn what_nobody_reads_is_refused() {
        let refused = |text: &str| {
            let document = Document::parse(text).expect("TOML");
            RunFile::new("mine", &document).expect_err("wrong").to_string()
        };
        for (text, expected) in [
            ("[training]\nepochs = 3", "no network"),
            ("[network]\nnodes = [{ linear = 3 }]\n[trainig]\nepochs = 3", "`trainig`"),
            ("[network]\nnodes = [{ linear = 3 }]\n[training]\nepoch = 3", "`epoch`"),
            ("[network]\nnodes = [{ linear = 3 }]\n[training]\nepochs = 0", "`epochs` is 0"),
            ("[network]\nnodes = [{ linear = 3 }]\n[data]\nnam = 'mnist'", "`nam`"),
            ("[network]\nnodes = [{ linear = 3 }]\n[training]\noptimizer = 'adm'", "sgd"),
            ("[network]\nnodes = [{ linear = 3 }]\n[training]\nloss = 'entropy'", "cross-entropy"),
        ] {
            let sentence = refused(text);
            assert!(sentence.contains(expected), "{text}: {sentence}");
        }
    }
}
