//! `describe`: what a network is made of.

use serde_json::Value;

use crate::common::{contents, document, fail, folder, json, number, succeed, tiny, write};

const RECIPES: [&str; 5] = ["chevalier2018", "chevalier2018-dense", "lif-mlp", "lif-flicker", "spiking-conv"];

#[test]
fn the_table_fits_100_columns_and_adds_up() {
    let folder = folder();
    for recipe in RECIPES {
        let printed = succeed(folder.path(), &["describe", recipe]);
        let described = document(folder.path(), &["describe", recipe, "--json"]);
        assert!(printed.stderr.is_empty(), "{}", printed.stderr);
        let lines: Vec<&str> = printed.stdout.lines().collect();
        for line in &lines {
            assert!(line.chars().count() <= 100 && *line == line.trim_end(), "{recipe}: {line}");
        }
        let nodes = described["nodes"].as_array().expect("nodes");
        assert!(lines[0].starts_with(&format!("{recipe}: input [1, 28, 28]")), "{}", lines[0]);
        for (line, node) in lines[2..].iter().zip(nodes) {
            for field in ["name", "kind"] {
                assert!(line.contains(node[field].as_str().expect("a word")), "{line}");
            }
        }
        assert!(lines[2 + nodes.len()].starts_with("total"), "{}", printed.stdout);
        for field in ["parameters", "states", "synaptic_operations"] {
            let sum: f64 = nodes.iter().map(|node| number(&node[field])).sum();
            assert_eq!(number(&described[field]), sum, "{recipe}: {field}");
        }
    }
    assert!(contents(folder.path()).is_empty(), "nothing is written");
}

#[test]
fn its_document_has_every_field() {
    let folder = folder();
    let described = document(folder.path(), &["describe", "--json"]);
    assert_eq!(described["recipe"], "chevalier2018");
    assert_eq!(described["input_shape"], Value::from(vec![1, 28, 28]));
    assert_eq!(described["time_steps"], 128);
    // Name, kind, output shape, parameters, states, synaptic operations of a sample at most. What leaves graded neurons one step
    // later is a state beside their membrane.
    let expected = [
        ("node1", "encode flicker", vec![1, 28, 28], 0, 0, 0),
        ("hidden", "linear", vec![100], 784 * 100 + 100, 0, 128 * 784 * 100),
        ("hidden_neurons", "neuron graded-lif", vec![100], 0, 200, 0),
        ("output", "linear", vec![10], 100 * 10 + 10, 0, 128 * 100 * 10),
        ("output_neurons", "neuron graded-lif", vec![10], 0, 20, 0),
        ("logits", "readout mean", vec![10], 0, 0, 0),
    ];
    let nodes = described["nodes"].as_array().expect("nodes");
    assert_eq!(nodes.len(), expected.len());
    for (node, (name, kind, shape, parameters, states, operations)) in nodes.iter().zip(expected) {
        assert_eq!((&node["name"], &node["kind"]), (&name.into(), &kind.into()));
        assert_eq!(node["output_shape"], Value::from(shape), "{name}");
        assert_eq!(
            (number(&node["parameters"]), number(&node["states"])),
            (f64::from(parameters), f64::from(states)),
            "{name}"
        );
        assert_eq!(number(&node["synaptic_operations"]), f64::from(operations), "{name}");
    }
    let edges = described["edges"].as_array().expect("edges");
    let names: Vec<&str> = nodes.iter().filter_map(|node| node["name"].as_str()).collect();
    for (edge, pair) in edges.iter().zip(names.windows(2)) {
        assert_eq!((&edge["from"], &edge["to"], &edge["delay"]), (&pair[0].into(), &pair[1].into(), &0.into()));
    }
    assert_eq!(edges.len(), names.len() - 1);
    assert_eq!(described["parameters"], 784 * 100 + 100 + 100 * 10 + 10);
    let dense = document(folder.path(), &["describe", "chevalier2018-dense", "--json"]);
    assert_eq!((&dense["time_steps"], &dense["states"]), (&1.into(), &0.into()));
    assert_eq!(number(&dense["synaptic_operations"]), f64::from(784 * 100 + 100 * 10), "each product once");
    // A constant current is multiplied once.
    let lif = document(folder.path(), &["describe", "lif-mlp", "--json"]);
    assert_eq!(number(&lif["nodes"][1]["synaptic_operations"]), f64::from(784 * 512));
}

