//! Series of any length, and what is to be found out about each, or about each step.

use std::path::Path;

use super::{Array, mat};
use crate::shown::list;
use crate::{Error, Split};

/// Values over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// `[steps, channels]`; what is missing in the file is not a number.
    pub values: Vec<f32>,
    /// How many channels.
    pub channels: usize,
}

impl Series {
    /// Returns how many steps it has.
    pub fn steps(&self) -> usize {
        self.values.len() / self.channels.max(1)
    }
}

/// What is to be found out.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Nothing: the file has no labels.
    None,
    /// A class for each series.
    Class(Vec<usize>),
    /// A class for each step of each series; `None` where the file gives a step none, which is neither right nor wrong then.
    ClassOfStep(Vec<Vec<Option<usize>>>),
    /// Numbers for each series.
    Number(Vec<Vec<f32>>),
    /// Numbers for each step of each series: `[steps, numbers]`.
    NumberOfStep(Vec<Vec<f32>>),
}

/// Series with what is to be found out about them.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSet {
    /// The series.
    pub series: Vec<Series>,
    /// What is to be found out.
    pub targets: Targets,
    /// What the classes are called, in order; empty where the targets are no classes.
    pub classes: Vec<String>,
}

impl SeriesSet {
    /// Returns how many steps the shortest and the longest series have; 0 and 0 without series.
    pub fn lengths(&self) -> (usize, usize) {
        let steps = || self.series.iter().map(Series::steps);
        (steps().min().unwrap_or(0), steps().max().unwrap_or(0))
    }

    /// Makes series of two arrays: values `[series, steps, channels]` or `[series, steps]`, and classes `[series]`,
    /// `[series, steps]`, or `[series, steps, classes]` with a one in the place of the class, or none.
    ///
    /// # Errors
    /// [`Error::Setting`] if the shapes do not fit, or a class is none.
    pub fn from_arrays(values: &Array, classes: &Array) -> Result<Self, Error> {
        let setting = |problem: String| Error::setting("series from arrays", problem);
        let (count, steps, channels) = match values.shape[..] {
            [count, steps] => (count, steps, 1),
            [count, steps, channels] => (count, steps, channels),
            _ => {
                let problem =
                    format!("values `[series, steps, channels]` expected, found the shape {:?}", values.shape);
                return Err(setting(problem));
            }
        };
        let class = |value: f64, place: usize| {
            if (0.0..1e6).contains(&value) && value.fract() == 0.0 {
                return Ok(value as usize);
            }
            Err(setting(format!("classes from 0 on expected, found {value} at {place}")))
        };
        let labels = classes.to_f64();
        let targets = match classes.shape[..] {
            [n] if n == count => {
                Targets::Class(labels.iter().enumerate().map(|(i, value)| class(*value, i)).collect::<Result<_, _>>()?)
            }
            // A column is what MATLAB makes of a list.
            [n, 1] if n == count && steps != 1 => {
                Targets::Class(labels.iter().enumerate().map(|(i, value)| class(*value, i)).collect::<Result<_, _>>()?)
            }
            [n, t] if (n, t) == (count, steps) && t > 0 => {
                let row = |row: &[f64]| {
                    row.iter().enumerate().map(|(i, value)| class(*value, i).map(Some)).collect::<Result<_, _>>()
                };
                Targets::ClassOfStep(labels.chunks_exact(t).map(row).collect::<Result<_, _>>()?)
            }
            [n, t, k] if (n, t) == (count, steps) && k > 0 && t > 0 => {
                let one = |(place, row): (usize, &[f64])| {
                    let is_one_hot = row.iter().all(|v| *v == 0.0 || *v == 1.0) && row.iter().sum::<f64>() <= 1.0;
                    if is_one_hot {
                        return Ok(row.iter().position(|value| *value == 1.0));
                    }
                    Err(setting(format!("at most a single 1 among {k} zeros expected, found {row:?} at {place}")))
                };
                let all = labels.chunks_exact(k).enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
                Targets::ClassOfStep(all.chunks_exact(t).map(<[_]>::to_vec).collect())
            }
            _ => {
                let problem = format!(
                    "a class for each of {count} series or for each of {steps} steps expected, found the shape {:?}",
                    classes.shape
                );
                return Err(setting(problem));
            }
        };
        let most = match &targets {
            Targets::Class(classes) => classes.iter().max().copied(),
            Targets::ClassOfStep(classes) => classes.iter().flatten().flatten().max().copied(),
            _ => None,
        };
        let most = most.map_or(0, |most| most + 1).max(if classes.shape.len() == 3 { classes.shape[2] } else { 0 });
        let values = values.to_f32();
        let size = steps * channels;
        let series = (0..count).map(|i| Series { values: values[i * size..][..size].to_vec(), channels }).collect();
        Ok(Self { series, targets, classes: (0..most).map(|class| class.to_string()).collect() })
    }
}

/// Loads the ECG of QTDB as four channels of spikes (-1, 0 or 1), with one of six classes for each of 1,301 steps, from
/// `QTDB_train.mat` and `QTDB_test.mat` in `folder`. About every tenth step has no class.
///
/// Source: Yin, Corradi, Bohté (2021), "Accurate and efficient time-domain classification with adaptive spiking recurrent neural
/// networks", doi:10.1038/s42256-021-00397-w.
///
/// # Errors
/// [`Error::Io`] or [`Error::File`] if a file is not there or damaged, [`Error::Layout`] if it holds something else.
pub fn qtdb(folder: &Path, split: Split) -> Result<SeriesSet, Error> {
    let name = match split {
        Split::Train => "QTDB_train.mat",
        Split::Test => "QTDB_test.mat",
    };
    let path = folder.join(name);
    let variables = mat(&path)?;
    let variable = |name: &str| {
        variables.iter().find(|variable| variable.name == name).map(|variable| &variable.array).ok_or_else(|| {
            let names = variables.iter().map(|variable| variable.name.as_str());
            let problem = format!("the variables `x` and `y` expected, found {}; name the file of QTDB", list(names));
            Error::Layout { folder: path.clone(), problem }
        })
    };
    SeriesSet::from_arrays(variable("x")?, variable("y")?).map_err(|error| error.in_file(&path))
}
