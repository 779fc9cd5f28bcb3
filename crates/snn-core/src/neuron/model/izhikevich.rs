//! Izhikevich's neuron of 2003.

use crate::neuron::fire_reset::{at_spike, with_surrogate};
use crate::neuron::{Comparison, FireReset, Reset};
use crate::number::{FixedF64, ParameterRange, Scalar};
use crate::surrogate::{ATan, Surrogate};

/// How the membrane is integrated over a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum IzhikevichSteps {
    /// Two half steps of Euler's method, as in the program of the paper: stable at 1 ms.
    #[default]
    TwoHalves,
    /// One.
    One,
}

/// One step of Euler's method of the membrane's equation.
#[inline(always)]
fn euler<S: Scalar>(membrane: S, recovery: S, input: S, dt: f64) -> S {
    let slope = (S::constant(0.04) * membrane + S::constant(5.0)) * membrane + S::constant(140.0);
    membrane + S::constant(dt) * (slope - recovery + input)
}

crate::neuron! {
    /// Izhikevich's neuron: two equations and four parameters give the firing patterns of most cortical neurons.
    ///
    /// ```text
    /// u[t] = v + dt (0.04 v² + 5 v + 140 - w + i[t])     with v = v[t-1], w = w[t-1]; by default in two half steps
    /// s[t] = 1 if u[t] >= θ else 0                       fire, θ = 30 mV
    /// v[t] = c where s[t] = 1, else u[t]                 reset
    /// w[t] = w + dt a (b u[t] - w) + d s[t]              recovery
    /// ```
    /// The program of the paper tests for a spike at the beginning of the next step: the same dynamics, the spike
    /// reported one step later. SpikingJelly's `IzhikevichNode` is another neuron: [`AdaptiveQuadratic`](crate::neuron::AdaptiveQuadratic).
    ///
    /// # Shapes
    /// Two states, `membrane` and `recovery`, each of the shape of the input without its time axis.
    ///
    /// # Units
    /// mV and ms; the input in mV/ms.
    ///
    /// # Gradient
    /// The surrogate's at the spike, of the distance in mV; it flows through the recovery, and through the reset as
    /// [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Izhikevich (2003), "Simple Model of Spiking Neurons", IEEE Transactions on Neural Networks 14.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{Izhikevich, IzhikevichParameters, IzhikevichState, IzhikevichSteps, Neuron};
    /// let neuron = Izhikevich { steps: IzhikevichSteps::One, ..Izhikevich::default() };
    /// let parameters = IzhikevichParameters::regular_spiking();
    /// let before = IzhikevichState { membrane: -50.0, recovery: -10.0 };
    /// let (spike, state) = neuron.step(&parameters, before, 10.0);
    /// assert_eq!(spike, 0.0);
    /// assert!((state.membrane - -40.0f64).abs() < 1e-9); // -50 + 100 - 250 + 140 + 10 + 10
    /// assert!((state.recovery - -9.96f64).abs() < 1e-9); // -10 + 0.02 (0.2 * -40 + 10)
    /// ```
    #[doc(alias = "IzhikevichCell")]
    pub struct Izhikevich<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
        /// How the membrane is integrated.
        steps: IzhikevichSteps,
        /// Duration of a time step.
        dt: FixedF64,
    }
    parameters IzhikevichParameters {
        /// a, how fast the recovery is.
        recovery_rate,
        /// b, how strongly the recovery follows the membrane.
        sensitivity,
        /// c, where a spike sets the membrane to.
        reset,
        /// d, by how much a spike raises the recovery.
        jump,
        /// θ, at which the neuron fires.
        threshold: ParameterRange::Signed,
    }
    state IzhikevichState {
        /// v, the membrane.
        membrane,
        /// w, the recovery.
        recovery,
    }
    fn step(&self, p, state, input) {
        let dt = self.dt.0;
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let charged = match self.steps {
            IzhikevichSteps::One => euler(membrane, state.recovery, input, dt),
            IzhikevichSteps::TwoHalves => {
                let half = euler(membrane, state.recovery, input, dt / 2.0);
                euler(half, state.recovery, input, dt / 2.0)
            }
        };
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, p.reset);
        let pull = p.sensitivity * fired.charged - state.recovery;
        let recovery = state.recovery + S::constant(dt) * p.recovery_rate * pull + at_spike(fired.spike, p.jump);
        (fired.spike, IzhikevichState { membrane: fired.membrane, recovery })
    }
    fn resting_state(&self, p) {
        IzhikevichState { membrane: p.reset, recovery: p.sensitivity * p.reset }
    }
}

// Hard reset at 30 mV or above, steps of 1 ms in two halves.
with_surrogate!(Izhikevich, |surrogate| Self {
    fire_reset: FireReset { reset: Reset::Value, comparison: Comparison::AtOrAbove, ..FireReset::new(surrogate) },
    steps: IzhikevichSteps::default(),
    dt: FixedF64(1.0),
});

impl IzhikevichParameters<f64> {
    /// Four of the paper's parameters, with its threshold of 30 mV.
    pub fn new(recovery_rate: f64, sensitivity: f64, reset: f64, jump: f64) -> Self {
        Self { recovery_rate, sensitivity, reset, jump, threshold: 30.0 }
    }
    /// Regular spiking (RS).
    pub fn regular_spiking() -> Self {
        Self::new(0.02, 0.2, -65.0, 8.0)
    }
    /// Intrinsically bursting (IB).
    pub fn intrinsically_bursting() -> Self {
        Self::new(0.02, 0.2, -55.0, 4.0)
    }
    /// Chattering (CH).
    pub fn chattering() -> Self {
        Self::new(0.02, 0.2, -50.0, 2.0)
    }
    /// Fast spiking (FS).
    pub fn fast_spiking() -> Self {
        Self::new(0.1, 0.2, -65.0, 2.0)
    }
    /// Low-threshold spiking (LTS).
    pub fn low_threshold_spiking() -> Self {
        Self::new(0.02, 0.25, -65.0, 2.0)
    }
}

impl Default for IzhikevichParameters<f64> {
    /// [`regular_spiking`](Self::regular_spiking): millivolts, milliseconds.
    fn default() -> Self {
        Self::regular_spiking()
    }
}
