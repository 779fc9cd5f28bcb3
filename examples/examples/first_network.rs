//! See `snn_examples::first_network`.

fn main() {
    snn_examples::first_network::run();
}
