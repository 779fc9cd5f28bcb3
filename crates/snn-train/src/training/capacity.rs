//! Checks that a run fits into memory before it starts.

use anyhow::{Result, anyhow, bail};
use burn::tensor::Device;
use snn_core::device::check_size;
use snn_data::total_memory;
use snn_network::Network;

/// What a run does with the memory it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Current, output, and the gradient of each, of each neuron, sample and time step.
    Training,
    /// Current and output.
    Inference,
}

impl Work {
    /// Values kept per neuron, sample and time step.
    fn values(self) -> u64 {
        match self {
            Self::Training => 4,
            Self::Inference => 2,
        }
    }
}

/// Refuses a run of `batch` samples in `steps` time steps at once which the device or the machine cannot hold.
pub fn require_memory(network: &Network, steps: usize, batch: usize, work: Work, device: &Device) -> Result<()> {
    let mut values: u64 = 0;
    for node in network.summary().nodes.iter().filter(|node| node.kind.starts_with("neuron")) {
        let neurons: usize = node.output_shape.iter().product();
        check_size(device, &node.name, steps, batch, neurons).map_err(|sentence| anyhow!(sentence))?;
        values = values.saturating_add(size(&[steps, batch, neurons], work));
    }
    require(values, steps, batch)
}

/// Refuses samples of which not even the input fits: before they are made.
pub fn require_input(steps: usize, batch: usize, features: usize) -> Result<()> {
    require(size(&[batch, features], Work::Inference), steps, batch)
}

fn size(sizes: &[usize], work: Work) -> u64 {
    sizes.iter().fold(work.values(), |all, size| all.saturating_mul(*size as u64))
}

fn require(values: u64, steps: usize, batch: usize) -> Result<()> {
    let bytes = values.saturating_mul(size_of::<f32>() as u64);
    match total_memory() {
        Some(total) if bytes > total => bail!(
            "{batch} samples at once in {steps} time steps need about {} GiB, this machine has {}; choose a smaller \
             --batch-size, fewer --time-steps, or --segments",
            bytes >> 30,
            total >> 30
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use snn_network::{InputShape, NetworkFile, Options};

    use super::*;

    #[test]
    fn a_run_beyond_all_memory_is_refused_with_both_sizes() {
        let file = NetworkFile::new()
            .node("encode", "flicker")
            .set("time_steps", 128i64)
            .node("linear", 100)
            .node("neuron", "graded-lif")
            .node("readout", "mean");
        let device = Device::flex();
        let network =
            Network::new(&file, &InputShape::Still(vec![784]), &Options::default(), &device).expect("a network");
        assert!(require_memory(&network, 128, 1000, Work::Training, &device).is_ok());
        if total_memory().is_some() {
            let sentence = require_memory(&network, 100_000, 60_000, Work::Training, &device);
            let sentence = sentence.expect_err("impossible").to_string();
            assert!(sentence.contains("60000 samples") && sentence.contains("GiB"), "{sentence}");
            // Sizes whose product is beyond all counting are refused too, not taken for a small one.
            assert!(require_memory(&network, 1 << 40, 1 << 40, Work::Inference, &device).is_err());
            assert!(require_input(1, 1 << 40, 784).is_err());
        }
    }
}
