//! A sequence reduced over time.

use burn::tensor::{Tensor, s};
use serde::{Deserialize, Serialize};

use crate::sequence::domain;
use crate::sequence::sum::{mean_over_time, sum_over_time};

/// How a sequence is reduced over time. What is reduced, membranes or spikes, is the caller's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Readout {
    /// The mean over the time steps. The article's network.
    #[default]
    Mean,
    /// The sum over the time steps.
    Sum,
    /// The value at the last time step.
    Last,
    /// The largest value.
    Max,
}

impl Readout {
    /// Reduces `sequence [time, batch, features]`, from step `begin` on, to `[batch, features]`.
    ///
    /// # Gradient
    /// Exact; that of the maximum goes to the step that has it.
    ///
    /// # Types
    /// That of the sequence. `f16` and `bf16` are summed in `f32` and rounded once: a sum above 65504 is infinite in
    /// `f16`, above 2048 it need not be the nearest integer. Sums are right however long the sequence is. What has a NaN
    /// among its steps has the mean, the sum and the maximum NaN.
    ///
    /// # Panics
    /// If no time step is left, or there is no sample or no feature.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor, s};
    /// use snn_core::readout::Readout;
    /// let sequence = Tensor::<3>::from_data([[[1.0]], [[2.0]], [[6.0]]], &Device::flex());
    /// assert_eq!(Readout::Mean.reduce(sequence.clone(), 0).into_scalar::<f32>(), 3.0);
    /// assert_eq!(Readout::Mean.reduce(sequence, 1).into_scalar::<f32>(), 4.0);
    /// ```
    #[track_caller]
    pub fn reduce(self, sequence: Tensor<3>, begin: usize) -> Tensor<2> {
        let sequence = domain::sequence("readout", sequence);
        let [steps, _, _] = sequence.dims();
        assert!(begin < steps, "readout: begins at step {begin} of {steps}, at least one step must be left");
        let sequence = if begin == 0 { sequence } else { sequence.slice(s![begin..steps]) };
        match self {
            Self::Mean => mean_over_time(sequence),
            Self::Sum => sum_over_time(sequence),
            Self::Max => sequence.max_dim(0).squeeze_dim(0),
            Self::Last => {
                let last = steps - begin - 1;
                sequence.slice(s![last..last + 1]).squeeze_dim(0)
            }
        }
    }
}
