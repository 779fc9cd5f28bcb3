//! Products against f64, noise against every other path, bit for bit.

use super::super::host::flicker;
use super::*;
use crate::noise::{NoiseSeed, uniform};

/// Says what is not tested on this processor.
fn detected<L>(name: &str, format: Option<L>) -> Option<L> {
    if format.is_none() {
        println!("skipped: this processor has no {name}");
    }
    format
}

fn random(count: usize, seed: u64) -> Vec<f32> {
    (0..count).map(|element| uniform(NoiseSeed::new(seed).key(0), element as u32) - 0.5).collect()
}

/// `[rows, inner] x [inner, columns]` in f64, and the same of the magnitudes.
fn product(
    rows: usize,
    inner: usize,
    columns: usize,
    left: impl Fn(usize, usize) -> f32,
    right: impl Fn(usize, usize) -> f32,
) -> Vec<(f64, f64)> {
    let mut result = vec![(0.0, 0.0); rows * columns];
    for row in 0..rows {
        for index in 0..inner {
            let left = f64::from(left(row, index));
            for (column, sum) in result[row * columns..][..columns].iter_mut().enumerate() {
                let term = left * f64::from(right(index, column));
                *sum = (sum.0 + term, sum.1 + term.abs());
            }
        }
    }
    result
}

/// Every element within `bound` times its sum of magnitudes; returns the relative L2 error.
fn check(what: &str, got: &[f32], expected: &[(f64, f64)], bound: f64) -> f64 {
    assert_eq!(got.len(), expected.len(), "{what}");
    let (mut error, mut norm) = (0.0, 0.0);
    for (index, (got, (value, magnitude))) in got.iter().zip(expected).enumerate() {
        let difference = (f64::from(*got) - value).abs();
        assert!(
            difference <= bound * magnitude + 1e-30,
            "{what}, number {index}: {got}, not {value} within {bound:e} x {magnitude}"
        );
        (error, norm) = (error + difference * difference, norm + value * value);
    }
    (error / norm).sqrt()
}

