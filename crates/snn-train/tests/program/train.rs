//! Training, comparing, evaluating.

use burn::tensor::Device;
use serde_json::Value;
use snn_core::synapse::Precision;

use crate::common::{
    OTHERS, bytes, fail, folder, get, is_required, json, program, succeed, tensors, text, timeless, tiny, write,
};

#[test]
fn the_same_seed_gives_the_same_report_and_weights_and_another_seed_does_not() {
    let folder = folder();
    let run = |out: &str, seed: &str| {
        succeed(folder.path(), &tiny("train", &["--out", out, "--seed", seed]));
        let run = folder.path().join(out);
        (timeless(json(run.join("report.json"))), bytes(run.join("weights.safetensors")))
    };
    let first = run("a", "7");
    assert_eq!(first, run("b", "7"));
    assert_ne!(first.1, run("c", "8").1);
}

#[test]
fn the_report_has_every_field_scripts_rely_on() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run", "--seed", "5"]));
    let report = json(folder.path().join("run/report.json"));
    for (field, expected) in [
        ("recipe", Value::from("chevalier2018")),
        ("model", Value::from("chevalier2018")),
        ("dataset", Value::from("synthetic")),
        ("backend", Value::from("flex")),
        ("path", Value::from("fused")),
        ("seed", Value::from(5)),
        ("parameters", Value::from(784 * 100 + 100 + 100 * 10 + 10)),
        ("time_steps", Value::from(8)),
        ("batch_size", Value::from(40)),
    ] {
        assert_eq!(report[field], expected, "{field}");
    }
    let epochs = report["epochs"].as_array().expect("epochs");
    assert_eq!(epochs.len(), 2);
    for (index, (epoch, rate)) in epochs.iter().zip([0.1, 0.05]).enumerate() {
        assert_eq!(epoch["epoch"], Value::from(index + 1));
        assert_eq!(epoch["learning_rate"], Value::from(rate));
        for field in ["train_accuracy", "test_accuracy"] {
            assert!((0.0..=1.0).contains(&epoch[field].as_f64().expect("a number")), "{field}");
        }
        for field in ["train_loss", "test_loss"] {
            assert!((0.01..10.0).contains(&epoch[field].as_f64().expect("a number")), "{field}");
        }
    }
    assert_eq!(report["test_accuracy"], epochs[1]["test_accuracy"]);
    assert_eq!(report["spikes_per_sample"].as_array().expect("layers").len(), 2);
    let silent: Vec<u64> =
        report["silent_neurons"].as_array().expect("layers").iter().map(|n| n.as_u64().expect("a count")).collect();
    assert!(silent.len() == 2 && silent[0] <= 100 && silent[1] <= 10, "{silent:?}");
}

#[test]
fn a_tiny_spiking_network_learns_the_synthetic_digits() {
    let folder = folder();
    let mut options = vec!["--dataset", "synthetic", "--backend", "flex", "--time-steps", "16", "--epochs", "3"];
    options.extend(["--train-samples", "2000", "--test-samples", "500", "--batch-size", "50", "--json"]);
    let printed = succeed(folder.path(), &[&["train", "--out", "run"], &options[..]].concat());
    let report: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
    let accuracy = report["test_accuracy"].as_f64().expect("a number");
    // One in ten is chance.
    assert!(accuracy > 0.7, "{report:#}");
}

#[test]
fn json_is_one_document_on_standard_output_and_everything_else_on_standard_error() {
    let folder = folder();
    let printed = succeed(folder.path(), &tiny("train", &["--out", "run", "--json"]));
    let report: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
    assert_eq!(report, json(folder.path().join("run/report.json")));
    assert!(printed.stderr.contains("data: synthetic digits") && printed.stderr.contains("backend flex"));
    // Without it, the lines are on standard output.
    let printed = succeed(folder.path(), &tiny("train", &["--out", "other"]));
    assert!(printed.stdout.contains("epoch 2: ") && printed.stderr.is_empty(), "{}", printed.stderr);
}

