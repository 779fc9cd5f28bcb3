//! When events are: stretched, moved, sorted.

use crate::Error;
use crate::events::Event;

/// Stretches and moves time: `t ← t · coefficient + offset`, rounded towards 0.
///
/// # Errors
/// [`Error::Setting`] if a time would be negative or not finite.
pub fn time_skew(events: &mut [Event], coefficient: f64, offset: f64) -> Result<(), Error> {
    for event in events {
        let t = event.t as f64 * coefficient + offset;
        if !(t > -1.0 && t.is_finite()) {
            return Err(Error::setting("time skew", format!("times of 0 or more expected, {} us become {t}", event.t)));
        }
        event.t = t as u64;
    }
    Ok(())
}

/// Moves time so that the earliest event is at 0.
pub fn time_from_zero(events: &mut [Event]) {
    let first = events.iter().map(|event| event.t).min().unwrap_or(0);
    events.iter_mut().for_each(|event| event.t -= first);
}

/// Sorts events by time; those of the same time stay in their order.
pub fn sort_by_time(events: &mut [Event]) {
    events.sort_by_key(|event| event.t);
}
