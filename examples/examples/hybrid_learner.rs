//! See `snn_examples::hybrid_learner`.

fn main() {
    snn_examples::hybrid_learner::run();
}
