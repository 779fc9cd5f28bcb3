//! Recordings: real ones have the counts that an independent program found, written ones come back, values are Tonic's.

mod common;

use std::path::Path;

use common::{Numbers, data, fixture};
use snn_data::events::{Compression, Counts, Entry, Event, Format, Header, Recording, open, read, read_as};

/// Events of `length` microseconds as a sensor might send them: pixels side by side at one time, pauses between.
fn recording(format: Format, size: (u16, u16), count: usize, pause: u64, seed: u64) -> Recording {
    let mut numbers = Numbers(seed << 32);
    let (mut events, mut t) = (Vec::new(), numbers.below(1000));
    while events.len() < count {
        let (y, polarity) = (numbers.below(u64::from(size.1)) as u16, numbers.below(2) == 1);
        let mut x = numbers.below(u64::from(size.0)) as u16;
        for _ in 0..numbers.below(24) {
            if x >= size.0 || events.len() == count {
                break;
            }
            events.push(Event { t, x, y, polarity });
            x += 1 + numbers.below(3) as u16;
        }
        t += numbers.below(pause);
    }
    Recording { header: Header::of(format, size.0, size.1), events }
}

fn written(recording: &Recording) -> Vec<u8> {
    let mut file = Vec::new();
    recording.write(&mut file).expect("written");
    file
}

#[test]
fn every_format_comes_back_as_it_was_written() {
    for format in Format::ALL {
        for (size, count, pause) in [((34, 34), 3000, 200), ((128, 128), 3000, 5_000), ((240, 180), 10_000, 3_000)] {
            let recording = recording(format, size, count, pause, count as u64 + pause);
            let file = written(&recording);
            let mut events = read(file.as_slice()).unwrap_or_else(|error| panic!("{format:?} {size:?}: {error}"));
            assert_eq!(events.header().format, format);
            let back: Vec<Event> = events.by_ref().map(|event| event.expect("whole")).collect();
            assert_eq!(back, recording.events, "{format:?} {size:?}");
            assert_eq!(events.counts().events, count as u64);
            let told = !matches!(format, Format::Bits40);
            if told && !(matches!(format, Format::Aedat2 | Format::Aedat3) && size.0 == 34) {
                assert_eq!(events.header().size(), Some(size), "{format:?}");
            }
        }
    }
}

#[test]
fn all_compressions_of_aedat4_hold_the_same_events() {
    let recording = recording(Format::Aedat4, (346, 260), 10_000, 300, 5);
    for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
        let mut file = Vec::new();
        recording.write_aedat4(&mut file, compression).expect("written");
        let back = Recording::collect(read(file.as_slice()).expect("AEDAT 4")).expect("whole");
        assert_eq!(back.events, recording.events, "{compression:?}");
        assert_eq!(back.header.size(), Some((346, 260)));
    }
}

#[test]
fn wraps_of_short_counters_are_undone() {
    // Times beyond each counter: 2^23, 2^24 and 2^34 microseconds.
    for (format, pause) in [(Format::Bits40, 200_000), (Format::Evt3, 700_000), (Format::Evt3, 40_000_000)] {
        let recording = recording(format, (128, 128), 4000, pause, 3);
        assert!(recording.duration() > 1 << 25);
        let back = Recording::collect(read_as(written(&recording).as_slice(), format).expect("read")).expect("whole");
        assert_eq!(back.events, recording.events, "{format:?}");
    }
    // A counter of 34 bits, by hand: its highest time, then its lowest.
    let mut file = b"% evt 2.0\n% end\n".to_vec();
    for word in [0x8fff_ffffu32, 1 << 28 | 63 << 22 | 5 << 11 | 6, 0x8000_0000, 2 << 22] {
        file.extend(word.to_le_bytes());
    }
    let times: Vec<u64> = read(file.as_slice()).expect("EVT2").map(|event| event.expect("whole").t).collect();
    assert_eq!(times, [(1 << 34) - 1, (1 << 34) + 2]);
}

