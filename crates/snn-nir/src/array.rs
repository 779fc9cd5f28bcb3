//! Numbers with a shape: what a parameter of a node is.

use std::fmt;

use crate::error::{Error, Problem};

/// The numbers of an [`Array`] in row-major order, in the type in which they stand in a file.
///
/// Every integer type is read as `i64`, and half precision as `f32`; both lose nothing. Unsigned integers above `i64::MAX` are read as
/// `f64`.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Single precision, and half precision when read.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Integers of any width when read, 64 bits when written.
    I64(Vec<i64>),
    /// Truth values, as h5py stores them: an enumeration of FALSE and TRUE.
    Bool(Vec<bool>),
}

impl Values {
    /// Returns how many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }

    /// Tells whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Vec<f32>> for Values {
    fn from(values: Vec<f32>) -> Self {
        Self::F32(values)
    }
}

impl From<Vec<f64>> for Values {
    fn from(values: Vec<f64>) -> Self {
        Self::F64(values)
    }
}

impl From<Vec<i64>> for Values {
    fn from(values: Vec<i64>) -> Self {
        Self::I64(values)
    }
}

impl From<Vec<bool>> for Values {
    fn from(values: Vec<bool>) -> Self {
        Self::Bool(values)
    }
}

/// Numbers with a shape, row-major: the last axis is contiguous.
///
/// A shape of `[]` is one number (a scalar of HDF5).
///
/// ```
/// use snn_nir::Array;
///
/// let weight = Array::new([2, 3], vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!(weight.shape(), [2, 3]);
/// assert_eq!(weight.get(4), 5.0);
/// assert!(Array::new([2, 3], vec![1.0f32]).is_err());
/// # Ok::<(), snn_nir::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    values: Values,
}

impl Array {
    /// Makes an array of `values` in row-major order.
    ///
    /// # Errors
    ///
    /// [`Problem::ArrayLength`] if there are not as many values as `shape` says.
    pub fn new(shape: impl Into<Vec<usize>>, values: impl Into<Values>) -> Result<Self, Error> {
        let (shape, values) = (shape.into(), values.into());
        if size(&shape) != Some(values.len()) {
            return Err(Problem::ArrayLength { shape, values: values.len() }.into());
        }
        Ok(Self { shape, values })
    }

    /// Makes an array with one axis.
    pub fn vector(values: impl Into<Values>) -> Self {
        let values = values.into();
        Self { shape: vec![values.len()], values }
    }

    /// Makes an array of shape `[]`.
    pub fn scalar(value: f64) -> Self {
        Self { shape: Vec::new(), values: Values::F64(vec![value]) }
    }

