//! Networks on sequences: `random-spikes`, recurrence, no readout.

use serde_json::Value;

use crate::common::{bytes, document, fail, folder, get, json, number, succeed, tensors, text, write};

/// A recipe on random spikes, of `nodes`.
fn recipe(nodes: &str, training: &str) -> String {
    format!(
        "[network]\n{nodes}\n[training]\nepochs = 2\nbatch_size = 20\noptimizer = 'adam'\nrates = [0.01]\n{training}\n\
         [data]\nname = 'random-spikes'\nshape = [12, 30]\nclasses = 4\ntrain_samples = 100\ntest_samples = 40\n"
    )
}

const RECURRENT: &str = "nodes = [{ linear = 20, name = 'hidden' }, { neuron = 'lif', decay = 0.8, recurrent = true, name = 'neurons' }, \
                         { linear = 4, name = 'output' }, { neuron = 'leaky-integrator', decay = 0.9, name = 'integrators' }]";

const MACHINE: [&str; 4] = ["--backend", "flex", "--threads", "1"];

#[test]
fn a_recurrent_network_without_a_readout_learns_random_spikes() {
    let folder = folder();
    write(folder.path().join("spikes.toml"), recipe(RECURRENT, "loss = 'tet'"));
    let train = [&["train", "--recipe", "spikes.toml", "--out", "run"][..], &MACHINE].concat();
    let printed = succeed(folder.path(), &train);
    assert!(printed.stdout.contains("random spikes of the shape [12, 30]"), "{}", printed.stdout);
    assert!(printed.stdout.contains("100 + 40 spike trains"), "{}", printed.stdout);
    let run = folder.path().join("run");
    let report = json(run.join("report.json"));
    for (field, expected) in [
        ("recipe", Value::from("spikes")),
        ("dataset", "random-spikes".into()),
        ("time_steps", 12.into()),
        ("parameters", (30 * 20 + 20 + 20 * 20 + 20 + 20 * 4 + 4).into()),
        ("batch_size", 20.into()),
    ] {
        assert_eq!(report[field], expected, "{field}");
    }
    // One in four is chance.
    assert!(number(&report["test_accuracy"]) > 0.6, "{report:#}");
    assert_eq!(report["spikes_per_sample"].as_array().map(Vec::len), Some(1), "integrators send no spikes");
    let names: Vec<String> =
        tensors(&run).into_iter().map(|(name, ..)| name).filter(|name| name.starts_with("neurons")).collect();
    assert_eq!(names.len(), 2, "recurrent weight and bias: {names:?}");
    for (key, expected) in [("shape", "[12, 30]"), ("classes", "4"), ("train_samples", "100"), ("test_samples", "40")] {
        assert_eq!(get(run.join("run.toml"), key), expected);
    }
    let evaluated = document(folder.path(), &["evaluate", "--run", "run", "--json"]);
    for field in ["test_accuracy", "spikes_per_sample", "silent_neurons", "time_steps"] {
        assert_eq!(evaluated[field], report[field], "{field}");
    }
    assert_eq!(evaluated["confusion"].as_array().map(Vec::len), Some(4));
    assert_eq!(document(folder.path(), &["plot", "--run", "run", "--json"])["run"], "run");
    let stdp = ["stdp", "--run", "run", "--out", "stdp", "--samples", "8", "--window", "3", "--json"];
    let measured = document(folder.path(), &stdp);
    assert_eq!(measured["layers"][0]["name"], "neurons");
    assert!(text(run.join("report.html")).contains("spikes on random"));
    // The same again, and going on when all is done.
    succeed(folder.path(), &[&["train", "--recipe", "run/run.toml", "--out", "again"][..], &MACHINE].concat());
    succeed(folder.path(), &["train", "--out", "again", "--resume"]);
    assert!(bytes(run.join("weights.safetensors")) == bytes(folder.path().join("again/weights.safetensors")));
}

