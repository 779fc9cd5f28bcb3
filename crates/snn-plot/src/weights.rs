//! First-layer weights as images.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use crate::axes::{colour_bar, nothing, titled};
use crate::colour::{MISSING_NOTE, Scale};
use crate::{Area, Drawn, Figure};

/// The weights of each neuron of the first layer, as an image of what it looks for.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// What the colours say: `weight`.
    pub quantity: String,
    /// `[inputs][neurons]`.
    pub weights: Vec<f32>,
    /// Neurons.
    pub neurons: usize,
    /// Pixels in a row of an image.
    pub columns: usize,
}

/// The most neurons which are shown.
const SHOWN: usize = 100;

impl Weights {
    fn tiles(&self) -> (usize, usize) {
        let shown = self.neurons.clamp(1, SHOWN);
        let across = if shown > 40 { 13 } else { 10.min(shown) };
        (across, shown.div_ceil(across))
    }
}

impl Figure for Weights {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Each row of {} as an image: {}", self.quantity, self.title)
    }
    fn size(&self) -> (u32, u32) {
        let (across, down) = self.tiles();
        (1000, 90 + (860 / across as u32) * down as u32)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let missing = self.weights.iter().any(|weight| !weight.is_finite());
        let subtitle = format!("{}{}", self.subtitle, if missing { MISSING_NOTE } else { "" });
        let area = titled(area, &self.title, &subtitle)?;
        if self.neurons == 0 || self.columns == 0 || self.weights.len() / self.neurons < self.columns {
            return nothing(&area);
        }
        let width = area.dim_in_pixel().0;
        let (left, right) = area.split_horizontally(width - 118);
        let (inputs, columns) = (self.weights.len() / self.neurons, self.columns);
        let rows = inputs / columns;
        let (_, limit) = Scale::of(&self.weights).range();
        let scale = Scale::Signed(limit);
        let (across, down) = self.tiles();
        let (width, height) = left.dim_in_pixel();
        let tile = (width as usize / across).min(height as usize / down);
        let gap = (tile / 20).max(1);
        let (pixels_wide, pixels_high) = (tile * across, tile * down);
        let colour = |x: usize, y: usize| {
            let (tile_x, tile_y) = (x / tile, y / tile);
            let (inside_x, inside_y) = (x % tile, y % tile);
            let neuron = tile_y * across + tile_x;
            let size = tile - gap;
            if inside_x >= size || inside_y >= size || neuron >= self.neurons.min(SHOWN) {
                return RGBColor(255, 255, 255);
            }
            let pixel = inside_y * rows / size * columns + inside_x * columns / size;
            scale.colour(f64::from(self.weights[pixel * self.neurons + neuron]))
        };
        let mut pixels = Vec::with_capacity(pixels_wide * pixels_high * 3);
        for y in 0..pixels_high {
            for x in 0..pixels_wide {
                let RGBColor(red, green, blue) = colour(x, y);
                pixels.extend([red, green, blue]);
            }
        }
        let size = (pixels_wide as u32, pixels_high as u32);
        if let Some(bitmap) = plotters::element::BitMapElement::with_owned_buffer((0, 6), size, pixels) {
            left.draw(&bitmap)?;
        }
        colour_bar(&right, scale, &self.quantity, 10)
    }
}
