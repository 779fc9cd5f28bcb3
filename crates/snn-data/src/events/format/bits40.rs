//! Events of 40 bits and no header: N-MNIST, N-Caltech101, `.bs2`.
//!
//! ```text
//! x: 8 bits, y: 8, polarity: 1 (1 is ON), time: 23, big-endian
//! ```
//!
//! A word with y = 240 is no event: the time of all that follow is 2^13 microseconds later. Source: Orchard and others
//! (2015), "Converting static image datasets to spiking neuromorphic datasets using saccades",
//! doi:10.3389/fnins.2015.00437, and the code published with it.

use std::io::Read;

use super::super::source::Source;
use super::super::{Entry, Event};
use super::Out;
use crate::Error;

/// The row that stands for an overflow of time, and by how much time.
const OVERFLOW: u8 = 240;
const LATER: u64 = 1 << 13;

pub struct Decoder {
    passed: u64,
}

impl Decoder {
    pub fn begin() -> Self {
        Self { passed: 0 }
    }

    pub fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        let Some([x, y, high, middle, low]) = source.word::<5>()? else { return Ok(None) };
        if y == OVERFLOW {
            self.passed += LATER;
            return Ok(Some(Entry::Other));
        }
        let t = u64::from(u32::from_be_bytes([0, high & 0x7f, middle, low])) + self.passed;
        Ok(Some(Entry::Event(Event { t, x: u16::from(x), y: u16::from(y), polarity: high >> 7 == 1 })))
    }
}

pub fn write(out: &mut Out, events: &[Event]) -> Result<(), Error> {
    let mut passed = 0;
    for (index, event) in events.iter().enumerate() {
        out.check(index, event, [63, 8, 8], None)?;
        if event.y == u16::from(OVERFLOW) || event.t < passed {
            return Err(out.too_large(index, event, "no events in row 240, and no times far back"));
        }
        while event.t - passed >= 1 << 23 {
            out.put(&[0, OVERFLOW, 0, 0, 0])?;
            passed += LATER;
        }
        let [_, high, middle, low] = ((event.t - passed) as u32).to_be_bytes();
        out.put(&[event.x as u8, event.y as u8, high | u8::from(event.polarity) << 7, middle, low])?;
    }
    Ok(())
}
