//! The file formats of figures.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The file format of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// Pixels, twice as many as the drawing has units.
    #[default]
    Png,
    /// Vectors.
    Svg,
}

impl Format {
    /// All file formats.
    pub const ALL: [Self; 2] = [Self::Png, Self::Svg];

    /// Returns the name of the format, which is also the extension of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// Finds the format called `name`.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`] if there is none.
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| Error::UnknownFormat { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert_eq!(format.to_string(), format.name());
        }
        let sentence = "gif".parse::<Format>().expect_err("no format").to_string();
        assert!(sentence.contains("`gif`") && sentence.contains("png and svg"), "{sentence}");
    }
}
