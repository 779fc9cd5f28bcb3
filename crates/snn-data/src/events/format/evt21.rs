//! EVT 2.1 of Prophesee: words of 64 bits, type in bits 63-60, up to 32 pixels of a row in one word.
//!
//! ```text
//! 0 OFF, 1 ON   time bits 5-0 in bits 59-54, x bits 53-43, y bits 42-32, bit i of 31-0: pixel x + i
//! 8 TIME_HIGH   time bits 33-6 in bits 59-32
//! A trigger     time bits 5-0 in bits 59-54, channel bits 44-40, bit 32 = 1 rises
//! E, F          others
//! ```
//!
//! There are two orders of bytes: a whole little-endian word, or two little-endian halves, the upper one first. The text says
//! which (`endianness=legacy` is the latter), or else the place of the first TIME_HIGH does.
//! Source: Prophesee, "EVT 2.1 Format".

use std::io::Read;

use super::super::clock::Clock;
use super::super::source::Source;
use super::super::{Entry, Event, Header, Trigger};
use super::evt2::unknown;
use super::{Out, text};
use crate::Error;

pub struct Decoder {
    clock: Clock,
    high: Option<u64>,
    halves_swapped: bool,
    /// The pixels of the last word that have not been handed out, and what they share.
    mask: u32,
    base: Event,
}

impl Decoder {
    pub fn begin<R: Read>(source: &mut Source<R>, header: &mut Header) -> Result<Self, Error> {
        text::prophesee(source, header)?;
        let says = |word: &str| header.notes.iter().any(|line| line.to_lowercase().contains(word));
        let halves_swapped = if says("endianness=legacy") || says("endianness legacy") {
            true
        } else if says("endianness=little") || says("endianness little") {
            false
        } else {
            looks_swapped(source.peek(8 * 512)?)
        };
        Ok(Self { clock: Clock::new(34), high: None, halves_swapped, mask: 0, base: Event::default() })
    }

    pub fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        loop {
            if self.mask != 0 {
                let x = self.base.x + self.mask.trailing_zeros() as u16;
                self.mask &= self.mask - 1;
                return Ok(Some(Entry::Event(Event { x, ..self.base })));
            }
            let offset = source.offset();
            let Some(word) = source.word::<8>()? else { return Ok(None) };
            let word = u64::from_le_bytes(word);
            let word = if self.halves_swapped { word.rotate_left(32) } else { word };
            let kind = (word >> 60) as u32;
            let low = word >> 54 & 0x3f;
            match (kind, self.high) {
                (8, _) => self.high = Some(self.clock.at((word >> 32 & 0x0fff_ffff) << 6)),
                (0 | 1, Some(high)) => {
                    self.mask = word as u32;
                    self.base = Event {
                        t: high | low,
                        x: (word >> 43 & 0x7ff) as u16,
                        y: (word >> 32 & 0x7ff) as u16,
                        polarity: kind == 1,
                    };
                }
                (10, Some(high)) => {
                    let (channel, rising) = ((word >> 40 & 0x1f) as u8, word >> 32 & 1 == 1);
                    return Ok(Some(Entry::Trigger(Trigger { t: high | low, channel, rising })));
                }
                (0 | 1 | 10 | 14 | 15, _) => return Ok(Some(Entry::Other)),
                _ => return Err(unknown(source, offset, kind)),
            }
        }
    }
}

/// Whether the words' types stand where they would in halves.
pub fn looks_swapped(bytes: &[u8]) -> bool {
    let known = |place: usize| {
        let kinds = bytes.chunks_exact(8).map(|word| word[place] >> 4);
        let wrong = kinds.clone().filter(|kind| !matches!(kind, 0 | 1 | 8 | 10 | 14 | 15)).count();
        // Zeros are types as well, so that of the time counts.
        (wrong, std::cmp::Reverse(kinds.filter(|kind| *kind == 8).count()))
    };
    known(3) < known(7)
}

pub fn write(out: &mut Out, header: &Header, events: &[Event]) -> Result<(), Error> {
    let size = header.size().map(|(width, height)| format!(";height={height};width={width}")).unwrap_or_default();
    out.put(format!("% evt 2.1\n% format EVT21;endianness=little{size}\n% end\n").as_bytes())?;
    let mut high = None;
    let mut index = 0;
    while let Some(first) = events.get(index) {
        out.check(index, first, [34, 11, 11], None)?;
        if high != Some(first.t >> 6) {
            high = Some(first.t >> 6);
            out.put(&(8 << 60 | first.t >> 6 << 32).to_le_bytes())?;
        }
        // As many of the following events as go into the same word, in its order.
        let mut mask = 0u32;
        let mut last = None;
        while let Some(event) = events.get(index) {
            let place = event.x.wrapping_sub(first.x);
            let same = (event.t, event.y, event.polarity) == (first.t, first.y, first.polarity);
            if !same || place >= 32 || last.is_some_and(|last| place <= last) || event.x >> 11 != 0 {
                break;
            }
            mask |= 1 << place;
            last = Some(place);
            index += 1;
        }
        let (x, y) = (u64::from(first.x), u64::from(first.y));
        let word = u64::from(first.polarity) << 60 | (first.t & 0x3f) << 54 | x << 43 | y << 32 | u64::from(mask);
        out.put(&word.to_le_bytes())?;
    }
    Ok(())
}
