//! Interrupted runs.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::common::{bytes, contents, fail, folder, history, json, program, start, succeed, timeless, tiny, wait_for};

/// Options of a training long enough to be killed in: 3 epochs of 60 batches, a checkpoint after each batch.
const LONG: [&str; 21] = [
    "train",
    "--out",
    "killed",
    "--dataset",
    "synthetic",
    "--backend",
    "flex",
    "--threads",
    "1",
    "--train-samples",
    "600",
    "--test-samples",
    "50",
    "--batch-size",
    "10",
    "--time-steps",
    "12",
    "--epochs",
    "3",
    "--checkpoint-every",
    "1",
];

/// Kills the training, without a warning, at the moment at which its checkpoint changes for the `count`th time.
fn kill_at_checkpoint(mut child: Child, folder: &Path, count: usize) {
    wait_for(&mut child, &folder.join("killed/checkpoint/state.safetensors"), count);
    child.kill().expect("it can be killed");
    child.wait().expect("it is dead");
}

/// Kills a run of [`LONG`] with `options` again and again; it must end like one left alone.
fn killed_again_and_again(options: &[&str]) {
    let folder = folder();
    let killed = [&LONG[..], options].concat();
    let mut whole = killed.clone();
    whole[2] = "whole";
    succeed(folder.path(), &whole);

    kill_at_checkpoint(start(folder.path(), &killed), folder.path(), 3);
    for count in [1, 40, 30] {
        kill_at_checkpoint(
            start(folder.path(), &["train", "--out", "killed", "--resume", "--checkpoint-every", "1"]),
            folder.path(),
            count,
        );
    }
    // A file which was being written when the power failed does no harm.
    std::fs::write(folder.path().join("killed/checkpoint/state.safetensors.tmp"), b"half a fi").expect("written");
    let printed = succeed(folder.path(), &["train", "--out", "killed", "--resume"]);
    assert!(printed.stdout.contains("going on after"), "{}", printed.stdout);

    let path = |run: &str, file: &str| folder.path().join(run).join(file);
    let same_weights = || bytes(path("whole", "weights.safetensors")) == bytes(path("killed", "weights.safetensors"));
    assert!(same_weights());
    let reports = ["whole", "killed"].map(|run| timeless(json(path(run, "report.json"))));
    assert_eq!(reports[0], reports[1]);
    let histories = ["whole", "killed"].map(|run| history(&folder.path().join(run)));
    assert_eq!(histories[0].len(), 3 * (histories[0].len() / 3));
    assert_eq!(histories[0], histories[1]);
    assert_eq!(bytes(path("whole", "run.toml")), bytes(path("killed", "run.toml")));

    // Going on with a run which is complete changes nothing.
    let before = timeless(json(path("killed", "report.json")));
    let printed = succeed(folder.path(), &["train", "--out", "killed", "--resume"]);
    assert!(printed.stdout.contains("done already"), "{}", printed.stdout);
    assert_eq!(before, timeless(json(path("killed", "report.json"))));
    assert!(same_weights());
}

#[test]
fn a_run_killed_again_and_again_ends_like_one_left_alone() {
    killed_again_and_again(&[]);
}

#[test]
fn adam_norms_and_augmentation_survive_being_killed() {
    // The optimizer's state lives on from epoch to epoch, and the running statistics of norms are no gradient's work.
    killed_again_and_again(&["--recipe", "spiking-conv"]);
}

#[test]
fn a_run_killed_before_its_first_checkpoint_begins_again() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "whole"]));
    let whole = folder.path().join("whole");
    let fresh = folder.path().join("fresh");
    std::fs::create_dir(&fresh).expect("a folder");
    std::fs::copy(whole.join("run.toml"), fresh.join("run.toml")).expect("copied");
    succeed(folder.path(), &["train", "--out", "fresh", "--resume"]);
    assert_eq!(bytes(whole.join("weights.safetensors")), bytes(fresh.join("weights.safetensors")));
}

