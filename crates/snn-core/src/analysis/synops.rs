//! What a layer costs: operations, and the bytes that have to move for them.

use burn::tensor::Tensor;

use super::activity::fired;
use crate::sequence::Sequence;
use crate::sequence::domain;
use crate::sequence::sum::totals_of_columns;

/// A layer as its cost sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerShape {
    /// Neurons.
    pub neurons: usize,
    /// Synapses that a spike reaches: the number of neurons if fully connected; for a convolution on average, counting
    /// its edges.
    pub fan_out: f64,
    /// What each neuron remembers: 1 for a membrane, 2 with a synaptic current, ...
    pub states: usize,
    /// Bytes of a weight, of a state and of an accumulator: 4 for `f32`.
    pub number_bytes: usize,
    /// Bytes of a spike sent as an address: 4 in most designs.
    pub address_bytes: usize,
}

impl LayerShape {
    /// A fully connected layer of `neurons` neurons with `states` states each, all values `f32`.
    pub fn dense(neurons: usize, states: usize) -> Self {
        Self { neurons, fan_out: neurons as f64, states, number_bytes: 4, address_bytes: 4 }
    }

    /// A two-dimensional convolution with `kernel` `[rows, columns]`, without groups, from a plane of `inputs`
    /// positions to `channels` planes of `outputs` positions each.
    ///
    /// # Panics
    /// If one of these numbers is 0.
    #[track_caller]
    pub fn convolution(
        channels: usize,
        kernel: [usize; 2],
        inputs: [usize; 2],
        outputs: [usize; 2],
        states: usize,
    ) -> Self {
        let numbers = [channels, kernel[0], kernel[1], inputs[0], inputs[1], outputs[0], outputs[1]];
        assert!(
            !numbers.contains(&0),
            "layer shape: a convolution of {channels} channels with a kernel of {kernel:?} from {inputs:?} to {outputs:?} \
             positions, at least 1 of each needed"
        );
        let places = |size: [usize; 2]| (size[0] * size[1]) as f64;
        let fan_out = channels as f64 * places(kernel) * places(outputs) / places(inputs);
        Self { fan_out, ..Self::dense(channels * outputs[0] * outputs[1], states) }
    }
}

/// What a layer did for one sample, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerOps {
    /// Inputs that are not zero: spikes, or numbers. NaN if one of them is, and so what follows from it.
    pub input_spikes: f64,
    /// Synaptic operations: each spike, at each synapse it reaches.
    pub synaptic_operations: f64,
    /// Whether each of them needs a multiplication: some input was neither 0 nor 1.
    pub multiplies: bool,
    /// What a layer that does not look for zeros does: every input at each step, a multiplication and an addition.
    pub dense_operations: f64,
    /// Neurons updated: all of them at each step, spike or not.
    pub neuron_updates: f64,
    /// Bytes of weights read, one for each synaptic operation.
    pub weight_bytes: f64,
    /// Bytes of input currents read and written, once each for each synaptic operation.
    pub accumulator_bytes: f64,
    /// Bytes of states read and written, once each for each update. Silence does not save them.
    pub state_bytes: f64,
    /// Bytes of spikes, written by the sender and read here.
    pub spike_bytes: f64,
}

impl LayerOps {
    /// All bytes moved.
    pub fn bytes(&self) -> f64 {
        self.weight_bytes + self.accumulator_bytes + self.state_bytes + self.spike_bytes
    }
}

/// What a layer of shape `shape` does for one sample, given its input.
///
/// ```text
/// synaptic operations = Σ spikes · fan-out          dense operations = T · inputs · fan-out
/// weights      = operations · number                states = T · neurons · states · 2 · number
/// accumulators = operations · 2 · number            spikes = spikes · 2 · address
/// ```
///
/// The model is of an event-driven machine without caches or reuse, one sample at a time: an upper bound of traffic,
/// the same for all layers, so that they can be compared. Counting operations only, as is usual, leaves out the
/// larger part: reading four bytes from DRAM costs about 640 pJ, adding two numbers 0.9 pJ (45 nm; Horowitz 2014,
/// doi 10.1109/ISSCC.2014.6757323, as tabulated by Han and others 2016, arXiv 1602.01528).
///
/// # Shapes
/// `input [time, batch, features..]`
///
/// # Panics
/// If there is no time step, no sample or no input, or the fan-out is negative or not finite.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::analysis::{LayerShape, synops};
/// // Two steps, two inputs, three spikes; ten neurons with one state.
/// let input = Tensor::<3>::from_data([[[1.0, 1.0]], [[0.0, 1.0]]], &Device::flex());
/// let synops = synops(input, &LayerShape::dense(10, 1));
/// assert_eq!((synops.synaptic_operations, synops.dense_operations), (30.0, 40.0));
/// assert_eq!((synops.weight_bytes, synops.accumulator_bytes), (120.0, 240.0));
/// assert_eq!((synops.state_bytes, synops.spike_bytes), (160.0, 24.0));
/// assert!(!synops.multiplies);
/// ```
#[doc(alias = "energy")]
#[track_caller]
pub fn synops<S: Sequence>(input: S, shape: &LayerShape) -> LayerOps {
    domain::not_negative("work", "the fan-out", shape.fan_out);
    let (flat, _) = domain::flat("work", input);
    let [steps, samples, inputs] = flat.dims();
    let flat = flat.detach();
    let (spikes, multiplies) = nonzero(flat);
    let spikes = spikes / samples as f64;
    let operations = spikes * shape.fan_out;
    let updates = (steps * shape.neurons) as f64;
    let number = shape.number_bytes as f64;
    LayerOps {
        input_spikes: spikes,
        synaptic_operations: operations,
        multiplies,
        dense_operations: (steps * inputs) as f64 * shape.fan_out,
        neuron_updates: updates,
        weight_bytes: operations * number,
        accumulator_bytes: 2.0 * operations * number,
        state_bytes: 2.0 * updates * shape.states as f64 * number,
        spike_bytes: 2.0 * spikes * shape.address_bytes as f64,
    }
}

/// How many values are not zero, and whether one of them is not 1 either.
fn nonzero(input: Tensor<3>) -> (f64, bool) {
    let [steps, samples, inputs] = input.dims();
    let count = totals_of_columns(fired(input.clone()).reshape([steps * samples, inputs])).iter().sum::<f64>();
    let graded = input.clone().not_equal_elem(0.0).bool_and(input.not_equal_elem(1.0)).any().into_scalar::<bool>();
    (count, graded)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn numbers_instead_of_spikes_need_multiplications() {
        let input = Tensor::<3>::from_data([[[0.5, 0.0], [1.0, 1.0]]], &Device::flex());
        let synops = synops(input, &LayerShape::dense(4, 2));
        assert!(synops.multiplies);
        assert_eq!(synops.input_spikes, 1.5); // three in two samples
        assert_eq!(synops.state_bytes, 2.0 * 4.0 * 2.0 * 4.0);
        assert_eq!(synops.bytes(), 1.5 * 4.0 * 12.0 + 64.0 + 12.0);
    }

    #[test]
    fn a_spike_into_a_convolution_reaches_its_kernel_in_each_channel() {
        // 3 x 3, padded: as many positions out as in.
        let shape = LayerShape::convolution(8, [3, 3], [10, 10], [10, 10], 1);
        assert_eq!((shape.fan_out, shape.neurons), (72.0, 800));
        // Stride 2: a quarter of them.
        assert_eq!(LayerShape::convolution(8, [3, 3], [10, 10], [5, 5], 1).fan_out, 18.0);
    }
}
