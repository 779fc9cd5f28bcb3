//! MNIST from the net: several mirrors, checksums, and a cache in which a file is whole or absent.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use ureq::Agent;

use crate::gzip::decompress;
use crate::idx::{FileKind, md5_of};
use crate::known::MNIST;
use crate::{Error, files};

/// Where the official files are published, compressed.
pub const MIRRORS: [&str; 2] =
    ["https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"];

/// The largest official file has 10 MB; more than this is something else.
const LARGEST: u64 = 64 << 20;

/// A file to download: `name` on the mirror with `.gz`, in the cache without.
struct Wanted {
    name: &'static str,
    md5: &'static str,
}

/// How far the download of one file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// A file begins to arrive.
    Began {
        /// Its official name.
        file: &'static str,
        /// How many bytes will arrive, if the server says so.
        bytes: Option<u64>,
    },
    /// So many of its bytes have arrived in all.
    Received(u64),
    /// No more of it will arrive: it is whole, or the transfer broke off.
    Ended,
}

/// Downloads the MNIST files which are not in the folder `cache` yet. Each is stored decompressed, after its
/// checksum was found right. `progress` is told how far each file is.
///
/// # Errors
/// [`Error::Download`] if no mirror gives a file with the right content; the sentence says what each one gave.
/// [`Error::Io`] if a file cannot be stored.
pub fn download(cache: &Path, mirrors: &[String], progress: &mut dyn FnMut(Transfer)) -> Result<(), Error> {
    let wanted = FileKind::ALL.map(|kind| Wanted { name: kind.name(), md5: MNIST[kind as usize] });
    download_files(cache, mirrors, &wanted, progress)
}

fn download_files(
    cache: &Path,
    mirrors: &[String],
    wanted: &[Wanted],
    progress: &mut dyn FnMut(Transfer),
) -> Result<(), Error> {
    let config = Agent::config_builder()
        .timeout_resolve(Some(Duration::from_secs(4)))
        .timeout_connect(Some(Duration::from_secs(4)))
        .timeout_recv_response(Some(Duration::from_secs(20)))
        .timeout_global(Some(Duration::from_secs(600)))
        .build();
    let agent = Agent::new_with_config(config);
    for file in wanted {
        let path = cache.join(file.name);
        if path.exists() {
            continue;
        }
        let mut failures = Vec::new();
        let content = mirrors.iter().find_map(|mirror| {
            let url = format!("{}/{}.gz", mirror.trim_end_matches('/'), file.name);
            match fetch(&agent, &url, file, progress) {
                Ok(content) => Some(content),
                Err(reason) => {
                    failures.push(format!("{url}: {reason}"));
                    None
                }
            }
        });
        match content {
            Some(content) => files::write(&path, &content)?,
            None => return Err(Error::Download { file: file.name, failures }),
        }
    }
    Ok(())
}

/// Returns the content of `url`, decompressed and checked, or the reason why there is none.
fn fetch(agent: &Agent, url: &str, file: &Wanted, progress: &mut dyn FnMut(Transfer)) -> Result<Vec<u8>, String> {
    let mut response = agent.get(url).call().map_err(|error| error.to_string())?;
    let length = response.body().content_length();
    progress(Transfer::Began { file: file.name, bytes: length });
    let mut bytes = Vec::new();
    let body = response.body_mut().with_config().limit(LARGEST).reader();
    let received = Watched { inner: body, count: 0, progress: &mut *progress }.read_to_end(&mut bytes);
    progress(Transfer::Ended);
    received.map_err(|error| match length {
        Some(length) => format!("the transfer broke off after {} of {length} bytes: {error}", bytes.len()),
        None => format!("the transfer broke off after {} bytes: {error}", bytes.len()),
    })?;
    if let Some(length) = length.filter(|length| *length != bytes.len() as u64) {
        return Err(format!("{length} bytes expected, {} came", bytes.len()));
    }
    let content =
        decompress(bytes).map_err(|error| format!("a whole gzip file expected, a damaged one came: {error}"))?;
    let found = md5_of(&content);
    if found != file.md5 {
        return Err(format!("content with MD5 {} expected, {found} came", file.md5));
    }
    Ok(content)
}

