//! Numbers that sum up a curve.

/// The time constant `τ`, in steps, of the exponential `K(0) e^(-Δ/τ)` that fits `values[Δ]`, from Δ = 0 on: the
/// least squares line through the logarithms, as far as they are above a hundredth of the first.
///
/// `None` if fewer than three points are, or the curve does not fall.
///
/// ```
/// let values: Vec<f64> = (0..30).map(|delta| 0.9f64.powi(delta)).collect();
/// let tau = snn_core::analysis::timing::fitted_time_constant(&values).unwrap();
/// assert!((tau - -1.0 / 0.9f64.ln()).abs() < 1e-9);
/// ```
pub fn fitted_time_constant(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    let points = values.iter().take_while(|value| **value > 0.01 * first.abs()).map(|value| value.ln());
    let points: Vec<(f64, f64)> = points.enumerate().map(|(delta, logarithm)| (delta as f64, logarithm)).collect();
    if points.len() < 3 {
        return None;
    }
    let count = points.len() as f64;
    let (mean_x, mean_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let slope = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>()
        / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
    (slope < 0.0).then(|| -1.0 / slope)
}

/// Pearson's correlation of two curves; `None` if one of them is constant or they differ in length.
///
/// ```
/// use snn_core::analysis::timing::correlation;
/// assert_eq!(correlation(&[1.0, 2.0, 3.0], &[-2.0, -4.0, -6.0]), Some(-1.0));
/// assert_eq!(correlation(&[1.0, 1.0], &[0.0, 1.0]), None);
/// ```
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.is_empty() {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>()
    };
    let scale = (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt();
    (scale > 0.0).then(|| product(a, mean_a, b, mean_b) / scale)
}