fn check_products<L: Lanes>(format: L, unit: f64, expected_error: f64) {
    let awkward = [
        (1, 1, 1),
        (2, 1, 2),
        (1, 2, 15),
        (15, 17, 3),
        (17, 15, 16),
        (16, 33, 17),
        (33, 100, 7),
        (65, 784, 10),
        (100, 257, 33),
        (129, 31, 100),
        (250, 63, 1),
        (300, 784, 100),
    ];
    for (batch, inputs, outputs) in awkward {
        for steps in [1, 3, 19] {
            let sizes = ProductSizes { rows: steps * batch, inputs, outputs };
            if sizes.rows * inputs * outputs > 40_000_000 {
                continue;
            }
            let (weight, bias) = (random(inputs * outputs, 1), random(outputs, 2));
            let (given, gradient) = (random(sizes.rows * inputs, 3), random(sizes.rows * outputs, 4));
            let (input, seed) = (random(batch * inputs, 5), NoiseSeed::new(6).later(7));
            let noisy = flicker(&input, steps, seed);
            let sources = [
                ("given", Rows::Given(&given), &given),
                ("noisy", Rows::Flickering { input: &input, batch, seed }, &noisy),
            ];
            for (name, rows, left) in sources {
                let what = format!("{name} {sizes:?}, {steps} steps");
                // Two factors rounded, then sums rounded at most twice a term, and added over at most `PARTS` parts.
                let bound = |inner: usize| 2.0 * unit + unit * unit + (2 * inner + PARTS + 2) as f64 * 2f64.powi(-24);
                let with_bias =
                    |row: usize, index: usize| if index < inputs { left[row * inputs + index] } else { 1.0 };
                let right = |index: usize, column: usize| {
                    if index < inputs { weight[index * outputs + column] } else { bias[column] }
                };
                let expected = product(sizes.rows, inputs + 1, outputs, with_bias, right);
                let mut errors =
                    vec![check(&what, &forward(format, sizes, rows, &weight, &bias), &expected, bound(inputs))];
                let (d_weight, d_bias) = parameter_gradients(format, sizes, rows, &gradient);
                let transposed = |input: usize, row: usize| left[row * inputs + input];
                let gradients = |row: usize, column: usize| gradient[row * outputs + column];
                let expected = product(inputs, sizes.rows, outputs, transposed, gradients);
                errors.push(check(&what, &d_weight, &expected, bound(sizes.rows)));
                let expected = product(1, sizes.rows, outputs, |_, _| 1.0, gradients);
                check(&what, &d_bias, &expected, (sizes.rows + PARTS) as f64 * 2f64.powi(-24));
                let expected = product(
                    sizes.rows,
                    outputs,
                    inputs,
                    |row, output| gradient[row * outputs + output],
                    |output, input| weight[input * outputs + output],
                );
                errors.push(check(
                    &what,
                    &input_gradient(format, sizes, &weight, &gradient),
                    &expected,
                    bound(outputs),
                ));
                if sizes.rows * inputs * outputs > 100_000 {
                    for error in errors {
                        assert!(
                            error < expected_error,
                            "{what}: relative L2 error {error:e}, at most {expected_error:e} expected"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn products_in_f32_are_those_in_f64_up_to_rounding() {
    let Some(format) = detected("AVX-512", F32::detect()) else { return };
    check_products(format, 0.0, 2e-6);
}

#[test]
fn products_in_bf16_keep_the_bound_of_two_rounded_factors() {
    let Some(format) = detected("AVX-512-BF16", Bf16::detect()) else { return };
    check_products(format, 2f64.powi(-8), 2f64.powi(-8));
    let Some(format) = detected("AMX", Amx::detect()) else { return };
    check_products(format, 2f64.powi(-8), 2f64.powi(-8));
}

fn round(value: f32) -> f32 {
    let bits = value.to_bits();
    f32::from_bits((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000)
}

fn check_noise<L: Lanes>(format: L, rounded: impl Fn(f32) -> f32) {
    for (batch, inputs, steps) in [(1, 1, 1), (3, 5, 2), (17, 33, 3), (70, 100, 2), (131, 16, 11)] {
        let (input, seed) = (random(batch * inputs, 8), NoiseSeed::new(1 << 40).later(3));
        let rows = Rows::Flickering { input: &input, batch, seed };
        let noisy = flicker(&input, steps, seed);
        let expected: Vec<f32> = noisy.iter().map(|value| rounded(*value)).collect();
        // With the unit matrix as the weight, the result is the noisy input itself.
        let unit: Vec<f32> = (0..inputs * inputs).map(|index| f32::from(u8::from(index % (inputs + 1) == 0))).collect();
        let sizes = ProductSizes { rows: steps * batch, inputs, outputs: inputs };
        assert_eq!(forward(format, sizes, rows, &unit, &vec![0.0; inputs]), expected, "{batch} x {inputs} x {steps}");
        // With the unit matrix as the gradient, that of the weight is the noisy input turned over.
        let rows = Rows::Flickering { input: &input, batch, seed };
        let unit: Vec<f32> = (0..batch * batch).map(|index| f32::from(u8::from(index % (batch + 1) == 0))).collect();
        let sizes = ProductSizes { rows: batch, inputs, outputs: batch };
        let (weight, _) = parameter_gradients(format, sizes, rows, &unit);
        let expected: Vec<f32> =
            (0..inputs * batch).map(|index| expected[index % batch * inputs + index / batch]).collect();
        assert_eq!(weight, expected, "{batch} x {inputs}");
    }
}

#[test]
fn the_noise_is_that_of_every_other_path_bit_for_bit() {
    if let Some(format) = detected("AVX-512", F32::detect()) {
        check_noise(format, |value| value);
    }
    if let Some(format) = detected("AVX-512-BF16", Bf16::detect()) {
        check_noise(format, round);
    }
    if let Some(format) = detected("AMX", Amx::detect()) {
        check_noise(format, round);
    }
}

fn check_threads<L: Lanes>(format: L) {
    let (batch, steps, inputs, outputs) = (301, 9, 130, 21);
    let sizes = ProductSizes { rows: steps * batch, inputs, outputs };
    let (input, weight, bias) = (random(batch * inputs, 1), random(inputs * outputs, 2), random(outputs, 3));
    let gradient = random(sizes.rows * outputs, 4);
    let rows = Rows::Flickering { input: &input, batch, seed: NoiseSeed::new(5) };
    let results = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        pool.install(|| {
            (forward(format, sizes, rows, &weight, &bias), parameter_gradients(format, sizes, rows, &gradient))
        })
    });
    assert!(results.iter().all(|result| *result == results[0]));
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    if let Some(format) = detected("AVX-512", F32::detect()) {
        check_threads(format);
    }
    if let Some(format) = detected("AVX-512-BF16", Bf16::detect()) {
        check_threads(format);
    }
    if let Some(format) = detected("AMX", Amx::detect()) {
        check_threads(format);
    }
}

#[test]
fn nothing_times_nothing_is_the_bias() {
    let Some(format) = detected("AVX-512", F32::detect()) else { return };
    let sizes = ProductSizes { rows: 2, inputs: 0, outputs: 3 };
    assert_eq!(forward(format, sizes, Rows::Given(&[]), &[], &[1.0, 2.0, 3.0]), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    let sizes = ProductSizes { rows: 0, inputs: 2, outputs: 1 };
    assert_eq!(parameter_gradients(format, sizes, Rows::Given(&[]), &[]), (vec![0.0; 2], vec![0.0]));
}
