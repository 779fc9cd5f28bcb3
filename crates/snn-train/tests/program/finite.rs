//! Numbers which are no numbers: named with their place, before anything good is overwritten.

use std::path::Path;

use safetensors::SafeTensors;
use serde_json::Value;

use crate::common::{bytes, contents, fail, folder, json, set, succeed, text, tiny};

/// Sets number `place` of `tensor` in a safetensors file, or all numbers if there is no `place`.
fn spoil(path: &Path, tensor: &str, place: Option<usize>, value: f32) {
    let mut file = bytes(path);
    let (header, metadata) = SafeTensors::read_metadata(&file).expect("a safetensors file");
    let (start, end) = metadata.tensors()[tensor].data_offsets;
    let data = &mut file[8 + header..][start..end];
    let numbers = data.chunks_exact_mut(4).enumerate().filter(|(at, _)| place.is_none_or(|place| place == *at));
    numbers.for_each(|(_, number)| number.copy_from_slice(&value.to_le_bytes()));
    std::fs::write(path, file).expect("written");
}

#[test]
fn weights_which_are_no_numbers_are_named_by_every_command_which_uses_them() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let path = folder.path().join("run/weights.safetensors");
    let whole = bytes(&path);
    for (tensor, place, value, expected) in [
        ("hidden.weight", 307, f32::NAN, "`hidden.weight` is NaN at [3, 7]"),
        ("output.bias", 9, f32::INFINITY, "`output.bias` is inf at [9]"),
        ("hidden.bias", 0, f32::NEG_INFINITY, "`hidden.bias` is -inf at [0]"),
    ] {
        std::fs::write(&path, &whole).expect("written");
        spoil(&path, tensor, Some(place), value);
        let before = contents(folder.path());
        for arguments in [
            &["evaluate", "--run", "run"][..],
            &["evaluate", "--run", "run", "--json"],
            &["plot", "--run", "run", "--out", "figures"],
            &["stdp", "--run", "run", "--out", "stdp", "--samples", "2", "--window", "2"],
        ] {
            let sentence = fail(folder.path(), arguments, 1);
            assert!(sentence.contains("weights.safetensors") && sentence.contains(expected), "{sentence}");
        }
        assert_eq!(before, contents(folder.path()));
    }
    // The way out which the sentence names: the checkpoint is whole.
    succeed(folder.path(), &["train", "--out", "run", "--resume"]);
    assert_eq!(bytes(&path), whole);
}

#[test]
fn a_checkpoint_with_numbers_which_are_none_is_named_and_kept() {
    let folder = folder();
    // Adam's state lives on after an epoch.
    succeed(folder.path(), &tiny("train", &["--out", "run", "--recipe", "lif-mlp"]));
    let path = folder.path().join("run/checkpoint/state.safetensors");
    let whole = bytes(&path);
    let (_, metadata) = SafeTensors::read_metadata(&whole).expect("a safetensors file");
    let mut names: Vec<String> = metadata.tensors().into_keys().filter(|name| name.contains("output.weight")).collect();
    names.push("model.norm.norm.running_var".to_owned());
    assert_eq!(names.len(), 4, "{names:?}");
    for name in names {
        std::fs::write(&path, &whole).expect("written");
        spoil(&path, &name, Some(1), f32::NAN);
        let before = contents(folder.path());
        let sentence = fail(folder.path(), &["train", "--out", "run", "--resume"], 1);
        assert!(sentence.contains("state.safetensors") && sentence.contains(&format!("`{name}` is NaN")), "{sentence}");
        assert_eq!(before, contents(folder.path()));
    }
}

#[test]
fn logits_which_are_no_numbers_are_no_answers() {
    let folder = folder();
    for recipe in ["chevalier2018", "chevalier2018-dense"] {
        succeed(folder.path(), &tiny("train", &["--out", recipe, "--recipe", recipe]));
        // Finite, but sums of them are not.
        for tensor in ["hidden.bias", "output.weight", "output.bias"] {
            spoil(&folder.path().join(recipe).join("weights.safetensors"), tensor, None, f32::MAX);
        }
        let before = contents(folder.path());
        for arguments in [&["evaluate", "--run", recipe][..], &["plot", "--run", recipe, "--out", "figures"]] {
            let sentence = fail(folder.path(), arguments, 1);
            assert!(sentence.contains("batch 1") && sentence.contains("no number"), "{sentence}");
        }
        let unchanged: Vec<_> =
            contents(folder.path()).into_iter().filter(|(name, _)| !name.contains("figures")).collect();
        assert_eq!(before, unchanged);
    }
}

