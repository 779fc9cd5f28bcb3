//! Quadratic integrate-and-fire, alone and with adaptation.

use crate::neuron::FireReset;
use crate::neuron::fire_reset::{at_spike, with_surrogate};
use crate::number::{ParameterRange, Scalar};
use crate::surrogate::{ATan, Surrogate};

/// The quadratic force on a membrane: back to `rest` below `critical`, away above it.
#[inline(always)]
fn force<S: Scalar>(membrane: S, curvature: S, rest: S, critical: S) -> S {
    curvature * (membrane - rest) * (membrane - critical)
}

crate::neuron! {
    /// Quadratic integrate-and-fire (QIF): above a critical membrane it fires by itself.
    ///
    /// ```text
    /// u[t] = v + k (a (v - r)(v - c) + i[t])     with v = v[t-1], k = dt/τ
    /// s[t] = 1 if u[t] > θ else 0                fire
    /// v[t] = u[t] - θ s[t]                       reset (default; others by FireReset)
    /// ```
    ///
    /// # Shapes
    /// One state, `membrane`, of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v`, `r`, `c`, `θ` share one unit, the input's; `a` is one over that unit, `k` is per time step.
    ///
    /// # Gradient
    /// The surrogate's at the spike; through the reset as [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Latham et al. (2000), "Intrinsic dynamics in neuronal networks", Journal of Neurophysiology 83; SpikingJelly's
    /// `QIFNode`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{Neuron, QuadraticIf, QuadraticIfParameters, QuadraticIfState};
    /// let parameters = QuadraticIfParameters { rate: 0.5, curvature: 1.0, rest: 0.0, critical: 1.0, threshold: 3.0, reset: 0.0 };
    /// let (spike, state) = QuadraticIf::default().step(&parameters, QuadraticIfState { membrane: 2.0 }, 1.0);
    /// assert_eq!((spike, state.membrane), (1.0, 0.5)); // u = 2 + 0.5 (2 * 1 + 1) = 3.5
    /// ```
    #[doc(alias = "QIFNode")]
    pub struct QuadraticIf<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
    }
    parameters QuadraticIfParameters {
        /// k, a time step in units of the time constant.
        rate: ParameterRange::Positive,
        /// a, the curvature.
        curvature,
        /// r, the membrane at rest.
        rest,
        /// c, above which the membrane rises by itself.
        critical,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
        /// Where a spike sets the membrane to, and where it starts, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state QuadraticIfState {
        /// v, the membrane.
        membrane,
    }
    fn step(&self, p, state, input) {
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let force = force(membrane, p.curvature, p.rest, p.critical);
        let charged = membrane + p.rate * (input + force);
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, p.reset);
        (fired.spike, QuadraticIfState { membrane: fired.membrane })
    }
    fn resting_state(&self, p) {
        QuadraticIfState { membrane: self.fire_reset.start(p.rest, p.reset) }
    }
}

with_surrogate!(QuadraticIf, |surrogate| Self { fire_reset: FireReset::new(surrogate) });

