//! See `snn_examples::pytorch_weights`.

fn main() {
    snn_examples::pytorch_weights::run();
}
