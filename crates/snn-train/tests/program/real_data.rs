//! Real images: told by their content, downloaded, learned.

use std::path::Path;

use crate::common::{fail, failed, folder, json, printed, program, succeed, text};
use crate::images::{NAMES, serve, without_data};

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
    let page = text(folder.path().join("fashion/report.html"));
    assert!(page.contains("<h1>chevalier2018 on Fashion-MNIST</h1>") && !page.contains("chevalier2018 on MNIST"));
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
    let mut arguments =
        vec!["train", "--recipe", "chevalier2018", "--backend", "flex", "--time-steps", "16", "--epochs", "2"];
    arguments.extend(["--train-samples", "3000", "--test-samples", "1000", "--batch-size", "50", "--out", "run"]);
    arguments.extend(["--data-dir", &real, "--dataset", "mnist"]);
    let printed = succeed(folder.path(), &arguments);
    assert!(!printed.stdout.contains("other checksums"), "{}", printed.stdout);
    let report = json(folder.path().join("run/report.json"));
    assert!(report["test_accuracy"].as_f64().expect("a number") > 0.75, "{report:#}");
}
