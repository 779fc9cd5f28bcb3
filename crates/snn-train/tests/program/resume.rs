//! Interrupted runs.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::common::{bytes, contents, fail, folder, json, program, succeed, timeless, tiny};

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

fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin!("snn-train"))
        .current_dir(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Kills the training, without a warning, at the moment at which its checkpoint changes for the `count`th time.
fn kill_at_checkpoint(mut child: Child, folder: &Path, count: usize) {
    let path = folder.join("killed/checkpoint/state.safetensors");
    let changed = || std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    let begin = Instant::now();
    let mut last: Option<SystemTime> = changed();
    let mut seen = 0;
    while seen < count {
        assert!(begin.elapsed() < Duration::from_secs(120), "no checkpoint");
        assert!(child.try_wait().expect("a status").is_none(), "it ended before it could be killed");
        let now = changed();
        if now != last {
            seen += 1;
            last = now;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
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
    killed_again_and_again(&["--recipe", "conv"]);
}

#[test]
fn a_run_killed_before_its_first_checkpoint_begins_again() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "whole"]));
    let whole = folder.path().join("whole");
    let fresh = folder.path().join("fresh");
    std::fs::create_dir(&fresh).expect("a folder");
    std::fs::copy(whole.join("config.json"), fresh.join("config.json")).expect("copied");
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
    let weights = bytes(both.join("dense/weights.safetensors"));
    std::fs::remove_dir_all(both.join("dense")).expect("removed");
    std::fs::remove_file(both.join("report.json")).expect("removed");
    // Both the options of the comparison and none at all continue it; the second run is still to begin.
    succeed(folder.path(), &tiny("compare", &["--out", "both", "--resume"]));
    assert_eq!(weights, bytes(both.join("dense/weights.safetensors")));
    assert_eq!(json(both.join("report.json"))["dense"]["model"], "dense");
}

#[test]
fn other_options_than_the_runs_are_refused_and_nothing_changes() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let before = contents(&folder.path().join("run"));
    for (option, value, found) in [
        ("--epochs", "3", "2"),
        ("--seed", "1", "0"),
        ("--batch-size", "41", "40"),
        ("--time-steps", "9", "8"),
        ("--train-samples", "161", "160"),
        ("--test-samples", "61", "60"),
        ("--threads", "2", "1"),
        ("--model", "dense", "spiking"),
        ("--recipe", "conv", "spiking"),
        ("--reset", "subtracted", "Scaled"),
        ("--backend", "ndarray", "Flex"),
        ("--dataset", "mnist", "Synthetic"),
    ] {
        let sentence = fail(folder.path(), &["train", "--out", "run", "--resume", option, value], 1);
        assert!(sentence.contains(option) && sentence.contains(found), "{sentence}");
    }
    assert_eq!(before, contents(&folder.path().join("run")));
    // The run's own options may be repeated.
    succeed(folder.path(), &tiny("train", &["--out", "run", "--resume", "--model", "spiking", "--seed", "0"]));
}

#[test]
fn two_processes_do_not_train_in_one_folder() {
    let folder = folder();
    let mut child = start(folder.path(), &LONG);
    let begin = Instant::now();
    while !folder.path().join("killed/config.json").exists() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no configuration");
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
