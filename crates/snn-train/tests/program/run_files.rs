//! `run.toml`: what a run file may say, and what is said of one which is wrong.

use std::path::Path;

use crate::common::{bytes, contents, fail, folder, get, set, succeed, text, tiny, write};

/// Both commands which open a run refuse it with a sentence which contains each of `expected`, and change nothing.
#[track_caller]
fn refused(folder: &Path, run: &str, expected: &[&str]) {
    let before = contents(folder);
    for arguments in [vec!["evaluate", "--run", run], vec!["train", "--out", run, "--resume"]] {
        let sentence = fail(folder, &arguments, 1);
        for expected in expected {
            assert!(sentence.contains(expected), "`{expected}` is missing: {sentence}");
        }
    }
    assert_eq!(before, contents(folder));
}

#[test]
fn it_says_everything_that_determines_a_run() {
    let folder = folder();
    let others = ["--out", "run", "--seed", "3", "--segments", "4", "--set", "data.validation=0.25"];
    succeed(folder.path(), &tiny("train", &others));
    let path = folder.path().join("run/run.toml");
    for (key, expected) in [
        ("format", "2"),
        ("recipe", "\"chevalier2018\""),
        ("encode", "{ encode = \"flicker\", time_steps = 8 }"),
        ("hidden", "{ linear = 100, name = \"hidden\" }"),
        ("seed", "3"),
        ("epochs", "2"),
        ("batch_size", "40"),
        ("loss", "\"cross-entropy\""),
        ("optimizer", "{ sgd = 0.5, restart = true }"),
        ("schedule", "\"per-epoch\""),
        ("rates", "[0.1, 0.05, 0.01]"),
        ("weight_decay", "0.0"),
        ("precision", "\"f32\""),
        ("segments", "4"),
        // All that are read, those held back included.
        ("train_samples", "160"),
        ("test_samples", "60"),
        ("validation_samples", "40"),
        ("transforms", "[]"),
        ("backend", "\"flex\""),
        ("threads", "1"),
    ] {
        assert_eq!(get(&path, key), expected, "{key}");
    }
    let tables: Vec<String> = text(&path).lines().filter(|line| line.starts_with('[')).map(str::to_owned).collect();
    assert_eq!(tables, ["[network]", "[training]", "[data]", "[machine]"]);
    // No leg has ended yet.
    assert!(!text(&path).contains("legs"));
}

#[test]
fn a_run_of_another_version_is_refused() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    set(folder.path().join("run/run.toml"), "format", "7\na_key_of_the_future = true");
    refused(folder.path(), "run", &["format 7", "format 2"]);
}

#[test]
fn a_damaged_run_file_is_named() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let path = folder.path().join("run/run.toml");
    let whole = text(&path);
    let changed = |key: &str, value: &str| {
        write(&path, &whole);
        set(&path, key, value);
        text(&path)
    };
    let encoder = |steps: &str| changed("encode", &format!("{{ encode = \"flicker\", time_steps = {steps} }}"));
    let neurons = |keys: &str| changed("hidden_neurons", &format!("{{ {keys}, name = \"hidden_neurons\" }}"));
    let without = |from: &str| whole.split_once(from).expect("it is there").0.to_owned();
    for (content, expected) in [
        (without("]\n\n[training]"), "unclosed array"),
        ("no TOML".to_owned(), "damaged"),
        (String::new(), "format none"),
        (without("[machine]"), "[machine]"),
        (whole.replace("train_samples = 160\n", ""), "`train_samples`"),
        (whole.replace("recipe = ", "recepi = "), "`recipe`"),
        (changed("epochs", "0"), "`epochs` is 0"),
        (changed("epochs", "2.5"), "`epochs` is a number"),
        (changed("epochs", "2\nlegs = [2]"), "each leg must end later"),
        (changed("batch_size", "0"), "`batch_size` is 0"),
        (encoder("0"), "`time_steps` is 0"),
        (encoder("-1"), "`time_steps` is -1"),
        (changed("hidden", "{ linear = 0, name = \"hidden\" }"), "`linear` is 0"),
        (changed("hidden", "{ linar = 100, name = \"hidden\" }"), "linear"),
        (changed("hidden", "{ linear = 100, name = \"output\" }"), "called `output`"),
        (neurons("neuron = \"cubic\""), "graded-lif"),
        (neurons("neuron = \"graded-lif\", tau = 3.0"), "`tau`"),
        (changed("rates", "[]"), "`rates` is []"),
        (changed("optimizer", "{ sgd = 1.5, restart = true }"), "`momentum` is 1.5"),
        (changed("optimizer", "\"adm\""), "adam, adamw, sgd"),
        (changed("schedule", "\"cycle\""), "one-cycle, per-epoch"),
        (changed("loss", "\"entropy\""), "cross-entropy"),
        (changed("recipe", "\"../up\""), "../up"),
        (changed("backend", "\"abacus\""), "abacus"),
        (changed("threads", "0"), "`threads` is 0"),
        (changed("name", "\"letters\""), "letters"),
        (changed("seed", "0\nunknown = 1"), "`unknown`"),
        (changed("validation_samples", "160"), "160 of 160"),
    ] {
        write(&path, &content);
        refused(folder.path(), "run", &[expected]);
    }
    std::fs::write(&path, [0xff, 0xfe, 0x00]).expect("written");
    refused(folder.path(), "run", &["run.toml is damaged"]);
}

