//! Numbers as files store them: floats of 16, 32 and 64 bits, whole numbers of 8 to 64, in either order of bytes.

/// How one number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub size: usize,
    big: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Float,
    Signed,
    Unsigned,
}

impl Stored {
    /// Floats of `size` bytes; `None` if there are none of that size.
    pub fn float_of(size: usize, big: bool) -> Option<Self> {
        matches!(size, 2 | 4 | 8).then_some(Self { size, big, kind: Kind::Float })
    }

    /// Whole numbers of `size` bytes; `None` if there are none of that size.
    pub fn whole_of(size: usize, signed: bool, big: bool) -> Option<Self> {
        let kind = if signed { Kind::Signed } else { Kind::Unsigned };
        matches!(size, 1 | 2 | 4 | 8).then_some(Self { size, big, kind })
    }

    pub fn is_float(self) -> bool {
        self.kind == Kind::Float
    }

    /// The bits of a number, in the lowest places.
    fn bits(self, bytes: &[u8]) -> u64 {
        let join = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        if self.big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    }

    /// The number in `bytes` as a float.
    pub fn float(self, bytes: &[u8]) -> f64 {
        let bits = self.bits(bytes);
        match (self.kind, self.size) {
            (Kind::Float, 2) => half(bits as u16),
            (Kind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Kind::Float, _) => f64::from_bits(bits),
            _ => self.whole(bytes).map_or(f64::INFINITY, |whole| whole as f64),
        }
    }

    /// The number in `bytes` as a whole number; `None` if it is none or too large.
    pub fn whole(self, bytes: &[u8]) -> Option<i64> {
        let bits = self.bits(bytes);
        match self.kind {
            Kind::Float => None,
            Kind::Unsigned => i64::try_from(bits).ok(),
            Kind::Signed => {
                let unused = 64 - 8 * self.size as u32;
                Some(((bits << unused) as i64) >> unused)
            }
        }
    }
}

/// A float of 16 bits.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    // Powers of two of this size are exact.
    sign * match exponent {
        0 => fraction / 16_777_216.0,
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * f64::from(1u32 << exponent) / 33_554_432.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_16_bits() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x03ff, 6.097_555_160_522_461e-5),
            (0x0400, 6.103_515_625e-5),
            (0x3555, 0.333_251_953_125),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
        ] {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7c01).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
    }
}
