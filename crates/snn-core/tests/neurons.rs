//! The table of neurons. Each row is run through oracle, finite differences, reference and kernels on every device
//! compiled in: see [`snn_core::check`].

use snn_core::check::check;
use snn_core::neuron::presets::{norse, snntorch, spikingjelly};
use snn_core::neuron::*;
use snn_core::number::FixedF64;
use snn_core::surrogate::ATan;

/// One test for each row: `name: neuron, parameters`.
macro_rules! table {
    ($($name:ident: $neuron:expr, $parameters:expr;)*) => {$(
        #[test]
        fn $name() {
            let report = check($neuron, $parameters);
            println!("{report:?}");
            assert!(report.spikes >= 100, "too few spikes to tell anything: {report:?}");
        }
    )*};
}

/// A population of LIF neurons with the conventions `firing`.
fn lif(reset: Reset, timing: ResetTiming, gradient: ResetGradient) -> Lif {
    Lif { fire_reset: FireReset { reset, timing, gradient, comparison: Comparison::AtOrAbove, ..FireReset::default() } }
}

fn with_current<P>(neuron: P) -> SynapticCurrentParameters<P, f64> {
    SynapticCurrentParameters { neuron, current_decay: 0.7 }
}

fn lif_refrac() -> (Refractory<CubaLif>, CubaParameters) {
    norse::lif_refrac(norse::Membrane::default(), 3.0, ATan::default())
}

fn lsnn() -> (SynapticCurrent<AdaptiveThreshold>, SynapticCurrentParameters<AdaptiveThresholdParameters<f64>, f64>) {
    norse::lsnn(norse::Membrane::default(), 100.0, 0.5, ATan::default())
}

fn alpha(reset: AlphaReset) -> Alpha {
    snntorch::alpha(0.85, 0.75, 0.5, reset, ATan::default()).0
}

const LIF: LifParameters<f64> = LifParameters { decay: 0.9, gain: 0.5, threshold: 1.0, rest: 0.1, reset: -0.2 };
const INTEGRATE: IntegrateAndFireParameters<f64> = IntegrateAndFireParameters { gain: 1.0, threshold: 1.0, reset: 0.1 };
const INTEGRATOR: LeakyIntegratorParameters<f64> = LeakyIntegratorParameters { decay: 0.9, gain: 0.5, rest: 0.1 };
const LAPICQUE: LapicqueParameters<f64> =
    LapicqueParameters { resistance: 5.0, capacitance: 2.0, threshold: 1.0, reset: 0.0 };
const PARAMETRIC: ParametricLifParameters<f64> =
    ParametricLifParameters { w: -1.0, threshold: 1.0, rest: 0.1, reset: -0.2 };
const ADAPTIVE_THRESHOLD: AdaptiveThresholdParameters<f64> =
    AdaptiveThresholdParameters { decay: 0.9, gain: 0.5, base: 1.0, recovery: 0.2, rise: 0.3, rest: 0.1, reset: -0.2 };
const ADAPTIVE_LIF: AdaptiveLifParameters<f64> =
    AdaptiveLifParameters { decay: 0.9, adaptation_decay: 0.95, coupling: 0.3, jump: 0.5, threshold: 1.0 };
const QUADRATIC: QuadraticIfParameters<f64> =
    QuadraticIfParameters { rate: 0.5, curvature: 0.6, rest: 0.1, critical: 0.8, threshold: 1.5, reset: -0.1 };
const ADAPTIVE_QUADRATIC: AdaptiveQuadraticParameters<f64> = AdaptiveQuadraticParameters {
    rate: 0.5,
    curvature: 0.6,
    rest: 0.1,
    critical: 0.8,
    adaptation_rate: 0.4,
    coupling: 0.3,
    jump: 0.2,
    threshold: 1.5,
    reset: -0.1,
};
const EXPONENTIAL: ExponentialIfParameters<f64> =
    ExponentialIfParameters { rate: 0.5, slope: 0.9, rheobase: 0.8, rest: 0.1, threshold: 1.5, reset: -0.1 };
