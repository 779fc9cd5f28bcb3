//! Folders of recordings: what is listed, and what near misses are told.

mod common;

use std::fs;
use std::path::Path;

use common::data;
use snn_data::Split;
use snn_data::events::{Event, Format, Header, Recording, open};
use snn_data::layout::{fsdd, gesture, ncaltech101, nmnist};

fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in files {
        put(folder.path(), file, b"");
    }
    folder
}

fn put(folder: &Path, file: &str, content: &[u8]) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, content).expect("written");
}

#[test]
fn nmnist_is_listed_in_the_order_of_mnist() {
    for prefix in ["", "NMNIST/", "n-mnist/"] {
        let names = ["Train/5/00001.bin", "Train/0/00002.bin", "Train/4/00010.bin", "Test/7/00001.bin"];
        let names = names.map(|name| format!("{prefix}{name}"));
        let folder = folder(&names.each_ref().map(String::as_str));
        let files = nmnist::list(folder.path(), Split::Train).expect("a list");
        assert_eq!(files.iter().map(|file| file.label).collect::<Vec<_>>(), [5, 0, 4]);
        assert_eq!(files[1].path, folder.path().join(&names[1]));
        assert_eq!(nmnist::list(folder.path(), Split::Test).expect("a list").len(), 1);
    }
}

#[test]
fn near_misses_of_nmnist_are_told_what_was_found() {
    for (names, words) in [
        (&[][..], &["no `Train`", "an empty folder"][..]),
        (&["Train.zip"], &["unpack Train.zip"]),
        (&["0/00001.bin", "1/00002.bin"], &["the folder above"]),
        (&["Train/0/00001.png"], &["`00001.png`"]),
        (&["Train/eleven/00001.bin"], &["`eleven`"]),
        (&["Test/0/00001.bin"], &["no `Train`", "`Test/`"]),
    ] {
        let folder = folder(names);
        let sentence = nmnist::list(folder.path(), Split::Train).expect_err("refused").to_string();
        for word in words {
            assert!(sentence.contains(word), "{word}: {sentence}");
        }
    }
}

#[test]
fn the_first_recordings_of_nmnist_are_all_readable() {
    let Some(place) = data("nmnist") else { return };
    let (train, test) =
        (nmnist::list(&place, Split::Train).expect("a list"), nmnist::list(&place, Split::Test).expect("a list"));
    assert_eq!((train.len(), test.len()), (1000, 100));
    let mut events = 0;
    for file in train.iter().chain(&test) {
        for event in open(&file.path).unwrap_or_else(|error| panic!("{error}")) {
            let event = event.unwrap_or_else(|error| panic!("{error}"));
            assert!((event.x, event.y) < nmnist::SIZE && event.y < 34);
            events += 1;
        }
    }
    println!("{events} events in 1,100 recordings, {} each", events / 1100);
    // The labels are those of MNIST.
    let Some(mnist) = data("mnist/train-labels-idx1-ubyte.gz") else { return };
    let file = fs::File::open(mnist).expect("labels");
    let mut labels = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file), &mut labels).expect("whole");
    for file in &train {
        let stem = file.path.file_stem().expect("a stem").to_string_lossy();
        let number: usize = stem.parse().expect("a number");
        assert_eq!(file.label, usize::from(labels[8 + number - 1]), "{}", file.path.display());
    }
}

#[test]
fn ncaltech101_has_a_class_for_each_folder() {
    for prefix in ["", "Caltech101/", "NCALTECH101/Caltech101/"] {
        let names =
            ["ant/image_0002.bin", "ant/image_0001.bin", "BACKGROUND_Google/image_0001.bin", "zebra/readme.txt"];
        let names = names.map(|name| format!("{prefix}{name}"));
        let folder = folder(&names.each_ref().map(String::as_str));
        let listing = ncaltech101::list(folder.path()).expect("a list");
        assert_eq!(listing.classes, ["BACKGROUND_Google", "ant"]);
        assert_eq!(listing.files.iter().map(|file| file.label).collect::<Vec<_>>(), [0, 1, 1]);
        assert!(listing.files[1].path.ends_with("ant/image_0001.bin"));
    }
    let folder = folder(&["image_0001.bin"]);
    let sentence = ncaltech101::list(folder.path()).expect_err("one class").to_string();
    assert!(sentence.contains("the folder above"), "{sentence}");
}

