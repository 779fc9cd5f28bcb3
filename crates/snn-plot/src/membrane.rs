//! The membrane of one neuron, its threshold, and where it fired.

use plotters::chart::SeriesLabelPosition;
use plotters::element::{Circle, DashedPathElement, PathElement};
use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use crate::axes::{Axes, around, legend, line, nothing, titled};
use crate::colour::{INK, SERIES};
use crate::{Area, Drawn, Figure, is_spike};

/// One neuron's membrane over time.
#[derive(Clone, Debug)]
pub struct Membrane {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// What the line shows.
    pub label: String,
    /// The membrane before the reset of each step, so that its crossings of the threshold can be seen.
    pub before_reset: Vec<f32>,
    /// The membrane after the reset of each step.
    pub after_reset: Vec<f32>,
    /// The spikes, 0 if none.
    pub spikes: Vec<f32>,
    /// The threshold, if the neuron has one.
    pub threshold: Option<f64>,
}

impl Figure for Membrane {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Membrane over time with threshold and spikes: {}", self.title)
    }
    fn size(&self) -> (u32, u32) {
        (1000, 420)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let area = titled(area, &self.title, &self.subtitle)?;
        let steps = self.before_reset.len();
        if steps == 0 {
            return nothing(&area);
        }
        let all = self.before_reset.iter().chain(&self.after_reset).map(|value| f64::from(*value));
        let range = around(all.chain(self.threshold), 0.0..0.1);
        // Room above the highest spike for the legend.
        let height = range.end - range.start;
        let axes = Axes {
            x_label: "time step",
            y_label: &self.label,
            x: 0.0..(steps.max(2) - 1) as f64,
            y: range.start..range.end + 0.4 * height,
            ..Axes::default()
        };
        let mut chart = axes.on(&area)?;
        // Within a step the membrane rises to what it is before the reset and falls to what it is after it.
        let mut path = Vec::with_capacity(2 * steps);
        for step in 0..steps {
            path.push((step as f64, f64::from(self.before_reset[step])));
            if is_spike(self.spikes[step]) {
                path.push((step as f64, f64::from(self.after_reset[step])));
            }
        }
        line(&mut chart, &path, SERIES[0].stroke_width(2))?;
        let missing = path.iter().any(|(_, value)| !value.is_finite());
        chart
            .draw_series(std::iter::empty::<PathElement<(f64, f64)>>())?
            .label(if missing { "membrane (where it is a number)" } else { "membrane" })
            .legend(|(x, y)| PathElement::new(vec![(x, y), (x + 26, y)], SERIES[0].stroke_width(2)));
        if let Some(threshold) = self.threshold {
            let line = [(0.0, threshold), ((steps.max(2) - 1) as f64, threshold)];
            // One which is infinite lies beyond every picture.
            let line = threshold.is_finite().then(|| DashedPathElement::new(line, 7, 5, INK.stroke_width(1)));
            chart
                .draw_series(line)?
                .label(format!("threshold θ = {}", crate::axes::number(threshold)))
                .legend(|(x, y)| DashedPathElement::new([(x, y), (x + 26, y)], 7, 5, INK.stroke_width(1)));
        }
        let fired: Vec<usize> = (0..steps).filter(|step| is_spike(self.spikes[*step])).collect();
        let marks = fired
            .iter()
            .filter(|step| self.before_reset[**step].is_finite())
            .map(|step| Circle::new((*step as f64, f64::from(self.before_reset[*step])), 5, SERIES[1].filled()));
        let label = if fired.len() == 1 { "1 spike".into() } else { format!("{} spikes", fired.len()) };
        chart.draw_series(marks)?.label(label).legend(|(x, y)| Circle::new((x + 13, y), 5, SERIES[1].filled()));
        legend(&mut chart, SeriesLabelPosition::UpperRight)
    }
}
