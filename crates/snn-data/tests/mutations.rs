//! Every reader survives what is broken: an error in one sentence, no panic, no end of reading, no more memory than stated.
//!
//! Deterministic: a mutation is a function of its number. `SNN_MUTATIONS` sets how many of each file are tried.

mod common;
#[path = "../../snn-core/tests/common/counting.rs"]
mod counting;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::{Numbers, fixture};
use snn_data::events::{Compression, Event, Format, Header, Recording, read, read_as};
use snn_data::layout::gesture::gestures;
use snn_data::series::{Array, Delimiter, Label, Npz, Table, mat, rows, steps, ts};
use snn_data::sound::Sound;
use snn_data::spikes::SpikeFile;
use snn_data::{Error, Place};

/// The counts of memory are those of the whole program, so one test measures at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn rounds() -> u64 {
    std::env::var("SNN_MUTATIONS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(150)
}

/// A broken copy of `file`.
fn mutated(file: &[u8], number: u64) -> Vec<u8> {
    let mut numbers = Numbers(number << 20);
    let mut bytes = file.to_vec();
    for _ in 0..1 + numbers.below(3) {
        let length = bytes.len().max(1) as u64;
        // Half of them where the header is.
        let place = |numbers: &mut Numbers| {
            let range = if numbers.below(2) == 0 { length.min(256) } else { length };
            numbers.below(range) as usize
        };
        match numbers.below(8) {
            0 => bytes.truncate(numbers.below(length) as usize),
            1 | 2 => {
                for _ in 0..1 + numbers.below(8) {
                    let (at, bit) = (place(&mut numbers), numbers.below(8));
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << bit;
                    }
                }
            }
            3 => {
                let (at, value) = (place(&mut numbers), numbers.next() as u8);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            4 => {
                let (at, count) = (place(&mut numbers), 1 + numbers.below(16) as usize);
                let value = [0x00, 0xff, 0x7f, 0x80][numbers.below(4) as usize];
                let end = (at + count).min(bytes.len());
                bytes.get_mut(at..end).into_iter().flatten().for_each(|byte| *byte = value);
            }
            5 => {
                // Sizes that lie.
                let at = place(&mut numbers) & !3;
                let value =
                    [u32::MAX, 1 << 31, (1 << 31) - 1, 1 << 28, 1 << 20, 65_536, 255, 0][numbers.below(8) as usize];
                let value = if numbers.below(2) == 0 { value.to_le_bytes() } else { value.to_be_bytes() };
                if let Some(bytes) = bytes.get_mut(at..at + 4) {
                    bytes.copy_from_slice(&value);
                }
            }
            6 => {
                let at = place(&mut numbers).min(bytes.len());
                let end = (at + 1 + numbers.below(9) as usize).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let at = place(&mut numbers).min(bytes.len());
                let more: Vec<u8> = (0..1 + numbers.below(9)).map(|_| numbers.next() as u8).collect();
                bytes.splice(at..at, more);
            }
        }
    }
    bytes
}

/// Tries broken copies of `file`; memory is at most `factor` times their size and `constant` bytes more.
fn survives(name: &str, file: &[u8], factor: usize, constant: usize, reader: &dyn Fn(Vec<u8>) -> Result<(), Error>) {
    let (mut refused, mut most, mut slowest) = (0, 0, Duration::ZERO);
    for number in 0..rounds() {
        let bytes = mutated(file, number);
        let length = bytes.len();
        let before = counting::NOW.load(SeqCst);
        counting::PEAK.store(before, SeqCst);
        let begin = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| reader(bytes)));
        slowest = slowest.max(begin.elapsed());
        let used = counting::PEAK.load(SeqCst).saturating_sub(before);
        most = most.max(used);
        assert!(used <= factor * length + constant, "{name}, mutation {number}: {used} bytes for a file of {length}");
        match result {
            Ok(Ok(())) => (),
            Ok(Err(error)) => {
                refused += 1;
                let sentence = error.to_string();
                assert!(sentence.len() < 1200 && !sentence.contains('\n'), "{name}, mutation {number}: {sentence}");
            }
            Err(_) => panic!("{name}, mutation {number}: the reader panics"),
        }
    }
    println!("{name}: {refused} of {} refused, {} KiB at most, {slowest:?} at most", rounds(), most >> 10);
}

/// Reads all of a recording; it has to end.
fn all_events(bytes: &[u8], format: Option<Format>) -> Result<(), Error> {
    let mut events = match format {
        Some(format) => read_as(bytes, format)?,
        None => read(bytes)?,
    };
    // EVT2.1 has 32 events in 8 bytes, AEDAT 4 at most 16 in one.
    let most = 16 * bytes.len() as u64 + (1 << 13);
    while events.next_entry()?.is_some() {
        let counts = events.counts();
        assert!(counts.events + counts.triggers + counts.others <= most, "the recording does not end");
    }
    assert!(matches!(events.next_entry(), Ok(None)));
    Ok(())
}

