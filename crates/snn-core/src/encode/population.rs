//! Population encoder: each value drives several neurons, each of which prefers another value.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::host::{check_steps, nearest_step, numbers, spikes_at};
use crate::sequence::domain;

const NAME: &str = "receptive fields";

/// So many widths away from its centre the response of a field is 0 in every floating-point type: exp(-800).
const FAR: f64 = 40.0;

/// Gaussian receptive fields: `fields` neurons for each value, their preferred values spread over a range.
///
/// ```text
/// c_i = low + (2i - 1)/2 · (high - low)/(m - 2)     centre of field i = 0 .. m-1
/// σ   = (high - low) / (β (m - 2))                  width
/// a_i = exp(-(x - c_i)² / (2σ²))                    response, in (0, 1]
/// ```
///
/// The first and the last centre lie half a distance outside the range, so that values at its ends, too, are
/// between two fields.
///
/// # Shapes
/// input `[batch, features]`; the fields of a value lie side by side: `[batch, features x fields]`
///
/// # Gradient
/// Of the [responses](Self::respond): exact. Of the [spikes](Self::spikes): none.
///
/// # Source
/// Bohte, La Poutré, Kok (2002), "Unsupervised clustering with spiking neurons by sparse temporal coding and
/// multilayer RBF networks", doi 10.1109/72.991428, section III; with `i` counted from 1 there.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::encode::ReceptiveFields;
/// // Centres -0.5, 0.5, 1.5 for a range of 0 .. 1, σ = 1/1.5.
/// let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.5 };
/// assert_eq!(fields.centres(), [-0.5, 0.5, 1.5]);
/// let response = fields.respond(Tensor::<2>::from_data([[0.5]], &Device::flex()));
/// let response: Vec<f32> = response.into_data().iter::<f32>().collect();
/// assert_eq!(response[1], 1.0);
/// assert!((response[0] - (-1.0f32 / (2.0 / 1.5f32.powi(2))).exp()).abs() < 1e-6);
/// ```
#[doc(alias = "PopulationEncoder")]
#[doc(alias = "PopEncoder")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReceptiveFields {
    /// m, the neurons for each value, at least 3.
    pub fields: usize,
    /// The smallest value of the range.
    pub low: f64,
    /// The largest value of the range.
    pub high: f64,
    /// β, how narrow the fields are; 1.5 in the source.
    pub beta: f64,
}

impl ReceptiveFields {
    #[track_caller]
    fn check(&self) {
        assert!(self.fields >= 3, "{NAME}: {} for each number, at least 3 needed", self.fields);
        domain::finite(NAME, "the smallest value of the range", self.low);
        domain::finite(NAME, "the largest value of the range", self.high);
        domain::positive(NAME, "β", self.beta);
        assert!(
            self.low < self.high && (self.high - self.low).is_finite(),
            "{NAME}: a range of {} .. {}, it must rise, and its length be finite",
            self.low,
            self.high
        );
    }

    fn distance(&self) -> f64 {
        (self.high - self.low) / (self.fields - 2) as f64
    }

    /// The preferred values.
    ///
    /// # Panics
    /// If there are fewer than three fields, the range does not rise or is not finite, or β is not positive and finite.
    #[track_caller]
    pub fn centres(&self) -> Vec<f64> {
        self.check();
        (0..self.fields).map(|i| self.low + (2.0 * i as f64 - 1.0) / 2.0 * self.distance()).collect()
    }

    /// How strongly each neuron responds, in (0, 1]: a current, or a probability for
    /// [`bernoulli`](super::bernoulli). To what is infinitely far away: 0; to NaN: NaN.
    ///
    /// # Panics
    /// As [`centres`](Self::centres), or if there is no sample or no feature.
    #[track_caller]
    pub fn respond(&self, input: Tensor<2>) -> Tensor<2> {
        let (input, _) = domain::frame(NAME, input);
        let [batch, features] = input.dims();
        let centres = row(&self.centres(), &input.device(), input.dtype());
        let sigma = self.distance() / self.beta;
        let shape = [batch, features, self.fields];
        let away = (input.unsqueeze_dim::<3>(2).expand(shape) - centres.expand(shape)).div_scalar(sigma);
        // Far away nothing changes any more; the derivative there is 0, not 0 times infinity. NaN is not far away.
        let far = away.clone().abs().greater_elem(FAR);
        let away = away.mask_fill(far, FAR);
        (away.clone() * away).mul_scalar(-0.5).exp().reshape([batch, features * self.fields])
    }

