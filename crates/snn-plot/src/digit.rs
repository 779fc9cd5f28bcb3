//! An input image, its label, and what the model makes of it.

use plotters::chart::ChartBuilder;
use plotters::element::Rectangle;
use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBColor};

use crate::axes::{Axes, LABEL, TICK, fill_cells, nothing, text, titled};
use crate::colour::{INK, MISSING, MISSING_NOTE, QUIET, SERIES};
use crate::{Area, Drawn, Figure};

/// One image.
#[derive(Clone, Debug)]
pub struct Digit {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// Brightness 0..255, row by row from the top.
    pub pixels: Vec<u8>,
    /// Pixels in a row.
    pub columns: usize,
    /// What it shows.
    pub label: usize,
    /// The probability of each class, in the model's eyes.
    pub probabilities: Vec<f32>,
}

impl Digit {
    /// The most probable class; of several the first, as everywhere.
    pub fn prediction(&self) -> usize {
        let numbers = self.probabilities.iter().enumerate().filter(|(_, probability)| probability.is_finite());
        let best = numbers.rev().max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or(0, |(class, _)| class)
    }
}

impl Figure for Digit {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("The input image with label {} and prediction {}", self.label, self.prediction())
    }
    fn size(&self) -> (u32, u32) {
        (1000, 420)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let missing = self.probabilities.iter().any(|probability| !probability.is_finite());
        let area = titled(area, &self.title, &format!("{}{}", self.subtitle, if missing { MISSING_NOTE } else { "" }))?;
        if self.pixels.is_empty() || self.columns == 0 || self.probabilities.is_empty() {
            return nothing(&area);
        }
        let (image, bars) = area.split_horizontally(370);
        // A row which is not whole is not an image's.
        let (rows, columns) = ((self.pixels.len() / self.columns).max(1), self.columns.min(self.pixels.len()));
        let chart = ChartBuilder::on(&image)
            .margin_top(6)
            .margin_right(40)
            .margin_bottom(16)
            .build_cartesian_2d(0.0..columns as f64, 0.0..rows as f64)?;
        fill_cells(&chart, columns, rows, |column, row| {
            // Ink on paper, as digits were written; row 0 of the cells is at the bottom.
            let value = 255 - self.pixels[(rows - 1 - row) * columns + column];
            RGBColor(value, value, value)
        })?;
        let (width, height) = chart.plotting_area().dim_in_pixel();
        let frame = Rectangle::new([(0, 0), (width as i32 - 1, height as i32 - 1)], QUIET.stroke_width(1));
        chart.plotting_area().strip_coord_spec().draw(&frame)?;

        let classes = self.probabilities.len();
        let axes = Axes {
            x_label: "class",
            y_label: "probability",
            x: -0.6..classes as f64 - 0.4,
            y: 0.0..1.0,
            x_ticks: 2 * classes,
            whole: true,
            ..Axes::default()
        };
        let mut chart = axes.on(&bars)?;
        let prediction = self.prediction();
        chart.draw_series(self.probabilities.iter().enumerate().map(|(class, probability)| {
            let colour = if class == self.label {
                SERIES[2].filled()
            } else if class == prediction {
                SERIES[1].filled()
            } else {
                QUIET.mix(0.55).filled()
            };
            let x = class as f64;
            // What is no number has a grey bar of full height.
            let (colour, probability) =
                if probability.is_finite() { (colour, *probability) } else { (MISSING.filled(), 1.0) };
            Rectangle::new([(x - 0.38, 0.0), (x + 0.38, f64::from(probability))], colour)
        }))?;
        let room = chart.plotting_area().strip_coord_spec();
        let note = if prediction == self.label {
            vec![(SERIES[2], format!("label {} = prediction", self.label))]
        } else {
            vec![(SERIES[2], format!("label {}", self.label)), (SERIES[1], format!("prediction {prediction}"))]
        };
        // Beside the highest bar, not on it.
        let x = if prediction * 2 < classes { room.dim_in_pixel().0 as i32 - 210 } else { 14 };
        for (line, (colour, words)) in note.into_iter().enumerate() {
            let y = 12 + line as i32 * (LABEL as i32 + 10);
            room.draw(&Rectangle::new([(x, y), (x + 14, y + 14)], colour.filled()))?;
            room.draw_text(&words, &text(TICK + 1, INK), (x + 22, y))?;
        }
        Ok(())
    }
}
