//! Training in segments: long sequences in little memory, at the price of running forward twice.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;
use snn_core::noise::NoiseSeed;

use crate::error::{Result, refuse};
use crate::network::{InputShape, Network};
use crate::node::Layer;
use crate::run::Output;
use crate::signal::Timing;
use crate::state::NetworkState;

impl Network {
    /// The loss of a batch of samples `[batch, features]` and the gradients of all parameters, with at most `every` time steps
    /// in memory.
    ///
    /// The sequence is run once without a graph, keeping only the states between segments; then once more, segment by segment
    /// from the last to the first, each with its own graph. It is not truncated: the gradients are those of the whole, up to
    /// the order of summation.
    ///
    /// # Errors
    /// If the network takes sequences, ends without a readout, or has a norm over time, whose statistics need all steps at once.
    ///
    /// # Panics
    /// If `every` is 0, or the network is not on an autodiff device.
    ///
    /// # Source
    /// Checkpointing: Griewank (1992), "Achieving logarithmic growth of temporal and spatial complexity in reverse automatic
    /// differentiation", with one level.
    #[track_caller]
    pub fn gradients_in_segments(
        &self,
        samples: Tensor<2>,
        noise: NoiseSeed,
        every: usize,
        loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    ) -> Result<(Tensor<1>, GradientsParams)> {
        assert!(every > 0, "gradients in segments: segments of 0 steps asked for, at least 1 needed");
        self.check_segments()?;
        let all = self.time_steps().unwrap_or(1);
        let lengths: Vec<usize> = (0..all).step_by(every).map(|first| every.min(all - first)).collect();

        // Forward, without a graph: the state at which each segment begins.
        let plain = self.valid();
        let still = samples.clone().inner();
        let mut states: Vec<Option<NetworkState>> = vec![None];
        for steps in &lengths[..lengths.len() - 1] {
            let state = states[states.len() - 1].clone();
            states.push(Some(plain.run_steps(still.clone(), noise, *steps, state, &[]).state));
        }

        // Backward, the last segment first: the gradient of a segment's last state is that of the next one's first.
        let mut sum = GradientsAccumulator::new();
        let (mut loss, mut result) = (Some(loss), None);
        let mut onward: Vec<Option<Tensor<2>>> = Vec::new();
        for (steps, state) in lengths.iter().zip(states).rev() {
            let mut leaves = Vec::new();
            let start = state.map(|state| {
                state.map(&mut |tensor| {
                    let leaf = Tensor::from_inner(tensor).require_grad();
                    leaves.push(leaf.clone());
                    leaf
                })
            });
            let run = self.run_steps(samples.clone(), noise, *steps, start, &[]);
            let objective = match (loss.take(), run.output) {
                (Some(loss), Output::Frame(logits)) => {
                    let loss = loss(logits);
                    result = Some(loss.clone());
                    loss
                }
                _ => {
                    let mut terms = Vec::new();
                    let mut gradients = onward.into_iter();
                    run.state.map(&mut |tensor| {
                        if let Some(Some(gradient)) = gradients.next() {
                            terms.push((tensor.clone() * Tensor::from_inner(gradient)).sum());
                        }
                        tensor
                    });
                    match terms.into_iter().reduce(Tensor::add) {
                        Some(objective) => objective,
                        None => break,
                    }
                }
            };
            let gradients = objective.backward();
            onward = leaves.iter().map(|leaf| leaf.grad(&gradients)).collect();
            sum.accumulate(self, GradientsParams::from_grads(gradients, self));
        }
        Ok((result.expect("at least one segment"), sum.grads()))
    }

    fn check_segments(&self) -> Result<()> {
        if matches!(self.input, InputShape::Sequence(_)) {
            refuse!("segments: this network takes sequences, samples with an encoder are needed");
        }
        if self.output_timing != Timing::Still {
            refuse!("segments: the network ends without a readout; add {{ readout = .. }}");
        }
        for (place, node) in self.nodes.iter().enumerate() {
            let in_time = |place: usize| {
                self.edges
                    .iter()
                    .any(|edge| edge.to == place && matches!(self.nodes[edge.from].layer, Layer::Neurons(_)))
                    || self.edges.iter().any(|edge| edge.to == place && self.after_neurons(edge.from))
            };
            if matches!(node.layer, Layer::Norm(_)) && in_time(place) {
                refuse!(
                    "segments: node `{}` normalises over all time steps of a batch at once, so it cannot be cut; train it whole",
                    node.name
                );
            }
        }
        Ok(())
    }

    /// Whether what leaves a node changes in time.
    fn after_neurons(&self, place: usize) -> bool {
        match &self.nodes[place].layer {
            Layer::Neurons(_) | Layer::Delay(_) => true,
            Layer::Readout { .. } => false,
            _ => self.edges.iter().any(|edge| edge.to == place && edge.delay == 0 && self.after_neurons(edge.from)),
        }
    }
}
