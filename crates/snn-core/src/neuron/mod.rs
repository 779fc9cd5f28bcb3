//! Neurons: each is one step function, written once, from which everything else follows.
//!
//! [`Neuron`] is the contract; the [`neuron!`](crate::neuron!) macro writes the frame around the equations of your own.
//!
//! | neuron | equation in words | elsewhere |
//! |---|---|---|
//! | [`IntegrateAndFire`] | adds up its input, fires above the threshold | SpikingJelly `IFNode`, Norse `IAFCell` |
//! | [`Lif`] | the same with a leak | snnTorch `Leaky`, SpikingJelly `LIFNode`, Norse `LIFBoxCell` |
//! | [`CubaLif`] | LIF behind a decaying synaptic current | snnTorch `Synaptic`, SpikingJelly `CUBALIFNode`, Norse `LIFCell` |
//! | [`ParametricLif`] | LIF whose leak is the logistic function of a parameter | SpikingJelly `ParametricLIFNode` |
//! | [`Lapicque`] | LIF in the terms of its circuit: R, C and the time step | snnTorch `Lapicque` |
//! | [`Alpha`] | the membrane is the difference of two decaying currents | snnTorch `Alpha` |
//! | [`AdaptiveLif`] | LIF with a current that opposes membrane and spikes | Sparch `adLIF` |
//! | [`AdaptiveThreshold`] | LIF whose threshold rises with each spike and falls back | Bellec's ALIF; inside Norse's `LSNNCell` |
//! | [`IntegerLif`] | LIF that sends 0, 1, 2, .. spikes in one step | SpikingJelly `ILIFNode` |
//! | [`GradedLif`] | LIF whose spike is as large as the membrane is above the threshold | Chevalier (2018) |
//! | [`SigmaDelta`] | sends the change of its rectified input once that reaches the threshold | Lava-DL `sigma_delta` |
//! | [`QuadraticIf`] | the leak is quadratic: beyond a critical value the membrane rises by itself | SpikingJelly `QIFNode` |
//! | [`AdaptiveQuadratic`] | the same with an adaptation | SpikingJelly `IzhikevichNode` |
//! | [`ExponentialIf`] | the membrane rises exponentially close to the threshold | SpikingJelly `EIFNode`, Norse `LIFExCell` |
//! | [`AdaptiveExponential`] | the same with an adaptation, in mV and pA (AdEx) | Norse `LIFAdExCell` |
//! | [`Izhikevich`] | two equations and four parameters give most cortical firing patterns | Norse `IzhikevichCell` |
//! | [`ResonateAndFire`] | a damped oscillator fires above a threshold | SpikingJelly `RAFNode` |
//! | [`LeakyIntegrator`] | the output is the membrane; it never fires | Norse `LIBoxCell`, SpikingJelly `NonSpikingLIFNode` |
//! | [`SynapticCurrent`] | a decaying current in front of any neuron | |
//! | [`Refractory`] | silence for some steps after each spike of any neuron | Norse `LIFRefracCell` |
//!
//! "Elsewhere" is the family. What is the same to the last digit, with its conventions, is in [`presets`].
//!
//! How a neuron fires and is reset is a [`FireReset`]: [`Comparison`], [`Reset`], [`ResetTiming`], [`ResetGradient`] and a
//! [surrogate](crate::surrogate).

mod contract;
mod convention;
mod fire_reset;
mod model;
pub mod presets;
mod wrap;

pub(crate) use contract::values_of;
pub use contract::{Neuron, parameter_count, state_count};
pub use convention::{Comparison, Decay, InputScale, Reset, ResetGradient, ResetTiming};
pub use fire_reset::{FireOutput, FireReset};
pub use model::*;
pub use wrap::{
    CubaLif, CubaParameters, CubaState, Refractory, RefractoryGradient, RefractoryHold, RefractoryState,
    SynapticCurrent, SynapticCurrentOrder, SynapticCurrentParameters, SynapticCurrentState,
};
