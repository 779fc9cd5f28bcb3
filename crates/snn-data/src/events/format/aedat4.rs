//! AEDAT 4.0 of DV: a flatbuffer that says what follows, then packets, each compressed on its own.
//!
//! ```text
//! file     `#!AER-DAT4.0\r\n`, size: 32 bits, flatbuffer `IOHE`: compression, place of the table at the end, XML
//! packet   stream, size: 32 bits each; bytes: LZ4 frame, Zstandard frame or plain: flatbuffer `EVTS` with events
//! event    time: 64 bits, x, y: 16 each, polarity: 8, 3 bytes of nothing; all little-endian
//! ```
//!
//! If there are several streams of events, those of the lowest number are read, as Tonic does.
//! Source: iniVation, "AEDAT file formats".
//!
//! A packet that holds more than 256 times its compressed size is refused: no events are packed as densely.

use std::io::Read;

use super::super::source::Source;
use super::super::{Entry, Event, Header};
use super::flatbuffer::Table;
use super::{Format, Out};
use crate::Error;
use crate::shown::{self, list};

/// How the packets of an AEDAT 4 file are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// They are not.
    None,
    /// LZ4.
    #[default]
    Lz4,
    /// Zstandard.
    Zstd,
}

const MAGIC: &[u8] = b"#!AER-DAT4.0\r\n";
/// Bytes of an event.
const EVENT: usize = 16;
/// How much larger than its compressed form a packet may be, and what is granted to any.
const RATIO: u64 = 256;
const GRANTED: u64 = 1 << 16;
/// The largest window of Zstandard that is granted, which is what its specification recommends.
const WINDOW: u64 = 8 << 20;

pub struct Decoder {
    compression: Compression,
    /// The stream to read; `None` if the text does not tell: then the first that has events.
    stream: Option<i32>,
    /// Where the packets end.
    end: Option<u64>,
    /// The packet, where its next event is, and how many are left.
    packet: Vec<u8>,
    next: usize,
    left: usize,
    /// The place of the packet in the file.
    offset: u64,
}

impl Decoder {
    pub fn begin<R: Read>(source: &mut Source<R>, header: &mut Header) -> Result<Self, Error> {
        source.pass(MAGIC.len() as u64)?;
        let offset = source.offset();
        let size = source.peek(4)?;
        let size = <[u8; 4]>::try_from(size).map(u32::from_le_bytes).unwrap_or_default();
        let bytes = source.bytes(4 + u64::from(size))?;
        let damaged = |what: &str| {
            let problem = format!("a whole header expected, found one whose {what}; the file is damaged");
            source.wrong(offset, problem)
        };
        let table = Table::root(&bytes, b"IOHE").ok_or_else(|| damaged("first table lies outside"))?;
        let compression = match table.i32(0).unwrap_or(0) {
            0 => Compression::None,
            1 | 2 => Compression::Lz4,
            3 | 4 => Compression::Zstd,
            other => {
                let problem = format!(
                    "compression 0 (none), 1, 2 (LZ4), 3 or 4 (Zstandard) expected, found {other}; export the recording with one \
                     of these"
                );
                return Err(source.wrong(offset, problem));
            }
        };
        let end = table.i64(1).and_then(|end| u64::try_from(end).ok()).filter(|end| *end > source.offset());
        let text = table.vector(2, 1).map_err(|()| damaged("text lies outside"))?;
        let text = text.map(|(at, count)| String::from_utf8_lossy(&bytes[at..at + count]).into_owned());
        let streams = streams(text.as_deref().unwrap_or_default());
        let events = streams.iter().filter(|stream| stream.kind == "EVTS").min_by_key(|stream| stream.number);
        if let Some(stream) = events {
            let size = stream.size.or_else(|| camera_of(&stream.source));
            header.set_size(size);
            if !stream.source.is_empty() {
                header.note(&stream.source);
            }
        } else if !streams.is_empty() {
            let kinds = streams.iter().map(|stream| stream.kind.as_str());
            let problem = format!(
                "a stream of events (EVTS) expected, found only {}; record or export the events, too",
                list(kinds)
            );
            return Err(source.wrong(offset, problem));
        }
        let stream = events.map(|stream| stream.number);
        Ok(Self { compression, stream, end, packet: Vec::new(), next: 0, left: 0, offset })
    }

