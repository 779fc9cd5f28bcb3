//! One small network of each kind: trained, resumed with the same bytes, drawn.

use std::path::Path;

use assert_cmd::Command;
use snn_network::NEURONS;
use tempfile::TempDir;

fn program(folder: &Path, arguments: &[&str]) {
    let output = Command::cargo_bin("snn-train")
        .expect("the program")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "snn-train {arguments:?} failed: {error}");
}

/// Images, drawn by the program.
const IMAGES: &str = "name = 'synthetic'\ntrain_samples = 24\ntest_samples = 12\n";
/// Sequences of six steps.
const SEQUENCES: &str =
    "name = 'random-spikes'\nshape = [6, 1, 4, 4]\nclasses = 3\ntrain_samples = 24\ntest_samples = 12\n";

/// Trains `nodes` for two epochs at once, and for one and then another one; draws it.
fn trained_resumed_drawn(folder: &Path, name: &str, nodes: &str, training: &str, data: &str) {
    let file = format!("{name}.toml");
    let text = format!("[network]\n{nodes}\n[training]\nbatch_size = 8\n{training}\n[data]\n{data}");
    std::fs::write(folder.join(&file), text).expect("written");
    let (whole, parts) = (format!("{name}-whole"), format!("{name}-parts"));
    let common = ["--backend", "flex", "--threads", "1"];
    program(folder, &[&["train", "--recipe", &file, "--epochs", "2", "--out", &whole][..], &common].concat());
    program(folder, &[&["train", "--recipe", &file, "--epochs", "1", "--out", &parts][..], &common].concat());
    program(folder, &["train", "--out", &parts, "--resume", "--epochs", "2"]);
    let weights = |run: &str| std::fs::read(folder.join(run).join("weights.safetensors")).expect("weights");
    assert!(weights(&whole) == weights(&parts), "{name}: resumed, it ends with other weights");
    let first = std::fs::read_to_string(folder.join(&whole).join("history.jsonl")).expect("a history");
    assert_eq!(
        first.lines().count(),
        2 * 3 + 2,
        "{name}: three batches in each of two epochs, and a line for each epoch"
    );
    program(folder, &["plot", "--run", &parts, "--format", "svg"]);
    let figures = std::fs::read_dir(folder.join(&parts).join("figures")).expect("figures").count();
    assert!(figures >= 2, "{name}: {figures} figures");
}

#[test]
fn every_neuron_is_trained_resumed_and_drawn() {
    let folder = TempDir::new().expect("a folder");
    for neuron in NEURONS {
        let nodes = format!(
            "nodes = [{{ linear = 6, name = 'hidden' }}, {{ neuron = '{neuron}', name = 'neurons' }}, {{ linear = 3, name = 'output' }}, \
             {{ neuron = 'leaky-integrator' }}, {{ readout = 'mean' }}]"
        );
        trained_resumed_drawn(folder.path(), neuron, &nodes, "", SEQUENCES);
    }
}

