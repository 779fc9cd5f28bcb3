//! Lines over time: one neuron's inner state and its output.

use plotters::element::PathElement;
use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use crate::axes::{Axes, BELOW, around, line, nothing, titled};
use crate::colour::{GAPS_NOTE, INK, SERIES};
use crate::{Area, Drawn, Figure};

/// One quantity over time.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What it is.
    pub label: String,
    /// One number for each time step.
    pub values: Vec<f32>,
}

/// Panels below each other which share the time axis.
#[derive(Clone, Debug)]
pub struct Traces {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// The panels, from top to bottom.
    pub traces: Vec<Trace>,
}

impl Figure for Traces {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Lines over time: {}", self.title)
    }
    fn size(&self) -> (u32, u32) {
        (1000, 120 + 190 * self.traces.len() as u32)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let missing = self.traces.iter().flat_map(|trace| &trace.values).any(|value| !value.is_finite());
        let subtitle = format!("{}{}", self.subtitle, if missing { GAPS_NOTE } else { "" });
        let mut area = titled(area, &self.title, &subtitle)?;
        if self.traces.iter().all(|trace| trace.values.is_empty()) {
            return nothing(&area);
        }
        for (index, trace) in self.traces.iter().enumerate() {
            let left = (self.traces.len() - index) as u32;
            let last = left == 1;
            let height = (area.dim_in_pixel().1 - BELOW) / left;
            let (here, below) = if last { (area.clone(), area.clone()) } else { area.split_vertically(height) };
            let axes = Axes {
                x_label: if last { "time step" } else { "" },
                y_label: &trace.label,
                x: 0.0..(trace.values.len().max(2) - 1) as f64,
                y: around(trace.values.iter().map(|value| f64::from(*value)), 0.0..0.1),
                ..Axes::default()
            };
            let mut chart = axes.on(&here)?;
            let steps = (trace.values.len().max(2) - 1) as f64;
            chart.draw_series([PathElement::new(vec![(0.0, 0.0), (steps, 0.0)], INK.mix(0.5).stroke_width(1))])?;
            let points: Vec<(f64, f64)> =
                trace.values.iter().enumerate().map(|(step, value)| (step as f64, f64::from(*value))).collect();
            line(&mut chart, &points, SERIES[index % SERIES.len()].stroke_width(2))?;
            area = below;
        }
        Ok(())
    }
}