    /// One spike for each neuron, the earlier the stronger its response; none if it is below 0.1, as in the
    /// source. `[steps, batch, features x fields]`.
    ///
    /// ```text
    /// t_i = (T - 1)(1 - a_i)
    /// ```
    ///
    /// # Panics
    /// As [`centres`](Self::centres), or if there are no steps, no sample or no feature, or a number is NaN.
    #[track_caller]
    pub fn spikes(&self, input: Tensor<2>, steps: usize) -> Tensor<3> {
        check_steps(NAME, steps);
        let (input, _) = domain::frame(NAME, input);
        let ([batch, features], device, dtype) = (input.dims(), input.device(), input.dtype());
        let (centres, sigma) = (self.centres(), self.distance() / self.beta);
        let numbers = numbers(input);
        domain::every(NAME, "the number", numbers.iter().copied(), &[batch, features], |x| !x.is_nan(), "a number");
        let times = numbers.into_iter().flat_map(|x| {
            centres.iter().map(move |centre| {
                let response = (-0.5 * ((x - centre) / sigma).powi(2)).exp();
                (response >= 0.1).then(|| nearest_step((1.0 - response) * (steps - 1) as f64, steps))
            })
        });
        let size = [batch, features * self.fields];
        spikes_at(times.collect(), size, steps, &device, dtype)
    }
}

fn row(values: &[f64], device: &Device, dtype: DType) -> Tensor<3> {
    let data = TensorData::new(values.to_vec(), [1, 1, values.len()]).convert_dtype(dtype);
    Tensor::from_data(data, (device, dtype))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_come_earlier_where_the_response_is_stronger() {
        let fields = ReceptiveFields { fields: 4, low: 0.0, high: 2.0, beta: 1.5 };
        // Centres -0.5, 0.5, 1.5, 2.5; σ = 2/3. At x = 0.5: distances 1, 0, 1, 2, responses
        // exp(-1.125) = 0.3247, 1, 0.3247, exp(-4.5) = 0.0111 (silent). T = 11: times 10 (1 - 0.3247) = 6.75 -> 7.
        let spikes = fields.spikes(Tensor::<2>::from_data([[0.5]], &Device::flex()), 11);
        let found: Vec<(usize, usize)> = spikes
            .into_data()
            .iter::<f32>()
            .enumerate()
            .filter(|(_, spike)| *spike == 1.0)
            .map(|(place, _)| (place % 4, place / 4))
            .collect();
        assert_eq!(found, [(1, 0), (0, 7), (2, 7)]);
    }

    #[test]
    fn the_gradient_of_the_responses_is_their_finite_difference() {
        let device = Device::flex().autodiff();
        let fields = ReceptiveFields { fields: 5, low: -1.0, high: 1.0, beta: 1.5 };
        let x = Tensor::<2>::from_data([[0.3, -0.8]], &device).require_grad();
        let weights = Tensor::<2>::from_data([[1.0, -2.0, 0.5, 3.0, 1.5, 0.3, 2.0, -1.0, 0.7, 1.1]], &device);
        let loss = |x: Tensor<2>| (fields.respond(x) * weights.clone()).sum();
        let gradient = x.grad(&loss(x.clone()).backward()).expect("a gradient");
        let gradient: Vec<f32> = gradient.into_data().iter::<f32>().collect();
        for place in 0..2 {
            let moved = |by: f32| {
                let mut values = [0.3f32, -0.8];
                values[place] += by;
                loss(Tensor::<2>::from_data([values], &device)).into_scalar::<f32>()
            };
            let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((difference - gradient[place]).abs() < 5e-3, "{difference} and {}", gradient[place]);
        }
    }

    #[test]
    fn nothing_responds_to_what_is_infinitely_far_away_and_nothing_changes_there() {
        let device = Device::flex().autodiff();
        let fields = ReceptiveFields { fields: 3, low: 0.0, high: 1.0, beta: 1.5 };
        let x = Tensor::<2>::from_data([[f32::INFINITY, -1e30, f32::NAN]], &device).require_grad();
        let response = fields.respond(x.clone());
        let gradient = x.grad(&response.clone().sum().backward()).expect("a gradient");
        let response: Vec<f32> = response.into_data().iter::<f32>().collect();
        assert_eq!(response[..6], [0.0; 6]);
        assert!(response[6..].iter().all(|r| r.is_nan()), "{response:?}");
        assert_eq!(gradient.into_data().iter::<f32>().take(2).collect::<Vec<_>>(), [0.0, 0.0]);
    }
}
