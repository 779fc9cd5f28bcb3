//! Whether it became brighter or darker.

use crate::events::Event;

/// Makes all events OFF, so that they are one kind; a frame then needs one polarity.
pub fn merge_polarities(events: &mut [Event]) {
    events.iter_mut().for_each(|event| event.polarity = false);
}

/// Exchanges ON and OFF.
pub fn flip_polarity(events: &mut [Event]) {
    events.iter_mut().for_each(|event| event.polarity = !event.polarity);
}