#[test]
fn a_plain_line_appears_every_10_batches() {
    let folder = folder();
    let printed = succeed(folder.path(), &tiny("train", &["--out", "run"]));
    assert!(!printed.stdout.contains("batch accuracy"), "4 batches per epoch: {}", printed.stdout);
    let mut arguments = tiny("train", &["--out", "fine"]);
    let place = arguments.iter().position(|argument| *argument == "40").expect("the batch size");
    arguments[place] = "8";
    let printed = succeed(folder.path(), &arguments);
    let lines: Vec<&str> = printed.stdout.lines().filter(|line| line.contains("batch accuracy")).collect();
    assert_eq!(lines.len(), 4, "20 batches in each of 2 epochs: {}", printed.stdout);
    assert!(lines[0].starts_with("epoch 1/2") && lines[0].contains("80/160"), "{}", lines[0]);
}

#[test]
fn a_silent_layer_is_warned_of_at_the_first_step() {
    let folder = folder();
    let printed = succeed(folder.path(), &tiny("train", &["--out", "alive"]));
    assert!(!printed.stdout.contains("warning"), "{}", printed.stdout);
    // Spikes leave one step late, and membranes are read out one step late: within two steps nothing comes of them, which is no fault
    // of thresholds.
    let place = tiny("train", &[]).iter().position(|argument| *argument == "8").expect("the time steps");
    for (time_steps, out) in [("1", "one"), ("2", "two"), ("3", "three")] {
        let mut arguments = tiny("train", &["--out", out]);
        arguments[place] = time_steps;
        let printed = succeed(folder.path(), &arguments);
        let warnings: Vec<&str> = printed.stdout.lines().filter(|line| line.starts_with("warning: ")).collect();
        if time_steps == "3" {
            assert!(warnings.iter().all(|line| !line.contains("under way")), "{}", printed.stdout);
            continue;
        }
        assert_eq!(warnings.len(), 1, "{}", printed.stdout);
        for expected in [
            &format!("{time_steps} time step"),
            "at least 3 are needed",
            "under way",
            "of 100 neurons of layer 1 fired",
        ] {
            assert!(warnings[0].contains(expected), "{}", warnings[0]);
        }
        assert!(!warnings[0].contains("Lower the threshold") && !warnings[0].contains(" 0 of 100"), "{}", warnings[0]);
        let printed = succeed(folder.path(), &["evaluate", "--run", out]);
        assert!(printed.stdout.contains("none reaches the logits"), "{}", printed.stdout);
    }
}

#[test]
fn products_in_bf16_are_another_run_which_is_kept_and_resumed_as_such_or_refused_with_a_reason() {
    let folder = folder();
    let options = tiny("train", &["--out", "bf16", "--precision", "bf16"]);
    if Precision::Bf16.available(&Device::flex()).is_err() {
        let sentence = fail(folder.path(), &options, 1);
        assert!(sentence.contains("--precision bf16") && sentence.contains("AVX-512-BF16"), "{sentence}");
        assert!(!folder.path().join("bf16/run.toml").exists());
        return;
    }
    succeed(folder.path(), &options);
    succeed(folder.path(), &tiny("train", &["--out", "f32"]));
    let weights = |out: &str| bytes(folder.path().join(out).join("weights.safetensors"));
    assert_ne!(weights("bf16"), weights("f32"));
    assert_eq!(get(folder.path().join("bf16/run.toml"), "precision"), "\"bf16\"");
    let report = json(folder.path().join("bf16/report.json"));
    let printed = succeed(folder.path(), &["evaluate", "--run", "bf16", "--json"]);
    let evaluated: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
    assert_eq!(evaluated["test_accuracy"], report["test_accuracy"]);
    let resumed = ["train", "--out", "bf16", "--resume", "--precision", "f32"];
    let sentence = fail(folder.path(), &resumed, 1);
    assert!(sentence.contains("--precision") && sentence.contains("`precision = \"f32\"` was asked for"), "{sentence}");
}

