//! What can be done to events before a network sees them: plain functions, one after another.
//!
//! | what | functions |
//! |---|---|
//! | pieces of a recording | [`slice_by_time`], [`slice_by_count`], [`slice_by_time_bins`], [`slice_by_event_bins`] |
//! | pictures | [`to_frame`], [`to_voxel_grid`], [`to_timesurface`] |
//! | less of it | [`denoise`], [`refractory_period`], [`decimate`], [`crop_time`], [`drop_pixel`], [`identify_hot_pixel`] |
//! | in space | [`center_crop`], [`crop`], [`downsample`], [`flip_lr`], [`flip_ud`], [`transpose`] |
//! | in time | [`time_skew`], [`time_from_zero`], [`sort_by_time`] |
//! | polarity | [`merge_polarities`], [`flip_polarity`] |
//! | by chance | [`random_crop`], [`spatial_jitter`], [`time_jitter`], [`drop_event`], [`drop_by_time`], [`drop_by_area`], [`random_drop_pixel`], [`uniform_noise`], [`by_chance`], [`cut_mix`] |
//! | frames | [`Frames::augment`], [`Frames::merge_polarities`], [`Frames::flip_lr`], [`Frames::flip_ud`] |
//!
//! Names and results are those of Tonic 1.7 where it has them. What happens by chance takes [`Draws`]: a
//! sample changes in the same way whatever the thread or the order. Two such functions in a row need stages of their own:
//!
//! ```
//! use snn_data::Draws;
//! use snn_data::events::Event;
//! use snn_data::transform::{drop_event, slice_by_time_bins, spatial_jitter, to_frame};
//!
//! let mut events: Vec<Event> = (0..1000).map(|i| Event { t: 10 * i, x: (i % 34) as u16, y: 5, polarity: i % 2 == 0 }).collect();
//! let draws = Draws::new(7, 42); // seed, sample
//! spatial_jitter(&mut events, (34, 34), 1.0, 1.0, 0.0, draws.stage(0))?;
//! drop_event(&mut events, 0.25, draws.stage(1))?;
//! let frames = to_frame(&slice_by_time_bins(&events, 10, 0.0)?, (34, 34), 2)?;
//! assert_eq!(frames.shape, [10, 2, 34, 34]);
//! # Ok::<(), snn_data::Error>(())
//! ```
//!
//! [`Draws`]: crate::Draws

mod filter;
mod frames;
mod mix;
mod polarity;
mod random;
mod slice;
mod space;
mod time;
mod timesurface;
mod voxel;

pub use filter::{crop_time, decimate, denoise, drop_pixel, identify_hot_pixel, refractory_period};
pub use frames::{Frames, to_frame};
pub use mix::cut_mix;
pub use polarity::{flip_polarity, merge_polarities};
pub use random::{
    by_chance, drop_by_area, drop_by_time, drop_event, random_crop, random_drop_pixel, spatial_jitter, time_jitter,
    uniform_noise,
};
pub use slice::{slice_by_count, slice_by_event_bins, slice_by_time, slice_by_time_bins};
pub use space::{center_crop, crop, downsample, flip_lr, flip_ud, transpose};
pub use time::{sort_by_time, time_from_zero, time_skew};
pub use timesurface::to_timesurface;
pub use voxel::to_voxel_grid;

use crate::Error;
use crate::events::Event;

/// Columns and rows of a sensor.
pub type Size = (u16, u16);

/// The most numbers that a picture may have: 4 GiB of 32 bits.
const MOST: usize = 1 << 30;

/// How many numbers a picture of this shape has.
fn volume(what: &'static str, shape: [usize; 4]) -> Result<usize, Error> {
    let volume = shape.iter().try_fold(1usize, |volume, length| volume.checked_mul(*length));
    volume.filter(|volume| *volume <= MOST).ok_or_else(|| {
        let problem =
            format!("a shape of at most {MOST} numbers expected, found {shape:?}; take longer steps or a smaller part");
        Error::setting(what, problem)
    })
}

/// Refuses events outside of the sensor.
fn inside(what: &'static str, events: &[Event], size: Size) -> Result<(), Error> {
    match events.iter().find(|event| event.x >= size.0 || event.y >= size.1) {
        None => Ok(()),
        Some(event) => {
            let problem =
                format!("pixels of a sensor of {} x {} expected, found x {}, y {}", size.0, size.1, event.x, event.y);
            Err(Error::setting(what, problem))
        }
    }
}

/// Refuses events that are not in the order of time.
fn sorted(what: &'static str, events: &[Event]) -> Result<(), Error> {
    match events.windows(2).position(|pair| pair[1].t < pair[0].t) {
        None => Ok(()),
        Some(index) => {
            let problem = format!(
                "events in the order of time expected, found {} us after {} us at {}; sort them with `sort_by_time`",
                events[index + 1].t,
                events[index].t,
                index + 1
            );
            Err(Error::setting(what, problem))
        }
    }
}
