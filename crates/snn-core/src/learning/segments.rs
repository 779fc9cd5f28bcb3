//! Training in segments: long sequences in little memory, at the price of running forward twice.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Tensor, s};

use crate::layer::{Neurons, SpikingStack, membranes};
use crate::neuron::Neuron;
use crate::noise::NoiseSeed;
use crate::readout::Readout;
use crate::scan::NeuronsState;

/// The segments of a sequence: first step and number of steps.
fn segments(steps: usize, every: usize) -> Vec<(usize, usize)> {
    (0..steps).step_by(every).map(|first| (first, every.min(steps - first))).collect()
}

/// What a segment contributes to the readout; `None` if it ends before the readout begins.
fn part(readout: Readout, begin: usize, first: usize, membranes: Tensor<3>) -> Option<Tensor<2>> {
    let steps = membranes.dims()[0];
    if first + steps <= begin {
        return None;
    }
    let begin = begin.saturating_sub(first);
    Some(match readout {
        Readout::Mean => Readout::Sum.reduce(membranes, begin),
        Readout::Sum | Readout::Last | Readout::Max => readout.reduce(membranes, begin),
    })
}

/// The readout of the whole sequence, of `counted` steps, from the parts `[segments, batch, outputs]`.
fn whole(readout: Readout, counted: usize, parts: Tensor<3>) -> Tensor<2> {
    match readout {
        Readout::Mean => Readout::Sum.reduce(parts, 0) / counted as f64,
        Readout::Sum | Readout::Last | Readout::Max => readout.reduce(parts, 0),
    }
}

impl<N: Neuron> SpikingStack<Neurons<N>> {
    /// The loss of a batch and the gradients of all parameters, with at most `every` time steps in memory.
    ///
    /// The sequence is run once without a graph, keeping only the state between segments; then once more,
    /// segment by segment from the last to the first, each with its own graph. It is not truncated: the
    /// gradients are those of `loss(self.forward(input, noise)).backward()`, up to the order of summation. With
    /// `every` near the square root of the number of steps, memory grows as that root.
    ///
    /// # Panics
    /// If `every` is 0, or the stack is not on an autodiff device.
    ///
    /// # Source
    /// Checkpointing: Griewank (1992), "Achieving logarithmic growth of temporal and spatial complexity in reverse
    /// automatic differentiation", with one level; Chen et al. (2016), "Training deep nets with sublinear memory
    /// cost".
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::layer::SpikingStackConfig;
    /// use snn_core::neuron::GradedLifReset;
    /// use snn_core::noise::NoiseSeed;
    ///
    /// let device = Device::flex().autodiff();
    /// let stack = SpikingStackConfig::new(vec![6, 5, 3], 32).init_chevalier2018(GradedLifReset::Scaled, &device);
    /// let images = Tensor::ones([4, 6], &device);
    /// let (loss, gradients) = stack.gradients_in_segments(images, NoiseSeed::new(0), 8, |logits| logits.mean());
    /// assert_eq!(gradients.len(), 4); // two weights, two biases
    /// # assert!(loss.into_scalar::<f32>().is_finite());
    /// ```
    #[track_caller]
    pub fn gradients_in_segments(
        &self,
        input: Tensor<2>,
        noise: NoiseSeed,
        every: usize,
        loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    ) -> (Tensor<1>, GradientsParams) {
        assert!(every > 0, "gradients in segments: segments of 0 steps asked for, at least 1 needed");
        let (readout, begin) = self.readout();
        let segments = segments(self.time_steps(), every);

        // Forward, without a graph: the state at which each segment begins, and its part of the readout.
        let plain = self.valid();
        let still = input.clone().inner();
        let mut states: Vec<Option<Vec<NeuronsState<N>>>> = vec![None];
        let mut parts = Vec::new();
        for &(first, steps) in &segments {
            let layers = plain.run_steps(still.clone(), noise.later(first), steps, states[states.len() - 1].clone());
            parts.extend(part(readout, begin, first, membranes(&layers)));
            states.push(Some(layers.into_iter().map(|layer| layer.last).collect()));
        }
        let silent = segments.len() - parts.len();
        let parts = Tensor::from_inner(Tensor::stack(parts, 0)).require_grad();
        let loss = loss(whole(readout, self.time_steps() - begin, parts.clone()));
        let gradients = loss.backward();
        let of_parts = parts.grad(&gradients).expect("the readout depends on its parts");

        // Backward, the last segment first: the gradient of a segment's last state is that of the next one's first.
        let mut sum = GradientsAccumulator::new();
        let mut of_states: Option<Vec<Tensor<2>>> = None;
        for (index, &(first, steps)) in segments.iter().enumerate().rev() {
            let start =
                states[index].take().map(|states| states.into_iter().map(NeuronsState::leaf).collect::<Vec<_>>());
            let layers = self.run_steps(input.clone(), noise.later(first), steps, start.clone());
            let part = part(readout, begin, first, membranes(&layers)).map(|part| {
                let row = index - silent;
                let weight = of_parts.clone().slice(s![row..row + 1, .., ..]).squeeze_dim::<2>(0);
                (part * Tensor::from_inner(weight)).sum()
            });
            let onward = of_states
                .take()
                .into_iter()
                .flatten()
                .zip(&layers)
                .map(|(gradient, layer)| (layer.last.packed() * Tensor::from_inner(gradient)).sum());
            let Some(objective) = part.into_iter().chain(onward).reduce(Tensor::add) else { continue };
            let gradients = objective.backward();
            of_states = start.map(|start| {
                start
                    .iter()
                    .map(|state| state.packed().grad(&gradients).expect("a segment depends on its start"))
                    .collect()
            });
            sum.accumulate(self, GradientsParams::from_grads(gradients, self));
        }
        (loss, sum.grads())
    }
}
