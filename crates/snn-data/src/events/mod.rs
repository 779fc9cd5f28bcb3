//! Recordings of event cameras: eight file formats as one stream of [`Event`]s.
//!
//! [`open`] recognises the format from the content and returns an iterator, [`Events`]. It holds one buffer, and for AEDAT 4
//! one packet, however long the recording is; [`Recording::open`] holds all events.
//!
//! | format | files | word | time |
//! |---|---|---|---|
//! | [`Format::Aedat2`] | `.aedat` of jAER: DVS128, DAVIS | address, time: 2 x 32 bits, big-endian | 32 bits, wraps undone |
//! | [`Format::Aedat3`] | `.aedat` of cAER: DVS128 Gesture | packets of 8-byte events | 31 bits and an overflow count |
//! | [`Format::Aedat4`] | `.aedat4` of DV | packets, LZ4 or Zstandard, of flatbuffers | 64 bits |
//! | [`Format::Evt2`] | `.raw` of Prophesee | 32 bits | 34 bits, wraps undone |
//! | [`Format::Evt21`] | `.raw` of Prophesee | 64 bits, up to 32 pixels | 34 bits, wraps undone |
//! | [`Format::Evt3`] | `.raw` of Prophesee | 16 bits, up to 12 pixels | 24 bits, wraps undone |
//! | [`Format::Dat`] | `.dat` of Prophesee | time, address: 2 x 32 bits, little-endian | 32 bits, wraps undone |
//! | [`Format::Bits40`] | N-MNIST and N-Caltech101 `.bin`, `.bs2` | 40 bits, big-endian | 23 bits and overflow words |
//!
//! # Errors
//! What is damaged is an error with its place. The events before it have been handed out by then, so who wants them keeps
//! them; after an error the iterator has ended.
//!
//! # Example
//! ```
//! use snn_data::events::{Event, Format, Header, Recording, read};
//!
//! let event = Event { t: 937, x: 10, y: 30, polarity: true };
//! let recording = Recording { header: Header::of(Format::Evt3, 34, 34), events: vec![event] };
//! let mut file = Vec::new();
//! recording.write(&mut file)?;
//!
//! let mut events = read(file.as_slice())?;
//! assert_eq!(events.header().format, Format::Evt3);
//! assert_eq!(events.next().transpose()?, Some(event));
//! assert!(events.next().is_none());
//! # Ok::<(), snn_data::Error>(())
//! ```

mod clock;
mod event;
mod format;
mod header;
mod recognise;
mod recording;
pub(crate) mod source;
mod stream;

pub use event::{Entry, Event, Trigger};
pub use format::aedat4::Compression;
pub use format::{Format, write};
pub use header::Header;
pub use recording::Recording;
pub use stream::{Counts, Events, open, read, read_as};