#[test]
fn every_kind_of_node_is_trained_resumed_and_drawn() {
    let folder = TempDir::new().expect("a folder");
    let end = "{ linear = 3, name = 'output' }, { neuron = 'leaky-integrator', name = 'top' }, { readout = 'mean' }]";
    for (name, nodes) in [
        ("recurrent", "[{ linear = 6 }, { neuron = 'lif', recurrent = true }, "),
        ("learned", "[{ linear = 6 }, { neuron = 'lif', learn = ['decay', 'threshold', 'membrane'] }, "),
        ("refractory", "[{ linear = 6 }, { neuron = 'lif', refractory = 2, current_decay = 0.5 }, "),
        ("after-spike", "[{ linear = 6 }, { neuron = 'lif', delay = 1, after_spike = 0.5 }, "),
        ("surrogate", "[{ linear = 6 }, { neuron = 'lif', surrogate = { fast-sigmoid = 10.0 }, reset = 'zero' }, "),
        (
            "conv",
            "[{ conv2d = 2, padding = 1 }, { norm = 'threshold' }, { neuron = 'lif' }, { pool = 'avg' }, { flatten = true }, ",
        ),
        ("dropout", "[{ linear = 6 }, { neuron = 'lif' }, { dropout = 0.3 }, { scale = 2.0 }, "),
        ("delays", "[{ delay = 1 }, { linear = 6 }, { delay = 1.5, longest = 3, learn = true }, { neuron = 'lif' }, "),
    ] {
        trained_resumed_drawn(folder.path(), name, &format!("nodes = {nodes}{end}"), "", SEQUENCES);
    }
    let feedback = format!(
        "nodes = [{{ linear = 6, name = 'input' }}, {{ neuron = 'lif', name = 'low' }}, {}, {{ linear = 6, name = 'down' }}]\n\
         edges = [['top', 'down'], ['down', 'low', {{ delay = 1 }}]]",
        end.trim_end_matches(']')
    );
    trained_resumed_drawn(folder.path(), "feedback", &feedback, "", SEQUENCES);
    for encoder in ["flicker", "constant", "bernoulli", "poisson", "latency", "receptive-fields"] {
        let fields = if encoder == "receptive-fields" { ", fields = 3" } else { "" };
        let nodes = format!(
            "nodes = [{{ scale = 1.0, offset = 0.5 }}, {{ encode = '{encoder}', time_steps = 4{fields} }}, {{ linear = 6 }}, \
             {{ neuron = 'lif' }}, {{ linear = 20 }}, {{ neuron = 'lif' }}, {{ readout = 'spike-count' }}, {{ ensemble = 2 }}]"
        );
        trained_resumed_drawn(folder.path(), encoder, &nodes, "", IMAGES);
    }
    for readout in ["sum", "last", "max", "spike-rate", "first-spike"] {
        let nodes = format!(
            "nodes = [{{ linear = 6 }}, {{ neuron = 'lif' }}, {{ linear = 3 }}, {{ neuron = 'lif' }}, {{ readout = '{readout}', begin = 1 }}]"
        );
        trained_resumed_drawn(folder.path(), readout, &nodes, "", SEQUENCES);
    }
}

#[test]
fn every_loss_and_way_of_training_is_trained_resumed_and_drawn() {
    let folder = TempDir::new().expect("a folder");
    let in_time = "nodes = [{ linear = 6 }, { neuron = 'lif' }, { linear = 3 }, { neuron = 'lif' }]";
    for loss in [
        "cross-entropy",
        "count-cross-entropy",
        "max-membrane-cross-entropy",
        "tet",
        "mean-square-count",
        "first-spike-cross-entropy",
        "first-spike-mean-square",
        "van-rossum",
    ] {
        trained_resumed_drawn(folder.path(), loss, in_time, &format!("loss = '{loss}'"), SEQUENCES);
    }
    let encoded = "nodes = [{ encode = 'flicker', time_steps = 6 }, { linear = 8 }, { neuron = 'lif', name = 'neurons' }, \
                   { linear = 10 }, { neuron = 'leaky-integrator' }, { readout = 'mean' }]";
    for (name, training) in [
        ("bounds", "rate_bounds = { at_least = 0.1, at_most = 0.5, weight = 2.0, nodes = ['neurons'] }"),
        ("clipped", "clipping = { norm = 0.1 }"),
        ("segments", "segments = 2"),
        ("adamw", "schedule = 'per-epoch'\nrates = [0.01, 0.001]\noptimizer = 'adamw'\nweight_decay = 0.1"),
        ("sgd", "optimizer = { sgd = 0.9 }\nrates = [0.1]\nweight_decay = 0.01"),
    ] {
        trained_resumed_drawn(folder.path(), name, encoded, training, &format!("{IMAGES}transforms = ['affine']"));
    }
    for init in ["'xavier'", "'torch'", "{ gain = 1.0 }", "{ rate = 0.2 }"] {
        let nodes = format!(
            "nodes = [{{ linear = 6, init = {init} }}, {{ neuron = 'lif' }}, {{ linear = 3 }}, {{ readout = 'mean' }}]"
        );
        let name = init.replace(|letter: char| !letter.is_ascii_alphanumeric(), "");
        trained_resumed_drawn(folder.path(), &name, &nodes, "", SEQUENCES);
    }
}
