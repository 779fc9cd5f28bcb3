//! Whether an input is so sparse that its zeros are left out.

use super::sizes::ConvSizes;

/// How much of an input is nonzero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    /// So much that all of it is multiplied.
    Dense,
    /// So little that the zeros are left out.
    Sparse,
}

/// Below this share of nonzero inputs, adding them up one by one beats the dense product.
const SPARSE_BELOW: f64 = 0.15;
/// The same where a number meets fewer than two taps, so that finding it costs more than what it spares.
const SPARSE_BELOW_WITH_FEW_TAPS: f64 = 0.08;
/// Outputs below which finding the nonzero elements costs more than multiplying the zeros.
const FEWEST_OUTPUTS: usize = 32;

/// Whether it pays to look at the nonzero inputs alone.
pub(super) fn activity(input: &[f32], sizes: &ConvSizes) -> Activity {
    if sizes.group_outputs() < FEWEST_OUTPUTS {
        return Activity::Dense;
    }
    let few = sizes.taps() < 2 * sizes.height.stride * sizes.width.stride;
    let below = if few { SPARSE_BELOW_WITH_FEW_TAPS } else { SPARSE_BELOW };
    // A sample decides: counting all of them would cost as much as it saves. Steps of the golden ratio, so that no
    // regular pattern of spikes hides from it.
    let seen = input.len().min(4096);
    let nonzero = (0..seen as u64)
        .filter(|sample| input[(sample.wrapping_mul(0x9e37_79b9_7f4a_7c15) % input.len() as u64) as usize] != 0.0)
        .count();
    if (nonzero as f64) < below * seen as f64 { Activity::Sparse } else { Activity::Dense }
}
