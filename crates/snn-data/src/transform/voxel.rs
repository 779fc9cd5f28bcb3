//! A voxel grid: events as signs, each shared between the two nearest of a fixed number of times.
//!
//! ```text
//! s = bins (t - first) / (last - first),  b = floor(s)
//! grid[b]     += ± (1 - (s - b))     + for ON, - for OFF
//! grid[b + 1] += ± (s - b)           where there is such a bin
//! ```
//!
//! The last event of all is in no bin. Source: Zhu, Yuan, Chaney, Daniilidis (2019), "Unsupervised Event-based Learning of Optical
//! Flow, Depth, and Egomotion", CVPR; scaled as in Tonic, to `bins` rather than `bins - 1`.

use super::{Frames, Size, inside, sorted, volume};
use crate::Error;
use crate::events::Event;

/// Makes a voxel grid, `[bins, 1, rows, columns]`; see the equations of the module. Where all events have the same time, all are
/// in the first bin.
///
/// # Errors
/// [`Error::Setting`] without bins, for events outside of the sensor or not in the order of time, or for more than 2^30 numbers.
pub fn to_voxel_grid(events: &[Event], size: Size, bins: usize) -> Result<Frames, Error> {
    const WHAT: &str = "voxel grid";
    if bins == 0 {
        return Err(Error::setting(WHAT, "at least 1 bin expected, found 0"));
    }
    inside(WHAT, events, size)?;
    sorted(WHAT, events)?;
    let (columns, rows) = (usize::from(size.0), usize::from(size.1));
    let shape = [bins, 1, rows, columns];
    let mut values = vec![0.0f64; volume(WHAT, shape)?];
    if let (Some(first), Some(last)) = (events.first(), events.last()) {
        let duration = (last.t - first.t).max(1) as f64;
        for event in events {
            let place = bins as f64 * (event.t - first.t) as f64 / duration;
            let bin = place as usize;
            let part = place - bin as f64;
            let sign = if event.polarity { 1.0 } else { -1.0 };
            let pixel = usize::from(event.y) * columns + usize::from(event.x);
            if bin < bins {
                values[bin * rows * columns + pixel] += sign * (1.0 - part);
            }
            if bin + 1 < bins {
                values[(bin + 1) * rows * columns + pixel] += sign * part;
            }
        }
    }
    Ok(Frames { shape, values: values.into_iter().map(|value| value as f32).collect() })
}
