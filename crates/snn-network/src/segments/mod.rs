//! Training in segments: long sequences in little memory, at the price of running forward several times.
//!
//! # Without norms
//! The sequence is run once without a graph, keeping the state at which each segment begins. Then each segment is run once
//! more, the last one first, with a graph of its own: its objective is the loss (in the last one), or the scalar product of
//! its last state with the gradient of that state, which the segment after it has found.
//!
//! # Norms over all time steps
//! A norm `n` normalises with `s_n = (μ_n, σ²_n)`, mean and variance of what arrives at it, `x_n`, over all `M` numbers of a
//! channel: those of all samples and of *all* time steps. So the loss depends on the weights `θ` directly, and through the
//! statistics, each of which depends on the weights and on the statistics of the norms before it:
//!
//! ```text
//! L(θ) = ℓ(θ, s_1, .., s_N)          s_n = S_n(θ, s_1, .., s_{n-1})
//! ```
//!
//! For given statistics the network is one which can be cut. **Forward**: for `n = 1, 2, ..` a pass over the segments up to
//! norm `n` finds `s_n`; the mean and the variance of pieces are put together exactly. **Backward**: with
//!
//! ```text
//! λ_n = dL/ds_n = ∂ℓ/∂s_n + Σ_{m > n} λ_m ∂S_m/∂s_n
//! dL/dθ         = ∂ℓ/∂θ   + Σ_n       λ_n ∂S_n/∂θ
//! ```
//!
//! the pass of the loss finds `∂ℓ/∂θ` and all `∂ℓ/∂s_n`. Then, from the last norm to the first, `λ_n` is complete, and one
//! more pass over the segments up to norm `n` finds `λ_n ∂S_n/∂θ` and `λ_n ∂S_n/∂s_m`. Its objective is a sum over time
//! steps, so each segment has its own part: as `Σ (x - μ) = 0`, the variance does not change with `μ`, and
//!
//! ```text
//! λ_n dS_n = Σ w dx        w = (λ_μ + 2 λ_σ² (x - μ)) / M
//! ```
//!
//! so that `Σ w x`, in which `w` counts as constant, has the gradient that is wanted. Norms none of which is before another
//! share their passes. Norms inside a cycle, and norms with parameters for each time step, see each time step by itself and
//! can be cut as they are.
//!
//! # Source
//! Checkpointing: Griewank (1992), "Achieving logarithmic growth of temporal and spatial complexity in reverse automatic
//! differentiation", with one level. Adjoints of constraints: the same, "Evaluating derivatives".

mod backward;
mod statistics;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use snn_core::noise::NoiseSeed;
use snn_core::sequence::{Frame, Sequence};

use crate::error::{Result, refuse};
use crate::network::Network;
use crate::run::{Call, Input, Plan, Remember};
use crate::signal::Signal;
use crate::state::NetworkState;
use backward::Gradients;
use statistics::Statistics;

impl Network {
    /// The loss of a batch of samples `[batch, features..]` and the gradients of all parameters, with at most `every` time
    /// steps in memory.
    ///
    /// It is not truncated: the gradients are those of the whole, up to the order of summation, and running statistics of
    /// norms are updated as by the whole, once. It runs forward twice and backward once, and both once more for each norm over
    /// time behind another.
    ///
    /// # Errors
    /// If the network ends without a readout, or a norm sees one number for each channel only.
    ///
    /// # Panics
    /// If `every` is 0, the network is not on an autodiff device, takes sequences, or the shape is not that it was built for.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use snn_core::noise::NoiseSeed;
    /// use snn_network::{InputShape, Network, NetworkFile, Options};
    /// let file: NetworkFile = "nodes = [{ encode = 'flicker', time_steps = 32 }, { linear = 5 }, { neuron = 'lif' }, \
    ///     { linear = 3 }, { norm = 'threshold' }, { neuron = 'lif' }, { readout = 'spike-rate' }]".parse()?;
    /// let device = Device::flex().autodiff();
    /// let network = Network::new(&file, &InputShape::Still(vec![6]), &Options::default(), &device)?;
    /// let images = Tensor::<2>::ones([4, 6], &device);
    /// let (_, gradients) = network.gradients_in_segments(images, NoiseSeed::new(0), 8, |logits| logits.mean())?;
    /// assert_eq!(gradients.len(), 6); // weight and bias of two linear maps, and the norm's γ and β
    /// # Ok::<(), snn_network::Error>(())
    /// ```
    #[track_caller]
    pub fn gradients_in_segments<F: Frame>(
        &self,
        samples: F,
        noise: NoiseSeed,
        every: usize,
        loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    ) -> Result<(Tensor<1>, GradientsParams)> {
        let samples = self.samples(samples);
        let (device, steps) = (samples.device(), self.time_steps().unwrap_or(1));
        Segments::new(self, Input::Still(outside(samples)), noise, steps, every, device)?.gradients(loss)
    }