    /// Returns the size of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the numbers in their own type.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Returns how many numbers there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Tells whether there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number at `index` in row-major order.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn get(&self, index: usize) -> f64 {
        match &self.values {
            Values::F32(values) => f64::from(values[index]),
            Values::F64(values) => values[index],
            Values::I64(values) => values[index] as f64,
            Values::Bool(values) => f64::from(u8::from(values[index])),
        }
    }

    /// Goes through all numbers in row-major order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Returns all numbers in double precision, row-major.
    pub fn to_f64(&self) -> Vec<f64> {
        self.iter().collect()
    }

    /// Returns all numbers in single precision, row-major, rounded where they have more digits.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.values {
            Values::F32(values) => values.clone(),
            _ => self.iter().map(|value| value as f32).collect(),
        }
    }

    /// Returns the array in `shape`, repeated along the axes that it lacks or that have a size of 1, as NumPy broadcasts; nothing if it
    /// cannot be.
    ///
    /// A parameter of size one stands for all neurons of its node: this makes one number for each of them.
    ///
    /// ```
    /// use snn_nir::Array;
    ///
    /// let tau = Array::vector(vec![0.02f32]);
    /// assert_eq!(tau.spread(&[2, 2]).unwrap().to_f32(), [0.02; 4]);
    /// assert!(Array::vector(vec![1.0f32, 2.0]).spread(&[3]).is_none());
    /// ```
    pub fn spread(&self, shape: &[usize]) -> Option<Self> {
        if self.shape == shape {
            return Some(self.clone());
        }
        let length = size(shape)?;
        // A single number fits everywhere, whatever its axes: [1, 1] for [5] too.
        if self.len() == 1 {
            let values = match &self.values {
                Values::F32(values) => Values::F32(vec![values[0]; length]),
                Values::F64(values) => Values::F64(vec![values[0]; length]),
                Values::I64(values) => Values::I64(vec![values[0]; length]),
                Values::Bool(values) => Values::Bool(vec![values[0]; length]),
            };
            return Some(Self { shape: shape.to_vec(), values });
        }
        let index = broadcast(&self.shape, shape)?;
        let values = match &self.values {
            Values::F32(values) => Values::F32(index.iter().map(|at| values[*at]).collect()),
            Values::F64(values) => Values::F64(index.iter().map(|at| values[*at]).collect()),
            Values::I64(values) => Values::I64(index.iter().map(|at| values[*at]).collect()),
            Values::Bool(values) => Values::Bool(index.iter().map(|at| values[*at]).collect()),
        };
        Some(Self { shape: shape.to_vec(), values })
    }

    /// Tells whether [`spread`](Self::spread) would return something, without making it.
    pub fn spreads_to(&self, shape: &[usize]) -> bool {
        self.len() == 1 || broadcasts(&self.shape, shape)
    }

    /// The number at `index` with the digits of its own type, for sentences: `0.1`, not `0.10000000149`.
    pub(crate) fn show(&self, index: usize) -> String {
        match &self.values {
            Values::F32(values) => values[index].to_string(),
            Values::F64(values) => values[index].to_string(),
            Values::I64(values) => values[index].to_string(),
            Values::Bool(values) => values[index].to_string(),
        }
    }

    /// Where the number at `index` is, for sentences: ` at neuron 2`, ` at [0, 3]`, or nothing if there is only one.
    pub(crate) fn place(&self, index: usize) -> String {
        match self.shape.len() {
            _ if self.len() == 1 => String::new(),
            1 => format!(" at neuron {index}"),
            _ => {
                let mut rest = index;
                let mut place = vec![0; self.shape.len()];
                for (at, size) in place.iter_mut().zip(&self.shape).rev() {
                    *at = rest % size;
                    rest /= size;
                }
                format!(" at {place:?}")
            }
        }
    }
}

impl fmt::Display for Array {
    /// The shape and the first few numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first: Vec<String> = (0..self.len().min(4)).map(|index| self.show(index)).collect();
        let more = if self.len() > 4 { ", .." } else { "" };
        write!(f, "{:?}({}{more})", self.shape, first.join(", "))
    }
}

/// The product of all sizes, or nothing if no machine counts so far.
pub(crate) fn size(shape: &[usize]) -> Option<usize> {
    // An axis of 0 makes the product 0, however large the others are.
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size))
}

/// Whether NumPy would repeat an array of shape `from` to fill `to`.
fn broadcasts(from: &[usize], to: &[usize]) -> bool {
    from.len() <= to.len() && from.iter().rev().zip(to.iter().rev()).all(|(own, wanted)| own == wanted || *own == 1)
}

/// For each place in `to`, in row-major order, the place in `from` that fills it.
fn broadcast(from: &[usize], to: &[usize]) -> Option<Vec<usize>> {
    if !broadcasts(from, to) {
        return None;
    }
    let mut index = vec![0];
    let missing = to.len() - from.len();
    for (axis, wanted) in to.iter().enumerate() {
        let own = if axis < missing { 1 } else { from[axis - missing] };
        let mut next = Vec::with_capacity(index.len() * wanted);
        for before in &index {
            for at in 0..*wanted {
                next.push(before * own + if own == 1 { 0 } else { at });
            }
        }
        index = next;
    }
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreading_repeats_missing_axes_and_axes_of_size_one() {
        let row = Array::new([1, 3], vec![1i64, 2, 3]).unwrap();
        assert_eq!(row.spread(&[2, 2, 3]).unwrap().to_f64(), [1., 2., 3., 1., 2., 3., 1., 2., 3., 1., 2., 3.]);
        let column = Array::new([2, 1], vec![1i64, 2]).unwrap();
        assert_eq!(column.spread(&[2, 3]).unwrap().to_f64(), [1., 1., 1., 2., 2., 2.]);
        assert_eq!(Array::scalar(7.0).spread(&[2]).unwrap().to_f64(), [7.0, 7.0]);
        assert!(row.spread(&[2, 2]).is_none());
    }

    #[test]
    fn sizes_that_no_machine_counts_are_not_an_overflow() {
        assert_eq!(size(&[usize::MAX, 2]), None);
        assert_eq!(size(&[usize::MAX, 2, 0]), Some(0));
        assert!(Array::new([usize::MAX, 2], vec![1.0f32]).is_err());
    }
}
