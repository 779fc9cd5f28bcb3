//! The program's pictures: the report page, `plot` and `stdp`, on a tiny run with synthetic digits.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

fn program(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("snn-train").expect("the program").args(arguments).output().expect("it runs");
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "snn-train {arguments:?} failed: {error}");
    out.into_owned()
}

fn refused(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("snn-train").expect("the program").args(arguments).output().expect("it runs");
    assert!(!output.status.success(), "snn-train {arguments:?} must fail");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path which is text")
}

const TINY: [&str; 14] = [
    "--dataset",
    "synthetic",
    "--train-samples",
    "300",
    "--test-samples",
    "40",
    "--batch-size",
    "20",
    "--time-steps",
    "16",
    "--epochs",
    "1",
    "--backend",
    "flex",
];

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

/// Nothing on the page is fetched from elsewhere.
fn assert_self_contained(page: &str) {
    for forbidden in ["http:", "https:", "<script", "<link", "@import", "url("] {
        assert!(!page.contains(forbidden), "the page contains `{forbidden}`");
    }
    for (place, _) in page.match_indices("href=\"") {
        assert!(page[place..].starts_with("href=\"data:image/png;base64,"), "{}", &page[place..place + 60]);
    }
}

#[test]
fn a_comparison_ends_with_a_page_and_can_be_drawn() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("both");
    program(&[&["compare", "--out", text(&out)], TINY.as_slice()].concat());
    let page = std::fs::read_to_string(out.join("report.html")).expect("the page");
    assert_self_contained(&page);
    for expected in [
        "chevalier2018 beside chevalier2018-dense on synthetic digits",
        "synthetic digits, drawn by the program",
        "Learning curves",
        "Confusion",
    ] {
        assert!(page.contains(expected), "the page lacks `{expected}`");
    }

    let spiking = out.join("chevalier2018");
    for format in ["png", "svg"] {
        let figures = folder.path().join(format);
        let arguments = ["plot", "--run", text(&spiking), "--index", "3", "--out", text(&figures), "--format", format];
        program(&arguments);
        for name in [
            "image",
            "layer1_state",
            "layer1_output",
            "layer2_state",
            "layer2_output",
            "neuron_hidden",
            "membrane_hidden",
            "neuron_label",
            "membrane_label",
            "raster",
            "firing_rates",
            "weights",
            "confusion",
            "learning",
        ] {
            let bytes = std::fs::read(figures.join(format!("{name}.{format}"))).expect("the figure");
            assert!(bytes.len() > 2000, "{name}.{format} has only {} bytes", bytes.len());
            assert!(bytes.starts_with(if format == "png" { b"\x89PNG" } else { b"<svg" }), "{name}.{format}");
        }
        if format == "svg" {
            // The other network of the comparison is in the learning curves, without being asked for.
            let curves = std::fs::read_to_string(figures.join("learning.svg")).expect("the figure");
            assert!(curves.contains("chevalier2018, test") && curves.contains("chevalier2018-dense, test"));
        }
    }
    let document = program(&["plot", "--run", text(&spiking), "--out", text(folder.path()), "--json"]);
    let document: Value = serde_json::from_str(&document).expect("one JSON document");
    assert_eq!(document["files"].as_array().map(Vec::len), Some(14));
    let dense = out.join("chevalier2018-dense");
    let document = program(&["plot", "--run", text(&dense), "--out", text(folder.path()), "--json"]);
    let document: Value = serde_json::from_str(&document).expect("one JSON document");
    assert_eq!(document["files"].as_array().map(Vec::len), Some(4), "image, weights, confusion, learning");

    let message = refused(&["plot", "--run", text(&spiking), "--index", "40"]);
    assert!(message.contains("40") && message.contains("0 to 39"), "{message}");
    let message = refused(&["plot", "--run", text(&spiking), "--neuron", "100"]);
    assert!(message.contains("100") && message.contains("0 to 99"), "{message}");
    let message = refused(&["stdp", "--run", text(&dense), "--out", text(folder.path())]);
    assert!(message.contains("chevalier2018-dense") && message.contains("no spikes"), "{message}");
}

