//! Gzip files, as `gzip` and Python read them: several members, zeros behind the last one.

use std::io::{Error, ErrorKind, Read};

use flate2::bufread::GzDecoder;

/// How a gzip file begins.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// `bytes`, decompressed if they are compressed, whatever the name of their file says.
///
/// A file may have several members, which are one content. Tapes and disk images pad files with zeros; they are no
/// content. Anything else behind a member is an error: what was appended there was meant to be read.
pub fn decompress(bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(bytes);
    }
    let mut content = Vec::new();
    let mut rest = bytes.as_slice();
    loop {
        GzDecoder::new(&mut rest).read_to_end(&mut content)?;
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        rest = &rest[zeros..];
        match rest.first() {
            None => return Ok(content),
            Some(_) if rest.starts_with(&MAGIC) => (),
            Some(first) => {
                return Err(Error::new(
                    ErrorKind::InvalidData,
                    format!(
                        "{} bytes which are no gzip data stand behind its end, at byte {}, the first of them {first:#04x}",
                        rest.len(),
                        bytes.len() - rest.len()
                    ),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn members_are_one_content_and_zeros_behind_them_are_none() {
        assert_eq!(decompress(b"plain".to_vec()).expect("plain"), b"plain");
        let (one, two) = (gzip(b"one"), gzip(b" two"));
        for zeros in [0, 1, 2, 511] {
            let padding = vec![0; zeros];
            assert_eq!(decompress([&one[..], &padding].concat()).expect("padded"), b"one", "{zeros}");
            assert_eq!(decompress([&one[..], &two, &padding].concat()).expect("members"), b"one two", "{zeros}");
            // As Python does.
            assert_eq!(decompress([&one[..], &padding, &two].concat()).expect("members"), b"one two", "{zeros}");
        }
    }

    #[test]
    fn anything_else_behind_a_member_is_named() {
        let one = gzip(b"one");
        for tail in [&b"\n"[..], b"garbage", b"\0\0garbage", b"\x1f", b"\x8b\x1f"] {
            let sentence = decompress([&one[..], tail].concat()).expect_err("refused").to_string();
            assert!(sentence.contains("behind its end"), "{tail:?}: {sentence}");
        }
        // A second member which breaks off.
        assert!(decompress([&one[..], &one[..10]].concat()).is_err());
        assert!(decompress(one[..one.len() - 1].to_vec()).is_err());
    }
}