    /// The same for a sequence `[time, batch, features..]`, which is cut.
    ///
    /// # Errors
    /// As [`gradients_in_segments`](Self::gradients_in_segments).
    ///
    /// # Panics
    /// As that, and if the network takes samples.
    #[track_caller]
    pub fn gradients_of_sequence_in_segments<S: Sequence>(
        &self,
        sequence: S,
        noise: NoiseSeed,
        every: usize,
        loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    ) -> Result<(Tensor<1>, GradientsParams)> {
        let sequence = self.sequence(sequence);
        let (device, steps) = (sequence.device(), sequence.dims()[0]);
        Segments::new(self, Input::Sequence(outside(sequence)), noise, steps, every, device)?.gradients(loss)
    }
}

/// The same numbers on the same device, outside any graph.
fn outside<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if tensor.is_autodiff() { Tensor::from_inner(tensor.inner()) } else { tensor }
}

/// Draws what is to be drawn at its first use: until then a clone is the same parameter, and would take its gradient away.
fn initialise(network: &Network) {
    struct Use;
    impl ModuleVisitor for Use {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            param.val();
        }
    }
    network.visit(&mut Use);
}

/// One batch, cut into segments.
struct Segments<'a> {
    network: &'a Network,
    /// The same one, which builds no graph but is in training.
    without_graph: Network,
    input: Input,
    noise: NoiseSeed,
    /// First step and number of steps.
    pieces: Vec<(usize, usize)>,
    device: Device,
}

impl<'a> Segments<'a> {
    #[track_caller]
    fn new(
        network: &'a Network,
        input: Input,
        noise: NoiseSeed,
        steps: usize,
        every: usize,
        device: Device,
    ) -> Result<Self> {
        assert!(every > 0, "gradients in segments: segments of 0 steps asked for, at least 1 needed");
        assert!(
            device.is_autodiff(),
            "gradients in segments: {device:?} has no autodiff; move network and input there"
        );
        if network.output_timing.in_time() {
            refuse!("segments: the network ends without a readout; add {{ readout = .. }}");
        }
        let pieces = (0..steps).step_by(every).map(|first| (first, every.min(steps - first))).collect();
        initialise(network);
        let without_graph = network.clone().no_grad();
        Ok(Self { network, without_graph, input, noise, pieces, device })
    }

    fn gradients(&self, loss: impl FnOnce(Tensor<2>) -> Tensor<1>) -> Result<(Tensor<1>, GradientsParams)> {
        let levels = self.network.levels_of_norms(&self.device);
        let statistics = self.statistics(&levels)?;
        let states = self.states(&statistics);
        self.remember(&statistics);

        let (mut loss, mut result) = (Some(loss), None);
        let last = self.pieces.len() - 1;
        let mut sum = GradientsAccumulator::new();
        let mut of_statistics = self.backward(&statistics, &states, &[], &mut sum, |index, call| {
            if index != last {
                return None;
            }
            let sent = call.sent[self.network.output].take().expect("every node has run");
            let Signal::Still(logits) = sent.signal else { unreachable!("a network that ends behind a readout") };
            let loss = loss.take().map(|loss| loss(logits));
            result.clone_from(&loss);
            loss
        });
        for level in levels.iter().rev() {
            let weights = self.weights(level, &statistics, &of_statistics);
            let further = self.backward(&statistics, &states, level, &mut sum, |_, call| weights.objective(call));
            further.into_iter().for_each(|(place, further)| Gradients::add(&mut of_statistics, place, further));
        }
        Ok((result.expect("at least one segment"), sum.grads()))
    }

    /// Runs a segment from `state` on.
    fn run<'b>(&self, network: &'b Network, index: usize, state: Option<NetworkState>, plan: &'b Plan) -> Call<'b> {
        let (first, count) = self.pieces[index];
        let state = state.unwrap_or_default();
        Call::run(network, &self.input.part(first, count), self.noise, count, state, plan)
    }

    /// The state at which each segment begins.
    fn states(&self, statistics: &Statistics) -> Vec<Option<NetworkState>> {
        let mut states = vec![None];
        let last = self.pieces.len() - 1;
        for index in 0..self.pieces.len() {
            // The last one is run for what its norms remember only.
            if index == last && !self.network.has_norms() {
                break;
            }
            let remember = if index == last { Remember::All } else { Remember::Changing };
            let plan = Plan { statistics: statistics.clone(), remember, taps: Vec::new(), keep: Vec::new() };
            let state = self.run(&self.without_graph, index, states[index].clone(), &plan).state;
            if index < last {
                states.push(Some(state));
            }
        }
        states
    }
}
