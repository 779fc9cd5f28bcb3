//! Norms which know of time and threshold. They stand between a synapse and the neurons it drives.

mod threshold;
mod through_time;

pub use threshold::{ThresholdBatchNorm, ThresholdBatchNormConfig};
pub use through_time::{BatchNormThroughTime, BatchNormThroughTimeConfig};
