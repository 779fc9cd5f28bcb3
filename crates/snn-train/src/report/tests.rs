//! The page by itself.

use burn::tensor::Device;
use snn_data::title;
use snn_network::{Network, Options};
use snn_plot::Grid;

use super::observed::{FirstWeights, LayerRecord, Picture, Sample};
use super::*;
use crate::run::document::Document;
use crate::run::report::EpochReport;

fn grid(rows: usize, spiking: bool) -> Grid {
    let value = |place: usize| if spiking { [0.0, 0.0, 0.5][place % 3] } else { (place as f32 * 0.7).sin() };
    Grid { rows, columns: 9, values: (0..rows * 9).map(value).collect() }
}

fn layer(name: &str, rows: usize) -> LayerRecord {
    LayerRecord {
        name: name.to_owned(),
        spiking: true,
        shape: vec![rows],
        before_reset: grid(rows, false),
        state: grid(rows, false),
        state_name: "membrane",
        spikes: grid(rows, true),
        output: grid(rows, true),
        threshold: Some(1.0),
    }
}

fn run(dataset: &str, rates: Vec<Vec<f32>>) -> RunView {
    let text = format!(
        "[network]\nnodes = [{{ encode = 'flicker', time_steps = 9 }}, {{ linear = 4, name = 'hidden' }}, \
         {{ neuron = 'graded-lif', delay = 1, name = 'hidden_neurons' }}, {{ linear = 10, name = 'output' }}, \
         {{ neuron = 'graded-lif', delay = 1, name = 'output_neurons' }}, {{ readout = 'mean', of = 'membrane' }}]\n\
         [training]\nepochs = 1\nbatch_size = 10\n[data]\nname = '{dataset}'\ntrain_samples = 1000\ntest_samples = 20"
    );
    let file = RunFile::new("mine", &Document::parse(&text).expect("TOML")).expect("a run");
    let input = InputShape::Still(vec![1, 4, 4]);
    let network = Network::new(&file.network, &input, &Options::default(), &Device::flex()).expect("a network");
    let epoch = EpochReport {
        epoch: 1,
        learning_rate: 0.1,
        train_loss: 1.0,
        train_accuracy: 0.5,
        validation_loss: None,
        validation_accuracy: None,
        test_loss: Some(0.9),
        test_accuracy: Some(0.6),
        seconds: 1.0,
    };
    let report = Report {
        recipe: "mine".into(),
        model: "mine".into(),
        dataset: dataset.into(),
        backend: "flex".into(),
        path: "fused".into(),
        seed: 0,
        parameters: 118,
        time_steps: 9,
        batch_size: 10,
        epochs: vec![epoch],
        test_accuracy: Some(0.6),
        spikes_per_sample: vec![12.0, 3.0],
        silent_neurons: vec![1, 0],
    };
    let sample = Sample {
        index: 0,
        picture: Some(Picture { pixels: (0..16).map(|pixel| pixel * 16).collect(), columns: 4 }),
        label: 7,
        probabilities: vec![0.1; 10],
        layers: vec![layer("hidden_neurons", 4), layer("output_neurons", 10)],
    };
    let observed = Observed {
        sample,
        confusion: vec![vec![1; 10]; 10],
        rates: ["hidden_neurons", "output_neurons"].map(str::to_owned).into_iter().zip(rates).collect(),
        samples: 20,
        samples_are: "images",
        first_weights: Some(FirstWeights {
            values: (0..64).map(|weight| weight as f32 - 32.0).collect(),
            neurons: 4,
            columns: 4,
        }),
        dataset: title(dataset),
    };
    RunView {
        summary: network.summary(),
        populations: network.population_summaries(),
        least_time_steps: network.least_time_steps(),
        time_steps: 9,
        file,
        report,
        observed,
        input,
    }
}

/// Nothing on the page is fetched from elsewhere.
fn assert_self_contained(page: &str) {
    for forbidden in ["http:", "https:", "//www", "<script", "<link", "@import", "url("] {
        assert!(!page.contains(forbidden), "the page contains `{forbidden}`");
    }
    for attribute in ["src=\"", "href=\""] {
        for (place, _) in page.match_indices(attribute) {
            let value = &page[place + attribute.len()..];
            assert!(value.starts_with("data:"), "the page refers to {}", &value[..value.len().min(40)]);
        }
    }
}

#[test]
fn the_page_is_self_contained_and_says_what_matters() {
    let one = run("mnist", vec![vec![0.0, 0.1, 0.7, 0.95], vec![0.1; 10]]);
    let text = page(std::slice::from_ref(&one)).expect("a page");
    assert_self_contained(&text);
    assert!(text.contains("1 of 4 neurons never fired") && text.contains("lower threshold"));
    // As `analysis` defines it: a neuron which fires at 70 % of all steps is not saturated, one at 95 % is.
    assert!(text.contains("1 of 4 neurons fired at 95 % of all steps or more") && text.contains("higher threshold"));
    assert!(text.contains("60.00 %") && text.contains("prefers-color-scheme:dark"));
    assert!(!text.contains("synthetic"));
    // 9 steps, 16 pixels, 4 neurons; then 12 spikes to 10 neurons.
    assert!(text.contains("<td>576</td>") && text.contains("<td>120</td>"));
    assert_eq!(text.matches("<figure>").count(), 14, "curves, image, 4 heatmaps, 4 of neurons, raster, ...");
    assert_eq!(text.matches("<svg").count(), text.matches("</svg>").count());

    let healthy = run("synthetic", vec![vec![0.1; 4], vec![0.1; 10]]);
    let text = page(&[healthy, one]).expect("a page");
    assert_self_contained(&text);
    assert!(text.contains("synthetic digits, drawn by the program"));
    assert!(text.contains("No silent and no saturated neurons"));
}

#[test]
fn too_few_time_steps_are_no_fault_of_thresholds() {
    let mut late = run("mnist", vec![vec![0.0, 0.1, 0.2, 0.3], vec![0.0; 10]]);
    late.time_steps = 2;
    let text = page(&[late]).expect("a page");
    assert!(text.contains("2 time steps are too few") && text.contains("at least 3"));
    assert!(!text.contains("never fired on") && !text.contains("lower threshold"));
}

#[test]
fn images_which_are_not_mnist_are_not_called_so() {
    for (dataset, called) in [("unknown", "unknown images"), ("fashion-mnist", "Fashion-MNIST"), ("kmnist", "KMNIST")] {
        let text = page(&[run(dataset, vec![vec![0.1; 4], vec![0.1; 10]])]).expect("a page");
        assert!(text.contains(&format!("mine on {called}")), "{dataset}");
        assert!(text.contains("can be compared with one measured on MNIST"), "{dataset}");
    }
    let text = page(&[run("mnist", vec![vec![0.1; 4], vec![0.1; 10]])]).expect("a page");
    assert!(text.contains("mine on MNIST") && !text.contains("can be compared"));
}

#[test]
fn text_from_outside_is_escaped() {
    assert_eq!(escape("<b>\"&"), "&lt;b&gt;&quot;&amp;");
    assert_eq!(thousands(1_234_567.0), "1\u{202f}234\u{202f}567");
}
