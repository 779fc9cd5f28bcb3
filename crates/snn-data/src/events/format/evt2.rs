//! EVT 2.0 of Prophesee: words of 32 bits, little-endian, type in bits 31-28.
//!
//! ```text
//! 0 OFF, 1 ON   time bits 5-0 in bits 27-22, x bits 21-11, y bits 10-0
//! 8 TIME_HIGH   time bits 33-6 in bits 27-0
//! A trigger     time bits 5-0 in bits 27-22, channel bits 12-8, bit 0 = 1 rises
//! E, F          others
//! ```
//!
//! Events before the first TIME_HIGH have no time and are not handed out.
//! Source: Prophesee, "EVT 2.0 Format".

use std::io::Read;

use super::super::clock::Clock;
use super::super::source::Source;
use super::super::{Entry, Event, Header, Trigger};
use super::{Out, text};
use crate::Error;

pub struct Decoder {
    clock: Clock,
    /// The time without its low six bits, once one was read.
    high: Option<u64>,
}

impl Decoder {
    pub fn begin<R: Read>(source: &mut Source<R>, header: &mut Header) -> Result<Self, Error> {
        text::prophesee(source, header)?;
        Ok(Self { clock: Clock::new(34), high: None })
    }

    pub fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        loop {
            let offset = source.offset();
            let Some(word) = source.word::<4>()? else { return Ok(None) };
            let word = u32::from_le_bytes(word);
            match word >> 28 {
                // Time alone is no entry: the next word is.
                8 => self.high = Some(self.clock.at(u64::from(word & 0x0fff_ffff) << 6)),
                kind => return self.entry(source, offset, kind, word),
            }
        }
    }

    fn entry<R: Read>(&self, source: &Source<R>, offset: u64, kind: u32, word: u32) -> Result<Option<Entry>, Error> {
        let Some(high) = self.high else {
            return if matches!(kind, 0 | 1 | 10 | 14 | 15) {
                Ok(Some(Entry::Other))
            } else {
                Err(unknown(source, offset, kind))
            };
        };
        let t = high | u64::from(word >> 22 & 0x3f);
        Ok(Some(match kind {
            0 | 1 => {
                Entry::Event(Event { t, x: (word >> 11 & 0x7ff) as u16, y: (word & 0x7ff) as u16, polarity: kind == 1 })
            }
            10 => Entry::Trigger(Trigger { t, channel: (word >> 8 & 0x1f) as u8, rising: word & 1 == 1 }),
            14 | 15 => Entry::Other,
            _ => return Err(unknown(source, offset, kind)),
        }))
    }
}

/// The error of a word's type that the format does not have.
pub fn unknown<R: Read>(source: &Source<R>, offset: u64, kind: u32) -> Error {
    let problem = format!(
        "the type of a word expected, found {kind:#x}, which is none; the file is damaged or of another format: keep the events \
         before this place, or name the format"
    );
    source.wrong(offset, problem)
}

pub fn write(out: &mut Out, header: &Header, events: &[Event]) -> Result<(), Error> {
    out.put(b"% evt 2.0\n")?;
    if let Some((width, height)) = header.size() {
        out.put(format!("% geometry {width}x{height}\n").as_bytes())?;
    }
    out.put(b"% end\n")?;
    let mut high = None;
    for (index, event) in events.iter().enumerate() {
        out.check(index, event, [34, 11, 11], None)?;
        if high != Some(event.t >> 6) {
            high = Some(event.t >> 6);
            out.put(&(8 << 28 | (event.t >> 6) as u32).to_le_bytes())?;
        }
        let low = (event.t & 0x3f) as u32;
        let word = u32::from(event.polarity) << 28 | low << 22 | u32::from(event.x) << 11 | u32::from(event.y);
        out.put(&word.to_le_bytes())?;
    }
    Ok(())
}
