//! Burn's optimizers, driven over a model, with a state that can be written down by name.
//!
//! Burn's own driver, `ModuleOptimizer`, restores its state on Burn's default device, which opens a GPU (or fails
//! to) whenever a GPU backend is compiled in, even if the run is on the CPU. This one restores where the model is,
//! and names the state after the parameters, not after random identifiers.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use burn::module::Param;
use burn::optim::{DynState, GradientsParams, Optimizer, RecordState, StateSink, StateSource};
use burn::store::burn_pack::Scalar;
use burn::tensor::{Device, Tensor, TensorData};

use snn_network::Network;

use crate::run::weights::{Array, Arrays};
use crate::training::clipping::Clipping;
use crate::training::named::{ForEachParameter, replaced};

/// An optimizer, whichever it is.
pub trait AnyOptimizer {
    /// One step down the gradient.
    fn step(&mut self, learning_rate: f64, network: Network, gradients: GradientsParams) -> Network;

    /// Its state, to go on later.
    fn record(&self, network: &Network) -> OptimizerRecord;

    /// Goes on from a state recorded for `network`.
    fn restore(&mut self, network: &Network, record: OptimizerRecord, device: &Device) -> Result<()>;

    /// Forgets its state.
    fn restart(&mut self);
}

/// An optimizer of Burn's and its state for each parameter, by the parameter's name.
pub struct NamedOptimizer<O> {
    optimizer: O,
    clipping: Option<Clipping>,
    states: BTreeMap<String, DynState>,
}

/// The state of an optimizer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerRecord {
    /// Its tensors.
    pub arrays: Arrays,
    /// Its single numbers.
    pub scalars: BTreeMap<String, Scalar>,
}

impl<O> NamedOptimizer<O> {
    /// An optimizer without a past.
    pub fn new(optimizer: O, clipping: Option<Clipping>) -> Self {
        Self { optimizer, clipping, states: BTreeMap::new() }
    }
}

impl<O: Optimizer> AnyOptimizer for NamedOptimizer<O> {
    fn step(&mut self, learning_rate: f64, network: Network, gradients: GradientsParams) -> Network {
        replaced(network, &mut Step { driver: self, learning_rate, gradients })
    }

    fn restart(&mut self) {
        self.states.clear();
    }

    fn record(&self, network: &Network) -> OptimizerRecord {
        let mut writer = Writer { driver: self, sink: StateSink::default() };
        drop(replaced(network.clone(), &mut writer));
        let arrays = writer.sink.tensors.into_iter().map(|(name, data)| {
            let shape = data.shape().to_vec();
            (name, Array { shape, values: data.iter::<f32>().collect() })
        });
        OptimizerRecord { arrays: arrays.collect(), scalars: writer.sink.scalars.into_iter().collect() }
    }

    fn restore(&mut self, network: &Network, record: OptimizerRecord, device: &Device) -> Result<()> {
        let mut shapes = Shapes::default();
        drop(replaced(network.clone(), &mut shapes));
        for (name, array) in &record.arrays {
            let parameter = shapes.0.iter().find(|(parameter, _)| name.starts_with(&format!("{parameter}.")));
            match parameter {
                None => bail!("tensor `{name}` is the state of no parameter of the network"),
                Some((_, shape)) if *shape != array.shape => {
                    bail!("the optimizer's state `{name}` has shape {:?}, its parameter has {shape:?}", array.shape)
                }
                Some(_) => (),
            }
        }
        let names: Vec<String> = record.arrays.keys().chain(record.scalars.keys()).cloned().collect();
        let mut source = StateSource::new(record.scalars);
        for (name, array) in record.arrays {
            source.insert_tensor(name, TensorData::new(array.values, array.shape));
        }
        let device = device.clone().without_autodiff();
        self.restart();
        let mut reader = Reader { driver: self, source, device, problem: None };
        drop(replaced(network.clone(), &mut reader));
        if let Some(problem) = reader.problem {
            bail!(problem);
        }
        // What was not taken up would be lost in silence.
        let taken = self.record(network);
        let is_taken = |name: &&String| taken.arrays.contains_key(*name) || taken.scalars.contains_key(*name);
        if let Some(name) = names.iter().find(|name| !is_taken(name)) {
            bail!("`{name}` is no part of this optimizer's state");
        }
        Ok(())
    }
}

/// The shape of each parameter.
#[derive(Default)]
struct Shapes(BTreeMap<String, Vec<usize>>);

impl ForEachParameter for Shapes {
    fn replace<const D: usize>(&mut self, name: String, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0.insert(name, param.dims().to_vec());
        param
    }
}

struct Step<'a, O> {
    driver: &'a mut NamedOptimizer<O>,
    learning_rate: f64,
    gradients: GradientsParams,
}

impl<O: Optimizer> ForEachParameter for Step<'_, O> {
    fn replace<const D: usize>(&mut self, name: String, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = self.gradients.remove::<D>(id) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let state = self.driver.states.remove(&name).map(DynState::downcast::<O::State<D>>);
        let trained = tensor.is_require_grad();
        let gradient = match self.driver.clipping {
            Some(clipping) => clipping.clip(gradient),
            None => gradient,
        };
        let (tensor, state) = self.driver.optimizer.step(self.learning_rate, tensor.inner(), gradient, state);
        if let Some(state) = state {
            self.driver.states.insert(name, DynState::create(state, D));
        }
        Param::from_mapped_value(id, Tensor::from_inner(tensor).set_require_grad(trained), mapper)
    }
}

struct Writer<'a, O> {
    driver: &'a NamedOptimizer<O>,
    sink: StateSink,
}

