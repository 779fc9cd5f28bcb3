//! Laws of the neurons, each a property of their equations in `f64`.

use proptest::prelude::*;
use snn_core::neuron::*;
use snn_core::number::{Fields, FixedF64};
use snn_core::surrogate::ATan;

/// Output and state of each step, from rest.
fn run<N: Neuron>(neuron: &N, parameters: &N::Parameters<f64>, inputs: &[f64]) -> Vec<(f64, N::State<f64>)> {
    let mut state = neuron.resting_state(parameters);
    inputs
        .iter()
        .map(|input| {
            let (output, after) = neuron.step(parameters, state, *input);
            state = after;
            (output, after)
        })
        .collect()
}

fn outputs<N: Neuron>(neuron: &N, parameters: &N::Parameters<f64>, inputs: &[f64]) -> Vec<f64> {
    run(neuron, parameters, inputs).into_iter().map(|(output, _)| output).collect()
}

fn lif(reset: Reset, timing: ResetTiming) -> Lif {
    Lif { fire_reset: FireReset { reset, timing, ..FireReset::default() } }
}

/// Decays and inputs which are multiples of 1/64: sums of a few of them are exact.
fn sixty_fourths(low: i32, high: i32) -> impl Strategy<Value = f64> {
    (low..high).prop_map(|n| f64::from(n) / 64.0)
}

fn inputs() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-0.5..2.0f64, 1..60)
}

const LIF: LifParameters<f64> = LifParameters { decay: 0.9, gain: 1.0, threshold: 1.0, rest: 0.0, reset: 0.0 };

#[test]
fn without_input_a_membrane_decays_by_exactly_its_decay() {
    let neuron = Lif::default();
    let parameters = LifParameters { decay: 0.5, ..LIF };
    let mut state = LifState { membrane: 0.75 };
    for step in 1..20 {
        state = neuron.step(&parameters, state, 0.0).1;
        assert_eq!(state.membrane, 0.75 * 0.5f64.powi(step));
    }
}

#[test]
fn an_exact_decay_over_two_half_steps_is_one_over_the_whole() {
    let factor = |dt| Decay::Exact { tau: 7.0, dt }.factor();
    assert!((factor(0.5) * factor(0.5) - factor(1.0)).abs() < 1e-15);
    // Euler's is not, and comes closer the smaller the step.
    let euler = |dt| Decay::Euler { tau: 7.0, dt }.factor();
    assert!((euler(0.5) * euler(0.5) - euler(1.0)).abs() > 1e-3);
    assert!((euler(1e-6) - factor(1e-6)).abs() < 1e-12);
}

#[test]
#[should_panic(expected = "time constant -1 and time step 0.5 must be positive")]
fn a_negative_time_constant_is_refused() {
    Decay::Exact { tau: -1.0, dt: 0.5 }.factor();
}

#[test]
fn a_wrapper_lists_its_own_field_after_those_of_its_neuron() {
    type Silent = Refractory<CubaLif>;
    assert_eq!(<<Silent as Neuron>::State<f64> as Fields<f64>>::NAMES, ["membrane", "current", "counter"]);
    assert_eq!(
        <<Silent as Neuron>::Parameters<f64> as Fields<f64>>::NAMES,
        ["decay", "gain", "threshold", "rest", "reset", "current_decay"]
    );
}

