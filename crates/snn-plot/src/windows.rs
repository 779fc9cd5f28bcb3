//! Curves over the time between two spikes, and the classical STDP window beside them.

use plotters::drawing::DrawingAreaErrorKind;
use plotters::element::{Circle, DashedPathElement, PathElement};
use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use crate::axes::{Axes, TICK, around, bold, nothing, stretches, text, titled};
use crate::colour::{GAPS_NOTE, INK, QUIET, SERIES};
use crate::{Area, Drawn, Figure};

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
        (1240, 150 + 420 * self.rows.len() as u32)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let mut points = self.rows.iter().flatten().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points);
        let missing = points.any(|(delta, value)| !delta.is_finite() || !value.is_finite());
        let subtitle = format!("{}{}", self.subtitle, if missing { GAPS_NOTE } else { "" });
        let area = titled(area, &self.title, &subtitle)?;
        if self.rows.iter().all(Vec::is_empty) {
            return nothing(&area);
        }
        let area = self.legend(&area)?;
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

impl Windows {
    /// One legend for all panels, above them; the area which is left.
    fn legend<B: DrawingBackend>(&self, area: &Area<B>) -> Result<Area<B>, DrawingAreaErrorKind<B::ErrorType>> {
        let mut named: Vec<&Curve> = Vec::new();
        for curve in self.rows.iter().flatten().flat_map(|panel| &panel.curves) {
            if named.iter().all(|other| other.label != curve.label) {
                named.push(curve);
            }
        }
        let style = text(TICK, INK);
        let (mut x, mut y) = (10, 12);
        for curve in named {
            let (width, _) = area.estimate_text_size(&curve.label, &style)?;
            let all = 36 + width as i32 + 28;
            if x + all > area.dim_in_pixel().0 as i32 {
                (x, y) = (10, y + LEGEND_LINE);
            }
            let (line, colour) = ([(x, y), (x + 28, y)], SERIES[curve.colour % SERIES.len()]);
            match curve.line {
                Line::Measured => {
                    area.draw(&PathElement::new(line, colour.stroke_width(2)))?;
                    area.draw(&Circle::new((x + 14, y), 4, colour.filled()))?;
                }
                Line::Theory => area.draw(&DashedPathElement::new(line, 6, 5, colour.stroke_width(2)))?,
                Line::Beside => area.draw(&PathElement::new(line, QUIET.stroke_width(2)))?,
            }
            area.draw_text(&curve.label, &style, (x + 36, y - TICK as i32 / 2 + 3))?;
            x += all;
        }
        Ok(area.split_vertically(y + LEGEND_LINE).1)
    }
}

/// The height of a line of the legend.
const LEGEND_LINE: i32 = 26;

impl WindowsPanel {
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.draw_text(&self.title, &bold(TICK + 1, INK), (10, 8))?;
        let (_, area) = area.split_vertically(TICK + 20);
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let there = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
        let window = points().filter(there).fold(1.0f64, |window, (delta, _)| window.max(delta.abs()));
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
            let pieces = [before, after].into_iter().flat_map(|half| stretches(&half).collect::<Vec<_>>());
            match curve.line {
                Line::Measured => {
                    let dots = curve.points.iter().filter(there);
                    chart.draw_series(dots.map(|point| Circle::new(*point, 3, colour.filled())))?;
                    chart.draw_series(pieces.map(|piece| PathElement::new(piece, colour.stroke_width(2))))?;
                }
                Line::Theory => {
                    chart
                        .draw_series(pieces.map(|piece| DashedPathElement::new(piece, 6, 5, colour.stroke_width(2))))?;
                }
                Line::Beside => {
                    chart.draw_series(pieces.map(|piece| PathElement::new(piece, QUIET.stroke_width(2))))?;
                }
            }
        }
        Ok(())
    }
}
