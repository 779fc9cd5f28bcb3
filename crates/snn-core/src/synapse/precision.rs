//! Which way a product takes on the CPU: the numbers it multiplies, and what the processor has for them.

use burn::tensor::Device;

use super::host::{self, ProductSizes, Rows};
use super::sparse::is_sparse;
#[cfg(target_arch = "x86_64")]
use super::tiles::{self, Amx, Bf16, F32, Lanes};
use crate::device::is_host;

/// The numbers in which products are multiplied on the CPU. Sums, weights and gradients are f32 in both cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Factors in f32.
    #[default]
    F32,
    /// Factors rounded to bf16, the nearest. Products take about half the time with AVX-512-BF16, and far less with AMX,
    /// the matrix unit of some processors; the better one is chosen at run time.
    ///
    /// Every number of a result differs from the product in f32 by at most 2^-7 of the sum of its terms' magnitudes; for
    /// terms of independent signs, results differ by 2.4e-3 in the relative L2 norm.
    Bf16,
}

impl Precision {
    /// Whether products can be computed in it on `device`.
    ///
    /// # Errors
    /// One sentence that says why not, with a way out.
    pub fn available(self, device: &Device) -> Result<(), String> {
        if self == Self::F32 {
            return Ok(());
        }
        if !is_host(device) {
            return Err("products in bf16 are for the CPU; use products in f32, or the backend flex".to_owned());
        }
        #[cfg(target_arch = "x86_64")]
        let found = Bf16::detect().is_some();
        #[cfg(not(target_arch = "x86_64"))]
        let found = false;
        found.then_some(()).ok_or_else(|| {
            "products in bf16 need a processor with AVX-512-BF16, which this one lacks; use products in f32".to_owned()
        })
    }
}

/// `rows x weight + bias`: `[rows, outputs]`.
pub(crate) fn forward(
    precision: Precision,
    sizes: ProductSizes,
    rows: Rows<'_>,
    weight: &[f32],
    bias: &[f32],
) -> Vec<f32> {
    select(precision, rows, sizes.outputs).forward(sizes, rows, weight, bias)
}

/// The gradients of weight `[inputs, outputs]` and bias `[outputs]`, given that of the result.
pub(crate) fn parameter_gradients(
    precision: Precision,
    sizes: ProductSizes,
    rows: Rows<'_>,
    gradient: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    select(precision, rows, sizes.outputs).parameter_gradients(sizes, rows, gradient)
}

/// The gradient of the input `[rows, inputs]`, given that of the result.
pub(crate) fn input_gradient(precision: Precision, sizes: ProductSizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    let way: Box<dyn MatmulKernel> = match precision {
        Precision::F32 => Box::new(Host),
        Precision::Bf16 => dense_bf16(),
    };
    way.input_gradient(sizes, weight, gradient)
}

