//! The lines of text with which many recordings begin.

use std::io::Read;

use super::super::Header;
use super::super::source::Source;
use crate::Error;

/// Reads lines that begin with `mark`, keeps them as notes, hands each to `read`, and stops behind one for which that is
/// `false`.
pub fn lines<R: Read>(
    source: &mut Source<R>,
    header: &mut Header,
    mark: &[u8],
    mut read: impl FnMut(&mut Header, &str) -> bool,
) -> Result<(), Error> {
    while let Some(line) = source.line(mark)? {
        header.note(&line);
        if !read(header, &line) {
            break;
        }
    }
    Ok(())
}

/// Reads the lines of Prophesee: `% key value`, sizes in several spellings.
pub fn prophesee<R: Read>(source: &mut Source<R>, header: &mut Header) -> Result<(), Error> {
    lines(source, header, b"%", |header, line| {
        let line = line.trim_start_matches('%').trim();
        let (key, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
        let value = value.trim();
        match key.to_ascii_lowercase().as_str() {
            "width" => header.width = value.parse().ok(),
            "height" => header.height = value.parse().ok(),
            "geometry" => {
                let size =
                    value.split_once('x').and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)));
                header.set_size(size);
            }
            // `format EVT3;height=720;width=1280`
            "format" => {
                for part in value.split(';') {
                    match part.split_once('=') {
                        Some(("width", width)) => header.width = width.trim().parse().ok(),
                        Some(("height", height)) => header.height = height.trim().parse().ok(),
                        _ => (),
                    }
                }
            }
            "end" => return false,
            _ => (),
        }
        true
    })?;
    // A size of zero is no size.
    if header.width == Some(0) || header.height == Some(0) {
        header.set_size(None);
    }
    Ok(())
}
