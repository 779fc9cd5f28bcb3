//! `--set` and the short options: the keys of a recipe.

use crate::common::{bytes, contents, fail, folder, get, json, number, succeed, tensors, text, tiny, write};

#[test]
fn any_key_of_a_recipe_can_be_set() {
    let folder = folder();
    let mut arguments = tiny("train", &["--out", "run"]);
    for set in [
        "hidden.linear=20",
        "hidden.bias=false",
        "hidden.init={ gain = 0.5 }",
        "hidden_neurons.decay=0.75",
        "network.output_neurons.penalty=1.25",
        "logits.readout=max",
        "training.rates=[0.2, 0.1]",
        "training.optimizer = { sgd = 0.25 }",
        "training.clipping.norm=2",
        "training.weight_decay=0.001",
        "data.validation=0.25",
        "data.transforms=[\"affine\"]",
    ] {
        arguments.extend(["--set", set]);
    }
    succeed(folder.path(), &arguments);
    let run = folder.path().join("run/run.toml");
    for (key, expected) in [
        ("hidden", "{ linear = 20, name = \"hidden\", bias = false, init = { gain = 0.5 } }"),
        ("rates", "[0.2, 0.1]"),
        ("optimizer", "{ sgd = 0.25, restart = false }"),
        ("weight_decay", "0.001"),
        ("validation_samples", "40"),
        ("transforms", "[\"affine\"]"),
    ] {
        assert_eq!(get(&run, key), expected, "{key}");
    }
    for (key, expected) in [
        ("hidden_neurons", "decay = 0.75"),
        ("output_neurons", "penalty = 1.25"),
        ("logits", "readout = \"max\""),
        ("clipping", "norm = 2"),
    ] {
        assert!(get(&run, key).contains(expected), "{key}");
    }
    let shapes: Vec<_> =
        tensors(&folder.path().join("run")).into_iter().map(|(name, shape, _)| (name, shape)).collect();
    assert_eq!(shapes[0], ("hidden.weight".to_owned(), vec![784, 20]));
    assert_eq!(number(&json(folder.path().join("run/report.json"))["epochs"][0]["learning_rate"]), 0.2);
}

#[test]
fn a_key_which_is_not_there_is_named_with_those_that_are() {
    let folder = folder();
    for (set, expected) in [
        ("training.epochs", &["KEY=VALUE"][..]),
        ("epochs=3", &["TABLE.KEY or NODE.KEY"]),
        ("training.epoch=3", &["`epoch`", "epochs, "]),
        ("trainig.epochs=3", &["`trainig`", "training, data, machine", "hidden, hidden_neurons, output"]),
        ("hiden.linear=3", &["`hiden`", "node1, hidden, hidden_neurons, output, output_neurons, logits"]),
        ("hidden.linar=3", &["`hidden`", "`linar`", "bias"]),
        ("hidden.linear=many", &["`hidden`", "a whole number"]),
        ("hidden.linear=-3", &["`hidden`", "`linear` is -3"]),
        ("hidden_neurons.neuron=cubic", &["`cubic`", "graded-lif"]),
        ("hidden_neurons.neuron=lif", &["`penalty`"]),
        ("training.epochs.x=3", &["training.epochs.x"]),
        ("training.optimizer.adam=0.5", &["optimizer"]),
        ("training.clipping.nrm=1", &["`nrm`", "norm, value"]),
        ("data.name=letters", &["`letters`", "mnist"]),
        ("data.shape=[3, 4]", &["`shape`", "random-spikes"]),
        // Where it computes is no part of a recipe.
        ("machine.threads=7", &["--threads"]),
        ("machine.backend=flex", &["--backend"]),
        // Nor is when its legs ended.
        ("training.legs=[1]", &["legs"]),
        ("format=3", &["TABLE.KEY or NODE.KEY"]),
        ("=", &["--set"]),
    ] {
        let sentence = fail(folder.path(), &tiny("train", &["--out", "run", "--set", set]), 1);
        for expected in expected {
            assert!(sentence.contains(expected), "{set}: `{expected}` is missing: {sentence}");
        }
    }
    assert!(contents(folder.path()).iter().all(|(name, _)| name.ends_with("lock")));
}

#[test]
fn short_options_are_the_same_as_their_keys_and_have_the_last_word() {
    let folder = folder();
    let short = [
        "--hidden=20",
        "--decay=0.75",
        "--threshold=0.5",
        "--reset=subtracted",
        "--after-spike=0.25",
        "--learning-rate=0.2,0.1",
        "--optimizer={ sgd = 0.25 }",
        "--weight-decay=0.01",
        "--segments=4",
        "--seed=3",
        "--loss=cross-entropy",
        // Behind it, but not the last word.
        "--set=hidden.linear=30",
        "--set=training.seed=4",
    ];
    succeed(folder.path(), &tiny("train", &[&["--out", "short"], &short[..]].concat()));
    let mut long = tiny("train", &["--out", "long"]);
    let neurons = ["hidden_neurons", "output_neurons"].map(|neurons| {
        ["decay=0.75", "threshold=0.5", "reset=subtracted", "after_spike=0.25"]
            .map(|key| format!("--set={neurons}.{key}"))
    });
    long.extend(neurons.iter().flatten().map(String::as_str));
    long.extend([
        "--set=hidden.linear=20",
        "--set=training.rates=[0.2, 0.1]",
        "--set=training.optimizer={ sgd = 0.25 }",
        "--set=training.weight_decay=0.01",
        "--set=training.segments=4",
        "--set=training.seed=3",
    ]);
    succeed(folder.path(), &long);
    for file in ["run.toml", "weights.safetensors"] {
        let [short, long] = ["short", "long"].map(|run| bytes(folder.path().join(run).join(file)));
        assert!(short == long, "{file}");
    }
    let run = text(folder.path().join("short/run.toml"));
    assert_eq!(run.matches("decay = 0.75, threshold = 0.5").count(), 2, "{run}");
    // Of the same key, the last one counts.
    succeed(folder.path(), &tiny("train", &["--out", "last", "--set", "training.seed=1", "--set", "training.seed=2"]));
    assert_eq!(get(folder.path().join("last/run.toml"), "seed"), "2");
}

#[test]
fn hidden_is_one_number_for_all_layers_or_one_for_each() {
    let folder = folder();
    let nodes = "nodes = [{ linear = 9, name = 'a' }, { relu = true }, { linear = 8, name = 'b' }, { relu = true }, { linear = 10 }]";
    write(folder.path().join("deep.toml"), nodes);
    let train = |out: &'static str, hidden: &'static str| {
        let arguments = tiny("train", &["--recipe", "deep.toml", "--out", out, "--hidden", hidden]);
        let time = arguments.iter().position(|one| *one == "--time-steps").expect("the time steps");
        [&arguments[..time], &arguments[time + 2..]].concat()
    };
    for (out, hidden, expected) in [("same", "7", [7, 7]), ("each", "7,6", [7, 6])] {
        succeed(folder.path(), &train(out, hidden));
        let shapes: Vec<_> = tensors(&folder.path().join(out)).into_iter().map(|(_, shape, _)| shape).collect();
        assert!(shapes.contains(&vec![784, expected[0]]) && shapes.contains(&expected.to_vec()), "{shapes:?}");
        assert!(shapes.contains(&vec![expected[1], 10]), "the last layer has one neuron for each class: {shapes:?}");
    }
    let sentence = fail(folder.path(), &train("three", "7,6,5"), 1);
    assert!(sentence.contains("3 numbers") && sentence.contains("2 hidden"), "{sentence}");
}