#[test]
fn gestures_are_cut_out_of_their_recording() {
    let event = |t: u64| Event { t, x: 3, y: 4, polarity: t.is_multiple_of(2) };
    let recording =
        Recording { header: Header::of(Format::Aedat3, 128, 128), events: (0..100).map(|i| event(10 * i)).collect() };
    let mut file = Vec::new();
    recording.write(&mut file).expect("written");
    let place = folder(&["DvsGesture/gesture_mapping.csv"]);
    put(place.path(), "DvsGesture/user01_led.aedat", &file);
    put(
        place.path(),
        "DvsGesture/user01_led_labels.csv",
        b"class,startTime_usec,endTime_usec\r\n1,0,50\r\n11,100,150\r\n",
    );
    put(place.path(), "DvsGesture/trials_to_train.txt", b"user01_led.aedat\r\n\r\n");
    let trials = gesture::list(place.path(), Split::Train).expect("a list");
    let samples = trials[0].samples().expect("whole");
    assert_eq!(samples.iter().map(|(label, part)| (*label, part.events.len())).collect::<Vec<_>>(), [(0, 5), (10, 5)]);
    assert_eq!(samples[1].1.events[0], event(100));
    assert_eq!(samples[1].1.size(), gesture::SIZE);
    let sentence = gesture::list(place.path(), Split::Test).expect_err("no test").to_string();
    assert!(sentence.contains("`trials_to_test.txt`, which is missing"), "{sentence}");
    put(place.path(), "DvsGesture/trials_to_train.txt", b"user01_led.aedat\nuser02_led.aedat\n");
    let sentence = gesture::list(place.path(), Split::Train).expect_err("missing").to_string();
    assert!(sentence.contains("line 2: `user02_led.aedat` expected"), "{sentence}");
    put(place.path(), "DvsGesture/user01_led_labels.csv", b"class,startTime_usec,endTime_usec\n12,0,50\n");
    let sentence = gesture::list(place.path(), Split::Train).expect_err("class").to_string();
    assert!(sentence.contains("user01_led_labels.csv: table of gestures, line 2: a class from 1 to 11"), "{sentence}");
    let sentence =
        gesture::list(folder(&["ibmGestureTrain/x/0.npy"]).path(), Split::Train).expect_err("npy").to_string();
    assert!(sentence.contains("Tonic") && sentence.contains("DvsGesture.tar.gz"), "{sentence}");
}

#[test]
fn spoken_digits_have_an_official_split_and_one_by_speaker() {
    let Some(place) = data("fsdd") else { return };
    let recordings = fsdd::list(&place).expect("a list");
    let of = |split| recordings.iter().filter(|recording| recording.official() == split).count();
    assert_eq!((of(Split::Train), of(Split::Test)), (2_700, 300));
    let speakers = fsdd::speakers(&recordings);
    assert_eq!(speakers.len(), 6);
    for speaker in &speakers {
        let test = recordings.iter().filter(|recording| recording.leaving_out(speaker) == Split::Test).count();
        assert_eq!(test, 500, "{speaker}");
    }
}

#[test]
fn near_misses_of_spoken_digits_are_told() {
    for (names, word) in [
        (&["seven.wav"][..], "`seven.wav`"),
        (&["recordings/12_jackson_1.wav"], "`12_jackson_1.wav`"),
        (&["recordings.tar.gz"], "unpack recordings.tar.gz"),
    ] {
        let sentence = fsdd::list(folder(names).path()).expect_err("refused").to_string();
        assert!(sentence.contains(word), "{sentence}");
    }
}