#[test]
fn a_run_killed_between_its_last_checkpoint_and_its_results_writes_them() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let run = folder.path().join("run");
    let files = ["weights.safetensors", "report.json"].map(|name| run.join(name));
    let before = files.each_ref().map(bytes);
    for file in &files {
        std::fs::remove_file(file).expect("removed");
    }
    succeed(folder.path(), &["train", "--out", "run", "--resume"]);
    assert_eq!(before, files.each_ref().map(bytes));
}

#[test]
fn a_comparison_goes_on_where_it_was() {
    let folder = folder();
    succeed(folder.path(), &tiny("compare", &["--out", "both"]));
    let both = folder.path().join("both");
    let weights = bytes(both.join("chevalier2018-dense/weights.safetensors"));
    std::fs::remove_dir_all(both.join("chevalier2018-dense")).expect("removed");
    std::fs::remove_file(both.join("report.json")).expect("removed");
    // Both the options of the comparison and none at all continue it; the second run is still to begin.
    succeed(folder.path(), &tiny("compare", &["--out", "both", "--resume"]));
    assert_eq!(weights, bytes(both.join("chevalier2018-dense/weights.safetensors")));
    assert_eq!(json(both.join("report.json"))["chevalier2018-dense"]["recipe"], "chevalier2018-dense");
}

#[test]
fn other_options_than_the_runs_are_refused_and_nothing_changes() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let before = contents(&folder.path().join("run"));
    for (option, value, found) in [
        ("--epochs", "1", "2 epochs"),
        ("--seed", "1", "`seed = 0`"),
        ("--batch-size", "41", "`batch_size = 40`"),
        ("--time-steps", "9", "time_steps = 8"),
        ("--train-samples", "161", "`train_samples = 160`"),
        ("--test-samples", "61", "`test_samples = 60`"),
        ("--threads", "2", "1 threads"),
        ("--recipe", "chevalier2018-dense", "is of chevalier2018,"),
        ("--recipe", "spiking-conv", "is of chevalier2018,"),
        ("--reset", "subtracted", "graded-lif"),
        ("--hidden", "50", "linear = 100"),
        ("--decay", "0.5", "decay = 0.9"),
        ("--learning-rate", "0.3", "`rates = [0.1, 0.05, 0.01]`"),
        ("--optimizer", "adam", "sgd = 0.5"),
        ("--weight-decay", "0.1", "`weight_decay = 0.0`"),
        ("--segments", "4", "`segments = 4` was asked for"),
        ("--set", "training.seed=1", "`seed = 0`"),
        ("--set", "machine.threads=2", "`threads = 1`"),
        ("--set", "training.legs=[1]", "`legs = [1]` was asked for"),
        ("--backend", "ndarray", "flex"),
        ("--dataset", "mnist", "synthetic"),
    ] {
        let sentence = fail(folder.path(), &["train", "--out", "run", "--resume", option, value], 1);
        assert!(sentence.contains(option) && sentence.contains(found), "{sentence}");
    }
    assert_eq!(before, contents(&folder.path().join("run")));
    // The run's own options may be repeated.
    succeed(folder.path(), &tiny("train", &["--out", "run", "--resume", "--recipe", "chevalier2018", "--seed", "0"]));
    for option in [["--decay", "0.9"], ["--set", "training.epochs=2"], ["--hidden", "100"]] {
        succeed(folder.path(), &[&["train", "--out", "run", "--resume"][..], &option].concat());
    }
}

#[test]
fn two_processes_do_not_train_in_one_folder() {
    let folder = folder();
    let mut child = start(folder.path(), &LONG);
    let begin = Instant::now();
    while !folder.path().join("killed/run.toml").exists() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no run file");
        std::thread::sleep(Duration::from_millis(1));
    }
    let sentence = fail(folder.path(), &["train", "--out", "killed", "--resume"], 1);
    assert!(sentence.contains("another process"), "{sentence}");
    child.kill().expect("it can be killed");
    child.wait().expect("it is dead");
    assert!(
        program(folder.path(), &["train", "--out", "killed", "--resume"]).output().expect("it runs").status.success()
    );
}
