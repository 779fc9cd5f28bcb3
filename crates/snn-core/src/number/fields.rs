//! Named groups of numbers: the states and parameters of neurons.

use super::ParameterRange;

/// A struct whose fields are all numbers of the same kind, such as a neuron's state or parameters.
///
/// Made by [`fields!`](crate::fields); the scans see it as a list, the equations by its names.
pub trait Fields<S>: Copy {
    /// The names of the fields, in their order.
    const NAMES: &'static [&'static str];
    /// How many fields there are.
    const COUNT: usize = Self::NAMES.len();
    /// The record whose field `i` is `make(i)`.
    fn from_fn(make: impl FnMut(usize) -> S) -> Self;
    /// The field at `index`.
    fn get(&self, index: usize) -> S;
    /// Where the field at `index` may lie, if it is a parameter.
    fn range(_index: usize) -> ParameterRange {
        ParameterRange::Any
    }
}

/// Declares a struct of numbers, generic over the number: `fields! { pub struct LifState { membrane } }`.
///
/// A field of parameters may have a [`ParameterRange`]: `fields! { pub struct P { decay: ParameterRange::Unit, gain } }`.
///
/// ```
/// snn_core::fields! { pub struct Point { x, y } }
/// use snn_core::number::Fields;
/// assert_eq!(<Point<f32> as Fields<f32>>::NAMES, ["x", "y"]);
/// assert_eq!(Point { x: 1.0, y: 2.0 }.get(1), 2.0);
/// ```
#[macro_export]
macro_rules! fields {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident { $($(#[$doc:meta])* $field:ident $(: $range:expr)?),+ $(,)? }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[allow(missing_docs)]
        $visibility struct $name<S> { $($(#[$doc])* pub $field: S),+ }

        impl<S: Copy> $crate::number::Fields<S> for $name<S> {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];
            #[inline(always)]
            #[allow(unused_assignments)]
            fn from_fn(mut make: impl FnMut(usize) -> S) -> Self {
                let mut index = 0;
                $(let $field = make(index); index += 1;)+
                Self { $($field),+ }
            }
            #[inline(always)]
            fn get(&self, index: usize) -> S {
                [$(self.$field),+][index]
            }
            #[allow(unused_assignments, unused_mut)]
            fn range(index: usize) -> $crate::number::ParameterRange {
                [$({
                    let mut range = $crate::number::ParameterRange::Any;
                    $(range = $range;)?
                    range
                }),+][index]
            }
        }
    };
}

/// How many states, or parameters, a neuron may have.
pub(crate) const MAX_FIELDS: usize = 12;

/// Calls `body(0), .., body(count - 1)` as straight-line code with literal indices.
///
/// With a loop LLVM gives up unrolling before it knows which tangents are zero, and the backward scan becomes
/// thirty times slower.
#[inline(always)]
pub(crate) fn unrolled(count: usize, mut body: impl FnMut(usize)) {
    macro_rules! each {
        ($($index:literal)*) => {{ $(if $index < count { body($index) })* }};
    }
    each!(0 1 2 3 4 5 6 7 8 9 10 11)
}
