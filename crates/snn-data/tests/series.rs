//! Time series: real files have their known sizes, arrays are NumPy's and MATLAB's, and errors name the line.

mod common;

use common::{data, fixture};
use snn_data::series::{Array, Delimiter, Label, Npz, SeriesSet, Table, Targets, mat, qtdb, rows, steps, ts};
use snn_data::{Error, Split};

#[test]
fn archives_have_their_known_sizes() {
    let Some(folder) = data("ucr") else { return };
    for (name, train, test, channels, lengths, classes) in [
        ("JapaneseVowels", 270, 370, 12, (7, 29), 9),
        ("GunPoint", 50, 150, 1, (150, 150), 2),
        ("ItalyPowerDemand", 67, 1029, 1, (24, 24), 2),
        ("BasicMotions", 40, 40, 6, (100, 100), 4),
    ] {
        let mut names = Vec::new();
        let mut length = (usize::MAX, 0);
        for (part, count) in [("TRAIN", train), ("TEST", test)] {
            let set =
                ts(&folder.join(name).join(format!("{name}_{part}.ts"))).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(set.series.len(), count, "{name} {part}");
            assert!(set.series.iter().all(|series| series.channels == channels), "{name}");
            let Targets::Class(labels) = &set.targets else { panic!("classes") };
            assert_eq!(labels.len(), count);
            assert!((0..classes).all(|class| labels.contains(&class)), "{name} {part}");
            length = (length.0.min(set.lengths().0), length.1.max(set.lengths().1));
            names.push(set.classes);
        }
        assert_eq!(length, lengths, "{name}");
        assert_eq!(names[0].len(), classes);
        assert_eq!(names[0], names[1], "the same numbers in both parts");
    }
}

#[test]
fn a_table_of_the_archive_is_read() {
    let Some(path) = data("ecg5000/ECG5000_TRAIN.txt") else { return };
    let table = Table { delimiter: Delimiter::Space, label: Label::First, ..Table::default() };
    let set = rows(std::fs::File::open(path).expect("a file"), &table).expect("a table");
    assert_eq!((set.series.len(), set.lengths(), set.classes.len()), (500, (140, 140), 5));
    assert_eq!(set.classes, ["1", "2", "3", "4", "5"]);
    let Targets::Class(labels) = set.targets else { panic!("classes") };
    assert_eq!(labels.iter().filter(|label| **label == 0).count(), 292);
}

