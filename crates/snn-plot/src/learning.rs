//! Learning curves, of one run or several.

use plotters::chart::SeriesLabelPosition;
use plotters::element::{Circle, DashedPathElement, PathElement};
use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use crate::axes::{Axes, around, legend, stretches, titled};
use crate::colour::{GAPS_NOTE, SERIES};
use crate::{Area, Drawn, Figure};

/// What one epoch reached. Accuracies are in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss over the training set, while it learned.
    pub train_loss: f64,
    /// Mean loss over images held out: those for validation if there are any, else the test set.
    pub held_out_loss: f64,
    /// Accuracy on the training set, while it learned.
    pub train_accuracy: f64,
    /// Accuracy on the same images.
    pub held_out_accuracy: f64,
}

/// One run.
#[derive(Clone, Debug)]
pub struct LearningCurve {
    /// What it is called.
    pub label: String,
    /// What the images held out are called.
    pub held_out: &'static str,
    /// Its epochs in order.
    pub epochs: Vec<Epoch>,
}

/// Loss and accuracy over the epochs.
#[derive(Clone, Debug)]
pub struct Learning {
    /// The name of its file.
    pub name: String,
    /// Above it.
    pub title: String,
    /// Below the title, smaller.
    pub subtitle: String,
    /// The runs.
    pub curves: Vec<LearningCurve>,
}

type Pick = fn(&Epoch) -> f64;

impl Figure for Learning {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn caption(&self) -> String {
        format!("Learning curves: {}", self.title)
    }
    fn size(&self) -> (u32, u32) {
        (1000, 460)
    }
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let of = |e: &Epoch| [e.train_accuracy, e.held_out_accuracy, e.train_loss, e.held_out_loss];
        let missing = self
            .curves
            .iter()
            .flat_map(|curve| &curve.epochs)
            .any(|epoch| !of(epoch).iter().all(|value| value.is_finite()));
        let subtitle = format!("{}{}", self.subtitle, if missing { GAPS_NOTE } else { "" });
        let area = titled(area, &self.title, &subtitle)?;
        let panels = area.split_evenly((1, 2));
        let kinds: [(&str, Pick, Pick, SeriesLabelPosition); 2] = [
            ("accuracy, %", |e| e.train_accuracy, |e| e.held_out_accuracy, SeriesLabelPosition::LowerRight),
            ("loss, nats per image", |e| e.train_loss, |e| e.held_out_loss, SeriesLabelPosition::UpperRight),
        ];
        let last = self.curves.iter().flat_map(|curve| &curve.epochs).map(|epoch| epoch.epoch).max().unwrap_or(1);
        for ((label, train, test, position), panel) in kinds.into_iter().zip(panels) {
            let values: Vec<f64> = self
                .curves
                .iter()
                .flat_map(|curve| curve.epochs.iter().flat_map(|epoch| [train(epoch), test(epoch)]))
                .filter(|value| value.is_finite())
                .collect();
            let (least, largest) =
                values.iter().fold((f64::MAX, f64::MIN), |(least, largest), v| (least.min(*v), largest.max(*v)));
            let range = if values.is_empty() { 0.0..1.0 } else { around(values, least..largest) };
            // Room for the legend.
            let room = 0.45 * (range.end - range.start);
            let y = match position {
                SeriesLabelPosition::LowerRight => (range.start - room).max(0.0)..range.end,
                _ => range.start..range.end + room,
            };
            let axes = Axes {
                x_label: "epoch",
                y_label: label,
                x: 0.8..last as f64 + 0.2,
                y,
                x_ticks: last.min(10) + 1,
                whole: true,
                left: 86,
                ..Axes::default()
            };
            let mut chart = axes.on(&panel)?;
            for (index, curve) in self.curves.iter().enumerate() {
                let colour = SERIES[index % SERIES.len()];
                let points = |pick: Pick| -> Vec<(f64, f64)> {
                    curve.epochs.iter().map(|epoch| (epoch.epoch as f64, pick(epoch))).collect()
                };
                let is_there = |point: &&(f64, f64)| point.1.is_finite();
                let tested = points(test);
                chart
                    .draw_series(tested.iter().filter(is_there).map(|point| Circle::new(*point, 5, colour.filled())))?;
                chart
                    .draw_series(stretches(&tested).map(|piece| PathElement::new(piece, colour.stroke_width(2))))?
                    .label(format!("{}, {}", curve.label, curve.held_out))
                    .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 26, y)], colour.stroke_width(2)));
                let trained = points(train);
                chart.draw_series(
                    trained.iter().filter(is_there).map(|point| Circle::new(*point, 4, colour.stroke_width(1))),
                )?;
                chart
                    .draw_series(
                        stretches(&trained).map(|piece| DashedPathElement::new(piece, 7, 5, colour.stroke_width(2))),
                    )?
                    .label(format!("{}, train", curve.label))
                    .legend(move |(x, y)| DashedPathElement::new([(x, y), (x + 26, y)], 7, 5, colour.stroke_width(2)));
            }
            legend(&mut chart, position)?;
        }
        Ok(())
    }
}
