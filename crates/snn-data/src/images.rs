//! Images with their labels, and batches of them as tensors.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::prelude::*;

use crate::Error;
use crate::augment::augmented;

/// Pixels per side of the images in files and of the synthetic digits.
pub const SIDE: usize = 28;

/// How many classes an image may show: ten digits, or ten kinds of something else.
pub const CLASSES: usize = 10;

/// Images with their labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Grey values, 0 to 255: `[images, rows, columns]`.
    pub pixels: Vec<u8>,
    /// The class of each image, 0 to 9: the digit it shows.
    pub labels: Vec<u8>,
    /// Pixels from top to bottom.
    pub rows: usize,
    /// Pixels from left to right.
    pub columns: usize,
}

impl Images {
    /// Returns how many images there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the number of pixels of one image.
    pub fn size(&self) -> usize {
        self.rows * self.columns
    }

    /// Returns the images `indices` as networks see them, `pixel / 255 - 0.5`, `[images, rows x columns]`, and their
    /// labels, `[images]`.
    ///
    /// # Panics
    /// If an index is too large.
    pub fn batch(&self, indices: &[usize], device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        self.tensors(self.values(indices), indices, device)
    }

    /// Returns the same batch with each image changed a little at random; `seed` and image decide how. See [`augmented`].
    ///
    /// # Panics
    /// If an index is too large.
    pub fn augmented_batch(&self, indices: &[usize], seed: u64, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        self.tensors(augmented(self, indices, seed), indices, device)
    }

    fn values(&self, indices: &[usize]) -> Vec<f32> {
        let size = self.size();
        let mut values = vec![0.0f32; indices.len() * size];
        values.par_chunks_mut(size).zip(indices).for_each(|(row, index)| {
            for (value, pixel) in row.iter_mut().zip(&self.pixels[index * size..][..size]) {
                *value = f32::from(*pixel) / 255.0 - 0.5;
            }
        });
        values
    }

    fn tensors(&self, values: Vec<f32>, indices: &[usize], device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let labels: Vec<i64> = indices.iter().map(|index| i64::from(self.labels[*index])).collect();
        (
            Tensor::from_data(TensorData::new(values, [indices.len(), self.size()]), device),
            Tensor::from_data(TensorData::new(labels, [indices.len()]), device),
        )
    }

    /// Takes the last `count` images away and returns them.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn split_off(&mut self, count: usize) -> Self {
        let kept = self.len() - count;
        Self { pixels: self.pixels.split_off(kept * self.size()), labels: self.labels.split_off(kept), ..*self }
    }

    /// Keeps only the first `count` images; `None` keeps all. `what` is for the message if there are fewer.
    pub(crate) fn first(mut self, count: Option<usize>, what: &'static str) -> Result<Self, Error> {
        let Some(count) = count else { return Ok(self) };
        if count == 0 || count > self.len() {
            return Err(Error::Count { wanted: count, what, available: self.len() });
        }
        self.pixels.truncate(count * self.size());
        self.labels.truncate(count);
        Ok(self)
    }
}
