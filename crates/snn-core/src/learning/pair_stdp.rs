//! Pair-based STDP: a local rule, without any gradient.

use burn::module::Param;
use burn::tensor::Tensor;

use crate::layer::SpikingLinear;
use crate::number::FixedF64;
use crate::scan::{NeuronsState, ScanOptions, scan, shared_parameters, tap};

/// Which spikes make a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pairing {
    /// Each presynaptic spike with each postsynaptic one.
    #[default]
    AllToAll,
    /// Each spike with the nearest earlier one of the other side.
    Nearest,
}

/// How much a graded spike counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpikeSize {
    /// Every spike counts as 1: the classical rule.
    #[default]
    One,
    /// A spike counts as much as it is large; a pair as the product of both.
    Graded,
}

crate::neuron! {
    /// The trace that spikes leave at a synapse: it jumps at a spike and decays.
    ///
    /// ```text
    /// x[t] = γ x[t-1] + s[t]                           all to all: the jumps add up
    /// x[t] = s[t] if s[t] > 0 else γ x[t-1]            nearest: only the last spike counts
    /// ```
    /// Its output is `x[t]`, the spike of the same step included.
    ///
    /// # Gradient
    /// That of the equations.
    ///
    /// # Source
    /// Morrison, Diesmann and Gerstner (2008), "Phenomenological models of synaptic plasticity based on spike
    /// timing", section 4.1.
    pub struct Trace {
        /// 1 if only the last spike counts, 0 if all add up.
        nearest: FixedF64,
    }
    parameters TraceParameters {
        /// γ, what is left of the trace after one time step.
        decay,
    }
    state TraceState {
        /// x.
        trace,
    }
    fn step(&self, p, state, spike) {
        let faded = p.decay * state.trace;
        let trace = if self.nearest.0 > 0.0 { spike.if_positive(spike, faded) } else { faded + spike };
        (trace, TraceState { trace })
    }
}

/// Pair-based spike-timing-dependent plasticity.
///
/// ```text
/// Δ = t_post - t_pre                    the presynaptic spike at the step at which it arrives
/// W(Δ) =  A₊ e^(-Δ/τ₊)  if Δ >= 0       it helped to fire (also in the same step): stronger
/// W(Δ) = -A₋ e^( Δ/τ₋)  if Δ <  0       it came too late: weaker
/// ```
/// The change of a weight is the sum of `W` over its pairs of spikes. It needs nothing but the spikes on both sides
/// of the synapse: no loss, no gradient, no label.
///
/// # Units
/// `τ₊`, `τ₋` in time steps.
///
/// # Source
/// Song, Miller and Abbott (2000), "Competitive Hebbian learning through spike-timing-dependent synaptic
/// plasticity", eq. 1; pairings after Morrison, Diesmann and Gerstner (2008). Differs in that time is counted in
/// steps, hence Δ = 0 occurs, and is causal as it is in our layers.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::learning::PairStdp;
///
/// let rule = PairStdp { tau_plus: 1.0 / 2f64.ln(), ..PairStdp::default() }; // the trace halves at each step
/// let device = Device::flex();
/// let pre = Tensor::<3>::from_data([[[1.0]], [[0.0]], [[0.0]]], &device); // [time, batch, inputs]
/// let post = Tensor::<3>::from_data([[[0.0]], [[0.0]], [[1.0]]], &device); // two steps later
/// let change = rule.weight_change(pre, post).into_scalar::<f32>();
/// assert!((f64::from(change) - 0.25 * rule.a_plus).abs() < 1e-8);
/// assert_eq!(rule.window(2), 0.25 * rule.a_plus);
/// ```
#[doc(alias = "STDPLearner")]
#[doc(alias = "stdp_learner")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairStdp {
    /// A₊, the weight change of a pair at Δ = 0.
    pub a_plus: f64,
    /// A₋, what the depressing side tends to at Δ = 0.
    pub a_minus: f64,
    /// τ₊, the time constant of the strengthening side, in steps.
    pub tau_plus: f64,
    /// τ₋, the time constant of the weakening side, in steps.
    pub tau_minus: f64,
    /// Which spikes make a pair.
    pub pairing: Pairing,
    /// How much a graded spike counts.
    pub size: SpikeSize,
}

impl Default for PairStdp {
    /// `A₊ = 0.005`, `A₋ = 1.05 A₊`, `τ₊ = τ₋ = 20`: Song, Miller and Abbott (2000), in steps of 1 ms.
    fn default() -> Self {
        Self {
            a_plus: 0.005,
            a_minus: 0.005 * 1.05,
            tau_plus: 20.0,
            tau_minus: 20.0,
            pairing: Pairing::default(),
            size: SpikeSize::default(),
        }
    }
}

