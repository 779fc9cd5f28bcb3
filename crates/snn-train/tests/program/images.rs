//! Small files like those of MNIST, and a server for them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::common::TINY;

pub const NAMES: [&str; 4] =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

pub fn header(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

pub fn images(count: u32) -> Vec<u8> {
    let pixels = (0..count * 784).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
    header(&[0x803, count, 28, 28]).into_iter().chain(pixels).collect()
}

pub fn labels(count: u32) -> Vec<u8> {
    header(&[0x801, count]).into_iter().chain((0..count).map(|i| (i % 10) as u8)).collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Four small files of the right kind in `folder`.
pub fn write_files(folder: &Path, compressed: bool) {
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, bytes) in NAMES.iter().zip([images(200), labels(200), images(70), labels(70)]) {
        let (name, bytes) = if compressed { (format!("{name}.gz"), gzip(&bytes)) } else { ((*name).to_owned(), bytes) };
        std::fs::write(folder.join(name), bytes).expect("written");
    }
}

/// The options of a tiny run without those about data.
pub fn without_data() -> Vec<&'static str> {
    [&["train"], &TINY[2..]].concat()
}

/// Serves the files in `folder` over HTTP; returns its address.
pub fn serve(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
            let mut request = String::new();
            reader.read_line(&mut request).expect("a request");
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let name = request.split(['/', ' ']).find(|word| word.ends_with(".gz")).unwrap_or_default();
            let (status, body) = match std::fs::read(folder.join(name)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _closed_early = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    format!("http://{address}")
}
