//! Threshold-aware weights: as large as it takes for neurons to fire at a target rate.

use super::WeightInit;
use crate::neuron::Neuron;
use crate::noise::{NoiseSeed, uniform};
use crate::number::FixedF64;

/// What [`weights_for_rate`] has to know about the inputs of a layer: how large they are on average, and how much they vary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputStatistics {
    /// The mean, over inputs, of the square of each one's mean over time.
    pub steady: f64,
    /// The mean, over inputs, of each one's variance in time.
    pub varying: f64,
}

impl InputStatistics {
    /// Inputs that spike at the share `rate` of the steps.
    pub fn spikes(rate: f64) -> Self {
        Self { steady: rate * rate, varying: rate * (1.0 - rate) }
    }

    /// Inputs that do not change in time, with the mean square `mean_square`.
    pub fn constants(mean_square: f64) -> Self {
        Self { steady: mean_square, varying: 0.0 }
    }

    /// Inputs with the mean square `mean_square` which [flicker](crate::encode::flicker): each times noise with a mean of
    /// 1/2 and a variance of 1/12.
    pub fn flicker(mean_square: f64) -> Self {
        Self { steady: mean_square / 4.0, varying: mean_square / 12.0 }
    }
}

/// What [`weights_for_rate`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateInit {
    /// The weights.
    pub init: WeightInit,
    /// What the neurons then send: the inputs of the next layer.
    pub output: InputStatistics,
}

/// The size of weights at which neurons of this kind fire at the share `rate` of the steps, on average over a layer,
/// given what comes in.
///
/// Initialisations made for networks without spikes keep the variance of activations at 1, whatever the threshold,
/// the leak and the reset: deep networks fall silent or saturate. Here the neurons themselves are run. Many
/// independent weights of deviation `g / sqrt(n)` make a current with a Gaussian part that differs from neuron to
/// neuron, and one that differs from step to step,
///
/// ```text
/// i[t] = g (sqrt(steady) z + sqrt(varying) ξ[t])        z, ξ[t] standard normal
/// ```
///
/// and 500 neurons are run with it, in `f64` and by their own step function, for 120 steps (the first 20 are not counted), at
/// several `g`, until the rate is met: some milliseconds. Layer by layer, each with the [output](RateInit::output) of the one
/// before, a network of any depth starts alive.
///
/// # Panics
/// If the rate is not between 0 and 1, nothing comes in, or the neurons cannot fire that often.
///
/// # Source
/// That membranes' fluctuations must match the threshold: Rossbroich, Gygax, Zenke (2022), "Fluctuation-driven
/// initialization for spiking neural network training", doi 10.1088/2634-4386/ac97bb; their formula leaves out the
/// reset, with which soft-reset neurons of slow leak fire far too seldom.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use snn_core::init::{InputStatistics, weights_for_rate};
/// use snn_core::layer::{Neurons, SpikingLinearConfig};
/// use snn_core::neuron::{Decay, InputScale, Lif, LifParameters};
///
/// let parameters = LifParameters::new(Decay::Multiplier(0.9), InputScale::One, 1.0);
/// // Ten layers that should fire at 15 % of the steps, behind inputs that spike at 20 %.
/// let mut input = InputStatistics::spikes(0.2);
/// let layers: Vec<_> = (0..10)
///     .map(|index| {
///         let firing = weights_for_rate(&Lif::default(), &parameters, input, 0.15);
///         input = firing.output;
///         let config = SpikingLinearConfig::new(100, 100).with_initializer(firing.init);
///         config.with_seed(Some(index)).init(Neurons::new(Lif::default(), parameters), &Device::flex())
///     })
///     .collect();
/// # assert_eq!(layers.len(), 10);
/// ```
#[track_caller]
pub fn weights_for_rate<N: Neuron>(
    neuron: &N,
    parameters: &N::Parameters<f64>,
    input: InputStatistics,
    rate: f64,
) -> RateInit {
    try_weights_for_rate(neuron, parameters, input, rate).unwrap_or_else(|sentence| panic!("{sentence}"))
}

/// The same; a sentence if the neurons cannot fire that often.
#[track_caller]
pub(crate) fn try_weights_for_rate<N: Neuron>(
    neuron: &N,
    parameters: &N::Parameters<f64>,
    input: InputStatistics,
    rate: f64,
) -> Result<RateInit, String> {
    assert!(
        rate > 0.0 && rate < 1.0,
        "weights_for_rate: a rate of {rate} spikes per step, it must lie between 0 and 1"
    );
    assert!(
        input.steady >= 0.0 && input.varying >= 0.0 && input.steady + input.varying > 0.0,
        "weights_for_rate: inputs with a steady mean square of {} and a variance of {}, neither may be negative nor both zero",
        input.steady,
        input.varying
    );
    let drive = Drive::new(input);
    let response = |gain: f64| drive.response(neuron, parameters, gain);
    // From far below any threshold, up to where they fire enough ...
    let mut high = 1e-6;
    while response(high).rate < rate {
        high *= 2.0;
        if high >= 1e9 {
            return Err(format!(
                "weights_for_rate: {neuron:?} fires at {:.3} of the steps however strong its input, {rate} was asked for; ask \
                 for less",
                response(high).rate
            ));
        }
    }
    // ... then in between, to one in a thousand.
    let mut low = high / 2.0;
    while high / low > 1.001 {
        let middle = (low * high).sqrt();
        if response(middle).rate < rate { low = middle } else { high = middle }
    }
    Ok(RateInit { init: WeightInit::Gain(FixedF64(high)), output: response(high).output })
}

