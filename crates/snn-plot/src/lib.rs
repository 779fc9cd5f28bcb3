//! Figures of spiking neural networks: one file for each kind. They take plain numbers, know nothing of models or of the
//! files that numbers come from, and draw the same as PNG and as SVG.
//!
//! Colours are perceptually uniform: viridis for what is not negative, and for signed values a map which diverges
//! from white at 0. The font (DejaVu Sans) is built in.
//!
//! Any numbers can be drawn: what is NaN or infinite is shown as missing, and a figure without data says so.
//!
//! ```
//! use snn_plot::{Grid, Raster, RasterLayer, svg};
//!
//! // Two neurons over three time steps.
//! let spikes = Grid { rows: 2, columns: 3, values: vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0] };
//! let layers = vec![RasterLayer { label: "hidden".into(), spikes }];
//! let raster = Raster { name: "raster".into(), title: "Spikes".into(), subtitle: String::new(), layers };
//! assert!(svg(&raster)?.starts_with("<svg"));
//! # Ok::<(), snn_plot::Error>(())
//! ```

mod axes;
mod colour;
mod confusion;
mod digit;
mod error;
mod format;
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

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{BitMapBackend, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::{FontStyle, WHITE, register_font};

use scaled::Scaled;

pub use confusion::Confusion;
pub use digit::Digit;
pub use error::Error;
pub use format::Format;
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

/// A picture that can be drawn.
pub trait Figure {
    /// Returns the figure's name, which is also that of its file.
    fn name(&self) -> String;

    /// Returns one sentence for those who cannot see the figure.
    fn caption(&self) -> String;

    /// Returns width and height, in units of the drawing.
    fn size(&self) -> (u32, u32);

    /// Draws the figure on a white area of that size.
    ///
    /// # Errors
    /// If the backend cannot draw.
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B>;
}

fn with_fonts() -> Result<(), Error> {
    static FONTS: Once = Once::new();
    let mut registered = Ok(());
    FONTS.call_once(|| {
        let fonts = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
        for (style, bytes) in fonts {
            if register_font("sans-serif", style, bytes).is_err() {
                registered = Err(Error::Font);
            }
        }
    });
    registered
}

/// Draws `figure` on `area`; the error is the drawing library's sentence.
fn paint<B: DrawingBackend>(figure: &impl Figure, area: Area<B>) -> Result<(), String>
where
    B::ErrorType: 'static,
{
    area.fill(&WHITE).and_then(|()| figure.draw(&area)).and_then(|()| area.present()).map_err(|error| error.to_string())
}

/// Returns whether a neuron's output is a spike, of whatever size and sign; NaN and infinities are none.
pub fn is_spike(output: f32) -> bool {
    output.is_finite() && output != 0.0
}

/// Draws `figure` into a file of `folder`, named like the figure, and returns the file's path.
///
/// # Errors
/// If the figure cannot be drawn, or its file cannot be written.
pub fn save(figure: &impl Figure, folder: &Path, format: Format) -> Result<PathBuf, Error> {
    with_fonts()?;
    let path = folder.join(format!("{}.{format}", figure.name()));
    let (width, height) = figure.size();
    let written = match format {
        Format::Png => {
            let pixels = (width * PIXELS_PER_UNIT, height * PIXELS_PER_UNIT);
            paint(figure, Scaled::new(BitMapBackend::new(&path, pixels), PIXELS_PER_UNIT).into_drawing_area())
        }
        Format::Svg => write(&path, svg(figure)?.as_bytes()),
    };
    match written {
        Err(reason) => Err(Error::Writing { path, reason }),
        Ok(()) if !path.exists() => Err(Error::NotWritten { path }),
        Ok(()) => Ok(path),
    }
}

/// Draws `figure` as an SVG element, which scales with the page around it.
///
/// # Errors
/// If the figure cannot be drawn.
pub fn svg(figure: &impl Figure) -> Result<String, Error> {
    with_fonts()?;
    let mut text = String::new();
    let size = figure.size();
    paint(figure, SVGBackend::with_string(&mut text, size).into_drawing_area())
        .map_err(|reason| Error::Drawing { name: figure.name(), reason })?;
    // plotters says `png`, which is no media type; not every program guesses what is meant.
    Ok(text.replace("\"data:png;base64,", "\"data:image/png;base64,"))
}

/// Writes `bytes` into `path`: first beside it, then renamed, so that an interruption leaves the older file.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| format!("cannot create the folder {}: {error}", folder.display()))?;
    let beside = path.with_added_extension("tmp");
    let written = || -> std::io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    written().map_err(|error| format!("cannot write {}: {error}", path.display()))
}