#[test]
fn runs_and_files_are_described_with_what_is_asked_for() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run", "--recipe", "lif-mlp", "--hidden", "30"]));
    let describe = |others: &[&str]| document(folder.path(), &[&["describe", "--json"], others].concat());
    let of_run = describe(&["run"]);
    let report = json(folder.path().join("run/report.json"));
    for field in ["recipe", "parameters", "time_steps"] {
        assert_eq!(of_run[field], report[field], "{field}");
    }
    assert_eq!(of_run, describe(&["run/run.toml"]));
    assert_eq!(of_run, describe(&["lif-mlp", "--hidden", "30"]));
    assert_eq!(of_run, describe(&["lif-mlp", "--set", "hidden.linear=30"]));
    assert_eq!(describe(&["run", "--time-steps", "3"])["time_steps"], 3);
    let wide = describe(&["lif-mlp", "--input", "2,34,34"]);
    assert_eq!(wide["input_shape"], Value::from(vec![2, 34, 34]));
    assert_eq!(wide["nodes"][1]["parameters"], 2 * 34 * 34 * 512);
}

#[test]
fn edges_with_a_delay_are_shown() {
    let folder = folder();
    let loops = "nodes = [{ linear = 6, name = 'in' }, { neuron = 'lif', name = 'first' }, { linear = 4, name = 'between' }, \
                 { neuron = 'lif', name = 'last' }, { readout = 'spike-count', name = 'count' }, \
                 { linear = 6, name = 'back', chain = false }]\n\
                 edges = [['last', 'back'], ['back', 'first', { delay = 2 }]]";
    write(folder.path().join("loop.toml"), loops);
    let printed = succeed(folder.path(), &["describe", "loop.toml", "--input", "5"]);
    assert!(printed.stdout.lines().any(|line| line == "back -> first, 2 steps later"), "{}", printed.stdout);
    let described = document(folder.path(), &["describe", "loop.toml", "--input", "5", "--json"]);
    let edges = described["edges"].as_array().expect("edges");
    let delayed: Vec<&Value> = edges.iter().filter(|edge| number(&edge["delay"]) > 0.0).collect();
    assert_eq!(delayed.len(), 1);
    assert_eq!(
        (&delayed[0]["from"], &delayed[0]["to"], &delayed[0]["delay"]),
        (&"back".into(), &"first".into(), &2.into())
    );
    assert_eq!(described["input_shape"], Value::from(vec![5]));
}

#[test]
fn what_cannot_be_described_is_named() {
    let folder = folder();
    write(folder.path().join("broken.toml"), "nodes = [{ linear = 3, nme = 'x' }]");
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    for (arguments, expected) in [
        (&["describe", "nothing"][..], "chevalier2018, chevalier2018-dense"),
        (&["describe", "empty"], "is a folder"),
        (&["describe", "broken.toml"], "`nme`"),
        (&["describe", "lif-mlp", "--input", "3,0"], "a size is 0"),
        (&["describe", "spiking-conv", "--input", "784"], "[784]"),
        (&["describe", "spiking-conv", "--input", "1,1,1"], "`node4`"),
        (&["describe", "chevalier2018-dense", "--time-steps", "3"], "does not apply to chevalier2018-dense"),
        (&["describe", "lif-mlp", "--set", "hidden.linear=0"], "`linear` is 0"),
    ] {
        let sentence = fail(folder.path(), arguments, 1);
        assert!(sentence.contains(expected), "{arguments:?}: {sentence}");
    }
}
