//! Readouts of ensembles against values computed by PyTorch (`fixtures/ensemble.py`), on every backend.

mod common;

use common::{Comparison, Fixture, devices, fixtures, values};
use snn_core::readout::{mixture_of_softmaxes, shared_ensemble};

const TOLERANCE: f64 = 1e-6;

fn file() -> Fixture {
    fixtures("fixtures/ensemble", |file| file.has("shared_state")).remove(0)
}

#[test]
fn a_gradient_is_shared_in_proportion_to_inner_states() {
    let file = file();
    let mut comparison = Comparison::default();
    for (backend, device) in devices() {
        let device = device.autodiff();
        let tensor = |name: &str| file.tensor::<3>(name, &device);
        let (state, output) = (tensor("shared_state").require_grad(), tensor("shared_output").require_grad());
        let result = shared_ensemble(output.clone(), state.clone(), file.number("classes"));
        let gradients = (result.clone() * tensor("shared_cotangent")).sum().backward();
        let mut close = |name: &str, found: Vec<f32>| {
            comparison.close(&format!("{backend} {name}"), &found, &file.get(name).1, TOLERANCE);
        };
        close("shared_result", values(result));
        close("shared_gradient", values(state.grad(&gradients).expect("a gradient")));
        let of_output = output.grad(&gradients).map_or(0.0, |gradient| gradient.abs().max().into_scalar::<f32>());
        assert_eq!(of_output, 0.0, "{backend}: what was sent gets no gradient of its own");
    }
    comparison.finish();
}

#[test]
fn a_mixture_of_softmaxes_is_that_of_pytorch() {
    let file = file();
    let mut comparison = Comparison::default();
    for (backend, device) in devices() {
        let device = device.autodiff();
        let logits = file.tensor::<2>("mixture_logits", &device).require_grad();
        let result = mixture_of_softmaxes(logits.clone(), file.number("classes"));
        let cotangent = file.tensor::<2>("mixture_cotangent", &device);
        let gradients = (result.clone() * cotangent).sum().backward();
        let mut close = |name: &str, found: Vec<f32>| {
            comparison.close(&format!("{backend} {name}"), &found, &file.get(name).1, TOLERANCE);
        };
        close("mixture_result", values(result.clone()));
        close("mixture_gradient", values(logits.grad(&gradients).expect("a gradient")));
        let sums = values(result.exp().sum_dim(1));
        assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5), "{backend}: probabilities add up to {sums:?}");
    }
    comparison.finish();
}
