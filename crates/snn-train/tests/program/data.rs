//! Where the images come from.

use std::time::{Duration, Instant};

use crate::common::{fail, failed, folder, get, json, printed, program, succeed, text};
use crate::images::{NAMES, gzip, header, images, labels, serve, without_data, write_files};

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
        assert!(!folder.path().join("run/run.toml").exists());
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
    assert!(
        printed.stdout.contains("because MNIST is not available") && printed.stdout.contains("http://127.0.0.1:9/")
    );
    assert_eq!(json(folder.path().join("run/report.json"))["dataset"], "synthetic");
    let mut arguments = without_data();
    arguments.extend(["--out", "other", "--dataset", "mnist"]);
    let sentence = fail(folder.path(), &arguments, 1);
    assert!(sentence.contains("--data-dir") && sentence.contains("--dataset synthetic"), "{sentence}");
    // A variable which names a folder without files is named too.
    let sentence = failed(program(folder.path(), &arguments).env("SNN_DATA_DIR", "/nonexistent"), 1);
    assert!(sentence.contains("SNN_DATA_DIR=/nonexistent"), "{sentence}");
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
    assert_eq!(json(run.join("report.json"))["dataset"], "unknown");
    let of_data = text(run.join("run.toml"));
    let of_data = of_data.split_once("[data]\n").expect("the data").1;
    assert!(of_data.starts_with("name = \"unknown\"\n") && get(run.join("run.toml"), "md5").len() == 34, "{of_data}");
    let page = text(run.join("report.html"));
    assert!(page.contains("<h1>chevalier2018 on unknown images</h1>") && page.contains("unknown images in data"));
    assert!(!page.contains("chevalier2018 on MNIST"));
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
fn a_recipe_may_name_the_folder_of_its_images() {
    let folder = folder();
    write_files(&folder.path().join("images"), true);
    let arguments = |out: &'static str, others: &[&'static str]| {
        [&without_data()[..], &["--out", out, "--set", "data.dir=images", "--set", "data.name=files"], others].concat()
    };
    let printed = succeed(folder.path(), &arguments("run", &[]));
    assert!(printed.stdout.contains("data: unknown images"), "{}", printed.stdout);
    assert_eq!(get(folder.path().join("run/run.toml"), "dir"), "\"images\"");
    // Neither to go on nor to evaluate is the folder named again.
    succeed(folder.path(), &["train", "--out", "run", "--resume"]);
    succeed(folder.path(), &["evaluate", "--run", "run"]);
    // Digits which are drawn have no folder: nothing is begun which could not be opened again.
    fail(folder.path(), &arguments("drawn", &["--dataset", "synthetic"]), 1);
    assert!(!folder.path().join("drawn/run.toml").exists());
}

#[test]
fn a_run_file_as_a_recipe_asks_for_the_images_of_the_run() {
    let folder = folder();
    write_files(&folder.path().join("data"), false);
    write_files(&folder.path().join("others"), false);
    let mut other = images(70);
    other[100] ^= 1;
    std::fs::write(folder.path().join("others").join(NAMES[2]), other).expect("written");
    succeed(folder.path(), &[&without_data()[..], &["--data-dir", "data", "--out", "run"]].concat());
    let again =
        ["train", "--recipe", "run/run.toml", "--threads", "1", "--backend", "flex", "--out", "again", "--data-dir"];
    let sentence = fail(folder.path(), &[&again[..], &["others"]].concat(), 1);
    assert!(sentence.contains("checksum"), "{sentence}");
    succeed(folder.path(), &[&again[..], &["data"]].concat());
    let weights = |out: &str| std::fs::read(folder.path().join(out).join("weights.safetensors")).expect("weights");
    assert_eq!(weights("run"), weights("again"));
}
