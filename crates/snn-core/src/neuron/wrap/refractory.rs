//! A refractory period around any neuron.

use super::fields::{position, wrapped_fields};
use crate::neuron::Neuron;
use crate::number::{Fields, FixedF64, Scalar};

/// What stands still while a neuron is refractory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RefractoryHold {
    /// The field called `membrane`; currents and adaptation go on. As Norse does it.
    #[default]
    Membrane,
    /// The whole state: input that arrives meanwhile is lost.
    Everything,
    /// Nothing: the neuron goes on, and only its spikes are blocked.
    Nothing,
}

/// What the loss learns of the refractory period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RefractoryGradient {
    /// Nothing: being refractory counts as a constant.
    #[default]
    Cut,
    /// As Norse: the counter's comparison with zero has the derivative `1/(1 + ρ)²`, and the spike that sets the
    /// counter has its surrogate's.
    Norse,
}

/// A neuron that is silent for some steps after each spike (absolute refractory period).
///
/// ```text
/// m[t] = 1 if ρ[t-1] > 0 else 0                     refractory?
/// s[t] = (1 - m[t]) · the spike of the neuron
/// v[t] = v[t-1] if m[t] else the neuron's           held: the membrane (default), everything, or nothing
/// ρ[t] = steps if s[t] else max(0, ρ[t-1] - m[t])   counter
/// ```
/// It works around any neuron whose spikes are 0 or 1.
///
/// # Shapes
/// The states of the neuron within, then `counter`, each of the shape of the input without its time axis.
///
/// # Units
/// `steps` and `ρ` count time steps: after a spike exactly `steps` steps are silent.
///
/// # Gradient
/// That of the neuron where it is not refractory; through the period itself as [`RefractoryGradient`] says.
///
/// # Source
/// Norse's `LIFRefrac`; Gerstner et al. (2014), "Neuronal Dynamics", section 1.3.
///
/// # Example
/// ```
/// use snn_core::neuron::{IntegrateAndFire, IntegrateAndFireParameters, Neuron, Refractory};
/// let neuron = Refractory::new(IntegrateAndFire::default(), 2);
/// let parameters = IntegrateAndFireParameters { gain: 1.0, threshold: 0.5, reset: 0.0 };
/// let mut state = neuron.resting_state::<f64>(&parameters);
/// let mut spikes = Vec::new();
/// for _ in 0..7 {
///     let (spike, after) = neuron.step(&parameters, state, 1.0);
///     spikes.push(spike);
///     state = after;
/// }
/// assert_eq!(spikes, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
/// ```
#[doc(alias = "LIFRefracCell")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refractory<N> {
    /// The neuron.
    pub neuron: N,
    /// How many steps it is silent after a spike.
    pub steps: FixedF64,
    /// What stands still meanwhile.
    pub held: RefractoryHold,
    /// What the loss learns of it.
    pub gradient: RefractoryGradient,
}

wrapped_fields! {
    /// What [`Refractory`] carries from one time step to the next.
    RefractoryState {
        /// ρ: for how many steps more the neuron is silent.
        counter
    }
}

impl<N: Neuron> Refractory<N> {
    const MEMBRANE: usize = position(<N::State<f32> as Fields<f32>>::NAMES, "membrane");

    /// `neuron`, silent for `steps` steps after each spike, its membrane held.
    pub fn new(neuron: N, steps: u32) -> Self {
        Self {
            neuron,
            steps: FixedF64(f64::from(steps)),
            held: RefractoryHold::default(),
            gradient: RefractoryGradient::default(),
        }
    }

    #[inline(always)]
    fn holds(&self, field: usize) -> bool {
        match self.held {
            RefractoryHold::Membrane => field == Self::MEMBRANE,
            RefractoryHold::Everything => true,
            RefractoryHold::Nothing => false,
        }
    }

    /// 1 while refractory, else 0.
    #[inline(always)]
    fn mask<S: Scalar>(&self, counter: S) -> S {
        let (zero, one) = (S::constant(0.0), S::constant(1.0));
        let mask = counter.if_positive(one, zero);
        match self.gradient {
            RefractoryGradient::Cut => mask,
            RefractoryGradient::Norse => {
                // The number `mask`, with the derivative of the surrogate. `surrogate` would replay the spike.
                let base = one + counter.detach().abs();
                counter.along(mask, one / (base * base))
            }
        }
    }
}

impl<N: Neuron> Neuron for Refractory<N> {
    type Parameters<S: Scalar> = N::Parameters<S>;
    type State<S: Scalar> = RefractoryState<N::State<S>, S>;

    #[inline(always)]
    fn step<S: Scalar>(&self, p: &N::Parameters<S>, state: Self::State<S>, input: S) -> (S, Self::State<S>) {
        let zero = S::constant(0.0);
        let mask = self.mask(state.counter);
        // What is recorded while refractory is silence, not the spike of the neuron within.
        let silenced = |number: S| number.unrecorded_where(mask.detach());
        let (inner, after) = self.neuron.step(
            &N::Parameters::from_fn(|i| silenced(p.get(i))),
            N::State::from_fn(|i| silenced(state.neuron.get(i))),
            silenced(input),
        );
        let spike = mask.along(mask.if_positive(zero, inner), -inner);
        let neuron = N::State::from_fn(|i| {
            let (old, new) = (state.neuron.get(i), after.get(i));
            match (self.holds(i), self.gradient) {
                (false, _) => new,
                (true, RefractoryGradient::Cut) => mask.if_positive(old, new),
                (true, RefractoryGradient::Norse) => {
                    mask.along(mask.if_positive(old, new), (old - new).finite_or_zero())
                }
            }
        });
        let sent = match self.gradient {
            RefractoryGradient::Cut => spike.detach(),
            RefractoryGradient::Norse => spike,
        };
        let (steps, waited) = (S::constant(self.steps.0), (state.counter - mask).max(zero));
        let counter = sent.along(sent.if_positive(steps, waited), steps - waited);
        (spike, RefractoryState { neuron, counter })
    }

    #[inline(always)]
    fn resting_state<S: Scalar>(&self, p: &N::Parameters<S>) -> Self::State<S> {
        RefractoryState { neuron: self.neuron.resting_state(p), counter: S::constant(0.0) }
    }
}
