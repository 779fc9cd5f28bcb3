//! A sequence reduced over time.

use burn::tensor::{Tensor, s};

/// How a sequence is reduced over time. What is reduced, membranes or spikes, is the caller's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
    /// Exact; that of the maximum goes to the step which has it.
    ///
    /// # Panics
    /// If no time step is left.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor, s};
    /// use snn_core::readout::Readout;
    /// let sequence = Tensor::<3>::from_data([[[1.0]], [[2.0]], [[6.0]]], &Device::flex());
    /// assert_eq!(Readout::Mean.reduce(sequence.clone(), 0).into_scalar::<f32>(), 3.0);
    /// assert_eq!(Readout::Mean.reduce(sequence, 1).into_scalar::<f32>(), 4.0);
    /// ```
    pub fn reduce(self, sequence: Tensor<3>, begin: usize) -> Tensor<2> {
        let [steps, _, _] = sequence.dims();
        assert!(begin < steps, "readout: begins at step {begin} of {steps}, at least one step must be left");
        let sequence = if begin == 0 { sequence } else { sequence.slice(s![begin..steps]) };
        match self {
            Self::Mean => sequence.mean_dim(0).squeeze_dim(0),
            Self::Sum => sequence.sum_dim(0).squeeze_dim(0),
            Self::Max => sequence.max_dim(0).squeeze_dim(0),
            Self::Last => {
                let last = steps - begin - 1;
                sequence.slice(s![last..last + 1]).squeeze_dim(0)
            }
        }
    }
}
