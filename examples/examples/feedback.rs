//! See `snn_examples::feedback`.

fn main() {
    snn_examples::feedback::run();
}
