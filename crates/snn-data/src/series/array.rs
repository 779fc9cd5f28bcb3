//! An array of numbers of any kind, as it was stored.

use crate::stored::Stored;

/// An array of numbers, the last axis fastest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// How long each axis is.
    pub shape: Vec<usize>,
    pub(super) stored: Stored,
    pub(super) bytes: Vec<u8>,
}

impl Array {
    /// Returns how many numbers there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.stored.size
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the numbers; whole numbers beyond 2^53 are rounded.
    pub fn to_f64(&self) -> Vec<f64> {
        self.numbers().collect()
    }

    /// Returns the numbers, rounded to 32 bits.
    pub fn to_f32(&self) -> Vec<f32> {
        self.numbers().map(|number| number as f32).collect()
    }

    /// Returns the numbers as whole ones; `None` if one is not whole.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        let whole = |bytes: &[u8]| match self.stored.is_float() {
            false => self.stored.whole(bytes),
            true => Some(self.stored.float(bytes)).filter(|v| v.fract() == 0.0 && v.abs() < 9e15).map(|v| v as i64),
        };
        self.bytes.chunks_exact(self.stored.size).map(whole).collect()
    }

    fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        self.bytes.chunks_exact(self.stored.size).map(|bytes| self.stored.float(bytes))
    }

    /// Makes an array of bytes in which the first axis is the fastest.
    pub(super) fn from_first_fastest(shape: Vec<usize>, stored: Stored, bytes: Vec<u8>) -> Self {
        if shape.iter().filter(|length| **length > 1).count() <= 1 || bytes.is_empty() {
            return Self { shape, stored, bytes };
        }
        // How far apart neighbours along each axis are.
        let strides: Vec<usize> = shape
            .iter()
            .scan(stored.size, |stride, length| {
                let own = *stride;
                *stride *= length;
                Some(own)
            })
            .collect();
        let mut turned = Vec::with_capacity(bytes.len());
        let mut place = vec![0; shape.len()];
        let mut from = 0;
        while turned.len() < bytes.len() {
            turned.extend_from_slice(&bytes[from..from + stored.size]);
            for axis in (0..shape.len()).rev() {
                place[axis] += 1;
                from += strides[axis];
                if place[axis] < shape[axis] {
                    break;
                }
                from -= strides[axis] * shape[axis];
                place[axis] = 0;
            }
        }
        Self { shape, stored, bytes: turned }
    }
}
