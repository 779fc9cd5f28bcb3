//! AEDAT 2.0: lines of text, then an address and a time of 32 bits each, big-endian.
//!
//! ```text
//! DVS128   y bits 14-8, x bits 7-1, bit 0 = 0 is ON; bit 15 marks a signal from outside
//! DAVIS    bit 31 = 0 is an event: y bits 30-22, x bits 21-12, bit 11 = 1 is ON, bit 10 = 1 a signal from outside
//!          bit 31 = 1 is a word of a frame or of the inertial sensor
//! ```
//!
//! The camera is named in the text (`# AEChip: ...`). Coordinates are those of the address; jAER and Tonic mirror some.
//! That 0 is ON for the DVS128 is what jAER's code does.

use std::io::Read;

use super::super::clock::Clock;
use super::super::header::camera_size;
use super::super::source::Source;
use super::super::{Entry, Event, Header, Trigger};
use super::{Out, text};
use crate::Error;
use crate::shown::shown;

/// Which bits mean what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Camera {
    Dvs128,
    Davis,
}

pub struct Decoder {
    camera: Camera,
    clock: Clock,
}

impl Decoder {
    pub fn begin<R: Read>(source: &mut Source<R>, header: &mut Header) -> Result<Self, Error> {
        let mut chip: Option<(u64, String)> = None;
        let mut offset = 0;
        text::lines(source, header, b"#", |_, line| {
            if let Some((_, name)) = line.split_once("AEChip:") {
                chip.get_or_insert((offset, name.trim().to_owned()));
            }
            offset += line.len() as u64 + 2;
            !line.starts_with("#End Of ASCII Header")
        })?;
        let (camera, size) = match &chip {
            // Recordings without a name are old, and old cameras are DVS128.
            None => (Camera::Dvs128, Some((128, 128))),
            Some((offset, name)) => {
                let upper = name.to_uppercase();
                let camera = if upper.contains("DVS128") || upper.contains("TMPDIFF128") {
                    Camera::Dvs128
                } else if upper.contains("DAVIS") || upper.contains("SBRET") {
                    Camera::Davis
                } else {
                    let problem = format!(
                        "the camera `{}` was found, DVS128 or one of the DAVIS was expected; export the recording as \
                         AEDAT 4",
                        shown(name)
                    );
                    return Err(source.wrong(*offset, problem));
                };
                let davis = if upper.contains("SBRET") { Some((240, 180)) } else { None };
                let dvs = if camera == Camera::Dvs128 { Some((128, 128)) } else { None };
                (camera, camera_size(name).or(davis).or(dvs))
            }
        };
        header.set_size(size);
        Ok(Self { camera, clock: Clock::new(32) })
    }

    pub fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        let Some(word) = source.word::<8>()? else { return Ok(None) };
        let [a, b, c, d, times @ ..] = word;
        let address = u32::from_be_bytes([a, b, c, d]);
        let field = |shift: u32, bits: u32| (address >> shift & ((1 << bits) - 1)) as u16;
        let bit = |shift: u32| address >> shift & 1 == 1;
        let is_word = self.camera == Camera::Davis && bit(31);
        if is_word {
            // Words of frames have clocks of their own, which must not disturb that of the events.
            return Ok(Some(Entry::Other));
        }
        let t = self.clock.at(u64::from(u32::from_be_bytes(times)));
        Ok(Some(match self.camera {
            Camera::Dvs128 if bit(15) => Entry::Trigger(Trigger { t, channel: 0, rising: true }),
            Camera::Dvs128 => Entry::Event(Event { t, x: field(1, 7), y: field(8, 7), polarity: !bit(0) }),
            Camera::Davis if bit(10) => Entry::Trigger(Trigger { t, channel: 0, rising: true }),
            Camera::Davis => Entry::Event(Event { t, x: field(12, 10), y: field(22, 9), polarity: bit(11) }),
        }))
    }
}

/// A sensor of 128 x 128 is written as a DVS128, any other as a DAVIS.
pub fn write(out: &mut Out, header: &Header, events: &[Event]) -> Result<(), Error> {
    let dvs = header.size() == Some((128, 128));
    let chip = match header.size() {
        Some((128, 128)) => "DVS128",
        Some((240, 180)) => "DAVIS240C",
        Some((346, 260)) => "DAVIS346",
        Some((640, 480)) => "DAVIS640",
        _ => "DAVIS",
    };
    let text = format!("#!AER-DAT2.0\r\n# AEChip: {chip}\r\n#End Of ASCII Header\r\n");
    out.put(text.as_bytes())?;
    for (index, event) in events.iter().enumerate() {
        out.check(index, event, if dvs { [32, 7, 7] } else { [32, 10, 9] }, None)?;
        let (x, y) = (u32::from(event.x), u32::from(event.y));
        let address = match dvs {
            true => y << 8 | x << 1 | u32::from(!event.polarity),
            false => y << 22 | x << 12 | u32::from(event.polarity) << 11,
        };
        out.put(&address.to_be_bytes())?;
        out.put(&(event.t as u32).to_be_bytes())?;
    }
    Ok(())
}
