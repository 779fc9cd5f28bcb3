//! `--resume` with more epochs: a further leg of training.

use crate::common::{bytes, contents, fail, folder, get, history, json, number, set, succeed, text, tiny};

/// The options of [`tiny`] with another number of epochs.
fn with_epochs<'a>(epochs: &'a str, others: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = tiny("train", others);
    let place = arguments.iter().position(|argument| *argument == "--epochs").expect("the epochs");
    arguments[place + 1] = epochs;
    arguments
}

#[test]
fn two_legs_are_as_good_as_one_where_the_rates_are_those_of_the_epochs() {
    let folder = folder();
    succeed(folder.path(), &with_epochs("5", &["--out", "whole"]));
    succeed(folder.path(), &with_epochs("2", &["--out", "legs"]));
    let run = folder.path().join("legs");
    let first = json(run.join("report.json"));
    for (epochs, legs) in [("3", "[2]"), ("5", "[2, 3]")] {
        let printed = succeed(folder.path(), &["train", "--out", "legs", "--resume", "--epochs", epochs]);
        assert!(printed.stdout.contains("going on after"), "{}", printed.stdout);
        assert_eq!(
            (get(run.join("run.toml"), "epochs"), get(run.join("run.toml"), "legs")),
            (epochs.into(), legs.into())
        );
    }
    let weights = |run: &str| bytes(folder.path().join(run).join("weights.safetensors"));
    assert!(weights("whole") == weights("legs"));
    // Nothing is lost: all epochs are in the report and in the history.
    let report = json(run.join("report.json"));
    let epochs = report["epochs"].as_array().expect("epochs");
    assert_eq!((epochs.len(), &epochs[..2]), (5, &first["epochs"].as_array().expect("epochs")[..]));
    assert_eq!(report["test_accuracy"], epochs[4]["test_accuracy"]);
    assert_eq!(history(&run), history(&folder.path().join("whole")));
    assert!(text(run.join("report.html")).contains("5 epochs with tests"));
    // The same number once more is no leg, and changes nothing.
    let before = bytes(run.join("run.toml"));
    let printed = succeed(folder.path(), &with_epochs("5", &["--out", "legs", "--resume"]));
    assert!(printed.stdout.contains("done already"), "{}", printed.stdout);
    assert_eq!(before, bytes(run.join("run.toml")));
}

#[test]
fn each_leg_has_a_cycle_of_its_own() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run", "--recipe", "lif-mlp"]));
    let run = folder.path().join("run");
    let opened = |epoch: usize| json(run.join("report.json"))["epochs"][epoch]["test_accuracy"].is_f64();
    assert!(!opened(0) && opened(1));
    succeed(folder.path(), &["train", "--out", "run", "--resume", "--set", "training.epochs=4"]);
    assert_eq!(get(run.join("run.toml"), "legs"), "[2]");
    let rates: Vec<f64> =
        history(&run).iter().filter(|line| line["batch"].is_u64()).map(|line| number(&line["learning_rate"])).collect();
    assert_eq!(rates.len(), 16);
    assert_eq!(rates[..8], rates[8..], "a cycle for each leg");
    // The test set is looked at after each leg.
    assert_eq!([0, 1, 2, 3].map(opened), [false, true, false, true]);
}

#[test]
fn fewer_epochs_cannot_be_trained_and_legs_are_no_part_of_a_recipe() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let before = contents(folder.path());
    let sentence = fail(folder.path(), &["train", "--out", "run", "--resume", "--epochs", "1"], 1);
    assert!(sentence.contains("2 epochs") && sentence.contains("fewer cannot be trained"), "{sentence}");
    assert_eq!(before, contents(folder.path()));
    succeed(folder.path(), &["train", "--out", "run", "--resume", "--epochs", "3"]);
    let again = ["train", "--recipe", "run/run.toml", "--backend", "flex", "--threads", "1", "--out", "again"];
    succeed(folder.path(), &again);
    assert!(!text(folder.path().join("again/run.toml")).contains("legs"));
    let weights = |run: &str| bytes(folder.path().join(run).join("weights.safetensors"));
    assert!(weights("run") == weights("again"));
    // Legs which cannot be are named.
    set(folder.path().join("run/run.toml"), "legs", "[3]");
    let sentence = fail(folder.path(), &["evaluate", "--run", "run"], 1);
    assert!(sentence.contains("`legs` is [3]"), "{sentence}");
}

#[test]
fn a_comparison_and_several_seeds_have_further_legs_too() {
    let folder = folder();
    succeed(folder.path(), &with_epochs("1", &["--out", "seeds", "--seeds", "0,2"]));
    succeed(folder.path(), &with_epochs("2", &["--out", "seeds", "--seeds", "0,2", "--resume"]));
    for seed in ["seed0", "seed2"] {
        assert_eq!(get(folder.path().join("seeds").join(seed).join("run.toml"), "legs"), "[1]");
    }
    let report = json(folder.path().join("seeds/report.json"));
    assert_eq!(report["runs"][1]["epochs"].as_array().map(Vec::len), Some(2));
    let compare = |epochs: &'static str, others: &[&'static str]| {
        let mut arguments = with_epochs(epochs, others);
        arguments[0] = "compare";
        succeed(folder.path(), &arguments);
    };
    compare("1", &["--out", "both"]);
    compare("2", &["--out", "both", "--resume"]);
    let report = json(folder.path().join("both/report.json"));
    for recipe in ["chevalier2018", "chevalier2018-dense"] {
        assert_eq!(report[recipe]["epochs"].as_array().map(Vec::len), Some(2));
        assert_eq!(get(folder.path().join("both").join(recipe).join("run.toml"), "legs"), "[1]");
    }
}
