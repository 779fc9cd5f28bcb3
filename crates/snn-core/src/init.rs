//! Initial weights, the same on every backend: drawn on the host from the counter-based generator.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};

use crate::neuron::Constant;
use crate::noise::{NoiseSeed, uniform};

/// How the weights of a synapse are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightInit {
    /// `U(-a, a)` with `a = sqrt(6 / (inputs + outputs))`: Glorot and Bengio (2010), eq. 16. The article's
    /// spiking layers use it.
    #[default]
    XavierUniform,
    /// `U(-a, a)` with `a = 1 / sqrt(inputs)`: what PyTorch's `Linear` does, and the article's dense network.
    TorchLinear,
    /// So that the membranes vary around the threshold: see [`ThresholdInit`]. The biases are zero.
    Threshold(ThresholdInit),
}

impl WeightInit {
    fn bound(self, inputs: usize, outputs: usize) -> f64 {
        match self {
            Self::XavierUniform => (6.0 / (inputs + outputs) as f64).sqrt(),
            Self::TorchLinear => torch_bound(inputs),
            // A uniform distribution in (-a, a) has the deviation a / sqrt(3).
            Self::Threshold(init) => 3.0f64.sqrt() * init.deviation(inputs),
        }
    }

    fn bias_bound(self, inputs: usize) -> f64 {
        match self {
            Self::XavierUniform | Self::TorchLinear => torch_bound(inputs),
            Self::Threshold(_) => 0.0,
        }
    }
}

/// Weights scaled so that, without reset, membranes have a standard deviation of `spread` thresholds: a network
/// starts neither silent nor saturated.
///
/// Initialisations made for networks without spikes keep the variance of activations at 1, whatever the threshold
/// and however much a membrane sums up. Here, an input `x` with the mean square of its mean over time `m²` and the
/// variance in time `σ²` makes, by independent weights of variance `w²`, membranes of the variance
///
/// ```text
/// u[t] = λ u[t-1] + Σ_j W_j x_j[t]                      n inputs
/// <u²> = n w² (m² / (1 - λ)² + σ² / (1 - λ²))           after many steps
/// ```
///
/// and `w` is chosen for `sqrt(<u²>) = spread · θ`. With spread 1 a sixth of the time is spent above threshold.
/// For neurons whose input is scaled by `1 - λ`, give `threshold / (1 - λ)`.
///
/// # Source
/// The sums are those of Rossbroich, Gygax, Zenke (2022), "Fluctuation-driven initialization for spiking neural network
/// training", doi 10.1088/2634-4386/ac97bb, section 2.1, for exponential membranes in discrete time; there the spread
/// is called ξ⁻¹.
///
/// # Example
/// ```
/// use snn_core::init::ThresholdInit;
/// // Spikes in half of the steps, into membranes which forget at once: m² = 1/4, σ² = 1/4, so 100 inputs of
/// // deviation w make 100 w² / 2.
/// let init = ThresholdInit::for_spikes(1.0, 0.0, 0.5);
/// assert!((init.deviation(100) - (2.0f64 / 100.0).sqrt()).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThresholdInit {
    /// θ, the threshold of the neurons, in units of their input.
    pub threshold: Constant,
    /// λ, what is left of a membrane after one step; below 1.
    pub decay: Constant,
    /// m², the mean over inputs of the squares of their means over time.
    pub steady: Constant,
    /// σ², the mean over inputs of their variances in time.
    pub fluctuating: Constant,
    /// The deviation of the membranes, in thresholds.
    pub spread: Constant,
}

impl ThresholdInit {
    fn new(threshold: f64, decay: f64, steady: f64, fluctuating: f64) -> Self {
        let [threshold, decay, steady, fluctuating, spread] =
            [threshold, decay, steady, fluctuating, 1.0].map(Constant);
        Self { threshold, decay, steady, fluctuating, spread }
    }

    /// For inputs which spike at the share `rate` of the steps.
    pub fn for_spikes(threshold: f64, decay: f64, rate: f64) -> Self {
        Self::new(threshold, decay, rate * rate, rate * (1.0 - rate))
    }

    /// For inputs which do not change in time, with the mean square `mean_square`.
    pub fn for_constants(threshold: f64, decay: f64, mean_square: f64) -> Self {
        Self::new(threshold, decay, mean_square, 0.0)
    }

    /// For inputs with the mean square `mean_square` which [flicker](crate::encode::flicker): each times noise of mean
    /// 1/2 and variance 1/12.
    pub fn for_flicker(threshold: f64, decay: f64, mean_square: f64) -> Self {
        Self::new(threshold, decay, mean_square / 4.0, mean_square / 12.0)
    }

    /// The same with another deviation of the membranes, in thresholds.
    pub fn with_spread(self, spread: f64) -> Self {
        Self { spread: Constant(spread), ..self }
    }

    /// The standard deviation of the weights of a neuron with `inputs` inputs.
    ///
    /// # Panics
    /// If the decay is not in 0 .. 1, the threshold or spread not positive, or the input is always zero.
    pub fn deviation(&self, inputs: usize) -> f64 {
        let [threshold, decay, steady, fluctuating, spread] =
            [self.threshold, self.decay, self.steady, self.fluctuating, self.spread].map(|constant| constant.0);
        assert!(
            (0.0..1.0).contains(&decay),
            "threshold-aware weights: a decay of {decay}, it must be at least 0 and below 1; a membrane which never \
             forgets has no deviation to aim for"
        );
        assert!(
            threshold > 0.0 && spread > 0.0 && steady + fluctuating > 0.0,
            "threshold-aware weights: a threshold of {threshold}, a spread of {spread} and an input of mean square \
             {}, all must be positive",
            steady + fluctuating
        );
        let summed = steady / (1.0 - decay).powi(2) + fluctuating / (1.0 - decay * decay);
        spread * threshold / (inputs as f64 * summed).sqrt()
    }
}

fn torch_bound(inputs: usize) -> f64 {
    1.0 / (inputs as f64).sqrt()
}

fn draw<const D: usize>(shape: [usize; D], bound: f64, seed: u64, stream: usize, device: &Device) -> Param<Tensor<D>> {
    let key = NoiseSeed::new(seed).key(stream);
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> =
        (0..count).map(|i| (bound * (2.0 * f64::from(uniform(key, i as u32)) - 1.0)) as f32).collect();
    Param::from_data(TensorData::new(values, shape), device)
}

/// Weight `[inputs, outputs]` and bias `[outputs]`; the bias as PyTorch's `Linear` draws it, or zero.
pub(crate) fn weight_and_bias(
    init: WeightInit,
    inputs: usize,
    outputs: usize,
    seed: u64,
    device: &Device,
) -> (Param<Tensor<2>>, Param<Tensor<1>>) {
    (
        draw([inputs, outputs], init.bound(inputs, outputs), seed, 0, device),
        draw([outputs], init.bias_bound(inputs), seed, 1, device),
    )
}
