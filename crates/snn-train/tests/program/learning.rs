//! What a recipe may say of learning: losses, optimizers, bounds on rates, clipping, segments.

use std::path::Path;

use serde_json::Value;

use crate::common::{
    bytes, fail, folder, get, history, json, number, program, set, succeed, tensors, text, tiny, write,
};

/// Two layers of spiking neurons; the output is the spikes of the second one at each step.
const WITHOUT_READOUT: &str = "\
nodes = [
  { encode = 'constant', time_steps = 8 },
  { linear = 40, name = 'hidden' },
  { neuron = 'lif', decay = 0.8, threshold = 0.5, name = 'hidden_neurons' },
  { linear = 10, name = 'output' },
  { neuron = 'lif', decay = 0.8, threshold = 0.5, name = 'output_neurons' },
]
";

const LOSSES: [&str; 8] = [
    "cross-entropy",
    "count-cross-entropy",
    "max-membrane-cross-entropy",
    "tet",
    "mean-square-count",
    "first-spike-cross-entropy",
    "first-spike-mean-square",
    "van-rossum",
];

/// Trains with the options of a tiny run and others; the report.
#[track_caller]
fn report(folder: &Path, out: &str, others: &[&str]) -> Value {
    succeed(folder, &tiny("train", &[&["--out", out], others].concat()));
    json(folder.join(out).join("report.json"))
}

fn first_loss(folder: &Path, out: &str) -> f64 {
    number(&history(&folder.join(out))[0]["loss"])
}

#[test]
fn losses_are_chosen_by_name_for_a_network_without_a_readout() {
    let folder = folder();
    write(folder.path().join("net.toml"), WITHOUT_READOUT);
    let with = ["--recipe", "net.toml", "--optimizer", "adam", "--learning-rate", "0.01"];
    let mut firsts = Vec::new();
    for loss in LOSSES {
        let report = report(folder.path(), loss, &[&with[..], &["--loss", loss]].concat());
        for epoch in report["epochs"].as_array().expect("epochs") {
            for field in ["train_loss", "test_loss"] {
                assert!(number(&epoch[field]) > 0.0, "{loss}: {report:#}");
            }
        }
        assert!(
            number(&report["epochs"][1]["train_loss"]) < number(&report["epochs"][0]["train_loss"]),
            "{loss}: {report:#}"
        );
        let written = get(folder.path().join(loss).join("run.toml"), "loss");
        assert!(written.contains(loss), "{written}");
        let evaluated = succeed(folder.path(), &["evaluate", "--run", loss, "--json"]).stdout;
        let evaluated: Value = serde_json::from_str(&evaluated).expect("one JSON document");
        assert_eq!(evaluated["test_loss"], report["epochs"][1]["test_loss"], "{loss}");
        firsts.push(first_loss(folder.path(), loss));
    }
    // No two of them are the same thing under two names.
    firsts.sort_by(f64::total_cmp);
    assert!(firsts.windows(2).all(|pair| pair[0] < pair[1]), "{firsts:?}");
    // Constants, and their defaults in the run file.
    assert_eq!(get(folder.path().join("tet/run.toml"), "loss"), "{ tet = { lambda = 0.05, phi = 1.0 } }");
    report(folder.path(), "other", &[&with[..], &["--loss", "{ tet = { lambda = 0.5 } }"]].concat());
    assert_eq!(get(folder.path().join("other/run.toml"), "loss"), "{ tet = { lambda = 0.5, phi = 1.0 } }");
    assert_ne!(first_loss(folder.path(), "tet"), first_loss(folder.path(), "other"));
    for (loss, expected) in [
        ("{ tet = { lamda = 0.5 } }", "lambda, phi"),
        ("{ tet = { lambda = 2.0 } }", "`lambda` is 2"),
        ("{ cross-entropy = { lambda = 0.5 } }", "`lambda`"),
        ("hinge", "count-cross-entropy"),
        ("3", "`loss` is 3"),
    ] {
        let sentence =
            fail(folder.path(), &tiny("train", &[&["--out", "wrong"], &with[..], &["--loss", loss]].concat()), 1);
        assert!(sentence.contains(expected), "{loss}: {sentence}");
    }
}

#[test]
fn a_loss_of_each_step_is_refused_behind_a_readout() {
    let folder = folder();
    for loss in &LOSSES[1..] {
        for recipe in ["chevalier2018", "chevalier2018-dense"] {
            let arguments = tiny("train", &["--out", "run", "--recipe", recipe, "--loss", loss]);
            let sentence = fail(folder.path(), &arguments, 1);
            assert!(sentence.contains(&format!("`{loss}`")) && sentence.contains("readout"), "{sentence}");
        }
    }
    assert!(!folder.path().join("run/run.toml").exists());
}

