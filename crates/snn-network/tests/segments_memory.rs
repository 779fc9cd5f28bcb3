//! What a training step in segments holds in memory, counted by the allocator: flex keeps its tensors on the heap.

#[path = "../../snn-core/tests/common/counting.rs"]
mod counting;

use std::sync::atomic::Ordering::SeqCst;

use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use counting::{NOW, PEAK};
use snn_core::noise::NoiseSeed;
use snn_network::{InputShape, Network, NetworkFile, Options};

const CONV: &str = "nodes = [{ scale = 1.0, offset = 0.5 }, { encode = 'constant', time_steps = 512 }, \
    { conv2d = 32, kernel = 5, padding = 2, bias = false, init = { gain = 1.0 } }, { pool = 'max', size = 2 }, \
    { norm = 'threshold' }, { neuron = 'integer-lif', levels = 4, decay = 0.5, threshold = 1.0 }, \
    { conv2d = 64, kernel = 3, stride = 2, padding = 1, bias = false, init = { gain = 1.0 } }, { norm = 'threshold' }, \
    { neuron = 'integer-lif', levels = 4, decay = 0.5, threshold = 1.0 }, \
    { conv2d = 128, kernel = 3, stride = 2, padding = 1, bias = false, init = { gain = 1.0 } }, { norm = 'threshold' }, \
    { neuron = 'integer-lif', levels = 4, decay = 0.5, threshold = 1.0 }, { readout = 'spike-rate' }, \
    { linear = 10, init = 'torch' }]";

/// The largest number of bytes held during a step, above those held before.
fn peak(network: &Network, samples: &Tensor<2>, segment: Option<usize>) -> usize {
    let idle = NOW.load(SeqCst);
    PEAK.store(idle, SeqCst);
    let (noise, loss) = (NoiseSeed::new(0), |logits: Tensor<2>| (logits.clone() * logits).mean());
    let gradients = match segment {
        Some(every) => network.gradients_in_segments(samples.clone(), noise, every, loss).expect("segments").1,
        None => GradientsParams::from_grads(loss(network.forward(samples.clone(), noise)).backward(), network),
    };
    assert_eq!(gradients.len(), 11);
    PEAK.load(SeqCst) - idle
}

#[test]
fn spiking_convolutions_in_segments_hold_a_quarter_of_the_whole() {
    let device = Device::flex().autodiff();
    let file: NetworkFile = CONV.parse().expect("a network");
    let input = InputShape::Still(vec![1, 28, 28]);
    let network = Network::new(&file, &input, &Options::default(), &device).expect("a network");
    let samples = Tensor::<2>::random([2, 784], burn::tensor::Distribution::Uniform(-0.5, 0.5), &device);
    // Once, so that what is allocated once is.
    peak(&network, &samples, Some(256));
    let (whole, cut) = (peak(&network, &samples, None), peak(&network, &samples, Some(8)));
    println!("T = 512, batch 2: {} KiB in one piece, {} KiB in segments of 8", whole / 1024, cut / 1024);
    assert!(4 * cut <= whole, "in segments {cut} bytes, in one piece {whole}");
}