#[test]
fn recordings() {
    let _alone = alone();
    let mut numbers = Numbers(77);
    let mut t = 0;
    let mut event = || {
        t += numbers.below(300);
        Event { t, x: numbers.below(128) as u16, y: numbers.below(128) as u16, polarity: numbers.below(2) == 1 }
    };
    let events: Vec<Event> = (0..2000).map(|_| event()).collect();
    for format in Format::ALL {
        let recording = Recording { header: Header::of(format, 128, 128), events: events.clone() };
        let mut files = Vec::new();
        if format == Format::Aedat4 {
            for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
                let mut file = Vec::new();
                recording.write_aedat4(&mut file, compression).expect("written");
                files.push(file);
            }
        } else {
            let mut file = Vec::new();
            recording.write(&mut file).expect("written");
            files.push(file);
        }
        // Packets are unpacked to 256 times their size; windows of the compressions are the constant.
        let (factor, constant) = if format == Format::Aedat4 { (3 * 256, 32 << 20) } else { (4, 1 << 20) };
        for file in files {
            survives(format.name(), &file, factor, constant, &|bytes| all_events(&bytes, None));
            survives(format.name(), &file, factor, constant, &|bytes| all_events(&bytes, Some(format)));
        }
    }
    for name in ["evt3.raw", "lz4.aedat4", "zstd.aedat4", "davis.aedat", "gesture.aedat"] {
        let file = std::fs::read(fixture(&format!("events/{name}"))).expect("a fixture");
        survives(name, &file, 3 * 256, 32 << 20, &|bytes| all_events(&bytes, None));
    }
}

#[test]
fn spike_trains() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["f16", "f32", "f64_big"] {
        let file = std::fs::read(fixture(&format!("spikes/{name}.h5"))).expect("a fixture");
        survives(name, &file, 2 * 1032, 8 << 20, &|bytes| {
            let file = SpikeFile::from_bytes(bytes)?;
            (0..file.len()).try_for_each(|index| file.train(index).map(|_| ()))
        });
        let path = folder.path().join(name);
        survives(name, &file, 2 * 1032, 8 << 20, &|bytes| {
            std::fs::write(&path, &bytes).expect("written");
            let file = SpikeFile::open(&path)?;
            (0..file.len()).try_for_each(|index| file.train(index).map(|_| ()))
        });
    }
}

#[test]
fn sounds() {
    let _alone = alone();
    for name in ["tone.wav", "stereo.wav"] {
        let file = std::fs::read(fixture(&format!("sound/{name}"))).expect("a fixture");
        survives(name, &file, 16, 1 << 20, &|bytes| Sound::read(Cursor::new(bytes)).map(|_| ()));
    }
}

#[test]
fn arrays() {
    let _alone = alone();
    for name in ["stored.npz", "deflated.npz"] {
        let file = std::fs::read(fixture(&format!("series/{name}"))).expect("a fixture");
        survives(name, &file, 3 * 1032, 1 << 20, &|bytes| {
            let mut file = Npz::read(Cursor::new(bytes))?;
            let names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
            names.iter().try_for_each(|name| file.array(name).map(|array| drop(array.to_f32())))
        });
    }
    let file = std::fs::read(fixture("series/alone.npy")).expect("a fixture");
    survives("alone.npy", &file, 8, 1 << 20, &|bytes| Array::read_npy(bytes.as_slice()).map(|_| ()));
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["plain.mat", "compressed.mat"] {
        let file = std::fs::read(fixture(&format!("series/{name}"))).expect("a fixture");
        let path = folder.path().join(name);
        survives(name, &file, 4 * 1032, 1 << 20, &|bytes| {
            std::fs::write(&path, &bytes).expect("written");
            mat(&path).map(|_| ())
        });
    }
}

#[test]
fn texts() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.ts");
    let file = b"# text\n@problemName x\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n1,2,3:4,5,6:a\n1.5,?:-1e9,7:b\n";
    survives("ts", file, 60, 1 << 18, &|bytes| {
        std::fs::write(&path, &bytes).expect("written");
        ts(&path).map(|_| ())
    });
    let file = b"id,x,y,label\na,1,2,p\na,3,4,p\nb,5,6,q\n\"b\",7,8,q\n";
    let table =
        Table { names: true, series: Some("id".into()), label: Label::Class("label".into()), ..Table::default() };
    survives("table of steps", file, 200, 1 << 18, &|bytes| steps(bytes.as_slice(), &table).map(|_| ()));
    let file = b" 1.0  0.5 -0.25 1e3\n 2.0  7.5 -0.25\n";
    let table = Table { delimiter: Delimiter::Space, label: Label::First, ..Table::default() };
    survives("table of rows", file, 200, 1 << 18, &|bytes| rows(bytes.as_slice(), &table).map(|_| ()));
    let file = b"class,startTime_usec,endTime_usec\n2,80048239,85092709\n3,89431170,95231007\n";
    survives("gestures", file, 60, 1 << 18, &|bytes| gestures(&String::from_utf8_lossy(&bytes)).map(|_| ()));
}

