//! A spike raster: which neuron fired when.

use plotters::element::Rectangle;
use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use crate::axes::{Axes, BELOW, nothing, titled};
use crate::colour::{MISSING, MISSING_NOTE, SERIES};
use crate::{Area, Drawn, Figure, Grid, is_spike};

/// The spikes of one layer.
#[derive(Clone, Debug)]
pub struct RasterLayer {
    /// What its rows are.
    pub label: String,
    /// Spikes, 0 if none.
    pub spikes: Grid,
}

/// The spikes of all layers, the input's side at the bottom.
#[derive(Clone, Debug)]
pub struct Raster {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// The layers, input first.
    pub layers: Vec<RasterLayer>,
}

impl Figure for Raster {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Spike raster: {}", self.title)
    }
    fn size(&self) -> (u32, u32) {
        (1000, 130 + self.layers.iter().map(|layer| height(layer.spikes.rows)).sum::<u32>())
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let missing = self.layers.iter().flat_map(|layer| &layer.spikes.values).any(|spike| !spike.is_finite());
        let subtitle = format!("{}{}", self.subtitle, if missing { MISSING_NOTE } else { "" });
        let mut area = titled(area, &self.title, &subtitle)?;
        if self.layers.is_empty() {
            return nothing(&area);
        }
        let total: u32 = self.layers.iter().map(|layer| height(layer.spikes.rows)).sum();
        let room = area.dim_in_pixel().1 - BELOW;
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let last = index == 0;
            let share = room * height(layer.spikes.rows) / total;
            let (here, below) = if last { (area.clone(), area.clone()) } else { area.split_vertically(share) };
            let grid = &layer.spikes;
            if grid.values.is_empty() {
                nothing(&here)?;
                area = below;
                continue;
            }
            let axes = Axes {
                x_label: if last { "time step" } else { "" },
                y_label: &layer.label,
                x: -0.5..grid.columns as f64 - 0.5,
                y: -0.5..grid.rows as f64 - 0.5,
                y_ticks: grid.rows.min(6),
                ..Axes::default()
            };
            let mut chart = axes.on(&here)?;
            let half = if grid.rows > 40 { 0.45 } else { 0.38 };
            let colour = SERIES[index % SERIES.len()].filled();
            let marks = (0..grid.rows).flat_map(|row| {
                let shown = grid.row(row).iter().enumerate().filter(|(_, spike)| **spike != 0.0);
                shown.map(move |(step, spike)| {
                    let (step, row) = (step as f64, row as f64);
                    let colour = if is_spike(*spike) { colour } else { MISSING.filled() };
                    Rectangle::new([(step - 0.32, row - half), (step + 0.32, row + half)], colour)
                })
            });
            chart.draw_series(marks)?;
            area = below;
        }
        Ok(())
    }
}

fn height(rows: usize) -> u32 {
    (rows as u32 * 4).clamp(170, 480)
}