#[test]
fn options_of_images_are_refused() {
    let folder = folder();
    write(folder.path().join("spikes.toml"), recipe(RECURRENT, ""));
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    for (option, expected) in [
        (["--time-steps", "5"], "it has no time steps"),
        (["--data-dir", "data"], "--data-dir data"),
        (["--dataset", "synthetic"], "`shape` is of random-spikes"),
        (["--segments", "4"], "ends with a readout"),
        (["--set", "data.transforms=[\"affine\"]"], "`transforms`"),
        (["--set", "data.classes=5"], "5 classes"),
        (["--set", "data.shape=[12]"], "[time, features..]"),
        (["--set", "data.shape=[0, 3]"], "from 1 on"),
        (["--set", "data.dir=data"], "`dir`"),
    ] {
        let arguments = [&["train", "--recipe", "spikes.toml", "--out", "run"][..], &MACHINE, &option].concat();
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains(expected), "{option:?}: {sentence}");
        assert!(!folder.path().join("run/run.toml").exists(), "{option:?}");
    }
    // A network which would take images, too: what it asks for is not what is there.
    write(folder.path().join("any.toml"), recipe("nodes = [{ linear = 4 }]", ""));
    let arguments =
        ["train", "--recipe", "any.toml", "--out", "any", "--dataset", "synthetic", "--set", "node1.linear=10"];
    let sentence = fail(folder.path(), &[&arguments[..], &MACHINE].concat(), 1);
    assert!(sentence.contains("`shape`"), "{sentence}");
    assert!(!folder.path().join("any/run.toml").exists());
}

#[test]
fn samples_are_held_back_and_maps_convolved_there_too() {
    let folder = folder();
    let nodes = "nodes = [{ conv2d = 3, kernel = 3, padding = 1, name = 'conv' }, { neuron = 'lif', delay = 1, name = 'maps' }, \
                 { pool = 'avg', size = 2 }, { linear = 4, name = 'output' }, { neuron = 'lif', learn = ['decay'], name = 'out' }, \
                 { readout = 'spike-count', name = 'count' }]";
    let recipe = recipe(nodes, "").replace("[12, 30]", "[6, 2, 8, 8]") + "validation = 0.2\n";
    write(folder.path().join("maps.toml"), recipe);
    succeed(folder.path(), &[&["train", "--recipe", "maps.toml", "--out", "run"][..], &MACHINE].concat());
    let run = folder.path().join("run");
    assert_eq!(get(run.join("run.toml"), "validation_samples"), "20");
    let report = json(run.join("report.json"));
    assert!(
        report["epochs"][0]["test_loss"].is_null() && report["epochs"][0]["validation_loss"].is_f64(),
        "{report:#}"
    );
    assert!(tensors(&run).iter().any(|(name, ..)| name == "out.decay"), "a decay of each neuron is learned");
    let described = document(folder.path(), &["describe", "run", "--json"]);
    assert_eq!(described["nodes"][0]["output_shape"], Value::from(vec![3, 8, 8]));
    assert_eq!(described["parameters"], report["parameters"]);
    let drawn = document(folder.path(), &["plot", "--run", "run", "--json"]);
    assert!(drawn["files"].to_string().contains("layer1_maps.png"), "{drawn:#}");
}

#[test]
fn nodes_which_feed_each_other_are_trained() {
    let folder = folder();
    let nodes = "nodes = [{ linear = 16, name = 'in' }, { neuron = 'lif', name = 'first' }, { linear = 4, name = 'out' }, \
                 { neuron = 'lif', name = 'last' }, { readout = 'spike-count', name = 'count' }, \
                 { linear = 16, name = 'back' }]\n\
                 edges = [['last', 'back'], ['back', 'first', { delay = 1 }]]";
    write(folder.path().join("loop.toml"), recipe(nodes, ""));
    succeed(folder.path(), &[&["train", "--recipe", "loop.toml", "--out", "run"][..], &MACHINE].concat());
    let report = json(folder.path().join("run/report.json"));
    assert_eq!(report["spikes_per_sample"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        get(folder.path().join("run/run.toml"), "edges"),
        "[[\"last\", \"back\"], [\"back\", \"first\", { delay = 1 }]]"
    );
    assert!(tensors(&folder.path().join("run")).iter().any(|(name, ..)| name == "back.weight"));
    let evaluated = document(folder.path(), &["evaluate", "--run", "run", "--json"]);
    assert_eq!(evaluated["test_accuracy"], report["test_accuracy"]);
}