#[test]
fn training_which_fails_names_the_place_and_keeps_what_was_good() {
    let folder = folder();
    for (recipe, parameters) in [
        ("chevalier2018", &["hidden.", "output."][..]),
        ("chevalier2018-dense", &["hidden.", "output."]),
        ("lif-mlp", &["hidden.", "norm.", "output."]),
        ("spiking-conv", &["conv1.", "norm1.", "conv2.", "norm2.", "conv3.", "norm3.", "output."]),
    ] {
        succeed(folder.path(), &tiny("train", &["--out", recipe, "--recipe", recipe]));
        let run = folder.path().join(recipe);
        // One epoch which was good, then rates at which every number leaves the range of f32.
        set(run.join("run.toml"), "epochs", "4");
        set(run.join("run.toml"), "rates", &format!("[{:e}]", f32::MAX));
        let (before, history) = (contents(&run), text(run.join("history.jsonl")));
        let sentence = fail(folder.path(), &["train", "--out", recipe, "--resume", "--checkpoint-every", "1"], 1);
        assert!(sentence.contains("training has failed") && sentence.contains("of epoch 3"), "{recipe}: {sentence}");
        assert!(sentence.contains("batch ") && sentence.contains("`rates`"), "{recipe}: {sentence}");
        assert!(sentence.contains(&format!("{recipe}/run.toml")), "{recipe}: {sentence}");
        let named = parameters.iter().any(|parameter| sentence.contains(&format!("`{parameter}")));
        assert!(named || sentence.contains("the current into `"), "{recipe}: {sentence}");
        let is_result = |(name, _): &(String, Vec<u8>)| !name.contains("checkpoint/") && !name.contains("history");
        let (before, after): (Vec<_>, Vec<_>) =
            (before.into_iter().filter(is_result).collect(), contents(&run).into_iter().filter(is_result).collect());
        assert_eq!(before, after, "{recipe}");
        assert!(text(run.join("history.jsonl")).starts_with(&history), "{recipe}");
        // What is there can be used, and with other rates the run goes on.
        succeed(folder.path(), &["evaluate", "--run", recipe]);
    }
}

#[test]
fn a_run_which_fails_in_its_first_batches_leaves_nothing_to_mistake_for_a_result() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "whole"]));
    std::fs::create_dir(folder.path().join("run")).expect("a folder");
    let run_file = folder.path().join("run/run.toml");
    std::fs::copy(folder.path().join("whole/run.toml"), &run_file).expect("copied");
    set(&run_file, "rates", &format!("[{:e}]", f32::MAX));
    let sentence = fail(folder.path(), &["train", "--out", "run", "--resume"], 1);
    assert!(sentence.contains("of epoch 1") && sentence.contains("--seed"), "{sentence}");
    for name in ["weights.safetensors", "report.json", "report.html", "checkpoint/state.safetensors"] {
        assert!(!folder.path().join("run").join(name).exists(), "{name}");
    }
    // The way out.
    set(&run_file, "rates", "[0.1, 0.05, 0.01]");
    succeed(folder.path(), &["train", "--out", "run", "--resume"]);
    for name in ["weights.safetensors", "run.toml"] {
        assert_eq!(
            bytes(folder.path().join("run").join(name)),
            bytes(folder.path().join("whole").join(name)),
            "{name}"
        );
    }
}

#[test]
fn a_run_whose_report_lacks_numbers_can_be_resumed_and_drawn() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let path = folder.path().join("run/report.json");
    let mut report = json(&path);
    report["epochs"][0]["train_loss"] = Value::Null;
    report["epochs"][1]["test_loss"] = Value::Null;
    std::fs::write(&path, report.to_string()).expect("written");
    succeed(folder.path(), &["plot", "--run", "run", "--format", "svg"]);
    succeed(folder.path(), &["train", "--out", "run", "--resume"]);
}
