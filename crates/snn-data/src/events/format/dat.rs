//! DAT of Prophesee: lines of text, two bytes, then a time and an address of 32 bits each, little-endian.
//!
//! ```text
//! address   x bits 13-0, y bits 27-14, polarity bits 31-28 (1 is ON)
//! ```
//!
//! The two bytes are the type of the events and their size, 8.

use std::io::Read;

use super::super::clock::Clock;
use super::super::source::Source;
use super::super::{Entry, Event, Header};
use super::{Out, text};
use crate::Error;

pub struct Decoder {
    clock: Clock,
}

impl Decoder {
    pub fn begin<R: Read>(source: &mut Source<R>, header: &mut Header) -> Result<Self, Error> {
        text::prophesee(source, header)?;
        let offset = source.offset();
        match source.word::<2>()? {
            // 0 and 12 are events with polarity.
            Some([0 | 12, 8]) => Ok(Self { clock: Clock::new(32) }),
            Some([kind, size]) => {
                let problem = format!(
                    "type 0 or 12 and size 8 of events with polarity expected, found type {kind} and size {size}; export the \
                     recording's events with polarity (CD)"
                );
                Err(source.wrong(offset, problem))
            }
            None => Err(source.wrong(offset, "type and size of the events expected, the file ends".to_owned())),
        }
    }

    pub fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        let Some([a, b, c, d, address @ ..]) = source.word::<8>()? else { return Ok(None) };
        let address = u32::from_le_bytes(address);
        Ok(Some(Entry::Event(Event {
            t: self.clock.at(u64::from(u32::from_le_bytes([a, b, c, d]))),
            x: (address & 0x3fff) as u16,
            y: (address >> 14 & 0x3fff) as u16,
            polarity: address >> 28 != 0,
        })))
    }
}

pub fn write(out: &mut Out, header: &Header, events: &[Event]) -> Result<(), Error> {
    out.put(b"% Data file containing CD events.\n% Version 2\n")?;
    if let Some((width, height)) = header.size() {
        out.put(format!("% Height {height}\n% Width {width}\n").as_bytes())?;
    }
    out.put(&[12, 8])?;
    for (index, event) in events.iter().enumerate() {
        out.check(index, event, [32, 14, 14], None)?;
        let address = u32::from(event.x) | u32::from(event.y) << 14 | u32::from(event.polarity) << 28;
        out.put(&(event.t as u32).to_le_bytes())?;
        out.put(&address.to_le_bytes())?;
    }
    Ok(())
}
