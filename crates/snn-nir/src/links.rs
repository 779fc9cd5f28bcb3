//! Links which are not followed: soft and external links of HDF5, found before anything else is read.
//!
//! The HDF5 crate passes over most of them without a word, so a node behind a link would be dropped. They are recognised by their
//! form in the bytes, which is long enough that numbers do not have it by chance: a version, flags, a type, a length, and two texts
//! of exactly the lengths that are given.

use crate::error::Problem;

/// The first link in a file of HDF5, if it has one.
pub(crate) fn find(bytes: &[u8]) -> Option<Problem> {
    in_symbol_tables(bytes).or_else(|| in_messages(bytes))
}

/// Soft links of the older format: entries of symbol tables, whose texts lie in a heap.
fn in_symbol_tables(bytes: &[u8]) -> Option<Problem> {
    const ENTRY: usize = 40;
    for start in positions(bytes, b"SNOD") {
        if bytes.get(start + 4) != Some(&1) {
            continue;
        }
        let count = usize::from(u16::from_le_bytes(bytes.get(start + 6..start + 8)?.try_into().ok()?));
        for entry in 0..count {
            let at = start + 8 + ENTRY * entry;
            let Some(entry) = bytes.get(at..at + ENTRY) else { break };
            let word = |from: usize| u64::from_le_bytes(entry[from..from + 8].try_into().unwrap_or_default());
            let half = |from: usize| u32::from_le_bytes(entry[from..from + 4].try_into().unwrap_or_default());
            // A symbolic link has no header, and its text where others cache the addresses of a group.
            if half(16) == 2 && word(8) == u64::MAX {
                let texts = heap_texts(bytes, word(0), u64::from(half(24)));
                let (name, target) = texts.map_or_else(
                    || ("a name".to_owned(), "another place".to_owned()),
                    |(name, target)| (name, format!("`{target}`")),
                );
                return Some(Problem::Link { name, kind: "a soft", target });
            }
        }
    }
    None
}

/// The texts at two offsets of the first heap which has text at both.
fn heap_texts(bytes: &[u8], name: u64, target: u64) -> Option<(String, String)> {
    positions(bytes, b"HEAP").find_map(|start| {
        let word = |from: usize| Some(u64::from_le_bytes(bytes.get(start + from..start + from + 8)?.try_into().ok()?));
        let (length, address) = (word(8)?, word(24)?);
        let segment = usize::try_from(address).ok()?..usize::try_from(address.checked_add(length)?).ok()?;
        let segment = bytes.get(segment)?;
        let text = |at: u64| {
            let rest = segment.get(usize::try_from(at).ok()?..)?;
            let text = &rest[..rest.iter().position(|byte| *byte == 0)?];
            plain(text)
        };
        Some((text(name)?, text(target)?))
    })
}

/// Soft and external links of the newer format: messages.
fn in_messages(bytes: &[u8]) -> Option<Problem> {
    // Version 1, flags with the bit that says that a type follows, the type.
    (0..bytes.len().saturating_sub(8)).find_map(|at| {
        let (version, flags, kind) = (bytes[at], bytes[at + 1], bytes[at + 2]);
        if version != 1 || flags & 0x08 == 0 || flags & 0xE0 != 0 || !(kind == 1 || kind == 64) {
            return None;
        }
        let mut place = at + 3 + if flags & 0x04 != 0 { 8 } else { 0 };
        if flags & 0x10 != 0 {
            // Character set: ASCII or UTF-8.
            if *bytes.get(place)? > 1 {
                return None;
            }
            place += 1;
        }
        let width = 1usize << (flags & 3);
        let length = bytes.get(place..place + width)?.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        place += width;
        let length = usize::try_from(length).ok().filter(|length| (1..=4096).contains(length))?;
        let name = plain(bytes.get(place..place + length)?)?;
        place += length;
        let length = usize::from(u16::from_le_bytes(bytes.get(place..place + 2)?.try_into().ok()?));
        let value = bytes.get(place + 2..place + 2 + length).filter(|value| !value.is_empty())?;
        if kind == 1 {
            return Some(Problem::Link { name, kind: "a soft", target: format!("`{}`", plain(value)?) });
        }
        // Flags, then the file and the place in it, each ended by a zero.
        let mut texts = value.strip_prefix(&[0])?.split(|byte| *byte == 0);
        let (file, inside) = (plain(texts.next()?)?, plain(texts.next()?)?);
        Some(Problem::Link { name, kind: "an external", target: format!("`{inside}` in the file `{file}`") })
    })
}

/// Text as people write names and paths, or nothing.
fn plain(bytes: &[u8]) -> Option<String> {
    // Control characters first: where something like links is everywhere, a look at each must be short.
    if bytes.is_empty() || bytes.iter().any(u8::is_ascii_control) {
        return None;
    }
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

fn positions<'a>(bytes: &'a [u8], signature: &'a [u8; 4]) -> impl Iterator<Item = usize> + 'a {
    bytes.windows(4).enumerate().filter(move |(_, window)| *window == signature).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message as HDF5 writes it: version, flags (a type follows, lengths take one byte), type, name, value.
    fn message(kind: u8, name: &str, value: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1, 0x08, kind, name.len() as u8];
        bytes.extend(name.as_bytes());
        bytes.extend((value.len() as u16).to_le_bytes());
        bytes.extend(value);
        bytes
    }

    #[test]
    fn both_kinds_of_messages_are_found_wherever_they_are() {
        let mut bytes = vec![0; 100];
        assert_eq!(find(&bytes), None);
        bytes.extend(message(1, "lif", b"/node/nodes/other"));
        let Some(Problem::Link { name, kind, target }) = find(&bytes) else { panic!("a soft link") };
        assert_eq!((name.as_str(), kind, target.as_str()), ("lif", "a soft", "`/node/nodes/other`"));
        let bytes = message(64, "lif", b"\0other.nir\0/node\0");
        let Some(Problem::Link { kind, target, .. }) = find(&bytes) else { panic!("an external link") };
        assert_eq!((kind, target.as_str()), ("an external", "`/node` in the file `other.nir`"));
    }

    #[test]
    fn numbers_are_no_links() {
        // 32 MiB of random bytes, of single precision numbers, and of small integers.
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 32) as u32
        };
        let random: Vec<u8> = (0..2 << 20).flat_map(|_| next().to_le_bytes()).collect();
        let floats: Vec<u8> = (0..2 << 20).flat_map(|at| (at as f32 * 0.37).sin().to_le_bytes()).collect();
        let small: Vec<u8> = (0..2 << 20).flat_map(|_| (next() % 70).to_le_bytes()).collect();
        let bytes: Vec<u8> = (0..8 << 20).map(|_| (next() % 70) as u8).collect();
        for numbers in [random, floats, small, bytes] {
            assert_eq!(find(&numbers), None);
        }
    }

    #[test]
    fn what_looks_like_links_everywhere_takes_no_longer() {
        let bytes: Vec<u8> = [1, 0x09, 1, 0xFF, 0x0F].repeat(1 << 20);
        assert_eq!(find(&bytes), None);
    }
}
