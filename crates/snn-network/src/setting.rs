//! What stands behind a key: numbers, words, lists and tables, in the order in which they were written.

use std::fmt;

use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result, refuse};

/// What stands behind a key of a network file.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Count(i64),
    /// A number.
    Number(f64),
    /// A word.
    Text(String),
    /// `[.., ..]`
    List(Vec<Setting>),
    /// `{ key = .., .. }`, in the order in which it was written.
    Table(Vec<(String, Setting)>),
}

impl Setting {
    /// The entries of a whole TOML document in the order in which they were written; a `[table]` is an entry, too.
    ///
    /// # Errors
    /// If it is no TOML: what is wrong, in which line and column.
    ///
    /// # Example
    /// ```
    /// use snn_network::Setting;
    /// let entries = Setting::parse("name = 'mnist'\n[training]\nrates = [0.1, 0.05]")?;
    /// assert_eq!(entries[1].0, "training");
    /// let sentence = Setting::parse("a = 1\nb = = 2").unwrap_err().to_string();
    /// assert!(sentence.starts_with("line 2, column 5: "));
    /// # Ok::<(), snn_network::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Vec<(String, Self)>> {
        let table = DeTable::parse(text).map_err(|error| Error::new(in_one_line(&error, text)))?;
        Self::entries(table.get_ref())
    }

    /// One value, as it would stand behind a key; what is no value of TOML is a word.
    ///
    /// # Example
    /// ```
    /// use snn_network::Setting;
    /// assert_eq!(Setting::parse_value("0.5"), Setting::Number(0.5));
    /// assert_eq!(Setting::parse_value("{ a = [1, 2] }").to_string(), "{ a = [1, 2] }");
    /// assert_eq!(Setting::parse_value("mnist"), Setting::parse_value("'mnist'"));
    /// ```
    pub fn parse_value(text: &str) -> Self {
        let value = DeValue::parse(text.trim()).ok();
        value
            .and_then(|value| Self::from_value(value.get_ref()).ok())
            .unwrap_or_else(|| Self::Text(text.trim().to_owned()))
    }

    /// What it is, for sentences.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Flag(_) => "a flag",
            Self::Count(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Text(_) => "a word",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// The entries of a table in the order in which they were written.
    fn entries(table: &DeTable) -> Result<Vec<(String, Self)>> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| {
                Ok((
                    key.get_ref().to_string(),
                    Self::from_value(value.get_ref())
                        .map_err(|error| Error::new(format!("`{}`: {error}", key.get_ref())))?,
                ))
            })
            .collect()
    }

    fn from_value(value: &DeValue) -> Result<Self> {
        Ok(match value {
            DeValue::Boolean(flag) => Self::Flag(*flag),
            DeValue::Integer(count) => match i64::from_str_radix(count.as_str(), count.radix()) {
                Ok(count) => Self::Count(count),
                Err(_) => refuse!("{} is no whole number that can be counted with", count.as_str()),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Self::Number(number),
                Err(_) => refuse!("{} is no number", number.as_str()),
            },
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Array(list) => {
                Self::List(list.iter().map(|value| Self::from_value(value.get_ref())).collect::<Result<_>>()?)
            }
            DeValue::Table(table) => Self::Table(Self::entries(table)?),
            DeValue::Datetime(date) => refuse!("{date} is a date, which nothing has a use for"),
        })
    }
}

/// What is wrong with a document, without the drawing of the place.
fn in_one_line(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().trim().replace('\n', ", ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return message };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {message}")
}

impl fmt::Display for Setting {
    /// As TOML, in one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(formatter, "{flag}"),
            Self::Count(count) => write!(formatter, "{count}"),
            Self::Number(number) => write!(formatter, "{}", Value::Float(*number)),
            Self::Text(text) => write!(formatter, "{}", Value::String(text.clone())),
            Self::List(list) => {
                let items: Vec<String> = list.iter().map(ToString::to_string).collect();
                write!(formatter, "[{}]", items.join(", "))
            }
            Self::Table(table) => {
                let items: Vec<String> = table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                write!(formatter, "{{ {} }}", items.join(", "))
            }
        }
    }
}

impl From<bool> for Setting {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
impl From<i64> for Setting {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}
impl From<f64> for Setting {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}
impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl<S: Into<Setting>> From<Vec<S>> for Setting {
    fn from(list: Vec<S>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}
impl<S: Into<Setting>, const N: usize> From<[(&str, S); N]> for Setting {
    fn from(table: [(&str, S); N]) -> Self {
        Self::Table(table.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect())
    }
}