const NEURONS: usize = 500;
const STEPS: usize = 120;
const UNCOUNTED: usize = 20;

/// The current of the population at gain 1: `[step][neuron]`.
struct Drive {
    current: Vec<Vec<f64>>,
}

struct Response {
    rate: f64,
    output: InputStatistics,
}

impl Drive {
    fn new(input: InputStatistics) -> Self {
        let noise = NoiseSeed::new(0);
        let (steady, varying) = (input.steady.sqrt(), input.varying.sqrt());
        let current = |step: usize, neuron: usize| {
            steady * normal(noise.key(0), neuron) + varying * normal(noise.key(step + 1), neuron)
        };
        Self { current: (0..STEPS).map(|step| (0..NEURONS).map(|neuron| current(step, neuron)).collect()).collect() }
    }

    fn response<N: Neuron>(&self, neuron: &N, parameters: &N::Parameters<f64>, gain: f64) -> Response {
        let mut states = [neuron.resting_state(parameters); NEURONS];
        let (mut fired, mut sums, mut squares) = (0usize, [0.0f64; NEURONS], [0.0f64; NEURONS]);
        for (step, currents) in self.current.iter().enumerate() {
            for (index, current) in currents.iter().enumerate() {
                let (output, state) = neuron.step(parameters, states[index], gain * current);
                states[index] = state;
                if step >= UNCOUNTED {
                    fired += usize::from(output != 0.0);
                    sums[index] += output;
                    squares[index] += output * output;
                }
            }
        }
        let counted = (STEPS - UNCOUNTED) as f64;
        let over_neurons = |sum: f64| sum / NEURONS as f64;
        let steady = over_neurons(sums.iter().map(|sum| (sum / counted).powi(2)).sum());
        let square = over_neurons(squares.iter().map(|square| square / counted).sum());
        Response {
            rate: fired as f64 / (counted * NEURONS as f64),
            output: InputStatistics { steady, varying: (square - steady).max(0.0) },
        }
    }
}

/// A number with a standard normal distribution (Box and Muller 1958), that of `element` under `key`.
fn normal(key: u32, element: usize) -> f64 {
    let draw = |place: usize| f64::from(uniform(key, (2 * element + place) as u32));
    (-2.0 * (1.0 - draw(0)).ln()).sqrt() * (std::f64::consts::TAU * draw(1)).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::{Decay, InputScale, IntegrateAndFire, IntegrateAndFireParameters, Lif, LifParameters};

    fn gain(found: RateInit) -> f64 {
        match found.init {
            WeightInit::Gain(gain) => gain.0,
            other => panic!("a gain, not {other:?}"),
        }
    }

    #[test]
    fn neurons_without_memory_fire_as_often_as_a_normal_number_exceeds_the_threshold() {
        // Decay 0 and a current that is new at each step: P(g ξ > 1) = 0.1587 at g = 1.
        let parameters = LifParameters::new(Decay::Multiplier(0.0), InputScale::One, 1.0);
        let input = InputStatistics { steady: 0.0, varying: 1.0 };
        // A membrane far above threshold keeps its excess, but forgets it at once.
        let found = weights_for_rate(&Lif::default(), &parameters, input, 0.1587);
        assert!((gain(found) - 1.0).abs() < 0.02, "{found:?}");
        assert!((found.output.steady - 0.1587f64.powi(2)).abs() < 0.005, "{found:?}");
        assert!((found.output.steady + found.output.varying - 0.1587).abs() < 0.002, "{found:?}");
    }

    #[test]
    fn weights_grow_with_the_threshold() {
        let input = InputStatistics::spikes(0.2);
        let at = |threshold: f64| {
            let parameters = LifParameters::new(Decay::Multiplier(0.9), InputScale::One, threshold);
            gain(weights_for_rate(&Lif::default(), &parameters, input, 0.1))
        };
        assert!((at(10.0) / at(1.0) - 10.0).abs() < 0.05);
    }

    #[test]
    fn without_leak_the_rate_is_that_of_the_positive_currents() {
        // Soft reset without leak: each spike takes θ = 1, so the rate is the positive half of the steady current,
        // E max(0, g z) = g / sqrt(2π); g = 0.1 sqrt(2π) for a rate of 0.1, and no neuron above one spike per step.
        let parameters = IntegrateAndFireParameters { gain: 1.0, threshold: 1.0, reset: 0.0 };
        let found = weights_for_rate(&IntegrateAndFire::default(), &parameters, InputStatistics::constants(1.0), 0.1);
        let expected = 0.1 * std::f64::consts::TAU.sqrt();
        assert!((gain(found) / expected - 1.0).abs() < 0.08, "{found:?}, expected {expected}");
    }

    #[test]
    #[should_panic(expected = "a rate of 1.5 spikes per step, it must lie between 0 and 1")]
    fn an_impossible_rate_is_refused() {
        let parameters = LifParameters::new(Decay::Multiplier(0.9), InputScale::One, 1.0);
        weights_for_rate(&Lif::default(), &parameters, InputStatistics::spikes(0.1), 1.5);
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let numbers: Vec<f64> = (0..20_000).map(|element| normal(7, element)).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let variance = numbers.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean}, {variance}");
    }
}
