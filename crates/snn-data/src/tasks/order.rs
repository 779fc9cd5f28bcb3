//! Images as sequences: one pixel (or row) after another, in reading order or in a fixed random one.
//!
//! Source of both: Le, Jaitly, Hinton (2015), "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units".

use crate::{Draws, Error};

/// In which order the pixels of an image come.
///
/// # Example
/// ```
/// use snn_data::tasks::Order;
/// let image = [1.0, 2.0, 3.0, 4.0];
/// assert_eq!(Order::sequential(4).apply(&image)?, image);
/// let shuffled = Order::permuted(4, 0).apply(&image)?;
/// assert_eq!(shuffled.iter().sum::<f32>(), 10.0);
/// # Ok::<(), snn_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    places: Vec<usize>,
}

impl Order {
    /// Reading order: sequential MNIST, for 784 pixels.
    pub fn sequential(pixels: usize) -> Self {
        Self { places: (0..pixels).collect() }
    }

    /// A random order, the same for all images: permuted MNIST, for 784 pixels.
    pub fn permuted(pixels: usize, seed: u64) -> Self {
        Self { places: Draws::new(seed, 0).permutation(pixels) }
    }

    /// Returns from where in the image each step takes its pixel.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Returns the pixels in this order. With `n` pixels a step, the result is `[steps, n]` as it is.
    ///
    /// # Errors
    /// [`Error::Setting`] if the image has another number of pixels.
    pub fn apply<T: Copy>(&self, image: &[T]) -> Result<Vec<T>, Error> {
        if image.len() != self.places.len() {
            let problem = format!("{} pixels expected, found {}", self.places.len(), image.len());
            return Err(Error::setting("order of pixels", problem));
        }
        Ok(self.places.iter().map(|place| image[*place]).collect())
    }
}
