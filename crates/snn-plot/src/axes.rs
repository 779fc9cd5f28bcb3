//! What all figures share: titles, axes, colour bars, legends.

use std::ops::Range;

use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition, SeriesLabelPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::element::{BitMapElement, Circle, PathElement};
use plotters::prelude::{DrawingBackend, IntoFont};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle, WHITE};

use crate::colour::{GRID, INK, QUIET, Scale};
use crate::{Area, Drawn};

/// Heights of letters.
pub const TITLE: u32 = 22;
pub const LABEL: u32 = 18;
pub const TICK: u32 = 16;

/// The space below a chart: ticks and label.
pub const BELOW: u32 = 52;

/// Text of a size and colour.
pub fn text(size: u32, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&colour)
}

/// Bold text.
pub fn bold(size: u32, colour: RGBColor) -> TextStyle<'static> {
    FontDesc::new(FontFamily::SansSerif, f64::from(size), FontStyle::Bold).color(&colour)
}

/// A number as a tick says it: as few digits as tell it.
pub fn number(value: f64) -> String {
    if value == 0.0 || value.abs() < 1e-12 {
        return "0".into();
    }
    if !value.is_finite() {
        return value.to_string().replace("inf", "∞").replace('-', "−");
    }
    let magnitude = value.abs();
    if !(1e-4..1e6).contains(&magnitude) {
        return format!("{value:.1e}").replace(".0e", "e").replace('-', "−");
    }
    let decimals = if magnitude >= 100.0 {
        0
    } else if magnitude >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

/// A title at the left above the rest, and the area which is left.
pub fn titled<B: DrawingBackend>(
    area: &Area<B>,
    title: &str,
    subtitle: &str,
) -> Result<Area<B>, DrawingAreaErrorKind<B::ErrorType>> {
    let area = area.margin(14, 10, 16, 16);
    area.draw_text(title, &bold(TITLE, INK), (0, 0))?;
    let mut height = TITLE as i32 + 10;
    if !subtitle.is_empty() {
        area.draw_text(subtitle, &text(TICK, QUIET), (0, height))?;
        height += TICK as i32 + 10;
    }
    Ok(area.split_vertically(height).1)
}

/// One pair of axes.
pub struct Axes<'a> {
    /// What the horizontal axis shows, with its unit; empty hides label and ticks.
    pub x_label: &'a str,
    /// What the vertical axis shows.
    pub y_label: &'a str,
    /// From where to where.
    pub x: Range<f64>,
    /// From where to where.
    pub y: Range<f64>,
    /// About how many ticks the horizontal axis has.
    pub x_ticks: usize,
    /// About how many ticks the vertical axis has.
    pub y_ticks: usize,
    /// Whether the horizontal axis counts: only whole numbers are labelled.
    pub whole: bool,
    /// Whether grid lines are drawn.
    pub grid: bool,
    /// The space for the vertical axis' labels.
    pub left: u32,
}

impl Default for Axes<'_> {
    fn default() -> Self {
        Self {
            x_label: "",
            y_label: "",
            x: 0.0..1.0,
            y: 0.0..1.0,
            x_ticks: 9,
            y_ticks: 5,
            whole: false,
            grid: true,
            left: 78,
        }
    }
}

/// A chart whose axes are drawn.
pub type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Axes<'_> {
    /// Draws the axes.
    pub fn on<'a, B: DrawingBackend>(
        &self,
        area: &'a Area<B>,
    ) -> Result<Chart<'a, B>, DrawingAreaErrorKind<B::ErrorType>> {
        let below = if self.x_label.is_empty() { 8 } else { BELOW };
        let mut chart = ChartBuilder::on(area)
            .margin_top(6)
            .margin_right(12)
            .set_label_area_size(LabelAreaPosition::Left, self.left)
            .set_label_area_size(LabelAreaPosition::Bottom, below)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        let (label, tick) = (text(LABEL, INK), text(TICK, INK));
        let format = |value: &f64| number(*value);
        let hidden = |_: &f64| String::new();
        let whole = |value: &f64| if value.fract() == 0.0 { number(*value) } else { String::new() };
        let mut mesh = chart.configure_mesh();
        mesh.axis_style(QUIET)
            .bold_line_style(GRID)
            .light_line_style(WHITE.mix(0.0))
            .axis_desc_style(label)
            .label_style(tick)
            .x_labels(self.x_ticks)
            .y_labels(self.y_ticks)
            .x_label_formatter(match (self.x_label.is_empty(), self.whole) {
                (true, _) => &hidden,
                (false, true) => &whole,
                (false, false) => &format,
            })
            .y_label_formatter(&format)
            .y_desc(self.y_label)
            .x_desc(self.x_label);
        if !self.grid {
            mesh.disable_mesh();
        }
        mesh.draw()?;
        Ok(chart)
    }
}

/// Fills a chart with the cells of a grid: `cell(column, row)`, row 0 at the bottom.
pub fn fill_cells<B: DrawingBackend>(
    chart: &Chart<'_, B>,
    columns: usize,
    rows: usize,
    cell: impl Fn(usize, usize) -> RGBColor,
) -> Drawn<B> {
    let area = chart.plotting_area().strip_coord_spec();
    let (width, height) = area.dim_in_pixel();
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height as usize {
        let row = rows - 1 - y * rows / height as usize;
        for x in 0..width as usize {
            let RGBColor(red, green, blue) = cell(x * columns / width as usize, row);
            pixels.extend([red, green, blue]);
        }
    }
    match BitMapElement::with_owned_buffer((0, 0), (width, height), pixels) {
        Some(bitmap) => area.draw(&bitmap),
        None => Ok(()),
    }
}

