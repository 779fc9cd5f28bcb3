//! SpikingJelly 2.0: `IFNode`, `LIFNode`, `ParametricLIFNode`, `QIFNode`, `EIFNode`, `IzhikevichNode`, `ILIFNode`,
//! `RAFNode`.
//!
//! Fires at `>=`, is reset in the same step, hard to `v_reset` or soft if that is `None`; a membrane starts at
//! `v_reset`. The gradient flows through the reset unless `detach_reset`. One time step is dt = 1.

use crate::neuron::{
    AdaptiveQuadratic, AdaptiveQuadraticParameters, Comparison, Decay, ExponentialIf, ExponentialIfParameters,
    FireReset, InputScale, IntegerLif, IntegerLifParameters, IntegrateAndFire, IntegrateAndFireParameters, Lif,
    LifParameters, ParametricInput, ParametricLif, ParametricLifParameters, QuadraticIf, QuadraticIfParameters, Reset,
    ResetGradient, ResetTiming, ResonateAndFire, ResonateAndFireParameters, Rounding,
};
use crate::number::FixedF64;
use crate::surrogate::{Sigmoid, Surrogate};

/// What all nodes have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node<G: Surrogate = Sigmoid> {
    /// Threshold.
    pub v_threshold: f64,
    /// Hard reset to this value, which is also where the membrane starts; soft reset and a start at zero if `None`.
    pub v_reset: Option<f64>,
    /// Cut the gradient through the reset.
    pub detach_reset: bool,
    /// `surrogate_function`.
    pub surrogate: G,
}

impl Default for Node {
    /// As the constructors of `IFNode` and `LIFNode`.
    fn default() -> Self {
        Self { v_threshold: 1.0, v_reset: Some(0.0), detach_reset: false, surrogate: Sigmoid::default() }
    }
}

impl<G: Surrogate> Node<G> {
    fn fire_reset(&self) -> FireReset<G> {
        FireReset {
            surrogate: self.surrogate,
            comparison: Comparison::AtOrAbove,
            reset: if self.v_reset.is_some() { Reset::Value } else { Reset::Subtract },
            timing: ResetTiming::SameStep,
            gradient: if self.detach_reset { ResetGradient::Detached } else { ResetGradient::Attached },
        }
    }
    fn reset(&self) -> f64 {
        self.v_reset.unwrap_or(0.0)
    }
}

/// `IFNode`.
pub fn if_node<G: Surrogate>(node: Node<G>) -> (IntegrateAndFire<G>, IntegrateAndFireParameters<f64>) {
    (
        IntegrateAndFire { fire_reset: node.fire_reset() },
        IntegrateAndFireParameters { gain: 1.0, threshold: node.v_threshold, reset: node.reset() },
    )
}

/// `LIFNode`: the membrane leaks to `v_reset`.
pub fn lif_node<G: Surrogate>(tau: f64, decay_input: bool, node: Node<G>) -> (Lif<G>, LifParameters<f64>) {
    let input = if decay_input { InputScale::OneMinusDecay } else { InputScale::One };
    let parameters = LifParameters::new(Decay::Euler { tau, dt: 1.0 }, input, node.v_threshold);
    (Lif { fire_reset: node.fire_reset() }, LifParameters { rest: node.reset(), reset: node.reset(), ..parameters })
}

/// `ParametricLIFNode`: make the parameter `w` learnable.
pub fn parametric_lif_node<G: Surrogate>(
    init_tau: f64,
    decay_input: bool,
    node: Node<G>,
) -> (ParametricLif<G>, ParametricLifParameters<f64>) {
    let input = if decay_input { ParametricInput::Scaled } else { ParametricInput::Unscaled };
    let parameters = ParametricLifParameters::new(init_tau, node.v_threshold);
    (
        ParametricLif { fire_reset: node.fire_reset(), input },
        ParametricLifParameters { rest: node.reset(), reset: node.reset(), ..parameters },
    )
}

