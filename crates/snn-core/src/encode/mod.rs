//! Encoders: how a sample becomes a sequence, `[batch, features..] -> [time, batch, features..]`.
//!
//! | encoder | at each step | random | gradient of the input |
//! |---|---|---|---|
//! | [`constant`] | the same values | no | exact |
//! | [`direct`] | the same current, computed once | no | exact |
//! | [`flicker`] | each value times fresh noise | yes | exact for this noise |
//! | [`bernoulli`] | a spike with this probability | yes | none, or [straight through](SpikeGradient) |
//! | [`poisson`] | a spike if a Poisson process had an event | yes | none, or straight through |
//! | [`Latency`] | one spike, the earlier the larger the value | no | none |
//! | [`Delta`] | a spike where a signal has changed | no | none |
//! | [`ReceptiveFields`] | several neurons for each value | no | exact for the currents, none for the spikes |
//!
//! Spikes depend on nothing but the input and the [`NoiseSeed`](crate::noise::NoiseSeed): the same on every
//! backend, bit for bit. What decides about a spike is therefore either a comparison of two given numbers, which
//! no hardware rounds, or computed once on the host in `f64`.

mod current;
mod delta;
mod host;
mod latency;
mod population;
mod rate;

pub use crate::synapse::flicker;
pub use current::{constant, direct};
pub use delta::{Delta, DeltaOutput, DeltaReference};
pub use latency::{Latency, LatencyLaw};
pub use population::ReceptiveFields;
pub use rate::{SpikeGradient, bernoulli, poisson, uniform_noise};
