//! The table of optimizers: name, constants, and what is made of them.

mod named;

use anyhow::{Result, bail};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, SgdConfig};
use snn_network::{Keys, Setting, none_of};

use super::clipping::Clipping;
pub use named::{AnyOptimizer, NamedOptimizer, OptimizerRecord};

/// Which algorithm turns gradients into steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OptimizerSettings {
    /// Stochastic gradient descent with momentum.
    Sgd {
        /// The share of the last step in the next one.
        momentum: f64,
        /// Whether a new one, without momentum, begins each epoch, as the article's does.
        restart: bool,
    },
    /// Adam (Kingma and Ba, 2015); with `decoupled` weight decay AdamW (Loshchilov and Hutter, 2019).
    Adam {
        /// How much of the mean gradient is kept.
        beta1: f64,
        /// How much of the mean squared gradient is kept.
        beta2: f64,
        /// Added to the root of the mean squared gradient.
        epsilon: f64,
        /// Whether weights decay beside the gradient.
        decoupled: bool,
    },
}

const NAMES: [&str; 3] = ["sgd", "adam", "adamw"];

impl Default for OptimizerSettings {
    /// Adam with the constants of its paper.
    fn default() -> Self {
        Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: false }
    }
}

impl OptimizerSettings {
    /// Reads `"adam"`, `{ sgd = 0.9 }` (its momentum), `{ sgd = 0.5, restart = true }` or `{ adam = { beta1 = 0.8 } }`.
    pub fn read(setting: Option<&Setting>) -> Result<Self> {
        let nothing = Setting::Table(Vec::new());
        let (name, constants, others) = match setting {
            None => return Ok(Self::default()),
            Some(Setting::Text(name)) => (name, &nothing, &[][..]),
            Some(Setting::Table(entries)) if !entries.is_empty() => (&entries[0].0, &entries[0].1, &entries[1..]),
            Some(other) => bail!("[training]: `optimizer` is {other}, it needs a name or {{ name = .. }}"),
        };
        let place = format!("[training], optimizer `{name}`");
        let besides = Keys::new(place.clone(), others);
        let share = |name: &str, value: f64| match value {
            value if (0.0..1.0).contains(&value) && (value as f32) < 1.0 => Ok(value),
            _ => bail!("{place}: `{name}` is {value}, it must be at least 0 and below 1"),
        };
        let settings = match name.as_str() {
            "sgd" => {
                let momentum = match constants {
                    Setting::Number(momentum) => *momentum,
                    Setting::Count(momentum) => *momentum as f64,
                    Setting::Table(entries) => {
                        let keys = Keys::new(place.clone(), entries);
                        let momentum = keys.number("momentum")?.unwrap_or(0.0);
                        keys.finish()?;
                        momentum
                    }
                    other => bail!("{place}: its momentum is {other}, it needs a number"),
                };
                let restart = besides.flag("restart")?.unwrap_or(false);
                Self::Sgd { momentum: share("momentum", momentum)?, restart }
            }
            "adam" | "adamw" => {
                let Setting::Table(entries) = constants else {
                    bail!("{place}: {constants} is no table; write \"{name}\" or {{ {name} = {{ beta1 = 0.9 }} }}")
                };
                let keys = Keys::new(place.clone(), entries);
                let beta1 = share("beta1", keys.number("beta1")?.unwrap_or(0.9))?;
                let beta2 = share("beta2", keys.number("beta2")?.unwrap_or(0.999))?;
                let epsilon = keys.number("epsilon")?.unwrap_or(1e-8);
                keys.finish()?;
                if !((epsilon as f32) > 0.0 && (epsilon as f32).is_finite()) {
                    bail!("{place}: `epsilon` is {epsilon}, it must be above 0 and finite, also in f32");
                }
                Self::Adam { beta1, beta2, epsilon, decoupled: name == "adamw" }
            }
            other => bail!(none_of("[training]: optimizer", other, NAMES.into_iter())),
        };
        besides.finish()?;
        Ok(settings)
    }

    /// What it says, for a file.
    pub fn setting(self) -> Setting {
        match self {
            Self::Sgd { momentum, restart } => {
                Setting::Table(vec![("sgd".to_owned(), momentum.into()), ("restart".to_owned(), restart.into())])
            }
            Self::Adam { beta1, beta2, epsilon, decoupled } => {
                let constants = [("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon)].into();
                Setting::Table(vec![((if decoupled { "adamw" } else { "adam" }).to_owned(), constants)])
            }
        }
    }

    /// Whether a new one begins each epoch.
    pub fn restarts(self) -> bool {
        matches!(self, Self::Sgd { restart: true, .. })
    }

    /// An optimizer without a past.
    pub fn build(self, weight_decay: f64, clipping: Option<Clipping>) -> Box<dyn AnyOptimizer> {
        let l2 = (weight_decay > 0.0).then(|| WeightDecayConfig::new(weight_decay as f32));
        match self {
            Self::Sgd { momentum, .. } => {
                // Burn's default dampening is 0.1, PyTorch's and the article's is none.
                let momentum = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0);
                let sgd = SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(l2).build();
                Box::new(NamedOptimizer::new(sgd, clipping))
            }
            // Burn's default epsilon is 1e-5; the paper's, and everybody's, is 1e-8.
            Self::Adam { beta1, beta2, epsilon, decoupled: false } => {
                let (beta1, beta2, epsilon) = (beta1 as f32, beta2 as f32, epsilon as f32);
                let adam = AdamConfig::new().with_beta_1(beta1).with_beta_2(beta2).with_epsilon(epsilon);
                Box::new(NamedOptimizer::new(adam.with_weight_decay(l2).build(), clipping))
            }
            Self::Adam { beta1, beta2, epsilon, decoupled: true } => {
                let (beta1, beta2, epsilon) = (beta1 as f32, beta2 as f32, epsilon as f32);
                let adam = AdamWConfig::new().with_beta_1(beta1).with_beta_2(beta2).with_epsilon(epsilon);
                Box::new(NamedOptimizer::new(adam.with_weight_decay(weight_decay as f32).build(), clipping))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_optimizer_is_what_its_text_says() {
        for text in ["\"adam\"", "\"adamw\"", "{ sgd = 0.5, restart = true }", "{ adam = { beta1 = 0.8 } }", "\"sgd\""]
        {
            let settings = OptimizerSettings::read(Some(&Setting::parse_value(text))).expect("an optimizer");
            assert_eq!(OptimizerSettings::read(Some(&settings.setting())).expect("its own text"), settings, "{text}");
        }
        for (text, expected) in [
            ("{ sgd = 1.5 }", "1.5"),
            ("{ adam = 0.9 }", "beta1"),
            ("{ sgd = 0.5, restrt = true }", "`restrt`"),
            ("{ adam = { epsilon = 1e-50 } }", "epsilon"),
            ("{ adam = {}, restart = true }", "`restart`"),
            ("{}", "a name"),
        ] {
            let sentence = OptimizerSettings::read(Some(&Setting::parse_value(text))).expect_err(text).to_string();
            assert!(sentence.contains(expected), "{text}: {sentence}");
        }
    }
}
