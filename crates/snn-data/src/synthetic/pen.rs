//! From strokes to pixels: the hand which places them, and the pen which draws them.

use super::Random;
use super::glyphs::{Point, Stroke};
use crate::images::SIDE;

/// A bend of the paper: a slow wave which moves points in one direction.
struct Wave {
    amplitude: f32,
    frequency: Point,
    phase: f32,
}

impl Wave {
    fn new(random: &mut Random) -> Self {
        Self {
            amplitude: random.between(0.0, 1.6),
            frequency: (random.between(-0.3, 0.3), random.between(-0.3, 0.3)),
            phase: random.between(0.0, std::f32::consts::TAU),
        }
    }

    fn at(&self, (x, y): Point) -> f32 {
        self.amplitude * (self.frequency.0 * x + self.frequency.1 * y + self.phase).sin()
    }
}

/// How one drawing is placed on the paper: all of it in pixels.
pub struct Hand {
    size: Point,
    slant: f32,
    turn: f32,
    shift: Point,
    waves: [Wave; 2],
    thickness: f32,
    darkness: f32,
}

impl Hand {
    /// A hand like no other.
    pub fn new(random: &mut Random) -> Self {
        let height = random.between(16.0, 20.5);
        Self {
            size: (height * random.between(0.55, 0.8), height),
            slant: random.around_zero(0.4) + 0.1,
            turn: random.around_zero(0.25),
            shift: (random.around_zero(2.2), random.around_zero(2.2)),
            waves: [Wave::new(random), Wave::new(random)],
            thickness: random.between(1.5, 3.4),
            darkness: random.between(0.8, 1.0),
        }
    }

    /// The width of the pen.
    pub fn thickness(&self) -> f32 {
        self.thickness
    }

    /// From 0 to 1.
    pub fn darkness(&self) -> f32 {
        self.darkness
    }

    /// Where the strokes of a pattern come to lie: all of them inside the frame.
    pub fn place(&self, strokes: &[Stroke]) -> Vec<Stroke> {
        let bent: Vec<Stroke> =
            strokes.iter().map(|stroke| stroke.iter().map(|point| self.bend(*point)).collect()).collect();
        let (x, scale_x) = frame(bent.iter().flatten().map(|point| point.0), self.shift.0);
        let (y, scale_y) = frame(bent.iter().flatten().map(|point| point.1), self.shift.1);
        let scale = scale_x.min(scale_y);
        let middle = SIDE as f32 / 2.0;
        let place = |point: &Point| {
            (middle + self.shift.0 + (point.0 - x) * scale, middle + self.shift.1 + (point.1 - y) * scale)
        };
        bent.iter().map(|stroke| stroke.iter().map(place).collect()).collect()
    }

    fn bend(&self, (x, y): Point) -> Point {
        let (x, y) = ((x - 0.5) * self.size.0, (y - 0.5) * self.size.1);
        let x = x - self.slant * y;
        let (sine, cosine) = self.turn.sin_cos();
        let (x, y) = (cosine * x - sine * y, sine * x + cosine * y);
        (x + self.waves[0].at((x, y)), y + self.waves[1].at((x, y)))
    }
}

/// The middle of the numbers, and by how much to shrink them so that they stay inside the frame after a shift.
fn frame(numbers: impl Iterator<Item = f32>, shift: f32) -> (f32, f32) {
    let (low, high) = numbers.fold((f32::MAX, f32::MIN), |(low, high), number| (low.min(number), high.max(number)));
    // Two pixels on each side for the pen.
    let room = SIDE as f32 - 4.0 - 2.0 * shift.abs();
    ((low + high) / 2.0, (room / (high - low).max(1.0)).min(1.0))
}

/// For each pixel, how near the pen came to its middle.
pub struct Canvas {
    squared_distance: [f32; SIDE * SIDE],
    radius: f32,
}

impl Canvas {
    /// An empty one, for a pen of this thickness.
    pub fn new(thickness: f32) -> Self {
        Self { squared_distance: [f32::INFINITY; SIDE * SIDE], radius: thickness / 2.0 }
    }

    /// Draws a line through `points`.
    pub fn stroke(&mut self, points: &[Point]) {
        for pair in points.windows(2) {
            self.segment(pair[0], pair[1]);
        }
    }

    fn segment(&mut self, (x0, y0): Point, (x1, y1): Point) {
        // Beyond this no pixel gets ink.
        let reach = self.radius + 1.0;
        let pixels = |a: f32, b: f32| {
            let low = (a.min(b) - reach).max(0.0) as usize;
            low..((a.max(b) + reach + 1.0).max(0.0) as usize).min(SIDE)
        };
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length = (dx * dx + dy * dy).max(1e-12);
        for row in pixels(y0, y1) {
            for column in pixels(x0, x1) {
                let (x, y) = (column as f32 + 0.5 - x0, row as f32 + 0.5 - y0);
                let along = ((x * dx + y * dy) / length).clamp(0.0, 1.0);
                let squared = (x - along * dx).powi(2) + (y - along * dy).powi(2);
                let nearest = &mut self.squared_distance[row * SIDE + column];
                *nearest = nearest.min(squared);
            }
        }
    }

    /// Grey values: full inside the pen's radius, fading within one pixel around it.
    pub fn ink(&self, darkness: f32, pixels: &mut [u8]) {
        for (pixel, squared) in pixels.iter_mut().zip(&self.squared_distance) {
            let covered = (self.radius + 0.5 - squared.sqrt()).clamp(0.0, 1.0);
            *pixel = (255.0 * darkness * covered).round() as u8;
        }
    }
}
