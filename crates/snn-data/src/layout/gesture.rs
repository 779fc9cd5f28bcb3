//! DVS128 Gesture: recordings of a person each, with a table of which gesture was made when.
//!
//! ```text
//! user01_fluorescent.aedat          AEDAT 3.1, 128 x 128
//! user01_fluorescent_labels.csv     class,startTime_usec,endTime_usec; classes from 1 to 11
//! trials_to_train.txt, trials_to_test.txt   the names of the recordings of a part, one a line
//! ```
//!
//! Source: Amir and others (2017), "A Low Power, Fully Event-Based Gesture Recognition System", CVPR.

use std::path::{Path, PathBuf};

use super::look::{candidates, contents, entries, name, wrong};
use crate::events::{Event, Recording, open};
use crate::shown::shown;
use crate::{Error, Place, Split};

/// Columns and rows of the recordings.
pub const SIZE: (u16, u16) = (128, 128);
/// How many gestures, the last of which is any other.
pub const CLASSES: usize = 11;
/// What the gestures are called, in the order of their labels.
pub const NAMES: [&str; CLASSES] = [
    "hand clapping",
    "right hand wave",
    "left hand wave",
    "right arm clockwise",
    "right arm counterclockwise",
    "left arm clockwise",
    "left arm counterclockwise",
    "arm roll",
    "air drums",
    "air guitar",
    "other gestures",
];

/// A gesture in a recording: the events from `begin` on and before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gesture {
    /// Which gesture, from 0 to 10: one less than in the file.
    pub label: usize,
    /// When it begins, in microseconds.
    pub begin: u64,
    /// When it ends, in microseconds.
    pub end: u64,
}

/// A recording with the table of its gestures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The recording.
    pub path: PathBuf,
    /// Its gestures.
    pub gestures: Vec<Gesture>,
}

impl Trial {
    /// Reads the recording and cuts out its gestures: label and recording of each, in the order of the table.
    ///
    /// Times stay those of the recording.
    ///
    /// # Errors
    /// What is wrong in the recording.
    pub fn samples(&self) -> Result<Vec<(usize, Recording)>, Error> {
        let mut events = open(&self.path)?;
        let mut parts: Vec<Vec<Event>> = vec![Vec::new(); self.gestures.len()];
        for event in events.by_ref() {
            let event = event?;
            for (gesture, part) in self.gestures.iter().zip(&mut parts) {
                if (gesture.begin..gesture.end).contains(&event.t) {
                    part.push(event);
                }
            }
        }
        let header = events.header();
        let sample = |(gesture, events): (&Gesture, _)| (gesture.label, Recording { header: header.clone(), events });
        Ok(self.gestures.iter().zip(parts).map(sample).collect())
    }
}

/// Lists the recordings of a part, with their gestures.
///
/// `folder` is that which has the recordings, or one with a folder `DvsGesture` which has them.
///
/// # Errors
/// [`Error::Layout`] if it is laid out otherwise or a file is missing, with what was found; [`Error::File`] if a table is
/// damaged; [`Error::Io`] if something cannot be read.
pub fn list(folder: &Path, split: Split) -> Result<Vec<Trial>, Error> {
    let trials = match split {
        Split::Train => "trials_to_train.txt",
        Split::Test => "trials_to_test.txt",
    };
    let expected = "DVS128 Gesture has files such as `user01_fluorescent.aedat` and `user01_fluorescent_labels.csv`";
    let places = candidates(folder, &["DvsGesture", "DVSGesture", "DVS128Gesture"])?;
    let Some(place) = places.iter().find(|place| place.join(trials).is_file()) else {
        let text = places
            .iter()
            .find(|place| entries(place).is_ok_and(|paths| paths.iter().any(|path| name(path).ends_with(".aedat"))));
        let tonic =
            places.iter().any(|place| place.join("ibmGestureTrain").exists() || place.join("ibmGestureTest").exists());
        let problem = match (text, tonic) {
            (Some(place), _) => {
                format!("{expected} and `{trials}`, which is missing in {}; unpack it, too", place.display())
            }
            (None, true) => format!(
                "{expected}, but found the folders `ibmGestureTrain` or `ibmGestureTest` of arrays which Tonic makes; unpack the \
                 original DvsGesture.tar.gz"
            ),
            (None, false) => format!("{expected} and `{trials}`, but found {}", contents(folder)),
        };
        return Err(wrong(folder, problem));
    };
    let list = place.join(trials);
    let text = std::fs::read_to_string(&list).map_err(|cause| Error::Io {
        action: "cannot read",
        path: list.clone(),
        cause,
    })?;
    let mut found = Vec::new();
    for (line, recording) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let recording = recording.trim();
        let line = line as u64 + 1;
        let problem = |problem: String| {
            Error::Format { format: "list of recordings", place: Place::Line(line), problem }.in_file(&list)
        };
        // A name with a folder in it would lead elsewhere.
        let Some(stem) = recording.strip_suffix(".aedat").filter(|stem| !stem.contains(['/', '\\'])) else {
            return Err(problem(format!(
                "a name such as `user01_fluorescent.aedat` expected, found `{}`",
                shown(recording)
            )));
        };
        let (path, table) = (place.join(recording), place.join(format!("{stem}_labels.csv")));
        for path in [&path, &table] {
            if !path.is_file() {
                return Err(problem(format!(
                    "`{}` expected in the same folder, it is missing; unpack it, too",
                    name(path)
                )));
            }
        }
        let text = std::fs::read_to_string(&table).map_err(|cause| Error::Io {
            action: "cannot read",
            path: table.clone(),
            cause,
        })?;
        found.push(Trial { path, gestures: gestures(&text).map_err(|error| error.in_file(&table))? });
    }
    if found.is_empty() {
        return Err(wrong(place, format!("names of recordings expected in `{trials}`, found none")));
    }
    Ok(found)
}

/// Reads a table of gestures.
///
/// # Errors
/// [`Error::Format`] with the line of the first wrong row.
///
/// # Example
/// ```
/// use snn_data::layout::gesture::{Gesture, gestures};
/// let table = "class,startTime_usec,endTime_usec\n2,80048239,85092709\n";
/// assert_eq!(gestures(table)?, [Gesture { label: 1, begin: 80_048_239, end: 85_092_709 }]);
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn gestures(table: &str) -> Result<Vec<Gesture>, Error> {
    let wrong = |line: usize, problem: String| Error::Format {
        format: "table of gestures",
        place: Place::Line(line as u64 + 1),
        problem,
    };
    let mut gestures = Vec::new();
    for (line, row) in table.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        let numbers: Vec<Option<u64>> = row.split(',').map(|number| number.trim().parse().ok()).collect();
        match numbers[..] {
            [Some(class), Some(begin), Some(end)] => {
                if !(1..=CLASSES as u64).contains(&class) {
                    return Err(wrong(line, format!("a class from 1 to {CLASSES} expected, found {class}")));
                }
                if begin >= end {
                    return Err(wrong(line, format!("a begin before the end {end} expected, found {begin}")));
                }
                gestures.push(Gesture { label: class as usize - 1, begin, end });
            }
            // The first line says what the columns are.
            _ if line == 0 && row.to_lowercase().starts_with("class") => (),
            _ => {
                let row = shown(row);
                return Err(wrong(line, format!("three whole numbers `class,begin,end` expected, found `{row}`")));
            }
        }
    }
    Ok(gestures)
}
