//! The recipes.

use serde_json::Value;

use crate::common::{fail, folder, json, succeed, tiny};

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
    let conv = 32 * 5 * 5 + 64 * 32 * 3 * 3 + 128 * 64 * 3 * 3 + 2 * (32 + 64 + 128) + 128 * 4 * 4 * 10 + 10;
    for (recipe, model, parameters, others) in
        [("dense", "lif", dense, &[][..]), ("conv", "conv", conv, &["--batch-size", "50"])]
    {
        let report = short(recipe, others);
        assert_eq!(report["parameters"].as_u64(), Some(parameters), "{recipe}");
        assert_eq!((report["model"].as_str(), report["path"].as_str()), (Some(model), Some("fused")));
        let epochs = report["epochs"].as_array().expect("epochs");
        assert!(epochs[0]["test_accuracy"].is_null() && epochs[0]["test_loss"].is_null(), "{report:#}");
        for epoch in epochs {
            assert!(epoch["validation_accuracy"].is_f64() && epoch["validation_loss"].is_f64(), "{report:#}");
        }
        assert_eq!(report["test_accuracy"], epochs[1]["test_accuracy"]);
        // One in ten is chance.
        assert!(report["test_accuracy"].as_f64().expect("a number") > 0.8, "{report:#}");
    }
}

#[test]
fn a_run_of_a_recipe_is_evaluated_and_drawn_like_any_other() {
    for recipe in ["dense", "conv"] {
        let folder = folder();
        succeed(folder.path(), &tiny("train", &["--out", "run", "--recipe", recipe]));
        let report = json(folder.path().join("run/report.json"));
        let printed = succeed(folder.path(), &["evaluate", "--run", "run", "--json"]);
        let evaluated: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
        for field in ["test_accuracy", "spikes_per_sample", "silent_neurons", "model"] {
            assert_eq!(evaluated[field], report[field], "{recipe}, {field}");
        }
        let printed = succeed(folder.path(), &["plot", "--run", "run", "--format", "svg", "--json"]);
        let drawn: Value = serde_json::from_str(&printed.stdout).expect("one JSON document");
        let files = drawn["files"].as_array().expect("files").len();
        let layers = report["spikes_per_sample"].as_array().expect("layers").len();
        // Image, raster, rates, weights, confusion, curves, two of a hidden neuron; two heatmaps for each layer.
        assert_eq!(files, 8 + 2 * layers, "{drawn:#}");
        let page = std::fs::read_to_string(folder.path().join("run/report.html")).expect("the page");
        assert!(page.contains("validation accuracy"), "{recipe}");
    }
}

#[test]
fn options_of_the_article_are_refused_for_other_recipes() {
    let folder = folder();
    for others in [["--model", "dense"], ["--reset", "subtracted"], ["--after-spike", "0.5"], ["--precision", "bf16"]] {
        let arguments = tiny("train", &["--out", "run", "--recipe", "conv"]);
        let sentence = fail(folder.path(), &[&arguments, &others[..]].concat(), 1);
        assert!(sentence.contains(others[0]) && sentence.contains("--recipe article"), "{sentence}");
        assert!(!folder.path().join("run").exists(), "nothing was begun");
    }
    succeed(folder.path(), &tiny("train", &["--out", "run", "--recipe", "article", "--model", "dense"]));
    assert_eq!(json(folder.path().join("run/config.json"))["model"], "dense");
}