#[test]
fn weights_of_another_network_are_refused_with_both_shapes() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let path = folder.path().join("run/run.toml");
    set(&path, "hidden", "{ linear = 50, name = \"hidden\" }");
    refused(folder.path(), "run", &["`hidden.weight`", "[784, 100]", "[784, 50]"]);
    set(&path, "hidden", "{ linear = 100, name = \"hidden\" },\n  { linear = 100, name = \"second\" }");
    refused(folder.path(), "run", &["`second.weight`"]);
    set(&path, "second", "{ relu = true, name = \"second\" }");
    set(&path, "hidden", "{ linear = 100, name = \"renamed\" }");
    let sentence = fail(folder.path(), &["evaluate", "--run", "run"], 1);
    assert!(sentence.contains("`renamed.weight`") || sentence.contains("`hidden.weight`"), "{sentence}");
}

#[test]
fn keys_of_a_run_file_which_would_have_no_effect_are_refused() {
    let folder = folder();
    let dense = tiny("train", &["--out", "dense", "--recipe", "chevalier2018-dense"]);
    let lif = tiny("train", &["--out", "lif", "--recipe", "lif-mlp"]);
    let neurons = |keys: &str| format!("{{ neuron = \"graded-lif\", {keys}, name = \"hidden_neurons\" }}");
    let after_spike = neurons("after_spike = 0.999999999999");
    let spiking = tiny("train", &["--out", "spiking"]);
    for (run, options, keys) in [
        (
            "dense",
            dense,
            &[
                ("relu", "{ relu = true, time_steps = 7 }", "`time_steps`"),
                ("relu", "{ relu = true, after_spike = 0.5 }", "`after_spike`"),
                ("relu", "{ relu = true, reset = \"subtracted\" }", "`reset`"),
                ("precision", "\"f32\"\nsegments = 4", "`segments`"),
                ("precision", "\"f32\"\nrate_bounds = { at_most = 0.1 }", "`rate_bounds`"),
                ("name", "\"synthetic\"\nshape = [4, 5]", "`shape`"),
                ("name", "\"synthetic\"\nclasses = 10", "`classes`"),
                ("name", "\"synthetic\"\ndir = \"data\"", "`dir`"),
                ("name", "\"synthetic\"\nmd5 = \"0\"", "`md5`"),
            ][..],
        ),
        (
            "lif",
            lif,
            &[
                ("encode", "{ encode = \"constant\", time_steps = 8, threshold = 0.5 }", "`threshold`"),
                ("neurons", "{ neuron = \"lif\", penalty = 1.5, name = \"neurons\" }", "`penalty`"),
                ("neurons", "{ neuron = \"lif\", reset = \"subtracted\", name = \"neurons\" }", "`subtracted`"),
                ("optimizer", "{ adam = { momentum = 0.9 } }", "`momentum`"),
                ("rates", "[0.1, 0.01]", "`rates` is"),
                ("loss", "\"tet\"", "`tet`"),
            ],
        ),
        (
            "spiking",
            spiking,
            &[
                ("output", "{ linear = 20, name = \"output\" }", "10 classes"),
                ("rates", "[1e300]", "`rates` is"),
                ("weight_decay", "1e300", "`weight_decay` is"),
                ("optimizer", "{ sgd = 0.999999999999, restart = true }", "`momentum` is"),
                ("hidden_neurons", &after_spike, "`after_spike` is"),
                ("epochs", "1152921504606846976", "`epochs` is"),
                ("validation_samples", "18446744073709551615", "`validation_samples`"),
            ],
        ),
    ] {
        succeed(folder.path(), &options);
        let path = folder.path().join(run).join("run.toml");
        let whole = bytes(&path);
        for (key, value, expected) in keys {
            set(&path, key, value);
            refused(folder.path(), run, &[expected]);
            write(&path, &whole);
        }
    }
}
