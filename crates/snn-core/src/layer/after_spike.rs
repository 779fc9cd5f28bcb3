//! The after-spike: what a neuron takes back after it has sent a spike.

use burn::tensor::{Shape, Tensor};

use crate::device::Execution;
use crate::number::ParameterRange;
use crate::scan::{NeuronsState, ReturnStates, ScanOptions, scan, shared_parameters, tap};

crate::neuron! {
    /// A smaller and longer negative signal after each spike; over time it sums to minus the spike.
    ///
    /// ```text
    /// y[t] = o[t] - (1-κ) a[t-1]        the spike, less a share of the trace
    /// a[t] = κ a[t-1] + o[t]            the trace: what is still to be taken back
    /// ```
    /// A single spike of size 1 leaves as `1, -(1-κ), -(1-κ)κ, -(1-κ)κ², ...`: its sum is 0. At κ = 0 the next
    /// step takes all of it back at once; at κ = 0.9 the signal is a tenth of the spike and fades over ten steps.
    ///
    /// It is not a neuron that fires but a linear filter of what another neuron sent, hence it goes around any
    /// neuron: [`Neurons::with_after_spike`](crate::layer::Neurons::with_after_spike).
    ///
    /// # Units
    /// `κ` is per time step, in [0, 1).
    ///
    /// # Gradient
    /// Exact; the negative part has one like the positive part.
    ///
    /// # Source
    /// Chevalier (2018), section on STDP, second remedy. Differs from the step that is commented out there,
    /// `o[t] + |o[t-1]| λ/2`: that one is positive, one step long, and cancels nothing.
    pub struct AfterSpike
    parameters AfterSpikeParameters {
        /// κ, what is left of the negative signal after one time step.
        decay: ParameterRange::Unit,
    }
    state AfterSpikeState {
        /// a, what the negative signal has still to take back.
        trace,
    }
    fn step(&self, p, state, spike) {
        let share = S::constant(1.0) - p.decay;
        (spike - share * state.trace, AfterSpikeState { trace: p.decay * state.trace + spike })
    }
}

/// The spikes `[time, batch, features..]` with their after-spikes, and the trace at the end (`[1, width]`).
/// `trace` is that of an earlier call.
pub(crate) fn with_after_spikes<const D: usize>(
    spikes: Tensor<D>,
    decay: f64,
    trace: Option<Tensor<2>>,
    execution: Option<Execution>,
) -> (Tensor<D>, Tensor<2>) {
    let (device, dtype) = (spikes.device(), spikes.dtype());
    let constants = AfterSpikeParameters { decay };
    let shape = Shape::from(spikes.shape()[1..].to_vec());
    let state = match trace {
        Some(trace) => NeuronsState::from_packed(trace, shape),
        None => NeuronsState::resting(&AfterSpike {}, &constants, shape, 0, (&device, dtype)),
    };
    let parameters = shared_parameters::<AfterSpike>(&constants, (&device, dtype));
    let options = ScanOptions { delay: 0, return_states: ReturnStates::Nothing, execution };
    let scanned = tap::unseen(|| scan(AfterSpike {}, spikes, parameters, state, options));
    (scanned.output, scanned.last.packed())
}
