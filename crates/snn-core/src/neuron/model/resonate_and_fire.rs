//! Resonate-and-fire.

use crate::neuron::FireReset;
use crate::neuron::fire_reset::with_surrogate;
use crate::number::ParameterRange;
use crate::surrogate::{ATan, Surrogate};

crate::neuron! {
    /// Resonate-and-fire: a damped oscillator, which fires for inputs in its rhythm.
    ///
    /// ```text
    /// c[t] = λ (c cos ω - v sin ω) + i[t]     with c = c[t-1], v = v[t-1]: rotation by ω, damping by λ
    /// u[t] = λ (c sin ω + v cos ω)
    /// s[t] = 1 if u[t] > θ else 0             fire
    /// v[t] = u[t] - θ s[t]                    reset of the membrane (default; others by FireReset)
    /// ```
    /// In the complex plane: `z[t] = λ exp(iω) z[t-1] + input`, `z = c + i v`.
    ///
    /// # Shapes
    /// Two states, `current` and `membrane`, each of the shape of the input without its time axis.
    ///
    /// # Units
    /// `c`, `v`, `θ` share the unit of the input; `ω` is in radians per time step, `λ` is per time step. With damping b < 0
    /// and angular frequency in continuous time: λ = exp(b dt), ω = frequency · dt.
    ///
    /// # Gradient
    /// The surrogate's at the spike; through the reset as [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Izhikevich (2001), "Resonate-and-fire neurons", Neural Networks 14; discretised exactly, as SpikingJelly's
    /// `RAFNode`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{Neuron, ResonateAndFire, ResonateAndFireParameters, ResonateAndFireState};
    /// let parameters = ResonateAndFireParameters {
    ///     decay: 0.5, frequency: std::f64::consts::FRAC_PI_2, threshold: 1.0, reset: 0.0, // a quarter turn each step
    /// };
    /// let before = ResonateAndFireState { current: 3.0, membrane: 1.0 };
    /// let (spike, state) = ResonateAndFire::default().step(&parameters, before, 2.0);
    /// assert_eq!(spike, 1.0);
    /// assert!((state.membrane - 0.5).abs() < 1e-15); // 0.5 * 3 - 1
    /// assert!((state.current - 1.5).abs() < 1e-15); //  0.5 * -1 + 2
    /// ```
    #[doc(alias = "RAFNode")]
    pub struct ResonateAndFire<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
    }
    parameters ResonateAndFireParameters {
        /// λ, what is left of the oscillation after one time step.
        decay: ParameterRange::Unit,
        /// ω, by which angle it turns in one time step.
        frequency: ParameterRange::Angle,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
        /// Where a spike sets the membrane to, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state ResonateAndFireState {
        /// c, the real part.
        current,
        /// v, the imaginary part.
        membrane,
    }
    fn step(&self, p, state, input) {
        let (cosine, sine) = (p.decay * p.frequency.cos(), p.decay * p.frequency.sin());
        let current = state.current * cosine - state.membrane * sine + input;
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let charged = state.current * sine + membrane * cosine;
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, p.reset);
        (fired.spike, ResonateAndFireState { current, membrane: fired.membrane })
    }
}

with_surrogate!(ResonateAndFire, |surrogate| Self { fire_reset: FireReset::new(surrogate) });

impl Default for ResonateAndFireParameters<f64> {
    /// A period of about 10 steps, threshold 1.
    fn default() -> Self {
        Self { decay: 0.9, frequency: 0.6, threshold: 1.0, reset: 0.0 }
    }
}
