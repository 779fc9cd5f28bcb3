//! Options which would have no effect: refused with the reason, never dropped in silence.

use serde_json::Value;

use crate::common::{contents, document, fail, folder, get, json, number, succeed, tensors, text, tiny};

const OF_NEURONS: [[&str; 2]; 4] =
    [["--reset", "subtracted"], ["--after-spike", "0.5"], ["--decay", "0.5"], ["--threshold", "2"]];

#[test]
fn options_which_do_not_apply_to_a_network_are_refused_with_the_reason() {
    let folder = folder();
    let of_time = ["--time-steps", "7"];
    for option in OF_NEURONS.into_iter().chain([of_time]) {
        let arguments = [tiny("train", &["--out", "run", "--recipe", "chevalier2018-dense"]), option.to_vec()].concat();
        let sentence = fail(folder.path(), &arguments, 1);
        let lack = if option == of_time { "it has no time steps" } else { "it has no neurons" };
        let expected = format!("{} does not apply to chevalier2018-dense: {lack}; leave it out", option[0]);
        assert!(sentence.contains(&expected), "{sentence}");
        assert!(!folder.path().join("run").exists(), "nothing was begun");
    }
    let conv = tiny("train", &["--out", "run", "--recipe", "spiking-conv"]);
    for (option, expected) in [
        (["--hidden", "7"], "it has no hidden linear layer"),
        (["--reset", "subtracted"], "none of its neurons has that"),
    ] {
        let sentence = fail(folder.path(), &[&conv[..], &option].concat(), 1);
        assert!(sentence.contains("does not apply to spiking-conv") && sentence.contains(expected), "{sentence}");
    }
    succeed(folder.path(), &tiny("train", &["--out", "run", "--recipe", "chevalier2018-dense"]));
    succeed(folder.path(), &tiny("train", &["--out", "lif", "--recipe", "lif-mlp"]));
    let before = contents(folder.path());
    for option in OF_NEURONS {
        let sentence = fail(folder.path(), &[&["train", "--out", "run", "--resume"][..], &option].concat(), 1);
        assert!(sentence.contains(option[0]) && sentence.contains("does not apply"), "{sentence}");
    }
    for (option, expected) in
        [(OF_NEURONS[0], "none, subtract, value, zero"), (OF_NEURONS[1], "after_spike = 0.5"), (OF_NEURONS[3], "2.0")]
    {
        let sentence = fail(folder.path(), &[&["train", "--out", "lif", "--resume"][..], &option].concat(), 1);
        assert!(sentence.contains(option[0]) && sentence.contains(expected), "{sentence}");
    }
    for (arguments, expected) in [
        (&["train", "--out", "run", "--resume", "--time-steps", "1"][..], "no time steps"),
        (&["evaluate", "--run", "run", "--time-steps", "3"], "no time steps"),
        (&["plot", "--run", "run", "--neuron", "0"], "no neurons"),
    ] {
        let sentence = fail(folder.path(), arguments, 1);
        assert!(sentence.contains("does not apply") && sentence.contains(expected), "{sentence}");
    }
    assert_eq!(before, contents(folder.path()));
}

#[test]
fn options_apply_to_every_network_which_has_a_use_for_them() {
    let folder = folder();
    for (recipe, option, node, expected) in [
        ("chevalier2018", ["--reset", "subtracted"], "hidden_neurons", "reset = \"subtracted\""),
        ("lif-mlp", ["--after-spike", "0.5"], "neurons", "after_spike = 0.5"),
        ("lif-mlp", ["--reset", "zero"], "neurons", "reset = \"zero\""),
        ("spiking-conv", ["--after-spike", "0.5"], "neurons2", "after_spike = 0.5"),
        ("spiking-conv", ["--decay", "0.25"], "neurons3", "decay = 0.25"),
        ("chevalier2018-dense", ["--hidden", "30"], "hidden", "linear = 30"),
        ("lif-mlp", ["--threshold", "1.5"], "neurons", "threshold = 1.5"),
        ("lif-mlp", ["--time-steps", "3"], "encode", "time_steps = 3"),
    ] {
        let out = format!("{recipe}{}", option[0]);
        let mut arguments = tiny("train", &["--out", &out, "--recipe", recipe, option[0], option[1]]);
        if option[0] == "--time-steps" {
            let place = arguments.iter().position(|one| *one == "--time-steps").expect("the time steps of all");
            arguments.drain(place..place + 2);
        }
        succeed(folder.path(), &arguments);
        let line = get(folder.path().join(&out).join("run.toml"), node);
        assert!(line.contains(expected), "{recipe} {option:?}: {line}");
    }
    // A linear layer is all that a precision needs; f32 is what there is anyway.
    succeed(
        folder.path(),
        &tiny("train", &["--out", "dense", "--recipe", "chevalier2018-dense", "--precision", "f32"]),
    );
    succeed(folder.path(), &tiny("train", &["--out", "plain", "--recipe", "chevalier2018-dense"]));
    assert_eq!(tensors(&folder.path().join("dense")), tensors(&folder.path().join("plain")));
    // An after-spike is no decoration.
    succeed(folder.path(), &tiny("train", &["--out", "lif", "--recipe", "lif-mlp"]));
    assert_ne!(tensors(&folder.path().join("lif")), tensors(&folder.path().join("lif-mlp--after-spike")));
}

