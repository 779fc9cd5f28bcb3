//! The format of a recording, told by its content: names of files are not asked.

use std::io::Read;

use super::Format;
use super::format::evt21::looks_swapped;
use super::source::{HELD, Source};
use crate::Error;
use crate::shown::shown;

/// Tells the format; nothing is taken from `source`.
///
/// # Errors
/// [`Error::Format`] if it is none that is known; what it is instead is said where that can be told.
pub fn recognise<R: Read>(source: &mut Source<R>) -> Result<Format, Error> {
    let bytes = source.peek(HELD)?;
    let found = by_text(bytes).unwrap_or_else(|| by_words(bytes).ok_or_else(|| stranger(bytes)));
    found.map_err(|problem| source.wrong(0, problem))
}

/// Formats which say what they are; `Some(Err(..))` if it is one that is not read.
fn by_text(bytes: &[u8]) -> Option<Result<Format, String>> {
    let text = |length: usize| String::from_utf8_lossy(&bytes[..bytes.len().min(length)]).into_owned();
    if let Some(version) = bytes.strip_prefix(b"#!AER-DAT") {
        let version: String =
            version.iter().take_while(|byte| !byte.is_ascii_control()).map(|b| *b as char).take(8).collect();
        return Some(match version.split('.').next().unwrap_or_default() {
            "2" => Ok(Format::Aedat2),
            "3" => Ok(Format::Aedat3),
            "4" => Ok(Format::Aedat4),
            _ => {
                Err(format!("AEDAT 2, 3 or 4 expected, found version `{}`; export it as one of these", shown(&version)))
            }
        });
    }
    if bytes.starts_with(b"%") {
        let text = text(1 << 14);
        let lines =
            || text.lines().take_while(|line| line.starts_with('%')).map(|line| line.trim_start_matches('%').trim());
        let versions = lines().find_map(|line| {
            let line = line.to_ascii_lowercase();
            let version = line.strip_prefix("evt ").map(str::trim).map(str::to_owned);
            version.or_else(|| {
                line.strip_prefix("format ")
                    .map(|format| format.split(';').next().unwrap_or_default().trim().to_owned())
            })
        });
        return Some(match versions.as_deref() {
            None => Ok(Format::Dat),
            Some("2.0" | "evt2" | "2") => Ok(Format::Evt2),
            Some("2.1" | "evt21" | "evt2.1") => Ok(Format::Evt21),
            Some("3.0" | "evt3" | "3") => Ok(Format::Evt3),
            Some(other) => Err(format!(
                "EVT 2.0, 2.1 or 3.0 expected, found `{}`; convert it to one of these with the maker's tools",
                shown(other)
            )),
        });
    }
    None
}

/// Formats without a text: by what all their words have in common.
fn by_words(bytes: &[u8]) -> Option<Format> {
    // Of 40 bits, the time hardly ever falls. Where the end can be seen, the size fits.
    if bytes.len() >= 5 && (bytes.len() >= HELD || bytes.len().is_multiple_of(5)) {
        let times: Vec<u32> = bytes
            .chunks_exact(5)
            .filter(|word| word[1] != 240)
            .map(|word| u32::from_be_bytes([0, word[2] & 0x7f, word[3], word[4]]))
            .collect();
        let falls = times.windows(2).filter(|pair| pair[1] < pair[0]).count();
        if falls * 50 <= times.len() {
            return Some(Format::Bits40);
        }
    }
    let all = |size: usize, kind: &dyn Fn(&[u8]) -> u8, known: &[u8]| {
        bytes.len() >= size
            && (bytes.len() >= HELD || bytes.len().is_multiple_of(size))
            && bytes.chunks_exact(size).all(|word| known.contains(&kind(word)))
            && bytes.chunks_exact(size).any(|word| kind(word) == 8)
    };
    let place = if looks_swapped(&bytes[..bytes.len().min(4096)]) { 3 } else { 7 };
    if all(4, &|word| word[3] >> 4, &[0, 1, 8, 10, 14, 15]) && !all(8, &|word| word[place] >> 4, &[0, 1, 8, 10]) {
        return Some(Format::Evt2);
    }
    if all(8, &|word| word[place] >> 4, &[0, 1, 8, 10, 14, 15]) {
        return Some(Format::Evt21);
    }
    if all(2, &|word| word[1] >> 4, &[0, 2, 3, 4, 5, 6, 7, 8, 10, 14, 15]) {
        return Some(Format::Evt3);
    }
    None
}

/// The sentence about bytes that are no recording.
fn stranger(bytes: &[u8]) -> String {
    let found = match bytes {
        [] => "nothing: the file is empty",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file",
        [0x93, b'N', b'U', b'M', ..] => "a NumPy array",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive: unpack it",
        [0x1f, 0x8b, ..] => "a gzip file: unpack it",
        [b'#', b'R', b'O', b'S', ..] => "a ROS bag",
        [b'E', b'v', b'e', b'n', b't', b' ', ..] => "an Event Stream file",
        [b'<', ..] => "a page of the web or XML",
        _ => "bytes of no format that is known",
    };
    format!(
        "a recording of events expected ({}), found {found}; if it is one without a header, name its format",
        Format::ALL.map(Format::name).join(", ")
    )
}
