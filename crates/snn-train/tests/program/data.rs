//! Where the images come from.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::common::{TINY, fail, failed, folder, json, printed, program, succeed};

const NAMES: [&str; 4] =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

fn header(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn images(count: u32) -> Vec<u8> {
    let pixels = (0..count * 784).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
    header(&[0x803, count, 28, 28]).into_iter().chain(pixels).collect()
}

fn labels(count: u32) -> Vec<u8> {
    header(&[0x801, count]).into_iter().chain((0..count).map(|i| (i % 10) as u8)).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Four small files of the right kind in `folder`.
fn write_files(folder: &Path, compressed: bool) {
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, bytes) in NAMES.iter().zip([images(200), labels(200), images(70), labels(70)]) {
        let (name, bytes) = if compressed { (format!("{name}.gz"), gzip(&bytes)) } else { ((*name).to_owned(), bytes) };
        std::fs::write(folder.join(name), bytes).expect("written");
    }
}

/// The options of a tiny run without those about data.
fn without_data() -> Vec<&'static str> {
    [&["train"], &TINY[2..]].concat()
}

#[test]
fn files_are_found_compressed_or_not_in_the_folder_or_below_it() {
    let folder = folder();
    write_files(&folder.path().join("plain"), false);
    write_files(&folder.path().join("packed/mnist"), true);
    for (index, data) in ["plain", "packed"].into_iter().enumerate() {
        let out = format!("run{index}");
        let mut arguments = without_data();
        arguments.extend(["--data-dir", data, "--out", &out]);
        let printed = succeed(folder.path(), &arguments);
        assert!(
            printed.stdout.contains("MNIST from") && printed.stdout.contains("other checksums"),
            "{}",
            printed.stdout
        );
        // Not "mnist", as it once was: nobody knows what these images show.
        assert_eq!(json(folder.path().join(&out).join("report.json"))["dataset"], "unknown");
    }
    let weights = ["run0", "run1"]
        .map(|run| std::fs::read(folder.path().join(run).join("weights.safetensors")).expect("weights"));
    assert_eq!(weights[0], weights[1]);
    // The same through the environment.
    let mut arguments = without_data();
    arguments.extend(["--out", "run2"]);
    let printed = printed(program(folder.path(), &arguments).env("SNN_DATA_DIR", folder.path().join("packed")));
    assert!(printed.stdout.contains("MNIST from"), "{}", printed.stdout);
}

#[test]
fn a_wrong_file_is_one_sentence_with_file_expected_and_found() {
    let folder = folder();
    let data = folder.path().join("data");
    let with = |name: usize, bytes: Vec<u8>| (NAMES[name], bytes);
    let trailing = |mut bytes: Vec<u8>| {
        bytes.push(0);
        bytes
    };
    let mut label_ten = labels(200);
    label_ten[8 + 17] = 10;
    let mut narrow = header(&[0x803, 200, 28, 27]);
    narrow.resize(16 + 200 * 28 * 27, 0);
    for ((name, bytes), expected, found) in [
        (with(0, images(200)[..5000].to_vec()), "156800", "4984"),
        (with(0, images(200)[..10].to_vec()), "16 bytes", "10 bytes"),
        (with(0, Vec::new()), "16 bytes", "0 bytes"),
        (with(0, trailing(images(200))), "156800", "156801"),
        (with(0, labels(200)), "0x00000803", "0x00000801"),
        (with(1, images(200)), "0x00000801", "0x00000803"),
        (with(1, b"labels, as text".to_vec()), "0x00000801", "0x6c616265"),
        (with(0, narrow), "28 x 28", "28 x 27"),
        (with(1, label_ten), "0 to 9", "10 at place 17"),
        (with(1, labels(199)), "200", "199"),
        (with(2, images(69)), "69", "70"),
        (with(0, header(&[0x803, u32::MAX, u32::MAX, u32::MAX])), "bytes after the header", "found 0"),
        (with(0, header(&[0x803, 0, 28, 28])), "at least 1", "found 0"),
        (with(0, gzip(&images(200))[..2000].to_vec()), "a whole gzip file", "damaged"),
        (with(0, header(&[0x0308_0000, 200, 28, 28])), "0x00000803", "reverse order"),
        (with(0, header(&[0xd03, 200, 28, 28])), "0x00000803", "several bytes"),
        (with(3, labels(0)), "70", "found 0"),
        (with(3, [labels(70)[..77].to_vec(), vec![255]].concat()), "0 to 9", "255 at place 69"),
    ] {
        write_files(&data, false);
        std::fs::write(data.join(name), bytes).expect("written");
        // Never a silent substitute, not even where the data set is `auto`.
        for dataset in ["mnist", "auto"] {
            let mut arguments = without_data();
            arguments.extend(["--data-dir", "data", "--dataset", dataset, "--out", "run"]);
            let sentence = fail(folder.path(), &arguments, 1);
            assert!(sentence.contains(expected) && sentence.contains(found), "{name}: {sentence}");
            assert!(sentence.contains("idx"), "the file is named: {sentence}");
        }
        assert!(!folder.path().join("run/config.json").exists());
    }
}

