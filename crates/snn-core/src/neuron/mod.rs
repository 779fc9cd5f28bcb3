//! Neurons: each is one step function, written once, from which everything else follows.
//!
//! [`Neuron`] is the contract; the [`neuron!`](crate::neuron!) macro writes the frame around the equations.

mod article;
mod dual;
mod scalar;

pub use article::{Article, ArticleParameters, ArticleReset, ArticleState};
pub use dual::{Direction, Dual, MAX_FIELDS, Recorded, Tangent, adjoint, unrolled};
pub use scalar::{Constant, Fields, Scalar};

use std::fmt::Debug;
use std::hash::Hash;

/// A neuron: how one time step turns input and state into an output (a spike) and the next state.
///
/// The type itself carries what is fixed when a kernel is built (which reset, which surrogate); it is part of
/// the kernel's identity, so derive `PartialEq`, `Eq` and `Hash`, never write them by hand. Numbers which may
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

/// Defines a neuron: its name, what is fixed, what may be learned, what it remembers, and its step.
///
/// In the body `S` is the number type; numbers are written `S::constant(0.5)`, comparisons
/// [`if_positive`](Scalar::if_positive), and everything else is ordinary arithmetic.
///
/// ```
/// use snn_core::neuron::{Constant, Scalar};
///
/// snn_core::neuron! {
///     /// Leaky integrate-and-fire with a threshold which rises with each spike.
///     pub struct Adaptive { width: Constant }
///     parameters AdaptiveParameters { decay, threshold, rise, recovery }
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
///             membrane: membrane - spike * threshold,
///             adaptation: p.recovery * state.adaptation + spike,
///         })
///     }
/// }
/// ```
#[macro_export]
macro_rules! neuron {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident $({ $($(#[$constant_doc:meta])* $constant:ident : $kind:ty),* $(,)? })?
        parameters $parameters:ident { $($(#[$parameter_doc:meta])* $parameter:ident),+ $(,)? }
        state $state:ident { $($(#[$state_doc:meta])* $field:ident),+ $(,)? }
        fn step(&$this:ident, $p:ident, $s:ident, $x:ident) $body:block
        $(fn resting_state(&$rest_this:ident, $rest_p:ident) $rest:block)?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        $visibility struct $name { $($($(#[$constant_doc])* pub $constant: $kind),*)? }

        $crate::fields! {
            #[doc = concat!("What may be learned in [`", stringify!($name), "`].")]
            $visibility struct $parameters { $($(#[$parameter_doc])* $parameter),+ }
        }
        $crate::fields! {
            #[doc = concat!("What [`", stringify!($name), "`] carries from one time step to the next.")]
            $visibility struct $state { $($(#[$state_doc])* $field),+ }
        }

        impl $crate::neuron::Neuron for $name {
            type Parameters<S: $crate::neuron::Scalar> = $parameters<S>;
            type State<S: $crate::neuron::Scalar> = $state<S>;

            #[inline(always)]
            fn step<S: $crate::neuron::Scalar>(
                &$this,
                $p: &$parameters<S>,
                $s: $state<S>,
                $x: S,
            ) -> (S, $state<S>) $body

            $(
                #[inline(always)]
                fn resting_state<S: $crate::neuron::Scalar>(&$rest_this, $rest_p: &$parameters<S>) -> $state<S> $rest
            )?
        }
    };
}
