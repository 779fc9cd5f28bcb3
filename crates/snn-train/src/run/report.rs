//! What a run achieved: `report.json`.

use serde::{Deserialize, Deserializer, Serialize};
use snn_core::device::{Execution, ExecutionCounts, execution_counts};

/// What a run achieved. Scripts rely on these fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The name of the recipe.
    pub recipe: String,
    /// The name of the network, which is the recipe's.
    pub model: String,
    /// `"mnist"`, `"fashion-mnist"`, `"kmnist"`, `"synthetic"`, `"unknown"` or `"random-spikes"`.
    pub dataset: String,
    /// `"flex"`, `"ndarray"`, `"wgpu"` or `"cuda"`.
    pub backend: String,
    /// `"fused"` if every scan ran in a fused kernel, `"reference"` if tensor operations did the work, counted,
    /// not promised.
    pub path: String,
    /// The run's seed.
    pub seed: u64,
    /// Trained parameters.
    pub parameters: usize,
    /// Time steps, T; 1 for a network without time.
    pub time_steps: usize,
    /// Samples per step of the optimizer.
    pub batch_size: usize,
    /// One entry for each epoch done.
    pub epochs: Vec<EpochReport>,
    /// Of the last epoch, from 0 to 1; `None` while the test set is not opened.
    pub test_accuracy: Option<f64>,
    /// For each population of neurons in the order of the file, the spikes which leave it per test sample, all neurons and time steps together.
    pub spikes_per_sample: Vec<f64>,
    /// For each population, the neurons none of whose spikes left them on the whole test set. Where spikes leave late, those of the
    /// last steps do not.
    pub silent_neurons: Vec<usize>,
}

/// What one epoch achieved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Counted from 1.
    pub epoch: usize,
    /// The learning rate of its first batch.
    #[serde(deserialize_with = "or_nan")]
    pub learning_rate: f64,
    /// Mean loss of the training samples, each at the moment it was learned from.
    #[serde(deserialize_with = "or_nan")]
    pub train_loss: f64,
    /// Their accuracy, from 0 to 1.
    #[serde(deserialize_with = "or_nan")]
    pub train_accuracy: f64,
    /// Mean loss of the samples held back for validation, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// Their accuracy, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// Mean loss of the test samples after the epoch; `None` if the test set was not opened then.
    pub test_loss: Option<f64>,
    /// Their accuracy, from 0 to 1.
    pub test_accuracy: Option<f64>,
    /// How long the epoch took, its test included.
    #[serde(deserialize_with = "or_nan")]
    pub seconds: f64,
}

impl EpochReport {
    /// Loss and accuracy by which the epoch is judged: on the samples held back for it, else on the test set.
    pub fn judged_by(&self) -> Option<(f64, f64)> {
        self.validation_loss.zip(self.validation_accuracy).or(self.test_loss.zip(self.test_accuracy))
    }
}

/// JSON has no NaN and writes null: a report in which earlier versions left one can be read all the same.
fn or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Six digits behind the point: what a report says, and what survives being written and read again unchanged.
pub fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Which path the scans since `before` took: `"reference"` if one of them, or one of those before (`earlier`), was
/// no fused kernel, or if there were none.
pub fn path_since(before: ExecutionCounts, earlier: &str) -> String {
    let now = execution_counts();
    let fused = now.fused_forward > before.fused_forward && now.reference == before.reference;
    let path = if fused && earlier != Execution::Reference.name() { Execution::Fused } else { Execution::Reference };
    path.name().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_with_a_number_missing_can_be_read() {
        let text = r#"{"epoch":1,"learning_rate":0.1,"train_loss":null,"train_accuracy":0.5,"test_loss":null,"test_accuracy":0.1,
            "seconds":1.0}"#;
        let epoch: EpochReport = serde_json::from_str(text).expect("a report");
        assert!(epoch.train_loss.is_nan() && epoch.test_loss.is_none() && epoch.train_accuracy == 0.5);
        let without = text.replace("\"train_loss\":null,", "");
        assert!(serde_json::from_str::<EpochReport>(&without).is_err(), "a field which is not there is another thing");
    }
}
