//! Norse 1.1: `LIFCell`, `LIFBoxCell`, `LIFRefracCell`, `LSNNCell`, `LICell`, `LIBoxCell` (feed-forward).
//!
//! Fires at `>`, hard reset in the same step, gradient through it. Norse passes `alpha` to its default surrogate
//! (`super`), which ignores it: that is [`SuperSpike::new(1.0)`](crate::surrogate::SuperSpike).

use crate::neuron::{
    AdaptiveThreshold, AdaptiveThresholdParameters, Comparison, CubaLif, Decay, FireReset, InputScale, LeakyIntegrator,
    LeakyIntegratorParameters, Lif, LifParameters, Refractory, RefractoryGradient, RefractoryHold, Reset,
    ResetGradient, ResetTiming, SynapticCurrent, SynapticCurrentOrder, SynapticCurrentParameters, ThresholdOrder,
};
use crate::number::FixedF64;
use crate::surrogate::Surrogate;

/// The fields of `LIFParameters`, and the time step. Rates are per unit of `dt`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Membrane {
    /// 1 / time constant of the synaptic current.
    pub tau_syn_inv: f64,
    /// 1 / time constant of the membrane.
    pub tau_mem_inv: f64,
    /// Where the membrane leaks to, and where it starts.
    pub v_leak: f64,
    /// Threshold.
    pub v_th: f64,
    /// Where a spike sets the membrane to.
    pub v_reset: f64,
    /// Time step.
    pub dt: f64,
}

impl Default for Membrane {
    /// Norse's defaults: 5 ms, 10 ms, steps of 1 ms.
    fn default() -> Self {
        Self { tau_syn_inv: 200.0, tau_mem_inv: 100.0, v_leak: 0.0, v_th: 1.0, v_reset: 0.0, dt: 0.001 }
    }
}

impl Membrane {
    fn decay(&self, rate: f64) -> f64 {
        Decay::Euler { tau: 1.0 / rate, dt: self.dt }.factor()
    }
    fn parameters(&self) -> LifParameters<f64> {
        let decay = Decay::Multiplier(self.decay(self.tau_mem_inv));
        let parameters = LifParameters::new(decay, InputScale::OneMinusDecay, self.v_th);
        LifParameters { rest: self.v_leak, reset: self.v_reset, ..parameters }
    }
    fn current<P>(&self, neuron: P) -> SynapticCurrentParameters<P, f64> {
        SynapticCurrentParameters { neuron, current_decay: self.decay(self.tau_syn_inv) }
    }
    fn integrator(&self) -> LeakyIntegratorParameters<f64> {
        let LifParameters { decay, gain, rest, .. } = self.parameters();
        LeakyIntegratorParameters { decay, gain, rest }
    }
}

fn fire_reset<G: Surrogate>(surrogate: G) -> FireReset<G> {
    FireReset {
        surrogate,
        comparison: Comparison::Above,
        reset: Reset::Value,
        timing: ResetTiming::SameStep,
        gradient: ResetGradient::Attached,
    }
}

/// `LIFBoxCell`: without a synaptic current.
pub fn lif_box<G: Surrogate>(membrane: Membrane, surrogate: G) -> (Lif<G>, LifParameters<f64>) {
    (Lif { fire_reset: fire_reset(surrogate) }, membrane.parameters())
}

/// `LIFCell`.
pub fn lif<G: Surrogate>(
    membrane: Membrane,
    surrogate: G,
) -> (CubaLif<G>, SynapticCurrentParameters<LifParameters<f64>, f64>) {
    let (neuron, parameters) = lif_box(membrane, surrogate);
    (SynapticCurrent { neuron, order: SynapticCurrentOrder::JumpActDecay }, membrane.current(parameters))
}

/// `LIFRefracCell`: silent for `rho_reset` steps after a spike, its membrane held; the current goes on. A gradient flows
/// through the counter of the steps.
pub fn lif_refrac<G: Surrogate>(
    membrane: Membrane,
    rho_reset: f64,
    surrogate: G,
) -> (Refractory<CubaLif<G>>, SynapticCurrentParameters<LifParameters<f64>, f64>) {
    let (neuron, parameters) = lif(membrane, surrogate);
    let refractory = Refractory {
        neuron,
        steps: FixedF64(rho_reset),
        held: RefractoryHold::Membrane,
        gradient: RefractoryGradient::Norse,
    };
    (refractory, parameters)
}

/// `LSNNCell`: the threshold rises by `beta` with each spike. Inputs act one step late. `tau_adapt_inv` is per unit of `dt`
/// like the other rates, though its default in Norse, 1/800, is one per millisecond: there the threshold all but never falls.
pub fn lsnn<G: Surrogate>(
    membrane: Membrane,
    tau_adapt_inv: f64,
    beta: f64,
    surrogate: G,
) -> (SynapticCurrent<AdaptiveThreshold<G>>, SynapticCurrentParameters<AdaptiveThresholdParameters<f64>, f64>) {
    let LifParameters { decay, gain, threshold, rest, reset } = membrane.parameters();
    let parameters = AdaptiveThresholdParameters {
        decay,
        gain,
        base: threshold,
        recovery: membrane.dt * tau_adapt_inv,
        rise: beta,
        rest,
        reset,
    };
    let neuron = AdaptiveThreshold { fire_reset: fire_reset(surrogate), order: ThresholdOrder::DecayCompare };
    (SynapticCurrent { neuron, order: SynapticCurrentOrder::ActDecayJump }, membrane.current(parameters))
}

/// `LIBoxCell`: the output is the membrane.
pub fn li_box(membrane: Membrane) -> (LeakyIntegrator, LeakyIntegratorParameters<f64>) {
    (LeakyIntegrator::default(), membrane.integrator())
}

/// `LICell`: the output is the membrane, behind a synaptic current.
pub fn li(
    membrane: Membrane,
) -> (SynapticCurrent<LeakyIntegrator>, SynapticCurrentParameters<LeakyIntegratorParameters<f64>, f64>) {
    let (neuron, parameters) = li_box(membrane);
    (SynapticCurrent { neuron, order: SynapticCurrentOrder::JumpActDecay }, membrane.current(parameters))
}
