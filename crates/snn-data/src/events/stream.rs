//! A recording as an iterator of its events.

use std::fs::File;
use std::io::Read;
use std::iter::FusedIterator;
use std::path::{Path, PathBuf};

use super::format::Decoder;
use super::recognise::recognise;
use super::source::Source;
use super::{Entry, Event, Format, Header};
use crate::Error;

/// How many of what were read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events.
    pub events: u64,
    /// Triggers.
    pub triggers: u64,
    /// What is neither; see [`Entry::Other`].
    pub others: u64,
}

/// The events of a recording, one after another; see [`open`] and [`read`].
///
/// Triggers and other things are counted ([`counts`](Self::counts)) and passed over; [`next_entry`](Self::next_entry) hands them
/// out as well. After an error, or the end, there is nothing more.
pub struct Events<R> {
    source: Source<R>,
    decoder: Decoder,
    header: Header,
    counts: Counts,
    ended: bool,
    path: Option<PathBuf>,
}

/// Opens a recording; its format is told by its content.
///
/// # Errors
/// [`Error::Io`] if the file cannot be opened; [`Error::File`] with what is wrong in it.
pub fn open(path: &Path) -> Result<Events<File>, Error> {
    let file = File::open(path).map_err(|cause| Error::Io { action: "cannot read", path: path.to_owned(), cause })?;
    let mut events = read(file).map_err(|error| error.in_file(path))?;
    events.path = Some(path.to_owned());
    Ok(events)
}

/// Reads a recording from anything; its format is told by its content. A buffer is not needed, there is one.
///
/// # Errors
/// [`Error::Format`] if it is no recording, or its header is damaged; [`Error::Stream`] if `reader` fails.
pub fn read<R: Read>(reader: R) -> Result<Events<R>, Error> {
    let mut source = Source::new(reader);
    let format = recognise(&mut source)?;
    begin(source, format)
}

/// Reads a recording of a known format from anything.
///
/// # Errors
/// As [`read`].
pub fn read_as<R: Read>(reader: R, format: Format) -> Result<Events<R>, Error> {
    begin(Source::new(reader), format)
}

fn begin<R: Read>(mut source: Source<R>, format: Format) -> Result<Events<R>, Error> {
    source.format = format.name();
    let (decoder, header) = Decoder::begin(format, &mut source)?;
    Ok(Events { source, decoder, header, counts: Counts::default(), ended: false, path: None })
}

impl<R: Read> Events<R> {
    /// Returns what the recording says about itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Returns how many of what were read so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns the next event, trigger, or other thing.
    ///
    /// # Errors
    /// [`Error::Format`] at the first damaged place; nothing follows then.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, Error> {
        if self.ended {
            return Ok(None);
        }
        let entry = self.decoder.next(&mut self.source).and_then(|entry| match entry {
            Some(Entry::Event(event)) => self.inside(&event).map(|()| entry),
            _ => Ok(entry),
        });
        match &entry {
            Ok(Some(Entry::Event(_))) => self.counts.events += 1,
            Ok(Some(Entry::Trigger(_))) => self.counts.triggers += 1,
            Ok(Some(Entry::Other)) => self.counts.others += 1,
            Ok(None) | Err(_) => self.ended = true,
        }
        match &self.path {
            Some(path) => entry.map_err(|error| error.in_file(path)),
            None => entry,
        }
    }

    /// Refuses an event outside of the sensor.
    fn inside(&self, event: &Event) -> Result<(), Error> {
        let outside = |at: u16, size: Option<u16>| size.is_some_and(|size| at >= size);
        if !outside(event.x, self.header.width) && !outside(event.y, self.header.height) {
            return Ok(());
        }
        let size = |size: Option<u16>| size.map_or("any".to_owned(), |size| size.to_string());
        let problem = format!(
            "a pixel of a sensor of {} x {} expected before this place, found x {}, y {}; the file is damaged, keep the events \
             before this one",
            size(self.header.width),
            size(self.header.height),
            event.x,
            event.y
        );
        Err(self.source.wrong(self.source.offset(), problem))
    }
}

impl<R: Read> Iterator for Events<R> {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_entry() {
                Ok(Some(Entry::Event(event))) => return Some(Ok(event)),
                Ok(Some(_)) => (),
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<R: Read> FusedIterator for Events<R> {}
