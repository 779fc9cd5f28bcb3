//! Integrate-and-fire, without a leak.

use crate::neuron::FireReset;
use crate::neuron::fire_reset::with_surrogate;
use crate::number::ParameterRange;
use crate::surrogate::{ATan, Surrogate};

crate::neuron! {
    /// Integrate-and-fire: the membrane adds up its input and sends a spike when it passes the threshold.
    ///
    /// ```text
    /// u[t] = v[t-1] + g i[t]                 integrate
    /// s[t] = 1 if u[t] > θ else 0            fire
    /// v[t] = u[t] - θ s[t]                   reset (default; others by FireReset)
    /// ```
    ///
    /// # Shapes
    /// One state, `membrane`, of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v` and `θ` share one unit; `g` is that unit for one unit of input.
    ///
    /// # Gradient
    /// The surrogate's at the spike; through the reset as [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Lapicque (1907), Journal de Physiologie et de Pathologie Générale 9, without the leak; SpikingJelly's `IFNode`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{IntegrateAndFire, IntegrateAndFireParameters, IntegrateAndFireState, Neuron};
    /// let parameters = IntegrateAndFireParameters { gain: 1.0, threshold: 1.0, reset: 0.0 };
    /// let before = IntegrateAndFireState { membrane: 0.75 };
    /// let (spike, state) = IntegrateAndFire::default().step(&parameters, before, 0.5);
    /// assert_eq!((spike, state.membrane), (1.0, 0.25)); // 0.75 + 0.5 - 1
    /// ```
    #[doc(alias = "IFNode")]
    #[doc(alias = "IAFCell")]
    pub struct IntegrateAndFire<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
    }
    parameters IntegrateAndFireParameters {
        /// g, what the input is multiplied by.
        gain,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
        /// Where a spike sets the membrane to, and where it starts, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state IntegrateAndFireState {
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let fired = self.fire_reset.fire(state.membrane, membrane + p.gain * input, p.threshold, p.reset);
        (fired.spike, IntegrateAndFireState { membrane: fired.membrane })
    }
    fn resting_state(&self, p) {
        IntegrateAndFireState { membrane: self.fire_reset.start(S::constant(0.0), p.reset) }
    }
}

with_surrogate!(IntegrateAndFire, |surrogate| Self { fire_reset: FireReset::new(surrogate) });

impl Default for IntegrateAndFireParameters<f64> {
    /// Threshold 1, the input as it comes.
    fn default() -> Self {
        Self { gain: 1.0, threshold: 1.0, reset: 0.0 }
    }
}
