//! See `snn_examples::streaming`.

fn main() {
    snn_examples::streaming::run();
}
