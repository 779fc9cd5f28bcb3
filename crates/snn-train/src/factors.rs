//! The numbers in which matrix products are multiplied.

use anyhow::{Result, anyhow};
use burn::tensor::Device;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use snn_core::synapse::Precision;

/// The numbers in which a spiking layer's matrix products are multiplied; sums, weights and gradients stay f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Factors {
    /// f32
    #[default]
    F32,
    /// bf16, summed in f32: on CPUs with AVX-512-BF16
    Bf16,
}

impl Factors {
    /// The library's name for it.
    pub fn precision(self) -> Precision {
        match self {
            Self::F32 => Precision::F32,
            Self::Bf16 => Precision::Bf16,
        }
    }

    /// Refuses what `device`, or this processor, does not have.
    pub fn require(self, device: &Device) -> Result<()> {
        self.precision().available(device).map_err(|reason| anyhow!("--precision {}: {reason}", self.name()))
    }

    /// Its name on the command line.
    fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }
}
