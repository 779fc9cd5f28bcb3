//! A bitmap with several pixels for each unit of a drawing, so that letters and lines are crisp.

use plotters::prelude::DrawingBackend;
use plotters::style::{Color, FontDesc, RGBColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

/// The backend `inner`, seen as if it had `factor` times fewer pixels in each direction.
pub struct Scaled<B> {
    inner: B,
    factor: u32,
}

impl<B> Scaled<B> {
    pub fn new(inner: B, factor: u32) -> Self {
        Self { inner, factor }
    }

    fn at(&self, (x, y): BackendCoord) -> BackendCoord {
        (x * self.factor as i32, y * self.factor as i32)
    }

    fn shape(&self, style: &impl BackendStyle) -> ShapeStyle {
        let BackendColor { alpha, rgb: (red, green, blue) } = style.color();
        Color::stroke_width(&RGBColor(red, green, blue).mix(alpha), style.stroke_width() * self.factor)
    }
}

type Done<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

impl<B: DrawingBackend> DrawingBackend for Scaled<B> {
    type ErrorType = B::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        let (width, height) = self.inner.get_size();
        (width / self.factor, height / self.factor)
    }
    fn ensure_prepared(&mut self) -> Done<B> {
        self.inner.ensure_prepared()
    }
    fn present(&mut self) -> Done<B> {
        self.inner.present()
    }
    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Done<B> {
        let (x, y) = self.at(point);
        let end = (x + self.factor as i32 - 1, y + self.factor as i32 - 1);
        self.inner.draw_rect((x, y), end, &color, true)
    }
    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done<B> {
        let style = self.shape(style);
        let path = [self.at(from), self.at(to)];
        self.inner.draw_path(path, &style)
    }
    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done<B> {
        let (start, end) = (self.at(upper_left), self.at(bottom_right));
        if fill {
            // A filled rectangle covers the pixel of its last corner.
            let last = self.factor as i32 - 1;
            return self.inner.draw_rect(start, (end.0 + last, end.1 + last), &style.color(), true);
        }
        let style = self.shape(style);
        let corners = [start, (end.0, start.1), end, (start.0, end.1), start];
        for side in corners.windows(2) {
            self.inner.draw_path([side[0], side[1]], &style)?;
        }
        Ok(())
    }
    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done<B> {
        let style = self.shape(style);
        let path: Vec<BackendCoord> = path.into_iter().map(|point| self.at(point)).collect();
        self.inner.draw_path(path, &style)
    }
    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, fill: bool) -> Done<B> {
        let (center, style) = (self.at(center), self.shape(style));
        self.inner.draw_circle(center, radius * self.factor, &style, fill)
    }
    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, vert: I, style: &S) -> Done<B> {
        let vertices: Vec<BackendCoord> = vert.into_iter().map(|point| self.at(point)).collect();
        self.inner.fill_polygon(vertices, style)
    }
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, pos: BackendCoord) -> Done<B> {
        let BackendColor { alpha, rgb: (red, green, blue) } = style.color();
        let font = FontDesc::new(style.family(), style.size() * f64::from(self.factor), style.style())
            .transform(style.transform());
        let colour = RGBColor(red, green, blue).mix(alpha);
        let style = TextStyle::from(font).color(&colour).pos(style.anchor());
        let pos = self.at(pos);
        self.inner.draw_text(text, &style, pos)
    }
    fn blit_bitmap(&mut self, pos: BackendCoord, (width, height): (u32, u32), src: &[u8]) -> Done<B> {
        let factor = self.factor as usize;
        let mut large = Vec::with_capacity(src.len() * factor * factor);
        for row in src.chunks_exact(3 * width as usize) {
            for _ in 0..factor {
                for pixel in row.chunks_exact(3) {
                    for _ in 0..factor {
                        large.extend_from_slice(pixel);
                    }
                }
            }
        }
        let pos = self.at(pos);
        self.inner.blit_bitmap(pos, (width * self.factor, height * self.factor), &large)
    }
}
