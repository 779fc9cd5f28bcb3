//! Colours.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};

/// Text and axes.
pub const INK: RGBColor = RGBColor(31, 41, 51);
/// What is less important than data.
pub const QUIET: RGBColor = RGBColor(110, 119, 129);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(226, 230, 234);
/// Where a number should be and none is: a grey which no scale has.
pub const MISSING: RGBColor = RGBColor(150, 150, 150);
/// What a subtitle says if anything is drawn in that grey.
pub const MISSING_NOTE: &str = " · grey: not a number";
/// What it says if a line is broken for that reason.
pub const GAPS_NOTE: &str = " · gaps: not a number";
/// Lines of data, told apart also by the colour blind: Okabe and Ito (2008).
pub const SERIES: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// How numbers become colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// From 0 to the limit: viridis.
    Positive(f64),
    /// From minus to plus the limit, white at 0: blue and red of equal lightness.
    Signed(f64),
    /// The same with the root of the magnitude, which leaves colours for small numbers beside large ones.
    SignedRoot(f64),
}

impl Scale {
    /// The scale of `values`: signed if one of them is negative. It ends at the largest magnitude; what is not finite has no place on
    /// it.
    pub fn of(values: &[f32]) -> Self {
        let largest = finite(values).fold(0.0f64, |largest, value| largest.max(value.abs()));
        let limit = if largest > 0.0 { largest } else { 1.0 };
        if finite(values).any(|value| value < 0.0) { Self::Signed(limit) } else { Self::Positive(limit) }
    }

    /// The scale of `values`, by roots if they go much further below 0 than above it: strongly inhibited neurons
    /// would leave no colour for those which are about to fire.
    pub fn of_states(values: &[f32]) -> Self {
        let highest = finite(values).fold(0.0f64, f64::max);
        match Self::of(values) {
            Self::Signed(limit) if limit > 4.0 * highest => Self::SignedRoot(limit),
            other => other,
        }
    }

    /// The least and the largest number it tells apart.
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Positive(limit) => (0.0, limit),
            Self::Signed(limit) | Self::SignedRoot(limit) => (-limit, limit),
        }
    }

    /// The colour of `value`; [`MISSING`] if it is not finite.
    pub fn colour(self, value: f64) -> RGBColor {
        match self {
            _ if !value.is_finite() => MISSING,
            Self::Positive(limit) => ViridisRGB.get_color((value / limit).clamp(0.0, 1.0)),
            Self::Signed(limit) => diverging(value / limit),
            Self::SignedRoot(limit) => diverging((value.abs() / limit).sqrt().copysign(value)),
        }
    }

    /// Where `value` stands on a colour bar, from 0 at the bottom to 1 at the top.
    pub fn position(self, value: f64) -> f64 {
        match self {
            Self::Positive(limit) => value / limit,
            Self::Signed(limit) => (value / limit + 1.0) / 2.0,
            Self::SignedRoot(limit) => ((value.abs() / limit).sqrt().copysign(value) + 1.0) / 2.0,
        }
    }

    /// The number which stands at `position`.
    pub fn value(self, position: f64) -> f64 {
        let signed = 2.0 * position - 1.0;
        match self {
            Self::Positive(limit) => limit * position,
            Self::Signed(limit) => limit * signed,
            Self::SignedRoot(limit) => limit * (signed * signed).copysign(signed),
        }
    }

    /// The numbers to write at a colour bar, at least `distance` apart.
    pub fn ticks(self, distance: f64) -> Vec<f64> {
        let (_, limit) = self.range();
        let mut ticks = vec![0.0];
        match self {
            // Equal steps of 1, 2 or 5.
            Self::Positive(_) | Self::Signed(_) => {
                let width = self.position(limit) - self.position(0.0);
                let step = nice_from(distance / width * limit);
                let count = (limit / step * 1.000_001) as i32;
                ticks.extend((1..=count).map(|place| f64::from(place) * step));
            }
            // From the largest on ever smaller ones.
            Self::SignedRoot(_) => {
                let mut last = f64::MAX;
                let mut place = (limit.log10().floor() as i32 + 1) * 3;
                for _ in 0..24 {
                    place -= 1;
                    let value = [1.0, 2.0, 5.0][place.rem_euclid(3) as usize] * 10f64.powi(place.div_euclid(3));
                    let here = self.position(value);
                    let enough = last == f64::MAX || self.position(last) - here >= distance;
                    if value <= limit && enough && here - 0.5 >= distance {
                        ticks.push(value);
                        last = value;
                    }
                }
            }
        }
        if self.range().0 < 0.0 {
            let negative: Vec<f64> = ticks.iter().filter(|tick| **tick > 0.0).map(|tick| -tick).collect();
            ticks.extend(negative);
        }
        ticks
    }
}

