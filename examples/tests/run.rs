//! Every example runs, and what it asserts holds.

#[test]
fn spiking_layers_inside_a_convolutional_network() {
    snn_examples::spiking_cnn::run();
}

#[test]
fn a_hybrid_network_under_burns_learner() {
    snn_examples::hybrid_learner::run();
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
fn weights_from_pytorch_and_back() {
    snn_examples::pytorch_weights::run();
}
