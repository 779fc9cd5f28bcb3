//! A whole recording in memory.

use std::io::{Read, Write};
use std::path::Path;

use super::format::aedat4;
use super::{Compression, Event, Events, Format, Header, open, write};
use crate::Error;

/// A recording with all of its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What it says about itself.
    pub header: Header,
    /// Its events, in the order of the file.
    pub events: Vec<Event>,
}

impl Recording {
    /// Reads a file; its format is told by its content.
    ///
    /// # Errors
    /// As [`open`], and the first damaged place.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::collect(open(path)?)
    }

    /// Reads what is left of a stream.
    ///
    /// # Errors
    /// The first damaged place.
    pub fn collect<R: Read>(mut events: Events<R>) -> Result<Self, Error> {
        let events_read = events.by_ref().collect::<Result<Vec<_>, _>>()?;
        Ok(Self { header: events.header().clone(), events: events_read })
    }

    /// Writes the recording in the format of its header; see [`write`](super::write()).
    ///
    /// # Errors
    /// If the format cannot hold an event, or `writer` refuses.
    pub fn write(&self, writer: impl Write) -> Result<(), Error> {
        write(writer, &self.header, &self.events)
    }

    /// Writes the recording as AEDAT 4, compressed as asked for.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_aedat4(&self, mut writer: impl Write, compression: Compression) -> Result<(), Error> {
        aedat4::write_compressed(&mut writer, &self.header, &self.events, compression)
    }

    /// Returns the same recording with another format in its header, to be written as that.
    pub fn with_format(mut self, format: Format) -> Self {
        self.header.format = format;
        self
    }

    /// Returns columns and rows: those of the header, or else as many as the events need.
    pub fn size(&self) -> (u16, u16) {
        self.header.size().unwrap_or_else(|| {
            let most =
                |of: fn(&Event) -> u16| self.events.iter().map(of).max().map_or(1, |most| most.saturating_add(1));
            (most(|event| event.x), most(|event| event.y))
        })
    }

    /// Returns the time from the first event to the last, in microseconds; 0 without events.
    pub fn duration(&self) -> u64 {
        let times = || self.events.iter().map(|event| event.t);
        times().max().unwrap_or(0) - times().min().unwrap_or(0)
    }
}
