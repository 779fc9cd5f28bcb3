//! snnTorch 1.0: `Leaky`, `Synaptic`, `Alpha`, `Lapicque`.
//!
//! Fires at `>` (its documentation says ≥). With `reset_delay` (the default) the reset comes one step late and no
//! gradient flows through it; without, it flows.

use crate::neuron::{
    Alpha, AlphaParameters, AlphaReset, Comparison, CubaLif, Decay, FireReset, InputScale, Lapicque,
    LapicqueParameters, Lif, LifParameters, Reset, ResetGradient, ResetTiming, SynapticCurrentOrder,
    SynapticCurrentParameters,
};
use crate::number::FixedF64;
use crate::surrogate::Surrogate;

fn fire_reset<G: Surrogate>(reset: Reset, timing: ResetTiming, surrogate: G) -> FireReset<G> {
    FireReset { surrogate, comparison: Comparison::Above, reset, timing, gradient: ResetGradient::Attached }
}

fn membrane(beta: f64, threshold: f64) -> LifParameters<f64> {
    LifParameters::new(Decay::Multiplier(beta.clamp(0.0, 1.0)), InputScale::One, threshold)
}

/// `Leaky`. With `zero` its delayed reset comes before leak and input, with `subtract` after them: since version 0.8
/// `subtract` takes θ off the membrane, not βθ, so `reset_delay` on and off are different dynamics.
pub fn leaky<G: Surrogate>(
    beta: f64,
    threshold: f64,
    reset_mechanism: Reset,
    reset_delay: bool,
    surrogate: G,
) -> (Lif<G>, LifParameters<f64>) {
    let timing = match (reset_delay, reset_mechanism) {
        (true, Reset::Zero) => ResetTiming::BeforeNextStep,
        (true, _) => ResetTiming::NextStep,
        (false, _) => ResetTiming::SnnTorchSameStep,
    };
    (Lif { fire_reset: fire_reset(reset_mechanism, timing, surrogate) }, membrane(beta, threshold))
}

/// `Synaptic`: a current-based neuron. With `zero` its delayed reset comes after leak and input, unlike `Leaky`'s; the
/// current is not reset.
pub fn synaptic<G: Surrogate>(
    alpha: f64,
    beta: f64,
    threshold: f64,
    reset_mechanism: Reset,
    reset_delay: bool,
    surrogate: G,
) -> (CubaLif<G>, SynapticCurrentParameters<LifParameters<f64>, f64>) {
    let timing = if reset_delay { ResetTiming::NextStep } else { ResetTiming::SnnTorchSameStep };
    let neuron = Lif { fire_reset: fire_reset(reset_mechanism, timing, surrogate) };
    (
        CubaLif { neuron, order: SynapticCurrentOrder::DecayJumpAct },
        SynapticCurrentParameters { neuron: membrane(beta, threshold), current_decay: alpha.clamp(0.0, 1.0) },
    )
}

/// `Alpha`. Its default reset is `zero`, unlike that of the other neurons.
pub fn alpha<G: Surrogate>(
    alpha: f64,
    beta: f64,
    threshold: f64,
    reset: AlphaReset,
    surrogate: G,
) -> (Alpha<G>, AlphaParameters<f64>) {
    (Alpha { surrogate, comparison: Comparison::Above, reset }, AlphaParameters::new(alpha, beta, threshold))
}

/// `Lapicque`, given R and C. Its delayed reset comes after leak and input, also with `zero`, where the input which
/// arrives together with the reset is lost.
pub fn lapicque<G: Surrogate>(
    resistance: f64,
    capacitance: f64,
    time_step: f64,
    threshold: f64,
    reset_mechanism: Reset,
    surrogate: G,
) -> (Lapicque<G>, LapicqueParameters<f64>) {
    (
        Lapicque { fire_reset: fire_reset(reset_mechanism, ResetTiming::NextStep, surrogate), dt: FixedF64(time_step) },
        LapicqueParameters { resistance, capacitance, threshold, reset: 0.0 },
    )
}
