//! See `snn_examples::own_neuron`.

fn main() {
    snn_examples::own_neuron::run();
}
