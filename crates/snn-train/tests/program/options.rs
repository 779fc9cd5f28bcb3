//! Options and fields which would have no effect: refused with the reason, never dropped in silence.

use serde_json::Value;

use crate::common::{bytes, contents, fail, folder, json, succeed, tiny};

const OF_THE_ARTICLE: [[&str; 2]; 3] = [["--reset", "subtracted"], ["--after-spike", "0.5"], ["--precision", "f32"]];

#[test]
fn options_which_do_not_apply_to_a_network_are_refused_with_the_reason() {
    let folder = folder();
    for option in OF_THE_ARTICLE.into_iter().chain([["--time-steps", "7"]]) {
        let arguments = [tiny("train", &["--out", "run", "--model", "dense"]), option.to_vec()].concat();
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains(option[0]) && sentence.contains("without spikes (ReLU"), "{sentence}");
        assert!(sentence.contains("leave it out"), "{sentence}");
        assert!(!folder.path().join("run").exists(), "nothing was begun");
    }
    succeed(folder.path(), &tiny("train", &["--out", "run", "--model", "dense"]));
    succeed(folder.path(), &tiny("train", &["--out", "lif", "--recipe", "dense"]));
    let before = contents(folder.path());
    for option in OF_THE_ARTICLE {
        for run in ["run", "lif"] {
            let arguments = [&["train", "--out", run, "--resume"][..], &option].concat();
            let sentence = fail(folder.path(), &arguments, 1);
            assert!(sentence.contains(option[0]) && sentence.contains("does not apply"), "{sentence}");
        }
    }
    for arguments in [
        &["train", "--out", "run", "--resume", "--time-steps", "1"][..],
        &["evaluate", "--run", "run", "--time-steps", "3"],
        &["plot", "--run", "run", "--neuron", "0"],
    ] {
        let sentence = fail(folder.path(), arguments, 1);
        assert!(sentence.contains("does not apply") && sentence.contains("without spikes"), "{sentence}");
    }
    assert_eq!(before, contents(folder.path()));
}

#[test]
fn a_comparison_says_to_which_network_an_option_does_not_apply() {
    let folder = folder();
    let printed = succeed(folder.path(), &tiny("compare", &["--out", "both", "--reset", "subtracted"]));
    let line = printed.stdout.lines().find(|line| line.contains("not apply")).expect("a line");
    assert!(line.contains("--time-steps, --reset"), "{line}");
    let config = |run: &str| json(folder.path().join("both").join(run).join("config.json"));
    assert_eq!((config("spiking")["time_steps"].clone(), config("dense")["time_steps"].clone()), (8.into(), 1.into()));
    assert_eq!((&config("spiking")["reset"], &config("dense")["reset"]), (&"subtracted".into(), &"scaled".into()));
}

#[test]
fn fields_of_a_configuration_which_would_have_no_effect_are_refused() {
    let folder = folder();
    for (run, options, fields) in [
        (
            "dense",
            tiny("train", &["--out", "dense", "--model", "dense"]),
            &[
                ("time_steps", Value::from(7)),
                ("after_spike", 0.5.into()),
                ("precision", "bf16".into()),
                ("reset", "subtracted".into()),
            ][..],
        ),
        (
            "lif",
            tiny("train", &["--out", "lif", "--recipe", "dense"]),
            &[
                ("after_spike", Value::from(0.5)),
                ("reset", "subtracted".into()),
                ("precision", "bf16".into()),
                ("momentum", 0.9.into()),
                ("learning_rates", vec![0.1, 0.01].into()),
            ],
        ),
        (
            "spiking",
            tiny("train", &["--out", "spiking"]),
            &[
                ("sizes", Value::from(vec![784, 100, 20])),
                ("sizes", vec![700, 100, 10].into()),
                ("learning_rates", vec![1e300].into()),
                ("weight_decay", 1e300.into()),
                ("momentum", 0.999_999_999_999.into()),
                ("after_spike", 0.999_999_999_999.into()),
                ("epochs", (1u64 << 60).into()),
                ("validation_samples", u64::MAX.into()),
            ],
        ),
    ] {
        succeed(folder.path(), &options);
        let path = folder.path().join(run).join("config.json");
        let whole = bytes(&path);
        for (field, value) in fields {
            let mut config = json(&path);
            config[*field] = value.clone();
            std::fs::write(&path, config.to_string()).expect("written");
            for arguments in [vec!["evaluate", "--run", run], vec!["train", "--out", run, "--resume"]] {
                let sentence = fail(folder.path(), &arguments, 1);
                assert!(sentence.contains(&format!("`{field}` is")), "{run}: {field} {value}: {sentence}");
            }
            std::fs::write(&path, &whole).expect("written");
        }
    }
}

