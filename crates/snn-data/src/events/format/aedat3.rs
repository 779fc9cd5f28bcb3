//! AEDAT 3.1: lines of text, then packets; the format of the recordings of DVS128 Gesture.
//!
//! ```text
//! packet   type, source: 16 bits; size of an event, offset of its time, overflows of the clock, capacity,
//!          number of events, number of valid ones: 32 bits each; all little-endian
//! event    address: x bits 31-17, y bits 16-2, bit 1 = 1 is ON, bit 0 = 1 is valid; time of 31 bits
//! ```

use std::io::Read;

use super::super::header::camera_size;
use super::super::source::Source;
use super::super::{Entry, Event, Header, Trigger};
use super::{Out, text};
use crate::Error;

/// Packets of signals from outside, and packets of events.
const SPECIAL: u16 = 0;
const POLARITY: u16 = 1;
const EVENT: u32 = 8;

pub struct Decoder {
    kind: u16,
    overflows: u64,
    /// Events of the packet that are still to be read, and bytes behind them that hold nothing.
    left: u32,
    unused: u64,
}

impl Decoder {
    pub fn begin<R: Read>(source: &mut Source<R>, header: &mut Header) -> Result<Self, Error> {
        let mut ended = false;
        text::lines(source, header, b"#", |header, line| {
            if line.contains("Source") && header.width.is_none() {
                header.set_size(camera_size(line));
            }
            ended = line.starts_with("#!END-HEADER");
            !ended
        })?;
        if !ended {
            let problem = "the line `#!END-HEADER` expected at the end of the text, found something else";
            return Err(source.wrong(source.offset(), problem));
        }
        Ok(Self { kind: 0, overflows: 0, left: 0, unused: 0 })
    }

    pub fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        while self.left == 0 {
            source.pass(std::mem::take(&mut self.unused))?;
            if !self.packet(source)? {
                return Ok(None);
            }
        }
        self.left -= 1;
        let offset = source.offset();
        let Some(word) = source.word::<8>()? else {
            let problem = format!("{} more events of this packet expected, the file ends", u64::from(self.left) + 1);
            return Err(source.wrong(offset, problem));
        };
        let [a, b, c, d, times @ ..] = word;
        let data = u32::from_le_bytes([a, b, c, d]);
        let t = self.overflows << 31 | u64::from(u32::from_le_bytes(times) & 0x7fff_ffff);
        if data & 1 == 0 {
            return Ok(Some(Entry::Other));
        }
        Ok(Some(match self.kind {
            POLARITY => Entry::Event(Event {
                t,
                x: (data >> 17) as u16,
                y: (data >> 2 & 0x7fff) as u16,
                polarity: data >> 1 & 1 == 1,
            }),
            // Types 2 and 3 of the special events: the signal rises, falls.
            _ => match data >> 1 & 0x7f {
                kind @ (2 | 3) => Entry::Trigger(Trigger { t, channel: 0, rising: kind == 2 }),
                _ => Entry::Other,
            },
        }))
    }

    /// Reads the head of the next packet of events; `false` at the end. Packets of other things are passed over.
    fn packet<R: Read>(&mut self, source: &mut Source<R>) -> Result<bool, Error> {
        loop {
            let offset = source.offset();
            let Some(head) = source.word::<28>()? else { return Ok(false) };
            let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            self.kind = u16::from_le_bytes([head[0], head[1]]);
            let [size, _, overflows, capacity, number, valid] = [4, 8, 12, 16, 20, 24].map(word);
            let problem = if number > capacity || valid > number {
                format!("a packet of {capacity} events at most expected, found {number} with {valid} valid")
            } else if size == 0 || size > 1 << 24 {
                format!("events of 1 byte to 16 MiB expected, found {size} bytes")
            } else if matches!(self.kind, SPECIAL | POLARITY) && size != EVENT {
                format!("events of {EVENT} bytes expected, found {size}")
            } else if self.kind > 255 {
                format!("a type of events below 256 expected, found {}", self.kind)
            } else {
                self.overflows = u64::from(overflows);
                let room = u64::from(size) * u64::from(capacity);
                if matches!(self.kind, SPECIAL | POLARITY) {
                    self.left = number;
                    self.unused = u64::from(size) * u64::from(capacity - number);
                    return Ok(true);
                }
                source.pass(room)?;
                continue;
            };
            return Err(
                source.wrong(offset, format!("{problem}; the file is damaged, keep the events before this place"))
            );
        }
    }
}

/// Events in a packet.
const PACKET: usize = 4096;

pub fn write(out: &mut Out, header: &Header, events: &[Event]) -> Result<(), Error> {
    let name = match header.size() {
        Some((128, 128)) => "DVS128",
        Some((240, 180)) => "DAVIS240C",
        Some((346, 260)) => "DAVIS346",
        _ => "unknown",
    };
    let text = format!("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: {name}\r\n#!END-HEADER\r\n");
    out.put(text.as_bytes())?;
    let mut index = 0;
    // A packet has one count of overflows.
    for same in events.chunk_by(|one, next| one.t >> 31 == next.t >> 31) {
        for packet in same.chunks(PACKET) {
            let (count, overflows) = (packet.len() as u32, (packet[0].t >> 31) as u32);
            out.put(&[1, 0, 1, 0])?;
            for word in [EVENT, 4, overflows, count, count, count] {
                out.put(&word.to_le_bytes())?;
            }
            for event in packet {
                out.check(index, event, [63, 15, 15], None)?;
                let address = u32::from(event.x) << 17 | u32::from(event.y) << 2 | u32::from(event.polarity) << 1 | 1;
                out.put(&address.to_le_bytes())?;
                out.put(&((event.t & 0x7fff_ffff) as u32).to_le_bytes())?;
                index += 1;
            }
        }
    }
    Ok(())
}
