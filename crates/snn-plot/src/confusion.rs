//! A confusion matrix.

use plotters::element::Text;
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{RGBColor, WHITE};

use crate::axes::{Axes, BELOW, TICK, colour_bar, fill_cells, nothing, text, titled};
use crate::colour::{INK, Scale};
use crate::{Area, Drawn, Figure};

/// How often which label was taken for which.
#[derive(Clone, Debug)]
pub struct Confusion {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// `[label][prediction]`.
    pub counts: Vec<Vec<u32>>,
}

impl Confusion {
    /// Counts pairs of label and prediction.
    ///
    /// # Panics
    /// If there is no such class: a pair which is left out would make every share wrong.
    pub fn count(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Vec<Vec<u32>> {
        let mut counts = vec![vec![0; classes]; classes];
        for (label, prediction) in pairs {
            assert!(
                label < classes && prediction < classes,
                "confusion: label {label}, prediction {prediction}, but there are {classes} classes"
            );
            counts[label][prediction] += 1;
        }
        counts
    }
}

impl Figure for Confusion {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Confusion matrix, label by prediction: {}", self.title)
    }
    fn size(&self) -> (u32, u32) {
        (820, 720)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let area = titled(area, &self.title, &self.subtitle)?;
        if self.counts.is_empty() {
            return nothing(&area);
        }
        let (width, _) = area.dim_in_pixel();
        let (left, right) = area.split_horizontally(width - 128);
        let classes = self.counts.len();
        let end = classes as f64 - 0.5;
        let axes = Axes {
            x_label: "prediction",
            y_label: "label",
            x: -0.5..end,
            y: -0.5..end,
            x_ticks: classes,
            y_ticks: classes,
            grid: false,
            left: 62,
            ..Axes::default()
        };
        let mut chart = axes.on(&left)?;
        let share = |label: usize, prediction: usize| {
            let all: u64 = self.counts[label].iter().map(|count| u64::from(*count)).sum();
            f64::from(self.counts[label][prediction]) / all.max(1) as f64
        };
        // The root brings out mistakes, which are few.
        let scale = Scale::Positive(1.0);
        fill_cells(&chart, classes, classes, |prediction, label| scale.colour(share(label, prediction).sqrt()))?;
        let cells = (0..classes).flat_map(|label| (0..classes).map(move |prediction| (label, prediction)));
        let texts =
            cells.filter(|(label, prediction)| self.counts[*label][*prediction] > 0).map(|(label, prediction)| {
                let RGBColor(red, green, blue) = scale.colour(share(label, prediction).sqrt());
                let light = u32::from(red) * 3 + u32::from(green) * 6 + u32::from(blue) > 1400;
                let style = text(TICK, if light { INK } else { WHITE }).pos(Pos::new(HPos::Center, VPos::Center));
                Text::new(self.counts[label][prediction].to_string(), (prediction as f64, label as f64), style)
            });
        chart.draw_series(texts)?;
        colour_bar(&right, scale, "√ share of the label's images", BELOW)
    }
}
