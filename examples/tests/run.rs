//! Every example runs, and what it asserts holds.

use std::sync::{Mutex, PoisonError};

/// Burn's own layers draw their weights from one generator for the whole process: who uses it waits for its turn, so that
/// a seed means the same weights each time.
static BURNS_GENERATOR: Mutex<()> = Mutex::new(());

fn alone(run: fn()) {
    let _turn = BURNS_GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    run();
}

#[test]
fn a_first_network() {
    snn_examples::first_network::run();
}

#[test]
fn spiking_layers_inside_a_convolutional_network() {
    alone(snn_examples::spiking_cnn::run);
}

#[test]
fn a_hybrid_network_under_burns_learner() {
    alone(snn_examples::hybrid_learner::run);
}

#[test]
fn a_neuron_of_ones_own() {
    snn_examples::own_neuron::run();
}

#[test]
fn streaming_inference() {
    snn_examples::streaming::run();
}

#[test]
fn the_top_feeds_the_lowest_layer() {
    snn_examples::feedback::run();
}

#[test]
fn weights_from_pytorch_and_back() {
    snn_examples::pytorch_weights::run();
}
