//! The file formats, one a file: reading beside writing.

pub(crate) mod aedat2;
pub(crate) mod aedat3;
pub(crate) mod aedat4;
pub(crate) mod bits40;
pub(crate) mod dat;
pub(crate) mod evt2;
pub(crate) mod evt21;
pub(crate) mod evt3;
mod flatbuffer;
mod text;

use std::io::{self, Read, Write};

use super::source::Source;
use super::{Entry, Event, Header};
use crate::{Error, Place};

/// A file format of event recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// AEDAT 2.0 of jAER.
    Aedat2,
    /// AEDAT 3.1 of cAER, the format of DVS128 Gesture.
    Aedat3,
    /// AEDAT 4.0 of DV.
    Aedat4,
    /// EVT 2.0 of Prophesee.
    Evt2,
    /// EVT 2.1 of Prophesee.
    Evt21,
    /// EVT 3.0 of Prophesee.
    Evt3,
    /// DAT of Prophesee.
    Dat,
    /// 40 bits an event and no header: N-MNIST, N-Caltech101, `.bs2`.
    Bits40,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 8] =
        [Self::Aedat2, Self::Aedat3, Self::Aedat4, Self::Evt2, Self::Evt21, Self::Evt3, Self::Dat, Self::Bits40];

    /// Returns the format's name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aedat2 => "AEDAT 2",
            Self::Aedat3 => "AEDAT 3",
            Self::Aedat4 => "AEDAT 4",
            Self::Evt2 => "EVT2",
            Self::Evt21 => "EVT2.1",
            Self::Evt3 => "EVT3",
            Self::Dat => "DAT",
            Self::Bits40 => "40-bit events",
        }
    }
}

/// What turns bytes into entries, one variant a format.
pub(crate) enum Decoder {
    Aedat2(aedat2::Decoder),
    Aedat3(aedat3::Decoder),
    Aedat4(aedat4::Decoder),
    Evt2(evt2::Decoder),
    Evt21(evt21::Decoder),
    Evt3(evt3::Decoder),
    Dat(dat::Decoder),
    Bits40(bits40::Decoder),
}

impl Decoder {
    /// Reads the header.
    pub(crate) fn begin<R: Read>(format: Format, source: &mut Source<R>) -> Result<(Self, Header), Error> {
        let mut header = Header::new(format);
        let decoder = match format {
            Format::Aedat2 => Self::Aedat2(aedat2::Decoder::begin(source, &mut header)?),
            Format::Aedat3 => Self::Aedat3(aedat3::Decoder::begin(source, &mut header)?),
            Format::Aedat4 => Self::Aedat4(aedat4::Decoder::begin(source, &mut header)?),
            Format::Evt2 => Self::Evt2(evt2::Decoder::begin(source, &mut header)?),
            Format::Evt21 => Self::Evt21(evt21::Decoder::begin(source, &mut header)?),
            Format::Evt3 => Self::Evt3(evt3::Decoder::begin(source, &mut header)?),
            Format::Dat => Self::Dat(dat::Decoder::begin(source, &mut header)?),
            Format::Bits40 => Self::Bits40(bits40::Decoder::begin()),
        };
        Ok((decoder, header))
    }

    /// Reads the next entry; `None` at the end.
    #[inline]
    pub(crate) fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        match self {
            Self::Aedat2(decoder) => decoder.next(source),
            Self::Aedat3(decoder) => decoder.next(source),
            Self::Aedat4(decoder) => decoder.next(source),
            Self::Evt2(decoder) => decoder.next(source),
            Self::Evt21(decoder) => decoder.next(source),
            Self::Evt3(decoder) => decoder.next(source),
            Self::Dat(decoder) => decoder.next(source),
            Self::Bits40(decoder) => decoder.next(source),
        }
    }
}

/// Writes a recording in the format of its header.
///
/// What the format cannot hold is an error: a time or a coordinate with too many bits, a time before the one before it
/// where the format counts upwards. AEDAT 4 is compressed with LZ4.
///
/// # Errors
/// [`Error::Setting`] for such an event; [`Error::Stream`] if `writer` refuses.
pub fn write(mut writer: impl Write, header: &Header, events: &[Event]) -> Result<(), Error> {
    let mut out = Out { writer: &mut writer, format: header.format, written: 0 };
    match header.format {
        Format::Aedat2 => aedat2::write(&mut out, header, events),
        Format::Aedat3 => aedat3::write(&mut out, header, events),
        Format::Aedat4 => aedat4::write(&mut out, header, events, aedat4::Compression::Lz4),
        Format::Evt2 => evt2::write(&mut out, header, events),
        Format::Evt21 => evt21::write(&mut out, header, events),
        Format::Evt3 => evt3::write(&mut out, header, events),
        Format::Dat => dat::write(&mut out, header, events),
        Format::Bits40 => bits40::write(&mut out, events),
    }
}

/// Where a recording is written to.
pub(crate) struct Out<'a> {
    writer: &'a mut dyn Write,
    format: Format,
    written: u64,
}

impl<'a> Out<'a> {
    pub(crate) fn new(writer: &'a mut dyn Write, format: Format) -> Self {
        Self { writer, format, written: 0 }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.writer.write_all(bytes).map_err(|cause| self.refused(cause))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn refused(&self, cause: io::Error) -> Error {
        Error::Stream { format: self.format.name(), place: Place::Byte(self.written), cause }
    }

    /// The error of an event that the format cannot hold.
    fn too_large(&self, index: usize, event: &Event, holds: &str) -> Error {
        let Event { t, x, y, .. } = event;
        Error::setting(
            "writing a recording",
            format!(
                "{} holds {holds}, event {index} has time {t}, x {x}, y {y}; write another format",
                self.format.name()
            ),
        )
    }

    /// Refuses an event that does not fit into so many bits, or whose time is before that of the event before it where
    /// `last` is given.
    fn check(&self, index: usize, event: &Event, bits: [u32; 3], last: Option<u64>) -> Result<(), Error> {
        let [t, x, y] = bits;
        if event.t >> t != 0 || u32::from(event.x) >> x != 0 || u32::from(event.y) >> y != 0 {
            return Err(self.too_large(index, event, &format!("times of {t} bits, x of {x} and y of {y}")));
        }
        if let Some(last) = last.filter(|last| event.t < *last) {
            return Err(self.too_large(index, event, &format!("times that never fall, the one before is {last}")));
        }
        Ok(())
    }
}
