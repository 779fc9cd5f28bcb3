//! How large a network may be: what no machine holds is refused before memory is asked for.

use crate::error::{Result, refuse};

/// Numbers which one tensor of a network may hold: four GiB.
pub(crate) const MOST: usize = 1 << 30;

/// The product of `factors`, so many `what`.
///
/// # Errors
/// If it is more than a tensor may hold.
pub(crate) fn product(place: &str, what: &str, factors: &[usize]) -> Result<usize> {
    let product = factors.iter().try_fold(1usize, |product, factor| product.checked_mul(*factor));
    match product {
        Some(product) if product <= MOST => Ok(product),
        _ => {
            let factors: Vec<String> = factors.iter().map(ToString::to_string).collect();
            refuse!("{place}: {} {what}, at most {MOST} are possible", factors.join(" x "))
        }
    }
}
