//! WAV files: whole numbers of 8 to 32 bits or floats of 32, any number of channels.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::shown::cause;
use crate::{Error, Place};

/// A sound: one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Samples a second.
    pub rate: u32,
    /// From -1 to 1; several channels of a file are averaged.
    pub samples: Vec<f32>,
}

const FORMAT: &str = "WAV";

impl Sound {
    /// Reads a WAV file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened; [`Error::File`] with what is wrong in it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file =
            File::open(path).map_err(|cause| Error::Io { action: "cannot read", path: path.to_owned(), cause })?;
        Self::read(BufReader::new(file)).map_err(|error| error.in_file(path))
    }

    /// Reads a WAV file from anything. What is held is at most four times the file's size.
    ///
    /// # Errors
    /// [`Error::Format`] if it is no WAV file, if it is cut off or compressed, if a sample is not finite, or if it has no
    /// samples at all.
    pub fn read(reader: impl Read) -> Result<Self, Error> {
        let wrong = |place: Place, problem: String| Error::Format { format: FORMAT, place, problem };
        let begin = |error: hound::Error| {
            wrong(
                Place::Byte(0),
                format!(
                    "a whole header of a WAV file expected, found another: {}; convert it to WAV, PCM",
                    cause(&error)
                ),
            )
        };
        let reader = hound::WavReader::new(reader).map_err(begin)?;
        let spec = reader.spec();
        if spec.sample_rate == 0 || spec.channels == 0 {
            let problem =
                format!("a rate and channels above 0 expected, found {} Hz, {}", spec.sample_rate, spec.channels);
            return Err(wrong(Place::Byte(0), problem));
        }
        let channels = usize::from(spec.channels);
        let expected = reader.duration();
        let mut samples = Vec::new();
        let (mut sum, mut heard) = (0.0f64, 0usize);
        let mut take = |value: Result<f64, hound::Error>| -> Result<(), Error> {
            let place = || Place::Entry(format!("sample {}", samples.len()));
            let value = value.map_err(|error| {
                wrong(
                    place(),
                    format!("{expected} samples expected, the file breaks off: {}; copy it again", cause(&error)),
                )
            })?;
            if !value.is_finite() {
                return Err(wrong(place(), format!("a finite number expected, found {value}")));
            }
            sum += value;
            heard += 1;
            if heard == channels {
                samples.push((sum / channels as f64) as f32);
                (sum, heard) = (0.0, 0);
            }
            Ok(())
        };
        match spec.sample_format {
            hound::SampleFormat::Float => {
                for value in reader.into_samples::<f32>() {
                    take(value.map(f64::from))?;
                }
            }
            hound::SampleFormat::Int => {
                let scale = f64::from(2.0f32.powi(i32::from(spec.bits_per_sample.clamp(1, 32)) - 1));
                for value in reader.into_samples::<i32>() {
                    take(value.map(|value| f64::from(value) / scale))?;
                }
            }
        }
        if samples.is_empty() {
            return Err(wrong(Place::Byte(0), "at least one sample expected, found none".to_owned()));
        }
        Ok(Self { rate: spec.sample_rate, samples })
    }

    /// Returns how long it is, in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }
}
