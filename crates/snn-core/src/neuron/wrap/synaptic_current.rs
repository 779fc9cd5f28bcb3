//! A synaptic current in front of any neuron; with LIF neurons this is the current-based neuron (CUBA).

use super::fields::wrapped_fields;
use crate::neuron::{Lif, LifParameters, LifState, Neuron};
use crate::number::{ParameterRange, Scalar};
use crate::surrogate::ATan;

/// In which order a synaptic current jumps, acts and decays within a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum SynapticCurrentOrder {
    /// Decay, jump, act: `i[t] = α i[t-1] + x[t]`, the neuron sees `i[t]`. snnTorch's `Synaptic`.
    #[default]
    DecayJumpAct,
    /// Jump, act, decay: the neuron sees `i[t-1] + x[t]`, and `i[t] = α (i[t-1] + x[t])`. Norse's `LIF` and `LI`.
    JumpActDecay,
    /// Act, decay, jump: the neuron sees `i[t-1]`, and `i[t] = α i[t-1] + x[t]`: inputs act one step late. Norse's
    /// `LSNN`.
    ActDecayJump,
}

/// A neuron driven by a synaptic current: each input makes the current jump, then it decays.
///
/// ```text
/// i[t] = α i[t-1] + x[t]              current (default; other orders by SynapticCurrentOrder)
/// s[t], state[t] = neuron(state[t-1], i[t])
/// ```
/// Around [`Lif`] it is the current-based neuron, [`CubaLif`], which snnTorch calls `Synaptic`; around a
/// [`LeakyIntegrator`](crate::neuron::LeakyIntegrator) it is Norse's `LI`; it works around any other.
///
/// # Shapes
/// The states of the neuron within, then `current`, each of the shape of the input without its time axis.
///
/// # Units
/// `i` has the unit of the input. `α` is per time step, see [`Decay`](crate::neuron::Decay).
///
/// # Gradient
/// Exact.
///
/// # Source
/// Gerstner, Kistler, Naud and Paninski (2014), "Neuronal Dynamics", section 3.1.
///
/// # Example
/// ```
/// use snn_core::neuron::{CubaLif, CubaParameters, CubaState, SynapticCurrentOrder, Decay, InputScale, Lif, LifParameters, LifState, Neuron};
/// let neuron = CubaLif { neuron: Lif::default(), order: SynapticCurrentOrder::DecayJumpAct };
/// let parameters = CubaParameters {
///     neuron: LifParameters::new(Decay::Multiplier(0.5), InputScale::One, 2.0),
///     current_decay: 0.5,
/// };
/// let before = CubaState { neuron: LifState { membrane: 1.0 }, current: 1.0 };
/// let (spike, state) = neuron.step(&parameters, before, 0.25);
/// assert_eq!(spike, 0.0);
/// assert_eq!(state.current, 0.75); //            0.5 * 1 + 0.25
/// assert_eq!(state.neuron.membrane, 1.25); //    0.5 * 1 + 0.75
/// ```
#[doc(alias = "CUBA")]
#[doc(alias = "SynapseFilter")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct SynapticCurrent<N> {
    /// The neuron.
    pub neuron: N,
    /// In which order the current jumps, acts and decays.
    pub order: SynapticCurrentOrder,
}

wrapped_fields! {
    /// What may be learned in [`SynapticCurrent`].
    SynapticCurrentParameters {
        /// α, what is left of the current after one time step.
        current_decay: ParameterRange::Unit
    }
}

wrapped_fields! {
    /// What [`SynapticCurrent`] carries from one time step to the next.
    SynapticCurrentState {
        /// i, the synaptic current.
        current
    }
}

/// Current-based leaky integrate-and-fire (CUBA).
#[doc(alias = "Synaptic")]
#[doc(alias = "LIFCell")]
#[doc(alias = "CUBALIFNode")]
pub type CubaLif<G = ATan> = SynapticCurrent<Lif<G>>;
/// What may be learned in [`CubaLif`].
pub type CubaParameters = SynapticCurrentParameters<LifParameters<f64>, f64>;
/// What [`CubaLif`] carries from one time step to the next.
pub type CubaState = SynapticCurrentState<LifState<f64>, f64>;

impl<N: Neuron> Neuron for SynapticCurrent<N> {
    type Parameters<S: Scalar> = SynapticCurrentParameters<N::Parameters<S>, S>;
    type State<S: Scalar> = SynapticCurrentState<N::State<S>, S>;

    #[inline(always)]
    fn step<S: Scalar>(&self, p: &Self::Parameters<S>, state: Self::State<S>, input: S) -> (S, Self::State<S>) {
        let (seen, current) = match self.order {
            SynapticCurrentOrder::DecayJumpAct => {
                let current = p.current_decay * state.current + input;
                (current, current)
            }
            SynapticCurrentOrder::JumpActDecay => {
                let jumped = state.current + input;
                (jumped, p.current_decay * jumped)
            }
            SynapticCurrentOrder::ActDecayJump => (state.current, p.current_decay * state.current + input),
        };
        let (spike, neuron) = self.neuron.step(&p.neuron, state.neuron, seen);
        (spike, SynapticCurrentState { neuron, current })
    }

    #[inline(always)]
    fn resting_state<S: Scalar>(&self, p: &Self::Parameters<S>) -> Self::State<S> {
        SynapticCurrentState { neuron: self.neuron.resting_state(&p.neuron), current: S::constant(0.0) }
    }
}

impl<P: Default> Default for SynapticCurrentParameters<P, f64> {
    /// A current whose decay is 0.8, and the neuron's own default.
    fn default() -> Self {
        Self { neuron: P::default(), current_decay: 0.8 }
    }
}