#[test]
fn a_missing_file_and_a_folder_without_any_are_errors() {
    let folder = folder();
    write_files(&folder.path().join("data"), true);
    std::fs::remove_file(folder.path().join("data/t10k-labels-idx1-ubyte.gz")).expect("removed");
    let mut arguments = without_data();
    arguments.extend(["--data-dir", "data", "--out", "run"]);
    let sentence = fail(folder.path(), &arguments, 1);
    assert!(sentence.contains("3 found") && sentence.contains("t10k-labels-idx1-ubyte"), "{sentence}");
    for empty in ["empty", "absent"] {
        if empty == "empty" {
            std::fs::create_dir(folder.path().join(empty)).expect("a folder");
        }
        let mut arguments = without_data();
        arguments.extend(["--data-dir", empty, "--out", "run"]);
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains(&format!("--data-dir {empty}")), "{sentence}");
    }
}

#[test]
fn more_images_than_there_are_is_an_error_with_both_numbers() {
    let folder = folder();
    write_files(&folder.path().join("data"), false);
    let mut arguments = without_data();
    arguments.extend(["--data-dir", "data", "--out", "run"]);
    let place = arguments.iter().position(|argument| *argument == "160").expect("the training samples");
    arguments[place] = "201";
    let sentence = fail(folder.path(), &arguments, 1);
    assert!(sentence.contains("201") && sentence.contains("at most 200"), "{sentence}");
}

#[test]
fn without_a_net_auto_draws_digits_and_says_so_and_mnist_is_an_error() {
    let folder = folder();
    let mut arguments = without_data();
    arguments.extend(["--out", "run"]);
    let begin = Instant::now();
    let printed = succeed(folder.path(), &arguments);
    assert!(begin.elapsed() < Duration::from_secs(60));
    assert!(printed.stdout.contains("data: synthetic digits"), "{}", printed.stdout);
    assert!(printed.stdout.contains("because MNIST cannot be had") && printed.stdout.contains("http://127.0.0.1:9/"));
    assert_eq!(json(folder.path().join("run/report.json"))["dataset"], "synthetic");
    let mut arguments = without_data();
    arguments.extend(["--out", "other", "--dataset", "mnist"]);
    let sentence = fail(folder.path(), &arguments, 1);
    assert!(sentence.contains("--data-dir") && sentence.contains("--dataset synthetic"), "{sentence}");
    // A variable which names a folder without files is named too.
    let sentence = failed(program(folder.path(), &arguments).env("SNN_DATA_DIR", "/nonexistent"), 1);
    assert!(sentence.contains("SNN_DATA_DIR=/nonexistent"), "{sentence}");
}

/// Serves the files in `folder` over HTTP; returns its address.
fn serve(folder: &Path) -> String {
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

#[test]
fn files_with_another_content_are_not_taken_from_a_mirror() {
    let folder = folder();
    write_files(&folder.path().join("mirror"), true);
    let mirror = serve(&folder.path().join("mirror"));
    let mut arguments = without_data();
    arguments.extend(["--out", "run", "--dataset", "mnist"]);
    let sentence = failed(program(folder.path(), &arguments).env("SNN_MNIST_URL", &mirror), 1);
    assert!(sentence.contains("MD5 6bbc9ace898e44ae57da46a324031adb expected"), "{sentence}");
    assert!(!folder.path().join("cache/snn").exists());
}

#[test]
fn near_misses_of_names_and_folders_are_found_or_named() {
    let folder = folder();
    let data = folder.path().join("data");
    write_files(&data, false);
    // What other programs call these files, and where they keep them.
    for (index, (below, compressed, name)) in [
        ("dots", false, (|name| name.replacen("-idx", ".idx", 1)) as fn(&str) -> String),
        ("dots-gz", true, |name| format!("{}.gz", name.replacen("-idx", ".idx", 1))),
        ("torchvision/MNIST/raw", false, str::to_owned),
        ("torchvision-gz/MNIST/raw", true, |name| format!("{name}.gz")),
        ("capitals/mnist/RAW", false, |name| name.to_uppercase()),
        ("raw", true, |name| format!("{name}.GZ")),
    ]
    .into_iter()
    .enumerate()
    {
        let to = folder.path().join(below);
        std::fs::create_dir_all(&to).expect("a folder");
        for official in NAMES {
            let bytes = std::fs::read(data.join(official)).expect("a file");
            std::fs::write(to.join(name(official)), if compressed { gzip(&bytes) } else { bytes }).expect("written");
        }
        let (out, root) = (format!("run{index}"), below.split('/').next().expect("a folder"));
        let mut arguments = without_data();
        arguments.extend(["--data-dir", root, "--out", &out]);
        let printed = succeed(folder.path(), &arguments);
        assert!(printed.stdout.contains("160 + 60 images"), "{below}: {}", printed.stdout);
    }
    for (name, expected) in [
        ("near/train-images-idx3-ubyte.zip", "train-images-idx3-ubyte.zip"),
        ("near/FashionMNIST/raw/train-images-idx3-ubyte.gz", "name that folder"),
        ("near/mnist_train.csv", "mnist_train.csv"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, b"").expect("written");
        let mut arguments = without_data();
        arguments.extend(["--data-dir", "near", "--out", "run"]);
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("near misses") && sentence.contains(expected), "{sentence}");
        std::fs::remove_dir_all(folder.path().join("near")).expect("removed");
    }
}