#[test]
fn optimizers_are_chosen_by_name() {
    let folder = folder();
    let mut weights = Vec::new();
    for (out, optimizer, expected) in [
        ("sgd", "sgd", "sgd"),
        ("momentum", "{ sgd = 0.9 }", "sgd = 0.9"),
        ("adam", "adam", "adam = { beta1 = 0.9"),
        ("adamw", "adamw", "adamw"),
        ("betas", "{ adam = { beta1 = 0.5 } }", "beta1 = 0.5"),
    ] {
        let arguments = ["--optimizer", optimizer, "--learning-rate", "0.005", "--weight-decay", "0.1"];
        report(folder.path(), out, &arguments);
        let written = get(folder.path().join(out).join("run.toml"), "optimizer");
        assert!(written.contains(expected), "{written}");
        weights.push(bytes(folder.path().join(out).join("weights.safetensors")));
    }
    weights.sort();
    weights.dedup();
    assert_eq!(weights.len(), 5, "each is another one");
}

#[test]
fn bounds_on_rates_are_part_of_the_loss_and_change_the_activity() {
    let folder = folder();
    let with = |out: &'static str, bounds: &str| {
        let bounds = format!("training.rate_bounds={bounds}");
        let recipe = ["--recipe", "lif-mlp", "--set", "data.validation=0.0"];
        report(folder.path(), out, &[&recipe[..], &["--set", &bounds]].concat())
    };
    let free = report(folder.path(), "free", &["--recipe", "lif-mlp", "--set", "data.validation=0.0"]);
    let spikes = |report: &Value| number(&report["spikes_per_sample"][0]);
    let few = with("few", "{ at_most = 0.0, weight = 1000 }");
    let many = with("many", "{ at_least = 0.9, weight = 1000 }");
    assert!(spikes(&few) < 0.8 * spikes(&free), "{} {}", spikes(&few), spikes(&free));
    assert!(spikes(&many) > 1.2 * spikes(&free), "{} {}", spikes(&many), spikes(&free));
    assert!(first_loss(folder.path(), "few") > first_loss(folder.path(), "free"));
    // A bound which nothing exceeds changes nothing.
    with("loose", "{ at_most = 1.0, nodes = [\"neurons\"] }");
    let weights = |run: &str| tensors(&folder.path().join(run));
    assert_eq!(weights("loose"), weights("free"));
    for (bounds, expected) in [
        ("{ weight = 1.0 }", "`at_least` or `at_most`"),
        ("{ at_most = -1 }", "at_most = -1"),
        ("{ at_mst = 0.1 }", "at_least, at_most, nodes, weight"),
        ("{ at_most = 0.1, nodes = [\"hidden\"] }", "neurons"),
        ("3", "`rate_bounds` is 3"),
    ] {
        let bounds = format!("training.rate_bounds={bounds}");
        let sentence =
            fail(folder.path(), &tiny("train", &["--recipe", "lif-mlp", "--out", "wrong", "--set", &bounds]), 1);
        assert!(sentence.contains(expected), "{bounds}: {sentence}");
    }
}

/// The weights of the layer `hidden` of a run.
fn hidden(folder: &Path, run: &str) -> Vec<f32> {
    let tensors = tensors(&folder.join(run));
    let (.., data) = tensors.iter().find(|(name, ..)| name == "hidden.weight").expect("the layer");
    data.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().expect("four"))).collect()
}

#[test]
fn clipped_gradients_make_small_steps() {
    let folder = folder();
    let plain = ["--optimizer", "{ sgd = 0.0 }", "--learning-rate", "0.1"];
    report(folder.path(), "still", &["--optimizer", "{ sgd = 0.0 }", "--learning-rate", "0"]);
    report(folder.path(), "free", &plain);
    let with = |out: &'static str, clipping: &str| {
        let clipping = format!("training.clipping={clipping}");
        report(folder.path(), out, &[&plain[..], &["--set", &clipping]].concat());
    };
    with("norm", "{ norm = 0.001 }");
    with("value", "{ value = 0.0001 }");
    with("loose", "{ norm = 1000000.0 }");
    let start = hidden(folder.path(), "still");
    let change =
        |run: &str| -> Vec<f32> { hidden(folder.path(), run).iter().zip(&start).map(|(a, b)| a - b).collect() };
    let norm = |run: &str| change(run).iter().map(|value| value * value).sum::<f32>().sqrt();
    let most = |run: &str| change(run).iter().fold(0f32, |most, value| most.max(value.abs()));
    // 8 steps at a rate of 0.1.
    assert!(
        norm("free") > 0.01 && norm("norm") > 0.0 && norm("norm") < 8.0 * 0.1 * 0.00101,
        "{} {}",
        norm("free"),
        norm("norm")
    );
    assert!(most("value") > 0.0 && most("value") < 8.0 * 0.1 * 0.000_102, "{}", most("value"));
    assert_eq!(change("loose"), change("free"));
    for (clipping, expected) in [
        ("{ norm = 0 }", "above 0"),
        ("{ nrm = 1 }", "norm, value"),
        ("{ norm = 1, value = 1 }", "exactly one"),
        ("1", "`clipping` is 1"),
    ] {
        let clipping = format!("training.clipping={clipping}");
        let sentence = fail(folder.path(), &tiny("train", &["--out", "wrong", "--set", &clipping]), 1);
        assert!(sentence.contains(expected), "{clipping}: {sentence}");
    }
}

