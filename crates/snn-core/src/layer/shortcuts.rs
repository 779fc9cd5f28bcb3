//! Populations in one expression: what people begin with.
//!
//! Everything else is [`Neurons::new`] with a neuron and its parameters.

use super::Neurons;
use crate::neuron::{
    CubaLif, InputScale, IntegrateAndFire, IntegrateAndFireParameters, LeakyIntegrator, LeakyIntegratorParameters, Lif,
    LifParameters, Neuron, SynapticCurrentParameters,
};

impl Neurons<Lif> {
    /// [Leaky integrate-and-fire](Lif) neurons whose membrane keeps `decay` of itself from one time step to the next: threshold
    /// 1, the input as it comes, soft reset, arctangent surrogate.
    ///
    /// # Panics
    /// If `decay` is not between 0 and 1.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    ///
    /// let neurons = Neurons::lif(0.5);
    /// let current = Tensor::<3>::from_data([[[0.8]], [[0.8]]], &Device::flex()); // u = 0.8, 0.4 + 0.8
    /// let spikes: Vec<f32> = neurons.forward(current, None).output.into_data().iter::<f32>().collect();
    /// assert_eq!(spikes, [0.0, 1.0]);
    /// // Another threshold, and a learned decay:
    /// let neurons = Neurons::lif(0.9).with_parameter("threshold", 0.5).learn("decay", 1, &Device::flex());
    /// assert_eq!(neurons.constant("threshold"), Some(0.5));
    /// ```
    #[doc(alias = "Leaky")]
    #[doc(alias = "LIFNode")]
    #[doc(alias = "LIFBoxCell")]
    #[track_caller]
    pub fn lif(decay: f64) -> Self {
        Self::new(Lif::default(), LifParameters::new(decay, InputScale::One, 1.0))
    }
}

impl Neurons<CubaLif> {
    /// [Current-based](CubaLif) LIF neurons: a synaptic current that keeps `current_decay` of itself, and a membrane that keeps
    /// `decay`; otherwise as [`lif`](Neurons::lif).
    ///
    /// # Panics
    /// If a decay is not between 0 and 1.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    ///
    /// let neurons = Neurons::cuba_lif(0.5, 0.0);
    /// let input = Tensor::<3>::from_data([[[2.4]], [[0.0]], [[0.0]]], &Device::flex()); // current 2.4, 1.2, 0.6
    /// let spikes: Vec<f32> = neurons.forward(input, None).output.into_data().iter::<f32>().collect();
    /// assert_eq!(spikes, [1.0, 1.0, 0.0]);
    /// ```
    #[doc(alias = "Synaptic")]
    #[doc(alias = "LIFCell")]
    #[doc(alias = "CUBALIFNode")]
    #[track_caller]
    pub fn cuba_lif(current_decay: f64, decay: f64) -> Self {
        let neuron = LifParameters::new(decay, InputScale::One, 1.0);
        Self::new(CubaLif::default(), SynapticCurrentParameters { neuron, current_decay })
    }
}

impl Neurons<IntegrateAndFire> {
    /// [Integrate-and-fire](IntegrateAndFire) neurons, without a leak: threshold 1, the input as it comes, soft reset,
    /// arctangent surrogate.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    ///
    /// let current = Tensor::<3>::full([6, 1, 1], 0.75, &Device::flex());
    /// let spikes = Neurons::integrate_and_fire().forward(current, None).output;
    /// assert_eq!(spikes.sum().into_scalar::<f32>(), 4.0); // 6 x 0.75 = 4.5 thresholds
    /// ```
    #[doc(alias = "IFNode")]
    #[doc(alias = "IAFCell")]
    pub fn integrate_and_fire() -> Self {
        Self::new(IntegrateAndFire::default(), IntegrateAndFireParameters::default())
    }
}

impl Neurons<LeakyIntegrator> {
    /// [Leaky integrators](LeakyIntegrator), which never fire and send their membrane: the usual last layer.
    ///
    /// # Panics
    /// If `decay` is not between 0 and 1.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::Neurons;
    ///
    /// let current = Tensor::<3>::from_data([[[1.0]], [[0.0]]], &Device::flex());
    /// let output = Neurons::leaky_integrator(0.5).forward(current, None).output;
    /// assert_eq!(output.into_data().iter::<f32>().collect::<Vec<_>>(), [1.0, 0.5]);
    /// ```
    #[doc(alias = "LIBoxCell")]
    #[doc(alias = "NonSpikingLIFNode")]
    #[track_caller]
    pub fn leaky_integrator(decay: f64) -> Self {
        Self::new(LeakyIntegrator::default(), LeakyIntegratorParameters::new(decay, InputScale::One))
    }
}

/// Neurons with their default parameters: `Neurons::<Izhikevich>::default()`.
impl<N: Neuron + Default> Default for Neurons<N>
where
    N::Parameters<f64>: Default,
{
    fn default() -> Self {
        Self::new(N::default(), Default::default())
    }
}

/// A neuron with its parameters, as [presets](crate::neuron::presets) return them.
///
/// ```
/// use snn_core::layer::Neurons;
/// use snn_core::neuron::{Reset, presets::snntorch};
/// use snn_core::surrogate::ATan;
/// let neurons = Neurons::from(snntorch::leaky(0.9, 1.0, Reset::Subtract, true, ATan::default()));
/// ```
impl<N: Neuron> From<(N, N::Parameters<f64>)> for Neurons<N> {
    #[track_caller]
    fn from((neuron, parameters): (N, N::Parameters<f64>)) -> Self {
        Self::new(neuron, parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::Izhikevich;

    #[test]
    fn a_short_way_makes_the_neurons_of_the_long_way() {
        let saved = |neurons: &crate::layer::Population| neurons.definition().text().to_owned();
        let long = Neurons::new(Lif::default(), LifParameters { decay: 0.8, ..LifParameters::default() });
        assert_eq!(saved(&Neurons::lif(0.8)), saved(&long));
        let threshold = LifParameters { threshold: 0.5, decay: 0.8, ..LifParameters::default() };
        let long = Neurons::new(Lif::default(), threshold);
        assert_eq!(saved(&Neurons::lif(0.8).with_parameter("threshold", 0.5)), saved(&long));
        assert_eq!(saved(&Neurons::from((Lif::default(), threshold))), saved(&long));
        let cuba = SynapticCurrentParameters {
            neuron: LifParameters { decay: 0.8, ..LifParameters::default() },
            current_decay: 0.7,
        };
        assert_eq!(saved(&Neurons::cuba_lif(0.7, 0.8)), saved(&Neurons::new(CubaLif::default(), cuba)));
        assert!(saved(&Neurons::<Izhikevich>::default()).starts_with("Izhikevich"));
    }

    #[test]
    #[should_panic(expected = "neurons: the parameter `decay`")]
    fn a_parameter_stays_in_its_range() {
        let _ = Neurons::lif(0.9).with_parameter("decay", 1.2);
    }

    #[test]
    #[should_panic(expected = "neurons: no parameter `leak`; there are")]
    fn a_parameter_that_does_not_exist_lists_those_that_do() {
        let _ = Neurons::lif(0.9).with_parameter("leak", 0.2);
    }
}
