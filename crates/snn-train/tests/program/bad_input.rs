//! Bad input: one sentence, an exit code, nothing destroyed.

use std::path::Path;

use crate::common::{OTHERS, bytes, contents, fail, folder, is_required, program, succeed, tiny, write};

/// A folder with a tiny run called `run` in it.
fn with_run(recipe: &str) -> tempfile::TempDir {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--recipe", recipe, "--out", "run"]));
    folder
}

#[test]
fn impossible_options_are_named_with_what_is_possible() {
    let folder = folder();
    for (arguments, expected) in [
        (&["train", "--epochs", "0"][..], "at least 1 is needed"),
        (&["train", "--batch-size", "0"], "at least 1 is needed"),
        (&["train", "--time-steps", "0"], "at least 1 is needed"),
        (&["train", "--hidden", "100,0"], "at least 1 is needed"),
        (&["train", "--segments", "0"], "at least 1 is needed"),
        (&["train", "--train-samples", "0"], "at least 1 is needed"),
        (&["train", "--test-samples", "0"], "at least 1 is needed"),
        (&["train", "--threads", "0"], "at least 1 is needed"),
        (&["train", "--checkpoint-every", "0"], "at least 1 is needed"),
        (&["train", "--epochs", "-3"], "--epochs"),
        (&["train", "--epochs", "many"], "a whole number from 1 on is needed"),
        (&["train", "--time-steps", "100001"], "at most 100000 is possible"),
        (&["train", "--threads", "5000"], "at most 1024 are possible"),
        (&["train", "--learning-rate", "-1"], "from 0 to"),
        (&["train", "--learning-rate", "0.1,nan"], "from 0 to"),
        (&["train", "--seed", "-1"], "--seed"),
        (&["train", "--seeds", "4..0"], "--seeds"),
        (&["train", "--seeds", "0..1", "--seed", "3"], "--seed"),
        (&["train", "--backend", "abacus"], "auto, flex, ndarray, wgpu, cuda"),
        (&["train", "--dataset", "letters"], "auto, mnist, synthetic"),
        (&["train", "--precision", "f16"], "f32, bf16"),
        (&["train", "--colour", "red"], "--colour"),
        (&["train", "--model", "dense"], "--model"),
        (&["trian"], "train"),
        (&["evaluate"], "--run"),
        (&["evaluate", "--run", "x", "--batch-size", "0"], "at least 1 is needed"),
        (&["compare", "--recipe", "lif-mlp"], "--recipe"),
        (&["bench", "--neuron", "lif"], "--neuron"),
        (&["describe", "--input", "1,x"], "--input"),
    ] {
        let sentence = fail(folder.path(), arguments, 2);
        assert!(sentence.contains(expected), "{arguments:?}: {sentence}");
    }
    // What only a network can tell.
    for (arguments, expected) in [
        (&["train", "--recipe", "cubic"][..], "chevalier2018, chevalier2018-dense, lif-mlp, lif-flicker, spiking-conv"),
        (&["train", "--reset", "never"], "scaled, subtracted"),
        (&["train", "--decay", "1.5"], "0 to 1"),
        (&["train", "--threshold", "-1"], "above 0"),
        (&["train", "--optimizer", "adm"], "adam, adamw, sgd"),
        (&["train", "--loss", "entropy"], "cross-entropy"),
        (&["bench", "--backend", "flex", "--recipe", "cubic"], "chevalier2018-dense"),
        (&["describe", "cubic"], "chevalier2018-dense"),
        (&["compare", "lif-mlp", "cubic"], "chevalier2018-dense"),
        (&["compare", "lif-mlp"], "at least 2"),
        (&["compare", "lif-mlp", "lif-mlp"], "called lif-mlp"),
    ] {
        let sentence = fail(folder.path(), arguments, 1);
        assert!(sentence.contains(expected), "{arguments:?}: {sentence}");
    }
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn a_run_is_never_overwritten() {
    let folder = with_run("chevalier2018");
    let before = contents(folder.path());
    for command in ["train", "compare"] {
        let sentence = fail(folder.path(), &tiny(command, &["--out", "run"]), 1);
        assert!(sentence.contains("--resume") && sentence.contains("--out"), "{sentence}");
    }
    assert_eq!(before, contents(folder.path()));
    // A file of ours without a run file is no run, but it is not overwritten either.
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
    assert!(!folder.path().join("new/run.toml").exists());
}

#[test]
fn damaged_weights_are_named() {
    let folder = with_run("chevalier2018");
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
fn a_damaged_checkpoint_is_named_and_kept() {
    let folder = with_run("chevalier2018");
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
    let folder = with_run("chevalier2018");
    succeed(folder.path(), &tiny("train", &["--recipe", "chevalier2018-dense", "--out", "dense"]));
    for (file, arguments) in [
        ("weights.safetensors", vec!["evaluate", "--run", "run"]),
        ("checkpoint/state.safetensors", vec!["train", "--out", "run", "--resume"]),
    ] {
        write(folder.path().join("run").join(file), bytes(folder.path().join("dense").join(file)));
        let before = contents(folder.path());
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(
            sentence.contains("model chevalier2018-dense,") && sentence.contains("model is chevalier2018"),
            "{sentence}"
        );
        assert_eq!(before, contents(folder.path()));
    }
}

#[test]
fn a_backend_which_is_not_compiled_in_is_an_error_and_never_replaced() {
    let folder = folder();
    for (backend, compiled_in) in OTHERS {
        if !compiled_in {
            let sentence = fail(folder.path(), &["train", "--backend", backend, "--dataset", "synthetic"], 1);
            assert!(sentence.contains(backend) && sentence.contains("--features"), "{sentence}");
        }
    }
}

#[test]
fn products_in_bf16_are_refused_on_a_gpu() {
    let folder = folder();
    let probe =
        ["bench", "--backend", "wgpu", "--steps", "1", "--batch-size", "1", "--time-steps", "1", "--hidden", "2"];
    let output = program(folder.path(), &probe).output().expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        assert!(stderr.contains("has no device") || stderr.contains("not compiled in"), "{stderr}");
        assert!(!is_required("wgpu"), "{stderr}");
        println!("skipped: there is no device for wgpu");
        return;
    }
    for command in [&["bench"][..], &["train", "--dataset", "synthetic", "--out", "run"]] {
        let arguments = [command, &["--backend", "wgpu", "--precision", "bf16"]].concat();
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("--precision bf16") && sentence.contains("for the CPU"), "{sentence}");
    }
    assert!(!folder.path().join("run/run.toml").exists());
}

#[test]
fn a_run_which_memory_cannot_hold_is_refused_before_it_begins() {
    let folder = folder();
    let mut arguments = vec!["train", "--dataset", "synthetic", "--backend", "flex", "--batch-size", "60000"];
    arguments.extend(["--train-samples", "60000", "--test-samples", "10", "--time-steps", "100000", "--out", "run"]);
    if Path::new("/proc/meminfo").exists() {
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains("--time-steps") && sentence.contains("GiB"), "{sentence}");
        assert!(!folder.path().join("run/run.toml").exists());
    } else {
        println!("skipped: this system does not tell how much memory it has");
    }
}
