//! Time surfaces: at each pixel, how long ago its last event was.
//!
//! ```text
//! surface i   exp(-(first + (i + 1) dt - t) / tau), t the last event of a pixel and polarity in all pieces up to i; 0 without one
//! ```
//!
//! Source: Lagorce and others (2017), "HOTS: A Hierarchy of Event-Based Time-Surfaces for Pattern Recognition",
//! doi:10.1109/TPAMI.2016.2574707.

use super::{Frames, Size, inside, slice_by_time, volume};
use crate::Error;
use crate::events::Event;

/// Makes a surface for each `dt` microseconds, `[surfaces, 2, rows, columns]`; see the equations of the module. The pieces are those
/// of [`slice_by_time`] without overlap.
///
/// # Errors
/// [`Error::Setting`] if `dt` or `tau` is not above 0, for events outside of the sensor or not in the order of time, or for more
/// than 2^30 numbers.
pub fn to_timesurface(
    events: &[Event],
    size: Size,
    dt: u64,
    tau: f64,
    include_incomplete: bool,
) -> Result<Frames, Error> {
    const WHAT: &str = "time surfaces";
    if dt == 0 || !(tau > 0.0 && tau.is_finite()) {
        return Err(Error::setting(WHAT, format!("dt and tau above 0 expected, found {dt} and {tau}")));
    }
    inside(WHAT, events, size)?;
    let slices = slice_by_time(events, dt, 0, include_incomplete)?;
    let (columns, rows) = (usize::from(size.0), usize::from(size.1));
    let shape = [slices.len(), 2, rows, columns];
    let mut values = Vec::with_capacity(volume(WHAT, shape)?);
    let mut last = vec![None; 2 * rows * columns];
    let first = events.first().map_or(0, |event| event.t);
    for (index, slice) in slices.iter().enumerate() {
        for event in *slice {
            let pixel = (usize::from(event.polarity) * rows + usize::from(event.y)) * columns + usize::from(event.x);
            last[pixel] = Some(event.t);
        }
        let now = (first + (index as u64 + 1) * dt) as f64;
        values.extend(
            last.iter().map(|last: &Option<u64>| last.map_or(0.0, |t| libm::exp((t as f64 - now) / tau) as f32)),
        );
    }
    Ok(Frames { shape, values })
}