#[test]
fn stdp_measures_both_states_of_each_layer() {
    let folder = TempDir::new().expect("a folder");
    for reset in ["scaled", "subtracted"] {
        let (run, out) = (folder.path().join(reset), folder.path().join(format!("{reset}-stdp")));
        let options =
            ["train", "--out", text(&run), "--reset", reset, "--after-spike", "0.8", "--weight-decay", "0.01"];
        program(&[options.as_slice(), TINY.as_slice()].concat());
        assert_self_contained(&std::fs::read_to_string(run.join("report.html")).expect("the page"));
        program(&["stdp", "--run", text(&run), "--out", text(&out), "--samples", "10", "--window", "6"]);
        assert!(out.join("stdp.png").exists());
        let document = json(&out.join("stdp.json"));
        assert_eq!((&document["recipe"], &document["reset"]), (&"chevalier2018".into(), &reset.into()));
        let decay = document["decay"].as_f64().expect("a decay");
        assert_eq!((document["threshold"].as_f64(), document["penalty"].as_f64()), (Some(1.0), Some(1.5)));
        let layers = document["layers"].as_array().expect("layers");
        let states: Vec<_> = layers.iter().map(|layer| (layer["layer"].as_u64(), layer["state"].as_str())).collect();
        let expected = [(1, "trained"), (1, "untrained"), (2, "trained"), (2, "untrained")];
        assert_eq!(states, expected.map(|(layer, state)| (Some(layer), Some(state))));
        let names: Vec<_> = layers.iter().step_by(2).filter_map(|layer| layer["name"].as_str()).collect();
        assert_eq!(names, ["hidden_neurons", "output_neurons"]);
        for layer in layers {
            let curve = layer["curve"].as_array().expect("a curve");
            assert_eq!(curve.len(), 13);
            let (theory, across) = (&layer["theory"], &layer["theory_across_spikes"]);
            for (place, point) in curve.iter().enumerate() {
                let delta = point["delta"].as_i64().expect("a delta");
                assert_eq!(delta, place as i64 - 6);
                let number = |value: &Value| value.as_f64().expect("a number");
                let expected = if delta < 0 { 0.0 } else { decay.powi(delta as i32) };
                assert!((number(&theory[place]) - expected).abs() < 1e-12);
                // The backward pass does what decay and reset say, over the spikes which there were.
                assert!((number(&point["influence"]) - number(&across[place])).abs() < 1e-5);
                assert!(number(&point["weight_change"]).is_finite() && point["pairs"].is_u64());
            }
        }
        // Only the second layer receives after-spikes.
        assert!(layers[0]["influence_with_after_spike"].is_null());
        let with = layers[2]["influence_with_after_spike"].as_array().expect("a curve");
        let spikes = layers[2]["spikes"].as_u64().expect("a count");
        if spikes > 0 {
            let plain = |place: usize| layers[2]["curve"][place]["influence"].as_f64().expect("a number");
            let expected = plain(7) - 0.2 * plain(6);
            assert!((with[7].as_f64().expect("a number") - expected).abs() < 1e-9);
        }
        let first = &layers[0]["curve"][6];
        assert!(layers[0]["spikes"].as_u64() > Some(10) && (first["influence"].as_f64() == Some(1.0)));
        let csv = std::fs::read_to_string(out.join("stdp.csv")).expect("the table");
        assert_eq!(csv.lines().count(), 1 + 4 * 13);
    }
}

#[test]
fn feature_maps_and_validation_are_drawn() {
    let folder = TempDir::new().expect("a folder");
    let (run, figures) = (folder.path().join("run"), folder.path().join("figures"));
    let sizes = TINY.iter().position(|option| *option == "--time-steps").expect("the time steps");
    let options = [&TINY[..sizes], &TINY[sizes + 2..]].concat();
    program(&[&["train", "--recipe", "spiking-conv", "--out", text(&run)], &options[..]].concat());
    let page = std::fs::read_to_string(run.join("report.html")).expect("the page");
    assert_self_contained(&page);
    for expected in [
        "spiking-conv on synthetic digits",
        "validation accuracy",
        "32 feature maps",
        "neurons3",
        "synaptic operations",
    ] {
        assert!(page.contains(expected), "the page lacks `{expected}`");
    }
    program(&["plot", "--run", text(&run), "--out", text(&figures), "--format", "svg"]);
    for name in ["layer1_maps", "layer2_maps", "layer3_maps", "layer3_state", "firing_rates", "weights"] {
        let figure = std::fs::read_to_string(figures.join(format!("{name}.svg"))).expect("the figure");
        assert!(figure.starts_with("<svg") && figure.len() > 2000, "{name}");
    }
    let curves = std::fs::read_to_string(figures.join("learning.svg")).expect("the figure");
    assert!(curves.contains("spiking-conv, validation"));
    // A run from elsewhere beside it, as asked for.
    let other = folder.path().join("other");
    program(&[&["train", "--recipe", "lif-mlp", "--out", text(&other)], &options[..]].concat());
    let with = ["plot", "--run", text(&run), "--with", text(&other), "--out", text(&figures), "--format", "svg"];
    program(&with);
    let curves = std::fs::read_to_string(figures.join("learning.svg")).expect("the figure");
    assert!(curves.contains("spiking-conv, validation") && curves.contains("lif-mlp, validation"));
}

#[test]
fn a_network_on_sequences_is_drawn_without_an_image() {
    let folder = TempDir::new().expect("a folder");
    let (recipe, run) = (folder.path().join("spikes.toml"), folder.path().join("run"));
    let network = "[network]\nnodes = [{ linear = 12 }, { neuron = 'lif', recurrent = true }, { linear = 4 }, \
                   { neuron = 'leaky-integrator' }]\n";
    let rest = "[training]\nepochs = 1\n[data]\nname = 'random-spikes'\nshape = [20, 9]\nclasses = 4\n\
                train_samples = 60\ntest_samples = 20\n";
    std::fs::write(&recipe, format!("{network}{rest}")).expect("written");
    program(&["train", "--recipe", text(&recipe), "--out", text(&run), "--backend", "flex"]);
    let page = std::fs::read_to_string(run.join("report.html")).expect("the page");
    assert_self_contained(&page);
    assert!(page.contains("spikes on random") && page.contains("spike trains"), "{}", &page[..2000]);
    let document = program(&["plot", "--run", text(&run), "--json"]);
    let document: Value = serde_json::from_str(&document).expect("one JSON document");
    let drawn = |name: &str| document["files"].to_string().contains(&format!("/{name}.png"));
    assert!(!drawn("image") && drawn("raster") && drawn("layer2_state") && drawn("confusion") && drawn("neuron_label"));
}