/// The code that computes the products of a layer.
trait MatmulKernel {
    fn forward(&self, sizes: ProductSizes, rows: Rows<'_>, weight: &[f32], bias: &[f32]) -> Vec<f32>;
    fn parameter_gradients(&self, sizes: ProductSizes, rows: Rows<'_>, gradient: &[f32]) -> (Vec<f32>, Vec<f32>);
    fn input_gradient(&self, sizes: ProductSizes, weight: &[f32], gradient: &[f32]) -> Vec<f32>;
}

/// Products in f32 on any processor.
struct Host;

impl MatmulKernel for Host {
    fn forward(&self, sizes: ProductSizes, rows: Rows<'_>, weight: &[f32], bias: &[f32]) -> Vec<f32> {
        host::forward(sizes, rows, weight, bias)
    }
    fn parameter_gradients(&self, sizes: ProductSizes, rows: Rows<'_>, gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
        host::parameter_gradients(sizes, rows, gradient)
    }
    fn input_gradient(&self, sizes: ProductSizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
        host::input_gradient(sizes, weight, gradient)
    }
}

#[cfg(target_arch = "x86_64")]
impl<L: Lanes> MatmulKernel for L {
    fn forward(&self, sizes: ProductSizes, rows: Rows<'_>, weight: &[f32], bias: &[f32]) -> Vec<f32> {
        tiles::forward(*self, sizes, rows, weight, bias)
    }
    fn parameter_gradients(&self, sizes: ProductSizes, rows: Rows<'_>, gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
        tiles::parameter_gradients(*self, sizes, rows, gradient)
    }
    fn input_gradient(&self, sizes: ProductSizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
        tiles::input_gradient(*self, sizes, weight, gradient)
    }
}

/// How products of `rows` are computed on this processor.
fn select(precision: Precision, rows: Rows<'_>, outputs: usize) -> Box<dyn MatmulKernel> {
    match (precision, rows) {
        (Precision::F32, Rows::Given(_)) => Box::new(Host),
        (Precision::F32, Rows::Flickering { .. }) => noisy_f32(),
        // Sparse inputs, such as spikes, are cheaper to add up row by row, whatever the precision.
        (Precision::Bf16, Rows::Given(values)) if is_sparse(values, outputs) => Box::new(Host),
        (Precision::Bf16, _) => dense_bf16(),
    }
}

#[cfg(target_arch = "x86_64")]
fn noisy_f32() -> Box<dyn MatmulKernel> {
    match F32::detect() {
        Some(format) => Box::new(format),
        None => Box::new(Host),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn noisy_f32() -> Box<dyn MatmulKernel> {
    Box::new(Host)
}

/// # Panics
/// If the precision is not available, which whoever calls a product has asked before.
#[cfg(target_arch = "x86_64")]
fn dense_bf16() -> Box<dyn MatmulKernel> {
    match Amx::detect() {
        Some(format) => Box::new(format),
        None => Box::new(Bf16::detect().expect("a processor with AVX-512-BF16")),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn dense_bf16() -> Box<dyn MatmulKernel> {
    unreachable!("bf16 is not available on this processor")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::{NoiseSeed, uniform};

    fn distance(a: &[f32], b: &[f32]) -> f64 {
        let square = |value: f32| f64::from(value) * f64::from(value);
        let difference: f64 = a.iter().zip(b).map(|(a, b)| square(a - b)).sum();
        (difference / b.iter().map(|value| square(*value)).sum::<f64>()).sqrt()
    }

    #[test]
    fn each_way_gives_the_product_of_the_others_within_its_precision() {
        let random = |count: u32, seed| (0..count).map(|element| uniform(seed, element) - 0.5).collect::<Vec<f32>>();
        let (batch, steps) = (37, 5);
        let sizes = ProductSizes { rows: steps * batch, inputs: 51, outputs: 23 };
        let (input, weight, bias) = (random(37 * 51, 1), random(51 * 23, 2), random(23, 3));
        let (dense, gradient) = (random(185 * 51, 4), random(185 * 23, 5));
        let sparse: Vec<f32> = dense.iter().map(|value| f32::from(u8::from(*value > 0.4))).collect();
        let noisy = Rows::Flickering { input: &input, batch, seed: NoiseSeed::new(6) };
        for (precision, bound) in [(Precision::F32, 1e-6), (Precision::Bf16, 4e-3)] {
            if precision.available(&Device::flex()).is_err() {
                continue;
            }
            for rows in [noisy, Rows::Given(&dense), Rows::Given(&sparse)] {
                let expected = host::forward(sizes, rows, &weight, &bias);
                let error = distance(&forward(precision, sizes, rows, &weight, &bias), &expected);
                assert!(error < bound, "{precision:?} forward: {error:e}");
                let expected = host::parameter_gradients(sizes, rows, &gradient);
                let got = parameter_gradients(precision, sizes, rows, &gradient);
                let errors = (distance(&got.0, &expected.0), distance(&got.1, &expected.1));
                assert!(errors.0 < bound && errors.1 < 1e-6, "{precision:?} gradients: {errors:?}");
            }
            let expected = host::input_gradient(sizes, &weight, &gradient);
            let error = distance(&input_gradient(precision, sizes, &weight, &gradient), &expected);
            assert!(error < bound, "{precision:?} input: {error:e}");
        }
    }
}