/// What a reader needs for `bytes` and says about them.
fn refused(bytes: Vec<u8>, reader: &dyn Fn(&[u8]) -> Result<(), Error>) -> (String, usize) {
    let before = counting::NOW.load(SeqCst);
    counting::PEAK.store(before, SeqCst);
    let sentence = reader(&bytes).expect_err("refused").to_string();
    (sentence, counting::PEAK.load(SeqCst).saturating_sub(before))
}

/// An AEDAT 4 file with one packet.
fn with_packet(compression: Compression, packet: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    Recording { header: Header::of(Format::Aedat4, 8, 8), events: Vec::new() }
        .write_aedat4(&mut file, compression)
        .expect("written");
    file.extend(0i32.to_le_bytes());
    file.extend((packet.len() as u32).to_le_bytes());
    file.extend(packet);
    file
}

#[test]
fn packets_that_grow_beyond_measure_are_refused() {
    let _alone = alone();
    let begin = b"\0\0\0\0\0\0\0\0EVTS";
    // Zstandard: a block as it is, then blocks of 128 KiB of one byte, four bytes each: 1 GiB in 32 KiB.
    let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50];
    zstd.extend(&(12u32 << 3).to_le_bytes()[..3]);
    zstd.extend(begin);
    for block in 0..8192u32 {
        zstd.extend(&((128 << 10 << 3) | (1 << 1) | u32::from(block == 8191)).to_le_bytes()[..3]);
        zstd.push(0);
    }
    let size = zstd.len();
    let (sentence, used) = refused(with_packet(Compression::Zstd, &zstd), &|bytes| all_events(bytes, None));
    assert!(sentence.contains("256 times") && used < 3 * 256 * size + (16 << 20), "{used}: {sentence}");
    // A window of 1 TiB.
    let mut window = zstd;
    window[5] = 0xf0;
    let (sentence, used) = refused(with_packet(Compression::Zstd, &window), &|bytes| all_events(bytes, None));
    assert!(sentence.contains("damaged") && used < 1 << 20, "{used}: {sentence}");
    // LZ4 grows to 255 times at most, which is below the limit; what it holds is no table of events.
    let zeros = [&b"\0\0\0\0\xff\xff\xff\x7fEVTS"[..], &vec![0; 8 << 20]].concat();
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    std::io::Write::write_all(&mut encoder, &zeros).expect("memory");
    let lz4 = encoder.finish().expect("memory");
    let (sentence, used) = refused(with_packet(Compression::Lz4, &lz4), &|bytes| all_events(bytes, None));
    assert!(sentence.contains("tables lie outside") && used < 3 * 256 * lz4.len() + (32 << 20), "{used}: {sentence}");
    // A packet that says to be 2 GiB long.
    let mut file = with_packet(Compression::None, b"");
    let place = file.len() - 4;
    file[place..].copy_from_slice(&i32::MAX.to_le_bytes());
    let (sentence, used) = refused(file, &|bytes| all_events(bytes, None));
    assert!(
        sentence.contains("2147483647 bytes expected, the file ends after 0") && used < 1 << 20,
        "{used}: {sentence}"
    );
}

#[test]
fn sizes_that_lie_cost_nothing() {
    let _alone = alone();
    // A sound of 4 GiB in 44 bytes.
    let file = std::fs::read(fixture("sound/tone.wav")).expect("a fixture");
    let mut wav = file[..44].to_vec();
    wav[40..44].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    let (sentence, used) = refused(wav, &|bytes| Sound::read(bytes).map(|_| ()));
    assert!(sentence.contains("samples expected") && used < 1 << 16, "{used}: {sentence}");
    // More labels than samples: 64 MiB of zeros, packed.
    let mut builder = hdf5_pure::FileBuilder::new();
    builder
        .create_dataset("labels")
        .with_u8_data(&vec![0; 64 << 20])
        .with_shape(&[64 << 20])
        .with_chunks(&[1 << 20])
        .with_deflate(9);
    let bomb = builder.finish().expect("written");
    let size = bomb.len();
    let (sentence, used) = refused(bomb, &|bytes| SpikeFile::from_bytes(bytes.to_vec()).map(|_| ()));
    assert!(sentence.contains("`spikes/times`") && used < 4 * size + (1 << 20), "{used} of {size}: {sentence}");
    // A part of an archive that is said to grow more than deflate can.
    let mut npz = std::fs::read(fixture("series/deflated.npz")).expect("a fixture");
    let list = npz.windows(4).position(|window| window == b"PK\x01\x02").expect("a list");
    npz[list + 24..list + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    let (sentence, used) = refused(npz, &|bytes| Npz::read(Cursor::new(bytes)).map(|_| ()));
    assert!(sentence.contains("at most 1032 times") && used < 1 << 18, "{used}: {sentence}");
}

#[test]
fn a_reader_that_fails_is_told_from_a_file_that_is_damaged() {
    let _alone = alone();
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the cable is loose"))
        }
    }
    let error = read(Broken).map(|_| ()).expect_err("refused");
    assert!(matches!(&error, Error::Stream { place: Place::Byte(0), .. }), "{error:?}");
    assert_eq!(error.to_string(), "event recording, byte 0: reading broke off: the cable is loose");
}
