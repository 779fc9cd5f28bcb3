//! Records that are another record and one field more: the states and parameters of wrappers around a neuron.

use crate::number::MAX_FIELDS;

/// `names` and then `name`.
pub(crate) const fn append_name(names: &[&'static str], name: &'static str) -> [&'static str; MAX_FIELDS] {
    assert!(names.len() < MAX_FIELDS, "a wrapper has more fields than a scan takes (MAX_FIELDS)");
    let mut all = [""; MAX_FIELDS];
    let mut i = 0;
    while i < names.len() {
        all[i] = names[i];
        i += 1;
    }
    all[i] = name;
    all
}

/// The place of `name` among `names`, or `MAX_FIELDS` if it is not there.
pub(crate) const fn position(names: &[&'static str], name: &str) -> usize {
    let mut i = 0;
    while i < names.len() {
        if equal(names[i].as_bytes(), name.as_bytes()) {
            return i;
        }
        i += 1;
    }
    MAX_FIELDS
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Declares a record that is the wrapped neuron's record and one field more, after the others.
macro_rules! wrapped_fields {
    ($(#[$attribute:meta])* $name:ident { $(#[$doc:meta])* $field:ident $(: $range:expr)? }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name<F, S> {
            /// That of the neuron within.
            pub neuron: F,
            $(#[$doc])*
            pub $field: S,
        }

        impl<S: Copy, F: $crate::number::Fields<S>> $name<F, S> {
            const ALL: &'static [&'static str] =
                &$crate::neuron::wrap::append_name(F::NAMES, stringify!($field));
        }

        impl<S: Copy, F: $crate::number::Fields<S>> $crate::number::Fields<S> for $name<F, S> {
            const NAMES: &'static [&'static str] = Self::ALL.split_at(F::NAMES.len() + 1).0;
            #[inline(always)]
            fn from_fn(mut make: impl FnMut(usize) -> S) -> Self {
                let neuron = F::from_fn(&mut make);
                Self { neuron, $field: make(F::COUNT) }
            }
            #[inline(always)]
            fn get(&self, index: usize) -> S {
                if index == F::COUNT { self.$field } else { self.neuron.get(index) }
            }
            $(fn range(index: usize) -> $crate::number::ParameterRange {
                if index == F::COUNT { $range } else { F::range(index) }
            })?
        }
    };
}
pub(crate) use wrapped_fields;
