//! Free Spoken Digit Dataset: `DIGIT_SPEAKER_INDEX.wav`, 8 kHz, 50 recordings of each digit by each speaker.
//!
//! The official split takes the indices 0 to 4 for the test. Leaving a speaker out is harder: the test is a voice that was
//! never heard. Source: github.com/Jakobovski/free-spoken-digit-dataset.

use std::path::{Path, PathBuf};

use super::look::{candidates, contents, entries, name, stem_and_ending, wrong};
use crate::{Error, Split};

/// How many digits.
pub const CLASSES: usize = 10;
/// Indices below this are the official test.
pub const TEST_INDICES: u32 = 5;

/// A recording of a digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpokenDigit {
    /// The file.
    pub path: PathBuf,
    /// The digit that is spoken.
    pub label: usize,
    /// Who speaks.
    pub speaker: String,
    /// Which of the recordings of this digit by this speaker.
    pub index: u32,
}

impl SpokenDigit {
    /// Returns the part to which the official split counts the recording.
    pub fn official(&self) -> Split {
        if self.index < TEST_INDICES { Split::Test } else { Split::Train }
    }

    /// Returns the part to which it belongs if `speaker` is left out of the training.
    pub fn leaving_out(&self, speaker: &str) -> Split {
        if self.speaker == speaker { Split::Test } else { Split::Train }
    }
}

/// Lists all recordings, by digit, speaker and index.
///
/// `folder` is that which has the files, or one with a folder `recordings` or `fsdd` which has them.
///
/// # Errors
/// [`Error::Layout`] if there are none, or a `.wav` file has another name; [`Error::Io`] if a folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<SpokenDigit>, Error> {
    let expected = "the Free Spoken Digit Dataset has files such as `7_jackson_32.wav` (digit, speaker, index)";
    for place in candidates(folder, &["recordings", "fsdd", "free-spoken-digit-dataset"])? {
        let (mut found, mut strange) = (Vec::new(), None);
        for path in entries(&place)? {
            let (stem, ending) = stem_and_ending(&path);
            if ending != "wav" || !path.is_file() {
                continue;
            }
            let parts: Vec<&str> = stem.split('_').collect();
            match parts[..] {
                [digit, speaker, index] if !speaker.is_empty() => {
                    let label = digit.parse::<usize>().ok().filter(|label| *label < CLASSES && digit.len() == 1);
                    if let (Some(label), Ok(index)) = (label, index.parse()) {
                        found.push(SpokenDigit { path, label, speaker: speaker.to_owned(), index });
                        continue;
                    }
                    strange = Some(path);
                }
                _ => strange = Some(path),
            }
        }
        if let Some(strange) = strange {
            return Err(wrong(&place, format!("{expected}, but found `{}`; move it elsewhere", name(&strange))));
        }
        if !found.is_empty() {
            found.sort_by(|a, b| (a.label, &a.speaker, a.index).cmp(&(b.label, &b.speaker, b.index)));
            return Ok(found);
        }
    }
    Err(wrong(folder, format!("{expected}, but found {}", contents(folder))))
}

/// Returns who speaks in `recordings`, by name.
pub fn speakers(recordings: &[SpokenDigit]) -> Vec<String> {
    let mut speakers: Vec<String> = recordings.iter().map(|recording| recording.speaker.clone()).collect();
    speakers.sort();
    speakers.dedup();
    speakers
}
