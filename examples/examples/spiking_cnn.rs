//! See `snn_examples::spiking_cnn`.

fn main() {
    snn_examples::spiking_cnn::run();
}
