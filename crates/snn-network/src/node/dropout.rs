//! Dropout: one mask for all time steps.

use burn::tensor::Tensor;
use snn_core::encode::uniform_noise;
use snn_core::noise::{NoiseSeed, derive_seed};

use super::Circumstances;
use crate::signal::Signal;

/// Only in training: on a device with autodiff.
pub(super) fn dropout(signal: Signal, probability: f64, about: &Circumstances) -> Signal {
    let kept = |frame: Tensor<2>| {
        if !frame.is_autodiff() {
            return frame;
        }
        let mask = mask(&frame, probability, about);
        frame * mask
    };
    match signal {
        Signal::Still(frame) => Signal::Still(kept(frame)),
        Signal::Constant(frame, steps) => Signal::Constant(kept(frame), steps),
        Signal::Flickering(frame, steps, noise) => Signal::Flickering(kept(frame), steps, noise),
        Signal::Sequence(sequence) if sequence.is_autodiff() => {
            let [_, batch, features] = sequence.dims();
            let first = sequence.clone().narrow(0, 0, 1).reshape([batch, features]);
            Signal::Sequence(sequence * mask(&first, probability, about).unsqueeze::<3>())
        }
        as_it_is => as_it_is,
    }
}

/// Another mask for each node and batch, the same at each step: it knows nothing of the step.
fn mask(like: &Tensor<2>, probability: f64, about: &Circumstances) -> Tensor<2> {
    let noise = NoiseSeed::new(derive_seed(about.noise.seed, about.place as u64 + 1));
    let [batch, features] = like.dims();
    let drawn = uniform_noise([1, batch, features], noise, &like.device(), like.dtype());
    let kept = drawn.squeeze_dim::<2>(0).greater_equal_elem(probability).float().cast(like.dtype());
    kept.div_scalar(1.0 - probability)
}