crate::neuron! {
    /// Quadratic integrate-and-fire with adaptation: Izhikevich's neuron in general units, as SpikingJelly has it. The
    /// one with the parameters of 2003 is [`Izhikevich`](crate::neuron::Izhikevich).
    ///
    /// ```text
    /// u[t] = v + k (a (v - r)(v - c) - w + i[t])     with v = v[t-1], w = w[t-1], k = dt/τ
    /// s[t] = 1 if u[t] > θ else 0                    fire
    /// v[t] = u[t] - θ s[t]                           reset (default; others by FireReset)
    /// w[t] = w + q (κ (u[t] - r) - w) + b s[t]       adaptation, q = dt/τ_w
    /// ```
    ///
    /// # Shapes
    /// Two states, `membrane` and `adaptation`, each of the shape of the input without its time axis.
    ///
    /// # Units
    /// `v`, `r`, `c`, `θ`, `w`, `b` share the unit of the input; `a` is one over it; `k`, `q` are per time step.
    ///
    /// # Gradient
    /// The surrogate's at the spike; it flows through the adaptation, and through the reset as
    /// [`ResetGradient`](crate::neuron::ResetGradient) says.
    ///
    /// # Source
    /// Izhikevich (2007), "Dynamical Systems in Neuroscience", MIT Press, section 8.1.4; SpikingJelly's `IzhikevichNode`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{AdaptiveQuadratic, AdaptiveQuadraticParameters, AdaptiveQuadraticState, Neuron};
    /// let parameters = AdaptiveQuadraticParameters {
    ///     rate: 0.5, curvature: 1.0, rest: 0.0, critical: 1.0, adaptation_rate: 0.5, coupling: 1.0, jump: 0.25,
    ///     threshold: 2.0, reset: 0.0,
    /// };
    /// let before = AdaptiveQuadraticState { membrane: 2.0, adaptation: 1.0 };
    /// let (spike, state) = AdaptiveQuadratic::default().step(&parameters, before, 1.0);
    /// assert_eq!((spike, state.membrane), (1.0, 1.0)); // u = 2 + 0.5 (2 * 1 - 1 + 1) = 3
    /// assert_eq!(state.adaptation, 2.25); //              1 + 0.5 (3 - 1) + 0.25
    /// ```
    #[doc(alias = "IzhikevichNode")]
    pub struct AdaptiveQuadratic<G: Surrogate = ATan> {
        /// How it fires and is reset.
        fire_reset: FireReset<G>,
    }
    parameters AdaptiveQuadraticParameters {
        /// k, a time step in units of the membrane's time constant.
        rate: ParameterRange::Positive,
        /// a, the curvature.
        curvature,
        /// r, the membrane at rest.
        rest,
        /// c, above which the membrane rises by itself.
        critical,
        /// q, a time step in units of the adaptation's time constant.
        adaptation_rate: ParameterRange::NotNegative,
        /// κ, how strongly the adaptation follows the membrane.
        coupling,
        /// b, by how much a spike raises the adaptation.
        jump,
        /// θ, above which the neuron fires.
        threshold: ParameterRange::Signed,
        /// Where a spike sets the membrane to, and where it starts, with [`Reset::Value`](crate::neuron::Reset::Value) only.
        reset,
    }
    state AdaptiveQuadraticState {
        /// v, the membrane.
        membrane,
        /// w, the adaptation.
        adaptation,
    }
    fn step(&self, p, state, input) {
        let membrane = self.fire_reset.reset_pending(state.membrane, p.threshold, p.reset);
        let force = force(membrane, p.curvature, p.rest, p.critical);
        let charged = membrane + p.rate * (input + force - state.adaptation);
        let fired = self.fire_reset.fire(state.membrane, charged, p.threshold, p.reset);
        let pull = p.coupling * (fired.charged - p.rest) - state.adaptation;
        let adaptation = state.adaptation + p.adaptation_rate * pull + at_spike(fired.spike, p.jump);
        (fired.spike, AdaptiveQuadraticState { membrane: fired.membrane, adaptation })
    }
    fn resting_state(&self, p) {
        let membrane = self.fire_reset.start(p.rest, p.reset);
        AdaptiveQuadraticState { membrane, adaptation: S::constant(0.0) }
    }
}

with_surrogate!(AdaptiveQuadratic, |surrogate| Self { fire_reset: FireReset::new(surrogate) });

impl Default for QuadraticIfParameters<f64> {
    /// Those of SpikingJelly's `QIFNode`: a time constant of 2 steps.
    fn default() -> Self {
        Self { rate: 0.5, curvature: 1.0, rest: 0.0, critical: 0.8, threshold: 1.0, reset: -0.1 }
    }
}

impl Default for AdaptiveQuadraticParameters<f64> {
    /// A quadratic neuron with a weak, slow adaptation.
    fn default() -> Self {
        Self {
            rate: 0.5,
            curvature: 1.0,
            rest: 0.0,
            critical: 0.8,
            adaptation_rate: 0.1,
            coupling: 0.1,
            jump: 0.1,
            threshold: 1.0,
            reset: -0.1,
        }
    }
}
