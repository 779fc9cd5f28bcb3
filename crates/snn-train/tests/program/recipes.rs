//! The recipes.

use serde_json::Value;

use crate::common::{contents, document, fail, folder, json, number, succeed, tensors, text, tiny};

/// A short training with `recipe` on synthetic digits; its report.
fn short(recipe: &str, others: &[&str]) -> Value {
    let folder = folder();
    let options = ["--dataset", "synthetic", "--backend", "flex", "--train-samples", "2400", "--test-samples", "500"];
    let options = [&["train", "--recipe", recipe, "--json", "--epochs", "2"], &options[..], others].concat();
    serde_json::from_str(&succeed(folder.path(), &options).stdout).expect("one JSON document")
}

#[test]
fn the_recipes_learn_and_open_the_test_set_once() {
    // Weights, two numbers for each normed channel, readout with bias; not the running statistics of the norms.
    let dense = 784 * 512 + 2 * 512 + 512 * 10 + 10;
    let flicker = 784 * 100 + 100 + 100 * 10 + 10;
    let conv = 32 * 5 * 5 + 64 * 32 * 3 * 3 + 128 * 64 * 3 * 3 + 2 * (32 + 64 + 128) + 128 * 4 * 4 * 10 + 10;
    for (recipe, parameters, others) in [
        ("lif-mlp", dense, &[][..]),
        ("spiking-conv", conv, &["--batch-size", "50"]),
        ("lif-flicker", flicker, &["--batch-size", "50", "--time-steps", "16", "--learning-rate", "0.01"]),
    ] {
        let report = short(recipe, others);
        assert_eq!(report["parameters"].as_u64(), Some(parameters), "{recipe}");
        assert_eq!((report["recipe"].as_str(), report["model"].as_str()), (Some(recipe), Some(recipe)));
        assert_eq!(report["path"].as_str(), Some("fused"));
        // One in ten is chance.
        let least = if recipe == "lif-flicker" { 0.7 } else { 0.8 };
        assert!(number(&report["test_accuracy"]) > least, "{report:#}");
        if recipe == "lif-flicker" {
            // Nothing is held back, so the test set is looked at after each epoch.
            assert!(report["epochs"][0]["test_accuracy"].is_f64(), "{report:#}");
            continue;
        }
        let epochs = report["epochs"].as_array().expect("epochs");
        assert!(epochs[0]["test_accuracy"].is_null() && epochs[0]["test_loss"].is_null(), "{report:#}");
        for epoch in epochs {
            assert!(epoch["validation_accuracy"].is_f64() && epoch["validation_loss"].is_f64(), "{report:#}");
        }
        assert_eq!(report["test_accuracy"], epochs[1]["test_accuracy"]);
    }
}

#[test]
fn a_run_of_a_recipe_is_evaluated_and_drawn_like_any_other() {
    for (recipe, of_a_layer) in [("lif-mlp", 2), ("spiking-conv", 3)] {
        let folder = folder();
        succeed(folder.path(), &tiny("train", &["--out", "run", "--recipe", recipe]));
        let report = json(folder.path().join("run/report.json"));
        let printed = succeed(folder.path(), &["evaluate", "--run", "run", "--json"]);
        let evaluated: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
        for field in ["test_accuracy", "spikes_per_sample", "silent_neurons", "model", "recipe"] {
            assert_eq!(evaluated[field], report[field], "{recipe}, {field}");
        }
        let printed = succeed(folder.path(), &["plot", "--run", "run", "--format", "svg", "--json"]);
        let drawn: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
        let files = drawn["files"].as_array().expect("files").len();
        let layers = report["spikes_per_sample"].as_array().expect("layers").len();
        // Image, raster, rates, weights, confusion, curves, two of a hidden neuron; for each layer two heatmaps, and its feature maps
        // if it has any.
        assert_eq!(files, 8 + of_a_layer * layers, "{drawn:#}");
        let maps = drawn["files"].as_array().expect("files").iter().filter(|file| file.to_string().contains("_maps"));
        assert_eq!(maps.count(), (of_a_layer - 2) * layers, "{drawn:#}");
        let page = text(folder.path().join("run/report.html"));
        assert!(page.contains("validation accuracy") && page.contains(&format!("{recipe} on synthetic digits")));
    }
}

#[test]
fn the_recipes_are_what_the_program_says_they_are() {
    let folder = folder();
    let sentence = fail(folder.path(), &["train", "--recipe", "article"], 1);
    let names = ["chevalier2018", "chevalier2018-dense", "lif-mlp", "lif-flicker", "spiking-conv"];
    assert!(sentence.contains(&names.join(", ")), "{sentence}");
    for recipe in names {
        // Their files are recipes from outside, too, and the same ones.
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/recipes");
        let file = format!("{path}/{recipe}.toml");
        let described = [recipe, &file].map(|recipe| document(folder.path(), &["describe", recipe, "--json"]));
        assert_eq!(described[0], described[1]);
        assert_eq!(described[0]["recipe"], recipe);
    }
    assert!(contents(folder.path()).is_empty());
    // An article's network is the default, and its twin without spikes differs in nothing else that is trained.
    let shapes = ["chevalier2018", "chevalier2018-dense"].map(|recipe| {
        succeed(folder.path(), &tiny("train", &["--recipe", recipe, "--out", recipe]));
        tensors(&folder.path().join(recipe)).into_iter().map(|(name, shape, _)| (name, shape)).collect::<Vec<_>>()
    });
    assert_eq!(shapes[0], shapes[1]);
    succeed(folder.path(), &tiny("train", &["--out", "default"]));
    assert_eq!(tensors(&folder.path().join("default")), tensors(&folder.path().join("chevalier2018")));
}
