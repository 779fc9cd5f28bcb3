//! Numbers which are no numbers: named with their place, before anything good is overwritten.

use std::path::Path;

use safetensors::SafeTensors;
use serde_json::Value;

use crate::common::{bytes, contents, fail, folder, json, succeed, tiny};

/// Sets number `place` of `tensor` in a safetensors file, or all numbers if there is no `place`.
fn set(path: &Path, tensor: &str, place: Option<usize>, value: f32) {
    let mut file = bytes(path);
    let (header, metadata) = SafeTensors::read_metadata(&file).expect("a safetensors file");
    let (start, end) = metadata.tensors()[tensor].data_offsets;
    let data = &mut file[8 + header..][start..end];
    let numbers = data.chunks_exact_mut(4).enumerate().filter(|(at, _)| place.is_none_or(|place| place == *at));
    numbers.for_each(|(_, number)| number.copy_from_slice(&value.to_le_bytes()));
    std::fs::write(path, file).expect("written");
}

/// Changes fields of a JSON file.
fn change(path: &Path, fields: &[(&str, Value)]) {
    let mut document = json(path);
    for (field, value) in fields {
        document[*field] = value.clone();
    }
    std::fs::write(path, document.to_string()).expect("written");
}

#[test]
fn weights_which_are_no_numbers_are_named_by_every_command_which_uses_them() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let path = folder.path().join("run/weights.safetensors");
    let whole = bytes(&path);
    for (tensor, place, value, expected) in [
        ("layers.0.weight", 307, f32::NAN, "`layers.0.weight` is NaN at [3, 7]"),
        ("layers.1.bias", 9, f32::INFINITY, "`layers.1.bias` is inf at [9]"),
        ("layers.0.bias", 0, f32::NEG_INFINITY, "`layers.0.bias` is -inf at [0]"),
    ] {
        std::fs::write(&path, &whole).expect("written");
        set(&path, tensor, Some(place), value);
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
    succeed(folder.path(), &tiny("train", &["--out", "run", "--recipe", "dense"]));
    let path = folder.path().join("run/checkpoint/state.safetensors");
    let whole = bytes(&path);
    let (_, metadata) = SafeTensors::read_metadata(&whole).expect("a safetensors file");
    let mut names: Vec<String> =
        metadata.tensors().into_keys().filter(|name| name.contains("readout.weight")).collect();
    names.push("model.layers.0.norm.norm.running_var".to_owned());
    assert_eq!(names.len(), 4, "{names:?}");
    for name in names {
        std::fs::write(&path, &whole).expect("written");
        set(&path, &name, Some(1), f32::NAN);
        let before = contents(folder.path());
        let sentence = fail(folder.path(), &["train", "--out", "run", "--resume"], 1);
        assert!(sentence.contains("state.safetensors") && sentence.contains(&format!("`{name}` is NaN")), "{sentence}");
        assert_eq!(before, contents(folder.path()));
    }
}

#[test]
fn logits_which_are_no_numbers_are_no_answers() {
    let folder = folder();
    for model in ["spiking", "dense"] {
        succeed(folder.path(), &tiny("train", &["--out", model, "--model", model]));
        // Finite, but sums of them are not.
        for tensor in ["layers.0.bias", "layers.1.weight", "layers.1.bias"] {
            set(&folder.path().join(model).join("weights.safetensors"), tensor, None, f32::MAX);
        }
        let before = contents(folder.path());
        for arguments in [&["evaluate", "--run", model][..], &["plot", "--run", model, "--out", "figures"]] {
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
    for (name, options) in [
        ("spiking", &["--model", "spiking"][..]),
        ("dense", &["--model", "dense"]),
        ("lif", &["--recipe", "dense"]),
        ("conv", &["--recipe", "conv"]),
    ] {
        succeed(folder.path(), &tiny("train", &[&["--out", name], options].concat()));
        let run = folder.path().join(name);
        // One epoch which was good, then rates at which every number leaves the range of f32.
        change(&run.join("config.json"), &[("epochs", 4.into()), ("learning_rates", vec![f32::MAX; 1].into())]);
        let before = contents(&run);
        let sentence = fail(folder.path(), &["train", "--out", name, "--resume", "--checkpoint-every", "1"], 1);
        assert!(sentence.contains("training has failed") && sentence.contains("of epoch 3"), "{name}: {sentence}");
        assert!(sentence.contains("batch ") && sentence.contains("learning_rates"), "{name}: {sentence}");
        assert!(sentence.contains("layers.") || sentence.contains("readout."), "{name}: {sentence}");
        let is_result = |(name, _): &(String, Vec<u8>)| !name.contains("checkpoint/");
        let (before, after): (Vec<_>, Vec<_>) =
            (before.into_iter().filter(is_result).collect(), contents(&run).into_iter().filter(is_result).collect());
        assert_eq!(before, after, "{name}");
        // What is there can be used, and with other rates the run goes on.
        succeed(folder.path(), &["evaluate", "--run", name]);
    }
}

#[test]
fn a_run_which_fails_in_its_first_batches_leaves_nothing_to_mistake_for_a_result() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "whole"]));
    std::fs::create_dir(folder.path().join("run")).expect("a folder");
    let config = folder.path().join("run/config.json");
    std::fs::copy(folder.path().join("whole/config.json"), &config).expect("copied");
    change(&config, &[("learning_rates", vec![f32::MAX; 1].into())]);
    let sentence = fail(folder.path(), &["train", "--out", "run", "--resume"], 1);
    assert!(sentence.contains("of epoch 1") && sentence.contains("--seed"), "{sentence}");
    for name in ["weights.safetensors", "report.json", "report.html", "checkpoint/state.safetensors"] {
        assert!(!folder.path().join("run").join(name).exists(), "{name}");
    }
    // The way out.
    change(&config, &[("learning_rates", vec![0.1, 0.05, 0.01].into())]);
    succeed(folder.path(), &["train", "--out", "run", "--resume"]);
    let weights = |run: &str| bytes(folder.path().join(run).join("weights.safetensors"));
    assert_eq!(weights("run"), weights("whole"));
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
