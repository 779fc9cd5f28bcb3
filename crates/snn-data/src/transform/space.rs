//! Where events are: parts of the sensor, fewer pixels, mirrors.

use super::Size;
use crate::Error;
use crate::events::Event;

/// Keeps the middle of the sensor, of `target` columns and rows. Along an axis on which that is more than there is, events are
/// moved to the middle instead.
///
/// # Example
/// ```
/// use snn_data::events::Event;
/// use snn_data::transform::center_crop;
/// let event = |x, y| Event { t: 0, x, y, polarity: true };
/// let mut events = vec![event(2, 2), event(9, 2)];
/// center_crop(&mut events, (10, 10), (6, 20));
/// assert_eq!(events, [event(0, 7)]);
/// ```
pub fn center_crop(events: &mut Vec<Event>, size: Size, target: Size) {
    // Rounded down, also below 0.
    let offset = |size: u16, target: u16| (i32::from(size) - i32::from(target)).div_euclid(2);
    let (left, upper) = (offset(size.0, target.0), offset(size.1, target.1));
    let moved = |at: u16, offset: i32, target: u16| {
        let inside = i32::from(at) >= offset.max(0) && i32::from(at) < offset.max(0) + i32::from(target);
        u16::try_from(i32::from(at) - offset).ok().filter(|_| inside)
    };
    events.retain_mut(|event| match (moved(event.x, left, target.0), moved(event.y, upper, target.1)) {
        (Some(x), Some(y)) => {
            (event.x, event.y) = (x, y);
            true
        }
        _ => false,
    });
}

/// Keeps a part of the sensor: `target` columns and rows from `origin` (x, y) on, which becomes 0, 0.
pub fn crop(events: &mut Vec<Event>, origin: Size, target: Size) {
    let moved = |at: u16, origin: u16, target: u16| at.checked_sub(origin).filter(|at| *at < target);
    events.retain_mut(|event| match (moved(event.x, origin.0, target.0), moved(event.y, origin.1, target.1)) {
        (Some(x), Some(y)) => {
            (event.x, event.y) = (x, y);
            true
        }
        _ => false,
    });
}

/// Multiplies times, columns and rows by factors and rounds down. No event is dropped; several may become equal.
///
/// # Errors
/// [`Error::Setting`] if a factor is negative or not finite, or if a coordinate would be above 65,535.
///
/// # Example
/// ```
/// use snn_data::events::Event;
/// use snn_data::transform::downsample;
/// let mut events = vec![Event { t: 1999, x: 33, y: 10, polarity: true }];
/// downsample(&mut events, 0.001, (0.5, 0.25))?;
/// assert_eq!(events, [Event { t: 1, x: 16, y: 2, polarity: true }]);
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn downsample(events: &mut [Event], time: f64, space: (f64, f64)) -> Result<(), Error> {
    const WHAT: &str = "down-sampling";
    if ![time, space.0, space.1].iter().all(|factor| *factor >= 0.0 && factor.is_finite()) {
        return Err(Error::setting(WHAT, format!("factors of 0 or more expected, found {time} and {space:?}")));
    }
    for event in events {
        let (x, y) = (f64::from(event.x) * space.0, f64::from(event.y) * space.1);
        if x >= 65_536.0 || y >= 65_536.0 {
            return Err(Error::setting(
                WHAT,
                format!("pixels below 65536 expected, found {x} and {y}; take smaller factors"),
            ));
        }
        (event.t, event.x, event.y) = ((event.t as f64 * time) as u64, x as u16, y as u16);
    }
    Ok(())
}

/// Mirrors left and right: `x ← columns - 1 - x`. Pixels outside of the sensor stay where they are.
pub fn flip_lr(events: &mut [Event], columns: u16) {
    for event in events {
        event.x = columns.checked_sub(event.x).and_then(|x| x.checked_sub(1)).unwrap_or(event.x);
    }
}

/// Mirrors up and down: `y ← rows - 1 - y`. Pixels outside of the sensor stay where they are.
pub fn flip_ud(events: &mut [Event], rows: u16) {
    for event in events {
        event.y = rows.checked_sub(event.y).and_then(|y| y.checked_sub(1)).unwrap_or(event.y);
    }
}

/// Exchanges columns and rows.
pub fn transpose(events: &mut [Event]) {
    for event in events {
        std::mem::swap(&mut event.x, &mut event.y);
    }
}
