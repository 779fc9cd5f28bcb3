//! Value parsers for types of other crates, which know no command line: their names, and what `--help` says of each.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use snn_plot::Format;

/// A file format of figures.
pub fn format() -> impl TypedValueParser<Value = Format> {
    let values = Format::ALL.map(|format| {
        PossibleValue::new(format.name()).help(match format {
            Format::Png => "Pixels, twice as many as the drawing has units",
            Format::Svg => "Vectors",
        })
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Format>())
}
