//! One event of an event camera, and what else a recording may hold.

/// The brightness at a pixel has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Event {
    /// When, in microseconds of the recording's own clock; wraps of a short counter in the file are undone.
    pub t: u64,
    /// The pixel's column, as in the file: nothing is mirrored.
    pub x: u16,
    /// The pixel's row, as in the file.
    pub y: u16,
    /// `true` where it became brighter (ON), `false` where it became darker (OFF).
    pub polarity: bool,
}

/// A signal from outside has reached the camera's trigger input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trigger {
    /// When, in microseconds, on the clock of the events.
    pub t: u64,
    /// Which input.
    pub channel: u8,
    /// Whether the signal rose.
    pub rising: bool,
}

/// One thing in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An event.
    Event(Event),
    /// A trigger.
    Trigger(Trigger),
    /// Something that is neither: a word of a frame or of the inertial sensor, an event that the camera marked as invalid,
    /// one before the first full time stamp, or (AEDAT 4) a packet of another stream.
    Other,
}
