//! Frames: how many events of each polarity each pixel had in each piece of a recording.

use super::{Size, inside, volume};
use crate::events::Event;
use crate::{Draws, Error};

/// Pictures over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Frames {
    /// Frames, polarities (OFF first), rows, columns.
    pub shape: [usize; 4],
    /// The numbers, columns fastest.
    pub values: Vec<f32>,
}

/// Counts the events of each piece: one frame for each.
///
/// With one polarity, both are counted together.
///
/// # Errors
/// [`Error::Setting`] for an event outside of the sensor, polarities other than 1 or 2, or more than 2^30 numbers.
///
/// # Example
/// ```
/// use snn_data::events::Event;
/// use snn_data::transform::{slice_by_count, to_frame};
/// let events = [(0, false), (0, true), (1, true), (1, true)].map(|(x, polarity)| Event { t: 0, x, y: 0, polarity });
/// let frames = to_frame(&slice_by_count(&events, 4, 0, false)?, (2, 1), 2)?;
/// assert_eq!(frames.values, [1.0, 0.0, 1.0, 2.0]);
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn to_frame(slices: &[&[Event]], size: Size, polarities: usize) -> Result<Frames, Error> {
    const WHAT: &str = "frames";
    if !(1..=2).contains(&polarities) {
        return Err(Error::setting(WHAT, format!("1 or 2 polarities expected, found {polarities}")));
    }
    let (columns, rows) = (usize::from(size.0), usize::from(size.1));
    let shape = [slices.len(), polarities, rows, columns];
    let mut values = vec![0.0; volume(WHAT, shape)?];
    for (index, events) in slices.iter().enumerate() {
        inside(WHAT, events, size)?;
        for event in *events {
            let plane = index * polarities + if polarities == 2 { usize::from(event.polarity) } else { 0 };
            values[(plane * rows + usize::from(event.y)) * columns + usize::from(event.x)] += 1.0;
        }
    }
    Ok(Frames { shape, values })
}

impl Frames {
    /// Adds the polarities up.
    pub fn merge_polarities(&mut self) {
        let [frames, polarities, rows, columns] = self.shape;
        let plane = rows * columns;
        if plane > 0 && polarities > 1 {
            let merged = self.values.chunks_exact(polarities * plane).flat_map(|frame| {
                (0..plane).map(move |place| (0..polarities).map(|polarity| frame[polarity * plane + place]).sum())
            });
            self.values = merged.collect();
        }
        self.shape = [frames, 1, rows, columns];
    }

    /// Mirrors left and right.
    pub fn flip_lr(&mut self) {
        let columns = self.shape[3].max(1);
        self.values.chunks_exact_mut(columns).for_each(<[f32]>::reverse);
    }

    /// Mirrors up and down.
    pub fn flip_ud(&mut self) {
        let [_, _, rows, columns] = self.shape;
        if rows * columns == 0 {
            return;
        }
        for plane in self.values.chunks_exact_mut(rows * columns) {
            for row in 0..rows / 2 {
                let (upper, lower) = plane.split_at_mut((rows - 1 - row) * columns);
                upper[row * columns..][..columns].swap_with_slice(&mut lower[..columns]);
            }
        }
    }

    /// Moves all frames by the same whole number of pixels, at most `shift` in each direction, and mirrors them left and right with
    /// probability `flip`; what moves in from outside is 0.
    ///
    /// # Errors
    /// [`Error::Setting`] if `flip` is no probability.
    pub fn augment(&mut self, shift: usize, flip: f64, draws: Draws) -> Result<(), Error> {
        if !(0.0..=1.0).contains(&flip) {
            return Err(Error::setting("augmented frames", format!("a probability to flip expected, found {flip}")));
        }
        if draws.uniform(0) < flip {
            self.flip_lr();
        }
        let [_, _, rows, columns] = self.shape;
        let offset = |element: u64| draws.below(element, 2 * shift as u64 + 1) as isize - shift as isize;
        let (down, right) = (offset(1), offset(2));
        if rows * columns == 0 || (down, right) == (0, 0) {
            return Ok(());
        }
        for plane in self.values.chunks_exact_mut(rows * columns) {
            let old = plane.to_vec();
            for (place, value) in plane.iter_mut().enumerate() {
                let row = (place / columns).checked_add_signed(-down).filter(|row| *row < rows);
                let column = (place % columns).checked_add_signed(-right).filter(|column| *column < columns);
                *value = row.zip(column).map_or(0.0, |(row, column)| old[row * columns + column]);
            }
        }
        Ok(())
    }
}
