//! Bad input: one sentence, an exit code, nothing destroyed.

use std::path::Path;

#[cfg(feature = "wgpu")]
use snn_train::backend::{Backend, choose};

use crate::common::{bytes, contents, fail, folder, json, succeed, tiny};

fn write(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    std::fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()));
}

/// A folder with a tiny run called `run` in it.
fn with_run(model: &str) -> tempfile::TempDir {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--model", model, "--out", "run"]));
    folder
}

#[test]
fn impossible_options_are_named_with_what_is_possible() {
    let folder = folder();
    for (arguments, expected) in [
        (&["train", "--epochs", "0"][..], "at least 1 is needed"),
        (&["train", "--batch-size", "0"], "at least 1 is needed"),
        (&["train", "--time-steps", "0"], "at least 1 is needed"),
        (&["train", "--train-samples", "0"], "at least 1 is needed"),
        (&["train", "--test-samples", "0"], "at least 1 is needed"),
        (&["train", "--threads", "0"], "at least 1 is needed"),
        (&["train", "--checkpoint-every", "0"], "at least 1 is needed"),
        (&["train", "--epochs", "-3"], "--epochs"),
        (&["train", "--epochs", "many"], "a whole number from 1 on is needed"),
        (&["train", "--time-steps", "100001"], "at most 100000 is possible"),
        (&["train", "--threads", "5000"], "at most 1024 are possible"),
        (&["train", "--seed", "-1"], "--seed"),
        (&["train", "--model", "cubic"], "spiking, dense"),
        (&["train", "--backend", "abacus"], "auto, flex, ndarray, wgpu, cuda"),
        (&["train", "--dataset", "letters"], "auto, mnist, synthetic"),
        (&["train", "--reset", "never"], "scaled, subtracted"),
        (&["train", "--colour", "red"], "--colour"),
        (&["trian"], "train"),
        (&["evaluate"], "--run"),
        (&["evaluate", "--run", "x", "--batch-size", "0"], "at least 1 is needed"),
        (&["compare", "--model", "dense"], "--model"),
    ] {
        let sentence = fail(folder.path(), arguments, 2);
        assert!(sentence.contains(expected), "{arguments:?}: {sentence}");
    }
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn a_run_is_never_overwritten() {
    let folder = with_run("spiking");
    let before = contents(folder.path());
    for command in ["train", "compare"] {
        let sentence = fail(folder.path(), &tiny(command, &["--out", "run"]), 1);
        assert!(sentence.contains("--resume") && sentence.contains("--out"), "{sentence}");
    }
    assert_eq!(before, contents(folder.path()));
    // A file of ours without a configuration is no run, but it is not overwritten either.
    std::fs::create_dir(folder.path().join("other")).expect("a folder");
    write(folder.path().join("other/report.json"), "somebody's own");
    let sentence = fail(folder.path(), &tiny("train", &["--out", "other"]), 1);
    assert!(sentence.contains("report.json"), "{sentence}");
    assert_eq!(bytes(folder.path().join("other/report.json")), b"somebody's own");
}

#[test]
fn a_folder_without_a_run_is_named() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    for run in ["absent", "empty"] {
        for arguments in [vec!["evaluate", "--run", run], vec!["train", "--out", run, "--resume"]] {
            let sentence = fail(folder.path(), &arguments, 1);
            assert!(sentence.contains(&format!("no run in {run}")), "{sentence}");
        }
    }
    assert!(!folder.path().join("absent").exists());
}

#[test]
fn folders_which_cannot_be_used_are_named() {
    let folder = folder();
    write(folder.path().join("file"), "a regular file");
    for arguments in [
        tiny("train", &["--out", "file"]),
        tiny("train", &["--out", "file/below"]),
        tiny("compare", &["--out", "file/below"]),
        vec!["evaluate", "--run", "file"],
        vec!["evaluate", "--run", "file/below"],
        vec!["train", "--resume", "--out", "file/below"],
        vec!["train", "--dataset", "mnist", "--data-dir", "file", "--out", "new"],
        vec!["train", "--dataset", "mnist", "--data-dir", "file/below", "--out", "new"],
    ] {
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("file"), "{arguments:?}: {sentence}");
    }
    assert_eq!(bytes(folder.path().join("file")), b"a regular file");
    assert!(!folder.path().join("new/config.json").exists());
}

#[test]
fn a_run_of_another_version_is_refused() {
    let folder = with_run("spiking");
    let path = folder.path().join("run/config.json");
    let mut config = json(&path);
    config["format"] = 7.into();
    config["a_field_of_the_future"] = true.into();
    write(&path, config.to_string());
    let before = contents(folder.path());
    for arguments in [vec!["evaluate", "--run", "run"], vec!["train", "--out", "run", "--resume"]] {
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("format 7") && sentence.contains("format 1"), "{sentence}");
    }
    assert_eq!(before, contents(folder.path()));
}

