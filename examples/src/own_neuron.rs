//! Your own neuron in ten lines, and the line that checks it.
//!
//! Written once as ordinary arithmetic, it has fused kernels, forward and backward, on CPU and GPU; learned parameters;
//! and any place in a network. No derivative is written by hand.

use burn::tensor::{Device, Tensor};
use snn_core::layer::{Neurons, SpikingLinearConfig};
use snn_core::neuron::Neuron;

snn_core::neuron! {
    /// It is tired by each spike, and drinks coffee: the threshold rises by `fatigue` with each spike, and recovers.
    pub struct Sleepy
    parameters SleepyParameters { decay, threshold, fatigue, recovery }
    state SleepyState { membrane, tired }
    fn step(&self, p, state, input) {
        let membrane = p.decay * state.membrane + input;
        let over = membrane - p.threshold - p.fatigue * state.tired;
        let (zero, one) = (S::constant(0.0), S::constant(1.0));
        let spike = over.surrogate(over.if_positive(one, zero), |_| one / (one + over * over));
        let tired = p.recovery * state.tired + spike;
        (spike, SleepyState { membrane: spike.if_positive(zero, membrane), tired })
    }
}

/// Checks the neuron, looks at it, and puts it into a layer with a learned threshold.
pub fn run() {
    let parameters = SleepyParameters { decay: 0.9, threshold: 1.0, fatigue: 0.5, recovery: 0.95 };

    // Oracle in f64, finite differences, Burn's autodiff and the fused kernels agree on every backend compiled in.
    let report = snn_core::check::check(Sleepy {}, parameters);
    println!("{} comparisons, largest relative error {:.1e}", report.comparisons, report.worst);
    assert!(report.spikes > 0, "the check has seen spikes");

    // The step function is an ordinary function: forty steps at constant input.
    let mut state = Sleepy {}.resting_state(&parameters);
    let mut spikes = Vec::new();
    for _ in 0..40 {
        let (spike, next) = Sleepy {}.step(&parameters, state, 0.5f64);
        spikes.push(spike);
        state = next;
    }
    let (early, late) = (spikes[..20].iter().sum::<f64>(), spikes[20..].iter().sum::<f64>());
    println!("{early} spikes in the first 20 steps, {late} in the next 20");
    assert!(late < early && late > 0.0, "it tires: {early} spikes, then {late}");

    // In a layer, with a threshold of its own for each neuron, learned together with the weights.
    let device = Device::flex().autodiff();
    let neurons = Neurons::new(Sleepy {}, parameters).learn("threshold", 5, &device);
    let layer = SpikingLinearConfig::new(3, 5).init(neurons, &device);
    let output = layer.forward(Tensor::<3>::ones([20, 4, 3], &device), None).output;
    let gradients = output.mean().backward();
    let gradient = layer.neurons.learned[0].grad(&gradients).expect("a gradient of the thresholds");
    assert_eq!(gradient.dims(), [5]);
    assert!(gradient.into_data().iter::<f32>().any(|value| value < 0.0), "a higher threshold means fewer spikes");
}
