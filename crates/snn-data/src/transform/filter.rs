//! Fewer events: those that are alone, too soon, too many, too early or at bad pixels.

use std::collections::{HashMap, HashSet};

use crate::events::Event;

/// Keeps only events with another one at one of the four pixels beside within the last `filter_time` microseconds.
///
/// Events have to be in the order of time. As in Tonic, a pixel without any event counts as having had one at time 0, so what comes in
/// the first `filter_time` microseconds is kept.
///
/// # Example
/// ```
/// use snn_data::events::Event;
/// use snn_data::transform::denoise;
/// let event = |t, x| Event { t, x, y: 0, polarity: true };
/// let mut events = vec![event(1000, 3), event(1050, 4), event(1060, 9)];
/// denoise(&mut events, 100);
/// assert_eq!(events, [event(1050, 4)]);
/// ```
pub fn denoise(events: &mut Vec<Event>, filter_time: u64) {
    // Until when an event supports those beside it.
    let mut until: HashMap<(u16, u16), u64> = HashMap::new();
    // Tonic's memory has only the pixels that occur.
    let (width, height) = extent(events);
    events.retain(|event| {
        let Event { t, x, y, .. } = *event;
        until.insert((x, y), t.saturating_add(filter_time));
        let beside = [(-1, 0), (1, 0), (0, -1), (0, 1)].into_iter().filter_map(|(right, down)| {
            let place = (x.checked_add_signed(right)?, y.checked_add_signed(down)?);
            (place.0 < width && place.1 < height).then_some(place)
        });
        beside.into_iter().any(|place| until.get(&place).copied().unwrap_or(filter_time) > t)
    });
}

/// Columns and rows that the events need.
fn extent(events: &[Event]) -> (u16, u16) {
    let most = |of: fn(&Event) -> u16| events.iter().map(of).max().map_or(0, |most| most.saturating_add(1));
    (most(|event| event.x), most(|event| event.y))
}

/// Keeps only events more than `period` microseconds after the last one of their pixel, kept or not.
///
/// As in Tonic, each pixel is taken to have had an event `period` before time 0; so an event at time 0 is dropped.
pub fn refractory_period(events: &mut Vec<Event>, period: u64) {
    let mut last: HashMap<(u16, u16), i128> = HashMap::new();
    let period = i128::from(period);
    events.retain(|event| {
        let now = i128::from(event.t);
        let before = last.insert((event.x, event.y), now).unwrap_or(-period);
        now - before > period
    });
}

/// Keeps each `n`th event of each pixel; all if `n` is 0 or 1.
pub fn decimate(events: &mut Vec<Event>, n: usize) {
    let mut counts: HashMap<(u16, u16), usize> = HashMap::new();
    events.retain(|event| {
        let count = counts.entry((event.x, event.y)).or_insert(0);
        *count += 1;
        if *count >= n {
            *count = 0;
        }
        *count == 0
    });
}

/// Keeps only events from `least` to `most` microseconds, both included.
pub fn crop_time(events: &mut Vec<Event>, least: u64, most: u64) {
    events.retain(|event| (least..=most).contains(&event.t));
}

/// Drops all events of some pixels, given as (x, y).
pub fn drop_pixel(events: &mut Vec<Event>, pixels: &[(u16, u16)]) {
    let pixels: HashSet<(u16, u16)> = pixels.iter().copied().collect();
    events.retain(|event| !pixels.contains(&(event.x, event.y)));
}

/// Returns the pixels with more than `frequency` events a second, as (x, y), by column, then by row.
///
/// # Example
/// ```
/// use snn_data::events::Event;
/// use snn_data::transform::{drop_pixel, identify_hot_pixel};
/// let mut events: Vec<Event> = (0..100).map(|i| Event { t: 10_000 * i, x: 7, y: 3, polarity: true }).collect();
/// assert_eq!(identify_hot_pixel(&events, 50.0), [(7, 3)]);
/// drop_pixel(&mut events, &[(7, 3)]);
/// assert!(events.is_empty());
/// ```
pub fn identify_hot_pixel(events: &[Event], frequency: f64) -> Vec<(u16, u16)> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Vec::new() };
    let most = frequency * last.t.saturating_sub(first.t) as f64 * 1e-6;
    let mut counts: HashMap<(u16, u16), u64> = HashMap::new();
    for event in events {
        *counts.entry((event.x, event.y)).or_insert(0) += 1;
    }
    let mut hot: Vec<(u16, u16)> =
        counts.into_iter().filter(|(_, count)| *count as f64 > most).map(|(pixel, _)| pixel).collect();
    hot.sort_unstable();
    hot
}