/// `QIFNode`. The membrane starts at `v_reset`, not at `v_rest`.
pub fn qif_node<G: Surrogate>(
    tau: f64,
    v_c: f64,
    a0: f64,
    v_rest: f64,
    node: Node<G>,
) -> (QuadraticIf<G>, QuadraticIfParameters<f64>) {
    (
        QuadraticIf { fire_reset: node.fire_reset() },
        QuadraticIfParameters {
            rate: 1.0 / tau,
            curvature: a0,
            rest: v_rest,
            critical: v_c,
            threshold: node.v_threshold,
            reset: node.reset(),
        },
    )
}

/// `EIFNode`. The membrane starts at `v_reset`, not at `v_rest`.
pub fn eif_node<G: Surrogate>(
    tau: f64,
    delta_t: f64,
    theta_rh: f64,
    v_rest: f64,
    node: Node<G>,
) -> (ExponentialIf<G>, ExponentialIfParameters<f64>) {
    (
        ExponentialIf { fire_reset: node.fire_reset() },
        ExponentialIfParameters {
            rate: 1.0 / tau,
            slope: delta_t,
            rheobase: theta_rh,
            rest: v_rest,
            threshold: node.v_threshold,
            reset: node.reset(),
        },
    )
}

/// The parameters of `IzhikevichNode` that other nodes do not have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IzhikevichNumbers {
    /// Time constant of the membrane, in time steps.
    pub tau: f64,
    /// Critical membrane.
    pub v_c: f64,
    /// Curvature.
    pub a0: f64,
    /// Membrane at rest.
    pub v_rest: f64,
    /// Time constant of the adaptation, in time steps.
    pub tau_w: f64,
    /// How strongly the adaptation follows the membrane.
    pub a: f64,
    /// By how much a spike raises the adaptation.
    pub b: f64,
}

/// `IzhikevichNode`, whose adaptation starts at zero (`w_rest` = 0).
pub fn izhikevich_node<G: Surrogate>(
    numbers: IzhikevichNumbers,
    node: Node<G>,
) -> (AdaptiveQuadratic<G>, AdaptiveQuadraticParameters<f64>) {
    let IzhikevichNumbers { tau, v_c, a0, v_rest, tau_w, a, b } = numbers;
    (
        AdaptiveQuadratic { fire_reset: node.fire_reset() },
        AdaptiveQuadraticParameters {
            rate: 1.0 / tau,
            curvature: a0,
            rest: v_rest,
            critical: v_c,
            adaptation_rate: 1.0 / tau_w,
            coupling: a,
            jump: b,
            threshold: node.v_threshold,
            reset: node.reset(),
        },
    )
}

/// `ILIFNode`: integer spikes up to `max_spike_count`.
pub fn ilif_node(
    tau: f64,
    v_threshold: f64,
    max_spike_count: u32,
    detach_reset: bool,
) -> (IntegerLif, IntegerLifParameters<f64>) {
    (
        IntegerLif {
            levels: FixedF64(f64::from(max_spike_count)),
            rounding: Rounding::Nearest,
            gradient: if detach_reset { ResetGradient::Detached } else { ResetGradient::Attached },
        },
        IntegerLifParameters { decay: Decay::Euler { tau, dt: 1.0 }.factor(), gain: 1.0, threshold: v_threshold },
    )
}

/// `RAFNode`: `b` < 0 damps, `omega` is the angular frequency.
pub fn raf_node<G: Surrogate>(
    b: f64,
    omega: f64,
    dt: f64,
    node: Node<G>,
) -> (ResonateAndFire<G>, ResonateAndFireParameters<f64>) {
    (
        ResonateAndFire { fire_reset: node.fire_reset() },
        ResonateAndFireParameters {
            decay: (b * dt).exp(),
            frequency: omega * dt,
            threshold: node.v_threshold,
            reset: node.reset(),
        },
    )
}