#[test]
fn a_folder_of_images_is_not_ignored_where_digits_are_drawn() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    let sentence = fail(folder.path(), &tiny("train", &["--out", "run", "--data-dir", "data"]), 1);
    assert!(sentence.contains("--data-dir data") && sentence.contains("synthetic"), "{sentence}");
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    for arguments in [
        &["train", "--out", "run", "--resume", "--data-dir", "data"][..],
        &["evaluate", "--run", "run", "--data-dir", "data"],
        &["plot", "--run", "run", "--data-dir", "data"],
        &["stdp", "--run", "run", "--out", "stdp", "--window", "2", "--data-dir", "data"],
    ] {
        let sentence = fail(folder.path(), arguments, 1);
        assert!(sentence.contains("--data-dir data"), "{sentence}");
    }
}

#[test]
fn options_of_other_work_are_refused_by_bench() {
    let folder = folder();
    for (arguments, option) in [
        (["bench", "--work", "scan", "--precision", "bf16"], "--precision"),
        (["bench", "--work", "scan", "--segment", "4"], "--segment"),
        (["bench", "--work", "scan", "--neuron", "article"], "--neuron"),
        (["bench", "--work", "sparse", "--neuron", "lif"], "--neuron"),
        (["bench", "--work", "sparse", "--segment", "4"], "--segment"),
    ] {
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains(option) && sentence.contains("--work step"), "{sentence}");
    }
}

#[test]
fn numbers_which_f32_cannot_hold_are_refused() {
    let folder = folder();
    for (option, value, expected) in [
        ("--weight-decay", "1e300", "from 0 to"),
        ("--weight-decay", "nan", "from 0 to"),
        ("--weight-decay", "-1", "from 0 to"),
        ("--after-spike", "0.99999999999", "from 0 to below 1"),
        ("--after-spike", "NaN", "from 0 to below 1"),
        ("--after-spike", "inf", "from 0 to below 1"),
    ] {
        let argument = format!("{option}={value}");
        let sentence = fail(folder.path(), &["train", &argument], 2);
        assert!(sentence.contains(expected), "{argument}: {sentence}");
    }
    // Nor is a zero with a sign another number than zero.
    succeed(folder.path(), &tiny("train", &["--out", "run", "--weight-decay=-0.0", "--after-spike=-0.0"]));
    let config = String::from_utf8(bytes(folder.path().join("run/config.json"))).expect("text");
    assert!(!config.contains("-0.0"), "{config}");
    let sentence = fail(folder.path(), &["train", "--epochs", "3", "--epochs", "4"], 2);
    assert!(sentence.contains("--epochs") && sentence.contains("multiple times"), "{sentence}");
    let many =
        ["train", "--dataset", "synthetic", "--backend", "flex", "--train-samples", "100000000000000", "--out", "many"];
    if std::path::Path::new("/proc/meminfo").exists() {
        let sentence = fail(folder.path(), &many, 1);
        assert!(sentence.contains("100000000") && sentence.contains("GiB"), "{sentence}");
    }
}

#[test]
fn a_measurement_of_spikes_says_truly_why_it_cannot_be() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "relu", "--model", "dense"]));
    succeed(folder.path(), &tiny("train", &["--out", "lif", "--recipe", "dense"]));
    succeed(folder.path(), &tiny("train", &["--out", "conv", "--recipe", "conv"]));
    succeed(folder.path(), &tiny("train", &["--out", "article"]));
    for (run, expected, not) in [
        ("relu", "it has no spikes", "it spikes"),
        ("lif", "the LIF network of --recipe dense: it spikes, but", "has no spikes"),
        ("conv", "--recipe conv: it spikes, but", "has no spikes"),
    ] {
        let sentence = fail(folder.path(), &["stdp", "--run", run, "--out", "stdp"], 1);
        assert!(sentence.contains(expected) && !sentence.contains(not), "{sentence}");
        assert!(sentence.contains("graded neuron") || run == "relu", "{sentence}");
    }
    for (option, value) in [("--window", "8"), ("--window", "18446744073709551615"), ("--stride", "9")] {
        let sentence = fail(folder.path(), &["stdp", "--run", "article", "--out", "stdp", option, value], 1);
        assert!(sentence.contains(&format!("{option} {value}")) && sentence.contains("8 time steps"), "{sentence}");
    }
    assert!(!folder.path().join("stdp").exists());
}
