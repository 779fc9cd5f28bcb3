//! Ctrl-C: the batch is finished, a checkpoint written, and one line says how to go on.
#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use crate::common::{bytes, folder, history, json, printed, program, start, succeed, timeless, wait_for};

/// A training of 3 epochs; it may be interrupted in the middle of each.
fn options<'a>(out: &'a str, others: &[&'a str]) -> Vec<&'a str> {
    let options = ["train", "--out", out, "--dataset", "synthetic", "--backend", "flex", "--threads", "1"];
    [&options[..], &["--train-samples", "1200", "--test-samples", "50", "--epochs", "3"], others].concat()
}

/// Sends what Ctrl-C sends; how the program ended.
fn interrupt(mut child: Child) -> Output {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a signal");
    assert!(sent.success());
    let begin = Instant::now();
    while child.try_wait().expect("a status").is_none() {
        if begin.elapsed() > Duration::from_secs(60) {
            child.kill().expect("it can be killed");
            panic!("it goes on as if nothing had happened");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().expect("it has ended")
}

/// The one line on standard error after an interruption.
#[track_caller]
fn line(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr.trim_end().to_owned()
}

/// Epoch and batch in the line, which says how to go on with the run in `folder`.
#[track_caller]
fn place(line: &str, folder: &str) -> (usize, usize) {
    let end = format!("; go on with: snn-train train --out {folder} --resume");
    let place = line.strip_prefix("interrupted after batch ").and_then(|line| line.strip_suffix(&end));
    let (batch, epoch) = place.and_then(|place| place.split_once(" of epoch ")).unwrap_or_else(|| panic!("{line}"));
    (epoch.parse().expect("an epoch"), batch.parse().expect("a batch"))
}

#[track_caller]
fn assert_same(folder: &Path, runs: [&str; 2]) {
    let path = |run: &str, file: &str| folder.join(run).join(file);
    for file in ["weights.safetensors", "run.toml"] {
        assert!(bytes(path(runs[0], file)) == bytes(path(runs[1], file)), "{file}");
    }
    let reports = runs.map(|run| timeless(json(path(run, "report.json"))));
    assert_eq!(reports[0], reports[1]);
    let histories = runs.map(|run| history(&folder.join(run)));
    assert_eq!(histories[0], histories[1]);
}

#[test]
fn an_interrupted_run_says_how_to_go_on_and_ends_like_one_left_alone() {
    let folder = folder();
    let others = ["--batch-size", "10", "--time-steps", "16", "--checkpoint-every", "5"];
    succeed(folder.path(), &options("whole", &others));
    let mut first = start(folder.path(), &options("run", &others));
    wait_for(&mut first, &folder.path().join("run/checkpoint/state.safetensors"), 2);
    let (epoch, batch) = place(&line(&interrupt(first)), "run");
    assert!((1..=3).contains(&epoch) && batch >= 5, "epoch {epoch}, batch {batch}");
    // Exactly what was done is kept, whatever --checkpoint-every says.
    let batches = |epoch: usize| {
        let lines = history(&folder.path().join("run"));
        lines.iter().filter(|line| line["epoch"] == epoch && line["batch"].is_u64()).count()
    };
    assert_eq!(batches(epoch), batch);
    // Interrupted once more, in whichever epoch.
    let resume = ["train", "--out", "run", "--resume", "--checkpoint-every", "5"];
    let mut second = start(folder.path(), &resume);
    wait_for(&mut second, &folder.path().join("run/checkpoint/state.safetensors"), 3);
    let later = place(&line(&interrupt(second)), "run");
    assert!(later > (epoch, batch), "{later:?}");
    let printed = succeed(folder.path(), &["train", "--out", "run", "--resume"]);
    let expected = format!("going on after {} epochs and {} batches", later.0 - 1, later.1);
    assert!(printed.stdout.contains(&expected), "{}", printed.stdout);
    assert_same(folder.path(), ["whole", "run"]);
}

#[test]
fn a_run_of_one_batch_per_epoch_is_interrupted_between_its_epochs() {
    let folder = folder();
    let others = ["--batch-size", "1200", "--recipe", "chevalier2018-dense", "--set", "training.epochs=100000"];
    let arguments = options("run", &others);
    let place = arguments.iter().position(|one| *one == "--epochs").expect("the epochs");
    let arguments = [&arguments[..place], &arguments[place + 2..]].concat();
    let mut child = start(folder.path(), &arguments);
    wait_for(&mut child, &folder.path().join("run/report.json"), 2);
    let line = line(&interrupt(child));
    assert!(line.contains("--resume"), "{line}");
    let epochs = json(folder.path().join("run/report.json"))["epochs"].as_array().map_or(0, Vec::len);
    let done = history(&folder.path().join("run"));
    assert_eq!(done.iter().filter(|line| line["batch"].is_null()).count(), epochs, "each epoch which was done is kept");
}

#[test]
fn several_seeds_are_interrupted_and_resumed_together() {
    let folder = folder();
    let others = ["--batch-size", "20", "--time-steps", "8", "--seeds", "5..6"];
    succeed(folder.path(), &options("whole", &others));
    let mut child = start(folder.path(), &options("both", &others));
    wait_for(&mut child, &folder.path().join("both/seed6/checkpoint/state.safetensors"), 1);
    place(&line(&interrupt(child)), "both/seed6");
    assert!(!folder.path().join("both/report.json").exists());
    let resumed = printed(&mut program(folder.path(), &options("both", &[&others[..], &["--resume"]].concat())));
    assert!(resumed.stdout.contains("all 3 epochs are done already"), "{}", resumed.stdout);
    for seed in ["seed5", "seed6"] {
        assert_same(folder.path(), [&format!("whole/{seed}"), &format!("both/{seed}")]);
    }
}
