//! Bounds on firing rates, added to the loss.

use anyhow::{Result, bail};
use burn::tensor::Tensor;
use snn_core::loss::{firing_rate_at_least, firing_rate_at_most};
use snn_network::{Keys, Network, Setting, none_of};

/// Bounds on the firing rates of populations: `weight` times the squared excess of each is added to the loss.
#[derive(Clone, Debug, PartialEq)]
pub struct RateBounds {
    at_least: Option<f64>,
    at_most: Option<f64>,
    weight: f64,
    /// The populations by name; empty: all.
    nodes: Vec<String>,
}

impl RateBounds {
    /// Reads `{ at_least = 0.01, at_most = 0.5, weight = 1.0, nodes = ["hidden"] }`.
    pub fn read(setting: Option<&Setting>) -> Result<Option<Self>> {
        let Some(setting) = setting else { return Ok(None) };
        let Setting::Table(entries) = setting else {
            bail!("[training]: `rate_bounds` is {setting}, it needs {{ at_least = .., at_most = .., weight = .. }}")
        };
        let keys = Keys::new("[training], `rate_bounds`", entries);
        let bounds = Self {
            at_least: keys.number("at_least")?,
            at_most: keys.number("at_most")?,
            weight: keys.number("weight")?.unwrap_or(1.0),
            nodes: keys.texts("nodes")?.into_iter().map(str::to_owned).collect(),
        };
        keys.finish()?;
        if bounds.at_least.is_none() && bounds.at_most.is_none() {
            bail!("[training]: `rate_bounds` needs `at_least` or `at_most`, in spikes per time step");
        }
        for (name, value) in
            [("at_least", bounds.at_least), ("at_most", bounds.at_most), ("weight", Some(bounds.weight))]
        {
            if let Some(value) = value.filter(|value| !(*value >= 0.0 && (*value as f32).is_finite())) {
                bail!("[training]: `rate_bounds` has {name} = {value}, it must be at least 0 and finite");
            }
        }
        Ok(Some(bounds))
    }

    /// What it says, for a file.
    pub fn setting(&self) -> Setting {
        let mut entries: Vec<(String, Setting)> = Vec::new();
        for (name, value) in [("at_least", self.at_least), ("at_most", self.at_most), ("weight", Some(self.weight))] {
            entries.extend(value.map(|value| (name.to_owned(), value.into())));
        }
        if !self.nodes.is_empty() {
            let names = self.nodes.iter().map(|name| Setting::from(name.as_str())).collect();
            entries.push(("nodes".to_owned(), Setting::List(names)));
        }
        Setting::Table(entries)
    }

    /// The names of the populations that are bounded.
    pub fn populations(&self, network: &Network) -> Result<Vec<String>> {
        let all: Vec<String> = network.populations().map(|(name, _)| name.to_owned()).collect();
        if all.is_empty() {
            bail!("[training]: `rate_bounds` does not apply to a network without neurons; leave it out");
        }
        if let Some(name) = self.nodes.iter().find(|name| !all.contains(name)) {
            let there_are = all.iter().map(String::as_str);
            bail!(none_of("[training], `rate_bounds`: neurons called", name, there_are));
        }
        Ok(if self.nodes.is_empty() { all } else { self.nodes.clone() })
    }

    /// What is added to the loss because of `spikes [time, batch, neurons]`.
    pub fn penalty(&self, spikes: Tensor<3>) -> Tensor<1> {
        let least = self.at_least.map(|bound| firing_rate_at_least(spikes.clone(), bound));
        let most = self.at_most.map(|bound| firing_rate_at_most(spikes.clone(), bound));
        let sum = least.into_iter().chain(most).reduce(Tensor::add);
        sum.expect("at least one bound").mul_scalar(self.weight)
    }
}
