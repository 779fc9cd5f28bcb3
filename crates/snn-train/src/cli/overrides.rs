//! Short options, and `--set`: overrides of the keys of a run file. What does not apply to a network is refused with the reason.

use anyhow::{Context, Error, Result, bail};
use burn::tensor::Device;
use snn_network::{InputShape, Network, NetworkFile, Options, Setting};

use super::args::{finite, not_negative, positive, size};
use crate::run::document::{Document, Entries, put};
use crate::run::file::RunFile;

/// Overrides of the keys of a recipe.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct OverrideArgs {
    /// Set any key of the recipe: `training.epochs=5`, `data.name=mnist`, or of a node by its name, `hidden.linear=200`
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Network")]
    pub set: Vec<String>,
    /// Time steps per sample, of a network with an encoder
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "COUNT", help_heading = "Network")]
    pub time_steps: Option<usize>,
    /// Neurons of the hidden `linear` layers: one number for all, or one for each, 100,50
    #[arg(long, value_parser = size, value_delimiter = ',', value_name = "COUNT", help_heading = "Network")]
    pub hidden: Vec<usize>,
    /// What is left of a membrane after one time step, of all neurons which have it
    #[arg(long, value_parser = finite, allow_negative_numbers = true, value_name = "SHARE", help_heading = "Network")]
    pub decay: Option<f64>,
    /// The membrane at which neurons fire, of all which have it
    #[arg(long, value_parser = finite, allow_negative_numbers = true, value_name = "NUMBER", help_heading = "Network")]
    pub threshold: Option<f64>,
    /// What a spike does to the membrane; scaled or subtracted with graded-lif
    #[arg(long, value_name = "NAME", help_heading = "Network")]
    pub reset: Option<String>,
    /// Each spike is followed by a smaller, longer negative signal which cancels it and fades by this factor per step
    #[arg(long, allow_negative_numbers = true, value_name = "SHARE", help_heading = "Network")]
    pub after_spike: Option<f64>,
    /// Number of epochs; with --resume, a larger one trains on
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "COUNT", help_heading = "Training")]
    pub epochs: Option<usize>,
    /// Batch size
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "COUNT", help_heading = "Training")]
    pub batch_size: Option<usize>,
    /// Learning rate: one number, or one for each epoch, 0.1,0.05
    #[arg(long, value_parser = not_negative, value_delimiter = ',', allow_negative_numbers = true, value_name = "RATE", help_heading = "Training")]
    pub learning_rate: Vec<f64>,
    /// Optimizer: adam, adamw, sgd, or with its constants, '{ sgd = 0.9 }'
    #[arg(long, value_name = "NAME", help_heading = "Training")]
    pub optimizer: Option<String>,
    /// Loss: cross-entropy, tet, mean-square-count, ..
    #[arg(long, value_name = "NAME", help_heading = "Training")]
    pub loss: Option<String>,
    /// L2 weight decay
    #[arg(long, value_parser = not_negative, allow_negative_numbers = true, value_name = "SHARE", help_heading = "Training")]
    pub weight_decay: Option<f64>,
    /// Precision of the factors of linear layers: f32, or bf16 on CPUs with AVX-512-BF16
    #[arg(long, value_parser = ["f32", "bf16"], value_name = "NAME", help_heading = "Training")]
    pub precision: Option<String>,
    /// Train with at most so many time steps in memory: less memory, forward runs twice
    #[arg(long, value_parser = size, allow_negative_numbers = true, value_name = "STEPS", help_heading = "Training")]
    pub segments: Option<usize>,
    /// Seed of initial weights, order of the samples, and noise
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64), allow_negative_numbers = true, value_name = "NUMBER", help_heading = "Training")]
    pub seed: Option<u64>,
    /// Only the first training samples
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "COUNT", help_heading = "Data")]
    pub train_samples: Option<usize>,
    /// Only the first test samples
    #[arg(long, value_parser = positive, allow_negative_numbers = true, value_name = "COUNT", help_heading = "Data")]
    pub test_samples: Option<usize>,
}