// Not the laboratory's units: there the adaptation lives on differences of large numbers, which `f32` does not resolve.
const ADAPTIVE_EXPONENTIAL: AdaptiveExponentialParameters<f64> = AdaptiveExponentialParameters {
    capacitance: 2.0,
    conductance: 0.5,
    rest: 0.0,
    slope: 0.5,
    rheobase: 1.0,
    coupling: 0.3,
    adaptation_time: 5.0,
    jump: 0.4,
    threshold: 2.0,
    reset: -0.2,
};
const RESONATE: ResonateAndFireParameters<f64> =
    ResonateAndFireParameters { decay: 0.9, frequency: 0.6, threshold: 1.0, reset: 0.0 };
const ARTICLE: GradedLifParameters<f64> = GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };

table! {
    article_scaled: GradedLif { reset: GradedLifReset::Scaled }, ARTICLE;
    article_subtracted: GradedLif { reset: GradedLifReset::Subtracted }, ARTICLE;
    lif_soft: lif(Reset::Subtract, ResetTiming::SameStep, ResetGradient::Attached), LIF;
    lif_hard: lif(Reset::Value, ResetTiming::SameStep, ResetGradient::Detached), LIF;
    lif_zero_before_next_step: lif(Reset::Zero, ResetTiming::BeforeNextStep, ResetGradient::Detached), LIF;
    lif_hard_next_step: lif(Reset::Value, ResetTiming::NextStep, ResetGradient::Detached), LIF;
    lif_snntorch_same_step: lif(Reset::Subtract, ResetTiming::SnnTorchSameStep, ResetGradient::Attached), LIF;
    lif_without_reset: lif(Reset::None, ResetTiming::SameStep, ResetGradient::Detached), LIF;
    integrate_and_fire: IntegrateAndFire::default(), INTEGRATE;
    leaky_integrator: LeakyIntegrator::default(), INTEGRATOR;
    current_decay_jump_act: CubaLif { neuron: Lif::default(), order: SynapticCurrentOrder::DecayJumpAct }, with_current(LIF);
    current_jump_act_decay: CubaLif { neuron: Lif::default(), order: SynapticCurrentOrder::JumpActDecay }, with_current(LIF);
    current_act_decay_jump: CubaLif { neuron: Lif::default(), order: SynapticCurrentOrder::ActDecayJump }, with_current(LIF);
    current_integrator: SynapticCurrent::<LeakyIntegrator>::default(), with_current(INTEGRATOR);
    alpha_zero: alpha(AlphaReset::Zero), AlphaParameters::new(0.85, 0.75, 0.5);
    alpha_subtract: alpha(AlphaReset::SnnTorchSubtract), AlphaParameters::new(0.85, 0.75, 0.5);
    lapicque: Lapicque { fire_reset: FireReset::default(), dt: FixedF64(0.5) }, LAPICQUE;
    parametric_lif: ParametricLif::default(), PARAMETRIC;
    parametric_lif_unscaled: spikingjelly::parametric_lif_node(2.0, false, spikingjelly::Node::default()).0, PARAMETRIC;
    adaptive_threshold: AdaptiveThreshold::default(), ADAPTIVE_THRESHOLD;
    adaptive_threshold_norse: lsnn().0, lsnn().1;
    adaptive_lif: AdaptiveLif::default(), ADAPTIVE_LIF;
    quadratic: QuadraticIf::default(), QUADRATIC;
    adaptive_quadratic: AdaptiveQuadratic::default(), ADAPTIVE_QUADRATIC;
    exponential: ExponentialIf::default(), EXPONENTIAL;
    adaptive_exponential: AdaptiveExponential::default(), ADAPTIVE_EXPONENTIAL;
    izhikevich: Izhikevich::default(), IzhikevichParameters::regular_spiking();
    resonate_and_fire: ResonateAndFire::default(), RESONATE;
    integer_lif: IntegerLif::default(), IntegerLifParameters { decay: 0.9, gain: 1.0, threshold: 0.5 };
    sigma_delta: SigmaDelta::default(), SigmaDeltaParameters { threshold: 0.5, bias: 0.1 };
    refractory: Refractory::new(Lif::default(), 2), LIF;
    refractory_norse: lif_refrac().0, lif_refrac().1;
}