#[test]
fn real_arrays_of_numpy_and_matlab() {
    if let Some(path) = data("braille/braille_1350x76x12.npz") {
        let mut file = Npz::open(&path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(file.names(), ["x", "y"]);
        let set = SeriesSet::from_arrays(&file.array("x").expect("x"), &file.array("y").expect("y")).expect("series");
        assert_eq!((set.series.len(), set.lengths(), set.classes.len()), (1350, (76, 76), 27));
        let sentence = file.array("z").expect_err("no z").to_string();
        assert_eq!(sentence, "NPZ, `z`: an array of this name expected, the file has x, y");
    }
    if let Some(folder) = data("qtdb") {
        for (split, count, unlabelled) in [(Split::Train, 618, 65_785), (Split::Test, 141, 19_056)] {
            let set = qtdb(&folder, split).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((set.series.len(), set.lengths(), set.series[0].channels), (count, (1301, 1301), 4));
            assert_eq!(set.classes.len(), 6);
            let Targets::ClassOfStep(labels) = &set.targets else { panic!("a class for each step") };
            assert!(labels.iter().all(|labels| labels.len() == 1301));
            assert_eq!(labels.iter().flatten().filter(|label| label.is_none()).count(), unlabelled);
            assert!(set.series.iter().flat_map(|series| &series.values).all(|value| [-1.0, 0.0, 1.0].contains(value)));
        }
    }
}

/// Lines `name,shape with x,numbers with ;`.
fn expected(name: &str) -> Vec<(String, Vec<usize>, Vec<f64>)> {
    let text = std::fs::read_to_string(fixture(name)).expect("a fixture");
    let line = |line: &str| {
        let mut parts = line.split(',');
        let mut next = || parts.next().expect("three parts");
        let name = next().to_owned();
        let shape = next().split('x').filter_map(|length| length.parse().ok()).collect();
        (name, shape, next().split(';').filter_map(|number| number.parse().ok()).collect())
    };
    text.lines().map(line).collect()
}

#[test]
fn every_kind_of_number_is_that_of_numpy() {
    for (archive, list) in [("series/stored.npz", "series/npz.csv"), ("series/deflated.npz", "series/npz.csv")] {
        let mut file = Npz::open(&fixture(archive)).unwrap_or_else(|error| panic!("{error}"));
        let expected = expected(list);
        assert_eq!(file.names().len(), expected.len());
        for (name, shape, numbers) in expected {
            let array = file.array(&name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((array.shape.clone(), array.to_f64()), (shape, numbers), "{archive} {name}");
        }
    }
    let array = Array::npy(&fixture("series/alone.npy")).expect("an array");
    assert_eq!((array.shape.clone(), array.to_i64()), (vec![2, 3], Some(vec![0, 1, 2, 3, 4, 5])));
    for name in ["plain.mat", "compressed.mat"] {
        let variables = mat(&fixture(&format!("series/{name}"))).unwrap_or_else(|error| panic!("{error}"));
        let expected = expected("series/mat.csv");
        assert_eq!(variables.len(), expected.len(), "{name}");
        for (variable, (name, shape, numbers)) in variables.iter().zip(expected) {
            assert_eq!((variable.name.clone(), variable.array.shape.clone()), (name, shape));
            assert_eq!(variable.array.to_f64(), numbers, "{}", variable.name);
        }
    }
}

fn sentence<T>(result: Result<T, Error>) -> String {
    result.map(|_| ()).expect_err("refused").to_string()
}

#[test]
fn errors_of_tables_name_the_line() {
    let first = Table { label: Label::First, ..Table::default() };
    let text = "1,0.5,0.25\n2,0.5,zero\n";
    assert_eq!(
        sentence(rows(text.as_bytes(), &first)),
        "table, line 2: a number in column 3 expected, found `zero`; a line of names or another delimiter has to be said"
    );
    let named =
        Table { names: true, series: Some("id".to_owned()), label: Label::Class("y".to_owned()), ..Table::default() };
    assert!(
        sentence(steps("id,x,z\na,1,2\n".as_bytes(), &named)).contains("line 2: a column `y` expected, found id, x, z")
    );
    let text = "id,x,y\na,1,p\na,2,q\n";
    assert!(
        sentence(steps(text.as_bytes(), &named))
            .contains("line 3: the class `p` as in the series' rows before expected")
    );
    assert!(
        sentence(steps("id,x,y\na,1,p\na,2,3,p\n".as_bytes(), &named)).contains("line 3: 1 channels expected, found 2")
    );
    assert!(sentence(rows("".as_bytes(), &first)).contains("rows of numbers expected, found none"));
    // What may be: a class for each step, numbers, missing values.
    let each = Table { each_step: true, ..named.clone() };
    let set = steps(text.as_bytes(), &each).expect("a table");
    assert_eq!(set.targets, Targets::ClassOfStep(vec![vec![Some(0), Some(1)]]));
    let numbers = Table { label: Label::Numbers(vec!["y".to_owned()]), series: None, ..named };
    let set = steps("id,x,y\n1,?,0.5\n2,3,0.5\n".as_bytes(), &numbers).expect("a table");
    assert_eq!(set.targets, Targets::Number(vec![vec![0.5]]));
    assert!(set.series[0].values[1].is_nan() && set.series[0].values[3] == 3.0);
}

#[test]
fn errors_of_ts_files_name_the_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.ts");
    let read = |text: &str| {
        std::fs::write(&path, text).expect("written");
        ts(&path)
    };
    let head = "@classLabel true a b\n@data\n";
    for (text, words) in [
        (format!("{head}1,2:a\n1,x:b\n"), "line 4: numbers with `,` between expected, found `x`"),
        (format!("{head}1,2:a\n1,2:c\n"), "line 4: one of the classes a, b expected, found `c`"),
        (format!("{head}1,2:3,4:a\n1,2:b\n"), "line 4: 2 channels with `:` between expected, found 1"),
        (format!("{head}1,2:3:a\n"), "line 3: channels of equal length expected, found 2 and 1"),
        ("@timeStamps true\n".to_owned(), "resample them"),
        ("1,2,3:a\n".to_owned(), "line 1: `@data` expected"),
        (head.to_owned(), "series behind `@data` expected, found none"),
    ] {
        let sentence = sentence(read(&text));
        assert!(sentence.contains(words), "{sentence}");
    }
    let set = read("@targetLabel true\n@data\n1,?:3,4:0.5\n1:2:1.5\n").expect("numbers");
    assert_eq!(set.targets, Targets::Number(vec![vec![0.5], vec![1.5]]));
    assert_eq!((set.lengths(), set.series[0].values[1]), ((1, 2), 3.0));
    assert!(set.series[0].values[2].is_nan());
}

#[test]
fn files_of_other_kinds_are_told() {
    assert!(sentence(Array::read_npy(&b"PK\x03\x04"[..])).contains("found `PK"));
    let npy = |text: &str| {
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((text.len() as u16).to_le_bytes());
        file.extend(text.as_bytes());
        file
    };
    for (text, words) in [
        ("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "found `|O`; convert them with astype"),
        ("{'descr': [('x', '<i2')], 'fortran_order': False, 'shape': (3,), }", "convert them"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", "a shape of whole numbers"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,8), }", "a shape of whole numbers"),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
            "8000000000000 bytes expected, the file ends after 0",
        ),
    ] {
        let sentence = sentence(Array::read_npy(npy(text).as_slice()));
        assert!(sentence.contains(words), "{sentence}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.mat");
    std::fs::write(&path, b"MATLAB 7.3 MAT-file").expect("written");
    assert!(sentence(mat(&path)).contains("save -v7"));
    assert!(sentence(qtdb(folder.path(), Split::Train)).contains("QTDB_train.mat"));
}
