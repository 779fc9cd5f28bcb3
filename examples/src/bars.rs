//! Data for the examples, made on the spot: images of a bar, which lies or stands, under noise.

use burn::tensor::{Device, Int, Tensor, TensorData};
use snn_core::noise::{NoiseSeed, uniform};

/// The images are `SIZE` x `SIZE` pixels.
pub const SIZE: usize = 8;

/// One image, row by row, and its class: 0 if the bar lies, 1 if it stands.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Pixels in 0 .. 1.
    pub pixels: Vec<f32>,
    /// The class.
    pub class: i32,
}

/// `count` images, the same for the same seed. Bar and background differ by 0.6, the noise is uniform in 0 .. 0.4.
pub fn bars(count: usize, seed: u64) -> Vec<Bar> {
    (0..count).map(|sample| bar(NoiseSeed::new(seed).key(sample))).collect()
}

fn bar(key: u32) -> Bar {
    let place = (uniform(key, 0) * SIZE as f32) as usize;
    let stands = uniform(key, 1) < 0.5;
    let pixel = |index: usize| {
        let on_bar = place == if stands { index % SIZE } else { index / SIZE };
        0.4 * uniform(key, 2 + index as u32) + if on_bar { 0.6 } else { 0.0 }
    };
    Bar { pixels: (0..SIZE * SIZE).map(pixel).collect(), class: i32::from(stands) }
}

/// Images `[batch, 64]` and classes `[batch]`.
pub fn batch(bars: &[Bar], device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
    let pixels: Vec<f32> = bars.iter().flat_map(|bar| bar.pixels.iter().copied()).collect();
    let classes: Vec<i32> = bars.iter().map(|bar| bar.class).collect();
    (
        Tensor::from_data(TensorData::new(pixels, [bars.len(), SIZE * SIZE]), device),
        Tensor::from_data(TensorData::new(classes, [bars.len()]), device),
    )
}

/// The share of samples whose largest logit is that of their class.
pub fn accuracy(logits: Tensor<2>, classes: Tensor<1, Int>) -> f64 {
    let right = logits.argmax(1).squeeze_dim::<1>(1).equal(classes).float().mean();
    f64::from(right.into_scalar::<f32>())
}