impl PairStdp {
    /// `W(Δ)`: the weight change of one pair of spikes of size 1.
    pub fn window(&self, delta: i64) -> f64 {
        let delta = delta as f64;
        if delta >= 0.0 {
            self.a_plus * (-delta / self.tau_plus).exp()
        } else {
            -self.a_minus * (delta / self.tau_minus).exp()
        }
    }

    /// The weight change `[inputs, neurons]`, summed over the batch.
    ///
    /// Two traces, each one scan over all steps, and two matrix products over time and batch.
    ///
    /// # Shapes
    /// - `presynaptic [time, batch, inputs]`: as they arrive; only what is greater than 0 is a spike
    /// - `postsynaptic [time, batch, neurons]`: at the step at which they were fired
    ///
    /// # Panics
    /// If time or batch differ, or a time constant is not positive.
    pub fn weight_change(&self, presynaptic: Tensor<3>, postsynaptic: Tensor<3>) -> Tensor<2> {
        let ([steps, batch, inputs], [post_steps, post_batch, neurons]) = (presynaptic.dims(), postsynaptic.dims());
        assert!(
            steps == post_steps && batch == post_batch,
            "STDP: presynaptic spikes have shape {:?}, postsynaptic {:?}; time and batch must be the same",
            presynaptic.dims(),
            postsynaptic.dims()
        );
        assert!(
            self.tau_plus > 0.0 && self.tau_minus > 0.0,
            "STDP: time constants {} and {}, both must be positive",
            self.tau_plus,
            self.tau_minus
        );
        let (pre, post) = (self.sizes(presynaptic), self.sizes(postsynaptic));
        let pre_trace = self.trace(pre.clone(), self.tau_plus, 0);
        // Only earlier postsynaptic spikes weaken; one of the same step strengthens. What they left one step ago
        // has faded once more since.
        let post_trace = self.trace(post.clone(), self.tau_minus, 1);
        let rows = |tensor: Tensor<3>, width: usize| tensor.reshape([steps * batch, width]);
        let stronger = rows(pre_trace, inputs).transpose().matmul(rows(post, neurons));
        let weaker = rows(pre, inputs).transpose().matmul(rows(post_trace, neurons));
        stronger * self.a_plus - weaker * (self.a_minus * (-1.0 / self.tau_minus).exp())
    }

    /// The layer after learning: its weights changed by `rate` times the mean over the batch of
    /// [`weight_change`](Self::weight_change), and held within `bounds`.
    ///
    /// # Panics
    /// As [`weight_change`](Self::weight_change), or if inputs or neurons are not those of the layer.
    pub fn learn<P>(
        &self,
        mut layer: SpikingLinear<P>,
        presynaptic: Tensor<3>,
        postsynaptic: Tensor<3>,
        rate: f64,
        bounds: (f64, f64),
    ) -> SpikingLinear<P> {
        let [_, batch, _] = presynaptic.dims();
        let change = self.weight_change(presynaptic.inner(), postsynaptic.inner()) * (rate / batch as f64);
        let weight = layer.weight.val();
        assert_eq!(
            weight.dims(),
            change.dims(),
            "STDP: the layer's weight has shape {:?}, the spikes ask for {:?}",
            weight.dims(),
            change.dims()
        );
        let learned = (weight.clone().inner() + change).clamp(bounds.0, bounds.1);
        let learned = if weight.is_autodiff() { learned.autodiff() } else { learned };
        layer.weight = Param::initialized(layer.weight.id, learned.set_require_grad(weight.is_require_grad()));
        layer
    }

    fn sizes(&self, spikes: Tensor<3>) -> Tensor<3> {
        match self.size {
            SpikeSize::One => spikes.greater_elem(0.0).float(),
            SpikeSize::Graded => spikes.clamp_min(0.0),
        }
    }

    fn trace(&self, spikes: Tensor<3>, time_constant: f64, delay: usize) -> Tensor<3> {
        let device = spikes.device();
        let neuron = Trace { nearest: FixedF64(f64::from(u8::from(self.pairing == Pairing::Nearest))) };
        let constants = TraceParameters { decay: (-1.0 / time_constant).exp() };
        let [_, batch, width] = spikes.dims();
        let state = NeuronsState::resting(&neuron, &constants, [batch, width], delay, &device);
        let options = ScanOptions { delay, ..ScanOptions::default() };
        let parameters = shared_parameters::<Trace>(&constants, &device);
        tap::unseen(|| scan(neuron, spikes, parameters, state, options).output)
    }
}