    pub fn next<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Entry>, Error> {
        if self.left == 0 {
            match self.packet(source)? {
                None => return Ok(None),
                Some(false) => return Ok(Some(Entry::Other)),
                // A packet without events has no place among them.
                Some(true) if self.left == 0 => return Ok(Some(Entry::Other)),
                Some(true) => (),
            }
        }
        // The vector was checked to lie inside the packet.
        let bytes = &self.packet[self.next..self.next + EVENT];
        self.next += EVENT;
        self.left -= 1;
        let (t, x, y) = (i64::from_le_bytes(bytes[..8].try_into().unwrap_or_default()), &bytes[8..10], &bytes[10..12]);
        let coordinate = |bytes: &[u8]| i16::from_le_bytes([bytes[0], bytes[1]]);
        let (x, y) = (coordinate(x), coordinate(y));
        let (Ok(t), Ok(x), Ok(y)) = (u64::try_from(t), u16::try_from(x), u16::try_from(y)) else {
            let problem =
                format!("a time and coordinates of 0 or more expected, found time {t}, x {x}, y {y} in this packet");
            return Err(source.wrong(self.offset, problem));
        };
        Ok(Some(Entry::Event(Event { t, x, y, polarity: bytes[12] != 0 })))
    }

    /// Reads the next packet: `None` at the end, `false` if it holds no events of the stream.
    fn packet<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<bool>, Error> {
        self.offset = source.offset();
        if self.end.is_some_and(|end| self.offset >= end) {
            return Ok(None);
        }
        let Some([a, b, c, d, size @ ..]) = source.word::<8>()? else { return Ok(None) };
        let (stream, size) = (i32::from_le_bytes([a, b, c, d]), i32::from_le_bytes(size));
        let Ok(size) = u64::try_from(size) else {
            let problem =
                format!("a packet's size expected, found {size}; the file is damaged, keep the events before");
            return Err(source.wrong(self.offset, problem));
        };
        if self.stream.is_some_and(|wanted| wanted != stream) {
            source.pass(size)?;
            return Ok(Some(false));
        }
        let compressed = source.bytes(size)?;
        let limit = RATIO * size + GRANTED;
        let broken = |cause: std::io::Error| {
            let problem =
                format!("a packet in {:?} expected, found a damaged one: {}", self.compression, shown::cause(&cause));
            source.wrong(self.offset, problem)
        };
        let (mut lz4, mut zstd);
        let reader: &mut dyn Read = match self.compression {
            Compression::None => &mut compressed.as_slice(),
            Compression::Lz4 => {
                lz4 = lz4_flex::frame::FrameDecoder::new(compressed.as_slice());
                &mut lz4
            }
            Compression::Zstd => {
                zstd = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(compressed.as_slice(), WINDOW)
                    .map_err(|error| broken(std::io::Error::other(error.to_string())))?;
                &mut zstd
            }
        };
        self.packet.clear();
        // Without text, what a packet holds is told by its first bytes.
        reader.take(12).read_to_end(&mut self.packet).map_err(broken)?;
        if self.packet.get(8..12) != Some(b"EVTS") {
            if self.stream.is_none() {
                return Ok(Some(false));
            }
            return Err(
                source.wrong(self.offset, "a packet of events (EVTS) expected, found another; the file is damaged")
            );
        }
        self.stream = Some(stream);
        reader.take(limit - 12 + 1).read_to_end(&mut self.packet).map_err(broken)?;
        if self.packet.len() as u64 > limit {
            let problem = format!(
                "at most {RATIO} times the {size} bytes of the packet expected, found more when unpacking it; no recording is \
                 packed as densely"
            );
            return Err(source.wrong(self.offset, problem));
        }
        let inside = Table::root(&self.packet, b"EVTS").and_then(|table| table.vector(0, EVENT).ok());
        let Some(vector) = inside else {
            let problem = "a packet of events expected, found one whose tables lie outside of it; the file is damaged";
            return Err(source.wrong(self.offset, problem));
        };
        (self.next, self.left) = vector.unwrap_or((0, 0));
        Ok(Some(true))
    }
}

/// The size of a camera that DV calls by its name and serial number.
fn camera_of(source: &str) -> Option<(u16, u16)> {
    super::super::header::camera_size(source)
}

/// One stream of the XML.
#[derive(Default)]
struct Stream {
    number: i32,
    kind: String,
    source: String,
    size: Option<(u16, u16)>,
}

