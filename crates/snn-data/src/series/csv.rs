//! Tables of numbers: one row a series, or one row a step.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use super::{Series, SeriesSet, Targets};
use crate::shown::{cause, list, shown};
use crate::{Error, Place};

/// What stands between the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`, and quotes around a column that has one inside.
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// A tabulator.
    Tab,
    /// Any number of spaces and tabulators.
    Space,
}

/// Which columns say what is to be found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Label {
    /// None.
    #[default]
    None,
    /// The first column is a class.
    First,
    /// The last column is a class.
    Last,
    /// The column of this name is a class. The table needs a line of names.
    Class(String),
    /// The columns of these names are numbers. The table needs a line of names.
    Numbers(Vec<String>),
}

/// How a table is laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What stands between the columns.
    pub delimiter: Delimiter,
    /// Whether the first line has the columns' names.
    pub names: bool,
    /// Which columns say what is to be found out.
    pub label: Label,
    /// For [`steps`]: the column which says to which series a row belongs. The table needs a line of names. `None`: all rows are
    /// one series.
    pub series: Option<String>,
    /// For [`steps`]: whether there is a class or numbers for each step, rather than for each series, whose rows all have to say the
    /// same then.
    pub each_step: bool,
}

const FORMAT: &str = "table";

fn wrong(line: u64, problem: impl Into<String>) -> Error {
    Error::Format { format: FORMAT, place: Place::Line(line), problem: problem.into() }
}

/// Reads a table with a series in each row, of one channel: the UCR archive's `.txt` and `.tsv`. Rows may have different lengths.
///
/// # Errors
/// [`Error::Format`] with the line of the first wrong row.
///
/// # Example
/// ```
/// use snn_data::series::{Delimiter, Label, Table, Targets, rows};
/// let table = Table { label: Label::First, delimiter: Delimiter::Space, ..Table::default() };
/// let set = rows("  1.0  0.5 -0.5\n  3.0  0.25\n".as_bytes(), &table)?;
/// assert_eq!(set.classes, ["1", "3"]);
/// assert_eq!((set.targets, &set.series[1].values), (Targets::Class(vec![0, 1]), &vec![0.25]));
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn rows(reader: impl Read, table: &Table) -> Result<SeriesSet, Error> {
    let (mut series, mut labels) = (Vec::new(), Vec::new());
    records(reader, table, &mut |line, names, record| {
        let columns = Columns::of(names, table, record.len()).map_err(|problem| wrong(line, problem))?;
        let values = columns.values(record).map_err(|problem| wrong(line, problem))?;
        if values.is_empty() {
            return Err(wrong(line, "at least one value expected, found none"));
        }
        labels.push(columns.label(record).map_err(|problem| wrong(line, problem))?);
        series.push(Series { values, channels: 1 });
        Ok(())
    })?;
    let each: Vec<Vec<Found>> = labels.into_iter().map(|label| vec![label]).collect();
    finish(series, each, false)
}

/// Reads a table with a step in each row, and a channel in each column that is nothing else.
///
/// # Errors
/// [`Error::Format`] with the line of the first wrong row.
///
/// # Example
/// ```
/// use snn_data::series::{Label, Table, Targets, steps};
/// let table = Table { names: true, series: Some("who".into()), label: Label::Class("what".into()), ..Table::default() };
/// let set = steps("who,x,y,what\na,1,2,sit\na,3,4,sit\nb,5,6,walk\n".as_bytes(), &table)?;
/// assert_eq!(set.series[0].values, [1.0, 2.0, 3.0, 4.0]);
/// assert_eq!((set.series[1].steps(), set.targets), (1, Targets::Class(vec![0, 1])));
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn steps(reader: impl Read, table: &Table) -> Result<SeriesSet, Error> {
    let mut series: Vec<Series> = Vec::new();
    let mut labels: Vec<Vec<Found>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    records(reader, table, &mut |line, names, record| {
        let columns = Columns::of(names, table, record.len()).map_err(|problem| wrong(line, problem))?;
        let name = columns.series.map_or("", |column| record[column]);
        let place = match known.get(name) {
            Some(place) => *place,
            None => {
                known.insert(name.to_owned(), series.len());
                series.push(Series { values: Vec::new(), channels: columns.values.len() });
                labels.push(Vec::new());
                series.len() - 1
            }
        };
        let channels = series[place].channels;
        if columns.values.len() != channels || channels == 0 {
            return Err(wrong(line, format!("{} channels expected, found {}", channels.max(1), columns.values.len())));
        }
        series[place].values.extend(columns.values(record).map_err(|problem| wrong(line, problem))?);
        let label = columns.label(record).map_err(|problem| wrong(line, problem))?;
        match labels[place].first() {
            Some(first) if !table.each_step && *first != label => {
                return Err(wrong(line, format!("{first} as in the series' rows before expected, found {label}")));
            }
            Some(_) if !table.each_step => (),
            _ => labels[place].push(label),
        }
        Ok(())
    })?;
    finish(series, labels, table.each_step)
}

/// What a row says is to be found out.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    Nothing,
    Class(String),
    Numbers(Vec<f32>),
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => write!(f, "nothing"),
            Self::Class(class) => write!(f, "the class `{}`", shown(class)),
            Self::Numbers(numbers) => write!(f, "the numbers {numbers:?}"),
        }
    }
}

/// Where in a row what stands.
struct Columns {
    values: Vec<usize>,
    series: Option<usize>,
    class: Option<usize>,
    numbers: Vec<usize>,
}

