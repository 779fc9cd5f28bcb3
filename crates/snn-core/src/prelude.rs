//! What most programs need: `use snn_core::prelude::*;`.
//!
//! Layers and their configurations, the neurons people begin with, noise, readouts, and the modules
//! [`encode`], [`loss`] and [`readout`] for the rest.
//!
//! # Example
//! ```
//! use burn::tensor::{Device, Tensor};
//! use snn_core::prelude::*;
//!
//! let device = Device::flex();
//! let hidden = SpikingLinearConfig::new(6, 5).init(Neurons::lif(0.9), &device);
//! let output = SpikingLinearConfig::new(5, 3).init(Neurons::leaky_integrator(0.9), &device);
//! let spikes = encode::flicker(Tensor::ones([4, 6], &device), 8, NoiseSeed::new(0));
//! let hidden = hidden.forward(spikes, None);
//! let logits = Readout::Mean.reduce(output.forward(hidden.output, None).output, 0);
//! assert_eq!(logits.dims(), [4, 3]);
//! ```

pub use crate::layer::{
    Delay, DelayConfig, Lifted, Neurons, Population, Recurrent, RecurrentConfig, SpikingLinear, SpikingLinearConfig,
    SpikingStack, SpikingStackConfig, over_time,
};
pub use crate::neuron::{
    CubaLif, FireReset, IntegrateAndFire, LeakyIntegrator, Lif, LifParameters, Neuron, Reset, presets,
};
pub use crate::noise::NoiseSeed;
pub use crate::readout::Readout;
pub use crate::record::record;
pub use crate::scan::{NeuronsOutput, NeuronsState, ReturnStates};
pub use crate::sequence::{Frame, Sequence};
pub use crate::surrogate::{ATan, Surrogate};
pub use crate::{encode, loss, readout};
