//! Text on the page: numbers for people, and nothing that a browser would take for a tag.

use snn_data::{Known, SYNTHETIC, UNKNOWN};

/// `text` as it may stand between tags and in attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Appends formatted text; writing into a string cannot fail.
macro_rules! put {
    ($page:expr, $($text:tt)*) => {
        let _written = write!($page, $($text)*);
    };
}
pub(super) use put;

/// For titles.
pub fn short_dataset(name: &str) -> &str {
    match (name, Known::named(name)) {
        (_, Some(known)) => known.title(),
        (SYNTHETIC, _) => "synthetic digits",
        (UNKNOWN, _) => "unknown images",
        (other, _) => other,
    }
}

/// A whole number with a narrow gap between thousands.
pub fn thousands(value: f64) -> String {
    grouped(value, '\u{202f}')
}

/// A whole number with `gap` between thousands.
pub fn grouped(value: f64, gap: char) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digit.is_ascii_digit() {
            text.push(gap);
        }
        text.push(digit);
    }
    text
}

/// A share from 0 to 1.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
