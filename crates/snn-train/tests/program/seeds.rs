//! `--seeds`: the same recipe several times, with mean and deviation.

use serde_json::Value;

use crate::common::{bytes, contents, document, fail, folder, get, json, number, succeed, text, timeless, tiny};

#[test]
fn mean_and_deviation_are_those_of_the_runs() {
    let folder = folder();
    let printed = succeed(folder.path(), &tiny("train", &["--out", "three", "--recipe", "lif-mlp", "--seeds", "0..2"]));
    let three = folder.path().join("three");
    let report = json(three.join("report.json"));
    assert_eq!((&report["recipe"], &report["seeds"]), (&"lif-mlp".into(), &vec![0, 1, 2].into()));
    let runs = report["runs"].as_array().expect("runs");
    for (seed, run) in runs.iter().enumerate() {
        let folder = three.join(format!("seed{seed}"));
        assert_eq!(*run, json(folder.join("report.json")));
        assert_eq!((run["seed"].as_u64(), get(folder.join("run.toml"), "seed")), (Some(seed as u64), seed.to_string()));
    }
    for (field, of_run) in [
        ("test_accuracy", (|run| number(&run["test_accuracy"])) as fn(&Value) -> f64),
        ("test_loss", |run| number(&run["epochs"][1]["test_loss"])),
        ("spikes_per_sample", |run| run["spikes_per_sample"].as_array().expect("layers").iter().map(number).sum()),
    ] {
        let values: Vec<f64> = runs.iter().map(of_run).collect();
        let mean = values.iter().sum::<f64>() / 3.0;
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
        let found = &report[field];
        for (number_of, expected) in [("mean", mean), ("deviation", deviation)] {
            assert!((number(&found[number_of]) - expected).abs() < 1e-6 * (1.0 + expected), "{field}: {found}");
        }
        assert_eq!(found["values"], Value::from(values));
    }
    let (mean, deviation) = (number(&report["test_accuracy"]["mean"]), number(&report["test_accuracy"]["deviation"]));
    let line =
        format!("test accuracy after the last epoch: {:.2} ± {:.2} % (3 seeds)", 100.0 * mean, 100.0 * deviation);
    assert!(printed.stdout.contains(&line), "{}", printed.stdout);
    let page = text(three.join("report.html"));
    assert!(page.contains("<h1>lif-mlp on synthetic digits, 3 seeds</h1>"));
    assert!((0..3).all(|seed| page.contains(&format!("lif-mlp, seed {seed}"))));
    // Each is the run which `train` makes with that seed.
    succeed(folder.path(), &tiny("train", &["--out", "one", "--recipe", "lif-mlp", "--seed", "1"]));
    assert!(bytes(folder.path().join("one/weights.safetensors")) == bytes(three.join("seed1/weights.safetensors")));
}

#[test]
fn they_are_a_range_with_both_ends_or_a_list_and_have_a_folder_of_their_own() {
    let folder = folder();
    let report =
        document(folder.path(), &tiny("train", &["--seeds", "7,3", "--recipe", "chevalier2018-dense", "--json"]));
    assert_eq!(report["seeds"], Value::from(vec![7, 3]));
    assert_eq!(report, json(folder.path().join("runs/chevalier2018-dense-seeds7,3/report.json")));
    let one =
        document(folder.path(), &tiny("train", &["--seeds", "4..4", "--recipe", "chevalier2018-dense", "--json"]));
    assert!(one["test_accuracy"]["deviation"].is_null() && number(&one["test_accuracy"]["mean"]) > 0.0, "{one:#}");
    assert!(folder.path().join("runs/chevalier2018-dense-seeds4..4/seed4/run.toml").exists());
    for (seeds, expected) in
        [("4..0", "rising"), ("0..100000", "1000"), ("a", "`a`"), ("1,1", "twice"), ("-1..3", "seed")]
    {
        let argument = format!("--seeds={seeds}");
        let sentence = fail(folder.path(), &["train", &argument], 2);
        assert!(sentence.contains(expected), "{seeds}: {sentence}");
    }
}

#[test]
fn they_go_on_where_they_were_and_overwrite_nothing() {
    let folder = folder();
    let arguments = tiny("train", &["--out", "both", "--seeds", "0..1", "--recipe", "chevalier2018-dense"]);
    let resumed = [&arguments[..], &["--resume"]].concat();
    succeed(folder.path(), &arguments);
    let both = folder.path().join("both");
    let whole = json(both.join("report.json"));
    let before = contents(&both);
    for arguments in [
        arguments.clone(),
        tiny("compare", &["--out", "both"]),
        tiny("train", &["--out", "both", "--recipe", "chevalier2018-dense"]),
        [&resumed[..], &["--weight-decay", "0.5"]].concat(),
    ] {
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("both"), "{sentence}");
    }
    assert_eq!(before, contents(&both));
    // A seed which was not begun, and one which was only just begun, are trained; the others are done.
    for removed in ["nothing of it", "all but its lock"] {
        let seed = both.join("seed1");
        std::fs::remove_dir_all(&seed).expect("removed");
        std::fs::remove_file(both.join("report.json")).expect("removed");
        if removed == "all but its lock" {
            std::fs::create_dir_all(seed.join("checkpoint")).expect("a folder");
            std::fs::write(seed.join("checkpoint/lock"), b"").expect("written");
        }
        let printed = succeed(folder.path(), &resumed);
        assert!(printed.stdout.contains("done already"), "{}", printed.stdout);
        let report = json(both.join("report.json"));
        for seed in [0, 1] {
            assert_eq!(timeless(report["runs"][seed].clone()), timeless(whole["runs"][seed].clone()));
        }
        assert_eq!(report["test_accuracy"], whole["test_accuracy"]);
    }
}
