//! What is done to events by chance; each is a function of its [`Draws`].

use super::{Size, crop, drop_pixel, sort_by_time};
use crate::events::Event;
use crate::{Draws, Error};

fn probability(what: &'static str, value: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::setting(what, format!("a number from 0 to 1 expected, found {value}")))
}

/// Does something with probability `probability`, else nothing.
///
/// # Errors
/// [`Error::Setting`] if it is no probability.
///
/// # Example
/// ```
/// use snn_data::Draws;
/// use snn_data::events::Event;
/// use snn_data::transform::{by_chance, flip_lr};
/// let mut events = vec![Event::default()];
/// by_chance(&mut events, 1.0, Draws::new(0, 0), |events| flip_lr(events, 34))?;
/// assert_eq!(events[0].x, 33);
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn by_chance(
    events: &mut Vec<Event>,
    probability: f64,
    draws: Draws,
    change: impl FnOnce(&mut Vec<Event>),
) -> Result<(), Error> {
    self::probability("a change by chance", probability)?;
    if draws.uniform(0) < probability {
        change(events);
    }
    Ok(())
}

/// Keeps a part of the sensor of `target` columns and rows, anywhere.
///
/// # Errors
/// [`Error::Setting`] if the sensor is smaller than that.
pub fn random_crop(events: &mut Vec<Event>, size: Size, target: Size, draws: Draws) -> Result<(), Error> {
    let (Some(right), Some(down)) = (size.0.checked_sub(target.0), size.1.checked_sub(target.1)) else {
        let problem = format!("a part of a sensor of {size:?} expected, found {target:?}");
        return Err(Error::setting("random crop", problem));
    };
    let origin = |element: u64, room: u16| draws.below(element, u64::from(room) + 1) as u16;
    crop(events, (origin(0, right), origin(1, down)), target);
    Ok(())
}

/// Moves each event by a normal number of pixels of variances `var_x`, `var_y` and covariance `sigma_xy`, rounded towards 0. What
/// leaves the sensor is dropped.
///
/// # Errors
/// [`Error::Setting`] if there is no such distribution.
pub fn spatial_jitter(
    events: &mut Vec<Event>,
    size: Size,
    var_x: f64,
    var_y: f64,
    sigma_xy: f64,
    draws: Draws,
) -> Result<(), Error> {
    let possible = var_x >= 0.0 && var_y >= 0.0 && sigma_xy * sigma_xy <= var_x * var_y;
    if !possible || !(var_x + var_y).is_finite() {
        let problem =
            format!("variances of 0 or more and a covariance that fits expected, found {var_x}, {var_y}, {sigma_xy}");
        return Err(Error::setting("spatial jitter", problem));
    }
    // y is made of the part of x that it shares, and a part of its own.
    let deviation = libm::sqrt(var_x);
    let shared = if var_x > 0.0 { sigma_xy / deviation } else { 0.0 };
    let own = libm::sqrt((var_y - shared * shared).max(0.0));
    let mut element = 0;
    events.retain_mut(|event| {
        let (first, second) = (draws.normal(2 * element), draws.normal(2 * element + 1));
        element += 1;
        let (x, y) = (f64::from(event.x) + deviation * first, f64::from(event.y) + shared * first + own * second);
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(size.0) && y < f64::from(size.1);
        if inside {
            (event.x, event.y) = (x as u16, y as u16);
        }
        inside
    });
    Ok(())
}

/// Moves each event by a normal time of standard deviation `std` microseconds, rounded towards 0. What would be before 0 is dropped;
/// the events are sorted after it.
///
/// # Errors
/// [`Error::Setting`] if `std` is negative or not finite.
pub fn time_jitter(events: &mut Vec<Event>, std: f64, draws: Draws) -> Result<(), Error> {
    if !(std >= 0.0 && std.is_finite()) {
        return Err(Error::setting("time jitter", format!("a standard deviation of 0 or more expected, found {std}")));
    }
    let mut element = 0;
    events.retain_mut(|event| {
        let t = event.t as f64 + std * draws.normal(element);
        element += 1;
        if t >= 0.0 {
            event.t = t as u64;
        }
        t >= 0.0
    });
    sort_by_time(events);
    Ok(())
}

/// Drops `round(probability · events)` events, any of them.
///
/// # Errors
/// [`Error::Setting`] if it is no probability.
pub fn drop_event(events: &mut Vec<Event>, probability: f64, draws: Draws) -> Result<(), Error> {
    self::probability("dropped events", probability)?;
    let count = events.len() as u64;
    let mut left = ((probability * count as f64 + 0.5) as u64).min(count);
    // One after another, each with the probability that makes all choices equally likely.
    let mut element = 0;
    events.retain(|_| {
        let dropped = draws.below(element, count - element) < left;
        element += 1;
        left -= u64::from(dropped);
        !dropped
    });
    Ok(())
}

/// Drops all events of a random interval, `ratio` of the recording's time up to its last event long.
///
/// # Errors
/// [`Error::Setting`] if the ratio is not from 0 to 1.
pub fn drop_by_time(events: &mut Vec<Event>, ratio: f64, draws: Draws) -> Result<(), Error> {
    probability("events dropped by time", ratio)?;
    let end = events.iter().map(|event| event.t).max().unwrap_or(0) as f64;
    let length = end * ratio;
    let begin = draws.uniform(0) * (end - length);
    events.retain(|event| !(begin..=begin + length).contains(&(event.t as f64)));
    Ok(())
}

/// Drops all events of a random box, `ratio` of the columns wide and of the rows high.
///
/// # Errors
/// [`Error::Setting`] if the ratio is not from 0 to 1.
pub fn drop_by_area(events: &mut Vec<Event>, size: Size, ratio: f64, draws: Draws) -> Result<(), Error> {
    probability("events dropped by area", ratio)?;
    let (width, height) = ((f64::from(size.0) * ratio) as u16, (f64::from(size.1) * ratio) as u16);
    let origin = |element: u64, room: u16| draws.below(element, u64::from(room) + 1) as u16;
    let (left, upper) = (origin(0, size.0 - width), origin(1, size.1 - height));
    let inside = |at: u16, begin: u16, length: u16| at >= begin && at - begin < length;
    events.retain(|event| !(inside(event.x, left, width) && inside(event.y, upper, height)));
    Ok(())
}

/// Drops all events of each pixel with probability `probability`.
///
/// # Errors
/// [`Error::Setting`] if it is no probability.
pub fn random_drop_pixel(events: &mut Vec<Event>, size: Size, probability: f64, draws: Draws) -> Result<(), Error> {
    self::probability("dropped pixels", probability)?;
    let pixels = (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y)));
    let dropped = |(x, y): &(u16, u16)| draws.uniform(u64::from(*y) << 16 | u64::from(*x)) < probability;
    drop_pixel(events, &pixels.filter(dropped).collect::<Vec<_>>());
    Ok(())
}

/// Adds `count` events anywhere on the sensor, at any time between the first and the last event, and sorts all by time.
pub fn uniform_noise(events: &mut Vec<Event>, size: Size, count: usize, draws: Draws) {
    let times = || events.iter().map(|event| event.t);
    let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let event = |index: u64| Event {
        t: first + draws.below(4 * index, last - first + u64::from(last == first)),
        x: draws.below(4 * index + 1, u64::from(size.0)) as u16,
        y: draws.below(4 * index + 2, u64::from(size.1)) as u16,
        polarity: draws.below(4 * index + 3, 2) == 1,
    };
    let noise: Vec<Event> = (0..count as u64).map(event).collect();
    events.extend(noise);
    sort_by_time(events);
}
