//! Inference step by step, as data come in: the state is a value, kept between calls by whoever calls.
//!
//! A sensor delivers one frame after the other. Each is handed to the network with the state the last call returned.
//! Two sensors are two states, one network; a sensor which starts anew gets no state. There is nothing to reset.

use burn::tensor::{Device, Tensor, s};
use snn_core::encode::{Delta, DeltaReference};
use snn_core::layer::{Neurons, Recurrent, RecurrentConfig, RecurrentState, SpikingLinear, SpikingLinearConfig};
use snn_core::neuron::{GradedLif, GradedLifParameters};
use snn_core::noise::{NoiseSeed, uniform};
use snn_core::scan::NeuronsState;

const CHANNELS: usize = 6;

/// A recurrent layer and an output layer.
struct Network {
    input: SpikingLinear<Neurons<GradedLif>>,
    recurrent: Recurrent<Neurons<GradedLif>>,
}

/// All that is remembered between two frames, of one stream. `Default` is a stream which has not begun.
#[derive(Clone, Default)]
struct Memory {
    /// What the encoder compares the next frame with.
    reference: Option<Tensor<2>>,
    input: Option<NeuronsState<GradedLif>>,
    recurrent: Option<RecurrentState<GradedLif>>,
}

impl Network {
    fn new(device: &Device) -> Self {
        let neurons =
            || Neurons::new(GradedLif::default(), GradedLifParameters { decay: 0.9, threshold: 0.3, penalty: 0.45 });
        Self {
            input: SpikingLinearConfig::new(CHANNELS, 12).with_seed(Some(1)).init(neurons(), device),
            recurrent: RecurrentConfig::new(12).with_seed(Some(2)).init(neurons(), device),
        }
    }

    /// Any number of frames `[time, batch, CHANNELS]`: one as it arrives, or a whole recording.
    fn forward(&self, frames: Tensor<3>, memory: Memory) -> (Tensor<3>, Memory) {
        let delta = Delta { threshold: 0.2, off_spikes: true, reference: DeltaReference::Followed };
        let events = delta.encode(frames, memory.reference);
        let input = self.input.forward(events.spikes, memory.input);
        let run = self.recurrent.forward(input.output, memory.recurrent);
        let memory = Memory { reference: Some(events.reference), input: Some(input.last), recurrent: Some(run.last) };
        (run.output, memory)
    }
}

fn recording(steps: usize, device: &Device) -> Tensor<3> {
    let key = NoiseSeed::new(6).key(0);
    let values: Vec<f32> = (0..steps * CHANNELS).map(|element| uniform(key, element as u32)).collect();
    Tensor::<1>::from_data(values.as_slice(), device).reshape([steps, 1, CHANNELS])
}

/// Feeds a recording frame by frame, and compares with the recording run at once.
pub fn run() {
    let device = Device::flex();
    let network = Network::new(&device);
    let recording = recording(50, &device);
    let (whole, _) = network.forward(recording.clone(), Memory::default());

    let mut memory = Memory::default();
    let mut arrived = Vec::new();
    for step in 0..50 {
        let frame = recording.clone().slice(s![step..step + 1]);
        let (output, next) = network.forward(frame, memory);
        memory = next;
        arrived.push(output);
    }
    let streamed = Tensor::cat(arrived, 0);
    let spikes = streamed.clone().sign().sum().into_scalar::<f32>();
    println!("{spikes} spikes in 50 frames");
    assert!(spikes > 20.0, "the stream makes the network spike");
    let same = |a: Tensor<3>, b: Tensor<3>| (a - b).abs().max().into_scalar::<f32>() < 1e-4; // products are rounded
    assert!(same(streamed, whole.clone()), "frame by frame is the recording at once");

    // A second stream next to the first: another memory, the same network. It is not disturbed.
    let (first, memory) = network.forward(recording.clone().slice(s![0..20]), Memory::default());
    network.forward(recording.clone().slice(s![0..7]), Memory::default());
    let (second, _) = network.forward(recording.slice(s![20..50]), memory);
    assert!(same(Tensor::cat(vec![first, second], 0), whole), "streams do not disturb each other");
}
