//! Figures: one file for each kind. They take plain numbers, know nothing of models or files, and draw the same
//! as PNG and as SVG.
//!
//! Colours are perceptually uniform: viridis for what is not negative, and for signed values a map which diverges
//! from white at 0. The font (DejaVu Sans) is built in.
//!
//! Any numbers can be drawn: what is NaN or infinite is shown as missing, and a figure without data says so.

mod axes;
mod colour;
mod confusion;
mod digit;
mod heatmap;
mod learning;
mod membrane;
mod raster;
mod rates;
mod scaled;
mod traces;
mod weights;
mod windows;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::{Context, Result, anyhow, ensure};
use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{BitMapBackend, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::{FontStyle, WHITE, register_font};

use scaled::Scaled;

use crate::files;

pub use confusion::Confusion;
pub use digit::Digit;
pub use heatmap::{Grid, Heatmap};
pub use learning::{Epoch, Learning, LearningCurve};
pub use membrane::Membrane;
pub use raster::{Raster, RasterLayer};
pub use rates::{LayerRates, Rates};
pub use traces::{Trace, Traces};
pub use weights::Weights;
pub use windows::{Curve, Line, Windows, WindowsPanel};

/// Pixels for each unit of a drawing.
const PIXELS_PER_UNIT: u32 = 2;

/// Where a figure is drawn.
pub type Area<B> = DrawingArea<B, Shift>;

/// What drawing returns.
pub type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// The file formats of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Pixels, twice as many as the drawing has units.
    #[default]
    Png,
    /// Vectors.
    Svg,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Png => "png",
            Self::Svg => "svg",
        })
    }
}

/// Something which can be drawn.
pub trait Figure {
    /// Its name, also that of its file.
    fn name(&self) -> String;

    /// One sentence for those who do not see it.
    fn caption(&self) -> String;

    /// Width and height.
    fn size(&self) -> (u32, u32);

    /// Draws it on a white area of that size.
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B>;
}

fn with_fonts() -> Result<()> {
    static FONTS: Once = Once::new();
    let mut registered = Ok(());
    FONTS.call_once(|| {
        let fonts = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
        for (style, bytes) in fonts {
            if register_font("sans-serif", style, bytes).is_err() {
                registered = Err(anyhow!("the font built into this program cannot be read"));
            }
        }
    });
    registered
}

fn paint<B: DrawingBackend>(figure: &impl Figure, area: Area<B>) -> Result<()>
where
    B::ErrorType: 'static,
{
    area.fill(&WHITE)
        .and_then(|()| figure.draw(&area))
        .and_then(|()| area.present())
        .map_err(|error| anyhow!("{error}"))
}

/// Whether a neuron's output is a spike, of whatever size and sign; what is no number is none.
pub fn is_spike(output: f32) -> bool {
    output.is_finite() && output != 0.0
}

/// Draws `figure` into a file of `folder` and returns its path.
pub fn save(figure: &impl Figure, folder: &Path, format: Format) -> Result<PathBuf> {
    with_fonts()?;
    let path = folder.join(format!("{}.{format}", figure.name()));
    let (width, height) = figure.size();
    match format {
        Format::Png => {
            let pixels = (width * PIXELS_PER_UNIT, height * PIXELS_PER_UNIT);
            paint(figure, Scaled::new(BitMapBackend::new(&path, pixels), PIXELS_PER_UNIT).into_drawing_area())
        }
        Format::Svg => files::write(&path, svg(figure)?.as_bytes()),
    }
    .with_context(|| format!("figure {} cannot be written", path.display()))?;
    ensure!(path.exists(), "figure {} was not written", path.display());
    Ok(path)
}

/// `figure` as an SVG element, which scales with the page around it.
pub fn svg(figure: &impl Figure) -> Result<String> {
    with_fonts()?;
    let mut text = String::new();
    let size = figure.size();
    paint(figure, SVGBackend::with_string(&mut text, size).into_drawing_area())
        .with_context(|| format!("figure {}", figure.name()))?;
    // plotters says `png`, which is no media type; not every program guesses what is meant.
    Ok(text.replace("\"data:png;base64,", "\"data:image/png;base64,"))
}
