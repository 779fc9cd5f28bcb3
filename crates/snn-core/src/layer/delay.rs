//! Axonal delays, one for each neuron, which may be learned.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Shape, Tensor, TensorData, s};
use serde::{Deserialize, Serialize};

use super::definition::Definition;
use crate::init::seed_or_next;
use crate::noise::{NoiseSeed, uniform};
use crate::sequence::Sequence;
use crate::sequence::sum::spread;

/// How many neurons a [`Delay`] has, and where it starts.
#[derive(Config, Copy, Debug, PartialEq)]
pub struct DelayConfig {
    /// Neurons, all feature axes together; 1 to share one delay among all.
    pub neurons: usize,
    /// The longest delay that can be learned, in steps. The state remembers so many steps.
    pub longest: usize,
    /// Where the delays start.
    #[config(default = "InitialDelay::Uniform { seed: None }")]
    pub initial: InitialDelay,
}

/// Where delays start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum InitialDelay {
    /// All the same, in steps.
    Steps(f64),
    /// Uniform between 0 and the longest, from a seed: neurons that start apart can learn apart.
    Uniform {
        /// The seed. `None`: the next one of [`init::seed`](crate::init::seed), so that layers are independent.
        seed: Option<u64>,
    },
}

impl DelayConfig {
    /// The delays.
    ///
    /// # Panics
    /// If there is no neuron, the longest delay is 0, or the delays start outside 0 .. longest.
    #[track_caller]
    pub fn init(&self, device: &Device) -> Delay {
        let Self { neurons, longest, initial } = *self;
        assert!(
            neurons > 0 && longest > 0,
            "delay: {neurons} neurons with at most {longest} steps, at least 1 of each needed"
        );
        let delays: Vec<f32> = match initial {
            InitialDelay::Steps(steps) => {
                assert!(
                    (0.0..=longest as f64).contains(&steps),
                    "delay: starts at {steps} steps, it must lie between 0 and the longest, {longest}"
                );
                vec![steps as f32; neurons]
            }
            InitialDelay::Uniform { seed } => {
                let key = NoiseSeed::new(seed_or_next(seed)).key(0);
                (0..neurons).map(|neuron| longest as f32 * uniform(key, neuron as u32)).collect()
            }
        };
        let definition = Definition::new(format!("delay, at most {longest} steps"));
        Delay { delays: Param::from_data(TensorData::new(delays, [neurons]), device), longest, definition }
    }
}

/// Axonal delays: what each neuron sends arrives later, by a time of its own, which is learned.
///
/// ```text
/// d    = k + w                                      k whole steps and a rest, 0 <= w < 1
/// y[t] = (1 - w) x[t - k] + w x[t - k - 1]          linear interpolation between two steps
/// ```
///
/// It stands after any population. [`Neurons::with_delay`](super::Neurons::with_delay) is the same for one whole,
/// fixed delay, and costs nothing.
///
/// # Shapes
/// - input: `[time, batch, features..]`
/// - state: [`DelayState`], the inputs of the last `longest` steps; `None`: nothing was sent before
/// - output: [`DelayOutput`], what arrives, of the shape of the input
///
/// # Units
/// Delays are in time steps, between 0 and the longest; values outside are taken as the nearest of the two.
///
/// # Gradient
/// Of the interpolation, exactly: `∂y[t]/∂d = x[t - k - 1] - x[t - k]`. A delay that has left its range is treated as
/// if it stood at the bound, so that it can be learned back.
///
/// # Panics
/// If the delays are neither one nor as many as the features.
///
/// # Source
/// Fractional delays by interpolation: Hammouamri, Khalfaoui-Hassani, Masquelier (2023), "Learning delays in spiking
/// neural networks using dilated convolutions with learnable spacings", arXiv 2306.17670, there with Gaussians.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::layer::{DelayConfig, InitialDelay};
/// let device = Device::flex();
/// let delay = DelayConfig::new(1, 3).with_initial(InitialDelay::Steps(1.25)).init(&device);
/// let spikes = Tensor::<3>::from_data([[[1.0]], [[0.0]], [[0.0]], [[0.0]]], &device);
/// let arriving: Vec<f32> = delay.forward(spikes, None).output.into_data().iter::<f32>().collect();
/// assert_eq!(arriving, [0.0, 0.75, 0.25, 0.0]);
/// ```
#[doc(alias = "DCLS")]
#[derive(Module, Debug)]
pub struct Delay {
    /// The delays in steps, `[features]`, or `[1]` if shared.
    pub delays: Param<Tensor<1>>,
    longest: usize,
    definition: Definition,
}

/// What a [`Delay`] returns.
#[derive(Clone, Debug)]
pub struct DelayOutput<S> {
    /// What arrives at each step, of the shape of the input.
    pub output: S,
    /// What is still in flight after the last step.
    pub last: DelayState,
}

/// What is in flight in a [`Delay`].
#[derive(Clone, Debug)]
pub struct DelayState {
    /// `[longest, batch, features]`, the oldest first.
    sent: Tensor<3>,
    /// `[batch, features..]`
    shape: Shape,
}

impl DelayState {
    /// The same state with other values: what was sent in the last steps, `[longest, batch, features]`.
    pub fn map(self, map: impl FnOnce(Tensor<3>) -> Tensor<3>) -> Self {
        Self { sent: map(self.sent), ..self }
    }

    /// The same values without their history: truncated backpropagation through time.
    pub fn detach(self) -> Self {
        Self { sent: self.sent.detach(), ..self }
    }
}