#[test]
fn a_comparison_says_to_which_network_an_option_does_not_apply() {
    let folder = folder();
    let printed = succeed(folder.path(), &tiny("compare", &["--out", "both", "--reset", "subtracted"]));
    let line = printed.stdout.lines().find(|line| line.contains("not apply")).expect("a line");
    assert!(line.contains("--time-steps, --reset"), "{line}");
    let run = |recipe: &str| text(folder.path().join("both").join(recipe).join("run.toml"));
    let (spiking, dense) = (run("chevalier2018"), run("chevalier2018-dense"));
    assert_eq!((spiking.matches("time_steps = 8").count(), dense.matches("time_steps").count()), (1, 0));
    assert_eq!((spiking.matches("reset = \"subtracted\"").count(), dense.matches("reset").count()), (2, 0));
}

#[test]
fn a_folder_of_images_is_not_ignored_where_digits_are_drawn() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    let sentence = fail(folder.path(), &tiny("train", &["--out", "run", "--data-dir", "data"]), 1);
    assert!(sentence.contains("--data-dir data") && sentence.contains("synthetic"), "{sentence}");
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    for arguments in [
        &["train", "--out", "run", "--resume", "--data-dir", "data"][..],
        &["evaluate", "--run", "run", "--data-dir", "data"],
        &["plot", "--run", "run", "--data-dir", "data"],
        &["stdp", "--run", "run", "--out", "stdp", "--window", "2", "--data-dir", "data"],
    ] {
        let sentence = fail(folder.path(), arguments, 1);
        assert!(sentence.contains("--data-dir data"), "{sentence}");
    }
}

#[test]
fn options_of_other_work_are_refused_by_bench() {
    let folder = folder();
    for (arguments, option) in [
        (["bench", "--work", "scan", "--precision", "bf16"], "--precision"),
        (["bench", "--work", "scan", "--segments", "4"], "--segments"),
        (["bench", "--work", "scan", "--recipe", "chevalier2018"], "--recipe"),
        (["bench", "--work", "sparse", "--recipe", "lif-flicker"], "--recipe"),
        (["bench", "--work", "sparse", "--segments", "4"], "--segments"),
    ] {
        let sentence = fail(folder.path(), &arguments, 1);
        assert!(sentence.contains(option) && sentence.contains("--work step"), "{sentence}");
    }
}

#[test]
fn numbers_which_f32_cannot_hold_are_refused() {
    let folder = folder();
    for (option, value, expected, code) in [
        ("--weight-decay", "1e300", "from 0 to", 2),
        ("--weight-decay", "nan", "from 0 to", 2),
        ("--weight-decay", "-1", "from 0 to", 2),
        ("--learning-rate", "1e300", "from 0 to", 2),
        ("--after-spike", "0.99999999999", "0 <= after_spike < 1", 1),
        ("--after-spike", "NaN", "0 <= after_spike < 1", 1),
        ("--after-spike", "inf", "0 <= after_spike < 1", 1),
        ("--decay", "NaN", "a number from", 2),
        ("--threshold", "inf", "a number from", 2),
        ("--set hidden_neurons.decay", "nan", "0 to 1", 1),
        ("--set training.rates", "1e300", "`rates` is", 1),
    ] {
        let argument = format!("{option}={value}");
        let of_option = argument.split_once(' ').map_or(vec![argument.as_str()], |(set, rest)| vec![set, rest]);
        let sentence = fail(folder.path(), &[&tiny("train", &["--out", "refused"])[..], &of_option].concat(), code);
        assert!(sentence.contains(expected), "{argument}: {sentence}");
        assert!(!folder.path().join("refused/run.toml").exists(), "{argument}");
    }
    // Nor is a zero with a sign another number than zero.
    succeed(folder.path(), &tiny("train", &["--out", "run", "--weight-decay=-0.0", "--after-spike=-0.0"]));
    let run = text(folder.path().join("run/run.toml"));
    assert!(run.contains("after_spike = 0.0") && !run.contains("-0.0"), "{run}");
    let sentence = fail(folder.path(), &["train", "--epochs", "3", "--epochs", "4"], 2);
    assert!(sentence.contains("--epochs") && sentence.contains("multiple times"), "{sentence}");
    let many =
        ["train", "--dataset", "synthetic", "--backend", "flex", "--train-samples", "100000000000000", "--out", "many"];
    if std::path::Path::new("/proc/meminfo").exists() {
        let sentence = fail(folder.path(), &many, 1);
        assert!(sentence.contains("100000000"), "{sentence}");
        assert!(sentence.contains("GiB") || sentence.contains("`train_samples`"), "{sentence}");
    }
}

