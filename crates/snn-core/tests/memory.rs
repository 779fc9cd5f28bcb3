//! What a training step holds in memory, counted by the allocator: flex keeps its tensors on the heap.

#[path = "common/counting.rs"]
mod counting;

use std::sync::Mutex;
use std::sync::atomic::Ordering::SeqCst;

use burn::module::Module;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Tensor};
use counting::{NOW, PEAK};
use snn_core::layer::{Neurons, SpikingStack, SpikingStackConfig};
use snn_core::neuron::{GradedLif, GradedLifReset};
use snn_core::noise::NoiseSeed;

/// One measurement at a time: the counters are the process's.
static ALONE: Mutex<()> = Mutex::new(());

const MIB: usize = 1 << 20;

/// The largest number of bytes held during the second of two training steps, above those held before the first.
fn peak_of_a_step(batch: usize, time_steps: usize, segment: Option<usize>) -> usize {
    let device = Device::flex().autodiff();
    let images = Tensor::<2>::ones([batch, 784], &device);
    let config = SpikingStackConfig { time_steps, ..SpikingStackConfig::chevalier2018(0) };
    let mut net: SpikingStack<Neurons<GradedLif>> = config.init_chevalier2018(GradedLifReset::Scaled, &device);
    let momentum = MomentumConfig::new().with_momentum(0.5).with_dampening(0.0);
    let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
    let idle = NOW.load(SeqCst);
    for step in 0..2 {
        PEAK.store(NOW.load(SeqCst), SeqCst);
        let noise = NoiseSeed::new(step);
        let loss = |logits: Tensor<2>| (logits.clone() * logits).mean();
        let gradients = match segment {
            Some(every) => net.gradients_in_segments(images.clone(), noise, every, loss).1,
            None => GradientsParams::from_grads(loss(net.forward(images.clone(), noise)).backward(), &net),
        };
        assert_eq!(gradients.len(), 4);
        net = optimizer.step(0.1, net, gradients);
    }
    assert!(net.num_params() > 0);
    PEAK.load(SeqCst) - idle
}

#[test]
fn a_step_of_the_article_peaks_at_256_mib() {
    let _alone = ALONE.lock().expect("the lock");
    let peak = peak_of_a_step(1000, 128, None);
    println!("batch 1000, T = 128: {} MiB above the idle program", peak / MIB);
    assert!(peak <= 256 * MIB, "a step holds {} MiB, 256 allowed", peak / MIB);
}

#[test]
fn memory_grows_with_time_only_by_currents_outputs_and_gradients() {
    let _alone = ALONE.lock().expect("the lock");
    let batch = 40;
    let peaks: Vec<usize> = [128, 512, 2048].iter().map(|steps| peak_of_a_step(batch, *steps, None)).collect();
    println!("batch {batch}, T = 128, 512, 2048: {:?} KiB", peaks.iter().map(|peak| peak / 1024).collect::<Vec<_>>());
    // Current, output and gradient of 100 hidden neurons; a few more of the ten outputs. The noise of 784 inputs would
    // be seven times that.
    let allowed = batch * (3 * 100 + 10 * 10) * size_of::<f32>();
    for (pair, steps) in peaks.windows(2).zip([512 - 128, 2048 - 512]) {
        let per_step = (pair[1] - pair[0]) / steps;
        assert!(per_step <= allowed, "{per_step} bytes more for each time step, {allowed} allowed");
    }
}

#[test]
fn in_segments_memory_hardly_grows_with_time() {
    let _alone = ALONE.lock().expect("the lock");
    let batch = 40;
    let peaks: Vec<usize> = [128, 512, 2048].iter().map(|steps| peak_of_a_step(batch, *steps, Some(64))).collect();
    println!(
        "batch {batch}, every 64 of T = 128, 512, 2048: {:?} KiB",
        peaks.iter().map(|p| p / 1024).collect::<Vec<_>>()
    );
    assert!(peaks[2] < 2 * peaks[0], "16 times as many steps hold {} instead of {} bytes", peaks[2], peaks[0]);
    let whole = peak_of_a_step(batch, 2048, None);
    assert!(4 * peaks[2] < whole, "in segments {} bytes, in one piece {whole}", peaks[2]);
}
