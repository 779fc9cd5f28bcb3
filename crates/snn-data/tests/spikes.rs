//! Files of spike trains: values are h5py's, and what is wrong is said.

mod common;

use common::fixture;
use snn_data::Error;
use snn_data::spikes::{SpikeFile, SpikeTrain};

#[test]
fn values_are_those_of_h5py() {
    for name in ["f16", "f32", "f64_big"] {
        let path = fixture(&format!("spikes/{name}.h5"));
        let text = std::fs::read_to_string(path.with_extension("csv")).expect("a fixture");
        let from_disk = SpikeFile::open(&path).unwrap_or_else(|error| panic!("{error}"));
        let from_memory = SpikeFile::from_bytes(std::fs::read(&path).expect("a fixture")).expect("whole");
        for file in [from_disk, from_memory] {
            assert_eq!(file.len(), 12);
            for (index, line) in text.lines().enumerate() {
                let mut parts = line.split(',');
                let mut next = || parts.next().expect("four parts");
                assert_eq!(file.labels()[index].to_string(), next());
                assert_eq!(file.speakers().map_or(0, |speakers| speakers[index]).to_string(), next());
                let train = SpikeTrain {
                    times: next().split(';').filter_map(|time| time.parse().ok()).collect(),
                    units: next().split(';').filter_map(|unit| unit.parse().ok()).collect(),
                };
                assert_eq!(file.train(index).expect("whole"), train, "{name} {index}");
                assert_eq!(file.spikes(index), train.units.len());
            }
            assert_eq!(file.speakers().is_some(), name != "f64_big");
            assert_eq!(file.keys().len(), if name == "f64_big" { 0 } else { 20 });
        }
    }
}

#[test]
fn rows_can_be_read_from_several_threads() {
    let file = SpikeFile::open(&fixture("spikes/f16.h5")).expect("whole");
    let alone: Vec<SpikeTrain> = (0..12).map(|index| file.train(index).expect("whole")).collect();
    std::thread::scope(|scope| {
        for first in 0..4 {
            let (file, alone) = (&file, &alone);
            scope.spawn(move || {
                for index in (0..12).map(|index| (index * 5 + first) % 12) {
                    assert_eq!(file.train(index).expect("whole"), alone[index]);
                }
            });
        }
    });
}

fn sentence(result: Result<SpikeFile, Error>) -> String {
    result.map(|_| ()).expect_err("refused").to_string()
}

#[test]
fn what_is_no_file_of_spike_trains_is_told_what_it_is() {
    assert!(sentence(SpikeFile::from_bytes(Vec::new())).contains("an empty file"));
    assert!(sentence(SpikeFile::from_bytes(b"\x1f\x8b\x08rest".to_vec())).contains("a gzip file"));
    assert!(sentence(SpikeFile::from_bytes(b"text".to_vec())).contains("damaged"));
    // Another HDF5 file: what is in it is named.
    let mut builder = hdf5_pure::FileBuilder::new();
    builder.create_dataset("images").with_f32_data(&[1.0]).with_shape(&[1]);
    let bytes = builder.finish().expect("written");
    let sentence = sentence(SpikeFile::from_bytes(bytes));
    assert!(sentence.contains("`spikes/times`") && sentence.contains("`images`"), "{sentence}");
    // Cut.
    let mut bytes = std::fs::read(fixture("spikes/f16.h5")).expect("a fixture");
    bytes.truncate(bytes.len() / 2);
    let result =
        SpikeFile::from_bytes(bytes).and_then(|file| (0..12).try_for_each(|index| file.train(index).map(|_| ())));
    let sentence = result.expect_err("cut").to_string();
    assert!(sentence.starts_with("spike trains in HDF5, `"), "{sentence}");
}
