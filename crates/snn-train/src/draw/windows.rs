//! Curves over the time between two spikes, and the classical STDP window beside them.

use plotters::chart::SeriesLabelPosition;
use plotters::element::{Circle, DashedPathElement, PathElement};
use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use super::axes::{Axes, TICK, around, bold, legend, titled};
use super::colour::{INK, QUIET, SERIES};
use super::{Area, Drawn, Figure};

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Measured: dots on a line.
    Measured,
    /// Expected: dashes.
    Theory,
    /// For comparison: a thin grey line.
    Beside,
}

/// One curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What it is called.
    pub label: String,
    /// How it is drawn.
    pub line: Line,
    /// Which of the series' colours.
    pub colour: usize,
    /// (delta, value).
    pub points: Vec<(f64, f64)>,
}

/// One pair of axes.
#[derive(Clone, Debug)]
pub struct WindowsPanel {
    /// Above it.
    pub title: String,
    /// What the vertical axis shows.
    pub y_label: String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// Panels in rows.
#[derive(Clone, Debug)]
pub struct Windows {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// Rows of panels, all as long.
    pub rows: Vec<Vec<WindowsPanel>>,
}

impl Figure for Windows {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Curves over the time between two spikes: {}", self.title)
    }
    fn size(&self) -> (u32, u32) {
        (1240, 90 + 420 * self.rows.len() as u32)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let area = titled(area, &self.title, &self.subtitle)?;
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(1);
        let areas = area.split_evenly((self.rows.len(), columns));
        for (row, panels) in self.rows.iter().enumerate() {
            for (column, panel) in panels.iter().enumerate() {
                panel.draw(&areas[row * columns + column])?;
            }
        }
        Ok(())
    }
}

impl WindowsPanel {
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.draw_text(&self.title, &bold(TICK + 1, INK), (10, 8))?;
        let (_, area) = area.split_vertically(TICK + 20);
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let window = points().fold(1.0f64, |window, (delta, _)| window.max(delta.abs()));
        let range = around(points().map(|(_, value)| *value), 0.0..0.0);
        let height = range.end - range.start;
        let axes = Axes {
            x_label: "Δ = t post − t pre, steps",
            y_label: &self.y_label,
            x: -window - 0.5..window + 0.5,
            y: range.start..range.end + 0.1 * height,
            left: 96,
            ..Axes::default()
        };
        let mut chart = axes.on(&area)?;
        let lines = [
            vec![(0.0, range.start), (0.0, range.end + 0.1 * height)],
            vec![(-window - 0.5, 0.0), (window + 0.5, 0.0)],
        ];
        chart.draw_series(lines.map(|line| PathElement::new(line, INK.mix(0.45).stroke_width(1))))?;
        for curve in &self.curves {
            let colour = SERIES[curve.colour % SERIES.len()];
            // Before and after are two lines: nothing lies between the last too late and the first in time.
            let (before, after): (Vec<_>, Vec<_>) = curve.points.iter().partition(|(delta, _)| *delta < 0.0);
            let halves = [before, after];
            match curve.line {
                Line::Measured => {
                    chart.draw_series(curve.points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
                    chart
                        .draw_series(halves.map(|half| PathElement::new(half, colour.stroke_width(2))))?
                        .label(&curve.label)
                        .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 26, y)], colour.stroke_width(2)));
                }
                Line::Theory => {
                    chart
                        .draw_series(halves.map(|half| DashedPathElement::new(half, 6, 5, colour.stroke_width(2))))?
                        .label(&curve.label)
                        .legend(move |(x, y)| {
                            DashedPathElement::new([(x, y), (x + 26, y)], 6, 5, colour.stroke_width(2))
                        });
                }
                Line::Beside => {
                    chart
                        .draw_series(halves.map(|half| PathElement::new(half, QUIET.stroke_width(2))))?
                        .label(&curve.label)
                        .legend(|(x, y)| PathElement::new(vec![(x, y), (x + 26, y)], QUIET.stroke_width(2)));
                }
            }
        }
        legend(&mut chart, SeriesLabelPosition::UpperLeft)
    }
}
