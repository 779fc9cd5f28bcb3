//! `bench`: one training step beside its own limit.

use crate::common::{document, fail, folder, number, succeed, write};

const SMALL: [&str; 8] = ["bench", "--backend", "flex", "--steps", "1", "--batch-size", "8", "--json"];

#[test]
fn a_step_of_each_recipe_is_timed() {
    let folder = folder();
    for (recipe, others, time_steps) in [
        ("chevalier2018", &["--time-steps", "4"][..], 4),
        ("chevalier2018-dense", &["--hidden", "20"], 1),
        ("lif-mlp", &[], 8),
        ("lif-flicker", &["--time-steps", "5", "--segments", "2"], 5),
        ("spiking-conv", &[], 2),
    ] {
        let timed = document(folder.path(), &[&SMALL[..], &["--recipe", recipe], others].concat());
        assert_eq!((&timed["recipe"], &timed["model"]), (&recipe.into(), &recipe.into()));
        assert_eq!(
            (&timed["time_steps"], &timed["batch_size"], &timed["steps"]),
            (&time_steps.into(), &8.into(), &1.into())
        );
        assert!(number(&timed["step_seconds"]["median"]) > 0.0, "{timed:#}");
        // Convolutions have no bare matrix products to be compared with.
        assert!(timed["limit_seconds"]["total"].as_f64().is_some_and(|seconds| seconds > 0.0), "{timed:#}");
        assert_eq!(timed["segments"].as_u64(), (recipe == "lif-flicker").then_some(2));
    }
}

#[test]
fn a_recipe_from_a_file_is_timed_with_what_it_says() {
    let folder = folder();
    let recipe = "[network]\nnodes = [{ linear = 12 }, { neuron = 'lif', recurrent = true }, { linear = 3 }]\n\
                  [training]\nloss = 'tet'\nbatch_size = 5\n\
                  [data]\nname = 'random-spikes'\nshape = [7, 4]\nclasses = 3\n";
    write(folder.path().join("spikes.toml"), recipe);
    let arguments = ["bench", "--backend", "flex", "--steps", "1", "--json", "--recipe", "spikes.toml"];
    let timed = document(folder.path(), &arguments);
    assert_eq!(
        (&timed["recipe"], &timed["time_steps"], &timed["batch_size"]),
        (&"spikes".into(), &7.into(), &5.into())
    );
    // So are the segments of a recipe.
    let flicker = concat!(env!("CARGO_MANIFEST_DIR"), "/src/recipes/lif-flicker.toml");
    let text = std::fs::read_to_string(flicker).expect("a recipe").replace("[training]", "[training]\nsegments = 3");
    write(folder.path().join("cut.toml"), text);
    let timed = document(folder.path(), &[&SMALL[..], &["--recipe", "cut.toml", "--time-steps", "6"]].concat());
    assert_eq!(timed["segments"], 3);
}

#[test]
fn scans_and_sparse_products_are_timed() {
    let folder = folder();
    let sizes = ["--hidden", "16", "--time-steps", "4"];
    let scan = document(folder.path(), &[&SMALL[..], &["--work", "scan"], &sizes].concat());
    assert_eq!((&scan["work"], &scan["time_steps"], &scan["neurons"]), (&"scan".into(), &4.into(), &(8 * 16).into()));
    let sparse = document(folder.path(), &[&SMALL[..], &["--work", "sparse"], &sizes].concat());
    assert_eq!((&sparse["rows"], &sparse["inputs"]), (&32.into(), &16.into()));
    assert_eq!(sparse["levels"].as_array().map(Vec::len), Some(4));
    let printed = succeed(folder.path(), &SMALL[..7]);
    assert!(
        printed.stdout.contains("one training step: median") && printed.stdout.contains("its limit"),
        "{}",
        printed.stdout
    );
}

#[test]
fn options_which_do_not_apply_are_refused() {
    let folder = folder();
    for (recipe, option, expected) in [
        ("chevalier2018-dense", ["--time-steps", "4"], "no time steps"),
        ("chevalier2018-dense", ["--segments", "4"], "no time steps"),
        ("spiking-conv", ["--hidden", "4"], "no hidden linear layer"),
    ] {
        let sentence = fail(folder.path(), &[&SMALL[..], &["--recipe", recipe], &option].concat(), 1);
        assert!(sentence.contains("does not apply") && sentence.contains(expected), "{sentence}");
    }
}