#[test]
fn segments_give_what_the_whole_gives() {
    let folder = folder();
    for recipe in ["chevalier2018", "lif-flicker"] {
        let whole = report(folder.path(), &format!("{recipe}-whole"), &["--recipe", recipe]);
        for segments in ["3", "8", "100"] {
            let out = format!("{recipe}-{segments}");
            let cut = report(folder.path(), &out, &["--recipe", recipe, "--segments", segments]);
            assert_eq!(get(folder.path().join(&out).join("run.toml"), "segments"), segments);
            // Forward is the same; only the order of sums differs, and that only after the first step.
            let of = |report: &Value, field: &str| number(&report["epochs"][0][field]);
            assert!((of(&whole, "train_loss") - of(&cut, "train_loss")).abs() < 1e-4, "{out}: {cut:#}");
            let first = [format!("{recipe}-whole"), out.clone()].map(|run| first_loss(folder.path(), &run));
            assert!((first[0] - first[1]).abs() < 1e-6, "{out}: {first:?}");
            let evaluated = succeed(folder.path(), &["evaluate", "--run", &out, "--json"]);
            assert!(
                evaluated.stdout.contains(&format!("\"test_accuracy\": {}", cut["test_accuracy"])),
                "{}",
                evaluated.stdout
            );
        }
    }
    write(folder.path().join("net.toml"), WITHOUT_READOUT);
    for (others, expected) in [
        (&["--recipe", "net.toml"][..], "readout"),
        (&["--recipe", "chevalier2018-dense"], "no time steps"),
        (&["--set", "training.rate_bounds={ at_most = 0.5 }"], "`rate_bounds`"),
    ] {
        let sentence =
            fail(folder.path(), &tiny("train", &[&["--out", "wrong", "--segments", "4"], others].concat()), 1);
        assert!(sentence.contains(expected), "{others:?}: {sentence}");
    }
    // A run in segments goes on in segments.
    let run = folder.path().join("chevalier2018-3");
    let before = text(run.join("run.toml"));
    succeed(folder.path(), &["train", "--out", "chevalier2018-3", "--resume", "--segments", "3", "--epochs", "3"]);
    set(run.join("run.toml"), "epochs", "2");
    assert_eq!(text(run.join("run.toml")).replace("legs = [2]\n", ""), before);
}

#[test]
fn segments_of_a_network_with_a_norm_give_what_the_whole_gives_or_are_refused() {
    let folder = folder();
    let dropout = "nodes = [{ encode = 'constant', time_steps = 8 }, { linear = 30 }, { dropout = 0.5 }, { neuron = 'lif' }, \
                   { linear = 10 }, { neuron = 'leaky-integrator' }, { readout = 'mean' }]";
    let norm = "nodes = [{ encode = 'flicker', time_steps = 8 }, { linear = 30 }, { norm = 'threshold' }, { neuron = 'lif' }, \
                { linear = 10 }, { neuron = 'leaky-integrator' }, { readout = 'mean' }]";
    write(folder.path().join("dropout.toml"), dropout);
    write(folder.path().join("norm.toml"), norm);
    for recipe in ["lif-mlp", "dropout.toml", "norm.toml"] {
        let whole = report(folder.path(), &format!("{recipe}-whole"), &["--recipe", recipe]);
        let out = format!("{recipe}-cut");
        let arguments = tiny("train", &["--out", &out, "--recipe", recipe, "--segments", "3"]);
        let output = program(folder.path(), &arguments).output().expect("it runs");
        if !output.status.success() {
            let sentence = String::from_utf8_lossy(&output.stderr);
            assert!(sentence.starts_with("error: segments: node `"), "{recipe}: {sentence}");
            continue;
        }
        let cut = json(folder.path().join(&out).join("report.json"));
        let first = [format!("{recipe}-whole"), out].map(|run| first_loss(folder.path(), &run));
        assert!((first[0] - first[1]).abs() < 1e-5, "{recipe}: {first:?}");
        // The running statistics of a norm, with which it is judged, are updated once for each segment.
        for (field, most) in [("train_loss", 1e-3), ("validation_loss", 0.02), ("test_loss", 0.02)] {
            let [whole, cut] = [&whole, &cut].map(|report| report["epochs"][0][field].as_f64().unwrap_or_default());
            assert!((whole - cut).abs() < most, "{recipe}: {field} {whole} and {cut}");
        }
    }
}