/// What an option changes.
#[derive(Clone, Debug)]
enum What {
    /// The key at a path.
    Key(String, Setting),
    /// A key of all encoders.
    Encoders(&'static str, Setting),
    /// A key of all neurons which have it.
    Neurons(&'static str, Setting),
    /// The sizes of hidden linear layers.
    Hidden(Vec<usize>),
    /// A key of `[training]` which is about linear layers.
    OfLinear(&'static str, Setting),
}

/// One option as it was given.
#[derive(Clone, Debug)]
pub struct Override {
    /// Its name.
    pub option: String,
    what: What,
}

/// An option has nothing to act on in this network.
#[derive(Debug, thiserror::Error)]
#[error("{option} does not apply to {recipe}: {lack}; leave it out")]
pub struct DoesNotApply {
    option: String,
    recipe: String,
    lack: &'static str,
}

impl OverrideArgs {
    /// All that was given, `--set` first, so that a short option has the last word.
    pub fn all(&self) -> Result<Vec<Override>> {
        let mut all = Vec::new();
        for text in &self.set {
            let Some((path, value)) = text.split_once('=') else {
                bail!("--set {text}: needs KEY=VALUE, for instance training.epochs=5");
            };
            let (path, value) = (path.trim().to_owned(), Setting::parse_value(value.trim()));
            all.push(Override { option: format!("--set {path}"), what: What::Key(path, value) });
        }
        let count = |count: usize| Setting::Count(count as i64);
        let training = |key: &str, setting: Setting| What::Key(format!("training.{key}"), setting);
        let text = |text: &String| Setting::parse_value(text);
        let given = [
            ("--time-steps", self.time_steps.map(|steps| What::Encoders("time_steps", count(steps)))),
            ("--hidden", (!self.hidden.is_empty()).then(|| What::Hidden(self.hidden.clone()))),
            ("--decay", self.decay.map(|decay| What::Neurons("decay", decay.into()))),
            ("--threshold", self.threshold.map(|threshold| What::Neurons("threshold", threshold.into()))),
            ("--reset", self.reset.as_ref().map(|reset| What::Neurons("reset", text(reset)))),
            ("--after-spike", self.after_spike.map(|decay| What::Neurons("after_spike", (decay + 0.0).into()))),
            ("--epochs", self.epochs.map(|epochs| training("epochs", count(epochs)))),
            ("--batch-size", self.batch_size.map(|size| training("batch_size", count(size)))),
            (
                "--learning-rate",
                (!self.learning_rate.is_empty()).then(|| training("rates", self.learning_rate.clone().into())),
            ),
            ("--optimizer", self.optimizer.as_ref().map(|optimizer| training("optimizer", text(optimizer)))),
            ("--loss", self.loss.as_ref().map(|loss| training("loss", text(loss)))),
            ("--weight-decay", self.weight_decay.map(|share| training("weight_decay", share.into()))),
            ("--precision", self.precision.as_ref().map(|name| What::OfLinear("precision", text(name)))),
            ("--segments", self.segments.map(|steps| training("segments", count(steps)))),
            ("--seed", self.seed.map(|seed| training("seed", Setting::Count(seed as i64)))),
            (
                "--train-samples",
                self.train_samples.map(|samples| What::Key("data.train_samples".to_owned(), count(samples))),
            ),
            (
                "--test-samples",
                self.test_samples.map(|samples| What::Key("data.test_samples".to_owned(), count(samples))),
            ),
        ];
        let named = |(option, what): (&str, Option<What>)| Some(Override { option: option.to_owned(), what: what? });
        all.extend(given.into_iter().filter_map(named));
        Ok(all)
    }
}

impl Override {
    /// Changes the document of the recipe called `recipe`.
    ///
    /// # Errors
    /// [`DoesNotApply`] if there is nothing in it to change, or what is wrong with the value.
    pub fn apply(&self, document: &mut Document, recipe: &str) -> Result<()> {
        let lack =
            |lack| Err(Error::new(DoesNotApply { option: self.option.clone(), recipe: recipe.to_owned(), lack }));
        match &self.what {
            What::Key(path, setting) => document.set(path, setting.clone()),
            What::Encoders(key, setting) => match set_each(document, "encode", key, setting, |_| Ok(()))? {
                0 => lack("it has no time steps"),
                _ => Ok(()),
            },
            What::Neurons(key, setting) => {
                let mut refused = None;
                let mut unknown = false;
                let accepts = |node: &Entries| {
                    probe(node).inspect_err(|error| {
                        let sentence = error.to_string();
                        unknown |= sentence.contains(&format!("key `{key}` does not exist"));
                        refused.get_or_insert(sentence);
                    })
                };
                let set = set_each(document, "neuron", key, setting, accepts)?;
                match (set, refused) {
                    (0, None) => lack("it has no neurons"),
                    (0, Some(_)) if unknown => lack("none of its neurons has that"),
                    (0, Some(sentence)) => bail!("{}: {sentence}", self.option),
                    _ => Ok(()),
                }
            }
            What::Hidden(sizes) => {
                let nodes = document.nodes_mut()?;
                let linear: Vec<usize> = (0..nodes.len()).filter(|place| is(&nodes[*place], "linear")).collect();
                let hidden = &linear[..linear.len().saturating_sub(1)];
                if hidden.is_empty() {
                    return lack("it has no hidden linear layer");
                }
                if sizes.len() != 1 && sizes.len() != hidden.len() {
                    bail!(
                        "--hidden has {} numbers, {recipe} has {} hidden linear layer{}; give one number, or one for each",
                        sizes.len(),
                        hidden.len(),
                        if hidden.len() == 1 { "" } else { "s" }
                    );
                }
                for (index, place) in hidden.iter().enumerate() {
                    if let Setting::Table(keys) = &mut nodes[*place] {
                        put(keys, "linear", Setting::Count(sizes[index.min(sizes.len() - 1)] as i64));
                    }
                }
                Ok(())
            }
            What::OfLinear(key, setting) => match document.nodes_mut()?.iter().any(|node| is(node, "linear")) {
                true => document.set(&format!("training.{key}"), setting.clone()),
                false => lack("it has no linear layer"),
            },
        }
    }

    /// Refuses what is not what `run` has already.
    pub fn require_same(&self, document: &Document, run: &RunFile) -> Result<()> {
        let mut changed = document.clone();
        self.apply(&mut changed, &run.recipe)?;
        let other = RunFile::new(&run.recipe, &changed).with_context(|| self.option.clone())?;
        let (ours, theirs) = (run.to_string(), other.to_string());
        let line = |line: &str| line.trim().trim_end_matches(',').to_owned();
        let only = |of: &str, not_in: &str| -> Option<String> {
            of.lines().find(|wanted| not_in.lines().all(|other| other != *wanted)).map(line)
        };
        match (only(&ours, &theirs), only(&theirs, &ours)) {
            (None, None) => Ok(()),
            (Some(ours), Some(theirs)) => bail!("{}: the run has `{ours}`, `{theirs}` was asked for", self.option),
            (None, Some(theirs)) => bail!("{}: the run has no such key, `{theirs}` was asked for", self.option),
            (Some(ours), None) => bail!("{}: the run has `{ours}`, it was asked to have none", self.option),
        }
    }

    /// Whether it asks for a number of epochs; how many.
    pub fn epochs(&self) -> Option<usize> {
        match &self.what {
            What::Key(path, Setting::Count(epochs)) if path == "training.epochs" => usize::try_from(*epochs).ok(),
            _ => None,
        }
    }
}

fn is(node: &Setting, kind: &str) -> bool {
    matches!(node, Setting::Table(keys) if keys.first().is_some_and(|(key, _)| key == kind))
}

/// Sets a key of each node of a kind that `accepts` it; of how many.
fn set_each(
    document: &mut Document,
    kind: &str,
    key: &str,
    setting: &Setting,
    mut accepts: impl FnMut(&Entries) -> Result<()>,
) -> Result<usize> {
    let mut set = 0;
    for node in document.nodes_mut()?.iter_mut().filter(|node| is(node, kind)) {
        let Setting::Table(keys) = node else { continue };
        let mut changed = keys.clone();
        put(&mut changed, key, setting.clone());
        if accepts(&changed).is_ok() {
            *keys = changed;
            set += 1;
        }
    }
    Ok(set)
}

/// Tries a node of neurons by itself: its keys do not depend on what comes in.
fn probe(node: &Entries) -> Result<()> {
    let alone = ["recurrent", "ensemble", "chain"];
    let node = node.iter().filter(|(key, _)| !alone.contains(&key.as_str())).cloned().collect();
    let file = NetworkFile { nodes: vec![node], ..NetworkFile::default() };
    Network::new(&file, &InputShape::Sequence(vec![1]), &Options::default(), &Device::flex())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::recipe::Recipe;

    fn changed(recipe: &str, args: OverrideArgs) -> Result<String> {
        let recipe = Recipe::load(recipe)?;
        let mut document = recipe.document.clone();
        for one in args.all()? {
            one.apply(&mut document, &recipe.name)?;
        }
        Ok(RunFile::new(&recipe.name, &document)?.to_string())
    }

    #[test]
    fn options_change_what_there_is_to_change() {
        let args = OverrideArgs {
            time_steps: Some(7),
            hidden: vec![33],
            decay: Some(0.25),
            threshold: Some(2.0),
            reset: Some("subtracted".to_owned()),
            after_spike: Some(0.5),
            epochs: Some(9),
            learning_rate: vec![0.3, 0.2],
            optimizer: Some("{ sgd = 0.75 }".to_owned()),
            set: vec!["output_neurons.penalty=1.25".to_owned(), "training.seed=3".to_owned()],
            ..OverrideArgs::default()
        };
        let text = changed("chevalier2018", args).expect("a run");
        for expected in [
            "time_steps = 7",
            "linear = 33",
            "linear = 10",
            "epochs = 9",
            "rates = [0.3, 0.2]",
            "seed = 3",
            "sgd = 0.75",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert_eq!(text.matches("decay = 0.25").count(), 2);
        assert_eq!(text.matches("threshold = 2.0").count(), 2);
        assert_eq!(text.matches("reset = \"subtracted\", after_spike = 0.5").count(), 2);
        assert_eq!((text.matches("penalty = 1.25").count(), text.matches("penalty = 1.5").count()), (1, 1));
    }

    #[test]
    fn what_does_not_apply_says_why() {
        let with = |change: fn(&mut OverrideArgs)| {
            let mut args = OverrideArgs::default();
            change(&mut args);
            args
        };
        for (recipe, args, expected) in [
            ("chevalier2018-dense", with(|args| args.time_steps = Some(3)), "no time steps"),
            ("chevalier2018-dense", with(|args| args.decay = Some(0.5)), "no neurons"),
            ("spiking-conv", with(|args| args.hidden = vec![3]), "no hidden linear layer"),
            ("chevalier2018", with(|args| args.decay = Some(1.5)), "1.5"),
            ("chevalier2018", with(|args| args.reset = Some("never".to_owned())), "scaled, subtracted"),
            ("chevalier2018", with(|args| args.hidden = vec![3, 4]), "2 numbers"),
            ("chevalier2018", with(|args| args.set = vec!["hiden.linear=3".to_owned()]), "hidden"),
            ("chevalier2018", with(|args| args.set = vec!["training.epoch=3".to_owned()]), "`epoch`"),
            ("chevalier2018", with(|args| args.set = vec!["training.epochs".to_owned()]), "KEY=VALUE"),
        ] {
            let sentence = changed(recipe, args).expect_err(expected).to_string();
            assert!(sentence.contains(expected), "{sentence}");
        }
    }
}
