//! Pieces of a recording: of equal time, of equally many events, or a fixed number of either.

use super::sorted;
use crate::Error;
use crate::events::Event;

/// The most pieces that a recording is cut into.
const MOST: u64 = 1 << 24;

/// Pieces of `window` microseconds, each beginning `window - overlap` after the last, from the first event on.
///
/// A piece that would end behind the last event is left out, unless it is the only one; `include_incomplete` keeps it. The event
/// at which a piece ends belongs to the next one, so the last event of all may be in none.
///
/// # Errors
/// [`Error::Setting`] if the overlap is not below the window, there would be more than 2^24 pieces, or the events are not in the
/// order of time.
///
/// # Example
/// ```
/// use snn_data::events::Event;
/// use snn_data::transform::slice_by_time;
/// let events = [0, 40, 100, 130, 250].map(|t| Event { t, ..Event::default() });
/// let lengths = |pieces: Vec<&[Event]>| pieces.iter().map(|piece| piece.len()).collect::<Vec<_>>();
/// assert_eq!(lengths(slice_by_time(&events, 100, 0, false)?), [2, 2]);
/// assert_eq!(lengths(slice_by_time(&events, 100, 0, true)?), [2, 2, 1]);
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn slice_by_time(
    events: &[Event],
    window: u64,
    overlap: u64,
    include_incomplete: bool,
) -> Result<Vec<&[Event]>, Error> {
    const WHAT: &str = "slices by time";
    if overlap >= window {
        return Err(Error::setting(
            WHAT,
            format!("an overlap below the window of {window} us expected, found {overlap}"),
        ));
    }
    sorted(WHAT, events)?;
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(Vec::new()) };
    let (stride, duration) = (window - overlap, last.t - first.t);
    let rest = duration.saturating_sub(window);
    let count = if include_incomplete { rest.div_ceil(stride) } else { rest / stride } + 1;
    if count > MOST {
        return Err(Error::setting(
            WHAT,
            format!("at most {MOST} slices expected, {duration} us make {count}; take a longer window"),
        ));
    }
    let at = |time: u64| events.partition_point(|event| event.t < time);
    let piece = |index: u64| {
        let begin = first.t.saturating_add(index.saturating_mul(stride));
        &events[at(begin)..at(begin.saturating_add(window))]
    };
    Ok((0..count).map(piece).collect())
}

/// Pieces of `count` events, each beginning `count - overlap` after the last.
///
/// What is left over at the end is left out, unless there is no other piece; `include_incomplete` keeps it.
///
/// # Errors
/// [`Error::Setting`] if the overlap is not below the count.
pub fn slice_by_count(
    events: &[Event],
    count: usize,
    overlap: usize,
    include_incomplete: bool,
) -> Result<Vec<&[Event]>, Error> {
    if overlap >= count {
        let problem = format!("an overlap below the count of {count} expected, found {overlap}");
        return Err(Error::setting("slices by count", problem));
    }
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let stride = count - overlap;
    let count = count.min(events.len());
    let rest = events.len() - count;
    let pieces = if include_incomplete { rest.div_ceil(stride) } else { rest / stride } + 1;
    Ok((0..pieces).map(|index| &events[index * stride..(index * stride + count).min(events.len())]).collect())
}

/// `bins` pieces of equal time, enlarged by `overlap`, a part of a piece below 1.
///
/// A piece is `floor(duration / bins) (1 + overlap)` long, and they begin `1 - overlap` of that apart. So events in the last
/// `duration mod bins` microseconds, and the last event, are in no piece.
///
/// # Errors
/// [`Error::Setting`] without bins, if the overlap is no part, or the events are not in the order of time.
pub fn slice_by_time_bins(events: &[Event], bins: usize, overlap: f64) -> Result<Vec<&[Event]>, Error> {
    const WHAT: &str = "slices by time bins";
    check_bins(WHAT, bins, overlap)?;
    sorted(WHAT, events)?;
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(vec![&[]; bins]) };
    let window = ((last.t - first.t) / bins as u64) as f64 * (1.0 + overlap);
    let stride = window * (1.0 - overlap);
    let at = |time: f64| events.partition_point(|event| (event.t as f64) < time);
    let piece = |index: usize| {
        let begin = index as f64 * stride + first.t as f64;
        &events[at(begin)..at(begin + window)]
    };
    Ok((0..bins).map(piece).collect())
}

/// `bins` pieces of equally many events, enlarged by `overlap`, a part of a piece below 1.
///
/// # Errors
/// [`Error::Setting`] without bins, or if the overlap is no part.
pub fn slice_by_event_bins(events: &[Event], bins: usize, overlap: f64) -> Result<Vec<&[Event]>, Error> {
    check_bins("slices by event bins", bins, overlap)?;
    let count = ((events.len() / bins) as f64 * (1.0 + overlap)) as usize;
    let stride = (count as f64 * (1.0 - overlap)) as usize;
    let end = |index: usize| index.min(events.len());
    Ok((0..bins).map(|index| &events[end(index * stride)..end(index * stride + count)]).collect())
}

fn check_bins(what: &'static str, bins: usize, overlap: f64) -> Result<(), Error> {
    if bins == 0 || bins as u64 > MOST || !(0.0..1.0).contains(&overlap) {
        let problem =
            format!("1 to {MOST} bins and an overlap of 0 or more below 1 expected, found {bins} and {overlap}");
        return Err(Error::setting(what, problem));
    }
    Ok(())
}