/// Reads which streams there are: the nodes with a number for a name, and their attributes.
fn streams(text: &str) -> Vec<Stream> {
    let mut streams: Vec<Stream> = Vec::new();
    // Whether each open node is a stream.
    let mut open: Vec<bool> = Vec::new();
    let (mut width, mut height) = (None, None);
    for tag in text.split('<').skip(1) {
        let (inside, value) = tag.split_once('>').unwrap_or((tag, ""));
        let attribute = |name: &str| {
            let begin = inside.find(&format!("{name}=\""))? + name.len() + 2;
            inside[begin..].split('"').next()
        };
        if inside.starts_with("/node") {
            if open.pop() == Some(true) {
                (width, height) = (None, None);
            }
        } else if inside.starts_with("node") && !inside.ends_with('/') {
            let number = attribute("name").and_then(|name| name.parse().ok());
            let inside_stream = open.contains(&true);
            open.push(number.is_some() && !inside_stream);
            if let (Some(number), false) = (number, inside_stream)
                && streams.len() < 256
            {
                streams.push(Stream { number, ..Stream::default() });
            }
        } else if inside.starts_with("attr")
            && open.contains(&true)
            && let (Some(stream), Some(key)) = (streams.last_mut(), attribute("key"))
        {
            match key {
                "typeIdentifier" => stream.kind = value.trim().to_owned(),
                "source" => stream.source = value.trim().chars().take(256).collect(),
                "sizeX" => width = value.trim().parse().ok(),
                "sizeY" => height = value.trim().parse().ok(),
                _ => (),
            }
            if let (Some(width @ 1..), Some(height @ 1..)) = (width, height) {
                stream.size = Some((width, height));
            }
        }
    }
    streams
}

/// Events in a packet.
const PACKET: usize = 4096;

/// Writes packets of events, compressed as asked for, without a table at the end.
pub fn write(out: &mut Out, header: &Header, events: &[Event], compression: Compression) -> Result<(), Error> {
    let mut text =
        "<dv version=\"2.0\"><node name=\"outInfo\" path=\"/outInfo/\"><node name=\"0\" path=\"/outInfo/0/\">\
         <attr key=\"typeIdentifier\" type=\"string\">EVTS</attr><node name=\"info\" path=\"/outInfo/0/info/\">"
            .to_owned();
    if let Some((width, height)) = header.size() {
        text +=
            &format!("<attr key=\"sizeX\" type=\"int\">{width}</attr><attr key=\"sizeY\" type=\"int\">{height}</attr>");
    }
    text += "</node></node></node></dv>";
    let code: i32 = match compression {
        Compression::None => 0,
        Compression::Lz4 => 1,
        Compression::Zstd => 3,
    };
    // Each table stands behind the list of its fields; numbers stand at multiples of their sizes.
    let mut head = Vec::new();
    head.extend(20u32.to_le_bytes());
    head.extend(b"IOHE");
    for field in [10u16, 20, 4, 8, 16, 0] {
        head.extend(field.to_le_bytes());
    }
    head.extend(12i32.to_le_bytes());
    head.extend(code.to_le_bytes());
    head.extend((-1i64).to_le_bytes());
    head.extend(4u32.to_le_bytes());
    head.extend((text.len() as u32).to_le_bytes());
    head.extend(text.as_bytes());
    head.resize(head.len() + 4 - head.len() % 4, 0);
    out.put(MAGIC)?;
    out.put(&(head.len() as u32).to_le_bytes())?;
    out.put(&head)?;
    for (number, events) in events.chunks(PACKET).enumerate() {
        let size = 28 + EVENT * events.len();
        let mut packet = Vec::with_capacity(4 + size);
        packet.extend((size as u32).to_le_bytes());
        packet.extend(16u32.to_le_bytes());
        packet.extend(b"EVTS");
        for field in [6u16, 8, 4, 0] {
            packet.extend(field.to_le_bytes());
        }
        packet.extend(8i32.to_le_bytes());
        packet.extend(4u32.to_le_bytes());
        packet.extend((events.len() as u32).to_le_bytes());
        for (index, event) in events.iter().enumerate() {
            out.check(number * PACKET + index, event, [63, 15, 15], None)?;
            packet.extend(event.t.to_le_bytes());
            packet.extend(event.x.to_le_bytes());
            packet.extend(event.y.to_le_bytes());
            packet.extend([u8::from(event.polarity), 0, 0, 0]);
        }
        let compressed = match compression {
            Compression::None => packet,
            Compression::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                std::io::Write::write_all(&mut encoder, &packet).map_err(|cause| out.refused(cause))?;
                encoder.finish().map_err(|error| out.refused(std::io::Error::other(error)))?
            }
            Compression::Zstd => {
                ruzstd::encoding::compress_to_vec(packet.as_slice(), ruzstd::encoding::CompressionLevel::Fastest)
            }
        };
        out.put(&0i32.to_le_bytes())?;
        out.put(&(compressed.len() as u32).to_le_bytes())?;
        out.put(&compressed)?;
    }
    Ok(())
}

/// Writes an AEDAT 4 file with the compression asked for.
///
/// # Errors
/// As [`write`](super::write).
pub fn write_compressed(
    writer: &mut dyn std::io::Write,
    header: &Header,
    events: &[Event],
    compression: Compression,
) -> Result<(), Error> {
    write(&mut Out::new(writer, Format::Aedat4), header, events, compression)
}
