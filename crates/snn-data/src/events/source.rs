//! Bytes from any reader, a few at a time, with the place of each.

use std::io::{ErrorKind, Read};

use crate::{Error, Place};

/// Bytes held at once. Also the most that can be looked at without taking it, and the longest line of a header.
pub const HELD: usize = 1 << 16;

/// A reader with a place, and with a buffer one can look ahead in.
pub struct Source<R> {
    reader: R,
    /// What is read, for messages.
    pub format: &'static str,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
}

impl<R: Read> Source<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, format: "event recording", buffer: vec![0; HELD], start: 0, end: 0, offset: 0 }
    }

    /// The place of the next byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The error of what stands at `offset`.
    pub fn wrong(&self, offset: u64, problem: impl Into<String>) -> Error {
        Error::Format { format: self.format, place: Place::Byte(offset), problem: problem.into() }
    }

    /// Looks at the next bytes: `wanted` of them, fewer only at the end.
    pub fn peek(&mut self, wanted: usize) -> Result<&[u8], Error> {
        debug_assert!(wanted <= HELD);
        if self.end - self.start < wanted {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            while self.end < wanted {
                match self.reader.read(&mut self.buffer[self.end..]) {
                    Ok(0) => break,
                    Ok(count) => self.end += count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => (),
                    Err(cause) => {
                        let place = Place::Byte(self.offset + self.end as u64);
                        return Err(Error::Stream { format: self.format, place, cause });
                    }
                }
            }
        }
        let end = self.end.min(self.start + wanted);
        Ok(&self.buffer[self.start..end])
    }

    /// Takes bytes that were looked at.
    pub fn skip(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }

    /// Takes a word of `N` bytes; `None` at the end.
    pub fn word<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Error> {
        let bytes = self.peek(N)?;
        match <[u8; N]>::try_from(bytes) {
            Ok(word) => {
                self.skip(N);
                Ok(Some(word))
            }
            Err(_) if bytes.is_empty() => Ok(None),
            Err(_) => {
                let found = bytes.len();
                Err(self.cut(N as u64, found as u64))
            }
        }
    }

    /// Takes `count` bytes. What is held grows with what arrives, so that a size which lies costs nothing.
    pub fn bytes(&mut self, count: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < count {
            let wanted = (count - bytes.len() as u64).min(HELD as u64) as usize;
            let piece = self.peek(wanted)?;
            let taken = piece.len();
            bytes.extend_from_slice(piece);
            self.skip(taken);
            if taken < wanted {
                self.offset -= bytes.len() as u64;
                return Err(self.cut(count, bytes.len() as u64));
            }
        }
        Ok(bytes)
    }

    /// Passes over `count` bytes.
    pub fn pass(&mut self, count: u64) -> Result<(), Error> {
        let mut left = count;
        while left > 0 {
            let wanted = left.min(HELD as u64) as usize;
            let taken = self.peek(wanted)?.len();
            self.skip(taken);
            left -= taken as u64;
            if taken < wanted {
                return Err(self.cut(count, count - left));
            }
        }
        Ok(())
    }

    /// The error of a file which ends too early.
    fn cut(&self, expected: u64, found: u64) -> Error {
        let problem = format!(
            "{expected} bytes expected, the file ends after {found}; it was cut off, so copy it again, or keep the events \
             before this one"
        );
        self.wrong(self.offset, problem)
    }

    /// Takes a line of text that begins with `mark`, without its end; `None` if what follows is no such line, and nothing is
    /// taken then.
    ///
    /// Data may begin with the mark's byte too. It is told from text by bytes which no text has.
    pub fn line(&mut self, mark: &[u8]) -> Result<Option<String>, Error> {
        if !self.peek(mark.len())?.starts_with(mark) {
            return Ok(None);
        }
        let mut wanted = 256;
        loop {
            let bytes = self.peek(wanted)?;
            let is_text = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b' '..|b'\t'| b'\r'));
            if let Some(length) = bytes.iter().position(|byte| *byte == b'\n') {
                if !is_text(&bytes[..length]) {
                    return Ok(None);
                }
                let line = String::from_utf8_lossy(&bytes[..length]).trim_end().to_owned();
                self.skip(length + 1);
                return Ok(Some(line));
            }
            if bytes.len() < wanted || wanted == HELD || !is_text(bytes) {
                return Ok(None);
            }
            wanted = (wanted * 4).min(HELD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lines_and_places() {
        let mut source = Source::new(&b"# one\r\n#two\n#\x01data"[..]);
        assert_eq!(source.line(b"#").expect("text").as_deref(), Some("# one"));
        assert_eq!(source.line(b"#").expect("text").as_deref(), Some("#two"));
        assert_eq!(source.line(b"#").expect("data"), None);
        assert_eq!(source.offset(), 12);
        assert_eq!(source.word::<4>().expect("four"), Some(*b"#\x01da"));
        let sentence = source.word::<4>().expect_err("two left").to_string();
        assert!(sentence.contains("byte 16: 4 bytes expected, the file ends after 2"), "{sentence}");
        let sentence = source.bytes(u64::MAX).expect_err("a lie").to_string();
        assert!(sentence.contains("byte 16"), "{sentence}");
    }
}