#[test]
fn the_halves_of_evt21_may_be_swapped() {
    let recording = recording(Format::Evt21, (320, 320), 5000, 90, 8);
    let file = written(&recording);
    let begin = file.windows(6).position(|window| window == b"% end\n").expect("an end") + 6;
    let mut swapped = b"% evt 2.1\n% end\n".to_vec();
    swapped.extend(file[begin..].chunks_exact(8).flat_map(|word| [&word[4..], &word[..4]].concat()));
    for file in [swapped.clone(), swapped[16..].to_vec()] {
        let events = read(file.as_slice()).expect("EVT2.1");
        assert_eq!(events.header().format, Format::Evt21);
        assert_eq!(Recording::collect(events).expect("whole").events, recording.events);
    }
}

#[test]
fn formats_without_a_header_are_told_by_their_words() {
    for format in [Format::Evt2, Format::Evt21, Format::Evt3, Format::Bits40] {
        let recording = recording(format, (128, 128), 2000, 60, 17);
        let file = written(&recording);
        let begin = file.windows(6).position(|window| window == b"% end\n").map_or(0, |place| place + 6);
        let events = read(&file[begin..]).expect("recognised");
        assert_eq!(events.header().format, format);
        assert_eq!(Recording::collect(events).expect("whole").events, recording.events);
    }
}

#[test]
fn memory_does_not_grow_with_the_recording() {
    // Two million events from a reader that holds none of them: 16 MB pass through a buffer of 64 KiB.
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = (buffer.len() as u64).min(16_000_000 - self.0) as usize;
            for byte in &mut buffer[..count] {
                *byte = 0;
                self.0 += 1;
            }
            Ok(count)
        }
    }
    let events = read_as(Endless(0), Format::Aedat2).expect("a recording");
    assert_eq!(events.filter(|event| event.is_ok()).count(), 2_000_000);
}

