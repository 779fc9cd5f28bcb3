//! Lapicque's neuron: the leaky membrane as a circuit of resistance and capacitance.

use crate::neuron::FireReset;
use crate::neuron::fire_reset::leak;
use crate::number::{FixedF64, ParameterRange};
use crate::surrogate::{ATan, Surrogate};

crate::neuron! {
    /// Lapicque's neuron: a capacitor that leaks through a resistor. A [`Lif`](crate::neuron::Lif) whose parameters are those
    /// of the circuit.
    ///
    /// ```text
    /// u[t] = (1 - dt/(RC)) v[t-1] + (dt/C) i[t]     leak, integrate (Euler)
    /// s[t] = 1 if u[t] > θ else 0                   fire
    /// v[t] = u[t] - θ s[t]                          reset (default; others by FireReset)
    /// ```
    ///
    /// # Shapes
    /// One state, `membrane`, of the shape of the input without its time axis.
    ///
    /// # Units
    /// Any that fit: with R in Ω, C in F, dt in s and i in A, the membrane is in V.
    ///
    /// # Gradient
    /// The surrogate's at the spike; through the reset as [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Lapicque (1907), "Recherches quantitatives sur l'excitation électrique des nerfs traitée comme une
    /// polarisation", Journal de Physiologie et de Pathologie Générale 9; snnTorch's `Lapicque`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{FireReset, Lapicque, LapicqueParameters, LapicqueState, Neuron};
    /// use snn_core::number::FixedF64;
    /// use snn_core::surrogate::ATan;
    /// let neuron = Lapicque { fire_reset: FireReset::new(ATan::default()), dt: FixedF64(0.5) };
    /// let parameters = LapicqueParameters { resistance: 1.0, capacitance: 2.0, threshold: 1.0, reset: 0.0 };
    /// let (spike, state) = neuron.step(&parameters, LapicqueState { membrane: 0.8 }, 0.4);
    /// assert_eq!(spike, 0.0);
    /// assert!((state.membrane - 0.7f64).abs() < 1e-12); // 0.75 * 0.8 + 0.25 * 0.4
    /// ```
    #[doc(alias = "RC")]
    pub struct Lapicque<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
        /// Duration of a time step.
        dt: FixedF64,
    }
    parameters LapicqueParameters {
        /// R.
        resistance: ParameterRange::Positive,
        /// C.
        capacitance: ParameterRange::Positive,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
        /// Where a spike sets the membrane to, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state LapicqueState {
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        let charge = S::constant(self.dt.0) / p.capacitance;
        let decay = S::constant(1.0) - charge / p.resistance;
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let charged = leak(membrane, decay, S::constant(0.0), charge * input);
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, p.reset);
        (fired.spike, LapicqueState { membrane: fired.membrane })
    }
}

impl Default for LapicqueParameters<f64> {
    /// A time constant of 10, the input as it comes at `dt` = 1, threshold 1.
    fn default() -> Self {
        Self { resistance: 10.0, capacitance: 1.0, threshold: 1.0, reset: 0.0 }
    }
}