#[test]
fn a_measurement_of_spikes_says_truly_what_it_cannot_measure() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "relu", "--recipe", "chevalier2018-dense"]));
    succeed(folder.path(), &tiny("train", &["--out", "lif", "--recipe", "lif-mlp"]));
    succeed(folder.path(), &tiny("train", &["--out", "conv", "--recipe", "spiking-conv"]));
    succeed(folder.path(), &tiny("train", &["--out", "flicker", "--recipe", "lif-flicker"]));
    succeed(folder.path(), &tiny("train", &["--out", "article"]));
    let sentence = fail(folder.path(), &["stdp", "--run", "relu", "--out", "stdp"], 1);
    assert!(sentence.contains("chevalier2018-dense") && sentence.contains("it has no spikes"), "{sentence}");
    for (option, value) in [("--window", "8"), ("--window", "18446744073709551615"), ("--stride", "9")] {
        let sentence = fail(folder.path(), &["stdp", "--run", "article", "--out", "stdp", option, value], 1);
        assert!(sentence.contains(&format!("{option} {value}")) && sentence.contains("8 time steps"), "{sentence}");
    }
    assert!(!folder.path().join("stdp").exists());

    // Each layer of neurons which spike; pairs of spikes only where spikes arrive through a linear layer.
    for (run, names, decay, pairs) in [
        ("lif", &["neurons"][..], 0.5, false),
        ("conv", &["neurons1", "neurons2", "neurons3"], 0.5, false),
        ("flicker", &["hidden_neurons"], 0.9, true),
        ("article", &["hidden_neurons", "output_neurons"], 0.9, true),
    ] {
        let out = format!("stdp-{run}");
        let arguments = ["stdp", "--run", run, "--out", &out, "--samples", "5", "--window", "3", "--json"];
        let printed = succeed(folder.path(), &arguments);
        assert_eq!(printed.stderr.contains("not driven by a linear layer alone"), !pairs, "{run}: {}", printed.stderr);
        let measured = json(folder.path().join(&out).join("stdp.json"));
        assert_eq!(serde_json::from_str::<Value>(&printed.stdout).expect("one JSON document"), measured);
        assert_eq!(number(&measured["decay"]), decay, "{run}");
        for field in ["penalty", "reset"] {
            assert_eq!(measured[field].is_null(), run != "article", "{run}: {field}");
        }
        let layers = measured["layers"].as_array().expect("layers");
        let found: Vec<&str> = layers.iter().step_by(2).filter_map(|layer| layer["name"].as_str()).collect();
        assert_eq!(found, names);
        for layer in layers {
            assert_eq!(layer["theory_across_spikes"].is_null(), run != "article", "{run}");
            let [first, second] = [3, 4].map(|place| number(&layer["theory"][place]));
            let begin = if run == "article" { 1.0 } else { number(&layer["curve"][3]["influence"]) };
            assert!(first == begin && (second - decay * first).abs() < 1e-12, "{run}: {first}, {second}");
            for point in layer["curve"].as_array().expect("a curve") {
                assert_eq!(point["weight_change"].is_null(), !pairs, "{run}: {point}");
                assert!(pairs || point["pairs"] == 0, "{run}: {point}");
            }
        }
        // Behind a surrogate derivative, a spike says less than a graded one of what made it.
        let at_once = number(&layers[0]["curve"][3]["influence"]);
        assert!(number(&layers[0]["spikes"]) > 0.0 && at_once > 0.0 && at_once <= 1.0, "{run}: {at_once}");
        assert!(run != "article" || at_once == 1.0, "{at_once}");
        for place in 0..3 {
            assert_eq!(number(&layers[0]["curve"][place]["influence"]), 0.0, "{run}: no influence on what was before");
        }
    }
    let evaluated = document(folder.path(), &["evaluate", "--run", "flicker", "--json"]);
    assert_eq!(evaluated["spikes_per_sample"].as_array().map(Vec::len), Some(1), "integrators send no spikes");
}
