//! A heatmap [neuron x time].

use plotters::prelude::DrawingBackend;

use crate::axes::{Axes, BELOW, colour_bar, fill_cells, nothing, titled};
use crate::colour::{MISSING_NOTE, Scale};
use crate::{Area, Drawn, Figure};

/// Numbers in rows (neurons) and columns (time steps).
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Neurons.
    pub rows: usize,
    /// Time steps.
    pub columns: usize,
    /// Row by row.
    pub values: Vec<f32>,
}

impl Grid {
    /// From numbers `[time][neuron]`, as layers return them.
    ///
    /// # Panics
    /// If `values` is not as long as `neurons` divides.
    pub fn from_time_first(values: &[f32], neurons: usize) -> Self {
        assert!(
            neurons > 0 && values.len().is_multiple_of(neurons),
            "grid: {} numbers are not whole rows of {neurons} neurons",
            values.len()
        );
        let columns = values.len() / neurons;
        let transposed = (0..neurons).flat_map(|row| (0..columns).map(move |column| values[column * neurons + row]));
        Self { rows: neurons, columns, values: transposed.collect() }
    }

    /// The numbers of one row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..][..self.columns]
    }
}

/// The heatmap of one quantity of one layer.
#[derive(Clone, Debug)]
pub struct Heatmap {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// What the colours show.
    pub quantity: String,
    /// What the rows are.
    pub rows: String,
    /// The numbers.
    pub grid: Grid,
}

impl Figure for Heatmap {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Heatmap, {} by time: {}", self.rows, self.title)
    }
    fn size(&self) -> (u32, u32) {
        (1000, if self.grid.rows > 40 { 560 } else { 380 })
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let scale = Scale::of_states(&self.grid.values);
        let mut subtitle = self.subtitle.clone();
        if matches!(scale, Scale::SignedRoot(_)) {
            subtitle += " · colours by the root of the magnitude";
        }
        if self.grid.values.iter().any(|value| !value.is_finite()) {
            subtitle += MISSING_NOTE;
        }
        let area = titled(area, &self.title, &subtitle)?;
        if self.grid.values.is_empty() {
            return nothing(&area);
        }
        let (width, _) = area.dim_in_pixel();
        let (left, right) = area.split_horizontally(width - 128);
        let axes = Axes {
            x_label: "time step",
            y_label: &self.rows,
            x: -0.5..self.grid.columns as f64 - 0.5,
            y: -0.5..self.grid.rows as f64 - 0.5,
            y_ticks: self.grid.rows.min(10),
            grid: false,
            ..Axes::default()
        };
        let chart = axes.on(&left)?;
        fill_cells(&chart, self.grid.columns, self.grid.rows, |column, row| {
            scale.colour(f64::from(self.grid.values[row * self.grid.columns + column]))
        })?;
        colour_bar(&right, scale, &self.quantity, BELOW)
    }
}