#[test]
fn gzip_files_are_read_as_gzip_reads_them() {
    let folder = folder();
    write_files(&folder.path().join("plain"), false);
    let padded = |mut bytes: Vec<u8>, padding: usize| {
        bytes.resize(bytes.len() + padding, 0);
        bytes
    };
    let members = |bytes: &[u8]| [gzip(&bytes[..5]), gzip(&bytes[5..1000]), gzip(&bytes[1000..])].concat();
    let weights = |out: &str| std::fs::read(folder.path().join(out).join("weights.safetensors")).expect("weights");
    let train = |data: &str, out: &str| {
        let mut arguments = without_data();
        arguments.extend(["--data-dir", data, "--out", out]);
        arguments.into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let run = |data: &str| {
        let arguments = train(data, &format!("run-{data}"));
        succeed(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        weights(&format!("run-{data}"))
    };
    let expected = run("plain");
    for (data, first) in [("padded", padded(gzip(&images(200)), 512)), ("members", members(&images(200)))] {
        write_files(&folder.path().join(data), true);
        std::fs::write(folder.path().join(data).join(format!("{}.gz", NAMES[0])), first).expect("written");
        assert_eq!(run(data), expected, "{data}");
    }
    let garbage = [gzip(&images(200)), b"garbage".to_vec()].concat();
    write_files(&folder.path().join("garbage"), true);
    std::fs::write(folder.path().join("garbage").join(format!("{}.gz", NAMES[0])), garbage).expect("written");
    let arguments = train("garbage", "run-garbage");
    let sentence = fail(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    assert!(sentence.contains(NAMES[0]) && sentence.contains("7 bytes which are no gzip data"), "{sentence}");
}

#[test]
fn images_which_are_not_mnist_are_not_called_so_and_are_the_same_when_resumed() {
    let folder = folder();
    write_files(&folder.path().join("data"), false);
    write_files(&folder.path().join("others"), false);
    let mut other = images(70);
    other[100] ^= 1;
    std::fs::write(folder.path().join("others").join(NAMES[2]), other).expect("written");
    let mut arguments = without_data();
    arguments.extend(["--data-dir", "data", "--out", "run"]);
    let printed = succeed(folder.path(), &arguments);
    assert!(
        printed.stdout.contains("data: unknown images") && printed.stdout.contains("data (other"),
        "{}",
        printed.stdout
    );
    let run = folder.path().join("run");
    for file in ["report.json", "config.json"] {
        assert_eq!(json(run.join(file))["dataset"], "unknown");
    }
    let page = std::fs::read_to_string(run.join("report.html")).expect("the page");
    assert!(page.contains("The spiking network on unknown images") && page.contains("unknown images in data"));
    assert!(!page.contains("network on MNIST"));
    for arguments in [
        &["train", "--out", "run", "--resume"][..],
        &["evaluate", "--run", "run"],
        &["plot", "--run", "run"],
        &["stdp", "--run", "run", "--out", "stdp", "--window", "2", "--samples", "2"],
    ] {
        let with = |folder| [arguments, &["--data-dir", folder]].concat();
        succeed(folder.path(), &with("data"));
        let sentence = fail(folder.path(), &with("others"), 1);
        assert!(sentence.contains("checksum") && sentence.contains("--data-dir"), "{sentence}");
        let sentence = fail(folder.path(), arguments, 1);
        assert!(sentence.contains("--data-dir FOLDER"), "{sentence}");
    }
    // Other images on purpose.
    let sentence = fail(folder.path(), &["evaluate", "--run", "run", "--data-dir", "data", "--dataset", "mnist"], 1);
    assert!(sentence.contains("unknown images") && sentence.contains("--dataset files"), "{sentence}");
    succeed(folder.path(), &["evaluate", "--run", "run", "--data-dir", "others", "--dataset", "files"]);
    let evaluated = succeed(folder.path(), &["evaluate", "--run", "run", "--dataset", "synthetic", "--json"]);
    assert!(evaluated.stdout.contains("\"dataset\": \"synthetic\""), "{}", evaluated.stdout);
}

#[test]
fn real_data_sets_are_told_by_their_content() {
    let Some(real) = real_mnist("telling data sets apart") else { return };
    let folder = folder();
    let train = |data: &Path, out: &str| {
        let data = data.display().to_string();
        let mut arguments = without_data();
        arguments.extend(["--data-dir", &data, "--out", out]);
        let printed = succeed(folder.path(), &arguments);
        (json(folder.path().join(out).join("report.json"))["dataset"].clone(), printed.stdout)
    };
    let mnist = if real.join("mnist").is_dir() { real.join("mnist") } else { real.clone() };
    assert_eq!(train(&mnist, "mnist").0, "mnist");
    let fashion = real.join("fashion-mnist");
    if !fashion.is_dir() {
        println!("skipped: there is no Fashion-MNIST beside MNIST");
        return;
    }
    let (name, printed) = train(&fashion, "fashion");
    assert_eq!(name, "fashion-mnist");
    assert!(printed.contains("data: Fashion-MNIST from"), "{printed}");
    let page = std::fs::read_to_string(folder.path().join("fashion/report.html")).expect("the page");
    assert!(page.contains("The spiking network on Fashion-MNIST") && !page.contains("network on MNIST"));
    // A run of one is not resumed or evaluated with the other.
    let (mnist, fashion) = (mnist.display().to_string(), fashion.display().to_string());
    for (run, other, found) in [("mnist", &fashion, "Fashion-MNIST"), ("fashion", &mnist, "MNIST")] {
        for arguments in [&["train", "--out", run, "--resume"][..], &["evaluate", "--run", run]] {
            let sentence = fail(folder.path(), &[arguments, &["--data-dir", other]].concat(), 1);
            assert!(sentence.contains(found) && sentence.contains("folder"), "{sentence}");
        }
    }
    // Two files of each are neither.
    let mixed = folder.path().join("mixed");
    std::fs::create_dir(&mixed).expect("a folder");
    for (index, name) in NAMES.iter().enumerate() {
        let from = Path::new(if index < 2 { &mnist } else { &fashion }).join(format!("{name}.gz"));
        std::fs::copy(from, mixed.join(format!("{name}.gz"))).expect("copied");
    }
    assert_eq!(train(&mixed, "mixed").0, "unknown");
}

/// The folder with real MNIST, or a line which says that there is none.
fn real_mnist(test: &str) -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("SNN_DATA_DIR").map(std::path::PathBuf::from);
    if folder.is_none() {
        println!("skipped: {test} needs real MNIST, and SNN_DATA_DIR is not set");
    }
    folder
}

#[test]
fn real_mnist_is_downloaded_checked_and_kept() {
    let Some(real) = real_mnist("the download") else { return };
    let real = if real.join("mnist").is_dir() { real.join("mnist") } else { real };
    let folder = folder();
    let train = |out: &str, mirror: &str| {
        let mut arguments = without_data();
        arguments.extend(["--dataset", "mnist", "--out", out]);
        let mut command = program(folder.path(), &arguments);
        command.env("SNN_MNIST_URL", mirror);
        command
    };
    let first = printed(&mut train("first", &serve(&real)));
    assert!(first.stdout.contains("MNIST from") && !first.stdout.contains("other checksums"), "{}", first.stdout);
    // The second time it is in the cache, and no net is needed.
    let nowhere = "http://127.0.0.1:9/";
    let second = printed(&mut train("second", nowhere));
    assert!(second.stdout.contains("MNIST from"), "{}", second.stdout);
    // A damaged file in the cache is named.
    std::fs::write(folder.path().join("cache/snn/mnist").join(NAMES[3]), b"damaged").expect("written");
    let sentence = failed(&mut train("third", nowhere), 1);
    assert!(sentence.contains(NAMES[3]), "{sentence}");
}

#[test]
fn real_mnist_is_learned() {
    let Some(real) = real_mnist("training") else { return };
    let folder = folder();
    let real = real.display().to_string();
    let mut arguments = vec!["train", "--model", "spiking", "--backend", "flex", "--time-steps", "16", "--epochs", "2"];
    arguments.extend(["--train-samples", "3000", "--test-samples", "1000", "--batch-size", "50", "--out", "run"]);
    arguments.extend(["--data-dir", &real, "--dataset", "mnist"]);
    let printed = succeed(folder.path(), &arguments);
    assert!(!printed.stdout.contains("other checksums"), "{}", printed.stdout);
    let report = json(folder.path().join("run/report.json"));
    assert!(report["test_accuracy"].as_f64().expect("a number") > 0.75, "{report:#}");
}