impl Columns {
    fn of(names: &[String], table: &Table, count: usize) -> Result<Self, String> {
        let named = |name: &String| {
            let found = names.iter().position(|other| other == name).filter(|column| *column < count);
            found.ok_or_else(|| match table.names {
                true => format!("a column `{name}` expected, found {}", list(names.iter().map(String::as_str))),
                false => format!("a line of names with `{name}` expected; say that the table has one"),
            })
        };
        let class = match &table.label {
            Label::First => Some(0),
            Label::Last => Some(count - 1),
            Label::Class(name) => Some(named(name)?),
            Label::None | Label::Numbers(_) => None,
        };
        let numbers = match &table.label {
            Label::Numbers(names) => names.iter().map(named).collect::<Result<_, _>>()?,
            _ => Vec::new(),
        };
        let series = table.series.as_ref().map(named).transpose()?;
        let values =
            (0..count).filter(|column| Some(*column) != class && Some(*column) != series && !numbers.contains(column));
        Ok(Self { values: values.collect(), series, class, numbers })
    }

    fn values(&self, record: &[&str]) -> Result<Vec<f32>, String> {
        self.values.iter().map(|column| value(record, *column)).collect()
    }

    fn label(&self, record: &[&str]) -> Result<Found, String> {
        if let Some(column) = self.class {
            return Ok(Found::Class(record[column].to_owned()));
        }
        if self.numbers.is_empty() {
            return Ok(Found::Nothing);
        }
        let finite = |column: &usize| {
            let value = value(record, *column)?;
            if value.is_finite() { Ok(value) } else { Err(format!("a number to be found out expected, found {value}")) }
        };
        Ok(Found::Numbers(self.numbers.iter().map(finite).collect::<Result<_, String>>()?))
    }
}

fn value(record: &[&str], column: usize) -> Result<f32, String> {
    match record[column].trim() {
        "" | "?" | "NaN" | "nan" | "NA" => Ok(f32::NAN),
        text => text.parse().map_err(|_| {
            let text = shown(text);
            format!(
                "a number in column {} expected, found `{text}`; a line of names or another delimiter has to be said",
                column + 1
            )
        }),
    }
}

/// What is done with a row: its line, the columns' names, the columns.
type Take<'a> = dyn FnMut(u64, &[String], &[&str]) -> Result<(), Error> + 'a;

/// Hands the columns of each row to `take`, with the line and the columns' names.
fn records(reader: impl Read, table: &Table, take: &mut Take<'_>) -> Result<(), Error> {
    let mut names: Option<Vec<String>> = if table.names { None } else { Some(Vec::new()) };
    let mut row = |line: u64, record: &[&str]| match &names {
        Some(names) => take(line, names, record),
        None => {
            names = Some(record.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_owned()).collect());
            Ok(())
        }
    };
    let delimiter = match table.delimiter {
        Delimiter::Comma => b',',
        Delimiter::Semicolon => b';',
        Delimiter::Tab => b'\t',
        Delimiter::Space => {
            for (number, line) in BufReader::new(reader).lines().enumerate() {
                let number = number as u64 + 1;
                let line = line.map_err(|cause| Error::Stream { format: FORMAT, place: Place::Line(number), cause })?;
                let record: Vec<&str> = line.split_whitespace().collect();
                if !record.is_empty() {
                    row(number, &record)?;
                }
            }
            return Ok(());
        }
    };
    let mut reader =
        ::csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(reader);
    let mut record = ::csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let line = record.position().map_or(line, ::csv::Position::line);
                row(line, &record.iter().collect::<Vec<_>>())?;
            }
            Err(error) => {
                let line = error.position().map_or(line, ::csv::Position::line);
                return Err(wrong(line, format!("a row of text expected, found a damaged one: {}", cause(&error))));
            }
        }
    }
}

/// Numbers the classes, in the order of their names (of their values, if all are numbers).
fn finish(series: Vec<Series>, labels: Vec<Vec<Found>>, each_step: bool) -> Result<SeriesSet, Error> {
    if series.is_empty() {
        return Err(wrong(1, "rows of numbers expected, found none"));
    }
    let mut classes: Vec<String> = Vec::new();
    let mut seen: HashMap<&str, ()> = HashMap::new();
    for found in labels.iter().flatten() {
        if let Found::Class(class) = found
            && seen.insert(class, ()).is_none()
        {
            classes.push(class.clone());
        }
    }
    let number = |class: &String| class.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    match classes.iter().map(number).collect::<Option<Vec<f64>>>() {
        Some(_) => classes.sort_by(|a, b| number(a).partial_cmp(&number(b)).unwrap_or(std::cmp::Ordering::Equal)),
        None => classes.sort(),
    }
    let places: HashMap<&str, usize> =
        classes.iter().enumerate().map(|(place, class)| (class.as_str(), place)).collect();
    let class = |found: &Found| match found {
        Found::Class(class) => places[class.as_str()],
        _ => 0,
    };
    let numbers = |found: &Found| match found {
        Found::Numbers(numbers) => numbers.clone(),
        _ => Vec::new(),
    };
    let targets = match (labels.iter().flatten().next(), each_step) {
        (Some(Found::Class(_)), false) => Targets::Class(labels.iter().map(|found| class(&found[0])).collect()),
        (Some(Found::Class(_)), true) => Targets::ClassOfStep(
            labels.iter().map(|found| found.iter().map(|found| Some(class(found))).collect()).collect(),
        ),
        (Some(Found::Numbers(_)), false) => Targets::Number(labels.iter().map(|found| numbers(&found[0])).collect()),
        (Some(Found::Numbers(_)), true) => {
            Targets::NumberOfStep(labels.iter().map(|found| found.iter().flat_map(numbers).collect()).collect())
        }
        _ => Targets::None,
    };
    // "1.0000000e+00" is written as people would.
    let pretty = |class: String| number(&class).map_or_else(|| class.clone(), |value| value.to_string());
    Ok(SeriesSet { series, targets, classes: classes.into_iter().map(pretty).collect() })
}