#[test]
fn without_a_command_the_program_trains() {
    let folder = folder();
    let options = &tiny("train", &["--recipe", "chevalier2018-dense"])[1..];
    succeed(folder.path(), options);
    let report = json(folder.path().join("runs/chevalier2018-dense-seed0/report.json"));
    assert_eq!(report["recipe"], "chevalier2018-dense");
    assert_eq!(report["path"], "reference");
    assert_eq!(report["spikes_per_sample"], Value::from(Vec::<f64>::new()));
}

#[test]
fn weights_are_parameters_only_and_named_as_documented() {
    let folder = folder();
    let of_linear = |name: &str, inputs: usize, outputs: usize| {
        vec![(format!("{name}.weight"), vec![inputs, outputs]), (format!("{name}.bias"), vec![outputs])]
    };
    let of_norm = |name: &str, channels: usize| {
        ["gamma", "beta", "running_mean", "running_var"]
            .map(|what| (format!("{name}.norm.{what}"), vec![channels]))
            .to_vec()
    };
    let of_conv = |name: &str, shape: [usize; 4]| vec![(format!("{name}.weight"), shape.to_vec())];
    let article = [of_linear("hidden", 784, 100), of_linear("output", 100, 10)].concat();
    for (recipe, mut expected) in [
        ("chevalier2018", article.clone()),
        ("chevalier2018-dense", article),
        (
            "lif-mlp",
            [vec![("hidden.weight".to_owned(), vec![784, 512])], of_norm("norm", 512), of_linear("output", 512, 10)]
                .concat(),
        ),
        (
            "spiking-conv",
            [
                of_conv("conv1", [32, 1, 5, 5]),
                of_norm("norm1", 32),
                of_conv("conv2", [64, 32, 3, 3]),
                of_norm("norm2", 64),
                of_conv("conv3", [128, 64, 3, 3]),
                of_norm("norm3", 128),
                of_linear("output", 2048, 10),
            ]
            .concat(),
        ),
    ] {
        succeed(folder.path(), &tiny("train", &["--recipe", recipe, "--out", recipe]));
        let run = folder.path().join(recipe);
        let file = bytes(run.join("weights.safetensors"));
        let (_, header) = safetensors::SafeTensors::read_metadata(&file).expect("a header");
        let metadata = header.metadata().clone().expect("metadata");
        assert_eq!(metadata.get("model").map(String::as_str), Some(recipe));
        assert_eq!(metadata.get("format").map(String::as_str), Some("2"));
        let shapes: Vec<_> = tensors(&run).into_iter().map(|(name, shape, _)| (name, shape)).collect();
        expected.sort();
        assert_eq!(shapes, expected);
    }
}

#[test]
fn compare_trains_the_articles_networks_and_says_how_they_differ() {
    let folder = folder();
    let printed = succeed(folder.path(), &tiny("compare", &["--out", "both", "--json"]));
    let document: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
    assert_eq!(document, json(folder.path().join("both/report.json")));
    let recipes = ["chevalier2018", "chevalier2018-dense"];
    assert_eq!(document.as_object().expect("a table").keys().collect::<Vec<_>>(), recipes);
    for recipe in recipes {
        assert_eq!(document[recipe]["recipe"], recipe);
        assert_eq!(document[recipe], json(folder.path().join("both").join(recipe).join("report.json")));
    }
    assert!(printed.stderr.contains("epoch   chevalier2018   chevalier2018-dense"), "{}", printed.stderr);
    // The runs are those which `train` makes.
    succeed(folder.path(), &tiny("train", &["--recipe", "chevalier2018-dense", "--out", "alone"]));
    assert_eq!(
        bytes(folder.path().join("alone/weights.safetensors")),
        bytes(folder.path().join("both/chevalier2018-dense/weights.safetensors"))
    );
}

