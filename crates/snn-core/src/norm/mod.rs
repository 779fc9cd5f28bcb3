//! Norms that know of time and threshold. They stand between a synapse and the neurons it drives.
//!
//! Running variances are the unbiased ones, as in PyTorch (Burn's own `BatchNorm` keeps the biased ones); a batch is
//! normalised by its biased variance, as everywhere. Statistics and gradients are right for any number of samples; of
//! `f16` and `bf16` they are computed in `f32`.

mod normalise;
mod threshold;
mod through_time;

pub use threshold::{BatchStatistics, ThresholdBatchNorm, ThresholdBatchNormConfig};
pub use through_time::{BatchNormThroughTime, BatchNormThroughTimeConfig};