#[test]
fn real_recordings_have_their_known_counts() {
    let Some(folder) = data("events") else { return };
    // Name, format, events, microseconds from the first event to the last, triggers, others.
    for (name, format, count, length, triggers, others) in [
        ("evt2_faery.raw", Format::Evt2, 521_252, 95_900, 0, None),
        ("evt3_small.raw", Format::Evt3, 5_000, 45_200, 0, None),
        ("evt3_expelliarmus.raw", Format::Evt3, 219_596, 8_800, 0, None),
        ("test_data_evt3_trigger.evt3", Format::Evt3, 82_469, 1_251_000, 2, None),
        ("sample_ncars.dat", Format::Dat, 2_009, 100_000, 0, Some(0)),
        ("ncars_loris.dat", Format::Dat, 4_407, 100_000, 0, Some(0)),
        ("sample.aedat4", Format::Aedat4, 111_954, 590_000, 0, None),
        ("DVS128_short.aedat", Format::Aedat2, 130_114, 6_180_000, 0, Some(0)),
        ("IMU_translBoxes.aedat", Format::Aedat2, 162_771, 2_070_000, 0, Some(33_837)),
    ] {
        let mut events = open(&folder.join(name)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(events.header().format, format, "{name}");
        let (mut first, mut last) = (u64::MAX, 0);
        for event in events.by_ref() {
            let event = event.unwrap_or_else(|error| panic!("{error}"));
            (first, last) = (first.min(event.t), last.max(event.t));
        }
        let counts = events.counts();
        println!("{name}: {:?} {:?}, {} us, {counts:?}", events.header().format, events.header().size(), last - first);
        assert_eq!((counts.events, counts.triggers), (count, triggers), "{name}");
        assert!(others.is_none_or(|others| counts.others == others), "{name}: {counts:?}");
        assert!((last - first).abs_diff(length) <= length / 100, "{name}: {} us", last - first);
    }
    for entry in std::fs::read_dir(folder.join("dvs-clips")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let recording = Recording::open(&path).unwrap_or_else(|error| panic!("{error}"));
        let size = std::fs::metadata(&path).expect("a size").len();
        assert_eq!(recording.events.len() as u64, size / 5, "{}", path.display());
        assert!(recording.size().0 <= 128 && recording.size().1 <= 128, "{}", path.display());
    }
}

#[test]
fn the_first_recording_of_nmnist_is_the_known_one() {
    let Some(folder) = data("nmnist") else { return };
    let recording = Recording::open(&folder.join("Train/0/00002.bin")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(recording.events.len(), 5_028);
    assert_eq!(recording.events[0], Event { t: 937, x: 10, y: 30, polarity: recording.events[0].polarity });
    assert!(recording.size() <= (34, 34));
}

/// Lines `t,x,y,polarity`.
fn expected(name: &str) -> Vec<Event> {
    let text = std::fs::read_to_string(fixture(name)).expect("a fixture");
    let event = |line: &str| {
        let mut numbers = line.split(',').map(|number| number.parse::<u64>().expect("a number"));
        let mut next = || numbers.next().expect("four numbers");
        Event { t: next(), x: next() as u16, y: next() as u16, polarity: next() == 1 }
    };
    text.lines().map(event).collect()
}

#[test]
fn values_are_those_of_tonic() {
    for (name, format) in [
        ("nmnist.bin", Format::Bits40),
        ("prophesee.dat", Format::Dat),
        ("evt2.raw", Format::Evt2),
        ("evt3.raw", Format::Evt3),
        ("davis.aedat", Format::Aedat2),
        ("dvs128.aedat", Format::Aedat2),
        ("gesture.aedat", Format::Aedat3),
        ("lz4.aedat4", Format::Aedat4),
        ("zstd.aedat4", Format::Aedat4),
    ] {
        let recording = Recording::open(&fixture(&format!("events/{name}"))).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(recording.header.format, format, "{name}");
        let stem = Path::new(name).file_stem().expect("a stem").to_string_lossy();
        let expected = expected(&format!("events/{stem}.csv"));
        assert!(expected.len() >= 100, "{name}");
        assert_eq!(recording.events, expected, "{name}");
    }
}

#[test]
fn what_is_no_recording_is_told_what_it_is() {
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"#!AER-DAT1.0\r\n", "version `1.0`"),
        (b"% evt 4.0\nxxxx", "`4.0`"),
        (b"hello, this is text", "no format that is known"),
    ] {
        let sentence = read(bytes).map(|_| ()).expect_err("no recording").to_string();
        assert!(sentence.contains(word) && sentence.contains("expected"), "{sentence}");
    }
}

#[test]
fn an_error_names_the_place_and_keeps_what_was_before_it() {
    let recording = recording(Format::Dat, (304, 240), 100, 60, 17);
    let mut file = written(&recording);
    file.truncate(file.len() - 3);
    let size = file.len();
    let mut events = read(file.as_slice()).expect("a header");
    assert_eq!(events.by_ref().take_while(Result::is_ok).count(), 99);
    assert_eq!(events.counts(), Counts { events: 99, triggers: 0, others: 0 });
    assert!(events.next().is_none(), "nothing follows an error");
    let mut events = read(file.as_slice()).expect("a header");
    let sentence = events.find_map(Result::err).expect("cut").to_string();
    let expected = format!("DAT, byte {}: 8 bytes expected, the file ends after 5", size - 5);
    assert!(sentence.starts_with(&expected), "{sentence}");
}

#[test]
fn triggers_are_among_the_entries() {
    let mut file = b"% evt 3.0\n% end\n".to_vec();
    for word in [0x8001u16, 0x6002, 0xa301, 0xa300] {
        file.extend(word.to_le_bytes());
    }
    let mut events = read(file.as_slice()).expect("EVT3");
    let Some(Entry::Trigger(trigger)) = events.next_entry().expect("whole") else { panic!("a trigger") };
    assert_eq!((trigger.t, trigger.channel, trigger.rising), (4098, 3, true));
    assert!(events.next().is_none());
    assert_eq!(events.counts().triggers, 2);
}
