//! The power at each frequency of a short piece of sound.

/// A fast Fourier transform of `size` points, a power of two; the same bits on every machine.
pub struct Fourier {
    size: usize,
    /// `exp(-2πi k / size)` for the first half of the circle.
    turns: Vec<(f64, f64)>,
}

impl Fourier {
    pub fn new(size: usize) -> Self {
        assert!(size.is_power_of_two(), "fourier: a power of two");
        let turn = |k: usize| {
            let angle = -2.0 * std::f64::consts::PI * k as f64 / size as f64;
            (libm::cos(angle), libm::sin(angle))
        };
        Self { size, turns: (0..size / 2).map(turn).collect() }
    }

    /// `|X[k]|²` for k from 0 to size / 2, where `X[k] = Σ x[n] exp(-2πi k n / size)`; what is missing of `input` is zero.
    pub fn power(&self, input: &[f64]) -> Vec<f64> {
        let mut values = vec![(0.0, 0.0); self.size];
        let bits = self.size.trailing_zeros();
        for (index, value) in input.iter().enumerate() {
            let place = if bits == 0 { 0 } else { index.reverse_bits() >> (usize::BITS - bits) };
            values[place] = (*value, 0.0);
        }
        let mut half = 1;
        while half < self.size {
            let step = self.size / (2 * half);
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for (index, (low, high)) in low.iter_mut().zip(high).enumerate() {
                    let (cos, sin) = self.turns[index * step];
                    let turned = (high.0 * cos - high.1 * sin, high.0 * sin + high.1 * cos);
                    *high = (low.0 - turned.0, low.1 - turned.1);
                    *low = (low.0 + turned.0, low.1 + turned.1);
                }
            }
            half *= 2;
        }
        values[..=self.size / 2].iter().map(|(real, imaginary)| real * real + imaginary * imaginary).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_that_of_the_definition() {
        let input: Vec<f64> = (0..23).map(|n| libm::sin(0.7 * f64::from(n)) + 0.1 * f64::from(n % 5)).collect();
        for (k, power) in Fourier::new(32).power(&input).iter().enumerate() {
            let sum = |part: fn(f64) -> f64| -> f64 {
                let angle = |n: usize| 2.0 * std::f64::consts::PI * (k * n) as f64 / 32.0;
                input.iter().enumerate().map(|(n, x)| x * part(angle(n))).sum()
            };
            let expected = sum(libm::cos).powi(2) + sum(libm::sin).powi(2);
            assert!((power - expected).abs() < 1e-10, "{k}: {power} {expected}");
        }
    }
}
