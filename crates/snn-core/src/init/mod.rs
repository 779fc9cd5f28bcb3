//! Initial weights, the same on every backend: drawn on the host from the counter-based generator.

mod rate;
mod seed;
mod weights;

pub(crate) use rate::try_weights_for_rate;
pub use rate::{InputStatistics, RateInit, weights_for_rate};
pub use seed::seed;
pub(crate) use seed::seed_or_next;
pub use weights::{WeightInit, weight_and_bias};
