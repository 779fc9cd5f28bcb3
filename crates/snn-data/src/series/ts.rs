//! The `.ts` files of the UCR and UEA archives.
//!
//! ```text
//! # a comment
//! @problemName JapaneseVowels      @univariate false     @dimensions 12
//! @classLabel true 1 2 3           or @targetLabel true  for numbers
//! @data
//! 1.8,1.9,1.7:-0.2,-0.3,-0.1:2     channels with `:` between, the class or the number last; `?` is missing
//! ```
//!
//! Source: the sktime and aeon projects, "The .ts file format".

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::{Series, SeriesSet, Targets};
use crate::shown::{list, shown};
use crate::{Error, Place};

const FORMAT: &str = "time series (.ts)";

/// Reads a `.ts` file. Lengths may differ; classes are numbered in the order in which the file names them.
///
/// # Errors
/// [`Error::Io`] if it cannot be opened; [`Error::File`] with the line of what is wrong in it.
pub fn ts(path: &Path) -> Result<SeriesSet, Error> {
    let file = File::open(path).map_err(|cause| Error::Io { action: "cannot read", path: path.to_owned(), cause })?;
    read(BufReader::new(file)).map_err(|error| error.in_file(path))
}

/// What the lines before the data say.
#[derive(Default)]
struct Head {
    classes: Option<Vec<String>>,
    number: bool,
    channels: Option<usize>,
}

/// Reads a `.ts` file from anything. What is held is at most six times its size.
pub(crate) fn read(mut reader: impl BufRead) -> Result<SeriesSet, Error> {
    let mut head = Head::default();
    let mut in_data = false;
    let mut set = SeriesSet { series: Vec::new(), targets: Targets::None, classes: Vec::new() };
    let (mut classes, mut numbers) = (Vec::new(), Vec::new());
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        bytes.clear();
        number += 1;
        let place = Place::Line(number);
        let count = reader.read_until(b'\n', &mut bytes);
        let wrong = |problem: String| Error::Format { format: FORMAT, place: place.clone(), problem };
        match count {
            Ok(0) => break,
            Ok(_) => (),
            Err(cause) => return Err(Error::Stream { format: FORMAT, place, cause }),
        }
        let line = std::str::from_utf8(&bytes);
        // Comments are in any encoding.
        if bytes.starts_with(b"#") || bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let line =
            line.map_err(|_| wrong("text expected, found other bytes; name the unpacked .ts file".to_owned()))?.trim();
        if !in_data {
            in_data = head.line(line).map_err(wrong)?;
            continue;
        }
        let mut parts: Vec<&str> = line.split(':').collect();
        let has_label = head.classes.is_some() || head.number;
        let label = if has_label { parts.pop().map(str::trim) } else { None };
        let expected = *head.channels.get_or_insert(parts.len());
        if parts.len() != expected || expected == 0 {
            return Err(wrong(format!("{expected} channels with `:` between expected, found {}", parts.len())));
        }
        let mut channels = Vec::with_capacity(parts.len());
        for part in parts {
            let value = |text: &str| match text.trim() {
                "?" | "NaN" | "nan" => Ok(f32::NAN),
                text => text.parse::<f32>().map_err(|_| {
                    let text = shown(text);
                    wrong(format!("numbers with `,` between expected, found `{text}`"))
                }),
            };
            channels.push(part.split(',').map(value).collect::<Result<Vec<f32>, Error>>()?);
        }
        let steps = channels[0].len();
        if let Some(other) = channels.iter().map(Vec::len).find(|length| *length != steps) {
            return Err(wrong(format!("channels of equal length expected, found {steps} and {other} steps")));
        }
        match (&head.classes, label) {
            (Some(names), Some(label)) => {
                let class = names.iter().position(|name| name == label);
                // Some files write a class 1 as 1.0.
                let class = class.or_else(|| {
                    let value: f64 = label.parse().ok()?;
                    names.iter().position(|name| name.parse() == Ok(value))
                });
                classes.push(class.ok_or_else(|| {
                    let label = shown(label);
                    wrong(format!(
                        "one of the classes {} expected, found `{label}`",
                        list(names.iter().map(String::as_str))
                    ))
                })?);
            }
            (None, Some(label)) => {
                let value = label.parse::<f32>().ok().filter(|value| value.is_finite());
                numbers.push(vec![value.ok_or_else(|| {
                    let label = shown(label);
                    wrong(format!("a number expected behind the last `:`, found `{label}`"))
                })?]);
            }
            _ => (),
        }
        let values = (0..steps).flat_map(|step| channels.iter().map(move |channel| channel[step])).collect();
        set.series.push(Series { values, channels: expected });
    }
    if set.series.is_empty() {
        let problem = if in_data {
            "series behind `@data` expected, found none"
        } else {
            "`@data` and series expected, found none"
        };
        return Err(Error::Format { format: FORMAT, place: Place::Line(number), problem: problem.to_owned() });
    }
    set.targets = match head.classes {
        Some(_) => Targets::Class(classes),
        None if head.number => Targets::Number(numbers),
        None => Targets::None,
    };
    set.classes = head.classes.unwrap_or_default();
    Ok(set)
}

impl Head {
    /// Reads a line before the data; `true` if the data follows.
    fn line(&mut self, line: &str) -> Result<bool, String> {
        let Some(line) = line.strip_prefix('@') else {
            let line = shown(line);
            return Err(format!("`@data` expected before the first series, found `{line}`"));
        };
        let mut words = line.split_whitespace();
        let key = words.next().unwrap_or_default().to_lowercase();
        let value = words.next().unwrap_or_default();
        let is_true = value.eq_ignore_ascii_case("true");
        match key.as_str() {
            "data" => return Ok(true),
            "timestamps" if is_true => {
                return Err(
                    "series without time stamps expected, found `@timeStamps true`; resample them to equal steps"
                        .to_owned(),
                );
            }
            "classlabel" if is_true => {
                let names: Vec<String> = words.map(str::to_owned).collect();
                if names.is_empty() {
                    return Err("names of classes behind `@classLabel true` expected, found none".to_owned());
                }
                self.classes = Some(names);
            }
            "targetlabel" => self.number = is_true,
            "univariate" if is_true => self.channels = Some(1),
            "dimensions" | "dimension" => {
                let count = value.parse().ok().filter(|count| (1..=1 << 20).contains(count));
                self.channels =
                    Some(count.ok_or_else(|| format!("a number of channels expected, found `{}`", shown(value)))?);
            }
            // Everything else is for people, or follows from the data.
            _ => (),
        }
        Ok(false)
    }
}