#[test]
fn compare_takes_any_recipes_by_name_or_file() {
    let folder = folder();
    write(folder.path().join("own/small.toml"), "network = 'net.toml'\n[training]\nrates = [0.2]");
    write(
        folder.path().join("own/net.toml"),
        "nodes = [{ linear = 5, name = 'hidden' }, { relu = true }, { linear = 10 }]",
    );
    let three = tiny("compare", &["--out", "three", "lif-mlp", "own/small.toml", "chevalier2018"]);
    let printed = succeed(folder.path(), &three);
    assert!(printed.stdout.contains("small:\n--time-steps does not apply to it"), "{}", printed.stdout);
    let report = json(folder.path().join("three/report.json"));
    assert_eq!(report.as_object().map(serde_json::Map::len), Some(3), "{report:#}");
    assert_eq!(report["small"]["parameters"], 784 * 5 + 5 + 5 * 10 + 10);
    let page = text(folder.path().join("three/report.html"));
    assert!(page.contains("<h1>lif-mlp beside small beside chevalier2018 on synthetic digits</h1>"));
    let heading = printed.stdout.lines().find(|line| line.starts_with("epoch   ")).expect("the table");
    assert_eq!(heading.split_whitespace().collect::<Vec<_>>(), ["epoch", "lif-mlp", "small", "chevalier2018"]);
    // A run of a file's recipe is called after the file.
    assert!(folder.path().join("three/small/run.toml").exists());
}

#[test]
fn evaluate_finds_what_training_reported() {
    let folder = folder();
    for recipe in ["chevalier2018", "chevalier2018-dense"] {
        succeed(folder.path(), &tiny("train", &["--recipe", recipe, "--out", recipe]));
        let report = json(folder.path().join(recipe).join("report.json"));
        let printed = succeed(folder.path(), &["evaluate", "--run", recipe, "--json"]);
        let document: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
        assert_eq!(document["test_accuracy"], report["test_accuracy"]);
        assert_eq!(document["test_loss"], report["epochs"][1]["test_loss"]);
        assert_eq!(document["spikes_per_sample"], report["spikes_per_sample"]);
        assert_eq!(document["silent_neurons"], report["silent_neurons"]);
        assert_eq!((&document["recipe"], &document["model"]), (&recipe.into(), &recipe.into()));
        assert_eq!(document["total"], 60);
        let confusion = document["confusion"].as_array().expect("ten rows");
        let images: u64 = confusion.iter().flat_map(|row| row.as_array().expect("ten")).filter_map(Value::as_u64).sum();
        assert_eq!(images, 60);
    }
    let fewer = succeed(folder.path(), &["evaluate", "--run", "chevalier2018", "--time-steps", "3", "--json"]);
    let fewer: Value = serde_json::from_str(&fewer.stdout).expect("one JSON document");
    assert_eq!(fewer["time_steps"], 3);
}

#[test]
fn every_backend_compiled_in_learns_alike() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "flex"]));
    let flex = json(folder.path().join("flex/report.json"));
    for (backend, compiled_in) in OTHERS {
        let mut arguments = tiny("train", &["--out", backend]);
        let place = arguments.iter().position(|argument| *argument == "flex").expect("the backend");
        arguments[place] = backend;
        let output = program(folder.path(), &arguments).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !compiled_in {
            assert!(!output.status.success() && stderr.contains("not compiled in"), "{backend}: {stderr}");
            continue;
        }
        if stderr.contains("has no device") && !is_required(backend) {
            println!("skipped: {backend} has no device here");
            continue;
        }
        assert!(output.status.success(), "{backend}: {stderr}");
        let report = json(folder.path().join(backend).join("report.json"));
        assert_eq!(report["backend"], backend);
        assert_eq!(report["path"], "fused");
        for (ours, theirs) in
            report["epochs"].as_array().expect("epochs").iter().zip(flex["epochs"].as_array().expect("epochs"))
        {
            let difference =
                ours["train_loss"].as_f64().expect("a number") - theirs["train_loss"].as_f64().expect("a number");
            // The same noise, but sums in another order: a spike at the threshold may fall to either side.
            assert!(difference.abs() < 1e-3, "{backend}: {ours} and {theirs}");
        }
    }
}