impl Delay {
    /// Runs through all time steps of `sent [time, batch, features..]`.
    #[track_caller]
    pub fn forward<S: Sequence>(&self, sent: S, state: Option<DelayState>) -> DelayOutput<S> {
        let (sent, shape) = sent.into_flat();
        let ([steps, batch, features], device) = (sent.dims(), sent.device());
        let ([delays], longest) = (self.delays.dims(), self.longest);
        assert!(
            delays == 1 || delays == features,
            "delay: {delays} delays for an input of {features} features; as many are needed, or 1"
        );
        let before = match state {
            None => Tensor::zeros([longest, batch, features], (&device, sent.dtype())),
            Some(state) => {
                assert_eq!(
                    state.shape.to_vec(),
                    shape.to_vec(),
                    "delay: state has shape {:?}, the input needs {:?}",
                    state.shape.to_vec(),
                    shape.to_vec()
                );
                state.sent
            }
        };
        let known = Tensor::cat(vec![before, sent], 0);
        let in_flight = known.clone().slice(s![steps..steps + longest]);

        let delay = self.delays.val();
        let within = delay.clone().detach().clamp(0.0, longest as f64);
        // Delays of the full length are interpolated from the last pair, too: k is at most longest - 1.
        let whole = within.clone().floor().clamp_max(longest as f64 - 1.0);
        let rest = within - whole.clone() + (delay.clone() - delay.detach());
        let rest = rest.cast(known.dtype()).reshape([1, delays]);
        let rest = match delays == features {
            true => spread(rest, steps * batch),
            // One delay for all: its gradient is a sum over the features, too.
            false => spread(rest, steps * batch * features),
        };
        let rest = rest.reshape([steps, batch, features]);
        let whole: Tensor<3, Int> = whole.int().reshape([1, 1, delays]).expand([steps, batch, features]);
        let now = Tensor::<1, Int>::arange(longest as i64..(longest + steps) as i64, &device);
        let first = now.reshape([steps, 1, 1]).expand([steps, batch, features]) - whole;
        let (later, earlier) = (known.clone().gather(0, first.clone()), known.gather(0, first - 1));
        let arriving = later.clone() + rest * (earlier - later);
        DelayOutput { output: S::from_flat(arriving, &shape), last: DelayState { sent: in_flight, shape } }
    }

    /// The longest delay, in steps.
    pub fn longest(&self) -> usize {
        self.longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    fn train(device: &Device) -> Tensor<3> {
        let key = NoiseSeed::new(2).key(0);
        let values: Vec<f32> = (0..9 * 2 * 4).map(|i| uniform(key, i)).collect();
        Tensor::<1>::from_data(values.as_slice(), device).reshape([9, 2, 4])
    }

    fn delay(delays: &[f32], longest: usize, device: &Device) -> Delay {
        let config = DelayConfig::new(delays.len(), longest).with_initial(InitialDelay::Steps(0.0));
        let mut delay = config.init(device);
        delay.delays = Param::from_data(TensorData::new(delays.to_vec(), [delays.len()]), device);
        delay
    }

    #[test]
    fn whole_delays_shift_each_neuron_by_its_own() {
        let device = Device::flex();
        let sent = train(&device);
        let arriving = delay(&[0.0, 1.0, 2.0, 3.0], 3, &device).forward(sent.clone(), None).output;
        let (sent, arriving) = (values(sent), values(arriving));
        for (place, found) in arriving.iter().enumerate() {
            let (step, neuron) = (place / 8, place % 4);
            let expected = if step < neuron { 0.0 } else { sent[place - 8 * neuron] };
            assert_eq!(*found, expected, "step {step}, neuron {neuron}");
        }
    }

    #[test]
    fn step_by_step_equals_the_whole() {
        let device = Device::flex();
        let (sent, delay) = (train(&device), delay(&[0.3, 1.0, 2.75, 3.0], 3, &device));
        let whole = delay.forward(sent.clone(), None).output;
        let (mut state, mut steps) = (None, Vec::new());
        for step in 0..9 {
            let DelayOutput { output: arriving, last: next } =
                delay.forward(sent.clone().slice(s![step..step + 1]), state);
            steps.push(arriving);
            state = Some(next);
        }
        assert_eq!(values(Tensor::cat(steps, 0)), values(whole));
    }

    #[test]
    fn the_gradient_of_a_delay_is_its_finite_difference() {
        let device = Device::flex().autodiff();
        let (sent, start) = (train(&device), [0.3f32, 1.5, 2.75, 0.6]);
        let weights = train(&device).flip([0]);
        let loss = |delay: &Delay| (delay.forward(sent.clone(), None).output.powi_scalar(2) * weights.clone()).sum();
        let learned = delay(&start, 3, &device);
        let gradient = values(learned.delays.grad(&loss(&learned).backward()).expect("a gradient"));
        for neuron in 0..4 {
            let moved = |by: f32| {
                let mut delays = start;
                delays[neuron] += by;
                loss(&delay(&delays, 3, &device)).into_scalar::<f32>()
            };
            let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((difference - gradient[neuron]).abs() < 1e-2, "{neuron}: {difference}, {}", gradient[neuron]);
        }
    }

    #[test]
    fn a_delay_beyond_its_range_stands_at_the_bound_and_can_be_learned_back() {
        let device = Device::flex().autodiff();
        let sent = Tensor::<3>::from_data([[[1.0]], [[0.0]], [[0.0]], [[0.0]]], &device);
        let beyond = delay(&[7.0], 2, &device);
        let arriving = beyond.forward(sent, None).output;
        assert_eq!(values(arriving.clone()), [0.0, 0.0, 1.0, 0.0]);
        // At d = 2, y[1] = 2 - d and y[2] = d - 1.
        let gradient = beyond.delays.grad(&arriving.slice(s![2..3]).sum().backward()).expect("a gradient");
        assert_eq!(values(gradient), [1.0]);
    }
}