impl<O: Optimizer> ForEachParameter for Writer<'_, O> {
    fn replace<const D: usize>(&mut self, name: String, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if let Some(state) = self.driver.states.get(&name) {
            state.downcast_ref::<O::State<D>>().state_flatten(&name, &mut self.sink);
        }
        param
    }
}

struct Reader<'a, O> {
    driver: &'a mut NamedOptimizer<O>,
    source: StateSource,
    device: Device,
    problem: Option<String>,
}

impl<O: Optimizer> ForEachParameter for Reader<'_, O> {
    fn replace<const D: usize>(&mut self, name: String, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !self.source.has_under(&name) {
            return param;
        }
        match O::State::<D>::state_unflatten(&name, &mut self.source, &self.device) {
            Some(state) => {
                self.driver.states.insert(name, DynState::create(state, D));
            }
            None => {
                self.problem.get_or_insert(format!("the optimizer's state of `{name}` is not whole"));
            }
        }
        param
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::SgdConfig;
    use burn::optim::momentum::MomentumConfig;
    use snn_core::noise::NoiseSeed;
    use snn_network::{InputShape, NetworkFile, Options};

    use super::*;
    use crate::run::weights::arrays;
    use crate::training::loss::cross_entropy;

    fn config() -> SgdConfig {
        SgdConfig::new().with_momentum(Some(MomentumConfig::new().with_momentum(0.5).with_dampening(0.0)))
    }

    fn optimizer() -> impl AnyOptimizer {
        NamedOptimizer::new(config().build(), None)
    }

    fn network(device: &Device) -> Network {
        let file = NetworkFile::new().node("linear", 5).node("relu", true).node("linear", 3);
        let options = Options { seed: 4, ..Options::default() };
        Network::new(&file, &InputShape::Still(vec![6]), &options, device).expect("a network")
    }

    fn gradients(network: &Network, step: usize, device: &Device) -> GradientsParams {
        let input: Vec<f32> = (0..12).map(|i| ((i * 7 + step * 5) % 11) as f32 / 11.0).collect();
        let labels = Tensor::from_data([step as i64 % 3, 1], device);
        let input = Tensor::<2>::from_data(TensorData::new(input, [2, 6]), device);
        let logits = network.forward(input, NoiseSeed::new(0));
        GradientsParams::from_grads(cross_entropy(logits, labels).mean().backward(), network)
    }

    #[test]
    fn steps_are_those_of_burns_own_driver() {
        let device = Device::flex().autodiff();
        let mut ours = network(&device);
        let mut named = optimizer();
        let mut theirs = ours.clone();
        let mut burns = config().init();
        for step in 0..4 {
            let of_step = gradients(&ours, step, &device);
            ours = named.step(0.3, ours, of_step);
            let of_step = gradients(&theirs, step, &device);
            theirs = burns.step(0.3, theirs, of_step);
            assert_eq!(arrays(&ours), arrays(&theirs), "step {step}");
        }
        assert_ne!(arrays(&ours), arrays(&network(&device)));
    }

    #[test]
    fn clipped_gradients_are_at_most_as_long_as_the_norm() {
        let device = Device::flex().autodiff();
        let start = network(&device);
        let mut clipped = NamedOptimizer::new(SgdConfig::new().build(), Some(Clipping::Norm(1e-3)));
        let of_step = gradients(&start, 0, &device);
        let end = clipped.step(1.0, start.clone(), of_step);
        for ((name, before), after) in arrays(&start).into_iter().zip(arrays(&end).into_values()) {
            let squares = before.values.iter().zip(&after.values).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
            assert!(squares.sqrt() < 1.01e-3, "{name}: {}", squares.sqrt());
        }
    }

    #[test]
    fn a_state_written_down_goes_on_as_if_it_had_not_been() {
        let device = Device::flex().autodiff();
        let mut left_alone = network(&device);
        let mut named = optimizer();
        for step in 0..2 {
            let of_step = gradients(&left_alone, step, &device);
            left_alone = named.step(0.3, left_alone, of_step);
        }
        let record = named.record(&left_alone);
        assert_eq!(record.arrays.len(), 4, "one velocity for each of two weights and two biases");
        let mut resumed = left_alone.clone();
        let start = left_alone.clone();
        let restored = |record| {
            let mut optimizer = optimizer();
            optimizer.restore(&start, record, &device).map(|()| optimizer)
        };
        let mut resumed_optimizer = restored(record.clone()).expect("its own state");
        for step in 2..4 {
            let of_step = gradients(&resumed, step, &device);
            resumed = resumed_optimizer.step(0.3, resumed, of_step);
        }
        let strange = record.arrays.clone().into_iter().map(|(name, array)| (format!("other.{name}"), array));
        assert!(restored(OptimizerRecord { arrays: strange.collect(), ..OptimizerRecord::default() }).is_err());
        // Nor is a single tensor of the state dropped or misread in silence.
        let with = |name: &str, shape: &[usize]| {
            let mut arrays = record.arrays.clone();
            arrays.insert(name.to_owned(), Array { shape: shape.to_vec(), values: vec![0.0; shape.iter().product()] });
            restored(OptimizerRecord { arrays, ..record.clone() }).err().map(|error| error.to_string())
        };
        assert!(with("node7.weight.velocity", &[6, 5]).is_some_and(|sentence| sentence.contains("no parameter")));
        assert!(with("node1.weight.other", &[6, 5]).is_some_and(|sentence| sentence.contains("no part of")));
        let name = record.arrays.keys().next().expect("a tensor");
        assert!(with(name, &[2]).is_some_and(|sentence| sentence.contains("has shape [2]")), "{name}");
        for step in 2..4 {
            let of_step = gradients(&left_alone, step, &device);
            left_alone = named.step(0.3, left_alone, of_step);
        }
        assert_eq!(arrays(&resumed), arrays(&left_alone));
    }
}
