//! Recipes from files.

use std::path::Path;

use crate::common::{
    bytes, contents, document, fail, folder, get, json, printed, program, succeed, tensors, text, tiny, write,
};

/// A network of integrate-and-fire neurons, as it stands in a file of its own.
const NETWORK: &str = "\
nodes = [
  { encode = 'bernoulli', time_steps = 6 },
  { linear = 30, name = 'hidden' },
  { neuron = 'integrate-and-fire', threshold = 1.0, name = 'neurons' },
  { linear = 10, name = 'output' },
  { neuron = 'leaky-integrator', decay = 0.8, name = 'integrators' },
  { readout = 'max', name = 'logits' },
]
";

const TRAINING: &str = "[training]\noptimizer = 'adam'\nrates = [0.01]\nepochs = 2\nbatch_size = 32\n";

const DATA: &str = "[data]\nname = 'synthetic'\ntrain_samples = 96\ntest_samples = 40\n";

/// Trains what `recipe` says, with nothing but what a machine decides.
fn train(folder: &Path, recipe: &str, out: &str) {
    succeed(folder, &["train", "--recipe", recipe, "--out", out, "--backend", "flex", "--threads", "1"]);
}

#[test]
fn a_network_stands_in_the_recipe_or_in_a_file_beside_it() {
    let folder = folder();
    write(folder.path().join("mine/inline.toml"), format!("[network]\n{NETWORK}{TRAINING}{DATA}"));
    write(folder.path().join("mine/beside.toml"), format!("network = \"networks/net.toml\"\n{TRAINING}{DATA}"));
    write(folder.path().join("mine/networks/net.toml"), NETWORK);
    write(folder.path().join("mine/table.toml"), format!("network = 'networks/table.toml'\n{TRAINING}{DATA}"));
    write(folder.path().join("mine/networks/table.toml"), format!("[network]\n{NETWORK}"));
    for recipe in ["inline", "beside", "table"] {
        train(folder.path(), &format!("mine/{recipe}.toml"), recipe);
    }
    let [inline, beside, table] = ["inline", "beside", "table"].map(|run| tensors(&folder.path().join(run)));
    assert!(inline == beside && inline == table);
    assert_eq!(
        inline.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(),
        ["hidden.bias", "hidden.weight", "output.bias", "output.weight"]
    );
    // The run has all of it, so nothing beside it is needed any more.
    std::fs::remove_dir_all(folder.path().join("mine")).expect("removed");
    let report = json(folder.path().join("beside/report.json"));
    assert_eq!((&report["recipe"], &report["time_steps"]), (&"beside".into(), &6.into()));
    let evaluated = document(folder.path(), &["evaluate", "--run", "beside", "--json"]);
    assert_eq!(evaluated["test_accuracy"], report["test_accuracy"]);
    assert!(get(folder.path().join("beside/run.toml"), "neurons").contains("integrate-and-fire"));
}

#[test]
fn a_network_alone_is_a_recipe_and_defaults_are_written_down() {
    let folder = folder();
    write(folder.path().join("net.toml"), NETWORK);
    succeed(folder.path(), &tiny("train", &["--recipe", "net.toml", "--out", "run"]));
    let run = folder.path().join("run/run.toml");
    for (key, expected) in [
        ("recipe", "\"net\""),
        ("loss", "\"cross-entropy\""),
        ("schedule", "\"per-epoch\""),
        ("rates", "[0.001]"),
        ("validation_samples", "0"),
        ("encode", "{ encode = \"bernoulli\", time_steps = 8 }"),
    ] {
        assert_eq!(get(&run, key), expected, "{key}");
    }
    // Its folder is called after it.
    succeed(folder.path(), &tiny("train", &["--recipe", "net.toml", "--seed", "4"]));
    assert!(folder.path().join("runs/net-seed4/report.html").exists());
}

