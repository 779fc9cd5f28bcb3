//! CutMix for events: a box of one recording in the place of the same box of another.
//!
//! ```text
//! λ uniform in [0, 1);  a box of √(1 - λ) of the columns and of the rows around a random pixel, cut at the rim
//! events  of `b` inside the box, of `a` outside
//! kept    1 - area of the box / area of the sensor: the weight of a's label; that of b's is the rest
//! ```
//!
//! Source: Yun, Han, Oh, Chun, Choe, Yoo (2019), "CutMix", doi:10.1109/ICCV.2019.00612.

use super::{Size, sort_by_time};
use crate::Draws;
use crate::events::Event;

/// Mixes two recordings of the same sensor and returns the mixture, by time, and the weight of the label of `a`.
///
/// Times of `b` are moved so that both recordings begin at the same time.
///
/// # Example
/// ```
/// use snn_data::Draws;
/// use snn_data::events::Event;
/// use snn_data::transform::cut_mix;
/// let all = |polarity| (0..100u16).map(|i| Event { t: i.into(), x: i % 10, y: i / 10, polarity }).collect::<Vec<_>>();
/// let (mixed, weight) = cut_mix(&all(true), &all(false), (10, 10), Draws::new(0, 1));
/// assert_eq!(mixed.len(), 100);
/// assert_eq!(mixed.iter().filter(|event| event.polarity).count() as f64, (100.0 * weight).round());
/// ```
pub fn cut_mix(a: &[Event], b: &[Event], size: Size, draws: Draws) -> (Vec<Event>, f64) {
    let side = libm::sqrt(1.0 - draws.uniform(0));
    let range = |element: u64, length: u16| {
        let (half, middle) = (side * f64::from(length) / 2.0, draws.below(element, u64::from(length)) as f64);
        let at = |place: f64| place.clamp(0.0, f64::from(length)) as u16;
        at(middle - half)..at(middle + half)
    };
    let (columns, rows) = (range(1, size.0), range(2, size.1));
    let inside = |event: &Event| columns.contains(&event.x) && rows.contains(&event.y);
    let begin = |events: &[Event]| events.iter().map(|event| event.t).min().unwrap_or(0);
    let (begin_a, begin_b) = (begin(a), begin(b));
    let moved = |event: &Event| Event { t: (event.t - begin_b).saturating_add(begin_a), ..*event };
    let mut events: Vec<Event> = a.iter().filter(|event| !inside(event)).copied().collect();
    events.extend(b.iter().filter(|event| inside(event)).map(moved));
    sort_by_time(&mut events);
    let sensor = (usize::from(size.0) * usize::from(size.1)).max(1);
    (events, 1.0 - (columns.len() * rows.len()) as f64 / sensor as f64)
}
