//! Reading keys so that none is accepted and then ignored.

use std::cell::RefCell;

use crate::error::{Error, Result, refuse};
use crate::setting::Setting;

/// The keys of one table, read one by one. Each key that is asked for counts as known; [`finish`](Self::finish) refuses the
/// first one nobody asked for.
///
/// # Example
/// ```
/// use snn_network::{Keys, Setting};
/// let entries = Setting::parse("epochs = 3\nloss = 'cross-entropy'\nrat = 0.5")?;
/// let keys = Keys::new("training", &entries);
/// assert_eq!(keys.positive("epochs")?, Some(3));
/// assert_eq!(keys.choice("loss", &[("cross-entropy", 1), ("mean-square", 2)])?, Some(1));
/// assert_eq!(keys.number("rate")?, None);
/// let sentence = keys.finish().unwrap_err().to_string();
/// assert_eq!(sentence, "training: key `rat` does not exist; there are: epochs, loss, rate");
/// # Ok::<(), snn_network::Error>(())
/// ```
#[derive(Debug)]
pub struct Keys<'a> {
    /// Where they stand: the beginning of every sentence.
    pub(crate) place: String,
    entries: &'a [(String, Setting)],
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Keys<'a> {
    /// The keys of a table which stands at `place`, the beginning of every sentence.
    pub fn new(place: impl Into<String>, entries: &'a [(String, Setting)]) -> Self {
        Self { place: place.into(), entries, known: RefCell::default() }
    }

    /// What stands behind `key`.
    pub fn get(&self, key: &'static str) -> Option<&'a Setting> {
        if !self.known.borrow().contains(&key) {
            self.known.borrow_mut().push(key);
        }
        self.entries.iter().find(|(name, _)| name == key).map(|(_, setting)| setting)
    }

    fn wrong(&self, key: &str, wanted: &str, found: &Setting) -> Error {
        Error::new(format!("{}: `{key}` is {}, needs {wanted}", self.place, found.kind()))
    }

    /// A number, whole or not.
    ///
    /// # Errors
    /// If something else stands there.
    pub fn number(&self, key: &'static str) -> Result<Option<f64>> {
        match self.get(key) {
            None => Ok(None),
            Some(Setting::Number(number)) => Ok(Some(*number)),
            Some(Setting::Count(count)) => Ok(Some(*count as f64)),
            Some(other) => Err(self.wrong(key, "a number", other)),
        }
    }

    /// A whole number which is not negative.
    ///
    /// # Errors
    /// If something else stands there, or a number above 4 294 967 295.
    pub fn count(&self, key: &'static str) -> Result<Option<usize>> {
        match self.get(key) {
            None => Ok(None),
            Some(Setting::Count(count)) => match usize::try_from(*count) {
                Ok(count) if count <= u32::MAX as usize => Ok(Some(count)),
                _ => refuse!("{}: `{key}` is {count}, needs a whole number from 0 to {}", self.place, u32::MAX),
            },
            Some(other) => Err(self.wrong(key, "a whole number", other)),
        }
    }

    /// A whole number which is at least 1.
    ///
    /// # Errors
    /// As [`count`](Self::count), and if it is 0.
    pub fn positive(&self, key: &'static str) -> Result<Option<usize>> {
        match self.count(key)? {
            Some(0) => refuse!("{}: `{key}` is 0, at least 1 is needed", self.place),
            other => Ok(other),
        }
    }

    /// A whole number of at least 1 which must be there.
    pub(crate) fn required(&self, key: &'static str) -> Result<usize> {
        self.positive(key)?
            .ok_or_else(|| Error::new(format!("{}: `{key}` is missing, a whole number is needed", self.place)))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// If something else stands there.
    pub fn flag(&self, key: &'static str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Setting::Flag(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.wrong(key, "true or false", other)),
        }
    }

    /// A word.
    ///
    /// # Errors
    /// If something else stands there.
    pub fn text(&self, key: &'static str) -> Result<Option<&'a str>> {
        match self.get(key) {
            None => Ok(None),
            Some(Setting::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(key, "a word", other)),
        }
    }

    /// One of a few words.
    ///
    /// # Errors
    /// If something else stands there, or another word: the sentence lists those there are.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match choices.iter().find(|(name, _)| *name == text) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(none_of(&format!("{}: `{key}`", self.place), text, choices.iter().map(|(name, _)| *name))),
        }
    }

    /// A list of words; empty if the key is not there.
    ///
    /// # Errors
    /// If something else stands there.
    pub fn texts(&self, key: &'static str) -> Result<Vec<&'a str>> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Setting::List(list)) => list
                .iter()
                .map(|one| match one {
                    Setting::Text(text) => Ok(text.as_str()),
                    other => Err(self.wrong(key, "a list of words", other)),
                })
                .collect(),
            Some(other) => Err(self.wrong(key, "a list of words", other)),
        }
    }

    /// One whole number for each of `axes` axes, or a list of as many.
    pub(crate) fn each_axis(&self, key: &'static str, axes: usize) -> Result<Option<Vec<usize>>> {
        match self.get(key) {
            None => Ok(None),
            Some(Setting::List(list)) if list.len() == axes => {
                let number = |one: &Setting| match one {
                    Setting::Count(count) if (0..=i64::from(u32::MAX)).contains(count) => Ok(*count as usize),
                    other => {
                        refuse!("{}: `{key}` holds {other}, needs whole numbers from 0 to {}", self.place, u32::MAX)
                    }
                };
                Ok(Some(list.iter().map(number).collect::<Result<_>>()?))
            }
            Some(Setting::List(list)) => {
                refuse!(
                    "{}: `{key}` is a list of {}, needs one whole number, or a list of {axes}",
                    self.place,
                    list.len()
                )
            }
            Some(_) => Ok(self.count(key)?.map(|all| vec![all; axes])),
        }
    }

    /// Refuses the first key nobody asked for.
    ///
    /// # Errors
    /// If there is one: the sentence lists those that were asked for. And if a key is there twice.
    pub fn finish(&self) -> Result<()> {
        for (place, (key, _)) in self.entries.iter().enumerate() {
            if self.entries[..place].iter().any(|(earlier, _)| earlier == key) {
                refuse!("{}: key `{key}` is there twice", self.place);
            }
        }
        let known = self.known.borrow();
        match self.entries.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some((key, _)) => Err(none_of(&format!("{}: key", self.place), key, known.iter().copied())),
        }
    }
}

/// The sentence for a name that does not exist: "`place` `found` does not exist; there are: ..", in the order of the alphabet.
pub fn none_of<'a>(place: &str, found: &str, there_are: impl Iterator<Item = &'a str>) -> Error {
    let mut names: Vec<&str> = there_are.collect();
    names.sort_unstable();
    Error::new(format!("{place} `{found}` does not exist; there are: {}", names.join(", ")))
}