#[test]
fn a_run_file_is_a_recipe_which_gives_the_same_weights() {
    let folder = folder();
    let recipes = ["chevalier2018", "chevalier2018-dense", "lif-mlp", "spiking-conv"];
    for recipe in recipes {
        succeed(folder.path(), &tiny("train", &["--recipe", recipe, "--out", recipe, "--seed", "5"]));
        let run = folder.path().join(recipe).join("run.toml");
        train(folder.path(), run.to_str().expect("text"), "again");
        let again = folder.path().join("again");
        assert!(
            bytes(folder.path().join(recipe).join("weights.safetensors")) == bytes(again.join("weights.safetensors"))
        );
        assert_eq!(bytes(&run), bytes(again.join("run.toml")), "{recipe}");
        std::fs::remove_dir_all(again).expect("removed");
    }
    // Options come on top, and another machine than the run's may compute.
    let run = ["train", "--recipe", "lif-mlp/run.toml", "--out", "other", "--seed", "6", "--threads", "2"];
    succeed(folder.path(), &[&run[..], &["--backend", "flex"]].concat());
    let of = |key: &str| get(folder.path().join("other/run.toml"), key);
    assert_eq!((of("seed").as_str(), of("threads").as_str(), of("recipe").as_str()), ("6", "2", "\"lif-mlp\""));
}

