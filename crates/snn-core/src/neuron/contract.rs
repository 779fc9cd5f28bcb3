//! The contract of a neuron, and the macro that writes the frame around its equations.

use std::fmt::Debug;
use std::hash::Hash;

use crate::number::{Fields, Scalar};

/// A neuron: how one time step turns input and state into an output (a spike) and the next state.
///
/// The type itself carries what is fixed when a kernel is built (which reset, which surrogate); it is part of
/// the kernel's identity, so derive `PartialEq`, `Eq` and `Hash`, never write them by hand. Numbers that may
/// be learned are [`Parameters`](Neuron::Parameters).
///
/// Write neurons with the [`neuron!`](crate::neuron!) macro. It adds `#[inline(always)]` to the step, without
/// which the CPU scans are eight times slower and nothing else tells.
pub trait Neuron: Copy + Eq + Hash + Debug + Send + Sync + 'static {
    /// What may be learned or differ from neuron to neuron.
    type Parameters<S: Scalar>: Fields<S>;
    /// What is carried from one time step to the next.
    type State<S: Scalar>: Fields<S>;

    /// One time step.
    fn step<S: Scalar>(&self, parameters: &Self::Parameters<S>, state: Self::State<S>, input: S)
    -> (S, Self::State<S>);

    /// The state at which a sequence begins when none is given: zero, unless the neuron says otherwise.
    fn resting_state<S: Scalar>(&self, _parameters: &Self::Parameters<S>) -> Self::State<S> {
        Self::State::from_fn(|_| S::constant(0.0))
    }
}

/// The number of fields of a neuron's state.
pub const fn state_count<N: Neuron>() -> usize {
    <N::State<f32> as Fields<f32>>::COUNT
}

/// The number of a neuron's parameters.
pub const fn parameter_count<N: Neuron>() -> usize {
    <N::Parameters<f32> as Fields<f32>>::COUNT
}

/// The parameters as a list, in the order of their fields.
pub(crate) fn values_of<N: Neuron>(parameters: &N::Parameters<f64>) -> Vec<f64> {
    (0..parameter_count::<N>()).map(|i| parameters.get(i)).collect()
}

/// Defines a neuron: its name, what is fixed, what may be learned, what it remembers, and its step.
///
/// A parameter may have a [`ParameterRange`](crate::number::ParameterRange): it is checked where neurons are made, and kept while the parameter is learned.
/// In the body `S` is the number type; numbers are written `S::constant(0.5)`, comparisons
/// [`if_positive`](Scalar::if_positive), and everything else is ordinary arithmetic. A neuron may be generic over
/// its surrogate: `pub struct Mine<G: Surrogate = ATan> { fire_reset: FireReset<G> }`; [`FireReset`](super::FireReset) then holds how it fires
/// and is reset.
///
/// ```
/// use snn_core::number::{FixedF64, ParameterRange, Scalar};
///
/// snn_core::neuron! {
///     /// Leaky integrate-and-fire with a threshold that rises with each spike.
///     pub struct Adaptive { width: FixedF64 }
///     parameters AdaptiveParameters { decay: ParameterRange::Unit, threshold, rise, recovery: ParameterRange::Unit }
///     state AdaptiveState { membrane, adaptation }
///     fn step(&self, p, state, input) {
///         let membrane = p.decay * state.membrane + input;
///         let threshold = p.threshold + p.rise * state.adaptation;
///         let over = membrane - threshold;
///         let width = S::constant(self.width.0);
///         let spike = over.surrogate(
///             over.if_positive(S::constant(1.0), S::constant(0.0)),
///             |_| S::constant(1.0) / (S::constant(1.0) + over * over * width),
///         );
///         (spike, AdaptiveState {
///             membrane: spike.if_positive(membrane - threshold, membrane),
///             adaptation: p.recovery * state.adaptation + spike,
///         })
///     }
/// }
/// ```
#[macro_export]
macro_rules! neuron {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident $(<$generic:ident : $bound:path = $default:ty>)?
            $({ $($(#[$constant_doc:meta])* $constant:ident : $kind:ty),* $(,)? })?
        parameters $parameters:ident {
            $($(#[$parameter_doc:meta])* $parameter:ident $(: $parameter_range:expr)?),+ $(,)?
        }
        state $state:ident { $($(#[$state_doc:meta])* $field:ident),+ $(,)? }
        fn step(&$this:ident, $p:ident, $s:ident, $x:ident) $body:block
        $(fn resting_state(&$rest_this:ident, $rest_p:ident) $rest:block)?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        $visibility struct $name $(<$generic: $bound = $default>)? {
            $($($(#[$constant_doc])* pub $constant: $kind),*)?
        }

        $crate::fields! {
            #[doc = concat!("What may be learned in [`", stringify!($name), "`].")]
            $visibility struct $parameters { $($(#[$parameter_doc])* $parameter $(: $parameter_range)?),+ }
        }
        $crate::fields! {
            #[doc = concat!("What [`", stringify!($name), "`] carries from one time step to the next.")]
            $visibility struct $state { $($(#[$state_doc])* $field),+ }
        }

        impl $(<$generic: $bound>)? $crate::neuron::Neuron for $name $(<$generic>)? {
            type Parameters<S: $crate::number::Scalar> = $parameters<S>;
            type State<S: $crate::number::Scalar> = $state<S>;

            #[inline(always)]
            fn step<S: $crate::number::Scalar>(
                &$this,
                $p: &$parameters<S>,
                $s: $state<S>,
                $x: S,
            ) -> (S, $state<S>) $body

            $(
                #[inline(always)]
                fn resting_state<S: $crate::number::Scalar>(&$rest_this, $rest_p: &$parameters<S>) -> $state<S> $rest
            )?
        }
    };
}
