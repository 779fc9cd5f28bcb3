//! Histograms of firing rates.

use plotters::element::Rectangle;
use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use crate::axes::{Axes, LABEL, TICK, bold, nothing, text, titled};
use crate::colour::{INK, QUIET, SERIES};
use crate::{Area, Drawn, Figure};

/// The firing rates of one layer.
#[derive(Clone, Debug)]
pub struct LayerRates {
    /// What it is called.
    pub label: String,
    /// The rate of each neuron: spikes per time step.
    pub rates: Vec<f32>,
}

impl LayerRates {
    /// Neurons which never fired.
    pub fn silent(&self) -> usize {
        self.rates.iter().filter(|rate| **rate == 0.0).count()
    }
}

/// The firing rates of all layers.
#[derive(Clone, Debug)]
pub struct Rates {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// The layers, input first.
    pub layers: Vec<LayerRates>,
}

const BINS: usize = 20;

impl Figure for Rates {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Histogram of firing rates: {}", self.title)
    }
    fn size(&self) -> (u32, u32) {
        (1000, 430)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let area = titled(area, &self.title, &self.subtitle)?;
        if self.layers.is_empty() {
            return nothing(&area);
        }
        let panels = area.split_evenly((1, self.layers.len()));
        for (index, (layer, panel)) in self.layers.iter().zip(panels).enumerate() {
            let silent = layer.silent();
            let numbers: Vec<f64> =
                layer.rates.iter().filter(|rate| rate.is_finite()).map(|rate| f64::from(*rate)).collect();
            let mut words = format!("{}: {} neurons, {silent} silent", layer.label, layer.rates.len());
            if numbers.len() < layer.rates.len() {
                words += &format!(", {} without a number", layer.rates.len() - numbers.len());
            }
            panel.draw_text(&words, &bold(TICK + 1, INK), (8, 6))?;
            let (_, panel) = panel.split_vertically(LABEL + 16);
            let largest = numbers.iter().copied().fold(0.0, f64::max);
            let end = if largest > 0.0 { largest * 1.0001 } else { 1.0 };
            let mut counts = [0u32; BINS];
            for rate in numbers.iter().filter(|rate| **rate > 0.0) {
                counts[((rate / end * BINS as f64) as usize).min(BINS - 1)] += 1;
            }
            let width = end / BINS as f64;
            // The silent ones stand apart, left of 0.
            let highest = counts.iter().copied().max().unwrap_or(0).max(silent as u32).max(1);
            let axes = Axes {
                x_label: "firing rate, spikes per step",
                y_label: "neurons",
                x: -2.0 * width..end,
                y: 0.0..f64::from(highest) * 1.12,
                x_ticks: 6,
                y_ticks: 6.min(highest as usize + 1),
                left: 70,
                ..Axes::default()
            };
            let mut chart = axes.on(&panel)?;
            let colour = SERIES[index % SERIES.len()].filled();
            chart.draw_series(counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bin, count)| {
                let x = bin as f64 * width;
                Rectangle::new([(x + 0.06 * width, 0.0), (x + 0.94 * width, f64::from(*count))], colour)
            }))?;
            if silent > 0 {
                let bar = [(-1.7 * width, 0.0), (-0.3 * width, silent as f64)];
                chart.draw_series([Rectangle::new(bar, QUIET.filled())])?;
            }
            let mean = numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
            let note = format!("mean {mean:.3}");
            let room = chart.plotting_area().strip_coord_spec();
            room.draw_text(&note, &text(TICK, QUIET), (room.dim_in_pixel().0 as i32 - 100, 6))?;
        }
        Ok(())
    }
}