#[test]
fn a_damaged_configuration_is_named() {
    let folder = with_run("spiking");
    let path = folder.path().join("run/config.json");
    let whole = json(&path);
    let changed = |field: &str, value: serde_json::Value| {
        let mut config = whole.clone();
        config[field] = value;
        config.to_string()
    };
    for (content, expected) in [
        (String::from_utf8(bytes(&path)).expect("text")[..40].to_owned(), "damaged"),
        ("no JSON".to_owned(), "damaged"),
        ("{}".to_owned(), "format none"),
        (changed("epochs", 0.into()), "`epochs` is 0"),
        (changed("batch_size", 0.into()), "`batch_size` is 0"),
        (changed("time_steps", 0.into()), "`time_steps` is 0"),
        (changed("time_steps", (-1).into()), "damaged"),
        (changed("sizes", vec![784].into()), "`sizes` is [784]"),
        (changed("sizes", vec![784, 0, 10].into()), "`sizes`"),
        (changed("learning_rates", Vec::<f64>::new().into()), "`learning_rates`"),
        (changed("momentum", 1.5.into()), "`momentum` is 1.5"),
        (changed("model", "cubic".into()), "cubic"),
        (changed("backend", "abacus".into()), "abacus"),
        (changed("dataset", "letters".into()), "letters"),
        (changed("unknown", 1.into()), "unknown"),
    ] {
        write(&path, &content);
        let before = contents(folder.path());
        for arguments in [vec!["evaluate", "--run", "run"], vec!["train", "--out", "run", "--resume"]] {
            let sentence = fail(folder.path(), &arguments, 1);
            assert!(sentence.contains(expected), "{content}: {sentence}");
        }
        let after = contents(folder.path());
        assert_eq!(before, after, "{content}");
    }
}

#[test]
fn damaged_weights_are_named() {
    let folder = with_run("spiking");
    let path = folder.path().join("run/weights.safetensors");
    let whole = bytes(&path);
    let mut huge = whole.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    for content in [&b""[..], b"short", &whole[..200], &whole[..whole.len() - 4], &huge] {
        write(&path, content);
        let sentence = fail(folder.path(), &["evaluate", "--run", "run"], 1);
        assert!(sentence.contains("weights.safetensors") && sentence.contains("damaged"), "{sentence}");
        assert_eq!(bytes(&path), content);
    }
    std::fs::remove_file(&path).expect("removed");
    let sentence = fail(folder.path(), &["evaluate", "--run", "run"], 1);
    assert!(sentence.contains("no weights.safetensors yet"), "{sentence}");
}

#[test]
fn weights_of_another_network_are_refused_with_both_shapes() {
    let folder = with_run("spiking");
    let path = folder.path().join("run/config.json");
    let mut config = json(&path);
    config["sizes"] = vec![784, 50, 10].into();
    write(&path, config.to_string());
    let sentence = fail(folder.path(), &["evaluate", "--run", "run"], 1);
    assert!(sentence.contains("[784, 100]") && sentence.contains("[784, 50]"), "{sentence}");
    let sentence = fail(folder.path(), &["train", "--out", "run", "--resume"], 1);
    assert!(sentence.contains("[784, 100]") && sentence.contains("[784, 50]"), "{sentence}");
    config["sizes"] = vec![784, 100, 100, 10].into();
    write(&path, config.to_string());
    let sentence = fail(folder.path(), &["evaluate", "--run", "run"], 1);
    assert!(sentence.contains("layers.1") || sentence.contains("layers.2"), "{sentence}");
}

#[test]
fn a_damaged_checkpoint_is_named_and_kept() {
    let folder = with_run("spiking");
    let path = folder.path().join("run/checkpoint/state.safetensors");
    let whole = bytes(&path);
    for content in [&b""[..], b"short", &whole[..300], &whole[..whole.len() - 4]] {
        write(&path, content);
        let before = contents(folder.path());
        let sentence = fail(folder.path(), &["train", "--out", "run", "--resume"], 1);
        assert!(sentence.contains("state.safetensors") && sentence.contains("--out"), "{sentence}");
        assert_eq!(before, contents(folder.path()));
    }
}

#[test]
fn files_of_another_model_are_refused_though_their_shapes_fit() {
    let folder = with_run("spiking");
    succeed(folder.path(), &tiny("train", &["--model", "dense", "--out", "dense"]));
    for (file, arguments) in [
        ("weights.safetensors", vec!["evaluate", "--run", "run"]),
        ("checkpoint/state.safetensors", vec!["train", "--out", "run", "--resume"]),
    ] {
        write(folder.path().join("run").join(file), bytes(folder.path().join("dense").join(file)));
        let before = contents(folder.path());
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("model dense") && sentence.contains("model is spiking"), "{sentence}");
        assert_eq!(before, contents(folder.path()));
    }
}

#[test]
fn a_backend_which_is_not_compiled_in_is_an_error_and_never_replaced() {
    let folder = folder();
    for (backend, compiled_in) in
        [("ndarray", cfg!(feature = "ndarray")), ("wgpu", cfg!(feature = "wgpu")), ("cuda", cfg!(feature = "cuda"))]
    {
        if !compiled_in {
            let sentence = fail(folder.path(), &["train", "--backend", backend, "--dataset", "synthetic"], 1);
            assert!(sentence.contains(backend) && sentence.contains("--features"), "{sentence}");
        }
    }
}

#[cfg(feature = "wgpu")]
#[test]
fn products_in_bf16_are_refused_on_a_gpu() {
    if choose(Backend::Wgpu).is_err() {
        println!("skipped: there is no device for wgpu");
        return;
    }
    let folder = folder();
    for command in [&["bench"][..], &["train", "--dataset", "synthetic", "--out", "run"]] {
        let arguments = [command, &["--backend", "wgpu", "--precision", "bf16"]].concat();
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("--precision bf16") && sentence.contains("for the CPU"), "{sentence}");
    }
    assert!(!folder.path().join("run/config.json").exists());
}

#[test]
fn a_run_which_memory_cannot_hold_is_refused_before_it_begins() {
    let folder = folder();
    let mut arguments = vec!["train", "--dataset", "synthetic", "--backend", "flex", "--batch-size", "60000"];
    arguments.extend(["--train-samples", "60000", "--test-samples", "10", "--time-steps", "100000", "--out", "run"]);
    if Path::new("/proc/meminfo").exists() {
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("--time-steps") && sentence.contains("GiB"), "{sentence}");
        assert!(!folder.path().join("run/config.json").exists());
    } else {
        println!("skipped: this system does not tell how much memory it has");
    }
}
