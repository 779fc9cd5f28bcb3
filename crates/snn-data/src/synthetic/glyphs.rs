//! The strokes of the digits, in a box of height and width 1: x to the right, y downwards.

use super::Random;

/// A point of the box.
pub type Point = (f32, f32);

/// A line drawn without lifting the pen, as points close to each other.
pub type Stroke = Vec<Point>;

/// A pen at work: it starts somewhere and goes on from where it is.
struct Path {
    points: Stroke,
}

impl Path {
    fn from(x: f32, y: f32) -> Self {
        Self { points: vec![(x, y)] }
    }

    fn here(&self) -> Point {
        self.points[self.points.len() - 1]
    }

    /// A straight line.
    fn line(mut self, x: f32, y: f32) -> Self {
        let (x0, y0) = self.here();
        self.points.extend((1..=8).map(|i| {
            let part = i as f32 / 8.0;
            (x0 + (x - x0) * part, y0 + (y - y0) * part)
        }));
        self
    }

    /// A bend towards `control`: a quadratic Bézier curve.
    fn bend(mut self, control: Point, x: f32, y: f32) -> Self {
        let (x0, y0) = self.here();
        self.points.extend((1..=10).map(|i| {
            let t = i as f32 / 10.0;
            let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
            (a * x0 + b * control.0 + c * x, a * y0 + b * control.1 + c * y)
        }));
        self
    }

    /// A part of an ellipse, from one angle to another, in degrees, clockwise from the right.
    fn arc(mut self, center: Point, radii: Point, from: f32, to: f32) -> Self {
        self.points.extend((0..=24).map(|i| {
            let angle = (from + (to - from) * i as f32 / 24.0).to_radians();
            (center.0 + radii.0 * angle.cos(), center.1 + radii.1 * angle.sin())
        }));
        self
    }

    fn on_ellipse(center: Point, radii: Point, from: f32, to: f32) -> Self {
        Self { points: Vec::new() }.arc(center, radii, from, to)
    }
}

/// The strokes of one drawing of `digit`, in one of the ways people write it, no two quite the same.
pub fn strokes(digit: u8, random: &mut Random) -> Vec<Stroke> {
    let way = random.below(4);
    // How far this drawing's proportions are from the pattern's.
    let mut about = |value: f32| value + random.around_zero(0.06);
    let paths = match digit {
        0 => {
            let start = 360.0 * about(-0.25);
            let open = if way == 0 { 20.0 } else { 0.0 };
            vec![Path::on_ellipse((0.5, 0.5), (about(0.42), 0.5), start, start - 360.0 + open)]
        }
        1 => {
            let mut paths = vec![match way {
                0 | 1 => Path::from(about(0.5), 0.0).line(0.5, 1.0),
                _ => Path::from(about(0.25), about(0.25)).line(0.55, 0.0).line(0.55, 1.0),
            }];
            if way == 3 {
                paths.push(Path::from(about(0.22), 1.0).line(about(0.85), 1.0));
            }
            paths
        }
        2 => {
            let top = Path::on_ellipse((0.48, about(0.28)), (about(0.4), 0.28), 195.0, 390.0);
            vec![if way < 2 {
                top.bend((0.6, 0.7), about(0.08), 1.0).line(about(0.92), about(0.98))
            } else {
                // A small loop, or a wave, at the foot.
                top.bend((0.65, 0.75), about(0.2), 0.97).bend((-0.05, 0.95), 0.2, about(0.85)).bend(
                    (0.5, 0.85),
                    about(0.95),
                    about(0.97),
                )
            }]
        }
        3 => {
            let waist = about(0.48);
            let upper = if way == 0 {
                // With a flat top.
                Path::from(0.1, 0.0).line(about(0.85), 0.0).line(about(0.42), waist)
            } else {
                Path::on_ellipse((0.42, waist / 2.0), (about(0.38), waist / 2.0), 205.0, 430.0).line(about(0.38), waist)
            };
            let (middle, radius) = ((1.0 + waist) / 2.0, (1.0 - waist) / 2.0);
            vec![upper.arc((0.42, middle), (about(0.44), radius), 275.0, 515.0)]
        }
        4 => {
            let bar = about(0.62);
            if way < 2 {
                // Open at the top.
                vec![
                    Path::from(about(0.18), 0.0).bend((0.05, 0.4), 0.08, bar).line(about(0.95), bar - 0.02),
                    Path::from(about(0.78), about(0.08)).line(about(0.68), 1.0),
                ]
            } else {
                vec![
                    Path::from(0.7, 0.0).line(about(0.05), bar).line(about(0.97), bar),
                    Path::from(0.7, 0.0).line(0.7, 1.0),
                ]
            }
        }
        5 => {
            let belly = about(0.68);
            let down = Path::from(about(0.22), 0.02).line(about(0.16), 0.45).arc(
                (0.42, belly),
                (about(0.44), 1.0 - belly),
                230.0,
                500.0,
            );
            let top = Path::from(0.22, 0.02).line(about(0.92), about(0.01));
            vec![down, top]
        }
        6 => {
            let height = about(0.3);
            let loop_at = (0.5, 1.0 - height);
            vec![Path::from(about(0.7), 0.0).bend((about(0.1), 0.25), 0.1, 1.0 - height).arc(
                loop_at,
                (0.4, height),
                180.0,
                if way == 0 { -150.0 } else { -180.0 },
            )]
        }
        7 => {
            let mut paths = vec![match way {
                0 => Path::from(0.08, about(0.15)).line(0.08, 0.02).line(0.92, 0.02).bend((0.5, 0.4), about(0.35), 1.0),
                _ => Path::from(0.06, about(0.03)).line(about(0.92), 0.0).line(about(0.35), 1.0),
            }];
            if way == 1 {
                paths.push(Path::from(about(0.28), 0.5).line(about(0.85), about(0.48)));
            }
            paths
        }
        8 => {
            let waist = about(0.48);
            let (upper, lower) = ((0.5, waist / 2.0), (0.5, (1.0 + waist) / 2.0));
            if way < 2 {
                vec![
                    Path::on_ellipse(upper, (about(0.34), waist / 2.0), 90.0, 450.0),
                    Path::on_ellipse(lower, (about(0.4), (1.0 - waist) / 2.0), -90.0, 270.0),
                ]
            } else {
                // In one go, crossing itself.
                vec![
                    Path::on_ellipse(upper, (about(0.34), waist / 2.0), -40.0, -210.0)
                        .bend((0.25, waist * 0.85), 0.5, waist)
                        .arc(lower, (about(0.4), (1.0 - waist) / 2.0), -50.0, 220.0)
                        .bend((0.4, waist), 0.5 + 0.28, upper.1 - 0.12),
                ]
            }
        }
        _ => {
            let height = about(0.3);
            let circle = Path::on_ellipse((0.48, height), (about(0.38), height), 0.0, -360.0);
            vec![match way {
                0 => circle.line(about(0.8), 1.0),
                1 | 2 => circle.bend((0.85, 0.7), about(0.62), 1.0),
                _ => circle.bend((0.9, 1.0), 0.5, 1.0).bend((0.25, 1.0), about(0.15), about(0.85)),
            }]
        }
    };
    paths.into_iter().map(|path| path.points).collect()
}