/// A colour bar with its ticks and what it shows, for the right side of a figure (about 110 wide).
pub fn colour_bar<B: DrawingBackend>(area: &Area<B>, scale: Scale, label: &str, below: u32) -> Drawn<B> {
    let (width, height) = area.dim_in_pixel();
    let chart = ChartBuilder::on(area)
        .margin_top(6)
        .margin_bottom(below)
        .margin_left(8)
        .margin_right(width as i32 - 8 - BAR)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    fill_cells(&chart, 1, 256, |_, row| scale.colour(scale.value((row as f64 + 0.5) / 256.0)))?;
    let long = height as i32 - 6 - below as i32;
    let style = text(TICK, INK).pos(Pos::new(HPos::Left, VPos::Center));
    let distance = (f64::from(TICK + 12) / f64::from(long.max(1))).max(0.11);
    for tick in scale.ticks(distance) {
        let y = 6 + long - (scale.position(tick) * f64::from(long)).round() as i32;
        area.draw(&PathElement::new([(8 + BAR, y), (13 + BAR, y)], QUIET.stroke_width(1)))?;
        area.draw_text(&number(tick), &style, (18 + BAR, y - 1))?;
    }
    let style = text(LABEL, INK).transform(FontTransform::Rotate270).pos(Pos::new(HPos::Center, VPos::Center));
    area.draw_text(label, &style, (width as i32 - 12, long / 2 + 6))
}

/// The width of a colour bar.
const BAR: i32 = 30;

/// Draws the legend of a chart.
pub fn legend<'a, B: DrawingBackend + 'a>(chart: &mut Chart<'a, B>, position: SeriesLabelPosition) -> Drawn<B> {
    chart
        .configure_series_labels()
        .position(position)
        .background_style(WHITE.mix(0.85))
        .border_style(GRID)
        .label_font(text(TICK, INK))
        .margin(8)
        .legend_area_size(34)
        .draw()
}

/// Says in the place of a chart that there is nothing to draw.
pub fn nothing<B: DrawingBackend>(area: &Area<B>) -> Drawn<B> {
    let (width, height) = area.dim_in_pixel();
    let style = text(LABEL, QUIET).pos(Pos::new(HPos::Center, VPos::Center));
    area.draw_text("no data", &style, (width as i32 / 2, height as i32 / 2))
}

/// The stretches of `points` without a gap: a line is broken where a value is not finite.
pub fn stretches(points: &[(f64, f64)]) -> impl Iterator<Item = Vec<(f64, f64)>> {
    let is_there = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
    points.split(move |point| !is_there(point)).filter(|stretch| !stretch.is_empty()).map(<[_]>::to_vec)
}

/// A line through `points`, broken where a value is not finite. A point between two gaps is a dot.
pub fn line<B: DrawingBackend>(chart: &mut Chart<'_, B>, points: &[(f64, f64)], style: ShapeStyle) -> Drawn<B> {
    for stretch in stretches(points) {
        match stretch.as_slice() {
            [alone] => chart.draw_series([Circle::new(*alone, 2, style.color.filled())])?,
            _ => chart.draw_series([PathElement::new(stretch, style)])?,
        };
    }
    Ok(())
}

/// A range which holds all `values` that are finite and some space around them.
pub fn around(values: impl IntoIterator<Item = f64>, at_least: Range<f64>) -> Range<f64> {
    let (least, largest) = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((at_least.start, at_least.end), |(least, largest), value| (least.min(value), largest.max(value)));
    // Around a constant there is space too, and more than its own rounding.
    let space = 0.06 * (largest - least).max(1e-9).max(1e-6 * least.abs().max(largest.abs()));
    let below = if least == 0.0 { 0.0 } else { space };
    least - below..largest + space
}

#[cfg(test)]
mod tests {
    use super::{around, number, stretches};

    #[test]
    fn lines_are_broken_where_a_number_is_missing() {
        let points = [f64::NAN, 1.0, 2.0, f64::INFINITY, 3.0, f64::NAN].map(|y| (0.0, y));
        let pieces: Vec<Vec<f64>> =
            stretches(&points).map(|piece| piece.iter().map(|point| point.1).collect()).collect();
        assert_eq!(pieces, [vec![1.0, 2.0], vec![3.0]]);
    }

    #[test]
    fn a_range_has_a_width_whatever_the_numbers_are() {
        for values in
            [vec![], vec![0.0], vec![7.0; 3], vec![1e30; 2], vec![-1e30, f64::NAN], vec![1e-30], vec![f64::INFINITY]]
        {
            let first = values.iter().copied().find(|value: &f64| value.is_finite()).unwrap_or(0.0);
            let range = around(values.iter().copied(), first..first);
            assert!(range.start < range.end && range.end - range.start > 1e-9 * first.abs(), "{values:?}: {range:?}");
            assert!(range.start <= first && first <= range.end, "{values:?}: {range:?}");
        }
    }

    #[test]
    fn ticks_are_short() {
        let ticks = [0.0, 1.0, -0.5, 0.30000000000000004, 120.0, 1e-6, 2.25].map(number);
        assert_eq!(ticks, ["0", "1", "−0.5", "0.3", "120", "1e−6", "2.25"]);
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(number), ["∞", "−∞", "NaN"]);
    }
}
