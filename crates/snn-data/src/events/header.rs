//! What a recording says about itself before its first event.

use super::Format;

/// What is known of a recording before its first event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format of the file.
    pub format: Format,
    /// Columns of the sensor, where the file tells.
    pub width: Option<u16>,
    /// Rows of the sensor, where the file tells.
    pub height: Option<u16>,
    /// What else the file says that may be of use: the sensor's name, or its lines of text; at most 64 KiB of them.
    pub notes: Vec<String>,
}

/// How much of a header's text is kept.
const KEPT: usize = 1 << 16;

impl Header {
    /// Makes the header of a recording of a sensor of `width` columns and `height` rows.
    pub fn of(format: Format, width: u16, height: u16) -> Self {
        Self { format, width: Some(width), height: Some(height), notes: Vec::new() }
    }

    pub(crate) fn new(format: Format) -> Self {
        Self { format, width: None, height: None, notes: Vec::new() }
    }

    /// Returns columns and rows, if both are known.
    pub fn size(&self) -> Option<(u16, u16)> {
        Some((self.width?, self.height?))
    }

    pub(crate) fn set_size(&mut self, size: Option<(u16, u16)>) {
        (self.width, self.height) = (size.map(|size| size.0), size.map(|size| size.1));
    }

    /// Keeps a line of text, while there is room.
    pub(crate) fn note(&mut self, line: &str) {
        let held: usize = self.notes.iter().map(String::len).sum();
        if self.notes.len() < 256 && held + line.len() <= KEPT {
            self.notes.push(line.to_owned());
        }
    }
}

/// Columns and rows of cameras that are known by their name, which files write in many ways.
pub(crate) fn camera_size(text: &str) -> Option<(u16, u16)> {
    let text = text.to_uppercase();
    // Longer names first: DAVIS346 is also a DAVIS.
    [
        ("DAVIS240", (240, 180)),
        ("DAVIS346", (346, 260)),
        ("DAVIS640", (640, 480)),
        ("DAVISHET640", (640, 480)),
        ("DAVIS208", (208, 192)),
        ("DAVIS128", (128, 128)),
        ("DVS128", (128, 128)),
        ("DVXPLORER_LITE", (320, 240)),
    ]
    .into_iter()
    .find_map(|(name, size)| text.contains(name).then_some(size))
}
