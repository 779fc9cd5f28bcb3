//! Value parsers for types of other crates, which know no command line: their names, and what `--help` says of each.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use snn_data::DatasetChoice;
use snn_plot::Format;

use crate::backend::Backend;

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

/// Which data set is wanted.
pub fn dataset() -> impl TypedValueParser<Value = DatasetChoice> {
    let values = DatasetChoice::ALL.map(|choice| {
        PossibleValue::new(choice.name()).help(match choice {
            DatasetChoice::Auto => {
                "The files in the folder named, else MNIST if it can be had, else the synthetic digits"
            }
            DatasetChoice::Mnist => "MNIST, or an error",
            DatasetChoice::Synthetic => {
                "Digits drawn by the program: strokes of 0 to 9, slanted, shifted and bent at random"
            }
            DatasetChoice::Files => {
                "Four files like those of MNIST in the folder named, whatever they show, or an error"
            }
        })
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse::<DatasetChoice>())
}

/// Which backend is wanted.
pub fn backend() -> impl TypedValueParser<Value = Backend> {
    let values = Backend::ALL.map(|backend| {
        PossibleValue::new(backend.name()).help(match backend {
            Backend::Auto => "A GPU if one is there and its backend compiled in, else flex",
            Backend::Flex => "The CPU",
            Backend::Ndarray => "The CPU, through the older ndarray backend",
            Backend::Wgpu => "A GPU through Vulkan, Metal, DirectX 12 or OpenGL",
            Backend::Cuda => "A GPU of NVIDIA through CUDA",
        })
    });
    PossibleValuesParser::new(values)
        .map(|name| Backend::ALL.into_iter().find(|backend| backend.name() == name).unwrap_or_default())
}
