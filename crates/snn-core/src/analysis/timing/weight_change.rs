//! The weight change of one training step, as a function of the times of the spikes.

use burn::tensor::Tensor;

use super::influence::host;
use super::{Sums, TimingCurve};
use crate::layer::with_after_spikes;

/// The derivative of a loss with respect to each spike of size 1 that arrives at a synapse, as
/// [`weight_change`] takes it: that with respect to the current, `gradient`, and, if each presynaptic spike is
/// followed by an [after-spike](crate::layer::AfterSpike), also through that.
///
/// # Shapes
/// `gradient [time, batch, neurons]`
///
/// # Panics
/// If the decay of the after-spike is not in [0, 1).
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::analysis::timing::gradient_of_spikes;
/// let gradient = Tensor::<3>::from_data([[[0.0]], [[0.0]], [[1.0]]], &Device::flex());
/// let of_spikes: Vec<f32> = gradient_of_spikes(gradient, Some(0.5)).into_data().iter::<f32>().collect();
/// assert_eq!(of_spikes, [-0.25, -0.5, 1.0]); // a spike now helps; one before takes back at this step
/// ```
pub fn gradient_of_spikes(gradient: Tensor<3>, after_spike: Option<f64>) -> Tensor<3> {
    match after_spike {
        None => gradient,
        // The transpose of a filter is the filter run backwards in time.
        Some(decay) => with_after_spikes(gradient.inner().flip([0]), decay, None, None).0.flip([0]),
    }
}

/// The mean weight change of one step of gradient descent, for each pair of a presynaptic and a postsynaptic
/// spike `Δ = t_post - t_pre` apart.
///
/// The change of a weight is a sum over presynaptic spikes: the spike of size `x[s]` that arrives at step `s` adds
/// `-η x[s] δ[s]`, with `δ[s]` the derivative of the loss with respect to the current of the postsynaptic neuron.
/// Each such term is filed under the `Δ` of every spike of the postsynaptic neuron (all pairs), within the window.
///
/// # Shapes
/// - `presynaptic [time, batch, inputs]`: spikes as they arrive at the synapse; only what is greater than 0 is one
/// - `gradient [time, batch, neurons]`: `δ`, of [`current_gradient`](crate::record::NeuronsRecording::current_gradient)
/// - `postsynaptic [time, batch, neurons]`: spikes at the step at which they were fired
///
/// # Panics
/// If the shapes do not fit each other.
pub fn weight_change(
    presynaptic: Tensor<3>,
    gradient: Tensor<3>,
    postsynaptic: Tensor<3>,
    learning_rate: f64,
    window: usize,
) -> TimingCurve {
    let ([steps, batch, inputs], [_, _, neurons]) = (presynaptic.dims(), postsynaptic.dims());
    assert!(
        postsynaptic.dims() == [steps, batch, neurons] && gradient.dims() == [steps, batch, neurons],
        "weight change: presynaptic spikes have shape {:?}, so the gradient (shape {:?}) and the postsynaptic spikes \
         (shape {:?}) need [{steps}, {batch}, neurons]",
        [steps, batch, inputs],
        gradient.dims(),
        postsynaptic.dims()
    );
    // A term is a product of something of the input and something of the neuron, so the sum over the synapses
    // of a neuron is a product of sums.
    let sizes = host(presynaptic.clone().clamp_min(0.0).sum_dim(2));
    let spikes = host(presynaptic.greater_elem(0.0).float().sum_dim(2));
    let (gradient, postsynaptic) = (host(gradient), host(postsynaptic));
    let mut sums = Sums::new(window);
    for step in 0..steps {
        for sample in 0..batch {
            let row = |step: usize| (step * batch + sample) * neurons..(step * batch + sample + 1) * neurons;
            let fired: Vec<usize> =
                postsynaptic[row(step)].iter().enumerate().filter(|(_, spike)| **spike > 0.0).map(|(i, _)| i).collect();
            for (place, earlier) in Sums::earlier(window, step, steps) {
                let of_input = earlier * batch + sample;
                let of_neurons = &gradient[row(earlier)];
                let (sum, magnitude) = fired.iter().fold((0.0, 0.0), |(sum, magnitude), neuron| {
                    let value = f64::from(of_neurons[*neuron]);
                    (sum + value, magnitude + value.abs())
                });
                let size = f64::from(sizes[of_input]) * learning_rate;
                sums.sum[place] -= size * sum;
                sums.magnitude[place] += size * magnitude;
                sums.pairs[place] += spikes[of_input] as u64 * fired.len() as u64;
            }
        }
    }
    sums.curve()
}