proptest! {
    #[test]
    fn after_a_spike_a_refractory_neuron_is_silent_for_exactly_its_steps(
        steps in 0u32..6, held in prop::sample::select(vec![RefractoryHold::Membrane, RefractoryHold::Everything, RefractoryHold::Nothing]),
    ) {
        // Driven so strongly that it would fire at every step.
        let neuron = Refractory { held, ..Refractory::new(lif(Reset::Zero, ResetTiming::SameStep), steps) };
        let found = outputs(&neuron, &LIF, &[3.0; 40]);
        let expected: Vec<f64> = (0..40).map(|step| f64::from(step % (steps + 1) == 0)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_refractory_membrane_is_held(inputs in inputs(), steps in 1u32..6) {
        let neuron = Refractory::new(lif(Reset::Zero, ResetTiming::SameStep), steps);
        let run = run(&neuron, &LIF, &inputs);
        for pair in run.windows(2) {
            let (before, after) = (pair[0].1, pair[1].1);
            if before.counter > 0.0 {
                prop_assert_eq!(before.neuron.membrane, after.neuron.membrane);
            }
        }
    }

    #[test]
    fn no_refractory_steps_is_the_neuron_itself(inputs in inputs()) {
        prop_assert_eq!(outputs(&Refractory::new(Lif::default(), 0), &LIF, &inputs), outputs(&Lif::default(), &LIF, &inputs));
    }

    #[test]
    fn a_soft_reset_before_the_next_step_spikes_as_one_in_the_same_step(
        inputs in prop::collection::vec(sixty_fourths(-32, 96), 1..10),
    ) {
        let parameters = LifParameters { decay: 0.5, ..LIF };
        let spikes = |timing| outputs(&lif(Reset::Subtract, timing), &parameters, &inputs);
        prop_assert_eq!(spikes(ResetTiming::BeforeNextStep), spikes(ResetTiming::SameStep));
    }

    #[test]
    fn cutting_the_gradient_of_the_reset_changes_no_spike(inputs in inputs()) {
        let with = |gradient| outputs(&Lif { fire_reset: FireReset { gradient, ..FireReset::default() } }, &LIF, &inputs);
        prop_assert_eq!(with(ResetGradient::Detached), with(ResetGradient::Attached));
    }

    #[test]
    fn without_a_leak_every_input_is_in_the_membrane_or_was_sent(
        inputs in prop::collection::vec(sixty_fourths(0, 128), 1..60),
    ) {
        let parameters = IntegrateAndFireParameters { gain: 1.0, threshold: 0.5, reset: 0.0 };
        let run = run(&IntegrateAndFire::default(), &parameters, &inputs);
        let sent: f64 = run.iter().map(|(spike, _)| 0.5 * spike).sum();
        prop_assert_eq!(sent + run[run.len() - 1].1.membrane, inputs.iter().sum::<f64>());
    }

    #[test]
    fn integer_spikes_leave_less_than_one_threshold(inputs in inputs()) {
        let parameters = IntegerLifParameters { decay: 0.9, gain: 1.0, threshold: 0.5 };
        let neuron = IntegerLif { levels: FixedF64(20.0), ..IntegerLif::default() };
        for (spikes, state) in run(&neuron, &parameters, &inputs) {
            prop_assert_eq!(spikes, spikes.floor());
            prop_assert!((0.0..=20.0).contains(&spikes) && state.membrane < 0.5, "{spikes} {state:?}");
        }
    }

    #[test]
    fn special_cases_of_a_neuron_are_the_simpler_neuron(inputs in inputs()) {
        let simple = outputs(&Lif::default(), &LIF, &inputs);

        let current = SynapticCurrentParameters { neuron: LIF, current_decay: 0.0 };
        prop_assert_eq!(&outputs(&CubaLif::default(), &current, &inputs), &simple, "a current which does not last");

        let LifParameters { decay, gain, threshold: base, rest, reset } = LIF;
        let adaptive = AdaptiveThresholdParameters { decay, gain, base, recovery: 0.1, rise: 0.0, rest, reset };
        prop_assert_eq!(&outputs(&AdaptiveThreshold::default(), &adaptive, &inputs), &simple, "a threshold which does not rise");

        let lapicque = Lapicque { fire_reset: FireReset::new(ATan::default()), dt: FixedF64(0.5) };
        // 1 - dt/(RC) = 0.9, dt/C = 1
        let circuit = LapicqueParameters { resistance: 10.0, capacitance: 0.5, threshold: 1.0, reset: 0.0 };
        prop_assert_eq!(&outputs(&lapicque, &circuit, &inputs), &simple, "a circuit with the same constants");

        let quadratic = QuadraticIfParameters { rate: 0.5, curvature: 1.0, rest: 0.0, critical: 0.8, threshold: 1.0, reset: 0.0 };
        let QuadraticIfParameters { rate, curvature, rest, critical, threshold, reset } = quadratic;
        let adaptive = AdaptiveQuadraticParameters {
            rate, curvature, rest, critical, adaptation_rate: 0.5, coupling: 0.0, jump: 0.0, threshold, reset,
        };
        prop_assert_eq!(
            outputs(&AdaptiveQuadratic::default(), &adaptive, &inputs),
            outputs(&QuadraticIf::default(), &quadratic, &inputs),
            "an adaptation which nothing drives"
        );
    }

    #[test]
    fn an_adapting_neuron_fires_no_more_often(input in 0.2..2.0f64) {
        let LifParameters { decay, gain, threshold: base, rest, reset } = LIF;
        let count = |rise| {
            let parameters = AdaptiveThresholdParameters { decay, gain, base, recovery: 0.05, rise, rest, reset };
            outputs(&AdaptiveThreshold::default(), &parameters, &[input; 100]).iter().sum::<f64>()
        };
        prop_assert!(count(0.5) <= count(0.0));
    }

    #[test]
    fn an_undriven_resonator_keeps_its_phase(decay in 0.5..1.0f64, frequency in -3.0..3.0f64) {
        let parameters = ResonateAndFireParameters { decay, frequency, threshold: 100.0, reset: 0.0 };
        let mut inputs = vec![0.0; 30];
        inputs[0] = 1.0;
        for (step, (_, state)) in run(&ResonateAndFire::default(), &parameters, &inputs).into_iter().enumerate() {
            let (radius, angle) = (decay.powi(step as i32), frequency * step as f64);
            prop_assert!((state.current - radius * angle.cos()).abs() < 1e-12);
            prop_assert!((state.membrane - radius * angle.sin()).abs() < 1e-12);
        }
    }
}

#[test]
fn a_regular_spiking_neuron_fires_as_the_paper_shows() {
    // Izhikevich (2003), figure 2, "RS": after a first short interval the spikes slow down to a steady rhythm.
    let spikes = outputs(&Izhikevich::default(), &IzhikevichParameters::regular_spiking(), &[10.0; 500]);
    let times: Vec<usize> = (0..500).filter(|step| spikes[*step] > 0.0).collect();
    let intervals: Vec<usize> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // In steps of 1 ms the spike's height, and with it the next interval, varies; the adaptation is far larger.
    let (first, shortest) = (intervals[0] as f64, *intervals[1..].iter().min().expect("spikes") as f64);
    assert!(times.len() > 8 && first < 0.6 * shortest, "{intervals:?}");
}

#[test]
fn an_adaptive_exponential_neuron_spikes_beyond_its_rheobase_and_adapts() {
    // Brette and Gerstner (2005): the rheobase of their neuron is about 1 nA.
    let neuron = AdaptiveExponential { dt: FixedF64(0.1), ..AdaptiveExponential::default() };
    let parameters = AdaptiveExponentialParameters::brette_gerstner();
    let spikes = |current: f64| outputs(&neuron, &parameters, &vec![current; 5000]);
    assert_eq!(spikes(500.0).iter().sum::<f64>(), 0.0);
    let strong = spikes(1500.0);
    assert!(strong.iter().all(|spike| spike.is_finite()));
    let times: Vec<usize> = (0..strong.len()).filter(|step| strong[*step] > 0.0).collect();
    let intervals: Vec<usize> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(intervals.len() > 3 && intervals[0] < intervals[intervals.len() - 1], "{intervals:?}");
}
