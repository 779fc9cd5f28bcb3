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

use crate::model::Model;
use crate::named::{ForEachParameter, replaced};
use crate::weights::{Array, Arrays};

/// An optimizer and its state for each parameter.
pub struct Driver<O> {
    optimizer: O,
    states: BTreeMap<String, DynState>,
}

/// A state, written down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// Its tensors.
    pub arrays: Arrays,
    /// Its single numbers.
    pub scalars: BTreeMap<String, Scalar>,
}

impl<O: Optimizer> Driver<O> {
    /// An optimizer without a past.
    pub fn new(optimizer: O) -> Self {
        Self { optimizer, states: BTreeMap::new() }
    }

    /// One step down the gradient.
    pub fn step(&mut self, learning_rate: f64, model: Model, gradients: GradientsParams) -> Model {
        replaced(model, &mut Step { driver: self, learning_rate, gradients })
    }

    /// Its state, to go on later.
    pub fn write(&self, model: &Model) -> Written {
        let mut writer = Writer { driver: self, sink: StateSink::default() };
        drop(replaced(model.clone(), &mut writer));
        let arrays = writer.sink.tensors.into_iter().map(|(name, data)| {
            let shape = data.shape().to_vec();
            (name, Array { shape, values: data.iter::<f32>().collect() })
        });
        Written { arrays: arrays.collect(), scalars: writer.sink.scalars.into_iter().collect() }
    }

    /// An optimizer which goes on from a state written down for `model`.
    pub fn read(optimizer: O, model: &Model, written: Written, device: &Device) -> Result<Self> {
        let mut shapes = Shapes::default();
        drop(replaced(model.clone(), &mut shapes));
        for (name, array) in &written.arrays {
            let parameter = shapes.0.iter().find(|(parameter, _)| name.starts_with(&format!("{parameter}.")));
            match parameter {
                None => bail!("tensor `{name}` is the state of no parameter of the model"),
                Some((_, shape)) if *shape != array.shape => {
                    bail!("the optimizer's state `{name}` has shape {:?}, its parameter has {shape:?}", array.shape)
                }
                Some(_) => (),
            }
        }
        let names: Vec<String> = written.arrays.keys().chain(written.scalars.keys()).cloned().collect();
        let mut source = StateSource::new(written.scalars);
        for (name, array) in written.arrays {
            source.insert_tensor(name, TensorData::new(array.values, array.shape));
        }
        let device = device.clone().without_autodiff();
        let mut reader = Reader { driver: Self::new(optimizer), source, device, problem: None };
        drop(replaced(model.clone(), &mut reader));
        if let Some(problem) = reader.problem {
            bail!(problem);
        }
        // What was not taken up would be lost in silence.
        let taken = reader.driver.write(model);
        let is_taken = |name: &&String| taken.arrays.contains_key(*name) || taken.scalars.contains_key(*name);
        if let Some(name) = names.iter().find(|name| !is_taken(name)) {
            bail!("`{name}` is no part of this optimizer's state");
        }
        Ok(reader.driver)
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
    driver: &'a mut Driver<O>,
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
        let (tensor, state) = self.driver.optimizer.step(self.learning_rate, tensor.inner(), gradient, state);
        if let Some(state) = state {
            self.driver.states.insert(name, DynState::create(state, D));
        }
        Param::from_mapped_value(id, Tensor::from_inner(tensor).set_require_grad(trained), mapper)
    }
}

struct Writer<'a, O> {
    driver: &'a Driver<O>,
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

struct Reader<O> {
    driver: Driver<O>,
    source: StateSource,
    device: Device,
    problem: Option<String>,
}

impl<O: Optimizer> ForEachParameter for Reader<O> {
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
    use burn::optim::momentum::MomentumConfig;
    use burn::optim::{Sgd, SgdConfig};

    use super::*;
    use crate::config::{ModelKind, RunConfig};
    use crate::evaluate::losses;
    use crate::weights::arrays;

    fn config() -> SgdConfig {
        SgdConfig::new().with_momentum(Some(MomentumConfig::new().with_momentum(0.5).with_dampening(0.0)))
    }

    fn model(device: &Device) -> Model {
        Model::init(&RunConfig { sizes: vec![6, 5, 3], ..RunConfig::article(ModelKind::Dense, 4) }, device)
    }

    fn gradients(model: &Model, step: usize, device: &Device) -> GradientsParams {
        let Model::Dense(net) = model else { panic!("a dense model was made") };
        let input: Vec<f32> = (0..12).map(|i| ((i * 7 + step * 5) % 11) as f32 / 11.0).collect();
        let labels = Tensor::from_data([step as i64 % 3, 1], device);
        let logits = net.forward(Tensor::from_data(TensorData::new(input, [2, 6]), device));
        model.gradients(losses(logits, labels).mean().backward())
    }

    #[test]
    fn steps_are_those_of_burns_own_driver() {
        let device = Device::flex().autodiff();
        let mut ours = model(&device);
        let mut driver = Driver::new(config().build());
        let Model::Dense(mut theirs) = ours.clone() else { panic!("a dense model was made") };
        let mut burns = config().init();
        for step in 0..4 {
            let of_step = gradients(&ours, step, &device);
            ours = driver.step(0.3, ours, of_step);
            let of_step = gradients(&Model::Dense(theirs.clone()), step, &device);
            theirs = burns.step(0.3, theirs, of_step);
            assert_eq!(arrays(&ours), arrays(&Model::Dense(theirs.clone())), "step {step}");
        }
        assert_ne!(arrays(&ours), arrays(&model(&device)));
    }

    #[test]
    fn a_state_written_down_goes_on_as_if_it_had_not_been() {
        let device = Device::flex().autodiff();
        let mut left_alone = model(&device);
        let mut driver = Driver::new(config().build());
        for step in 0..2 {
            let of_step = gradients(&left_alone, step, &device);
            left_alone = driver.step(0.3, left_alone, of_step);
        }
        let written = driver.write(&left_alone);
        assert_eq!(written.arrays.len(), 4, "one velocity for each of two weights and two biases");
        let mut resumed = left_alone.clone();
        let start = left_alone.clone();
        let read = |written| Driver::<Sgd>::read(config().build(), &start, written, &device);
        let mut resumed_driver = read(written.clone()).expect("its own state");
        for step in 2..4 {
            let of_step = gradients(&resumed, step, &device);
            resumed = resumed_driver.step(0.3, resumed, of_step);
        }
        let strange = written.arrays.clone().into_iter().map(|(name, array)| (format!("other.{name}"), array));
        assert!(read(Written { arrays: strange.collect(), ..Written::default() }).is_err());
        // Nor is a single tensor of the state dropped or misread in silence.
        let with = |name: &str, shape: &[usize]| {
            let mut arrays = written.arrays.clone();
            arrays.insert(name.to_owned(), Array { shape: shape.to_vec(), values: vec![0.0; shape.iter().product()] });
            read(Written { arrays, ..written.clone() }).err().map(|error| error.to_string())
        };
        assert!(with("layers.7.weight.velocity", &[6, 5]).is_some_and(|sentence| sentence.contains("no parameter")));
        assert!(with("layers.0.weight.other", &[6, 5]).is_some_and(|sentence| sentence.contains("no part of")));
        let name = written.arrays.keys().next().expect("a tensor");
        assert!(with(name, &[2]).is_some_and(|sentence| sentence.contains("has shape [2]")), "{name}");
        for step in 2..4 {
            let of_step = gradients(&left_alone, step, &device);
            left_alone = driver.step(0.3, left_alone, of_step);
        }
        assert_eq!(arrays(&resumed), arrays(&left_alone));
    }
}