#[test]
fn another_data_set_may_be_asked_for_than_that_of_the_recipe() {
    let folder = folder();
    write(folder.path().join("mine.toml"), format!("[network]\n{NETWORK}{TRAINING}[data]\nname = 'mnist'\n"));
    let samples = ["--train-samples", "96", "--test-samples", "40", "--backend", "flex", "--out", "run"];
    let sentence = fail(folder.path(), &[&["train", "--recipe", "mine.toml"][..], &samples].concat(), 1);
    assert!(sentence.contains("--data-dir"), "MNIST is not available here: {sentence}");
    succeed(folder.path(), &[&["train", "--recipe", "mine.toml", "--dataset", "synthetic"][..], &samples].concat());
    assert_eq!(get(folder.path().join("run/run.toml"), "train_samples"), "96");
    assert_eq!(json(folder.path().join("run/report.json"))["dataset"], "synthetic");
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_what_there_is() {
    let folder = folder();
    let whole = format!("[network]\n{NETWORK}{TRAINING}{DATA}");
    for (from, to, expected) in [
        ("nodes = [", "nodes = [[", &["mine.toml", "line"][..]),
        ("epochs = 2", "epochs = = 2", &["mine.toml: line 13, column"]),
        ("'hidden'", "'output'", &["nodes 2 and 4 are both called `output`"]),
        ("linear = 30", "linar = 30", &["linar", "linear, neuron, norm"]),
        ("linear = 30", "linear = 0", &["`hidden`", "`linear` is 0"]),
        ("linear = 30, ", "linear = 30, bais = true, ", &["`hidden`", "`bais`", "bias"]),
        ("'integrate-and-fire'", "'integrate-and-fir'", &["`neurons`", "integrate-and-fire", "lif", "izhikevich"]),
        ("threshold = 1.0", "treshold = 1.0", &["`neurons`", "`treshold`", "threshold"]),
        ("threshold = 1.0", "delay = -1", &["`neurons`", "`delay` is -1"]),
        ("'bernoulli'", "'bernouli'", &["bernoulli", "flicker", "poisson"]),
        ("time_steps = 6", "steps = 6", &["time_steps"]),
        ("'max'", "'maximum'", &["`logits`", "max, mean, spike-count"]),
        ("linear = 10", "linear = 11", &["[11]", "10 classes"]),
        ("{ encode = 'bernoulli', time_steps = 6 },", "", &["{ encode = .., time_steps = .. }"]),
        ("[training]", "[trainig]", &["`trainig`", "training"]),
        ("epochs = 2", "epoch = 2", &["`epoch`", "epochs"]),
        ("epochs = 2", "epochs = 'two'", &["`epochs`", "a whole number"]),
        ("'adam'", "'adm'", &["`adm`", "adam, adamw, sgd"]),
        ("'adam'", "{ adam = { beta3 = 0.5 } }", &["`beta3`", "beta1, beta2"]),
        ("epochs = 2", "loss = 'hinge'", &["`hinge`", "cross-entropy", "tet", "van-rossum"]),
        ("epochs = 2", "schedule = 'cosine'", &["`cosine`", "one-cycle, per-epoch"]),
        ("epochs = 2", "precision = 'f16'", &["`f16`", "bf16, f32"]),
        ("'synthetic'", "'synthetics'", &["`synthetics`", "fashion-mnist", "random-spikes", "synthetic"]),
        ("test_samples", "tests", &["`tests`", "test_samples"]),
        ("test_samples = 40", "transforms = ['rotate']", &["`rotate`", "affine"]),
        ("test_samples = 40", "validation = 1.5", &["`validation` is 1.5"]),
        ("test_samples = 40", "validation_samples = 96", &["96 of 96"]),
        ("test_samples = 40", "classes = 10", &["`classes`", "random-spikes"]),
        ("[network]\n", "", &["nodes"]),
    ] {
        assert!(whole.contains(from), "{from}");
        write(folder.path().join("mine.toml"), whole.replacen(from, to, 1));
        let left =
            || -> Vec<_> { contents(folder.path()).into_iter().filter(|(name, _)| !name.ends_with("lock")).collect() };
        let before = left();
        let arguments = ["train", "--recipe", "mine.toml", "--out", "run", "--backend", "flex"];
        let sentence = fail(folder.path(), &arguments, 1);
        for expected in expected {
            assert!(sentence.contains(expected), "{to}: `{expected}` is missing: {sentence}");
        }
        assert!(before == left(), "{to}");
    }
}

#[test]
fn a_file_which_is_no_recipe_is_named() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("folder")).expect("a folder");
    for (name, content, expected) in [
        ("empty.toml", &b""[..], "there is no network"),
        ("binary.toml", &[0xff, 0x00], "binary.toml is no text"),
        ("gone.toml", b"network = 'not-there.toml'", "not-there.toml"),
        ("number.toml", b"network = 3", "`network` is 3"),
        ("slash.toml", b"recipe = 'a/b'\n[network]\nnodes = [{ linear = 10 }]", "`a/b`"),
        ("dot.toml", b"recipe = '.hidden'\n[network]\nnodes = [{ linear = 10 }]", "`.hidden`"),
        ("name.toml", b"recipe = 3\n[network]\nnodes = [{ linear = 10 }]", "`recipe` is 3"),
        ("with space.toml", b"nodes = [{ linear = 10 }]", "`with space`"),
        ("none.toml", b"[network]\nnodes = []", "at least one is needed"),
        ("words.toml", b"[network]\nnodes = ['linear']", "node 1"),
        ("edge.toml", b"nodes = [{ linear = 10 }]\nedges = [['a', 'node1']]", "`a`"),
    ] {
        write(folder.path().join(name), content);
        let sentence = fail(
            folder.path(),
            &["train", "--recipe", name, "--out", "run", "--backend", "flex", "--dataset", "synthetic"],
            1,
        );
        assert!(sentence.contains(expected), "{name}: {sentence}");
    }
    for (recipe, expected) in
        [("folder", "is a folder"), ("not-there.toml", "neither a recipe nor a file"), ("", "neither")]
    {
        let sentence = fail(folder.path(), &["train", "--recipe", recipe], 1);
        assert!(sentence.contains(expected) && sentence.contains("spiking-conv"), "{sentence}");
    }
    assert!(!folder.path().join("run/run.toml").exists() && !folder.path().join("runs").exists());
}

#[test]
fn a_recipe_is_called_what_it_calls_itself() {
    let folder = folder();
    let network = "[network]\nnodes = [{ linear = 10 }]\n";
    write(folder.path().join("file.toml"), format!("recipe = 'Its-own_name.2'\n{network}"));
    let data = ["--dataset", "synthetic", "--train-samples", "20", "--test-samples", "10", "--epochs", "1"];
    let printed = printed(&mut program(folder.path(), &[&["train", "--recipe", "file.toml"][..], &data].concat()));
    assert!(printed.stdout.contains("runs/Its-own_name.2-seed0"), "{}", printed.stdout);
    let run = folder.path().join("runs/Its-own_name.2-seed0");
    assert_eq!(json(run.join("report.json"))["recipe"], "Its-own_name.2");
    assert!(text(run.join("report.html")).contains("<h1>Its-own_name.2 on synthetic digits</h1>"));
}
