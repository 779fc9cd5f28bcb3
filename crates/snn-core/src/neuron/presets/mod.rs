//! Presets: the neurons of other libraries, with their names and parameters, exactly.
//!
//! Each function returns the neuron and its parameters, ready for [`Neurons::new`](crate::layer::Neurons::new).
//! `tests/peers` compares spikes, states and gradients with traces of the libraries themselves.
//!
//! | | snnTorch | SpikingJelly | Norse |
//! |---|---|---|---|
//! | fires | `>` | `>=` | `>` |
//! | reset | one step late | same step | same step |
//! | gradient through the reset | none | flows unless `detach_reset` | flows |
//! | decay | multiplier β | Euler, dt = 1 | Euler |
//! | input | as it is | times 1/τ (`decay_input`) | times dt/τ, after a synaptic current |
//!
//! ```
//! use snn_core::layer::Neurons;
//! use snn_core::neuron::Reset;
//! use snn_core::neuron::presets::snntorch;
//! use snn_core::surrogate::ATan;
//! let (neuron, parameters) = snntorch::leaky(0.9, 1.0, Reset::Subtract, true, ATan::default());
//! let population = Neurons::new(neuron, parameters);
//! ```

pub mod norse;
pub mod snntorch;
pub mod spikingjelly;
