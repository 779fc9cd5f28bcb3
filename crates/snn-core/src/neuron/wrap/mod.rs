//! Neurons around a neuron: a refractory period behind it, a synaptic current in front of it.

mod fields;
mod refractory;
mod synaptic_current;

pub(crate) use fields::append_name;
pub use refractory::{Refractory, RefractoryGradient, RefractoryHold, RefractoryState};
pub use synaptic_current::{
    CubaLif, CubaParameters, CubaState, SynapticCurrent, SynapticCurrentOrder, SynapticCurrentParameters,
    SynapticCurrentState,
};