/// Those of `values` which are numbers.
fn finite(values: &[f32]) -> impl Iterator<Item = f64> {
    values.iter().filter(|value| value.is_finite()).map(|value| f64::from(*value))
}

/// The least of 1, 2, 5 times a power of ten which is not below `value`.
fn nice_from(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|nice| *nice >= value * 0.999_999)
        .unwrap_or(power)
}

/// White at 0, blue at -1, red at 1; equal steps look equal, since lightness and chroma change linearly in Oklab.
fn diverging(position: f64) -> RGBColor {
    let strength = position.abs().min(1.0);
    let hue = if position < 0.0 { 255f64.to_radians() } else { 30f64.to_radians() };
    oklch(0.985 - 0.52 * strength, 0.19 * strength, hue)
}

/// Björn Ottosson (2020), "A perceptual color space for image processing".
fn oklch(lightness: f64, chroma: f64, hue: f64) -> RGBColor {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ];
    let [red, green, blue] = linear.map(|value| {
        let value = value.clamp(0.0, 1.0);
        let encoded = if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    });
    RGBColor(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_nearly_white_and_both_sides_are_as_dark() {
        let RGBColor(red, green, blue) = Scale::Signed(2.0).colour(0.0);
        assert!(red > 245 && green > 245 && blue > 245, "{red} {green} {blue}");
        let RGBColor(red, _, blue) = Scale::Signed(2.0).colour(2.0);
        assert!(red > 2 * blue);
        let RGBColor(red, _, blue) = Scale::Signed(2.0).colour(-2.0);
        assert!(blue > 2 * red);
        assert_eq!(Scale::of(&[0.0, 3.0]), Scale::Positive(3.0));
        assert_eq!(Scale::of(&[-4.0, 3.0]), Scale::Signed(4.0));
        assert_eq!(Scale::of(&[0.0]), Scale::Positive(1.0));
        assert_eq!(Scale::of_states(&[-20.0, 1.0]), Scale::SignedRoot(20.0));
        assert_eq!(Scale::of_states(&[-2.0, 1.0]), Scale::Signed(2.0));
        assert_eq!(Scale::of_states(&[-2.0, 0.6]), Scale::Signed(2.0));
    }

    #[test]
    fn what_is_no_number_is_grey_and_stretches_no_scale() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(Scale::of(&[bad, 3.0]), Scale::Positive(3.0));
            assert_eq!(Scale::of(&[bad]), Scale::Positive(1.0));
            assert_eq!(Scale::of_states(&[bad, -20.0, 1.0]), Scale::SignedRoot(20.0));
            for scale in [Scale::Positive(3.0), Scale::Signed(3.0), Scale::SignedRoot(3.0)] {
                assert_eq!(scale.colour(f64::from(bad)), MISSING);
                // No number has that grey.
                for value in -300..=300 {
                    assert_ne!(scale.colour(f64::from(value) / 100.0), MISSING);
                }
            }
        }
    }

    #[test]
    fn a_colour_bar_has_some_round_numbers() {
        assert_eq!(Scale::Positive(0.27).ticks(0.1), [0.0, 0.05, 0.1, 0.15000000000000002, 0.2, 0.25]);
        assert_eq!(Scale::Signed(2.3).ticks(0.1), [0.0, 0.5, 1.0, 1.5, 2.0, -0.5, -1.0, -1.5, -2.0]);
        assert_eq!(Scale::SignedRoot(22.5).ticks(0.1), [0.0, 20.0, 10.0, 2.0, -20.0, -10.0, -2.0]);
        for scale in [Scale::Positive(3.0), Scale::Signed(3.0), Scale::SignedRoot(3.0)] {
            for value in [0.0, 0.3, 2.9] {
                assert!((scale.value(scale.position(value)) - value).abs() < 1e-12);
            }
        }
    }
}
