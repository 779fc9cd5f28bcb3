//! What a run needs to remember, and whether that is possible: before it begins.

use anyhow::{Result, anyhow, bail};
use burn::tensor::Device;
use snn_core::device::check_size;
use snn_data::total_memory;

use crate::config::RunConfig;

/// What a run does with the memory it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Current, output, and the gradient of each, of each neuron, sample and time step.
    Training,
    /// Current and output.
    Inference,
}

impl Work {
    /// Numbers kept per neuron, sample and time step.
    fn numbers(self) -> u64 {
        match self {
            Self::Training => 4,
            Self::Inference => 2,
        }
    }
}

/// Refuses a run which the device or the machine cannot hold.
pub fn require_memory(config: &RunConfig, work: Work, device: &Device) -> Result<()> {
    let (steps, batch) = (config.time_steps, config.batch_size.min(config.train_samples.max(config.test_samples)));
    let mut numbers: u64 = 0;
    for (layer, neurons) in config.sizes[1..].iter().enumerate() {
        check_size(device, &format!("layer {}", layer + 1), steps, batch, *neurons)
            .map_err(|sentence| anyhow!(sentence))?;
        let of_layer =
            [steps, batch, *neurons].iter().fold(work.numbers(), |all, size| all.saturating_mul(*size as u64));
        numbers = numbers.saturating_add(of_layer);
    }
    let bytes = numbers.saturating_mul(size_of::<f32>() as u64);
    match total_memory() {
        Some(total) if bytes > total => bail!(
            "{batch} images at once in {steps} time steps need about {} GiB, this machine has {}; choose a smaller \
             --batch-size or fewer --time-steps",
            bytes >> 30,
            total >> 30
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelKind;

    #[test]
    fn a_run_beyond_all_memory_is_refused_with_both_sizes() {
        let config = RunConfig::article(ModelKind::Spiking, 0);
        assert!(require_memory(&config, Work::Training, &Device::flex()).is_ok());
        if total_memory().is_some() {
            let config = RunConfig { batch_size: 60_000, time_steps: 100_000, ..config };
            let sentence =
                require_memory(&config, Work::Training, &Device::flex()).expect_err("impossible").to_string();
            assert!(sentence.contains("60000 images") && sentence.contains("GiB"), "{sentence}");
            // Sizes whose product is beyond all counting are refused too, not taken for a small one.
            let config = RunConfig { batch_size: 1 << 40, train_samples: 1 << 40, time_steps: 1 << 40, ..config };
            assert!(require_memory(&config, Work::Inference, &Device::flex()).is_err());
        }
    }
}
