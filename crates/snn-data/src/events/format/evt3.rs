//! EVT 3.0 of Prophesee: words of 16 bits, little-endian, type in bits 15-12; each changes a part of what the next event is.
//!
//! ```text
//! 0 y           bits 10-0
//! 2 event       x bits 10-0, bit 11 = 1 is ON
//! 3 base        x bits 10-0 and polarity of the vectors that follow
//! 4, 5 vector   12 or 8 pixels from the base on, bit i: pixel base + i; then base += 12 or 8
//! 6 TIME_LOW    time bits 11-0
//! 8 TIME_HIGH   time bits 23-12; wraps after 2^24 microseconds
//! A trigger     channel bits 11-8, bit 0 = 1 rises
//! 7, E, F       others
//! ```
//!
//! Events before the first TIME_HIGH have no time and are not handed out.
//! Source: Prophesee, "EVT 3.0 Format".

use std::io::Read;

use super::super::clock::Clock;
use super::super::source::Source;
use super::super::{Entry, Event, Header, Trigger};
use super::evt2::unknown;
use super::{Out, text};
use crate::Error;

pub struct Decoder {
    clock: Clock,
    /// The time of the last TIME_HIGH, wraps undone.
    high: Option<u64>,
    low: u64,
    y: u16,
    /// The base of vectors: its x may count beyond any sensor, and its events are refused then.
    base: u32,
    polarity: bool,
    /// The pixels of the last vector that have not been handed out, and where it begins.
    mask: u16,
    from: u32,
}

impl Decoder {
    pub fn begin<R: Read>(source: &mut Source<R>, header: &mut Header) -> Result<Self, Error> {
        text::prophesee(source, header)?;
        let clock = Clock::new(24);
        Ok(Self { clock, high: None, low: 0, y: 0, base: 0, polarity: false, mask: 0, from: 0 })
    }

    pub fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        loop {
            if self.mask != 0 {
                let x = self.from + self.mask.trailing_zeros();
                self.mask &= self.mask - 1;
                let Some(high) = self.high else { return Ok(Some(Entry::Other)) };
                if x > 0x7ff {
                    let offset = source.offset() - 2;
                    let problem =
                        format!("pixels up to column 2047 expected, found a vector at {x}; the file is damaged");
                    return Err(source.wrong(offset, problem));
                }
                let (t, y, polarity) = (high | self.low, self.y, self.polarity);
                return Ok(Some(Entry::Event(Event { t, x: x as u16, y, polarity })));
            }
            let offset = source.offset();
            let Some(word) = source.word::<2>()? else { return Ok(None) };
            let word = u16::from_le_bytes(word);
            match word >> 12 {
                0 => self.y = word & 0x7ff,
                2 => {
                    let Some(high) = self.high else { return Ok(Some(Entry::Other)) };
                    let (x, polarity) = (word & 0x7ff, word >> 11 & 1 == 1);
                    return Ok(Some(Entry::Event(Event { t: high | self.low, x, y: self.y, polarity })));
                }
                3 => (self.base, self.polarity) = (u32::from(word & 0x7ff), word >> 11 & 1 == 1),
                kind @ (4 | 5) => {
                    let (mask, width) = if kind == 4 { (word & 0xfff, 12) } else { (word & 0xff, 8) };
                    (self.mask, self.from) = (mask, self.base);
                    self.base = self.base.saturating_add(width);
                }
                6 => self.low = u64::from(word & 0xfff),
                8 => {
                    let high = self.clock.at(u64::from(word & 0xfff) << 12);
                    if self.high != Some(high) {
                        // A new upper part begins at its start: a TIME_LOW of before would be from another millisecond.
                        self.low = 0;
                    }
                    self.high = Some(high);
                }
                10 => {
                    let Some(high) = self.high else { return Ok(Some(Entry::Other)) };
                    let (channel, rising) = ((word >> 8 & 0xf) as u8, word & 1 == 1);
                    return Ok(Some(Entry::Trigger(Trigger { t: high | self.low, channel, rising })));
                }
                7 | 14 | 15 => return Ok(Some(Entry::Other)),
                kind => return Err(unknown(source, offset, u32::from(kind))),
            }
        }
    }
}

pub fn write(out: &mut Out, header: &Header, events: &[Event]) -> Result<(), Error> {
    out.put(b"% evt 3.0\n")?;
    if let Some((width, height)) = header.size() {
        out.put(format!("% format EVT3;height={height};width={width}\n").as_bytes())?;
    }
    out.put(b"% end\n")?;
    let (mut high, mut low, mut y) = (None, None, None);
    let word = |out: &mut Out, kind: u16, value: u16| out.put(&(kind << 12 | value).to_le_bytes());
    let mut index = 0;
    let mut last = 0;
    while let Some(first) = events.get(index) {
        out.check(index, first, [63, 11, 11], Some(last))?;
        // A counter shows no more than half of its range at once; steps between say that time has passed.
        let mut now = first.t >> 12;
        if index > 0 && now > (last >> 12) + 1024 {
            now = (last >> 12) + 1024;
        } else if index == 0 && now >= 4096 {
            return Err(out.too_large(index, first, "a first time below 2^24"));
        }
        if high != Some(now) {
            high = Some(now);
            low = None;
            word(out, 8, (now & 0xfff) as u16)?;
        }
        if now != first.t >> 12 {
            last = now << 12;
            continue;
        }
        last = first.t;
        if low != Some(first.t & 0xfff) {
            low = Some(first.t & 0xfff);
            word(out, 6, (first.t & 0xfff) as u16)?;
        }
        if y != Some(first.y) {
            y = Some(first.y);
            word(out, 0, first.y)?;
        }
        // Three or more pixels of a row, upwards, go into vectors.
        let polarity = u16::from(first.polarity) << 11;
        let same = |one: &Event, next: &Event| {
            (one.t, one.y, one.polarity) == (next.t, next.y, next.polarity)
                && next.x > one.x
                && next.x - one.x < 12
                && next.x >> 11 == 0
        };
        let run = events[index..].chunk_by(same).next().unwrap_or_default();
        if run.len() < 3 {
            word(out, 2, polarity | first.x)?;
            index += 1;
            continue;
        }
        word(out, 3, polarity | first.x)?;
        let (mut base, mut rest) = (first.x, run);
        while let Some(next) = rest.first() {
            let width = if rest.iter().all(|event| event.x - base < 8) && next.x - base < 8 { 8 } else { 12 };
            let count = rest.iter().take_while(|event| event.x - base < width).count();
            let mask = rest[..count].iter().fold(0, |mask, event| mask | 1u16 << (event.x - base));
            word(out, if width == 8 { 5 } else { 4 }, mask)?;
            (base, rest) = (base + width, &rest[count..]);
        }
        index += run.len();
    }
    Ok(())
}