/// A reader which tells how many bytes it has read.
struct Watched<'a, R> {
    inner: R,
    count: u64,
    progress: &'a mut dyn FnMut(Transfer),
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count += read as u64;
        (self.progress)(Transfer::Received(self.count));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;

    const CONTENT: &[u8] = b"what the file has in it, several times over: what the file has in it";
    const FILE: Wanted = Wanted { name: "file", md5: "9f1bc6e2c1d2f0a2a9bd3c0f0b0e6d0f" };

    fn compressed() -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(CONTENT).expect("memory");
        encoder.finish().expect("memory")
    }

    /// Answers each request with `head` and `body`, on a port of its own.
    fn server(head: &str, body: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let head = head.to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    line.clear();
                }
                let _closed_early = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            }
        });
        format!("http://{address}/mnist/")
    }

    fn ok(length: usize) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
    }

    fn right() -> Wanted {
        let md5: &'static str = Box::leak(md5_of(CONTENT).into_boxed_str());
        Wanted { md5, ..FILE }
    }

    /// Downloads one file; the error, and whether anything is in the cache afterwards.
    fn attempt(mirrors: &[String], wanted: Wanted) -> (Option<String>, bool) {
        let cache = tempfile::tempdir().expect("a folder");
        let outcome = download_files(cache.path(), mirrors, &[wanted], &mut |_| ());
        let stored = std::fs::read_dir(cache.path()).expect("a folder").count() > 0;
        if outcome.is_ok() {
            assert_eq!(std::fs::read(cache.path().join("file")).expect("the file"), CONTENT);
        }
        (outcome.err().map(|error| format!("{error:#}")), stored)
    }

    #[test]
    fn a_file_is_stored_decompressed() {
        let body = compressed();
        let mirror = server(&ok(body.len()), body);
        assert_eq!(attempt(&[mirror], right()), (None, true));
    }

    #[test]
    fn the_callback_is_told_how_far_each_file_is() {
        let (body, cache) = (compressed(), tempfile::tempdir().expect("a folder"));
        let length = body.len() as u64;
        for (head, bytes, sent) in [
            (ok(body.len()), Some(length), body.clone()),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned(), None, body.clone()),
            // One which breaks off ends, too.
            (ok(body.len()), Some(length), body[..10].to_vec()),
        ] {
            let (arrived, mut told) = (sent.len() as u64, Vec::new());
            let mirror = server(&head, sent);
            let outcome = download_files(cache.path(), &[mirror], &[right()], &mut |transfer| told.push(transfer));
            assert_eq!(outcome.is_ok(), arrived == length);
            assert_eq!(told.first(), Some(&Transfer::Began { file: FILE.name, bytes }));
            assert!(told.contains(&Transfer::Received(arrived)) && told.last() == Some(&Transfer::Ended), "{told:?}");
            let _stored = std::fs::remove_file(cache.path().join(FILE.name));
        }
    }

    #[test]
    fn the_next_mirror_is_asked_if_one_has_no_such_file() {
        let absent = server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Vec::new());
        let body = compressed();
        let present = server(&ok(body.len()), body);
        assert_eq!(attempt(&[absent.clone(), present], right()), (None, true));
        let (error, stored) = attempt(&[absent], right());
        assert!(error.expect("no file").contains("404"));
        assert!(!stored);
    }

    #[test]
    fn a_wrong_checksum_is_refused_and_not_stored() {
        let body = compressed();
        let mirror = server(&ok(body.len()), body);
        let (error, stored) = attempt(&[mirror], FILE);
        let error = error.expect("refused");
        assert!(error.contains(FILE.md5) && error.contains(right().md5), "{error}");
        assert!(!stored);
    }

    #[test]
    fn a_transfer_which_breaks_off_is_refused_and_not_stored() {
        let body = compressed();
        let announced = body.len();
        let half = body[..announced / 2].to_vec();
        let (error, stored) = attempt(&[server(&ok(announced), half.clone())], right());
        assert!(error.expect("refused").contains("broke off"));
        assert!(!stored);
        // The same where the server does not say how much it will send.
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        let (error, stored) = attempt(&[server(head, half)], right());
        assert!(error.expect("refused").contains("damaged"));
        assert!(!stored);
    }

    #[test]
    fn a_machine_without_a_net_gives_the_reason_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let closed = format!("http://{}/", listener.local_addr().expect("an address"));
        drop(listener);
        let begin = std::time::Instant::now();
        let (error, stored) = attempt(std::slice::from_ref(&closed), right());
        assert!(error.expect("refused").contains(&closed));
        assert!(!stored && begin.elapsed() < Duration::from_secs(5));
    }
}
