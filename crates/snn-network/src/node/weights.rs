//! Weights, and what builds them: each set is drawn from a seed of its own.

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use snn_core::init::{InputStatistics, WeightInit, weight_and_bias};
use snn_core::layer::Population;
use snn_core::noise::derive_seed;
use snn_core::number::FixedF64;
use snn_core::synapse::Precision;

use crate::error::{Result, refuse};
use crate::keys::{Keys, none_of};
use crate::setting::Setting;
use crate::sizes;

/// What building has seen so far.
pub(crate) struct Building<'a> {
    pub(crate) seed: u64,
    /// Whether only shapes are found out; all is made again afterwards, and weights are not drawn.
    pub(crate) shapes_only: bool,
    /// Weights drawn so far: each set has a seed of its own.
    pub(crate) drawn: u64,
    pub(crate) device: &'a Device,
    pub(crate) precision: Precision,
    /// Inputs of the next weights, as far as they are known: for weights of a given firing rate.
    pub(crate) statistics: InputStatistics,
    /// The time steps of the encoder, if there is one.
    pub(crate) time_steps: Option<usize>,
}

impl Building<'_> {
    pub(crate) fn next_seed(&mut self) -> u64 {
        let seed = derive_seed(self.seed, self.drawn);
        self.drawn += 1;
        seed
    }

    /// Weight `[inputs, outputs]` and bias `[outputs]`, as the key `init` says; `neurons` are those they drive.
    pub(super) fn weights(
        &mut self,
        keys: &Keys,
        [inputs, outputs]: [usize; 2],
        neurons: Option<&Population>,
    ) -> Result<(Param<Tensor<2>>, Param<Tensor<1>>)> {
        sizes::product(&keys.place, "weights", &[inputs, outputs])?;
        let init = self.init("init", keys, neurons)?.unwrap_or(WeightInit::XavierUniform);
        let seed = self.next_seed();
        let size = if self.shapes_only { [1, 1] } else { [inputs, outputs] };
        Ok(weight_and_bias(init, size[0], size[1], seed, self.device))
    }

    /// `"xavier"`, `"torch"`, `{ gain = 1.0 }` or `{ rate = 0.15 }` behind `key`.
    pub(super) fn init(
        &mut self,
        key: &'static str,
        keys: &Keys,
        neurons: Option<&Population>,
    ) -> Result<Option<WeightInit>> {
        let place = format!("{}, `{key}`", keys.place);
        match keys.get(key) {
            None => Ok(None),
            Some(Setting::Text(name)) => match name.as_str() {
                "xavier" => Ok(Some(WeightInit::XavierUniform)),
                "torch" => Ok(Some(WeightInit::TorchLinear)),
                other => Err(none_of(&place, other, ["xavier", "torch", "{ gain = .. }", "{ rate = .. }"].into_iter())),
            },
            Some(Setting::Table(entries)) => {
                let inner = Keys::new(place.clone(), entries);
                let (gain, rate) = (inner.number("gain")?, inner.number("rate")?);
                inner.finish()?;
                match (gain, rate) {
                    (Some(gain), None) if gain > 0.0 && gain.is_finite() => Ok(Some(WeightInit::Gain(FixedF64(gain)))),
                    (None, Some(rate)) if rate > 0.0 && rate < 1.0 => self.for_rate(&place, rate, neurons),
                    _ => refuse!("{place}: needs {{ gain = .. }}, above 0, or {{ rate = .. }}, between 0 and 1"),
                }
            }
            Some(other) => refuse!("{place} is {}, needs a name or a table", other.kind()),
        }
    }

    fn for_rate(&mut self, place: &str, rate: f64, neurons: Option<&Population>) -> Result<Option<WeightInit>> {
        // The neurons are not made yet, and these weights are not kept.
        if self.shapes_only {
            return Ok(None);
        }
        let Some(neurons) = neurons else { refuse!("{place}: a firing rate needs neurons right behind these weights") };
        match neurons.try_weights_for_rate(self.statistics, rate) {
            Ok(found) => {
                self.statistics = found.output;
                Ok(Some(found.init))
            }
            Err(sentence) => refuse!("{place}: {sentence}"),
        }
    }
}
